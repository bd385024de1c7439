"""A follower reads the ledger's tail and draws one view. Its position is stored with its effect."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from clew.ledger import LedgerReader
from clew.materialise import draw_graph, draw_search
from clew.materialise.views import Views

log = logging.getLogger(__name__)

_BATCH = 500
"""Commits that a follower takes at a time."""
_SAVE_EVERY = 30.0
"""Seconds between snapshots of the graph under steady load."""


class Follower(Protocol):
    """Something that keeps up with the ledger."""

    name: str

    def position(self) -> int:
        """Return the last seq whose effect is visible."""

    def step(self) -> bool:
        """Take the next commits; say whether there were any."""

    def rest(self) -> None:
        """Called when there is nothing to take."""


class GraphFollower:
    """Draws the lineage graph."""

    name = "graph"

    def __init__(self, ledger: LedgerReader, views: Views, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._views = views
        self._clock = clock
        self._saved = clock()
        self._unsaved = False

    def position(self) -> int:
        return self._views.graph.position().seq

    def step(self) -> bool:
        commits = self._ledger.tail(self.position(), _BATCH)
        if not commits:
            return False
        self._views.graph.apply(self._ledger.epoch, draw_graph.draw(commits, self._ledger))
        self._unsaved = True
        return True

    def rest(self) -> None:
        if self._unsaved and self._clock() - self._saved > _SAVE_EVERY:
            self._views.graph.save()
            self._saved, self._unsaved = self._clock(), False


class SearchFollower:
    """Draws the search index."""

    name = "search"

    def __init__(self, ledger: LedgerReader, views: Views) -> None:
        self._ledger = ledger
        self._views = views

    def position(self) -> int:
        return self._views.search.position().seq

    def step(self) -> bool:
        commits = self._ledger.tail(self.position(), _BATCH)
        if not commits:
            return False
        self._views.search.apply(self._ledger.epoch, draw_search.draw(commits, self._ledger))
        return True

    def rest(self) -> None:
        """Nothing: every step is durable."""


class FollowerThread(threading.Thread):
    """Runs one follower. An error is said and tried again with back-off: nothing is passed over."""

    def __init__(self, follower: Follower, ledger: LedgerReader, moved: threading.Condition) -> None:
        super().__init__(name=f"clew-{follower.name}", daemon=True)
        self.follower = follower
        self.failing: str | None = None
        self._ledger = ledger
        self._moved = moved
        self._stopping = threading.Event()

    def run(self) -> None:
        pause = 0.1
        while not self._stopping.is_set():
            try:
                self._catch_up()
                self.failing, pause = None, 0.1
                self.follower.rest()
                self._ledger.wait(self.follower.position() + 1, timeout=0.5)
            except Exception as error:
                self.failing = f"{type(error).__name__}: {error}"
                log.exception("the follower %s stands at %s", self.follower.name, self.follower.position())
                self._stopping.wait(pause)
                pause = min(pause * 2, 10.0)

    def _catch_up(self) -> None:
        while not self._stopping.is_set() and self.follower.step():
            with self._moved:
                self._moved.notify_all()

    def stop(self) -> None:
        """Let the follower finish its step, and end."""
        self._stopping.set()
        self.join(timeout=30)
