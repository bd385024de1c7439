"""The composition of the house: settings to engines to stations; one process, or one role of many."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import TracebackType
from typing import Any

from clew import care
from clew.derive.logged_data import LoggedData
from clew.derive.query_log import QueryLogs
from clew.derive.sql_lineage import SqlLineage
from clew.graph import Graph, open_graph
from clew.home import HomeLock
from clew.ledger import LedgerReader, backup, open_ledger, sweeping
from clew.ledger.clock import now_micros
from clew.ledger.port import DERIVED_EVIDENCE, DERIVED_QUERY_LOG, DERIVED_SQL, RenewsEpoch
from clew.log import Log, Station, open_log
from clew.materialise import audit, audit_relations
from clew.materialise.confirm import confirmed
from clew.materialise.follower import Follower, GraphFollower, RelationsFollower, SearchFollower
from clew.materialise.lending import DrawingProcess, Lendable
from clew.materialise.rebuild import ALL_VIEWS, ViewName, rebuild
from clew.materialise.views import Views
from clew.query.freshness import Freshness, Keeper, StoredPosition
from clew.query.questions import Questions
from clew.relations import Relations, open_relations
from clew.search import Search, open_search
from clew.settings import EVERY_ROLE, Role, Settings
from clew.threads import Worker
from clew_schemas.event import Receipt
from clew_schemas.registry import Registry

log = logging.getLogger(__name__)

_CORES = 2
"""From so many on a second process gains anything."""


class House:
    """The stations of a house, for some roles or all.

    Either `start` it, so that followers and reactors run beside, or (in an embedded house of all roles) each question
    does their work before it is answered.
    """

    def __init__(self, settings: Settings, roles: frozenset[Role] = EVERY_ROLE) -> None:
        self.settings = settings
        self.roles = roles
        self._lock = HomeLock(settings.home) if settings.uses_home else None
        try:
            if self._lock is not None:
                backup.discard_staged(settings.home)
            self.ledger = open_ledger(settings.ledger, settings.home, Registry.built_in())
            self.views = Views(
                open_graph(settings.graph, settings.home / "graph"),
                open_search(settings.search, settings.home / "search"),
                open_relations(settings.ledger, settings.home / "relations", settings.relations_schema),
            )
            self.log: Log | None = open_log(settings.log) if settings.log else None
            self._compose()
        except BaseException:
            self._unlock()
            raise

    def _compose(self) -> None:
        """Put followers, reactors and questions upon the engines."""
        self.moved = threading.Condition()
        self._leads: Callable[[], bool] = _always
        self._stations = self._open_stations()
        self._tail: LedgerReader = self.ledger
        if self.log is not None and Role.MATERIALISER in self.roles:
            self._tail = self.log.tail(self.ledger)
        self.followers: list[Follower] = [
            GraphFollower(self._tail, self.views),
            SearchFollower(self._tail, self.views),
            RelationsFollower(self._tail, self.views),
        ]
        self.reactors: list[Follower] = []
        if Role.COMMITTER in self.roles:
            self.reactors = [SqlLineage(self.ledger), LoggedData(self.ledger), QueryLogs(self.ledger)]
        kept: list[Keeper] = [*self.reactors]
        if not kept:
            names = (DERIVED_SQL, DERIVED_EVIDENCE, DERIVED_QUERY_LOG)
            kept = [StoredPosition(self.ledger, name) for name in names]
        self.freshness = Freshness(self.ledger, self.followers, kept, self.moved)
        if self.roles == EVERY_ROLE and self.log is None:
            self.freshness.catch_up = self.catch_up
        self.questions = Questions(self.ledger, self.views, self.freshness)
        self._lost, self._opened_at = 0, self.ledger.head_seq()
        self._workers: list[Worker] = []
        self._drawing = threading.Lock()
        self._lending: DrawingProcess | None = None
        if Role.MATERIALISER in self.roles:
            self._adopt_epoch()

    def _open_stations(self) -> list[Station]:
        """Return what stands between the log and the ledger: the committer first."""
        if self.log is None or Role.COMMITTER not in self.roles:
            return []
        committer = self.log.committer(self.ledger)
        self._leads = committer.leads
        return [committer, self.log.publisher(self.ledger, committer.leads)]

    def _adopt_epoch(self) -> None:
        """Views of another ledger, or from before a restore, or ahead of it, are drawn anew."""
        self._note_lost_commits()
        for name in ALL_VIEWS:
            view: Graph | Search | Relations = getattr(self.views, name)
            position = view.position()
            damaged = getattr(view, "damaged", None)
            if damaged:
                log.warning("the %s was damaged (%s): it is drawn anew from the ledger", name, damaged)
            foreign = position.seq and position.epoch != self.ledger.epoch
            if foreign or position.seq > self.ledger.head_seq():
                log.warning("the %s is of another state of the ledger (%s): it is drawn anew", name, position)
                self.rebuild([name])

    def _note_lost_commits(self) -> None:
        """Where a view has seen more than the ledger holds, commits are lost: their numbers will be given again, and so
        the ledger begins a new epoch, in which no token of before is taken for another commit's."""
        head = self.ledger.head_seq()
        for name in ALL_VIEWS:
            position = getattr(self.views, name).position()
            if position.seq > head and (position.epoch == self.ledger.epoch or not head):
                self._lost = max(self._lost, position.seq)
                log.error("the ledger ends at %d, and the %s has seen %d", head, name, position.seq)
        if self._lost and isinstance(self.ledger, RenewsEpoch):
            self.ledger.renew_epoch()

    def start(self) -> None:
        """Let everything that belongs to the roles run beside, each in a thread of its own."""
        self.freshness.catch_up = None
        for station in self._stations:
            self._workers.append(Worker(station.name, station.step, _nothing, self.moved))
        if Role.COMMITTER in self.roles:
            self._workers += [self._worker(reactor, self.ledger) for reactor in self.reactors]
        if Role.MATERIALISER in self.roles:
            for follower in self.followers:
                if isinstance(follower, RelationsFollower):
                    follower.pace = True
            self._lending = self._lend()
            lent = {each.name: each for each in self._lending.followers} if self._lending else {}
            self._workers += [self._worker(lent.get(each.name, each), self._tail) for each in self.followers]
        if Role.COMMITTER in self.roles:
            daily = sweeping.Daily(lambda: any(self.sweep().values()), now_micros)
            self._workers.append(Worker("sweep", daily.step, daily.rest, self.moved))
        for worker in self._workers:
            worker.start()

    def _lend(self) -> DrawingProcess | None:
        """Return what draws search and relations in a process of its own, where all is embedded and there is room."""
        embedded = self.roles == EVERY_ROLE and self.log is None and self.settings.ledger is None
        lendable = isinstance(self.views.search, Lendable) and isinstance(self.views.relations, Lendable)
        room = not self.settings.one_process and (os.cpu_count() or 1) >= _CORES
        if not (embedded and lendable and room) or self._lock is None:
            return None
        followers = [each for each in self.followers if not isinstance(each, GraphFollower)]
        home, lock = self.settings.home, self._lock.descriptor
        process = DrawingProcess(home, lock, self.ledger, self.views, followers, self.moved)
        for each in self.followers:
            if isinstance(each, GraphFollower):
                each.ahead = process.ahead
        return process

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While inside, nobody else goes over the views as a whole, and no other process writes them."""
        with self._drawing, ExitStack() as stack:
            if self._lending is not None:
                stack.enter_context(self._lending.called_back())
            yield

    def _worker(self, follower: Follower, tail: LedgerReader) -> Worker:
        def step() -> bool:
            return (follower not in self.reactors or self._leads()) and follower.step()

        def rest() -> None:
            if follower not in self.reactors or self._leads():
                follower.rest()
            tail.wait(follower.position() + 1, timeout=0.5)

        return Worker(follower.name, step, rest, self.moved, lambda: follower.pause)

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
        with self._alone():
            return [dict(rebuild(name, self.ledger, self.views)) for name in names]

    def replay(self, parked: int) -> Receipt:
        """Propose what was parked again; what came from Kafka and could not be read is read from there anew."""
        row = next((each for each in self.ledger.parked() if each.id == parked), None)
        if row is not None and not row.source and self.log is not None:
            return self.log.replay_bad(self.ledger, row.group)
        return self.ledger.replay(parked)

    def doctor(self, *, mend: bool = True) -> dict[str, Any]:
        """Compare the views with the ledger, item by item; mend what differs, unless told not to.

        What is written at every look can't be told from what is on its way into a view: that is counted as undecided.
        Nothing is drawn from a ledger that does not read back as it was written: its damages are all that is told.
        """
        damages: list[str] = getattr(self.ledger, "damages", list)()
        if damages:
            findings = [{"view": "ledger", "item": "ledger.db", "said": each} for each in damages]
            nothing: dict[str, Any] = {"stats": {}, "swept": {}, "digests": {}}
            return {"findings": findings, "undecided": 0, "mended": 0, "parked": [], **self.health(), **nothing}
        if self.freshness.catch_up is not None:
            self.catch_up()
        with self._alone():
            ledger, views = self.ledger, self.views
            checks = (views.graph, audit.check_graph), (views.search, audit.check_search)
            looks = [confirmed(ledger, view.position, partial(check, ledger, views)) for view, check in checks]
            rows, moving = confirmed(ledger, views.relations.position, partial(audit_relations.check, ledger, views))
            found = [each for wrong, _ in looks for each in wrong]
            mended = audit.mend(found, ledger, views) if mend else 0
            mended += audit_relations.mend(rows, ledger, views) if mend else 0
        return {
            "findings": [
                *self._losses(),
                *({"view": each.view, "item": each.item, "said": each.said} for each in found),
                *({"view": "relations", "item": each.item, "said": each.said} for each in rows),
            ],
            "undecided": moving + sum(undecided for _, undecided in looks),
            "mended": mended,
            "parked": [
                {"id": each.id, "source": each.source, "group": each.group, "reasons": list(each.reasons)}
                for each in self.ledger.parked()
            ],
            **self.health(),
            "stats": dict(self.ledger.stats()),
            "swept": dict(self.ledger.swept()),
            "digests": {"heads": self.ledger.heads_digest(), **audit.views_digest(self.ledger, self.views)},
        }

    def _losses(self) -> list[dict[str, Any]]:
        """Return what this house, as it opened, found to be lost from the ledger: views had seen it before."""
        if not self._lost:
            return []
        said = (
            f"ended at {self._opened_at} when it was opened, and a view had seen {self._lost}: what came between is"
            " lost. The end of its store was damaged, or an older copy was put in its place"
        )
        return [{"view": "ledger", "item": "commits", "said": said}]

    def backup(self) -> Iterator[bytes]:
        """Yield a backup of the embedded ledger, as of one commit; who writes goes on writing."""
        return care.backed_up(self.ledger, self.settings.home)

    def export(self) -> Iterator[bytes]:
        """Yield the archive of the ledger, as of one commit; who writes goes on writing."""
        return care.exported(self.ledger)

    def sizes(self) -> dict[str, Any]:
        """Return rows and bytes of the ledger, by aspect, source and table, and the bytes of each view."""
        return care.sizes(self.ledger, self.settings)

    def sweep(self) -> dict[str, int]:
        """Delete the points that are past their retention; return how many by aspect."""
        swept = sweeping.sweep(self.ledger, now_micros())
        if any(swept.values()):
            self._forget_swept()
        return swept

    def _forget_swept(self) -> None:
        """Take swept points out of the relations, which hold a row for each."""
        if Role.MATERIALISER in self.roles:
            with self._alone():
                audit_relations.mend(list(audit_relations.check(self.ledger, self.views)), self.ledger, self.views)

    def health(self) -> dict[str, Any]:
        """Return roles, the ledger's head, each position, how the log's stations stand, and what fails."""
        stations = {station.name: station.health() for station in self._stations}
        return {
            "roles": sorted(self.roles),
            "epoch": self.ledger.epoch,
            "head": self.ledger.head_seq(),
            "positions": self.freshness.positions(),
            "log": {
                name: {"lag": tally.lag, "positions": dict(tally.positions), "counts": dict(tally.counts)}
                for name, tally in stations.items()
            },
            "failing": {
                **{worker.work: worker.failing for worker in self._workers if worker.failing},
                **(self._lending.failing if self._lending else {}),
            },
        }

    def close(self) -> None:
        """Finish the steps that run, save the views, and let go of everything, whatever fails of it."""
        with ExitStack() as leaving:  # from the last to the first
            leaving.callback(self._unlock)
            leaving.callback(self.ledger.close)
            leaving.callback(self._store_cursors)
            leaving.callback(self.views.relations.close)
            leaving.callback(self.views.search.close)
            leaving.callback(self.views.graph.close)
            for station in reversed(self._stations):
                leaving.callback(station.close)
            if self._lending is not None:
                leaving.callback(self._lending.close)
            for worker in reversed(self._workers):
                leaving.callback(worker.stop)
            self._workers = []

    def _store_cursors(self) -> None:
        if self._leads():
            for reactor in self.reactors:
                reactor.rest()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> House:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _always() -> bool:
    """Without a log there is one committer, and its reactors work."""
    return True


def _nothing() -> None:
    """A station waits in its step."""
