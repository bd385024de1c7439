"""Events, groups and crawls: what goes over the wire to the ledger, and the receipt that comes back.

JSON in camelCase. A record is a group or one of the two crawl marks, told apart by `type` (`group` when absent).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from clew_schemas.canonical import check_keys, dumps
from clew_schemas.errors import BadInput, TooLarge

MAX_EVENTS = 500
"""Most events in one group."""
MAX_BYTES = 900_000
"""Most bytes of canonical JSON in one event and in one group."""

_SHORT = 20
"""A payload of fewer bytes may stand elsewhere in a record too."""

Op = Literal["upsert", "retract", "deny"]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Event(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """A proposal about one aspect of one entity.

    `upsert` says `payload`; `retract` says nothing any more (also no denial); `deny` says that others are wrong:
    payload `{"all": true}` or `{"keys": [element keys]}`. `observed` is when the source saw it. `if_match` is the
    etag of the resolved aspect as the writer read it, "" for: there is none yet. Since denials need not show in what
    is resolved, `@` and the seq of the source's own live claim as read (0: none) may follow, after `*` for any etag.
    Series points carry `name`, `time`, `step`.
    """

    urn: str
    aspect: str
    op: Op = "upsert"
    payload: msgspec.Raw = msgspec.Raw(b"")
    version: Int64 = 0
    id: str | None = None
    observed: datetime | None = None
    if_match: str | None = None
    name: str = ""
    time: datetime | None = None
    step: Int64 = 0


class CrawlPosition(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Where a group stands in its crawl: `sequence` counts the crawl's events before this group's first."""

    number: Count
    sequence: Count


class Group(
    msgspec.Struct,
    frozen=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag="group",
    tag_field="type",
):
    """Events that are accepted together or not at all. `id` is made by the client, unique in its source."""

    source: str
    id: str
    events: tuple[Event, ...]
    crawl: CrawlPosition | None = None
    branch: str = "main"
    message: str | None = None
    author: str | None = None


class Scope(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a crawl covers: every claim of the source whose URN starts with a prefix, for these aspects.

    A prefix is one of a URN, such as `urn:clew:dataset:(duckdb://nyc,nyc.main`.
    """

    prefixes: tuple[str, ...]
    aspects: tuple[str, ...]


class CrawlOpen(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag="crawl.open", tag_field="type"
):
    """A source begins a crawl. `number` is microseconds since 1970 at the open, above the source's last.

    When a close would retract more than `guard` of the claims in scope (from 20 on), it is parked.
    """

    source: str
    number: Count
    scope: Scope
    guard: float = 0.4


class CrawlClose(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag="crawl.close", tag_field="type"
):
    """A source ends a crawl; `events` is how many it sent. What lies in scope and was not named is retracted."""

    source: str
    number: Count
    events: Int64


Record = Group | CrawlOpen | CrawlClose


class Receipt(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What became of a group or crawl mark.

    `accepted` and `unchanged` carry the token to read one's own write by; `parked` is kept with its errors and can be
    replayed; `refused` left nothing behind. `opened`, `closed`, `cancelled` answer crawl marks.
    """

    id: str
    status: Literal["accepted", "unchanged", "parked", "refused", "opened", "closed", "queued"]
    token: str
    seq: int | None = None
    changed: int = 0
    unchanged: int = 0
    late: int = 0
    retracted: int = 0
    repeated: bool = False
    errors: tuple[dict[str, Any], ...] = ()


_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_groups: msgspec.json.Decoder[Group] = msgspec.json.Decoder(Group)


def decode(data: bytes) -> Record:
    """Parse one record; raise BadInput with the JSON path, or TooLarge."""
    if len(data) > MAX_BYTES * 2:
        raise TooLarge(f"a record of {len(data)} bytes is over the limit", hint=f"A group may hold {MAX_BYTES} bytes")
    try:
        if not data.isascii():
            data.decode()
        record = _decoded(data)
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=f"byte {error.start}") from error
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise BadInput(what, where=place.strip("`") or "$") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"not valid JSON: {error}", where="$") from error
    if encode(record) != data:  # what is spelt as we spell it has each key once
        check_keys(_envelope(data, record))
    return record


def _decoded(data: bytes) -> Record:
    if b'"type"' not in data:
        return _groups.decode(data)
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as error:
        if "missing required field `type`" not in str(error):
            raise
        return _groups.decode(data)


def _envelope(data: bytes, record: Record) -> bytes:
    """Return the JSON of a record with its payloads cut out: these are checked by themselves."""
    pieces: list[bytes] = []
    at = 0
    for event in record.events if isinstance(record, Group) else ():
        payload = bytes(event.payload)
        if len(payload) > _SHORT:
            found = data.index(payload, at)
            pieces += (data[at:found], b"0")
            at = found + len(payload)
    return b"".join((*pieces, data[at:]))


def encode(record: Record | Receipt) -> bytes:
    """Return the JSON bytes of a record or receipt."""
    return msgspec.json.encode(record)


def raw(payload: Any) -> msgspec.Raw:
    """Return a payload as it is carried in an event: canonical JSON, not parsed again on the way; or raise BadInput."""
    return msgspec.Raw(dumps(payload))


def event(urn: str, aspect: str, payload: Any = None, **members: Any) -> Event:
    """Return an event whose payload is a JSON value or an aspect model."""
    if payload is None:
        return Event(urn, aspect, **members)
    said = payload.payload() if hasattr(payload, "payload") else payload
    return Event(urn, aspect, payload=raw(said), **members)
