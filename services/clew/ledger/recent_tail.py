"""The newest part of the tail in memory, for all who follow it in one process: it is read and unpacked once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from clew.ledger.port import Commit

_MOST_BYTES = 1_000_000
"""Packed bytes of payloads kept: unpacked and parsed they take some thirty times that."""
_MOST_PORTIONS = 256


class Portion(NamedTuple):
    """Commits without a gap, as they were read, and the packed bytes of their payloads."""

    commits: list[Commit]
    packed: int


class RecentTail:
    """Portions of the tail, as the definitions of one moment read them.

    What a commit said never changes, but for its points: a later measure takes an earlier one's place in the ledger.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._portions: deque[Portion] = deque()
        self._by_seq: dict[int, Commit] = {}
        self._bytes = 0
        self._words = 0

    def take(self, after: int, limit: int, words: int, load: Callable[[int, int], Portion]) -> list[Commit]:
        """Return up to `limit` commits after a seq: kept ones, and those that `load(after, limit)` reads beyond them.

        Others wait meanwhile, and find them kept. `words` is the seq of the newest definition: with another one, all
        is read anew.
        """
        with self._lock:
            if words != self._words:
                self._clear()
                self._words = words
            found = self._following(after, limit)
            if len(found) < limit:
                # Also what follows: a view that takes its commits one by one would pay for each.
                portion = load(after + len(found), limit - len(found))
                self._keep(portion)
                found += portion.commits
            return found

    def kept(self, after: int, limit: int, words: int) -> list[Commit]:
        """Return up to `limit` of the commits after a seq that are kept, without a gap."""
        with self._lock:
            return self._following(after, limit) if words == self._words else []

    def _following(self, after: int, limit: int) -> list[Commit]:
        found: list[Commit] = []
        while len(found) < limit and (commit := self._by_seq.get(after + len(found) + 1)) is not None:
            found.append(commit)
        return found

    def _keep(self, portion: Portion) -> None:
        if not portion.commits or portion.packed > _MOST_BYTES:
            return
        self._portions.append(portion)
        self._by_seq.update((commit.seq, commit) for commit in portion.commits)
        self._bytes += portion.packed
        while self._bytes > _MOST_BYTES or len(self._portions) > _MOST_PORTIONS:
            commits, packed = self._portions.popleft()
            self._bytes -= packed
            for commit in commits:
                self._by_seq.pop(commit.seq, None)

    def forget(self) -> None:
        """Read all anew from now on: points were swept."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        self._portions.clear()
        self._by_seq.clear()
        self._bytes = 0
