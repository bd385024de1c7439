"""What every reactor does: read the tail, find what a commit touches, propose what follows from it, keep its place."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from clew.ledger import Commit, Ledger, LedgerReader
from clew_schemas import Event, Group
from clew_schemas.resolve import Claim, resolve

log = logging.getLogger(__name__)

_BATCH = 200


class Reactor(ABC):
    """A source of derived claims. Its cursor is stored in the ledger after what it derived is acknowledged.

    A subclass says which subjects (URNs) a commit touches, and what to propose about one.
    """

    name: str

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stored = self._position = ledger.cursor(self.name)
        self._learn()

    @abstractmethod
    def _learn(self) -> None:
        """Know again, after a start, what depends on what."""

    @abstractmethod
    def _touched(self, commit: Commit) -> Iterable[str]:
        """Return the subjects to derive again after a commit."""

    @abstractmethod
    def _derived(self, subject: str) -> Sequence[Event]:
        """Return what is to be said about a subject now."""

    def _refused(self, subject: str, errors: Sequence[dict[str, Any]]) -> Sequence[Event]:
        """Return what is to be said instead, when the ledger refused what was derived."""
        return ()

    def position(self) -> int:
        """Return the last seq whose consequences are proposed and acknowledged."""
        return self._position

    def step(self) -> bool:
        """Take the next commits; say whether there were any."""
        self._take_over()
        commits = self._ledger.tail(self._position, _BATCH)
        if not commits:
            return False
        causes: dict[str, int] = {}
        for commit in commits:
            for subject in self._touched(commit):
                causes.setdefault(subject, commit.cause or commit.seq)
        for subject, cause in sorted(causes.items()):
            self._derive(subject, cause, commits[-1].seq)
        self._position = commits[-1].seq
        return True

    def rest(self) -> None:
        """Store the cursor. What is derived twice after a crash changes nothing."""
        if self._stored != self._position:
            self._ledger.set_cursor(self.name, self._position)
            self._stored = self._position

    def _take_over(self) -> None:
        """Go on from where another process left off, when one has worked since."""
        stored = self._ledger.cursor(self.name)
        if stored > self._position:
            self._stored = self._position = stored
            self._learn()

    def _derive(self, subject: str, cause: int, seq: int) -> None:
        events = self._derived(subject)
        errors = self._propose(events, f"{seq}:{cause}:{subject}", cause)
        if errors:
            log.error("what %s derived for %s was refused: %s", self.name, subject, errors)
            self._propose(self._refused(subject, errors), f"{seq}:{cause}:gap:{subject}", cause)

    def _propose(self, events: Sequence[Event], group: str, cause: int) -> Sequence[dict[str, Any]]:
        """Propose events as one group; return why they were refused, nothing when they were not."""
        if not events:
            return ()
        record = Group(self.name, group[:200], tuple(events), message=f"by {self.name}")
        (receipt,) = self._ledger.propose([record], door="reactor", cause=cause)
        return receipt.errors if receipt.status == "refused" else ()


def claims_of(ledger: LedgerReader, urn: str, aspect: str) -> tuple[Claim, ...]:
    """Return the live claims about one aspect of a thing, () for one that nobody knows."""
    (number,) = ledger.ids([urn])
    return ledger.claims([number])[number].get(aspect, ()) if number else ()


def resolved(ledger: LedgerReader, urn: str, aspect: str) -> Any:
    """Return the resolved document of an aspect, or None."""
    return resolve(claims_of(ledger, urn, aspect), ledger.registry.get(aspect).resolution)
