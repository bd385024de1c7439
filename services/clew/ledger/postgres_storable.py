"""What PostgreSQL can't hold though JSON can say it: a NUL in text, an integer beyond 64 bits, a long key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clew.ledger.prepare import PreparedGroup
from clew_schemas.errors import BadInput, ClewError, TooLarge
from clew_schemas.event import Group, Record

MAX_NAME = 500
"""Most characters in the name of a series' points: it is part of a key."""

_NUL = "\0"
_COUNT, _INT64 = range(2**63), range(-(2**63), 2**63)


def why_not_storable(record: Record) -> ClewError | None:
    """Return why a record can be neither kept nor parked, if so."""
    name = record.id if isinstance(record, Group) else ""
    if _NUL in record.source + name:
        return BadInput("a NUL character in a name", where="source" if _NUL in record.source else "id")
    numbers: tuple[int, ...] = ()
    if not isinstance(record, Group):
        numbers = (record.number,)
    elif record.crawl is not None:
        numbers = (record.crawl.number, record.crawl.sequence)
    if any(number not in _COUNT for number in numbers):
        return BadInput("a crawl's numbers are counts below 2^63", where="crawl")
    return None


def with_limits(prepared: PreparedGroup) -> PreparedGroup:
    """Return a prepared group with an error for each part that can't be kept, so that it is refused or parked."""
    errors = tuple(error.to_dict() for error in _broken_limits(prepared))
    return replace(prepared, errors=prepared.errors + errors) if errors else prepared


def _broken_limits(prepared: PreparedGroup) -> Iterator[ClewError]:
    group = prepared.group
    for where, text in (("author", group.author), ("message", group.message)):
        if text is not None and _NUL in text:
            yield BadInput("a NUL character in the text", where=where)
    for at, event in enumerate(prepared.events):
        if _NUL in event.name:
            yield BadInput("a NUL character in the name", where=f"events[{at}].name")
        if len(event.name) > MAX_NAME:
            yield TooLarge(f"the name of a point has at most {MAX_NAME} characters", where=f"events[{at}].name")
        if event.step not in _INT64:
            yield BadInput("a step is a 64-bit integer", where=f"events[{at}].step")
