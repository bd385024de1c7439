"""One group in the embedded ledger: the state that its decision reads, and the writing of what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from clew.ledger.codes import MAIN, OPS, payload_number
from clew.ledger.crawls import Crawls
from clew.ledger.decide import Head, NewFact, OpenCrawl, Outcome
from clew.ledger.payloads import dictionary_of
from clew.ledger.port import Source
from clew.ledger.prepare import PreparedEvent, PreparedGroup, Stood, with_kin
from clew.ledger.sqlite_heads import HeadKey, KnownHeads, by_key, read_heads
from clew.ledger.sqlite_store import SqliteStore
from clew_schemas.event import Group


class SqliteWorld:
    """What decisions read, inside the running transaction; see `World`."""

    def __init__(self, store: SqliteStore, crawls: Crawls, etag: Callable[[int, str], str]) -> None:
        self._store = store
        self._crawls = crawls
        self._etag = etag
        self._sources: dict[str, Source] = {}

    def begin(self, prepared: Sequence[PreparedGroup], known: KnownHeads | None = None) -> None:
        """Read in one go what these groups of a new transaction will ask for, unless it is `known` and stands still.

        Where all say again what stands, nothing is asked for.
        """
        self._sources.clear()
        if not all(each.stood is not None and self.stands(each.stood) for each in prepared):
            self._read((each.group for each in prepared), known)

    def stands(self, stood: Stood) -> bool:
        return stood.moves == self._store.moves

    def _read(self, groups: Iterable[Group], known: KnownHeads | None) -> None:
        if known is not None and known.moves == self._store.moves:
            for number, rows in known.rows.items():
                self._store.heads.update(by_key(number, rows))
        else:
            known = None
        by_source: dict[str, dict[str, None]] = {}
        for group in groups:
            by_source.setdefault(group.source, {}).update((event.urn, None) for event in group.events)
        for source, urns in by_source.items():
            number = self._store.number("source", source)
            self._store.look_up(urns)
            ids = {entity for urn in urns if (entity := self._store.id_of(urn))}
            unread = ids.difference(known.entities.get(number, ())) if known is not None else ids
            self._store.looked.update((number, entity) for entity in ids)
            if unread:
                self._store.heads.update(by_key(number, read_heads(self._store.connection, number, unread)))

    def source(self, name: str) -> Source | None:
        if name not in self._sources:
            row = self._store.connection.execute(
                "SELECT name, ord, rank, door, retired FROM source WHERE name = ?", (name,)
            ).fetchone()
            if row is None:
                return None
            self._sources[name] = Source(row[0], row[1], row[2], row[3], bool(row[4]))
        return self._sources[name]

    def head_of(self, urn: str, aspect: str, source: str) -> Head:
        return self.head_at(self.key(urn, aspect, source))

    def head_at(self, key: HeadKey) -> Head:
        """Return the head of the claim with these parts."""
        known = self._store.heads.get(key)
        if known is None:
            entity, number, speaker = key
            if not entity or not number or entity in self._store.born or (speaker, entity) in self._store.looked:
                return Head()
            for each, head in by_key(speaker, read_heads(self._store.connection, speaker, [entity])).items():
                self._store.heads.setdefault(each, head)  # one that has moved meanwhile is not written yet
            known = self._store.heads.setdefault(key, Head())
        return known

    def key(self, urn: str, aspect: str, source: str) -> HeadKey:
        """Return the numbers of a claim's parts, 0 for what was never named."""
        store = self._store
        return store.id_of(urn), store.number("aspect", aspect), store.number("source", source)

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
        self._store.flush()
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
            "SELECT 1 FROM entity e JOIN claim c ON c.entity = e.id WHERE e.parent = 0 AND e.name >= ? AND e.name < ?"
            " AND (c.says IS NOT NULL OR c.denies IS NOT NULL)"
            " UNION ALL SELECT 1 FROM entity e JOIN point p ON p.entity = e.id"
            " WHERE e.parent = 0 AND e.name >= ? AND e.name < ? LIMIT 1",
            (first, last, first, last),
        )

    def _is_any(self, sql: str, values: tuple[object, ...]) -> bool:
        self._store.flush()
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
        if self._outcome.named:
            crawl = self._crawls.open_of(self._group.source)
            if crawl is not None:
                self._crawls.name(crawl, self._outcome.named)
        return seq

    def _write_payload(self, event: PreparedEvent, seq: int) -> int:
        number = payload_number(seq, self._n)
        stored = event.stored or b""
        self._store.rows.add("payload", (number, event.aspect.version, stored, dictionary_of(stored)))
        return number

    def _head(self, event: PreparedEvent, observed: int) -> tuple[HeadKey, Head]:
        """Return the head of an event's claim, which has a number of its own from now on."""
        key = self._world.key(event.urn, event.aspect.name, self._group.source)
        head = self._world.head_at(key)
        if head.id:
            return key, head
        self._store.intern(with_kin([event.urn]))
        self._store.aspect_number(event.aspect.name)
        key = self._world.key(event.urn, event.aspect.name, self._group.source)
        head = Head(id=self._store.next_claim())
        self._store.rows.put_claim((head.id, *key, MAIN, 0, None, None, None, None, observed, b""))
        return key, head

    def _write_fact(self, fact: NewFact, seq: int) -> None:
        event = fact.event
        key, before = self._head(event, fact.observed)
        says, denies = before.says, before.denies
        if event.op == "upsert":
            says = self._write_payload(event, seq)
        elif event.op == "deny":
            denies = self._write_payload(event, seq)
        else:
            says = denies = None
        self._store.rows.add(
            "fact",
            (seq, self._n, before.id, OPS[event.op], int(fact.moved), says, denies, fact.observed, fact.order),
        )
        self._n += 1
        after = before
        if fact.moved:
            after = _moved(event, before, seq, says, denies, fact.order)
            self._store.rows.put_claim((after.id, *key, MAIN, *after[1:6], fact.observed, after.mark))
        self._store.move(key, after)

    def _move_mark(self, event: PreparedEvent, order: bytes) -> None:
        key, head = self._head(event, self._store.clock())
        self._store.rows.raise_mark(head.id, order)
        self._store.move(key, head._replace(mark=max(head.mark, order)))

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


def _moved(event: PreparedEvent, head: Head, seq: int, says: int | None, denies: int | None, mark: bytes) -> Head:
    """Return a head after an event that moved it to these payloads."""
    says_hash = event.hash if event.op == "upsert" else head.says_hash
    denies_hash = event.hash if event.op == "deny" else head.denies_hash
    if says is None:
        says_hash = b""
    if denies is None:
        denies_hash = b""
    return Head(head.id, seq, says, denies, says_hash, denies_hash, mark)
