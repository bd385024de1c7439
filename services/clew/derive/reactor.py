"""What every reactor does: read the tail, find what a commit touches, propose what follows from it, keep its place."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from clew.ledger import Commit, Ledger, LedgerReader
from clew_schemas import Event, Group
from clew_schemas.event import MAX_BYTES, MAX_EVENTS
from clew_schemas.resolve import Claim, resolve

log = logging.getLogger(__name__)

_BATCH = 200
_ENVELOPE = 500
"""Bytes of an event beside its payload and URN, at most."""


class Reactor(ABC):
    """A source of derived claims. Its cursor is stored in the ledger after what it derived is acknowledged.

    A subclass says which subjects (URNs) a commit touches, and what to propose about one.
    """

    name: str
    pause = 0.1
    """Seconds to pause after each step; see `Follower`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stored = self._position = ledger.cursor(self.name)
        self._learn()

    @abstractmethod
    def _learn(self) -> None:
        """Know again, after a start, what depends on what."""

    @abstractmethod
    def _touched(self, commit: Commit) -> Iterable[str]:
        """Return the subjects to derive again after a commit. Its changes may come without their claims."""

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
        commits = self._ledger.tail(self._position, _BATCH, claims=False)
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
        errors: Sequence[dict[str, Any]] = ()
        for part, events in enumerate(portions(self._derived(subject))):
            about = f"{part}:{subject}" if part else subject
            errors = errors or self._propose(events, self._group(seq, cause, about), cause)
        if errors:
            log.error("what %s derived for %s was refused: %s", self.name, subject, errors)
            self._propose(self._refused(subject, errors), self._group(seq, cause, f"gap:{subject}"), cause)

    def _group(self, seq: int, cause: int, subject: str) -> str:
        """Return the id of the group that says what is derived: the same for the same commits."""
        return f"{seq}:{cause}:{subject}"

    def _propose(self, events: Sequence[Event], group: str, cause: int) -> Sequence[dict[str, Any]]:
        """Propose events as one group; return why they were refused, nothing when they were not."""
        if not events:
            return ()
        record = Group(self.name, group[:200], tuple(events), message=f"by {self.name}")
        (receipt,) = self._ledger.propose([record], door="reactor", cause=cause)
        return receipt.errors if receipt.status == "refused" else ()


def portions(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Yield events in order, in as few runs as the limits of a group allow."""
    run: list[Event] = []
    size = 0
    for each in events:
        weight = len(each.payload) + len(each.urn) + _ENVELOPE
        if run and (len(run) == MAX_EVENTS or size + weight > MAX_BYTES):
            yield run
            run, size = [], 0
        run.append(each)
        size += weight
    if run:
        yield run


def claims_of(ledger: LedgerReader, urn: str, aspect: str) -> tuple[Claim, ...]:
    """Return the live claims about one aspect of a thing, () for one that nobody knows."""
    (number,) = ledger.ids([urn])
    return ledger.claims([number], aspects=(aspect,))[number].get(aspect, ()) if number else ()


def resolved(ledger: LedgerReader, urn: str, aspect: str) -> Any:
    """Return the resolved document of an aspect, or None."""
    return resolve(claims_of(ledger, urn, aspect), ledger.registry.get(aspect).resolution)
