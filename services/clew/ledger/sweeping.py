"""The retention of series: once a day, points that are older than their aspect keeps them are deleted.

In portions, so that nobody who writes waits for more than one. What is known last of a thing stays, however old.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from clew_schemas.registry import Registry

DAY = 86_400
_MICROS = 1_000_000


class Swept(Protocol):
    """A ledger whose series can be swept."""

    registry: Registry

    def sweep(self, aspect: str, before: int, portion: int = 500) -> int:
        """See `Ledger.sweep`."""


def sweep(ledger: Swept, now: int) -> dict[str, int]:
    """Delete what is past its retention at `now` (µs UTC); return how many points by aspect, for each that has one."""
    kept = {name: each.retention for name, each in ledger.registry.now().aspects.items() if each.mode == "series"}
    return {
        name: ledger.sweep(name, now - days * DAY * _MICROS) for name, days in sorted(kept.items()) if days is not None
    }


class Daily:
    """Does something at start and then once a day, for a worker's thread. `clock` is in microseconds UTC."""

    def __init__(self, work: Callable[[], bool], clock: Callable[[], int], every: int = DAY * _MICROS) -> None:
        self._work = work
        self._clock = clock
        self._every = every
        self._next = 0
        self._pause = threading.Event()

    def step(self) -> bool:
        """Do the work when it is time; say whether it did anything."""
        now = self._clock()
        if now < self._next:
            return False
        did = self._work()
        self._next = now + self._every
        return did

    def rest(self) -> None:
        """Wait a moment."""
        self._pause.wait(0.5)
