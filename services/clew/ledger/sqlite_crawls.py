"""Crawls as the embedded ledger stores them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson

from clew.ledger.codes import MAIN
from clew.ledger.crawls import CrawlRow, ScopedClaim
from clew.ledger.sqlite_store import SqliteStore, marks
from clew_schemas.event import CrawlOpen


class SqliteCrawlStore:
    """Reads and writes crawls inside the running transaction; see `CrawlStore`."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    @property
    def token(self) -> str:
        return self._store.token

    def now(self) -> int:
        return self._store.clock()

    def row(self, source: str, number: int) -> CrawlRow | None:
        opened = self.open_row(source)
        if opened is not None and opened.number == number:
            return opened
        return next(iter(self._rows(source, "number = ?", number)), None)

    def open_row(self, source: str) -> CrawlRow | None:
        known = self._store.open_crawls
        if source not in known:
            # None but the newest is ever open, and the source may have had thousands.
            newest = self._rows(source, "number = (SELECT max(number) FROM crawl c WHERE c.source = crawl.source)")
            known[source] = next((row for row in newest if row.state == "open"), None)
        return known[source]

    def closed_after(self, source: str, number: int) -> list[CrawlRow]:
        return self._rows(source, "state = 'closed' AND number > ?", number)

    def _rows(self, source: str, condition: str, *values: Any) -> list[CrawlRow]:
        rows = self._store.connection.execute(
            "SELECT id, number, state, prefixes, aspects, guard, events, high FROM crawl"
            f" WHERE source = ? AND {condition}",
            (self._number(source), *values),
        ).fetchall()
        return [CrawlRow(*row) for row in rows]

    def _number(self, source: str) -> int:
        return self._store.number("source", source)

    def last_number(self, source: str) -> int | None:
        number: int | None = self._store.connection.execute(
            "SELECT max(number) FROM crawl WHERE source = ?", (self._store.number("source", source),)
        ).fetchone()[0]
        return number

    def add(self, record: CrawlOpen) -> None:
        self._store.open_crawls.clear()
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

    def set_state(self, crawl: CrawlRow, state: str) -> None:
        self._store.open_crawls.clear()
        connection = self._store.connection
        if state == "parked":
            connection.execute("UPDATE crawl SET state = ? WHERE id = ?", (state, crawl.id))
            return
        connection.execute(
            "UPDATE crawl SET state = ?, closed = ? WHERE id = ?", (state, self._store.clock(), crawl.id)
        )
        connection.execute("DELETE FROM crawl_named WHERE crawl = ?", (crawl.id,))

    def advance(self, crawl: CrawlRow, events: int, high: int) -> None:
        self._store.open_crawls.clear()
        self._store.connection.execute(
            "UPDATE crawl SET events = events + ?, high = max(high, ?) WHERE id = ?", (events, high, crawl.id)
        )

    def page(self, crawl: int, page: int) -> bytes | None:
        row = self._store.connection.execute(
            "SELECT bits FROM crawl_named WHERE crawl = ? AND page = ?", (crawl, page)
        ).fetchone()
        return None if row is None else row[0]

    def pages(self, crawl: int) -> dict[int, bytes]:
        return dict(
            self._store.connection.execute("SELECT page, bits FROM crawl_named WHERE crawl = ?", (crawl,)).fetchall()
        )

    def put_page(self, crawl: int, page: int, bits: bytes) -> None:
        self._store.connection.execute(
            "INSERT OR REPLACE INTO crawl_named (crawl, page, bits) VALUES (?, ?, ?)", (crawl, page, bits)
        )

    def unmoved(self, source: str, aspects: Sequence[str], before: bytes) -> list[int]:
        self._store.flush()
        numbers = [self._store.number("aspect", each) for each in aspects]
        rows = self._store.connection.execute(
            f"SELECT json_group_array(id) FROM claim WHERE source = ? AND aspect IN ({marks(numbers)})"
            f" AND branch = {MAIN} AND (says IS NOT NULL OR denies IS NOT NULL) AND mark < ?",
            (self._store.number("source", source), *numbers, before),
        )
        ids: list[int] = orjson.loads(rows.fetchone()[0])  # one row: the driver takes its time over each of thousands
        return ids

    def scoped(self, source: str, aspects: Sequence[str]) -> list[ScopedClaim]:
        self._store.flush()
        numbers = [self._store.number("aspect", each) for each in aspects]
        rows = self._store.connection.execute(
            "SELECT c.id, e.urn FROM claim c JOIN named e ON e.id = c.entity WHERE c.source = ?"
            f" AND c.aspect IN ({marks(numbers)}) AND c.branch = {MAIN}"
            " AND (c.says IS NOT NULL OR c.denies IS NOT NULL) ORDER BY c.id",
            (self._store.number("source", source), *numbers),
        )
        return [ScopedClaim(*row) for row in rows]

    def retract(self, source: str, claims: Sequence[int], group: str, order: bytes) -> int:
        return self._store.retract(source, claims, group, order)
