"""The REST API of a house from its client's side: requests go out, JSON or the house's own errors come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import zstandard

from clew_schemas import errors
from clew_schemas.errors import BadInput, ClewError, Unreachable
from clew_schemas.event import Receipt

JSON = {"Content-Type": "application/json"}
_WORTH_PACKING = 2_000
_LEVEL = 1


Send = Callable[..., httpx.Response]
"""Carries a request (method, path, what httpx takes beside them) to a house, over a socket or within the process.

Raises httpx.HTTPError, or Unreachable, when there is no answer.
"""


class Wire:
    """Speaks to one house. `base` is how messages call it."""

    def __init__(self, send: Send, base: str) -> None:
        self._send = send
        self._base = base
        self.bytes_sent = 0
        """Bytes of all bodies of groups, as they went over the wire."""

    def call(self, method: str, path: str, *, check: bool = True, **request: Any) -> Any:
        """Return the JSON of an answer; with `check`, raise the error that it carries, of the class the house raised.

        Raises Unreachable when nobody answers.
        """
        try:
            response = self._send(method, path, **request)
        except httpx.HTTPError as error:
            raise Unreachable(
                f"the house does not answer: {error}", where=self._base, hint="Start it: clew up; or unset CLEW_URL"
            ) from error
        said = said_by(response)
        if check and response.status_code >= 400:
            raise error_in(said, response.status_code)
        return said

    def ask(self, path: str, **parameters: Any) -> Any:
        """Return the answer to a GET; parameters that are None are left out."""
        wanted = {name: value for name, value in parameters.items() if value is not None}
        return self.call("GET", path, params=wanted)

    def propose(self, groups: Sequence[bytes], timeout: float | None = None) -> list[Receipt]:
        """Propose encoded groups in one request; return one receipt each, in order."""
        body, headers = packed(b"[" + b",".join(groups) + b"]")
        self.bytes_sent += len(body)
        waiting: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        said = self.call("POST", "/v1/groups", content=body, headers=headers, **waiting)
        return [msgspec.convert(each, Receipt) for each in said["receipts"]]


def packed(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a body as it goes over the wire, with its headers: compressed, unless it is short.

    The events of a series repeat their URN, which costs nothing then.
    """
    if len(body) < _WORTH_PACKING:
        return body, JSON
    return zstandard.ZstdCompressor(level=_LEVEL).compress(body), {**JSON, "Content-Encoding": "zstd"}


def quoted(name: str) -> str:
    """Return a name as it stands in a path."""
    return quote(name, safe="")


def said_by(response: httpx.Response) -> Any:
    """Return the JSON of an answer; what is none becomes an error document."""
    if response.status_code == 204 or not response.content:
        return {}
    try:
        return response.json()
    except ValueError:
        return {"error": {"code": "internal", "what": f"an answer that is not JSON (HTTP {response.status_code})"}}


def error_in(said: Mapping[str, Any], status: int) -> ClewError:
    """Return the error that an answer carries, of the class that the house raised."""
    return _raised(dict(said.get("error") or (said.get("receipts") or [{}])[0].get("errors", [{}])[0]), status)


def refusal(receipt: Receipt) -> ClewError:
    """Return the error for which a receipt says that its record was refused."""
    return _raised(dict(receipt.errors[0]) if receipt.errors else {}, 400)


def _raised(error: dict[str, Any], status: int) -> ClewError:
    code = str(error.pop("code", ""))
    kind = _CLASSES.get(code) or (ClewError if status >= 500 else BadInput)
    what = str(error.pop("what", f"HTTP {status}"))
    return kind(what, where=error.pop("where", None), hint=error.pop("hint", None), **error)


_CLASSES: dict[str, type[ClewError]] = {
    each.code: each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ClewError)
}
