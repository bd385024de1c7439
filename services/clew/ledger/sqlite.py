"""The embedded ledger: SQLite in WAL mode, synchronous FULL, one writer, group commit.

Whoever holds the lock commits for all who wait: their groups share one transaction and one fsync.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from clew.ledger import payloads
from clew.ledger.decide import Outcome, decide
from clew.ledger.port import DERIVED_SQL, STEWARD, Source, TokenRow
from clew.ledger.prepare import PreparedGroup, prepare
from clew.ledger.sqlite_crawls import SqliteCrawls
from clew.ledger.sqlite_group import GroupWriter, SqliteWorld
from clew.ledger.sqlite_reader import SqliteReader
from clew.ledger.sqlite_store import SqliteStore
from clew_schemas.canonical import digest, dumps
from clew_schemas.errors import BadInput, ClewError, Conflict, Damaged, NotFound, Unreachable
from clew_schemas.event import CrawlClose, CrawlOpen, Group, Receipt, Record, encode
from clew_schemas.registry import Registry
from clew_schemas.resolve import resolve
from clew_schemas.scrub import scrub

MAX_TRANSACTION = 500
"""Most events that one SQL transaction gathers from those who wait."""


def now_micros() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class _Item:
    """One record that waits for the lock. `replayed` is set for what comes out of parking."""

    record: Record
    prepared: PreparedGroup | None
    waits: bool
    cause: int
    replayed: bool = False
    receipt: Receipt | None = None
    error: ClewError | None = None
    done: threading.Event = field(default_factory=threading.Event)


class SqliteLedger(SqliteReader):
    """The embedded ledger; see `Ledger`."""

    def __init__(self, path: Path, registry: Registry, clock: Callable[[], int], synchronous: str) -> None:
        super().__init__(path, registry)
        self._clock = clock
        self._queue: deque[_Item] = deque()
        self._lock = threading.Lock()
        self._store = SqliteStore(path, clock, synchronous)
        self._crawls = SqliteCrawls(self._store, registry)
        self._world = SqliteWorld(self._store, self._crawls, self._etag)
        self.epoch = self._store.epoch
        self._head = self._store.seq

    @classmethod
    def open(
        cls,
        path: Path,
        registry: Registry | None = None,
        clock: Callable[[], int] = now_micros,
        synchronous: str = "FULL",
    ) -> SqliteLedger:
        """Open the ledger in the file `path`, creating it when it is new.

        Raises Damaged when the file is not a ledger or reads back wrong, BadInput when a newer Clew wrote it,
        Unreachable when it can't be opened. `synchronous` is for tests that show what FULL is for.
        """
        try:
            ledger = cls(path, registry or Registry.built_in(), clock, synchronous)
            ledger.register(Source(STEWARD, "time", 100, "direct"))
            ledger.register(Source(DERIVED_SQL, "time", 30, "reactor"))
        except sqlite3.OperationalError as error:
            raise Unreachable(f"the ledger can't be opened: {error}", where=str(path)) from error
        except sqlite3.DatabaseError as error:
            raise Damaged(
                f"the ledger is damaged: {error}", where=str(path), hint="Restore it from a backup or an export"
            ) from error
        return ledger

    # -- proposing

    def propose(
        self, records: Sequence[Record], *, door: str = "direct", waits: bool = True, cause: int = 0
    ) -> list[Receipt]:
        return self._commit_items([self._item(record, waits, cause) for record in records])

    def _item(self, record: Record, waits: bool, cause: int, *, replayed: bool = False) -> _Item:
        prepared = None
        if isinstance(record, Group):
            prepared = prepare(record, self.registry, self._store.hash_key, self._clock())
            waits = waits and record.crawl is None
        return _Item(record, prepared, waits, cause, replayed)

    def _commit_items(self, items: list[_Item]) -> list[Receipt]:
        self._queue.extend(items)
        for item in items:
            while not item.done.is_set():
                with self._lock:
                    if not item.done.is_set():
                        self._commit_some()
        failed = next((item.error for item in items if item.error is not None), None)
        if failed is not None:
            raise failed
        return [item.receipt for item in items if item.receipt is not None]

    def _commit_some(self) -> None:
        """Commit what waits, up to a transaction's worth; the lock is held."""
        batch: list[_Item] = []
        events = 0
        while self._queue and events < MAX_TRANSACTION:
            item = self._queue.popleft()
            events += len(item.record.events) if isinstance(item.record, Group) else 1
            batch.append(item)
        try:
            self._commit_batch(batch)
        except Exception:
            self._commit_apart(batch)
        for item in batch:
            item.done.set()
        self._announce()

    def _commit_batch(self, batch: list[_Item]) -> None:
        with self._store.transaction():
            for item in batch:
                item.receipt = self._take(item)

    def _commit_apart(self, batch: list[_Item]) -> None:
        """After a failed transaction: once more, each record by itself, so that one cannot fail the others."""
        for item in batch:
            item.receipt = None
            try:
                self._commit_batch([item])
            except Exception as error:
                item.error = self._translated(error)

    def _translated(self, error: Exception) -> ClewError:
        if isinstance(error, ClewError):
            return error
        kind = Unreachable if isinstance(error, sqlite3.OperationalError) else Damaged
        return kind(
            f"the ledger could not write: {error}",
            where=str(self.path),
            hint="Check disk space and permissions; nothing of this group was kept",
        )

    def _announce(self) -> None:
        """Let readers see what stands now, and wake who waits for it."""
        with self._committed:
            self._head = self._store.seq
            self._committed.notify_all()

    def _take(self, item: _Item) -> Receipt:
        record = item.record
        if isinstance(record, CrawlOpen):
            return self._crawls.open(record, self._why_not_crawl(record.source))
        if isinstance(record, CrawlClose):
            return self._close_crawl(record, forced=item.replayed)
        assert item.prepared is not None
        return self._take_group(item, record, item.prepared)

    def _take_group(self, item: _Item, group: Group, prepared: PreparedGroup) -> Receipt:
        repeated = None if item.replayed else self._repeated(group)
        if repeated is not None:
            return repeated
        outcome = decide(prepared, self._world, self._clock(), replayed=item.replayed)
        if outcome.errors:
            return self._turn_away(item, group, outcome)
        seq = GroupWriter(self._store, self._crawls, self._world, prepared, outcome).write(item.cause)
        if not item.replayed:
            self._crawls.count(group)
        receipt = Receipt(
            group.id,
            "unchanged" if seq is None else "accepted",
            self._store.token,
            seq,
            outcome.changed,
            outcome.unchanged,
            outcome.late,
        )
        self._keep_receipt(group.source, receipt)
        return receipt

    def _turn_away(self, item: _Item, group: Group, outcome: Outcome) -> Receipt:
        """Refuse a group where somebody waits, park it where nobody does."""
        errors = tuple(outcome.errors)
        if item.waits or item.replayed:
            return Receipt(group.id, "refused", self._store.token, errors=errors)
        self._park(group, group.id, group.crawl.number if group.crawl else None, errors)
        self._spare(group)
        self._crawls.count(group)
        receipt = Receipt(group.id, "parked", self._store.token, errors=errors)
        if self._store.number("source", group.source):
            self._keep_receipt(group.source, receipt)
        return receipt

    def _park(self, record: Record, name: str, crawl: int | None, errors: tuple[dict[str, Any], ...]) -> None:
        urns = [event.urn for event in record.events] if isinstance(record, Group) else []
        self._store.connection.execute(
            "INSERT INTO parked (source, grp, crawl, time, reasons, urns, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                record.source,
                name,
                crawl,
                self._clock(),
                json.dumps(errors),
                scrub(json.dumps(list(dict.fromkeys(urns)))),
                payloads.pack(scrub(encode(record).decode()).encode()),
            ),
        )

    def _spare(self, group: Group) -> None:
        """What a parked group of the open crawl names is not retracted by its close."""
        crawl = self._crawls.open_of(group.source)
        if crawl is None or group.crawl is None or group.crawl.number != crawl.number:
            return
        heads = (self._world.head_of(event.urn, event.aspect, group.source) for event in group.events)
        self._crawls.name(crawl, [head.id for head in heads if head.id])

    def _repeated(self, group: Group) -> Receipt | None:
        row = self._store.connection.execute(
            "SELECT body FROM receipt WHERE source = ? AND grp = ?",
            (self._store.number("source", group.source), group.id),
        ).fetchone()
        if row is None:
            return None
        return msgspec.structs.replace(msgspec.json.decode(row[0], type=Receipt), repeated=True)

    def _keep_receipt(self, source: str, receipt: Receipt) -> None:
        self._store.connection.execute(
            "INSERT OR REPLACE INTO receipt (source, grp, body) VALUES (?, ?, ?)",
            (self._store.number("source", source), receipt.id, encode(receipt)),
        )

    def _etag(self, entity: int, aspect: str) -> str:
        rows = self.claims_in(self._store.connection, [entity], None)
        document = resolve((claim for _, name, claim in rows if name == aspect), self.registry.get(aspect).resolution)
        return "" if document is None else digest(dumps(document)).hex()

    def _why_not_crawl(self, name: str) -> ClewError | None:
        source = self._world.source(name)
        if source is None:
            return BadInput(f"unknown source {name!r}", where="source", hint=f"Register it: clew source add {name}")
        if source.retired or source.order != "crawl":
            state = "retired" if source.retired else "ordered by time"
            return BadInput(f"the source {name!r} is {state}", where="source", hint="Use another source's name")
        return None

    def _close_crawl(self, record: CrawlClose, forced: bool) -> Receipt:
        receipt = self._crawls.close(record, forced)
        if receipt.status == "parked":
            self._park(record, receipt.id, record.number, receipt.errors)
        return receipt

    # -- sources, parked groups, cursors, tokens

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with self._store.transaction():
                    yield self._store.connection
            except sqlite3.Error as error:
                raise self._translated(error) from error
            self._announce()

    def register(self, source: Source) -> Source:
        known = next((each for each in self.sources() if each.name == source.name), None)
        if known is None:
            with self._writing() as connection:
                connection.execute(
                    "INSERT INTO source (name, ord, rank, door) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (source.name, source.order, source.rank, source.door),
                )
            return source
        if known.order != source.order:
            raise Conflict(
                f"the source {source.name!r} is ordered by {known.order}, and stays so",
                hint="Use another name for another kind of source",
            )
        return known

    def retire(self, name: str, author: str | None = None) -> Receipt:
        if name in (STEWARD, DERIVED_SQL) or name not in {source.name for source in self.sources()}:
            raise NotFound(f"no source {name!r} to retire", hint="See clew source list")
        with self._writing() as connection:
            number = self._store.number("source", name)
            rows = connection.execute(
                "SELECT id FROM claim WHERE source = ? AND (says IS NOT NULL OR denies IS NOT NULL)", (number,)
            ).fetchall()
            seq = self._store.retract(name, [row[0] for row in rows], "retired", b"") if rows else None
            connection.execute("UPDATE source SET retired = 1 WHERE id = ?", (number,))
            self._crawls.cancel(name)
            return Receipt("retired", "accepted" if seq else "unchanged", self._store.token, seq, retracted=len(rows))

    def replay(self, parked: int) -> Receipt:
        body = self._one("SELECT body FROM parked WHERE id = ?", parked)
        if body is None:
            raise NotFound(f"nothing is parked under {parked}", hint="See clew parked list")
        record = msgspec.json.decode(payloads.unpack(body), type=Record)
        (receipt,) = self._commit_items([self._item(record, False, 0, replayed=True)])
        if receipt.status in ("accepted", "unchanged", "closed"):
            self.drop_parked(parked)
        return receipt

    def drop_parked(self, parked: int) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM parked WHERE id = ?", (parked,))

    def set_cursor(self, name: str, seq: int) -> None:
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO cursor (name, seq) VALUES (?, ?)", (name, seq))

    def put_token(self, row: TokenRow) -> None:
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO token (name, hash, scopes, source, created, revoked) VALUES (?, ?, ?, ?, ?, ?)",
                (row.name, row.hash, " ".join(row.scopes), row.source, row.created, int(row.revoked)),
            )

    def close(self) -> None:
        with self._lock:
            self._store.close()
        super().close()
