"""The composition of the house: settings to engines to stations, in one process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from clew.derive.sql_lineage import SqlLineage
from clew.graph import open_graph
from clew.home import HomeLock
from clew.ledger import open_ledger
from clew.materialise import audit
from clew.materialise.follower import Follower, FollowerThread, GraphFollower, SearchFollower
from clew.materialise.rebuild import ViewName, rebuild
from clew.materialise.views import Views
from clew.query.freshness import Freshness
from clew.query.questions import Questions
from clew.search import open_search
from clew.settings import Settings
from clew_schemas.registry import Registry

log = logging.getLogger(__name__)


class House:
    """Every station of an embedded house. Either `start` it, so that followers run beside, or each question does
    their work before it is answered."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = HomeLock(settings.home)
        try:
            self.ledger = open_ledger(settings.ledger, settings.home, Registry.built_in())
            self.views = Views(
                open_graph(settings.graph, settings.home / "graph"),
                open_search(settings.search, settings.home / "search"),
            )
        except BaseException:
            self._lock.release()
            raise
        self.moved = threading.Condition()
        self.followers: list[Follower] = [
            GraphFollower(self.ledger, self.views),
            SearchFollower(self.ledger, self.views),
        ]
        self.reactors: list[Follower] = [SqlLineage(self.ledger)]
        self.freshness = Freshness(self.ledger, self.followers, self.reactors, self.moved)
        self.freshness.catch_up = self.catch_up
        self.questions = Questions(self.ledger, self.views, self.freshness)
        self._threads: list[FollowerThread] = []
        self._drawing = threading.Lock()
        self._adopt_epoch()

    def _adopt_epoch(self) -> None:
        """Views of another ledger, or from before a restore, or ahead of it, are drawn anew."""
        for name, view in (("graph", self.views.graph), ("search", self.views.search)):
            position = view.position()
            damaged = getattr(view, "damaged", None)
            if damaged:
                log.warning("the %s was damaged (%s): it is drawn anew from the ledger", name, damaged)
            foreign = position.seq and position.epoch != self.ledger.epoch
            if foreign or position.seq > self.ledger.head_seq():
                log.warning("the %s is of another state of the ledger (%s): it is drawn anew", name, position)
                self.rebuild(["graph"] if name == "graph" else ["search"])

    def start(self) -> None:
        """Let followers and reactors run beside, each in a thread of its own."""
        self.freshness.catch_up = None
        for each in [*self.followers, *self.reactors]:
            thread = FollowerThread(each, self.ledger, self.moved)
            self._threads.append(thread)
            thread.start()

    def catch_up(self) -> None:
        """Do the work of reactors and followers now, until nothing is left to do."""
        with self._drawing:
            while self._step_all():
                pass
            for reactor in self.reactors:
                reactor.rest()

    def _step_all(self) -> bool:
        """Let everyone take its next commits; say whether anybody had any."""
        busy = False
        for each in [*self.reactors, *self.followers]:
            busy = each.step() or busy
        return busy

    def rebuild(self, names: Iterable[ViewName]) -> list[dict[str, Any]]:
        """Draw views anew beside the old ones; return what each took."""
        with self._drawing:
            return [dict(rebuild(name, self.ledger, self.views)) for name in names]

    def doctor(self, *, mend: bool = True) -> dict[str, Any]:
        """Compare the views with the ledger, item by item; mend what differs, unless told not to."""
        if self.freshness.catch_up is not None:
            self.catch_up()
        with self._drawing:
            found = [*audit.check_graph(self.ledger, self.views), *audit.check_search(self.ledger, self.views)]
            mended = audit.mend(found, self.ledger, self.views) if mend else 0
        return {
            "findings": [{"view": each.view, "item": each.item, "said": each.said} for each in found],
            "mended": mended,
            "parked": [
                {
                    "id": each.id,
                    "source": each.source,
                    "group": each.group,
                    "reasons": list(each.reasons),
                }
                for each in self.ledger.parked()
            ],
            **self.health(),
            "stats": dict(self.ledger.stats()),
            "digests": {"heads": self.ledger.heads_digest(), **audit.views_digest(self.ledger, self.views)},
        }

    def health(self) -> dict[str, Any]:
        """Return the ledger's head, each follower's position, and what fails."""
        return {
            "epoch": self.ledger.epoch,
            "head": self.ledger.head_seq(),
            "positions": self.freshness.positions(),
            "failing": {thread.follower.name: thread.failing for thread in self._threads if thread.failing},
        }

    def close(self) -> None:
        """Finish the steps that run, save the views, and let go of the home."""
        for thread in self._threads:
            thread.stop()
        self._threads.clear()
        self.views.graph.close()
        self.views.search.close()
        for reactor in self.reactors:
            reactor.rest()
        self.ledger.close()
        self._lock.release()

    def __enter__(self) -> House:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
