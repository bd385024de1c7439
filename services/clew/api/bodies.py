"""Bodies of requests: how much is taken, and how a batch is cut into records without one spoiling the others."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import msgspec
import zstandard
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clew.api.replies import refusal
from clew.errors import BadInput, TooLarge

MAX_BODY = 64 * 1024 * 1024
"""Most bytes that one request may carry."""
MAX_RECORDS = 10_000
"""Most records that one request may carry."""
NDJSON = "application/x-ndjson"
_DIGITS = 18
"""A length of more digits is over any limit; Python may refuse to read it."""
_WINDOW = 2**27
"""Bytes of memory that unpacking may take for its window: zstd's own default."""

_slices: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])


Cut = TypeVar("Cut", bytes, msgspec.Raw)


class Batch(NamedTuple):
    """Records as they came, each still bytes. `single` when the body was one record, not a batch of one."""

    records: list[bytes]
    single: bool


def split(body: bytes, content_type: str) -> Batch:
    """Cut a body into records: lines of NDJSON, items of a JSON array, or the one record that it is.

    Raises BadInput when an array does not read as JSON at all; what is inside a record is not looked at.
    """
    if content_type.partition(";")[0].strip().casefold() == NDJSON:
        return Batch(_few([line for line in body.splitlines() if line.strip()]), single=False)
    if body.lstrip()[:1] != b"[":
        return Batch([body], single=True)
    try:
        return Batch([bytes(each) for each in _few(_slices.decode(body))], single=False)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"the array is not valid JSON: {error}", where="$", hint=f"Or send lines as {NDJSON}") from error


def unpacked(body: bytes, encoding: str, most: int = MAX_BODY) -> bytes:
    """Return a body whose Content-Encoding is `encoding`: none, `identity` or `zstd`.

    Raises BadInput for another one or a body that is not what it says, TooLarge when it unfolds to more than `most`
    bytes: no more than that is ever held.
    """
    match encoding.strip().casefold():
        case "" | "identity":
            return body
        case "zstd":
            return _unfolded(body, most)
        case _:
            raise BadInput(
                f"bodies encoded as {encoding[:40]!r} are not read",
                where="Content-Encoding",
                hint="Send zstd, or nothing that is encoded",
            )


def _unfolded(body: bytes, most: int) -> bytes:
    """Return what one frame of zstd holds; it must say its size, so that one cut short is not taken for a whole."""
    try:
        size = zstandard.get_frame_parameters(body).content_size
        if size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR):
            raise BadInput("the frame of zstd does not say its size", where="Content-Encoding", hint="Pack it whole")
        if size > most:
            raise TooLarge(f"a request carries at most {most} bytes, unpacked", hint="Send several smaller ones")
        with zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(body) as reader:
            found = reader.read(size + 1)
    except zstandard.ZstdError as error:
        raise BadInput(f"the body is not zstd: {error}", where="Content-Encoding") from error
    if len(found) != size:
        raise BadInput(f"the body unfolds to {len(found)} bytes, not {size}: it is cut short", where="Content-Encoding")
    return found


def check_count(count: int) -> None:
    """Raise TooLarge for more records than one request may carry."""
    if count > MAX_RECORDS:
        raise TooLarge(
            f"{count} records in one request, the limit is {MAX_RECORDS}", where="$", hint="Send several smaller ones"
        )


def _few(records: list[Cut]) -> list[Cut]:
    check_count(len(records))
    return records


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
        if announced.isdecimal() and (len(announced) > _DIGITS or int(announced) > self._most):
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
