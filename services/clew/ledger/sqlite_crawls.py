"""Crawls in the embedded ledger: their rows, what they named, and how they close."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from clew.ledger.decide import LAST_SEQUENCE, OpenCrawl
from clew.ledger.prepare import MAX_AHEAD, crawl_order
from clew.ledger.sqlite_store import SqliteStore, marks
from clew.ledger.sqlite_tables import MAIN, PAGE_KEYS
from clew_schemas.errors import BadInput, ClewError
from clew_schemas.event import CrawlClose, CrawlOpen, Group, Receipt
from clew_schemas.registry import Registry

_GUARDED_FROM = 20
"""Claims in scope from which the stale guard watches."""


class CrawlRow(NamedTuple):
    """A crawl as it is stored. `high` is the sequence after the last event it took."""

    id: int
    number: int
    state: str
    prefixes: str
    aspects: str
    guard: float
    events: int
    high: int

    def covers(self, urn: str, aspect: str) -> bool:
        """Say whether a claim about (urn, aspect) lies in the crawl's scope."""
        return aspect in json.loads(self.aspects) and urn.startswith(tuple(json.loads(self.prefixes)))


class SqliteCrawls:
    """Reads and writes crawls inside the running transaction."""

    def __init__(self, store: SqliteStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    def row(self, source: str, number: int) -> CrawlRow | None:
        """Return one crawl of a source."""
        return next(iter(self._rows(source, "number = ?", number)), None)

    def open_of(self, source: str) -> OpenCrawl | None:
        """Return the crawl that a source has open."""
        row = next(iter(self._rows(source, "state = ?", "open")), None)
        return None if row is None else OpenCrawl(row.id, row.number, row.high)

    def closed_after(self, source: str, number: int) -> list[CrawlRow]:
        """Return the closed crawls of a source after a number."""
        return self._rows(source, "state = 'closed' AND number > ?", number)

    def _rows(self, source: str, condition: str, value: Any) -> list[CrawlRow]:
        rows = self._store.connection.execute(
            "SELECT id, number, state, prefixes, aspects, guard, events, high FROM crawl"
            f" WHERE source = ? AND {condition}",
            (self._store.number("source", source), value),
        ).fetchall()
        return [CrawlRow(*row) for row in rows]

    def open(self, record: CrawlOpen, why_not: ClewError | None) -> Receipt:
        """Open a crawl, cancelling the one that its source has open. `why_not` is what keeps the source from it."""
        name = f"crawl.open {record.number}"
        known = self.row(record.source, record.number)
        if known is not None and known.state == "open":
            return Receipt(name, "opened", self._store.token, repeated=True)
        error = why_not or self._why_not_open(record)
        if error is not None:
            return Receipt(name, "refused", self._store.token, errors=(error.to_dict(),))
        older = self.open_of(record.source)
        if older is not None:
            self._end(older.id, "cancelled")
        self._store.connection.execute(
            "INSERT INTO crawl (source, number, state, prefixes, aspects, guard, events, high, opened)"
            " VALUES (?, ?, 'open', ?, ?, ?, 0, 0, ?)",
            (
                self._store.number("source", record.source),
                record.number,
                json.dumps(record.scope.prefixes),
                json.dumps(record.scope.aspects),
                record.guard,
                self._store.clock(),
            ),
        )
        return Receipt(name, "opened", self._store.token)

    def _why_not_open(self, record: CrawlOpen) -> ClewError | None:
        last = self._store.connection.execute(
            "SELECT max(number) FROM crawl WHERE source = ?", (self._store.number("source", record.source),)
        ).fetchone()[0]
        if last is not None and record.number <= last:
            return BadInput(
                f"crawl {record.number} is not above the source's last, {last}",
                where="number",
                hint="Number a crawl by the microseconds at its open",
            )
        if record.number > self._store.clock() + MAX_AHEAD:
            return BadInput("the crawl's number lies in the future", where="number", hint="Set the sender's clock")
        unknown = next((each for each in record.scope.aspects if each not in self._registry.aspects), None)
        if unknown is not None:
            return BadInput(f"unknown aspect {unknown!r}", where="scope.aspects")
        if not all(prefix.startswith("urn:clew:") for prefix in record.scope.prefixes):
            return BadInput("a scope's prefixes are beginnings of URNs", where="scope.prefixes")
        return None

    def count(self, group: Group) -> None:
        """Count the events of a group into its crawl, if that is the open one."""
        crawl = self.open_of(group.source)
        if crawl is not None and group.crawl is not None and crawl.number == group.crawl.number:
            self._store.connection.execute(
                "UPDATE crawl SET events = events + ?, high = max(high, ?) WHERE id = ?",
                (len(group.events), group.crawl.sequence + len(group.events), crawl.id),
            )

    def name(self, crawl: OpenCrawl, claims: Sequence[int]) -> None:
        """Set the bits of these claims in the crawl's set, a page at a time."""
        by_page: dict[int, list[int]] = {}
        for claim in claims:
            by_page.setdefault(claim // PAGE_KEYS, []).append(claim % PAGE_KEYS)
        for page, positions in by_page.items():
            bits = bytearray(self._page(crawl.id, page) or bytes(PAGE_KEYS // 8))
            for position in positions:
                bits[position >> 3] |= 1 << (position & 7)
            self._store.connection.execute(
                "INSERT OR REPLACE INTO crawl_named (crawl, page, bits) VALUES (?, ?, ?)", (crawl.id, page, bytes(bits))
            )

    def is_named(self, crawl: OpenCrawl, claim: int) -> bool:
        """Say whether the open crawl named this claim without changing it."""
        bits = self._page(crawl.id, claim // PAGE_KEYS)
        return bits is not None and _bit(bits, claim)

    def _page(self, crawl: int, page: int) -> bytes | None:
        row = self._store.connection.execute(
            "SELECT bits FROM crawl_named WHERE crawl = ? AND page = ?", (crawl, page)
        ).fetchone()
        return None if row is None else row[0]

    def close(self, record: CrawlClose, forced: bool) -> Receipt:
        """Close a crawl: retract what lies in scope and was not named, if count and guard allow it, or `forced`.

        A `parked` receipt carries the reason; the crawl stays, parked, and a forced close may follow.
        """
        name = f"crawl.close {record.number}"
        crawl = self.row(record.source, record.number)
        error = _why_not_closable(crawl, record, forced)
        if error is not None or crawl is None:
            errors = (error.to_dict(),) if error else ()
            return Receipt(name, "refused", self._store.token, errors=errors)
        if crawl.state == "closed":
            return Receipt(name, "closed", self._store.token, repeated=True)
        gone, scoped = self._unnamed(crawl, record.source)
        reason = None if forced else _why_not_close(record, crawl, len(gone), scoped)
        if reason is not None:
            self._store.connection.execute("UPDATE crawl SET state = 'parked' WHERE id = ?", (crawl.id,))
            return Receipt(name, "parked", self._store.token, errors=(reason.to_dict(),))
        seq = None
        if gone:
            order = crawl_order(record.number, LAST_SEQUENCE)
            seq = self._store.retract(record.source, gone, f"crawl {record.number}", order)
        self._end(crawl.id, "closed")
        return Receipt(name, "closed", self._store.token, seq, retracted=len(gone))

    def cancel(self, source: str) -> None:
        """Cancel the crawl that a source has open."""
        crawl = self.open_of(source)
        if crawl is not None:
            self._end(crawl.id, "cancelled")

    def _end(self, crawl: int, state: str) -> None:
        connection = self._store.connection
        connection.execute("UPDATE crawl SET state = ?, closed = ? WHERE id = ?", (state, self._store.clock(), crawl))
        connection.execute("DELETE FROM crawl_named WHERE crawl = ?", (crawl,))

    def _unnamed(self, crawl: CrawlRow, source: str) -> tuple[list[int], int]:
        """Return the live claims in scope that the crawl did not name, and how many are in scope."""
        aspects = [self._store.number("aspect", each) for each in json.loads(crawl.aspects)]
        rows = self._store.connection.execute(
            "SELECT c.id, c.mark, e.urn FROM claim c JOIN entity e ON e.id = c.entity WHERE c.source = ?"
            f" AND c.aspect IN ({marks(aspects)}) AND c.branch = {MAIN}"
            " AND (c.says IS NOT NULL OR c.denies IS NOT NULL) ORDER BY c.id",
            (self._store.number("source", source), *aspects),
        ).fetchall()
        prefixes = tuple(json.loads(crawl.prefixes))
        start = crawl_order(crawl.number, 0)
        pages = dict(
            self._store.connection.execute("SELECT page, bits FROM crawl_named WHERE crawl = ?", (crawl.id,)).fetchall()
        )
        scoped = [(claim, mark) for claim, mark, urn in rows if urn.startswith(prefixes)]
        gone = [
            claim
            for claim, mark in scoped
            if mark < start and not _bit(pages.get(claim // PAGE_KEYS, bytes(PAGE_KEYS // 8)), claim)
        ]
        return gone, len(scoped)


def _bit(bits: bytes, claim: int) -> bool:
    position = claim % PAGE_KEYS
    return bool(bits[position >> 3] & 1 << (position & 7))


def _why_not_closable(crawl: CrawlRow | None, record: CrawlClose, forced: bool) -> ClewError | None:
    if crawl is None:
        return BadInput(f"the crawl {record.number} never opened", where="number", hint="Send crawl.open first")
    if crawl.state in ("open", "closed") or (forced and crawl.state == "parked"):
        return None
    return BadInput(f"the crawl {record.number} is {crawl.state}", where="number", hint="Run a new crawl")


def _why_not_close(record: CrawlClose, crawl: CrawlRow, gone: int, scoped: int) -> ClewError | None:
    if crawl.events != record.events:
        return BadInput(
            f"the crawl says it sent {record.events} events, {crawl.events} arrived",
            where="events",
            hint="Run the crawl again; nothing was retracted",
        )
    if scoped >= _GUARDED_FROM and gone > crawl.guard * scoped:
        return BadInput(
            f"closing would retract {gone} of {scoped} claims, more than the guard of {crawl.guard:.0%}",
            where="guard",
            hint="If they are really gone, replay the parked close; else look at the connector's scope and rights",
        )
    return None
