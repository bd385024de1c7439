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


class _Position(Protocol):
    @property
    def seq(self) -> int: ...


Found = TypeVar("Found", bound=_Finding)


def confirmed(
    ledger: LedgerReader,
    position: Callable[[], _Position],
    check: Callable[[set[int] | None], Iterable[Found]],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> tuple[list[Found], int]:
    """Return what `check` finds of all entities (None) or of some, and how many findings could not be told.

    What differs in a view that had seen all that was said of it is wrong. What was written while it was looked at may
    only be on its way into the view: it is looked at again, when the view has come to where the ledger was; what is
    written at every look can't be told. In a view that comes no further, all that differs is wrong.
    """
    wrong: list[Found] = []
    untold: list[Found] = []
    for _ in range(_LOOKS):
        arrived = _arrives(position, ledger.head_seq(), clock, sleep)
        seen = position().seq
        found = list(check({each.entity for each in untold} or None))
        moving = _written(ledger, seen, found) if found and arrived else set()
        wrong += [each for each in found if each.entity not in moving]
        untold = [each for each in found if each.entity in moving]
        if not untold:
            break
    return wrong, len(untold)


def _written(ledger: LedgerReader, after: int, found: Iterable[_Finding]) -> set[int]:
    """Return which of the found entities, or what they are part of, were written after a seq."""
    urns: set[str] = set()
    while commits := ledger.tail(after, fresh=True):
        for commit in commits:
            urns.update(each.urn for each in commit.changes)
            urns.update(each.urn for each in commit.points)
        after = commits[-1].seq
    numbers = set(ledger.ids(sorted(urns)))
    entities = ledger.entities([each.entity for each in found if each.entity])
    return {each.id for each in entities if each is not None and numbers & {each.id, each.parent}}


def _arrives(
    position: Callable[[], _Position], head: int, clock: Callable[[], float], sleep: Callable[[float], object]
) -> bool:
    end = clock() + _PATIENCE
    while position().seq < head:
        if clock() >= end:
            return False
        sleep(0.02)
    return True
