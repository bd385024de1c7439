"""Use and lineage from query logs, derived under `derived.query_log`.

A log lies in the ledger as points of `logged_queries`, a thing a day. From these follow, for each dataset, `usage` and
`join_keys` of the day so far, and, for each distinct statement that writes what lasts or that can't be read, a `query`
fact on a `query`: the statement behind those of its session that it builds on (temporary tables, renames, swaps), so
that it can be read again by itself. Its lineage is then derived as that of any other SQL.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clew.derive.datasets import column_path
from clew.derive.reactor import Reactor, claims_of
from clew.derive.scripts import MOVES, RENAME
from clew.derive.sessions import Ran, Session
from clew.derive.statements import KEPT, Reading, Script, Setting, Statements
from clew.ledger import Commit, Ledger
from clew.ledger.port import DERIVED_QUERY_LOG, Point
from clew_schemas import Event, event
from clew_schemas.aspects import JoinKeys, Query, Usage
from clew_schemas.aspects.data import UserReads
from clew_schemas.urn import Urn, of_segments
from clew_sql import Subtype

MOST_POINTS = 100_000
"""Points of a day's log that are read again after a start."""
MOST_SESSIONS = 10_000
MOST_USERS = 1_000
"""Users that a point of `usage` names, those who read most."""
MOST_UNREAD = 1_000
"""Statements a day that can't be read and are told nonetheless."""
KEPT_DAYS = 4

ASPECT = "logged_queries"
PARSE_ERROR = "parse_error"
Order = tuple[int, int]


@dataclass(slots=True)
class Use:
    """How a dataset was used on one day. Times are in µs UTC, 0 for never or unknown."""

    reads: int = 0
    writes: int = 0
    last_read: int = 0
    last_written: int = 0
    until: int = 0
    users: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    joined: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one run of a statement uses: columns read and joined by, by URN of the dataset; and what is written."""

    reads: dict[str, frozenset[str]]
    joins: dict[str, frozenset[str]]
    writes: tuple[str, ...]
    unread: bool


class LogDay:
    """What is known of one day of a log. `changed` are the datasets whose use changed since they were last told."""

    def __init__(self, statements: Statements, sessions: OrderedDict[str, Session] | None = None) -> None:
        self.statements = statements
        self.sessions = OrderedDict((key, each.copy()) for key, each in (sessions or {}).items())
        self.uses: dict[str, Use] = defaultdict(Use)
        self.changed: set[str] = set()
        self.told: dict[Script, None] = {}
        """Scripts to be told, in the order met."""
        self.replaced: set[Script] = set()
        self.last: Order | None = None
        self.counted = False
        self.since: str | None = None
        self._unread = 0
        self._effects: dict[Script, tuple[Reading, Effect]] = {}

    def take(self, points: Sequence[Point]) -> None:
        """Take points of this day, later than all before."""
        self.statements.prepare(
            Script(_setting(point.payload, row), (point.payload["texts"][row[1]],))
            for point in points
            for row in point.payload["rows"]
        )
        for point in points:
            said = point.payload
            self.counted = bool(said.get("counted"))
            self.since = said.get("since")
            for row in said["rows"]:
                self._take(said, row)
            self.last = (point.time, point.step)

    def _take(self, said: dict[str, Any], row: Sequence[int]) -> None:
        time, at, session, user, _, _, times = row
        words = said["words"]
        ran = self._run(said["texts"][at], _setting(said, row), words[session] if session >= 0 else None)
        effect = self._effect(ran)
        if effect.writes or (effect.unread and self._unread < MOST_UNREAD):
            self._unread += effect.unread and ran.script not in self.told
            self.told[ran.script] = None
        for script in ran.replaced:
            self.told.pop(script, None)
            self.replaced.add(script)
        if ran.replaced:
            self._forget_moved(ran)
        self._count(effect, time, words[user] if user >= 0 else None, times)

    def _forget_moved(self, ran: Ran) -> None:
        """What was built aside is no dataset of its own, once it has its last name."""
        urn_of = self.statements.schemas(ran.script.setting).urn_of
        for each in ran.reading:
            if each.kind == RENAME:
                for old in map(urn_of, each.inputs):
                    self.uses.pop(old, None)
                    self.changed.discard(old)

    def _run(self, text: str, setting: Setting, session: str | None) -> Ran:
        if session is None:
            script = Script(setting, (text,))
            reading = self.statements.of(script)
            return Ran(reading, script, reading)
        known = self.sessions.get(session)
        if known is None:
            known = self.sessions[session] = Session()
            if len(self.sessions) > MOST_SESSIONS:
                self.sessions.popitem(last=False)
        self.sessions.move_to_end(session)
        return known.run(text, setting, self.statements)

    def _effect(self, ran: Ran) -> Effect:
        kept = self._effects.get(ran.script)
        if kept is None or kept[0] is not ran.reading:
            effect = effect_of(ran, self.statements)
            kept = self._effects[ran.script] = (ran.reading, effect)
            if len(self._effects) > KEPT:
                del self._effects[next(iter(self._effects))]
        return kept[1]

    def _count(self, effect: Effect, time: int, user: str | None, times: int) -> None:
        for dataset, columns in effect.reads.items():
            use = self._used(dataset, time)
            use.reads += times
            use.last_read = max(use.last_read, time)
            use.columns.update(dict.fromkeys(columns, times))
            if user is not None:
                use.users[user] += times
            if dataset in effect.joins:
                use.joined.update(dict.fromkeys(effect.joins[dataset], times))
                use.others.update({other: times for other in effect.joins if other != dataset})
        for dataset in effect.writes:
            use = self._used(dataset, time)
            use.writes += times
            use.last_written = max(use.last_written, time)

    def _used(self, dataset: str, time: int) -> Use:
        self.changed.add(dataset)
        use = self.uses[dataset]
        use.until = max(use.until, time)
        return use


def effect_of(ran: Ran, statements: Statements) -> Effect:
    """Return what a statement reads, joins by and writes; temporary tables are neither, and a move reads nothing."""
    urn_of = statements.schemas(ran.script.setting).urn_of
    reads: dict[str, set[str]] = defaultdict(set)
    joins: dict[str, set[str]] = defaultdict(set)
    writes: dict[str, None] = {}
    for each in (each for each in ran.alone if each.kind not in MOVES):
        for table in each.inputs:
            reads[table].update(())
        for column in each.columns:
            for source in column.sources:
                reads[source.table].add(column_path(source.column))
        for influence in (*each.rows, *(one for column in each.columns for one in column.influences)):
            if influence.column is not None:
                reads[influence.table].add(column_path(influence.column))
                if influence.subtype == Subtype.JOIN:
                    joins[influence.table].add(column_path(influence.column))
    for each in ran.reading:
        if not each.temporary:
            writes.update(dict.fromkeys(map(urn_of, each.outputs)))
    return Effect(
        {urn_of(table): frozenset(columns) for table, columns in reads.items() if table not in ran.temporary},
        {urn_of(table): frozenset(columns) for table, columns in joins.items() if table not in ran.temporary},
        tuple(writes),
        any(gap.code == PARSE_ERROR for each in ran.reading for gap in each.unresolved),
    )


class QueryLogs(Reactor):
    """The reactor; its subjects are the days of logs."""

    name = DERIVED_QUERY_LOG

    def __init__(self, ledger: Ledger, statements: Statements | None = None) -> None:
        self.statements = statements or Statements(ledger)
        """What reads the texts, each once."""
        self._days: OrderedDict[str, LogDay] = OrderedDict()
        self._arrived: dict[str, list[Point]] = defaultdict(list)
        super().__init__(ledger)

    def _learn(self) -> None:
        """Days are read again when something of them comes."""
        self._days.clear()

    def _touched(self, commit: Commit) -> Iterable[str]:
        for change in commit.changes:
            if change.aspect == "schema":
                self.statements.forget(change.urn)
        for point in commit.points:
            if point.aspect == ASPECT:
                self._arrived[point.urn].append(point)
                yield point.urn

    def _derived(self, log: str) -> Sequence[Event]:
        day = self._day(log, self._arrived.pop(log, []))
        events = [
            *(_told(script) for script in day.told),
            *self._withdrawn(day),
            *(each for dataset in sorted(day.changed) for each in _used(dataset, day, log)),
        ]
        day.told.clear()
        day.changed.clear()
        return events

    def _day(self, log: str, arrived: list[Point]) -> LogDay:
        """Return the day with what arrived; read again from its beginning where that came late, or again."""
        points = sorted(arrived, key=_order)
        day = self._days.get(log)
        fresh = day is None or day.counted or (day.last is not None and _order(points[0]) <= day.last)
        if day is None or fresh:
            before = self._days.get(_day_before(log))
            day = LogDay(self.statements, before.sessions if before is not None else None)
            (entity,) = self._ledger.ids([log])
            points = _newest_count(sorted(self._ledger.points(entity, ASPECT, MOST_POINTS), key=_order))
        day.take(points)
        self._days[log] = day
        self._days.move_to_end(log)
        while len(self._days) > KEPT_DAYS:
            self._days.popitem(last=False)
        return day

    def _withdrawn(self, day: LogDay) -> Iterator[Event]:
        """Yield retractions of what has become part of a move."""
        for script in day.replaced:
            carrier = carrier_of(script)
            if script not in day.told and any(
                claim.source == self.name and claim.says is not None
                for claim in claims_of(self._ledger, carrier, "query")
            ):
                yield Event(carrier, "query", op="retract")


def carrier_of(script: Script) -> str:
    """Return the URN of the `query` that a script of a log is."""
    text = "\0".join([*(each or "" for each in script.setting), *script.texts])
    return of_segments("query", script.setting.namespace, "logged", hashlib.sha256(text.encode()).hexdigest()[:24])


def _told(script: Script) -> Event:
    dialect, namespace, database, schema = script.setting
    said = Query(
        text=script.sql, dialect=dialect, namespace=namespace, default_database=database, default_schema=schema
    )
    return event(carrier_of(script), "query", said)


def _used(dataset: str, day: LogDay, log: str) -> Iterator[Event]:
    """Yield the points of a dataset's use on a day so far; the name of a point tells its log."""
    use = day.uses[dataset]
    segments = Urn.parse(log).name.split(".")
    about: dict[str, Any] = {"time": _moment(use.until), "name": segments[1]}
    said = Usage(
        since=_began(day, segments[-1]),
        reads=use.reads,
        writes=use.writes,
        users=[UserReads(user=user, reads=count) for user, count in use.users.most_common(MOST_USERS)] or None,
        columns=dict(sorted(use.columns.items())) or None,
        last_read=_moment(use.last_read) if use.last_read and not day.counted else None,
        last_written=_moment(use.last_written) if use.last_written and not day.counted else None,
    )
    yield event(dataset, "usage", said, **about)
    if use.joined:
        keys = JoinKeys(columns=dict(sorted(use.joined.items())), others=dict(sorted(use.others.items())) or None)
        yield event(dataset, "join_keys", keys, **about)


def _began(day: LogDay, date: str) -> datetime | None:
    if day.counted:
        return None if day.since is None else datetime.fromisoformat(day.since)
    return datetime.fromisoformat(date).replace(tzinfo=UTC)


def _setting(said: dict[str, Any], row: Sequence[int]) -> Setting:
    words = said["words"]
    _, _, _, _, database, schema, _ = row
    return Setting(
        said["dialect"],
        said["namespace"],
        words[database] if database >= 0 else None,
        words[schema] if schema >= 0 else None,
    )


def _order(point: Point) -> Order:
    return (point.time, point.step)


def _newest_count(points: list[Point]) -> list[Point]:
    """Of a log that counts, each reading tells the whole count anew: the newest is left."""
    if not points or not points[-1].payload.get("counted"):
        return points
    newest = max(row[0] for point in points for row in point.payload["rows"])
    return [point for point in points if point.payload["rows"] and point.payload["rows"][0][0] == newest]


def _day_before(log: str) -> str:
    found = Urn.parse(log)
    head, _, date = found.name.rpartition(".")
    before = (datetime.fromisoformat(date) - timedelta(days=1)).date().isoformat()
    return f"urn:clew:{found.kind}:({found.namespace},{head}.{before})"


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)
