"""The embedded ledger, read: connections of its own for every thread, each call one consistent snapshot."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from clew.ledger import payloads, sqlite_care, sqlite_names
from clew.ledger.archive import Snapshot
from clew.ledger.codes import MAIN, OP_NAMES
from clew.ledger.definitions import CURSOR, take_in
from clew.ledger.port import STEWARD, Change, Commit, Entity, Fact, Parked, Point, Source, TokenRow
from clew.ledger.positions import SWEPT, cursor_of
from clew.ledger.recent_tail import Portion, RecentTail
from clew.ledger.sizes import Sizes
from clew.ledger.sqlite_archive import digest_of_heads, held
from clew.ledger.sqlite_claims import ClaimHead, heads, standing, stored_payloads
from clew.ledger.sqlite_store import chunks, marks
from clew.ledger.standing import denials, said
from clew.ledger.taking import read_receipt
from clew_schemas.definitions import DEFINING
from clew_schemas.errors import ClewError, Damaged, Unreachable
from clew_schemas.event import Receipt
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim
from clew_schemas.urn import Urn, kind_of

RESTORE = "Stop writing, keep this file aside, and restore a backup or an export"

_NEWEST = 2**63 - 1
_BY_SOURCE = attrgetter("source")
_CACHE = 500_000
"""Names whose numbers are kept in memory; beyond that the cache starts anew."""
_KEPT_ENTITIES = 100_000
"""What is kept in memory by its number, the same way: some 34 MB. What a number stands for never changes."""

_CHANGED = 10
"""Bytes of payload that a change kept in memory counts for beside its claims."""

# What was withdrawn still reads what was said by it: of such a claim the last that it said.
_DEFINITIONS = (
    "SELECT e.urn, d.stands, p.body FROM (SELECT c.entity, c.says IS NOT NULL AS stands, coalesce(c.says,"
    " (SELECT f.says FROM fact f WHERE f.claim = c.id AND f.moved AND f.says IS NOT NULL"
    " ORDER BY f.seq DESC, f.n DESC LIMIT 1)) AS says"
    f" FROM claim c WHERE c.source = (SELECT id FROM source WHERE name = ?) AND c.branch = {MAIN}"
    f" AND c.aspect IN (SELECT id FROM aspect WHERE name IN ({marks(list(DEFINING))}))) d"
    " JOIN named e ON e.id = d.entity JOIN payload p ON p.id = d.says"
)


class SqliteReader:
    """The reading part of the embedded ledger; see `LedgerReader`."""

    def __init__(self, path: Path, registry: Registry) -> None:
        self.path = path
        self.registry = registry
        self.epoch = ""
        self._local = threading.local()
        self._open_connections: list[sqlite3.Connection] = []
        self._connections_lock = threading.Lock()
        self._committed = threading.Condition()
        self._head = 0
        self._ids: dict[str, int] = {}
        self._entities: dict[int, Entity] = {}
        self._names: dict[str, dict[int, str]] = {"aspect": {}, "source": {}}
        self._number_of: dict[str, dict[str, int]] = {"aspect": {}, "source": {}}
        self._ranks: dict[str, int] = {}
        self._recent, self._recent_changes = RecentTail(), RecentTail()
        """The newest commits with the claims that stood after them, and without."""

    @classmethod
    def join(cls, path: Path, epoch: str) -> SqliteReader:
        """Read a ledger that another process has open. How far it has come must be told: `heard`."""
        reader = cls(path, Registry.built_in())
        reader.epoch = epoch
        reader.registry.renewing = reader.learn
        return reader

    def heard(self, head: int) -> None:
        """Take it from the process that writes that the ledger has come to the seq `head`."""
        with self._committed:
            self._head = head
            self._committed.notify_all()

    # -- connections

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA mmap_size = 268435456")
        with self._connections_lock:
            self._open_connections.append(connection)
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's connection inside one read transaction; nested uses share the outer one."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        if connection.in_transaction:
            yield connection
            return
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.DatabaseError) -> ClewError:
        if isinstance(error, sqlite3.OperationalError):
            return Unreachable(f"the ledger can't be read: {error}", where=str(self.path), hint="Try again")
        return Damaged(f"the ledger is damaged: {error}", where=str(self.path), hint=RESTORE)

    def _one(self, sql: str, *values: Any) -> Any:
        with self._reading() as connection:
            row = connection.execute(sql, values).fetchone()
        return None if row is None else row[0]

    # -- definitions

    def learn(self) -> int:
        with self._reading() as connection:
            return self._learn_from(connection)

    def _learn_from(self, connection: sqlite3.Connection) -> int:
        """Take in the definitions that `connection` sees, if there are newer ones."""
        row = connection.execute("SELECT seq FROM cursor WHERE name = ?", (CURSOR,)).fetchone()
        if row is not None and row[0] > self.registry.seq:
            take_in(self.registry, row[0], connection.execute(_DEFINITIONS, (STEWARD, *DEFINING)).fetchall())
        return self.registry.seq

    # -- positions

    def head_seq(self) -> int:
        return self._head

    def time_of(self, seq: int) -> int:
        return int(self._one("SELECT time FROM commits WHERE seq = ?", seq) or 0)

    def seq_at(self, time: int) -> int:
        return int(self._one("SELECT max(seq) FROM commits WHERE time <= ?", time) or 0)

    def wait(self, seq: int, timeout: float) -> bool:
        with self._committed:
            return self._committed.wait_for(lambda: self._head >= seq, timeout)

    def cursor(self, name: str) -> int:
        return int(self._one("SELECT seq FROM cursor WHERE name = ?", name) or 0)

    def position(self, name: str) -> int:
        return self.cursor(cursor_of(name))

    def derived_after(self, cause: int) -> int:
        return int(self._one("SELECT max(seq) FROM commits WHERE cause > 0 AND cause <= ?", cause) or 0)

    # -- names and numbers

    def ids(self, urns: Sequence[str]) -> list[int]:
        # What is kept may be forgotten at any moment, by this call too: the answer is made from what was read.
        numbers = [self._ids.get(urn, 0) for urn in urns]
        if all(numbers):
            return numbers
        missing = dict.fromkeys(urn for urn, number in zip(urns, numbers, strict=True) if not number)
        with self._reading() as connection:
            read = sqlite_names.find(connection, missing, self._ids)
        self._remember(read)
        return [number or read.get(urn, 0) for urn, number in zip(urns, numbers, strict=True)]

    def _remember(self, numbers: Mapping[str, int]) -> None:
        if len(self._ids) > _CACHE:
            self._ids.clear()
        self._ids.update(numbers)

    def entities(self, ids: Sequence[int]) -> list[Entity | None]:
        # As with `ids`: what is kept may be forgotten at any moment.
        numbers = list(map(int, ids))
        found = list(map(self._entities.get, numbers))
        missing = {number for number, entity in zip(numbers, found, strict=True) if entity is None}
        if not missing:
            return found
        with self._reading() as connection:
            read = {each.id: each for each in sqlite_names.numbered(connection, sorted(missing))}
        if len(self._entities) + len(read) > _KEPT_ENTITIES:
            self._entities.clear()
        if len(read) <= _KEPT_ENTITIES:
            self._entities.update(read)
        return [entity or read.get(number) for number, entity in zip(numbers, found, strict=True)]

    def find(self, name: str, limit: int = 50) -> list[Entity]:
        folded = name.casefold()
        tail = folded.rsplit(".", 1)[-1].replace("%2e", ".")
        found = []
        with self._reading() as connection:
            for row in sqlite_names.called(connection, tail):
                full = Urn.parse(row[1]).dotted_name.casefold()
                if full == folded or full.endswith("." + folded):
                    found.append(Entity(row[0], row[1], kind_of(row[1]), row[2], row[3]))
        return sorted(found, key=lambda entity: (len(entity.urn), entity.urn))[:limit]

    def live_keys(self) -> Iterable[tuple[int, str]]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT entity, aspect FROM claim WHERE branch = ?"
                " AND (says IS NOT NULL OR denies IS NOT NULL) ORDER BY entity, aspect",
                (MAIN,),
            ).fetchall()
        return [(entity, self._name("aspect", aspect)) for entity, aspect in rows]

    def node_of(self, entity: int) -> int:
        return entity

    def _name(self, table: str, number: int) -> str:
        names = self._names[table]
        if number not in names:
            with self._reading() as connection:
                names.update(connection.execute(f"SELECT id, name FROM {table}").fetchall())
        return names[number]

    def number_of(self, table: Literal["aspect", "source"], name: str) -> int:
        numbers = self._number_of[table]
        if name not in numbers:
            with self._reading() as connection:
                numbers.update(connection.execute(f"SELECT name, id FROM {table}").fetchall())
        return numbers.get(name, 0)

    def name_of(self, table: Literal["aspect", "source"], number: int) -> str:
        return self._name(table, number)

    def _rank(self, source: str) -> int:
        if source not in self._ranks:
            self._ranks.update((each.name, each.rank) for each in self.sources())
        return self._ranks.get(source, 0)

    def sources(self) -> list[Source]:
        with self._reading() as connection:
            rows = connection.execute("SELECT name, ord, rank, door, retired FROM source ORDER BY name").fetchall()
        return [Source(name, order, rank, door, bool(retired)) for name, order, rank, door, retired in rows]

    def public_key(self, source: str) -> bytes | None:
        key: bytes | None = self._one("SELECT public_key FROM source WHERE name = ?", source)
        return key

    # -- claims

    def claims(
        self, entities: Iterable[int], as_of: int | None = None, aspects: Collection[str] | None = None
    ) -> dict[int, dict[str, tuple[Claim, ...]]]:
        wanted = sorted({int(each) for each in entities})
        numbers = [number for name in aspects or () if (number := self.number_of("aspect", name))]
        by_key: dict[tuple[int, str], list[Claim]] = defaultdict(list)
        with self._reading() as connection:
            for chunk in chunks(wanted) if aspects is None or numbers else ():
                for entity, aspect, claim in self.claims_in(connection, chunk, as_of, numbers):
                    by_key[entity, aspect].append(claim)
        found: dict[int, dict[str, tuple[Claim, ...]]] = {each: {} for each in wanted}
        for (entity, aspect), claims in by_key.items():
            found[entity][aspect] = tuple(sorted(claims, key=_BY_SOURCE))
        return found

    def claims_in(
        self,
        connection: sqlite3.Connection,
        entities: Sequence[int],
        as_of: int | None,
        aspects: Sequence[int] = (),
    ) -> Iterator[tuple[int, str, Claim]]:
        """Yield (entity, aspect, live claim) as `connection` sees them."""
        live = (standing(connection, head, as_of) for head in heads(connection, entities, aspects))
        found = [head for head in live if head is not None]
        for head, claim in zip(found, self._claims_of(connection, found), strict=True):
            yield head.entity, self._name("aspect", head.aspect), claim

    def _claims_of(self, connection: sqlite3.Connection, live: Sequence[ClaimHead]) -> list[Claim]:
        """Return the claims of live heads, in their order."""
        stored = stored_payloads(connection, (each for head in live for each in head[5:7] if each is not None))
        self._local.packed = getattr(self._local, "packed", 0) + sum(len(body) for _, body in stored.values())
        found = []
        for head in live:
            name = self._name("source", head.source)
            found.append(
                Claim(
                    source=name,
                    rank=self._rank(name),
                    says=None if head.says is None else self._said(stored, head.says, head.aspect),
                    denies=frozenset() if head.denies is None else denials(self._said(stored, head.denies, None)),
                    observed=head.observed,
                    seq=head.seq,
                )
            )
        return found

    def _said(self, stored: Mapping[int, tuple[int, bytes]], number: int, aspect: int | None) -> Any:
        if number not in stored:
            raise Damaged(f"the payload {number} is missing from the ledger", where=str(self.path), hint=RESTORE)
        version, body = stored[number]
        return (
            payloads.read(body) if aspect is None else said(self.registry, self._name("aspect", aspect), version, body)
        )

    def _payload(self, connection: sqlite3.Connection, number: int, aspect: int | None) -> Any:
        stored = stored_payloads(connection, [number])
        self._local.packed = getattr(self._local, "packed", 0) + sum(len(body) for _, body in stored.values())
        return self._said(stored, number, aspect)

    def history(self, entity: int, aspect: str) -> list[Fact]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT f.seq, f.n, k.time, k.author, c.source, f.op, f.moved, f.says, f.denies, k.message, c.aspect"
                " FROM claim c"
                " JOIN fact f ON f.claim = c.id JOIN commits k ON k.seq = f.seq JOIN aspect a ON a.id = c.aspect"
                " WHERE c.entity = ? AND a.name = ? AND c.branch = ? ORDER BY f.seq, f.n",
                (entity, aspect, MAIN),
            ).fetchall()
            return [
                Fact(
                    seq,
                    n,
                    time,
                    self._name("source", source),
                    author,
                    OP_NAMES[op],
                    bool(moved),
                    None if says is None else self._payload(connection, says, number),
                    None if denies is None else self._payload(connection, denies, None),
                    message,
                )
                for seq, n, time, author, source, op, moved, says, denies, message, number in rows
            ]

    def change_seqs(self, entity: int, aspect: str) -> list[int]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT f.seq FROM claim c JOIN fact f ON f.claim = c.id JOIN aspect a ON a.id = c.aspect"
                " WHERE c.entity = ? AND a.name = ? AND c.branch = ? AND f.moved = 1 ORDER BY f.seq",
                (entity, aspect, MAIN),
            ).fetchall()
        return [row[0] for row in rows]

    def points(self, entity: int, aspect: str, limit: int = 100, as_of: int | None = None) -> list[Point]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT p.entity, e.urn, p.aspect, p.source, p.name, p.time, p.step, p.payload, p.seq FROM point p"
                " JOIN named e ON e.id = p.entity JOIN aspect a ON a.id = p.aspect"
                " WHERE p.entity = ? AND a.name = ? AND p.seq <= ? ORDER BY p.time DESC, p.step DESC LIMIT ?",
                (entity, aspect, _NEWEST if as_of is None else as_of, limit),
            ).fetchall()
            return [self._point(connection, *row) for row in rows]

    def newest_points(
        self, entities: Iterable[int], aspects: Sequence[str], as_of: int | None = None
    ) -> dict[int, dict[str, Point]]:
        numbers = [number for name in aspects if (number := self.number_of("aspect", name))]
        wanted = sorted({int(each) for each in entities})
        found: dict[int, dict[str, Point]] = defaultdict(dict)
        with self._reading() as connection:
            for chunk in chunks(wanted) if numbers else ():
                rows = connection.execute(
                    "SELECT p.entity, e.urn, p.aspect, p.source, p.name, p.time, p.step, p.payload, p.seq FROM point p"
                    " JOIN named e ON e.id = p.entity JOIN source s ON s.id = p.source"
                    f" WHERE p.entity IN ({marks(chunk)}) AND p.aspect IN ({marks(numbers)}) AND p.seq <= ?"
                    " ORDER BY p.entity, p.time, p.step, s.name, p.name",
                    (*chunk, *numbers, _NEWEST if as_of is None else as_of),
                )
                # The last row of each wins, and only its payload is read.
                last = {(row[0], row[2]): row for row in rows}
                for row in last.values():
                    point = self._point(connection, *row)
                    found[point.entity][point.aspect] = point
        return dict(found)

    def _point(
        self,
        connection: sqlite3.Connection,
        entity: int,
        urn: str,
        aspect: int,
        source: int,
        name: str,
        time: int,
        step: int,
        payload: int,
        seq: int,
    ) -> Point:
        return Point(
            entity,
            urn,
            self._name("aspect", aspect),
            self._name("source", source),
            name,
            time,
            step,
            self._payload(connection, payload, aspect),
            seq,
        )

    # -- the tail

    def tail(self, after: int, limit: int = 100, *, fresh: bool = False, claims: bool = True) -> list[Commit]:
        words = self.learn()
        if fresh:
            return self._read_tail(after, limit).commits
        if claims:
            return self._recent.take(after, limit, words, self._read_tail)
        found = self._recent.kept(after, limit, words)
        if left := limit - len(found):
            load = partial(self._read_tail, claims=False)
            found += self._recent_changes.take(after + len(found), left, words, load)
        return found

    def _forget_recent(self) -> None:
        """Read the tail anew from now on."""
        self._recent.forget()
        self._recent_changes.forget()

    def _read_tail(self, after: int, limit: int, *, claims: bool = True) -> Portion:
        self._local.packed = 0
        with self._reading() as connection:
            commits = connection.execute(
                "SELECT k.seq, k.time, b.name, s.name, k.grp, k.author, k.message, k.cause FROM commits k"
                " JOIN branch b ON b.id = k.branch JOIN source s ON s.id = k.source"
                " WHERE k.seq > ? ORDER BY k.seq LIMIT ?",
                (after, limit),
            ).fetchall()
            if not commits:
                return Portion([], 0)
            changes = self._changes(connection, after, commits[-1][0], claims=claims)
            points = self._points_between(connection, after, commits[-1][0])
        read = [
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
            for seq, time, branch, source, group, author, message, cause in commits
        ]
        return Portion(read, self._local.packed + _CHANGED * sum(len(each.changes) for each in read))

    def _changes(
        self, connection: sqlite3.Connection, after: int, last: int, *, claims: bool
    ) -> dict[int, list[Change]]:
        touched: dict[tuple[int, int, int], list[str]] = defaultdict(list)
        urns: dict[int, str] = {}
        for seq, entity, aspect, source, urn in connection.execute(
            "SELECT f.seq, c.entity, c.aspect, c.source, e.urn FROM fact f JOIN claim c ON c.id = f.claim"
            " JOIN named e ON e.id = c.entity WHERE f.seq > ? AND f.seq <= ? AND f.moved = 1 AND c.branch = ?"
            " ORDER BY f.seq, f.n",
            (after, last, MAIN),
        ):
            name = self._name("source", source)
            sources = touched[seq, entity, aspect]
            if name not in sources:
                sources.append(name)
            urns[entity] = urn
        stood = self._stood_after(connection, touched, list(urns)) if claims else {}
        found: dict[int, list[Change]] = defaultdict(list)
        for key, sources in touched.items():
            seq, entity, aspect = key
            stand = tuple(sorted(stood.get(key, ()), key=_BY_SOURCE))
            found[seq].append(Change("main", entity, urns[entity], self._name("aspect", aspect), tuple(sources), stand))
        return found

    def _stood_after(
        self, connection: sqlite3.Connection, keys: Collection[tuple[int, int, int]], entities: Sequence[int]
    ) -> dict[tuple[int, int, int], list[Claim]]:
        """Return the claims that stood after a seq about an entity's aspect, by (seq, entity, aspect)."""
        by_key: dict[tuple[int, int], list[ClaimHead]] = defaultdict(list)
        for chunk in chunks(entities):
            for head in heads(connection, chunk):
                by_key[head.entity, head.aspect].append(head)
        live = [
            (key, now)
            for key in keys
            for head in by_key[key[1:]]
            if (now := standing(connection, head, key[0])) is not None
        ]
        found: dict[tuple[int, int, int], list[Claim]] = defaultdict(list)
        for (key, _), claim in zip(live, self._claims_of(connection, [head for _, head in live]), strict=True):
            found[key].append(claim)
        return found

    def _points_between(self, connection: sqlite3.Connection, after: int, last: int) -> dict[int, list[Point]]:
        found: dict[int, list[Point]] = defaultdict(list)
        for row in connection.execute(
            "SELECT p.entity, e.urn, p.aspect, p.source, p.name, p.time, p.step, p.payload, p.seq FROM point p"
            " JOIN named e ON e.id = p.entity WHERE p.seq > ? AND p.seq <= ? ORDER BY p.seq, p.n",
            (after, last),
        ).fetchall():
            found[row[-1]].append(self._point(connection, *row))
        return found

    # -- crawls, parked groups, tokens

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        with self._reading() as connection:
            row = connection.execute(
                "SELECT c.number, c.state FROM crawl c JOIN source s ON s.id = c.source WHERE s.name = ?"
                " ORDER BY c.number DESC LIMIT 1",
                (source,),
            ).fetchone()
        return None if row is None else (row[0], row[1])

    def receipt(self, source: str, group: str) -> Receipt | None:
        body = self._one(
            "SELECT r.body FROM receipt r JOIN source s ON s.id = r.source WHERE s.name = ? AND r.grp = ?",
            source,
            group,
        )
        return None if body is None else read_receipt(body, self.epoch)

    def parked(self) -> list[Parked]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, source, grp, crawl, time, reasons, urns FROM parked ORDER BY id"
            ).fetchall()
        return [
            Parked(number, source, grp, crawl, time, tuple(json.loads(reasons)), tuple(json.loads(urns)))
            for number, source, grp, crawl, time, reasons, urns in rows
        ]

    def tokens(self) -> list[TokenRow]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT name, hash, scopes, source, created, revoked FROM token ORDER BY name"
            ).fetchall()
        return [
            TokenRow(name, hashed, tuple(scopes.split()), source, created, bool(revoked))
            for name, hashed, scopes, source, created, revoked in rows
        ]

    # -- the whole

    def heads_digest(self) -> str:
        with self._reading() as connection:
            return digest_of_heads(connection, self.registry)

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        return held(self.path, self.registry)

    def sizes(self) -> Sizes:
        with self._reading() as connection:
            return sqlite_care.sizes(connection)

    def swept(self) -> Mapping[str, int]:
        with self._reading() as connection:
            rows = connection.execute("SELECT name, seq FROM cursor WHERE name LIKE ? || '%'", (SWEPT,)).fetchall()
        return {name.removeprefix(SWEPT): number for name, number in rows}

    def stats(self) -> Mapping[str, int]:
        with self._reading() as connection:
            counts = {
                name: connection.execute(sql).fetchone()[0]
                for name, sql in (
                    ("entities", "SELECT count(*) FROM entity"),
                    ("claims", "SELECT count(*) FROM claim WHERE says IS NOT NULL OR denies IS NOT NULL"),
                    ("facts", "SELECT count(*) FROM fact"),
                    ("points", "SELECT count(*) FROM point"),
                    ("commits", "SELECT count(*) FROM commits"),
                    ("parked", "SELECT count(*) FROM parked"),
                    ("payloadBytes", "SELECT coalesce(sum(length(body)), 0) FROM payload"),
                )
            }
        counts["bytes"] = self.path.stat().st_size
        return counts

    def close(self) -> None:
        """Close every thread's connection."""
        with self._connections_lock:
            for connection in self._open_connections:
                connection.close()
            self._open_connections.clear()
