"""A follower reads the ledger's tail and draws one view. Its position is stored with its effect."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from clew.graph import Graph, GraphChange, Position
from clew.ledger import LedgerReader
from clew.materialise import draw_graph, draw_relations, draw_search
from clew.materialise.views import Views
from clew.relations import Relations
from clew.search import Search

_BATCH = 500
"""Commits that a follower takes at a time."""
_PAUSE, _PAUSED_FROM = 0.015, 8
"""Seconds that the graph pauses at most, and commits of a step from which on it does: fewer have come at leisure, and
the next is shown the sooner."""
_SAVE_EVERY = 30.0
"""Seconds between snapshots of the graph, under steady load too."""
_SAVING = 20.0
"""How many times as long as a snapshot took the next one is waited for, if that is longer."""
_SHARE = 4.0
"""How many times as long as its work the relations' follower gives way to a writer."""
_LONGEST_PAUSE = 2.0
_LOOK = 0.1
"""Seconds in which a ledger that is being written gets a commit."""
_FAR_BEHIND = 20_000
"""Commits from which on the relations' follower gives way to nobody."""


def graph_pause(commits: int) -> float:
    """Return the seconds to pause after so many commits were taken for the graph."""
    return _PAUSE * min(1.0, commits / _PAUSED_FROM)


class Follower(Protocol):
    """Something that keeps up with the ledger."""

    name: str
    pause: float
    """Seconds to pause after each step: it costs much the same for one commit as for ten, and what is done at once
    keeps whoever writes waiting. After a pause of the ledger's own nobody waits for it."""

    def position(self) -> int:
        """Return the last seq whose effect is visible."""

    def step(self) -> bool:
        """Take the next commits; say whether there were any."""

    def rest(self) -> None:
        """Called when there is nothing to take."""


class _Searched(Protocol):
    @property
    def search(self) -> Search:
        """The index in force."""


class _Related(Protocol):
    @property
    def relations(self) -> Relations:
        """The relations in force."""


class GraphFollower:
    """Draws the lineage graph."""

    name = "graph"

    def __init__(self, ledger: LedgerReader, views: Views, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._views = views
        self._clock = clock
        self.pause = 0.0
        self._saved, self._saving = clock(), 0.0
        self._unsaved = False
        self._given = draw_graph.Given()
        self._left: tuple[Graph, Position] | None = None
        """The nodes that a graph has of this follower, and which graph that is and where it was left."""
        self.ahead: Callable[[int], Sequence[GraphChange]] | None = None
        """What has worked out changes of the commits after a seq already; it may have none."""

    def position(self) -> int:
        return self._views.graph.position().seq

    def step(self) -> bool:
        # One and the same graph from beginning to end: a rebuild may put another in its place meanwhile.
        graph = self._views.graph
        position = graph.position()
        if self._left != (graph, position):
            self._given = draw_graph.Given()
        changes = self._ahead(position.seq)
        self.pause = 0.0
        if not changes:
            commits = self._ledger.tail(position.seq, _BATCH)
            if not commits:
                return False
            changes = draw_graph.draw(commits, self._ledger, self._given)
            self.pause = graph_pause(len(commits))
        graph.apply(self._ledger.epoch, changes)
        self._given.add(changes)
        self._left = graph, graph.position()
        self._unsaved = True
        self._save_when_due()
        return True

    def rest(self) -> None:
        self._save_when_due()

    def _ahead(self, seq: int) -> Sequence[GraphChange]:
        """Return what another process has worked out for the commits after a seq, if there are any."""
        return self.ahead(seq) if self.ahead is not None and self._ledger.head_seq() > seq else ()

    def _save_when_due(self) -> None:
        """Save also where there is always something to take: who starts anew has no more than that to take again."""
        begun = self._clock()
        if self._unsaved and begun - self._saved >= max(_SAVE_EVERY, _SAVING * self._saving):
            try:
                self._views.graph.save()
                self._unsaved = False
            finally:
                # One that failed waits for its turn, too: the graph is drawn all the same.
                self._saved = self._clock()
                self._saving = self._saved - begun


class SearchFollower:
    """Draws the search index."""

    name = "search"
    pause = 0.25

    def __init__(self, ledger: LedgerReader, views: _Searched) -> None:
        self._ledger = ledger
        self._views = views

    def position(self) -> int:
        return self._views.search.position().seq

    def step(self) -> bool:
        search = self._views.search
        commits = self._ledger.tail(search.position().seq, _BATCH)
        if not commits:
            return False
        search.apply(self._ledger.epoch, draw_search.draw(commits, self._ledger))
        return True

    def rest(self) -> None:
        """Nothing: every step is durable."""


class RelationsFollower:
    """Draws the relations.

    What is asked in SQL is in less of a hurry than the graph: beside a ledger that is being written, and when told to
    `pace`, it works a fifth of the time, unless it falls far behind.
    """

    name = "relations"
    pause = 0.5

    def __init__(
        self,
        ledger: LedgerReader,
        views: _Related,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._ledger = ledger
        self._views = views
        self._clock = clock
        self._sleep = sleep
        self._head, self._rested = 0, 0.0
        """What the ledger's head was before the last step, and when enough way was given after it."""
        self.pace = False

    def position(self) -> int:
        return self._views.relations.position().seq

    def step(self) -> bool:
        self._give_way()
        relations = self._views.relations
        begun, head = self._clock(), self._ledger.head_seq()
        commits = self._ledger.tail(relations.position().seq, _BATCH)
        if not commits:
            return False
        relations.apply(self._ledger.epoch, draw_relations.draw(commits, self._ledger))
        ended = self._clock()
        if self.pace and head - commits[-1].seq < _FAR_BEHIND:
            self._head, self._rested = head, ended + min(_LONGEST_PAUSE, _SHARE * (ended - begun))
        return True

    def _give_way(self) -> None:
        """Leave the machine to the writer for a while; a ledger that stands still needs nothing of it."""
        head = self._head
        while (left := self._rested - self._clock()) > 0 and (now := self._ledger.head_seq()) != head:
            head = now
            self._sleep(min(left, _LOOK))

    def rest(self) -> None:
        """Nothing: position and effect are one transaction."""
