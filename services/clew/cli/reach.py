"""How the command line reaches a house: the running one by its API, else the home itself, opened for one command."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import httpx
import msgspec

from clew import errors
from clew.errors import BadInput, ClewError, Unreachable
from clew.home import read_run_file
from clew.ledger.port import Scope
from clew.search.port import SearchQuery
from clew.settings import Settings
from clew_schemas import Group, Receipt, Record
from clew_schemas.event import CrawlClose, CrawlOpen, encode

_TIMEOUT = 600.0


class Reach(Protocol):
    """What the command line asks of a house. Answers are the JSON that `--json` prints."""

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        """Send records; return a receipt each."""

    def register(self, name: str, *, order: Any, door: str, rank: int = 50) -> object:
        """Make a source known."""

    def find(self, query: SearchQuery) -> dict[str, Any]:
        """Search."""

    def describe(self, name: str) -> dict[str, Any]:
        """Describe one thing."""

    def lineage(
        self, name: str, direction: str, grain: str | None, indirect: bool, depth: int | None
    ) -> dict[str, Any]:
        """Return what is upstream or downstream."""

    def impact(self, name: str, change: str, named: int) -> dict[str, Any]:
        """Return what a change breaks."""

    def paths(self, start: str, end: str, grain: str | None, indirect: bool, most: int) -> dict[str, Any]:
        """Return how one thing reaches another."""

    def rebuild(self, views: Sequence[str]) -> list[dict[str, Any]]:
        """Draw views anew."""

    def doctor(self, mend: bool) -> dict[str, Any]:
        """Check the views against the ledger."""

    def sources(self) -> list[dict[str, Any]]:
        """Return the registered sources."""

    def retire(self, name: str) -> dict[str, Any]:
        """Withdraw all that a source claims."""

    def set_public_key(self, name: str, key: bytes) -> None:
        """Keep the key that a source signs with."""

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        """Return number and state of a source's newest crawl."""

    def parked(self) -> list[dict[str, Any]]:
        """Return what is parked."""

    def replay(self, number: int) -> dict[str, Any]:
        """Propose a parked group again."""

    def drop(self, number: int) -> None:
        """Forget a parked group."""

    def tokens(self) -> list[dict[str, Any]]:
        """Return the kept tokens, without their secrets."""

    def create_token(self, name: str, scopes: Sequence[Scope], source: str) -> dict[str, Any]:
        """Make a token; its `secret` is told this once."""

    def revoke_token(self, name: str) -> None:
        """Make a token useless."""


@contextmanager
def reached(settings: Settings) -> Iterator[Reach]:
    """Yield the running house, or one opened for this command. CLEW_URL and CLEW_TOKEN name a house elsewhere."""
    url = os.environ.get("CLEW_URL")
    running = None if url else read_run_file(settings.home)
    if url or running is not None:
        base = url or f"http://127.0.0.1:{running['port'] if running else 0}"
        token = os.environ.get("CLEW_TOKEN") if url else (running or {}).get("token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(base_url=base, headers=headers, timeout=_TIMEOUT, trust_env=False) as client:
            yield Remote(client, base)
        return
    from clew.cli.local import opened

    with opened(settings) as local:
        yield local


class Remote:
    """A house that runs elsewhere, by its REST API."""

    def __init__(self, client: httpx.Client, base: str) -> None:
        self._client = client
        self._base = base

    def _call(self, method: str, path: str, *, check: bool = True, **request: Any) -> Any:
        try:
            response = self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            raise Unreachable(
                f"the house does not answer: {error}", where=self._base, hint="Start it: clew up; or unset CLEW_URL"
            ) from error
        said = _json(response)
        if check and response.status_code >= 400:
            raise _error(said, response.status_code)
        return said

    def _ask(self, path: str, **parameters: Any) -> Any:
        wanted = {name: value for name, value in parameters.items() if value is not None}
        return self._call("GET", path, params=wanted)

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        receipts: list[Receipt] = []
        groups = [record for record in records if isinstance(record, Group)]
        if len(groups) == len(records):
            body = b"[" + b",".join(map(encode, records)) + b"]"
            said = self._call("POST", "/v1/groups", content=body, headers=_JSON)
            return [msgspec.convert(each, Receipt) for each in said["receipts"]]
        for record in records:
            if isinstance(record, CrawlOpen | CrawlClose):
                said = self._call("POST", "/v1/crawls", content=encode(record), headers=_JSON, check=False)
                if "receipt" not in said:
                    raise _error(said, 400)
                receipts.append(msgspec.convert(said["receipt"], Receipt))
            else:
                receipts += self.propose([record])
        return receipts

    def register(self, name: str, *, order: Any, door: str, rank: int = 50) -> object:
        return self._call("POST", "/v1/sources", json={"name": name, "order": order, "door": door, "rank": rank})

    def find(self, query: SearchQuery) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(
            "/v1/search",
            q=query.text,
            facets=",".join(query.facets),
            limit=query.limit,
            offset=query.offset,
            **{name: list(values) for name, values in query.filters.items()},
        )
        return found

    def describe(self, name: str) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/entities/" + _quoted(name))
        return said

    def lineage(
        self, name: str, direction: str, grain: str | None, indirect: bool, depth: int | None
    ) -> dict[str, Any]:
        said: dict[str, Any] = self._ask(
            "/v1/lineage", of=name, direction=direction, grain=grain, indirect=indirect, depth=depth
        )
        return said

    def impact(self, name: str, change: str, named: int) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/impact", of=name, change=change, named=named)
        return said

    def paths(self, start: str, end: str, grain: str | None, indirect: bool, most: int) -> dict[str, Any]:
        said: dict[str, Any] = self._ask(
            "/v1/paths", **{"from": start, "to": end, "grain": grain, "indirect": indirect, "most": most}
        )
        return said

    def rebuild(self, views: Sequence[str]) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = self._call("POST", "/v1/admin/rebuild", json={"views": list(views)})["rebuilt"]
        return said

    def doctor(self, mend: bool) -> dict[str, Any]:
        said: dict[str, Any] = self._call("POST", "/v1/admin/doctor", json={"mend": mend})
        return said

    def sources(self) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = self._ask("/v1/sources")["sources"]
        return said

    def retire(self, name: str) -> dict[str, Any]:
        said: dict[str, Any] = self._call("DELETE", "/v1/sources/" + _quoted(name))["receipt"]
        return said

    def set_public_key(self, name: str, key: bytes) -> None:
        self._call("PUT", "/v1/keys/" + _quoted(name), json={"publicKey": key.hex()})

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        crawl = self._ask("/v1/crawls", source=source)["crawl"]
        return None if crawl is None else (crawl["number"], crawl["state"])

    def parked(self) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = self._ask("/v1/parked")["parked"]
        return said

    def replay(self, number: int) -> dict[str, Any]:
        said: dict[str, Any] = self._call("POST", f"/v1/parked/{number}/replay")["receipt"]
        return said

    def drop(self, number: int) -> None:
        self._call("DELETE", f"/v1/parked/{number}")

    def tokens(self) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = self._ask("/v1/tokens")["tokens"]
        return said

    def create_token(self, name: str, scopes: Sequence[Scope], source: str) -> dict[str, Any]:
        said = self._call("POST", "/v1/tokens", json={"name": name, "scopes": list(scopes), "source": source})
        return {**said["token"], "secret": said["secret"]}

    def revoke_token(self, name: str) -> None:
        self._call("DELETE", "/v1/tokens/" + _quoted(name))


_JSON = {"Content-Type": "application/json"}


def _quoted(name: str) -> str:
    return httpx.URL("http://x", params={"n": name}).query.decode()[2:].replace("+", "%20")


def _json(response: httpx.Response) -> Any:
    if response.status_code == 204 or not response.content:
        return {}
    try:
        return response.json()
    except ValueError:
        return {"error": {"code": "internal", "what": f"an answer that is not JSON (HTTP {response.status_code})"}}


def _error(said: Mapping[str, Any], status: int) -> ClewError:
    """Return the error that an answer carries, of the class that the house raised."""
    error = dict(said.get("error") or (said.get("receipts") or [{}])[0].get("errors", [{}])[0])
    known: dict[str, type[ClewError]] = {each.code: each for each in (getattr(errors, name) for name in errors.__all__)}
    kind = known.get(str(error.pop("code", "")), ClewError if status >= 500 else BadInput)
    what = str(error.pop("what", f"HTTP {status}"))
    return kind(what, where=error.pop("where", None), hint=error.pop("hint", None), **error)
