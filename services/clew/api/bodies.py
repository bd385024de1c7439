"""Bodies of requests: how much is taken, and how a batch is cut into records without one spoiling the others."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clew.api.replies import refusal
from clew.errors import BadInput, TooLarge

MAX_BODY = 64 * 1024 * 1024
"""Most bytes that one request may carry."""
NDJSON = "application/x-ndjson"

_slices: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])


class Batch(NamedTuple):
    """Records as they came, each still bytes. `single` when the body was one record, not a batch of one."""

    records: list[bytes]
    single: bool


def split(body: bytes, content_type: str) -> Batch:
    """Cut a body into records: lines of NDJSON, items of a JSON array, or the one record that it is.

    Raises BadInput when an array does not read as JSON at all; what is inside a record is not looked at.
    """
    if content_type.partition(";")[0].strip().casefold() == NDJSON:
        return Batch([line for line in body.splitlines() if line.strip()], single=False)
    if body.lstrip()[:1] != b"[":
        return Batch([body], single=True)
    try:
        return Batch([bytes(each) for each in _slices.decode(body)], single=False)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"the array is not valid JSON: {error}", where="$", hint=f"Or send lines as {NDJSON}") from error


class BodyLimit:
    """Middleware that refuses a body over `most` bytes, at its announcement or when it gets there."""

    def __init__(self, app: ASGIApp, most: int = MAX_BODY) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._most:
            await refusal(self._too_large())(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> TooLarge:
        return TooLarge(f"a request carries at most {self._most} bytes", hint="Send several smaller ones")
