"""From events to the groups that go over the wire: encoded once, packed tightly, told apart by ids of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from clew_schemas.errors import BadInput
from clew_schemas.event import MAX_BYTES, MAX_EVENTS, Event

ROOM = MAX_BYTES - 2_000
"""Bytes of events in one group; the rest is for what stands around them."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Unit:
    """Encoded events that land together: what one call said. Of a `loose` one each may land without the others."""

    events: tuple[bytes, ...]
    size: int
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Units under one id: one group on the wire. The id is what makes sending it twice harmless."""

    source: str
    id: str
    units: tuple[Unit, ...]

    @property
    def count(self) -> int:
        """How many events it holds."""
        return sum(len(unit.events) for unit in self.units)

    def body(self) -> bytes:
        """Return the group as JSON."""
        head = _encode({"type": "group", "source": self.source, "id": self.id})[:-1]
        return head + b',"events":[' + b",".join(event for unit in self.units for event in unit.events) + b"]}"

    def sizes(self) -> list[int]:
        """Return the numbers of events of its units, negative for loose ones."""
        return [-len(unit.events) if unit.loose else len(unit.events) for unit in self.units]

    def apart(self) -> list[Batch]:
        """Return its parts as batches of their own, under ids that follow from this one's; [] when it has no parts.

        The parts are its units; of a single loose unit, the events.
        """
        if len(self.units) > 1:
            parts = list(self.units)
        elif self.units[0].loose and len(self.units[0].events) > 1:
            parts = [_unit([each], True) for each in self.units[0].events]
        else:
            return []
        return [Batch(self.source, f"{self.id}.{at}", (part,)) for at, part in enumerate(parts)]


class _Wired(msgspec.Struct):
    source: str
    id: str
    events: list[msgspec.Raw]


_wired = msgspec.json.Decoder(_Wired)


def batch_of(body: bytes, sizes: Sequence[int]) -> Batch:
    """Return a batch from its group and the sizes of its units; raise ValueError when they don't fit."""
    group = _wired.decode(body)
    if sum(map(abs, sizes)) != len(group.events):
        raise ValueError("a group of another number of events")
    events = iter(bytes(each) for each in group.events)
    units = tuple(_unit([next(events) for _ in range(abs(size))], size < 0) for size in sizes)
    return Batch(group.source, group.id, units)


def units_of(events: Iterable[Event], *, loose: bool = False) -> list[Unit]:
    """Encode events as one unit, or as several where they are more than a group can hold.

    Raises BadInput for an event that can't be encoded, or is over the limit by itself.
    """
    return [_unit(run, loose) for run in _runs(map(_encoded, events))]


def _encoded(event: Event) -> bytes:
    try:
        data = _encode(event)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"an event can't be encoded: {error}", where=f"{event.urn}: {event.aspect}"[:300]) from error
    if len(data) > ROOM:
        raise BadInput(
            f"an event of {len(data)} bytes is over the limit of {ROOM}", where=f"{event.urn}: {event.aspect}"[:300]
        )
    return data


def _runs(encoded: Iterable[bytes]) -> Iterator[list[bytes]]:
    run: list[bytes] = []
    size = 0
    for data in encoded:
        if run and (len(run) == MAX_EVENTS or size + len(data) > ROOM):
            yield run
            run, size = [], 0
        run.append(data)
        size += len(data) + 1
    if run:
        yield run


def _unit(events: list[bytes], loose: bool) -> Unit:
    return Unit(tuple(events), sum(map(len, events)) + len(events), loose)


def packed(units: Iterable[Unit]) -> Iterator[tuple[Unit, ...]]:
    """Yield units in order, in as few runs as the limits of a group allow."""
    run: list[Unit] = []
    count = size = 0
    for unit in units:
        if run and (count + len(unit.events) > MAX_EVENTS or size + unit.size > ROOM):
            yield tuple(run)
            run, count, size = [], 0, 0
        run.append(unit)
        count += len(unit.events)
        size += unit.size
    if run:
        yield tuple(run)
