"""The running transaction on PostgreSQL, as records are taken into it: decided in memory, written at the end.

A record that needs more than its state, such as the closing of a crawl, has a run of its own: what came before is
written, and it reads and writes by statements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, LiteralString

from clew.ledger.codes import MAIN, OPS, payload_number
from clew.ledger.crawls import CrawlRow, Crawls, ScopedClaim
from clew.ledger.decide import Head, NewFact, OpenCrawl, Outcome
from clew.ledger.definitions import CURSOR
from clew.ledger.payloads import dictionary_of
from clew.ledger.port import Source
from clew.ledger.postgres_claims import NEWEST, Fetch, standing
from clew.ledger.postgres_link import Connection
from clew.ledger.postgres_listener import channel_of
from clew.ledger.postgres_names import Names
from clew.ledger.postgres_rows import send
from clew.ledger.postgres_state import ClaimKey, State, StoredClaim, read_state
from clew.ledger.prepare import PreparedEvent, PreparedGroup, Stood
from clew.ledger.standing import etag
from clew.ledger.taking import Item, ParkedRow, take
from clew_schemas.event import CrawlOpen, Group
from clew_schemas.registry import Registry

_SET_HEAD: LiteralString = "UPDATE ledger_head SET seq = %s, time = %s, claims = %s, crawls = %s WHERE id = 1"
_NOTIFY: LiteralString = "SELECT pg_notify(%s, %s)"
_ADD_CRAWL: LiteralString = """
INSERT INTO crawl (id, source, number, state, prefixes, aspects, guard, events, high, opened)
VALUES (%s, %s, %s, 'open', %s, %s, %s, 0, 0, %s)
"""
_CLOSED_AFTER: LiteralString = """
SELECT id, number, state, prefixes, aspects, guard, events, high FROM crawl
WHERE source = %s AND state = 'closed' AND number > %s
"""
_SCOPED: LiteralString = """
SELECT c.id, e.urn FROM claim c JOIN entity e ON e.id = c.entity
WHERE c.source = %s AND c.aspect = ANY(%s::int[]) AND c.branch = 1 AND (c.says IS NOT NULL OR c.denies IS NOT NULL)
ORDER BY c.id
"""
_UNMOVED: LiteralString = """
SELECT id FROM claim WHERE source = %s AND aspect = ANY(%s::int[]) AND branch = 1
  AND (says IS NOT NULL OR denies IS NOT NULL) AND mark < %s
"""
_RETRACT_FACTS: LiteralString = """
INSERT INTO fact (seq, n, claim, op, moved, observed, ord)
SELECT %s, n - 1, claim, %s, true, %s, %s FROM unnest(%b::bigint[]) WITH ORDINALITY AS k (claim, n)
"""
_RETRACT_CLAIMS: LiteralString = """
UPDATE claim SET seq = %s, says = NULL, denies = NULL, says_hash = NULL, denies_hash = NULL, observed = %s,
  mark = CASE WHEN mark < %s THEN %s ELSE mark END
WHERE id = ANY(%b::bigint[])
"""
_MARK_DEFINED: LiteralString = """
INSERT INTO cursor (name, seq) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq
"""
_SPEAKS: LiteralString = """
SELECT 1 FROM claim c JOIN aspect a ON a.id = c.aspect
WHERE a.name = %(aspect)s AND (c.says IS NOT NULL OR c.denies IS NOT NULL)
UNION ALL SELECT 1 FROM point p JOIN aspect a ON a.id = p.aspect WHERE a.name = %(aspect)s LIMIT 1
"""
_LIVES: LiteralString = """
SELECT 1 FROM entity e JOIN claim c ON c.entity = e.id
WHERE starts_with(e.urn, %(first)s) AND (c.says IS NOT NULL OR c.denies IS NOT NULL)
UNION ALL SELECT 1 FROM entity e JOIN point p ON p.entity = e.id WHERE starts_with(e.urn, %(first)s) LIMIT 1
"""


class PostgresBook:
    """What the running transaction offers, under the head lock; see `Book`. It lives as long as the transaction.

    `seq` and `time` run ahead and count once it is committed.
    """

    def __init__(
        self,
        connection: Connection,
        names: Names,
        registry: Registry,
        clock: Callable[[], int],
        epoch: str,
        head: tuple[int, int, int, int],
    ) -> None:
        self.connection = connection
        self.names = names
        self.registry = registry
        self.clock = clock
        self.epoch = epoch
        self.seq, self.time, self._claims, self._crawls = self._head = head
        self.state = State(names)
        self.crawls = Crawls(PostgresCrawlStore(self), registry)
        self.world = PostgresWorld(self)
        self._forget()

    def _forget(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._changed: dict[ClaimKey, StoredClaim] = {}
        self._points: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._receipts: dict[tuple[int, str], bytes] = {}
        self._advanced: dict[int, CrawlRow] = {}
        self._pages: dict[tuple[int, int], bytes] = {}

    # -- runs

    def take_all(self, items: Sequence[Item], ids: dict[str, int]) -> None:
        """Take records, in order; `ids` are the numbers of all that they name."""
        for run in runs(items):
            self.state = read_state(self.connection, self.names, ids, run)
            for item in run:
                item.receipt = take(item, self)
            self.flush()

    def flush(self) -> None:
        """Send what waits to be written."""
        claims = self._changed.items()
        self._rows["new_claim"] = [claim.new_row(key) for key, claim in claims if not claim.stored]
        self._rows["claim"] = [claim.row() for _, claim in claims if claim.stored]
        self._rows["point"] = [(*key, *rest) for key, rest in self._points.items()]
        self._rows["receipt"] = [(*key, body) for key, body in self._receipts.items()]
        self._rows["crawl"] = [(crawl.id, crawl.events, crawl.high) for crawl in self._advanced.values()]
        self._rows["crawl_named"] = [(*key, bits) for key, bits in self._pages.items()]
        for table, rows in self._rows.items():
            send(self.connection, table, rows)
        for claim in self._changed.values():
            claim.stored = True
        self._forget()

    def finish(self) -> None:
        """Send the head as the transaction leaves it, and tell who listens."""
        head = self.seq, self.time, self._claims, self._crawls
        if head != self._head:
            self.connection.execute(_SET_HEAD, head)
        if self.seq != self._head[0]:
            self.connection.execute(_NOTIFY, (channel_of(self.epoch), str(self.seq)))

    # -- what `take` asks for

    @property
    def token(self) -> str:
        return f"{self.epoch}-{self.seq}"

    def now(self) -> int:
        return self.clock()

    def receipt_of(self, source: str, group: str) -> bytes | None:
        return self.state.receipts.get((self.names.number("source", source), group))

    def keep_receipt(self, source: str, group: str, body: bytes) -> None:
        key = self.names.number("source", source), group
        self.state.receipts[key] = self._receipts[key] = body

    def mark_defined(self, seq: int) -> None:
        self.connection.execute(_MARK_DEFINED, (CURSOR, seq))

    def park(self, row: ParkedRow) -> None:
        self._add("parked", row.source, row.group, row.crawl, self.clock(), row.reasons, row.urns, row.body)

    def write(self, prepared: PreparedGroup, outcome: Outcome, cause: int) -> int | None:
        group = prepared.group
        seq = None
        if outcome.facts or outcome.points:
            seq = self.next_commit(group.source, group.id, group.author, group.message, cause)
        for n, fact in enumerate(outcome.facts):
            self._write_fact(fact, group.source, self.seq, n)
        for n, event in enumerate(outcome.points, len(outcome.facts)):
            self._write_point(event, group.source, self.seq, n)
        for event, order in outcome.marks:
            claim = self._claim(event, group.source, self.clock())
            claim.head = claim.head._replace(mark=max(claim.head.mark, order))
        crawl = self.crawls.open_of(group.source)
        if crawl is not None and outcome.named:
            self.crawls.name(crawl, outcome.named)
        return seq

    # -- writing

    def _add(self, table: str, *row: Any) -> None:
        self._rows.setdefault(table, []).append(row)

    def next_commit(
        self, source: str, group: str, author: str | None = None, message: str | None = None, cause: int = 0
    ) -> int:
        """Add the row of the next commit; return its seq. Commit time never runs backwards."""
        self.seq += 1
        self.time = max(self.time, self.clock())
        number = self.names.number("source", source)
        self._add("commits", self.seq, self.time, MAIN, number, group, author, message, cause)
        return self.seq

    def next_crawl(self) -> int:
        """Return the number of the next crawl row."""
        self._crawls += 1
        return self._crawls

    def _claim(self, event: PreparedEvent, source: str, observed: int) -> StoredClaim:
        """Return the claim of an event, which has a row of its own and will be written."""
        key = self.state.claim_key(event.urn, event.aspect.name, source)
        assert key is not None, "names are numbered before the lock"
        claim = self.state.claims.get(key)
        if claim is None:
            self._claims += 1
            claim = self.state.claims[key] = StoredClaim(Head(id=self._claims), observed, stored=False)
        self._changed[key] = claim
        return claim

    def _write_fact(self, fact: NewFact, source: str, seq: int, n: int) -> None:
        event = fact.event
        claim = self._claim(event, source, fact.observed)
        after = _moved(claim.head, fact, seq, payload_number(seq, n))
        if event.op != "retract":
            self._write_payload(event, payload_number(seq, n))
        number = claim.head.id
        self._add(
            "fact", seq, n, number, OPS[event.op], fact.moved, after.says, after.denies, fact.observed, fact.order
        )
        if fact.moved:
            claim.head, claim.observed = after, fact.observed

    def _write_payload(self, event: PreparedEvent, number: int) -> None:
        stored = event.stored or b""
        self._add("payload", number, event.aspect.version, stored, dictionary_of(stored))

    def _write_point(self, event: PreparedEvent, source: str, seq: int, n: int) -> None:
        payload = payload_number(seq, n)
        self._write_payload(event, payload)
        key = self.state.point_key(event, source)
        self._points[key] = (seq, n, payload, event.hash)
        self.state.points[key] = event.hash

    def advance(self, crawl: CrawlRow) -> None:
        """Have a crawl's counts written."""
        rows = next(rows for rows in self.state.crawls.values() if any(row.id == crawl.id for row in rows.values()))
        rows[crawl.number] = self._advanced[crawl.id] = crawl

    def put_page(self, crawl: int, page: int, bits: bytes) -> None:
        """Have a page of a crawl's set written."""
        self.state.pages[crawl, page] = self._pages[crawl, page] = bits

    def retract(self, source: str, claims: Sequence[int], group: str, order: bytes) -> int:
        """Retract claims in one commit of their own; return its seq. For a run of its own: state is not kept up."""
        seq = self.next_commit(source, group, message="retracted: not there any more")
        ids = list(claims)
        self.connection.execute(_RETRACT_FACTS, (seq, OPS["retract"], self.time, order, ids))
        self.connection.execute(_RETRACT_CLAIMS, (seq, self.time, order, order, ids))
        return seq


class PostgresWorld:
    """What decisions read, out of the state; see `World`."""

    def __init__(self, book: PostgresBook) -> None:
        self._book = book

    def source(self, name: str) -> Source | None:
        return self._book.state.sources.get(name)

    def head_of(self, urn: str, aspect: str, source: str) -> Head:
        state = self._book.state
        key = state.claim_key(urn, aspect, source)
        claim = state.claims.get(key) if key is not None else None
        return Head() if claim is None else claim.head

    def open_crawl(self, source: str) -> OpenCrawl | None:
        return self._book.crawls.open_of(source)

    def stands(self, stood: Stood) -> bool:
        """Say no: another process may have moved a head, and this engine reads none before the lock."""
        return False

    def crawl_state(self, source: str, number: int) -> str | None:
        return self._book.crawls.state(source, number)

    def covered_later(self, source: str, number: int, urn: str, aspect: str) -> bool:
        return self._book.crawls.covered_later(source, number, urn, aspect)

    def named(self, crawl: OpenCrawl, claim: int) -> bool:
        return self._book.crawls.is_named(crawl, claim)

    def etag(self, urn: str, aspect: str) -> str:
        entity = self._book.state.ids.get(urn, 0)
        if not entity:
            return ""
        key = NEWEST, entity, aspect
        found = standing(_fetch(self._book.connection), self._book.registry, [key[:2]], {key})
        return etag(self._book.registry, aspect, (each.claim for each in found))

    def point_hash(self, urn: str, aspect: str, source: str, name: str, time: int, step: int) -> bytes | None:
        state = self._book.state
        return state.points.get(state.key_of_point(urn, aspect, source, name, time, step))

    def speaks(self, aspect: str) -> bool:
        return self._is_any(_SPEAKS, {"aspect": aspect})

    def lives(self, kind: str) -> bool:
        return self._is_any(_LIVES, {"first": f"urn:clew:{kind}:("})

    def _is_any(self, sql: LiteralString, values: dict[str, Any]) -> bool:
        return self._book.connection.execute(sql, values).fetchone() is not None


class PostgresCrawlStore:
    """Crawls in the running transaction; see `CrawlStore`."""

    def __init__(self, book: PostgresBook) -> None:
        self._book = book

    @property
    def token(self) -> str:
        return self._book.token

    def now(self) -> int:
        return self._book.clock()

    def _number(self, source: str) -> int:
        return self._book.names.number("source", source)

    def _known(self, source: str) -> dict[int, CrawlRow]:
        return self._book.state.crawls.get(self._number(source), {})

    def row(self, source: str, number: int) -> CrawlRow | None:
        return self._known(source).get(number)

    def open_row(self, source: str) -> CrawlRow | None:
        return next((row for row in self._known(source).values() if row.state == "open"), None)

    def closed_after(self, source: str, number: int) -> list[CrawlRow]:
        rows = self._book.connection.execute(_CLOSED_AFTER, (self._number(source), number)).fetchall()
        return [CrawlRow(*row) for row in rows]

    def last_number(self, source: str) -> int | None:
        sql: LiteralString = "SELECT max(number) FROM crawl WHERE source = %s"
        row = self._book.connection.execute(sql, (self._number(source),)).fetchone()
        return None if row is None else row[0]

    def add(self, record: CrawlOpen) -> None:
        self._book.connection.execute(
            _ADD_CRAWL,
            (
                self._book.next_crawl(),
                self._number(record.source),
                record.number,
                json.dumps(record.scope.prefixes),
                json.dumps(record.scope.aspects),
                record.guard,
                self.now(),
            ),
        )

    def set_state(self, crawl: CrawlRow, state: str) -> None:
        closed = None if state == "parked" else self.now()
        self._book.connection.execute(
            "UPDATE crawl SET state = %s, closed = %s::bigint WHERE id = %s", (state, closed, crawl.id)
        )
        if state != "parked":
            self._book.connection.execute("DELETE FROM crawl_named WHERE crawl = %s", (crawl.id,))

    def advance(self, crawl: CrawlRow, events: int, high: int) -> None:
        self._book.advance(crawl._replace(events=crawl.events + events, high=max(crawl.high, high)))

    def page(self, crawl: int, page: int) -> bytes | None:
        return self._book.state.pages.get((crawl, page))

    def pages(self, crawl: int) -> dict[int, bytes]:
        sql: LiteralString = "SELECT page, bits FROM crawl_named WHERE crawl = %s"
        return {row[0]: row[1] for row in self._book.connection.execute(sql, (crawl,)).fetchall()}

    def put_page(self, crawl: int, page: int, bits: bytes) -> None:
        self._book.put_page(crawl, page, bits)

    def unmoved(self, source: str, aspects: Sequence[str], before: bytes) -> list[int]:
        numbers = [self._book.names.number("aspect", each) for each in aspects]
        rows = self._book.connection.execute(_UNMOVED, (self._number(source), numbers, before)).fetchall()
        return [row[0] for row in rows]

    def scoped(self, source: str, aspects: Sequence[str]) -> list[ScopedClaim]:
        numbers = [self._book.names.number("aspect", each) for each in aspects]
        rows = self._book.connection.execute(_SCOPED, (self._number(source), numbers)).fetchall()
        return [ScopedClaim(*row) for row in rows]

    def retract(self, source: str, claims: Sequence[int], group: str, order: bytes) -> int:
        return self._book.retract(source, claims, group, order)


def runs(items: Sequence[Item]) -> list[list[Item]]:
    """Return the records in runs: groups that need no more than their state together, any other by itself."""
    found: list[list[Item]] = []
    for item in items:
        if found and _is_plain(item) and _is_plain(found[-1][-1]):
            found[-1].append(item)
        else:
            found.append([item])
    return found


def _is_plain(item: Item) -> bool:
    record = item.record
    return isinstance(record, Group) and not item.replayed and all(event.if_match is None for event in record.events)


def _moved(head: Head, fact: NewFact, seq: int, payload: int) -> Head:
    """Return a head as it is after a fact that brought this payload."""
    op, found = fact.event.op, head._replace(seq=seq, mark=fact.order)
    if op == "upsert":
        return found._replace(says=payload, says_hash=fact.event.hash)
    if op == "deny":
        return found._replace(denies=payload, denies_hash=fact.event.hash)
    return found._replace(says=None, denies=None, says_hash=b"", denies_hash=b"")


def _fetch(connection: Connection) -> Fetch:
    return lambda sql, values: connection.execute(sql, values).fetchall()
