"""One group in the embedded ledger: the state that its decision reads, and the writing of what was decided."""

from __future__ import annotations

from collections.abc import Callable

from clew.ledger.codes import MAIN, OPS, payload_number
from clew.ledger.crawls import Crawls
from clew.ledger.decide import Head, NewFact, OpenCrawl, Outcome
from clew.ledger.port import Source
from clew.ledger.prepare import PreparedEvent, PreparedGroup
from clew.ledger.sqlite_store import SqliteStore


class SqliteWorld:
    """What decisions read, inside the running transaction; see `World`."""

    def __init__(self, store: SqliteStore, crawls: Crawls, etag: Callable[[int, str], str]) -> None:
        self._store = store
        self._crawls = crawls
        self._etag = etag

    def source(self, name: str) -> Source | None:
        row = self._store.connection.execute(
            "SELECT name, ord, rank, door, retired FROM source WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else Source(row[0], row[1], row[2], row[3], bool(row[4]))

    def head_of(self, urn: str, aspect: str, source: str) -> Head:
        entity, number = self._store.id_of(urn), self._store.number("aspect", aspect)
        if not entity or not number:
            return Head()
        row = self._store.connection.execute(
            "SELECT id, seq, says, denies, says_hash, denies_hash, mark FROM claim"
            f" WHERE entity = ? AND aspect = ? AND source = ? AND branch = {MAIN}",
            (entity, number, self._store.number("source", source)),
        ).fetchone()
        return Head() if row is None else Head(row[0], row[1], row[2], row[3], row[4] or b"", row[5] or b"", row[6])

    def open_crawl(self, source: str) -> OpenCrawl | None:
        return self._crawls.open_of(source)

    def crawl_state(self, source: str, number: int) -> str | None:
        return self._crawls.state(source, number)

    def covered_later(self, source: str, number: int, urn: str, aspect: str) -> bool:
        return self._crawls.covered_later(source, number, urn, aspect)

    def named(self, crawl: OpenCrawl, claim: int) -> bool:
        return self._crawls.is_named(crawl, claim)

    def etag(self, urn: str, aspect: str) -> str:
        entity = self._store.id_of(urn)
        return self._etag(entity, aspect) if entity else ""

    def point_hash(self, urn: str, aspect: str, source: str, name: str, time: int, step: int) -> bytes | None:
        row = self._store.connection.execute(
            "SELECT hash FROM point WHERE entity = ? AND aspect = ? AND source = ? AND name = ? AND time = ?"
            " AND step = ?",
            (
                self._store.id_of(urn),
                self._store.number("aspect", aspect),
                self._store.number("source", source),
                name,
                time,
                step,
            ),
        ).fetchone()
        return None if row is None else row[0]

    def speaks(self, aspect: str) -> bool:
        number = self._store.number("aspect", aspect)
        return self._is_any(
            "SELECT 1 FROM claim WHERE source IN (SELECT id FROM source) AND aspect = ?"
            " AND (says IS NOT NULL OR denies IS NOT NULL) UNION ALL SELECT 1 FROM point WHERE aspect = ? LIMIT 1",
            (number, number),
        )

    def lives(self, kind: str) -> bool:
        first, last = f"urn:clew:{kind}:(", f"urn:clew:{kind}:)"
        return self._is_any(
            "SELECT 1 FROM entity e JOIN claim c ON c.entity = e.id WHERE e.urn >= ? AND e.urn < ?"
            " AND (c.says IS NOT NULL OR c.denies IS NOT NULL)"
            " UNION ALL SELECT 1 FROM entity e JOIN point p ON p.entity = e.id WHERE e.urn >= ? AND e.urn < ? LIMIT 1",
            (first, last, first, last),
        )

    def _is_any(self, sql: str, values: tuple[object, ...]) -> bool:
        return self._store.connection.execute(sql, values).fetchone() is not None


class GroupWriter:
    """Writes what was decided for one group."""

    def __init__(
        self, store: SqliteStore, crawls: Crawls, world: SqliteWorld, prepared: PreparedGroup, outcome: Outcome
    ) -> None:
        self._store = store
        self._crawls = crawls
        self._world = world
        self._group = prepared.group
        self._prepared = prepared
        self._outcome = outcome
        self._heads: dict[tuple[str, str], Head] = {}
        self._n = 0

    def write(self, cause: int) -> int | None:
        """Write facts, points and marks; return the commit's seq, or None when nothing changed."""
        seq = None
        if self._outcome.facts or self._outcome.points:
            self._store.intern(self._prepared.urns)
            group = self._group
            seq, _ = self._store.next_commit(group.source, group.id, group.author, group.message, cause)
        for fact in self._outcome.facts:
            self._write_fact(fact, seq or 0)
        for point in self._outcome.points:
            self._write_point(point, seq or 0)
        for event, order in self._outcome.marks:
            self._move_mark(event, order)
        crawl = self._crawls.open_of(self._group.source)
        if crawl is not None and self._outcome.named:
            self._crawls.name(crawl, self._outcome.named)
        return seq

    def _write_payload(self, event: PreparedEvent, seq: int) -> int:
        number = payload_number(seq, self._n)
        self._store.connection.execute(
            "INSERT INTO payload (id, version, body) VALUES (?, ?, ?)", (number, event.aspect.version, event.stored)
        )
        return number

    def _head(self, event: PreparedEvent, observed: int) -> Head:
        """Return the stored head of an event's claim, which has a row of its own from now on."""
        key = (event.urn, event.aspect.name)
        if key in self._heads:
            return self._heads[key]
        head = self._world.head_of(*key, self._group.source)
        if not head.id:
            self._store.intern([event.urn])
            row = self._store.connection.execute(
                "INSERT INTO claim (entity, aspect, source, branch, seq, observed, mark)"
                " VALUES (?, ?, ?, ?, 0, ?, x'') RETURNING id",
                (
                    self._store.id_of(event.urn),
                    self._store.aspect_number(event.aspect.name),
                    self._store.number("source", self._group.source),
                    MAIN,
                    observed,
                ),
            ).fetchone()
            head = Head(id=row[0])
        return head

    def _write_fact(self, fact: NewFact, seq: int) -> None:
        event = fact.event
        before = self._head(event, fact.observed)
        says, denies = before.says, before.denies
        if event.op == "upsert":
            says = self._write_payload(event, seq)
        elif event.op == "deny":
            denies = self._write_payload(event, seq)
        else:
            says = denies = None
        self._store.connection.execute(
            "INSERT INTO fact (seq, n, claim, op, moved, says, denies, observed, ord)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, self._n, before.id, OPS[event.op], int(fact.moved), says, denies, fact.observed, fact.order),
        )
        self._n += 1
        self._heads[event.urn, event.aspect.name] = before
        if fact.moved:
            self._move_head(fact, before._replace(seq=seq, says=says, denies=denies, mark=fact.order))

    def _move_head(self, fact: NewFact, head: Head) -> None:
        event = fact.event
        says_hash = event.hash if event.op == "upsert" else head.says_hash
        denies_hash = event.hash if event.op == "deny" else head.denies_hash
        after = head._replace(
            says_hash=says_hash if head.says is not None else b"",
            denies_hash=denies_hash if head.denies is not None else b"",
        )
        self._store.connection.execute(
            "UPDATE claim SET seq = ?, says = ?, denies = ?, says_hash = ?, denies_hash = ?, observed = ?, mark = ?"
            " WHERE id = ?",
            (
                after.seq,
                after.says,
                after.denies,
                after.says_hash,
                after.denies_hash,
                fact.observed,
                after.mark,
                after.id,
            ),
        )
        self._heads[event.urn, event.aspect.name] = after

    def _move_mark(self, event: PreparedEvent, order: bytes) -> None:
        head = self._head(event, self._store.clock())
        self._store.connection.execute("UPDATE claim SET mark = max(mark, ?) WHERE id = ?", (order, head.id))

    def _write_point(self, event: PreparedEvent, seq: int) -> None:
        payload = self._write_payload(event, seq)
        self._store.connection.execute(
            "INSERT OR REPLACE INTO point (entity, aspect, source, name, time, step, seq, n, payload, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._store.id_of(event.urn),
                self._store.aspect_number(event.aspect.name),
                self._store.number("source", self._group.source),
                event.name,
                event.time,
                event.step,
                seq,
                self._n,
                payload,
                event.hash,
            ),
        )
        self._n += 1
