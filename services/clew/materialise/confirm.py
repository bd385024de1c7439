"""Telling what differs from what is only on its way, in a house that is being written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from clew.ledger import LedgerReader

_LOOKS = 5
_PATIENCE = 10.0
"""Seconds that a look waits for a view to come to where the ledger was."""


class _Finding(Protocol):
    @property
    def entity(self) -> int: ...


Found = TypeVar("Found", bound=_Finding)


def confirmed(
    ledger: LedgerReader,
    position: Callable[[], int],
    check: Callable[[set[int] | None], Iterable[Found]],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> list[Found]:
    """Return what `check` finds of all entities (None) or of some, without what is only on its way into the view.

    What differs while the view stands where the ledger stands is wrong. Beside a writer, what differed is looked at
    again, each time after the view (whose `position` is a seq) has come to where the ledger was; what differs at every
    look is wrong. Of a view that comes no further, everything that differs is returned.
    """
    only: set[int] | None = None
    found: list[Found] = []
    for _ in range(_LOOKS):
        arrived = _arrives(position, ledger.head_seq(), clock, sleep)
        seen = position()
        found = list(check(only))
        if not found or not arrived or seen == ledger.head_seq():
            break
        only = {each.entity for each in found}
    return found


def _arrives(
    position: Callable[[], int], head: int, clock: Callable[[], float], sleep: Callable[[float], object]
) -> bool:
    end = clock() + _PATIENCE
    while position() < head:
        if clock() >= end:
            return False
        sleep(0.02)
    return True
