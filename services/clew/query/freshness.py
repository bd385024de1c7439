"""How far the views have come, and waiting for them: read your writes, and never a stale answer that looks complete."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from clew.errors import BadInput, Stale
from clew.ledger import LedgerReader

PATIENCE = 0.1
"""Seconds that a question waits for the views when nobody asked it to wait."""
PATIENCE_AT_LEAST = 5.0
"""Seconds that a question with `atLeast` waits before it fails as stale."""

_TOKEN = re.compile(r"([0-9a-f]+)-([0-9]{1,18})")


class Keeper(Protocol):
    """What keeps up with the ledger: a follower or a reactor."""

    name: str

    def position(self) -> int:
        """Return the last seq whose effect is visible."""


class StoredPosition:
    """A reactor that runs in another process, by the position that it stores in the ledger."""

    def __init__(self, ledger: LedgerReader, name: str) -> None:
        self._ledger = ledger
        self.name = name

    def position(self) -> int:
        return self._ledger.cursor(self.name)


class Reached(NamedTuple):
    """How far everything is: `seq` is what the view shows; `behind` is how many commits the target is ahead."""

    seq: int
    behind: int


class Freshness:
    """Knows the followers and reactors of this process, and waits for them."""

    def __init__(
        self, ledger: LedgerReader, followers: Sequence[Keeper], reactors: Sequence[Keeper], moved: threading.Condition
    ) -> None:
        self._ledger = ledger
        self._followers = {each.name: each for each in followers}
        self._reactors = list(reactors)
        self._moved = moved
        self.catch_up: Callable[[], None] | None = None
        """When nothing runs beside the question: does the work of followers and reactors on the spot."""

    def reach(self, view: str, at_least: str | None, as_of: int | None = None) -> Reached:
        """Wait until `view` has reached the target: the token, or the ledger's head now.

        A question `as_of` a seq asks of the view no more than to have come that far, which it most often has; `seq` of
        what is returned is then at most that. Raises Stale when `at_least` was given and is not reached in time,
        BadInput for a bad token or another epoch.
        """
        if as_of is not None:
            if at_least is not None:
                self.committed(at_least)
            return self._reach_past(view, as_of)
        target = self._ledger.head_seq() if at_least is None else self.seq_of(at_least)
        if self.catch_up is not None:
            self.catch_up()
        patience = PATIENCE if at_least is None else PATIENCE_AT_LEAST
        deadline = time.monotonic() + patience
        while not (settled := self._settled(view, target)):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            with self._moved:
                self._moved.wait(min(remaining, 0.02))
        position = self._followers[view].position()
        behind = 0 if settled else max(0, self._needed(target) - position) or int(not self._settled(view, target))
        if behind and at_least is not None:
            raise Stale(
                f"the {view} has reached {position}, {target} was asked for",
                where="atLeast",
                hint="Ask again in a moment",
                position=position,
                wanted=target,
            )
        return Reached(position, behind)

    def _reach_past(self, view: str, as_of: int) -> Reached:
        # Reactors too: only then is it known what was derived later from what had been said by then.
        keepers = [self._followers[view], *self._reactors]
        if self.catch_up is not None and any(each.position() < as_of for each in keepers):
            self.catch_up()
        deadline = time.monotonic() + PATIENCE
        while (waits := any(each.position() < as_of for each in keepers)) and time.monotonic() < deadline:
            with self._moved:
                self._moved.wait(0.02)
        seq = min(keepers[0].position(), as_of)
        return Reached(seq, as_of - seq or int(waits))

    def committed(self, at_least: str) -> None:
        """Wait until the ledger itself holds what the token names; raise Stale when it does not in time."""
        target = self.seq_of(at_least)
        if not self._ledger.wait(target, PATIENCE_AT_LEAST):
            head = self._ledger.head_seq()
            raise Stale(
                f"the ledger has reached {head}, {target} was asked for",
                where="atLeast",
                hint="Ask again in a moment",
                position=head,
                wanted=target,
            )

    def seq_of(self, token: str) -> int:
        """Return the seq of a token of this ledger's epoch."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise BadInput(f"not a token: {token[:60]!r}", where="atLeast", hint="A token is <epoch>-<seq>")
        if match[1] != self._ledger.epoch:
            raise BadInput(
                f"the token is of epoch {match[1]}, this ledger is of {self._ledger.epoch}",
                where="atLeast",
                hint="The ledger was restored or replaced since; read again",
            )
        return int(match[2])

    def _needed(self, target: int) -> int:
        """Return the seq that holds the target and everything derived from it so far."""
        return max(target, self._ledger.derived_after(target)) if self._reactors else target

    def _settled(self, view: str, target: int) -> bool:
        """Say whether reactors are past the target and what they derived from it is seen."""
        derived = min((reactor.position() for reactor in self._reactors), default=target)
        if derived < target:
            return False
        # Asked once they are past the target: nothing more is derived from it then.
        return min(derived, self._followers[view].position()) >= self._needed(target)

    def positions(self) -> dict[str, int]:
        """Return the position of every follower and reactor, by name."""
        return {each.name: each.position() for each in [*self._followers.values(), *self._reactors]}
