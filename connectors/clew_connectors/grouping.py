"""From the events of one record to groups that the ledger takes whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from clew_schemas.event import MAX_BYTES, MAX_EVENTS, Event

ROOM = MAX_BYTES - 2_000
"""Bytes of events in one group; the rest is for what stands around them."""


def split(events: Iterable[Event]) -> Iterator[tuple[Event, ...]]:
    """Yield the events in order, in as few runs as the limits of a group allow.

    An event that is over the limit by itself comes alone, so that only it is turned away.
    """
    run: list[Event] = []
    size = 0
    for event in events:
        bytes_ = len(msgspec.json.encode(event)) + 1
        if run and (len(run) == MAX_EVENTS or size + bytes_ > ROOM):
            yield tuple(run)
            run, size = [], 0
        run.append(event)
        size += bytes_
    if run:
        yield tuple(run)
