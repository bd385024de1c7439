"""A house that runs elsewhere, reached by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from clew.api.orders import EditOrder, FellOrder, FlowOrder, GrowOrder, Order, UndoOrder
from clew.errors import Unreachable
from clew.ledger.port import Scope
from clew.query.conditions import stated
from clew.query.terms import EVERYWHERE, Within
from clew.sdk.wire import JSON, Wire, error_in, quoted
from clew.search.port import SearchQuery
from clew_schemas import Group, Receipt, Record
from clew_schemas.event import CrawlClose, CrawlOpen, encode

_TIMEOUT = 600.0


@contextmanager
def connected(base: str, token: str | None) -> Iterator[Remote]:
    """Yield the house at an address, which takes a token or, on loopback, none."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=base, headers=headers, timeout=_TIMEOUT, trust_env=False) as client:
        yield Remote(client, base)


class Remote:
    """See `Reach`. `base` is how messages call the house."""

    def __init__(self, client: httpx.Client, base: str) -> None:
        self._client = client
        self._base = base
        self._wire = Wire(client.request, base)
        self._call = self._wire.call
        self._ask = self._wire.ask

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        receipts: list[Receipt] = []
        groups = [record for record in records if isinstance(record, Group)]
        if len(groups) == len(records):
            return self._wire.propose([encode(record) for record in records])
        for record in records:
            if isinstance(record, CrawlOpen | CrawlClose):
                said = self._call("POST", "/v1/crawls", content=encode(record), headers=JSON, check=False)
                if "receipt" not in said:
                    raise error_in(said, 400)
                receipts.append(msgspec.convert(said["receipt"], Receipt))
            else:
                receipts += self.propose([record])
        return receipts

    def register(self, name: str, *, order: Any, door: str, rank: int = 50) -> object:
        return self._call("POST", "/v1/sources", json={"name": name, "order": order, "door": door, "rank": rank})

    def find(self, query: SearchQuery, within: Within = EVERYWHERE) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(
            "/v1/search",
            q=query.text,
            facets=",".join(query.facets),
            limit=query.limit,
            offset=query.offset,
            where=[stated(condition) for condition in query.where],
            downstreamOf=within.downstream_of,
            upstreamOf=within.upstream_of,
            **{name: list(values) for name, values in query.filters.items()},
        )
        return found

    def describe(self, name: str, as_of: str | None = None) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/entities/" + quoted(name), asOf=as_of)
        return said

    def lineage(
        self,
        name: str,
        direction: str,
        grain: str | None,
        indirect: bool,
        depth: int | None,
        as_of: str | None = None,
    ) -> dict[str, Any]:
        said: dict[str, Any] = self._ask(
            "/v1/lineage", of=name, direction=direction, grain=grain, indirect=indirect, depth=depth, asOf=as_of
        )
        return said

    def impact(self, name: str, change: str, named: int, as_of: str | None = None) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/impact", of=name, change=change, named=named, asOf=as_of)
        return said

    def paths(
        self, start: str, end: str, grain: str | None, indirect: bool, most: int, as_of: str | None = None
    ) -> dict[str, Any]:
        said: dict[str, Any] = self._ask(
            "/v1/paths", **{"from": start, "to": end, "grain": grain, "indirect": indirect, "most": most, "asOf": as_of}
        )
        return said

    def what_trained(self, name: str, most: int, as_of: str | None = None) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/what-trained", of=name, most=most, asOf=as_of)
        return said

    def reproduce(self, name: str, most: int, as_of: str | None = None) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/reproduce", of=name, most=most, asOf=as_of)
        return said

    def compare(self, a: str, b: str | None, a_at: str | None, b_at: str | None, most: int) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/compare", a=a, b=b, aAt=a_at, bAt=b_at, most=most)
        return said

    def diff(
        self, name: str, start: str, end: str | None, grain: str, indirect: bool, depth: int, most: int
    ) -> dict[str, Any]:
        shape = {"grain": grain, "indirect": indirect, "depth": depth, "most": most}
        said: dict[str, Any] = self._ask("/v1/diff", **{"of": name, "from": start, "to": end, **shape})
        return said

    def bottlenecks(self, name: str, runs: int) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/bottlenecks", of=name, runs=runs)
        return said

    def unused(self, days: int, kinds: Sequence[str], namespaces: Sequence[str], most: int) -> dict[str, Any]:
        said: dict[str, Any] = self._ask(
            "/v1/unused", days=days, kind=list(kinds), namespace=list(namespaces), most=most
        )
        return said

    def sql(self, query: str, parameters: Mapping[str, Any], limit: int, seconds: float) -> dict[str, Any]:
        order = {"query": query, "parameters": dict(parameters), "limit": limit, "seconds": seconds}
        said: dict[str, Any] = self._call("POST", "/v1/sql", json=order)
        return said

    def rebuild(self, views: Sequence[str]) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = self._call("POST", "/v1/admin/rebuild", json={"views": list(views)})["rebuilt"]
        return said

    def doctor(self, mend: bool) -> dict[str, Any]:
        said: dict[str, Any] = self._call("POST", "/v1/admin/doctor", json={"mend": mend})
        return said

    def backup(self) -> Iterator[bytes]:
        return self._streamed("/v1/admin/backup")

    def export(self) -> Iterator[bytes]:
        return self._streamed("/v1/admin/export")

    def _streamed(self, path: str) -> Iterator[bytes]:
        try:
            with self._client.stream("GET", path) as response:
                if response.status_code >= 400:
                    response.read()
                    raise error_in(response.json(), response.status_code)
                yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise Unreachable(
                f"the house broke off: {error}", where=self._base, hint="Look into its log, and try again"
            ) from error

    def sizes(self) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/admin/sizes")
        return said

    def sweep(self) -> dict[str, int]:
        said: dict[str, int] = self._call("POST", "/v1/admin/sweep")["swept"]
        return said

    def model(self) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("/v1/model")
        return said

    def sources(self) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = self._ask("/v1/sources")["sources"]
        return said

    def retire(self, name: str) -> dict[str, Any]:
        said: dict[str, Any] = self._call("DELETE", "/v1/sources/" + quoted(name))["receipt"]
        return said

    def set_public_key(self, name: str, key: bytes) -> None:
        self._call("PUT", "/v1/keys/" + quoted(name), json={"publicKey": key.hex()})

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        crawl = self._ask("/v1/crawls", source=source)["crawl"]
        return None if crawl is None else (crawl["number"], crawl["state"])

    def edit(self, order: EditOrder) -> dict[str, Any]:
        return self._order("/v1/edits", order)

    def flow(self, order: FlowOrder) -> dict[str, Any]:
        return self._order("/v1/edits/lineage", order)

    def undo(self, order: UndoOrder) -> dict[str, Any]:
        return self._order("/v1/edits/undo", order)

    def tree(self, kind: str) -> dict[str, Any]:
        said: dict[str, Any] = self._ask(_TREES[kind])
        return said

    def grow(self, kind: str, order: GrowOrder) -> dict[str, Any]:
        return self._order(_TREES[kind], order)

    def fell(self, kind: str, order: FellOrder) -> dict[str, Any]:
        said: dict[str, Any] = self._call("DELETE", _TREES[kind], params={"name": order.name})
        return said

    def _order(self, path: str, order: Order) -> dict[str, Any]:
        said: dict[str, Any] = self._call("POST", path, json=order.model_dump(mode="json", by_alias=True))
        return said

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
        self._call("DELETE", "/v1/tokens/" + quoted(name))


_TREES = {"glossary_term": "/v1/glossary", "domain": "/v1/domains"}
