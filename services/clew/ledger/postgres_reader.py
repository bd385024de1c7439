"""The ledger on PostgreSQL, read: a small pool, each call one consistent snapshot.

Repeatable read, read only. Plain SQL but for the size of the tables in `stats` and the listening in `wait`.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, LiteralString, cast

from sqlalchemy import Connection, Select, func, or_, select

from clew.ledger import payloads, postgres_archive
from clew.ledger import postgres_tables as tables
from clew.ledger.archive import Snapshot
from clew.ledger.codes import MAIN, OP_NAMES
from clew.ledger.definitions import CURSOR, take_in
from clew.ledger.port import STEWARD, Change, Commit, Entity, Fact, Parked, Point, Source, TokenRow
from clew.ledger.positions import SWEPT, cursor_of
from clew.ledger.postgres_claims import NEWEST, Fetch, standing, stored_payloads
from clew.ledger.postgres_link import Connection as Driver
from clew.ledger.postgres_link import Link, Row
from clew.ledger.postgres_listener import Listener
from clew.ledger.postgres_names import Names
from clew.ledger.sizes import Sizes
from clew.ledger.standing import said
from clew.ledger.taking import read_receipt
from clew_schemas.definitions import DEFINING
from clew_schemas.event import Receipt
from clew_schemas.kinds import DERIVED_KINDS
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim
from clew_schemas.urn import Urn, kind_of

_FRESH = 0.005
"""Seconds for which a head read from the server is not read again. This process's own commits show at once."""
_POLL = 0.25
"""Seconds after which a wait asks the server although nobody has notified it."""

_TOUCHED: LiteralString = """
SELECT f.seq, c.entity, a.name, s.name, e.urn FROM fact f
JOIN claim c ON c.id = f.claim JOIN entity e ON e.id = c.entity
JOIN aspect a ON a.id = c.aspect JOIN source s ON s.id = c.source
WHERE f.seq > %(after)s AND f.seq <= %(last)s AND f.moved AND c.branch = 1
ORDER BY f.seq, f.n
"""
# Names in byte order, as the embedded ledger has them.
_NEWEST_POINTS: LiteralString = """
SELECT DISTINCT ON (p.entity, a.name)
  p.entity, e.urn, a.name, s.name, p.name, p.time, p.step, p.seq, y.version, y.body
FROM point p JOIN entity e ON e.id = p.entity JOIN aspect a ON a.id = p.aspect JOIN source s ON s.id = p.source
JOIN payload y ON y.id = p.payload
WHERE p.entity = ANY(%(entities)s::bigint[]) AND a.name = ANY(%(aspects)s::text[]) AND p.seq <= %(at)s
ORDER BY p.entity, a.name, p.time DESC, p.step DESC, s.name COLLATE "C" DESC, p.name COLLATE "C" DESC
"""
_BYTES: LiteralString = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'
"""

_DEFINERS: dict[str, Any] = {"cursor": CURSOR, "steward": STEWARD, "aspects": list(DEFINING)}
_NEWEST_DEFINITION: LiteralString = """
SELECT seq, coalesce((SELECT seq FROM cursor WHERE name = %(cursor)s), 0) FROM ledger_head WHERE id = 1
"""
# What was withdrawn still reads what was said by it: of such a claim the last that it said.
_DEFINITIONS: LiteralString = """
SELECT e.urn, d.stands, p.body FROM (
  SELECT c.entity, c.says IS NOT NULL AS stands, coalesce(c.says, (
    SELECT f.says FROM fact f WHERE f.claim = c.id AND f.moved AND f.says IS NOT NULL
    ORDER BY f.seq DESC, f.n DESC LIMIT 1)) AS says
  FROM claim c
  WHERE c.source = (SELECT id FROM source WHERE name = %(steward)s) AND c.branch = 1
  AND c.aspect IN (SELECT id FROM aspect WHERE name = ANY(%(aspects)s::text[]))
) d JOIN entity e ON e.id = d.entity JOIN payload p ON p.id = d.says
"""


class PostgresReader:
    """The reading part of the ledger on PostgreSQL; see `LedgerReader`."""

    def __init__(self, link: Link, registry: Registry) -> None:
        self.registry = registry
        self._link = link
        self._engine = link.engine()
        self._reads = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._local = threading.local()
        self._names = Names()
        self._words: dict[str, dict[int, str]] = {"aspect": {}, "source": {}}
        self._committed = threading.Condition()
        self._head = 0
        self._head_read = float("-inf")
        self._learned = -1
        self.epoch = self._meta("epoch")
        self._listener = Listener(link, self.epoch, self._heard)

    # -- connections

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Yield a connection inside one read transaction; nested uses of a thread share the outer one."""
        held: Connection | None = getattr(self._local, "connection", None)
        if held is not None:
            yield held
            return
        with self._link.translating(), self._reads.connect() as connection:
            self._local.connection = connection
            try:
                yield connection
            finally:
                self._local.connection = None

    def _fetch(self, connection: Connection) -> Fetch:
        return lambda sql, values: [tuple(row) for row in connection.exec_driver_sql(sql, values)]

    def _rows(self, query: Select[Any]) -> list[Row]:
        with self._reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def _one(self, query: Select[Any]) -> Any:
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def _meta(self, key: str) -> str:
        return str(self._one(select(tables.meta.c.value).where(tables.meta.c.key == key)))

    # -- definitions

    def learn(self) -> int:
        if self.head_seq() != self._learned:
            self._look_for_definitions()
        return self.registry.seq

    def _look_for_definitions(self) -> None:
        """Take in what is defined now; up to which commit that is known goes into `_learned`."""
        with self._reading() as connection:
            fetch = self._fetch(connection)
            ((head, newest),) = fetch(_NEWEST_DEFINITION, _DEFINERS)
            if newest > self.registry.seq:
                take_in(self.registry, newest, [(row[0], row[1], row[2]) for row in fetch(_DEFINITIONS, _DEFINERS)])
        self._learned = max(self._learned, head)

    # -- positions

    def head_seq(self) -> int:
        if time.monotonic() - self._head_read > _FRESH:
            read = time.monotonic()
            self._heard(int(self._one(select(tables.ledger_head.c.seq))))
            self._head_read = read
        return self._head

    def _heard(self, seq: int) -> None:
        """Wake who waits for what is committed now."""
        with self._committed:
            if seq > self._head:
                self._head = seq
                self._committed.notify_all()

    def wait(self, seq: int, timeout: float) -> bool:
        end = time.monotonic() + timeout
        if self._head >= seq or self.head_seq() >= seq:
            return True
        self._listener.start()
        while (left := end - time.monotonic()) > 0:
            with self._committed:
                if self._committed.wait_for(lambda: self._head >= seq, min(left, _POLL)):
                    return True
            self.head_seq()
        return self._head >= seq

    def time_of(self, seq: int) -> int:
        return int(self._one(select(tables.commits.c.time).where(tables.commits.c.seq == seq)) or 0)

    def seq_at(self, time: int) -> int:
        return int(self._one(select(func.max(tables.commits.c.seq)).where(tables.commits.c.time <= time)) or 0)

    def cursor(self, name: str) -> int:
        return int(self._one(select(tables.cursor.c.seq).where(tables.cursor.c.name == name)) or 0)

    def position(self, name: str) -> int:
        return self.cursor(cursor_of(name))

    def derived_after(self, cause: int) -> int:
        column = tables.commits.c
        return int(self._one(select(func.max(column.seq)).where(column.cause > 0, column.cause <= cause)) or 0)

    # -- names and numbers

    def ids(self, urns: Sequence[str]) -> list[int]:
        found = self._names.met(urns)
        if any(urn not in found for urn in urns):
            with self._reading() as connection:
                found = self._names.look_up(_driver(connection), urns)
        return [found.get(urn, 0) for urn in urns]

    def entities(self, ids: Sequence[int]) -> list[Entity | None]:
        column = tables.entity.c
        query = select(column.id, column.urn, column.parent, column["class"])
        rows = self._rows(query.where(column.id == func.any(sorted({int(each) for each in ids}))))
        found = {row[0]: _entity(*row) for row in rows}
        return [found.get(int(each)) for each in ids]

    def find(self, name: str, limit: int = 50) -> list[Entity]:
        folded = name.casefold()
        tail = folded.rsplit(".", 1)[-1].replace("%2e", ".")[: tables.TAIL]
        column = tables.entity.c
        query = select(column.id, column.urn, column.parent, column["class"]).where(column.tail == tail)
        rows = self._rows(query) if tail and "\0" not in tail else ()
        found = [_entity(*row) for row in rows if _is_named(row[1], folded) and kind_of(row[1]) not in DERIVED_KINDS]
        return sorted(found, key=lambda entity: (len(entity.urn), entity.urn))[:limit]

    def live_keys(self) -> Iterable[tuple[int, str]]:
        column = tables.claim.c
        query = (
            select(column.entity, tables.aspect.c.name)
            .distinct()
            .join(tables.aspect, tables.aspect.c.id == column.aspect)
            .where(column.branch == MAIN, or_(column.says.is_not(None), column.denies.is_not(None)))
            .order_by(column.entity)
        )
        return [(entity, aspect) for entity, aspect in self._rows(query)]

    def node_of(self, entity: int) -> int:
        return entity

    def number_of(self, table: Literal["aspect", "source"], name: str) -> int:
        if not self._names.number(table, name):
            with self._reading() as connection:
                self._names.meet(_driver(connection), table)
        return self._names.number(table, name)

    def name_of(self, table: Literal["aspect", "source"], number: int) -> str:
        words = self._words[table]
        if number not in words:
            with self._reading() as connection:
                self._names.meet(_driver(connection), table)
            words.update((known, name) for name, known in self._names.numbers[table].items())
        return words[number]

    def sources(self) -> list[Source]:
        column = tables.source.c
        rows = self._rows(select(column.name, column.ord, column.rank, column.door, column.retired))
        return sorted(Source(*row) for row in rows)

    def public_key(self, source: str) -> bytes | None:
        key: bytes | None = self._one(select(tables.source.c.public_key).where(tables.source.c.name == source))
        return key

    # -- claims

    def claims(
        self, entities: Iterable[int], as_of: int | None = None, aspects: Collection[str] | None = None
    ) -> dict[int, dict[str, tuple[Claim, ...]]]:
        wanted = sorted({int(each) for each in entities})
        at = NEWEST if as_of is None else as_of
        found: dict[int, dict[str, list[Claim]]] = {each: defaultdict(list) for each in wanted}
        with self._reading() as connection:
            pairs = [(at, entity) for entity in wanted]
            for each in standing(self._fetch(connection), self.registry, pairs, names=aspects):
                found[each.entity][each.aspect].append(each.claim)
        return {
            entity: {aspect: _by_source(claims) for aspect, claims in by_aspect.items()}
            for entity, by_aspect in found.items()
        }

    def history(self, entity: int, aspect: str) -> list[Fact]:
        fact, commits, sources = tables.fact.c, tables.commits.c, tables.source.c
        query = (
            self._facts_of(
                entity,
                aspect,
                fact.seq,
                fact.n,
                commits.time,
                sources.name,
                commits.author,
                fact.op,
                fact.moved,
                fact.says,
                fact.denies,
                commits.message,
            )
            .join(tables.commits, commits.seq == fact.seq)
            .join(tables.source, sources.id == tables.claim.c.source)
            .order_by(fact.seq, fact.n)
        )
        with self._reading() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
            bodies = stored_payloads(self._fetch(connection), (number for row in rows for number in row[7:9]))
        return [
            Fact(
                seq,
                n,
                time,
                source,
                author,
                OP_NAMES[op],
                moved,
                None if says is None else said(self.registry, aspect, *bodies[says]),
                None if denies is None else payloads.read(bodies[denies][1]),
                message,
            )
            for seq, n, time, source, author, op, moved, says, denies, message in rows
        ]

    def change_seqs(self, entity: int, aspect: str) -> list[int]:
        seq = tables.fact.c.seq
        query = self._facts_of(entity, aspect, seq).distinct().where(tables.fact.c.moved).order_by(seq)
        return [row[0] for row in self._rows(query)]

    def _facts_of(self, entity: int, aspect: str, *columns: Any) -> Select[Any]:
        claim = tables.claim.c
        return (
            select(*columns)
            .select_from(tables.claim)
            .join(tables.fact, tables.fact.c.claim == claim.id)
            .join(tables.aspect, tables.aspect.c.id == claim.aspect)
            .where(claim.entity == entity, tables.aspect.c.name == aspect, claim.branch == MAIN)
        )

    def points(self, entity: int, aspect: str, limit: int = 100, as_of: int | None = None) -> list[Point]:
        point = tables.point.c
        query = _points().where(point.entity == entity, tables.aspect.c.name == aspect)
        if as_of is not None:
            query = query.where(point.seq <= as_of)
        return self._as_points(self._rows(query.order_by(point.time.desc(), point.step.desc()).limit(limit)))

    def newest_points(
        self, entities: Iterable[int], aspects: Sequence[str], as_of: int | None = None
    ) -> dict[int, dict[str, Point]]:
        values = {
            "entities": sorted({int(each) for each in entities}),
            "aspects": list(aspects),
            "at": NEWEST if as_of is None else as_of,
        }
        with self._reading() as connection:
            rows = self._fetch(connection)(_NEWEST_POINTS, values)
        found: dict[int, dict[str, Point]] = defaultdict(dict)
        for each in self._as_points(rows):
            found[each.entity][each.aspect] = each
        return dict(found)

    def _as_points(self, rows: Sequence[Row]) -> list[Point]:
        return [
            Point(entity, urn, aspect, source, name, time, step, said(self.registry, aspect, version, body), seq)
            for entity, urn, aspect, source, name, time, step, seq, version, body in rows
        ]

    # -- the tail

    def tail(self, after: int, limit: int = 100, *, fresh: bool = False, claims: bool = True) -> list[Commit]:
        self.learn()
        commits = tables.commits.c
        query = (
            select(
                commits.seq,
                commits.time,
                tables.branch.c.name,
                tables.source.c.name,
                commits.grp,
                commits.author,
                commits.message,
                commits.cause,
            )
            .join(tables.branch, tables.branch.c.id == commits.branch)
            .join(tables.source, tables.source.c.id == commits.source)
            .where(commits.seq > after)
            .order_by(commits.seq)
            .limit(limit)
        )
        with self._reading():
            rows = self._rows(query)
            if not rows:
                return []
            changes = self._changes(after, rows[-1][0], claims=claims)
            points = self._points_between(after, rows[-1][0])
        return [
            Commit(
                seq,
                time,
                branch,
                source,
                group,
                author,
                message,
                cause,
                tuple(changes.get(seq, ())),
                tuple(points.get(seq, ())),
            )
            for seq, time, branch, source, group, author, message, cause in rows
        ]

    def _changes(self, after: int, last: int, *, claims: bool) -> dict[int, list[Change]]:
        touched: dict[tuple[int, int, str], dict[str, None]] = defaultdict(dict)
        urns: dict[int, str] = {}
        with self._reading() as connection:
            fetch = self._fetch(connection)
            for seq, entity, aspect, source, urn in fetch(_TOUCHED, {"after": after, "last": last}):
                touched[seq, entity, aspect][source] = None
                urns[entity] = urn
            stood: dict[tuple[int, int, str], list[Claim]] = defaultdict(list)
            wanted = ((seq, entity) for seq, entity, _ in touched)
            for each in standing(fetch, self.registry, wanted, set(touched)) if claims else ():
                stood[each.at, each.entity, each.aspect].append(each.claim)
        found: dict[int, list[Change]] = defaultdict(list)
        for key, sources in touched.items():
            seq, entity, aspect = key
            said_now = _by_source(stood.get(key, ()))
            found[seq].append(Change("main", entity, urns[entity], aspect, tuple(sources), said_now))
        return found

    def _points_between(self, after: int, last: int) -> dict[int, list[Point]]:
        point = tables.point.c
        query = _points().where(point.seq > after, point.seq <= last).order_by(point.seq, point.n)
        found: dict[int, list[Point]] = defaultdict(list)
        for each in self._as_points(self._rows(query)):
            found[each.seq].append(each)
        return found

    # -- crawls, parked groups, tokens

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        column = tables.crawl.c
        rows = self._rows(
            select(column.number, column.state)
            .join(tables.source, tables.source.c.id == column.source)
            .where(tables.source.c.name == source)
            .order_by(column.number.desc())
            .limit(1)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def receipt(self, source: str, group: str) -> Receipt | None:
        query = (
            select(tables.receipt.c.body)
            .join(tables.source, tables.source.c.id == tables.receipt.c.source)
            .where(tables.source.c.name == source, tables.receipt.c.grp == group)
        )
        body = next((row[0] for row in self._rows(query)), None)
        return None if body is None else read_receipt(body, self.epoch)

    def parked(self) -> list[Parked]:
        column = tables.parked.c
        query = select(
            column.id, column.source, column.grp, column.crawl, column.time, column.reasons, column.urns
        ).order_by(column.id)
        return [
            Parked(number, source, grp, crawl, time, tuple(json.loads(reasons)), tuple(json.loads(urns)))
            for number, source, grp, crawl, time, reasons, urns in self._rows(query)
        ]

    def tokens(self) -> list[TokenRow]:
        column = tables.token.c
        query = select(column.name, column.hash, column.scopes, column.source, column.created, column.revoked)
        rows = self._rows(query)
        return sorted(TokenRow(row[0], row[1], tuple(row[2].split()), *row[3:]) for row in rows)

    # -- the whole

    def heads_digest(self) -> str:
        with self.snapshot() as state:
            return state.heads_digest()

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        return postgres_archive.held(self._link, self.registry)

    def sizes(self) -> Sizes:
        with self._reading() as connection:
            return postgres_archive.sizes(_driver(connection))

    def swept(self) -> Mapping[str, int]:
        column = tables.cursor.c
        rows = self._rows(select(column.name, column.seq).where(column.name.startswith(SWEPT)))
        return {name.removeprefix(SWEPT): number for name, number in rows}

    def stats(self) -> Mapping[str, int]:
        claim = tables.claim.c
        counted = {
            "entities": select(func.count()).select_from(tables.entity),
            "claims": select(func.count()).where(or_(claim.says.is_not(None), claim.denies.is_not(None))),
            "facts": select(func.count()).select_from(tables.fact),
            "points": select(func.count()).select_from(tables.point),
            "commits": select(func.count()).select_from(tables.commits),
            "parked": select(func.count()).select_from(tables.parked),
            "payloadBytes": select(func.coalesce(func.sum(func.length(tables.payload.c.body)), 0)),
        }
        with self._reading() as connection:
            counts = {name: int(connection.execute(query).scalar_one()) for name, query in counted.items()}
            counts["bytes"] = int(connection.exec_driver_sql(_BYTES).scalar_one())
        return counts

    def close(self) -> None:
        """Stop listening and close every pooled connection."""
        self._listener.stop()
        self._engine.dispose()


def definitions(connection: Driver) -> tuple[int, list[tuple[str, bool, bytes]]]:
    """Return the seq of the newest definition, and all definitions, as the running transaction sees them."""
    rows = connection.execute(_DEFINITIONS, _DEFINERS).fetchall()
    return newest_definition(connection), [(row[0], row[1], row[2]) for row in rows]


def newest_definition(connection: Driver) -> int:
    """Return the seq of the newest definition, as the running transaction sees it."""
    row = connection.execute(_NEWEST_DEFINITION, _DEFINERS).fetchone()
    return 0 if row is None else int(row[1])


def _driver(connection: Connection) -> Driver:
    """Return the driver's connection inside the running transaction."""
    return cast(Driver, connection.connection.driver_connection)


def _entity(number: int, urn: str, parent: int, policy_class: int) -> Entity:
    return Entity(number, urn, kind_of(urn), parent, policy_class)


def _is_named(urn: str, folded: str) -> bool:
    full = Urn.parse(urn).dotted_name.casefold()
    return full == folded or full.endswith("." + folded)


def _by_source(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(sorted(claims, key=lambda claim: claim.source))


def _points() -> Select[Any]:
    point, payload = tables.point.c, tables.payload.c
    return (
        select(
            point.entity,
            tables.entity.c.urn,
            tables.aspect.c.name,
            tables.source.c.name,
            point.name,
            point.time,
            point.step,
            point.seq,
            payload.version,
            payload.body,
        )
        .join(tables.entity, tables.entity.c.id == point.entity)
        .join(tables.aspect, tables.aspect.c.id == point.aspect)
        .join(tables.source, tables.source.c.id == point.source)
        .join(tables.payload, payload.id == point.payload)
    )
