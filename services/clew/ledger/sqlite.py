"""The embedded ledger: SQLite in WAL mode, synchronous FULL, one writer, group commit.

Whoever holds the lock commits for all who wait: their groups share one transaction and one fsync.
"""

from __future__ import annotations

import json
import os
import secrets
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
from clew.ledger.decide import LAST_SEQUENCE, Head, NewFact, OpenCrawl, Outcome, decide
from clew.ledger.port import DERIVED_SQL, STEWARD, Source, TokenRow
from clew.ledger.prepare import PreparedEvent, PreparedGroup, crawl_order, prepare
from clew.ledger.sqlite_reader import SqliteReader, chunks, denials, marks, tail_of
from clew.ledger.sqlite_tables import FORMAT, MAIN, OPS, PAGE_KEYS, TABLES
from clew_schemas import canonical
from clew_schemas.errors import BadInput, ClewError, Conflict, Damaged, NotFound, Unreachable
from clew_schemas.event import CrawlClose, CrawlOpen, Group, Receipt, Record, Scope, encode
from clew_schemas.registry import Registry
from clew_schemas.resolve import resolve
from clew_schemas.scrub import scrub
from clew_schemas.urn import dataset_of

MAX_TRANSACTION = 500
"""Most events that one SQL transaction gathers from those who wait."""
_GUARDED_FROM = 20
"""Claims in scope from which the stale guard watches."""


def now_micros() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def etag_of(document: Any) -> str:
    """Return the etag of a resolved aspect: a hash of its canonical JSON, "" for none."""
    return "" if document is None else canonical.digest(canonical.dumps(document)).hex()


@dataclass(slots=True)
class _Item:
    """One record that waits for the lock."""

    record: Record
    prepared: PreparedGroup | None
    waits: bool
    cause: int
    replayed: int = 0
    receipt: Receipt | None = None
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)


class SqliteLedger(SqliteReader):
    """The embedded ledger; see `Ledger`."""

    def __init__(self, path: Path, registry: Registry, clock: Callable[[], int], synchronous: str) -> None:
        super().__init__(path, registry)
        self.clock = clock
        self._queue: deque[_Item] = deque()
        self._lock = threading.Lock()
        self._write = _open_database(path, synchronous)
        self._key: bytes = self._meta("hash_key")
        self.epoch = self._meta("epoch")
        self._head, self._last_time = self._write.execute(
            "SELECT coalesce(max(seq), 0), coalesce(max(time), 0) FROM commits"
        ).fetchone()
        self._numbers: dict[str, dict[str, int]] = {"aspect": {}, "source": {}}
        for table, known in self._numbers.items():
            known.update(self._write.execute(f"SELECT name, id FROM {table}").fetchall())
        self._state = _State(self)

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
        except sqlite3.OperationalError as error:
            raise Unreachable(f"the ledger can't be opened: {error}", where=str(path)) from error
        except sqlite3.DatabaseError as error:
            raise Damaged(
                f"the ledger is damaged: {error}", where=str(path), hint="Restore it from a backup or an export"
            ) from error
        ledger.register(Source(STEWARD, "time", 100, "direct"))
        ledger.register(Source(DERIVED_SQL, "time", 30, "reactor"))
        return ledger

    def _meta(self, key: str) -> Any:
        return self._write.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]

    # -- proposing

    def propose(
        self, records: Sequence[Record], *, door: str = "direct", waits: bool = True, cause: int = 0
    ) -> list[Receipt]:
        items = [self._item(record, waits, cause) for record in records]
        return self._commit_items(items)

    def _item(self, record: Record, waits: bool, cause: int, replayed: int = 0) -> _Item:
        prepared = None
        if isinstance(record, Group):
            prepared = prepare(record, self.registry, self._key, self.clock())
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
        except sqlite3.Error as error:
            self._commit_apart(batch, error)
        for item in batch:
            item.done.set()
        with self._committed:
            self._committed.notify_all()

    def _commit_batch(self, batch: list[_Item]) -> None:
        """Write a batch in one transaction. What it learns is remembered only once the transaction stands."""
        self._state.begin()
        self._write.execute("BEGIN IMMEDIATE")
        try:
            for item in batch:
                item.receipt = self._take(item)
            self._write.execute("COMMIT")
        except BaseException:
            self._write.rollback()
            raise
        self._state.remember()

    def _commit_apart(self, batch: list[_Item], error: sqlite3.Error) -> None:
        """After a failed transaction: once more, each record by itself, so that one cannot fail the others."""
        for item in batch:
            item.receipt = None
            try:
                self._commit_batch([item])
            except sqlite3.DatabaseError as again:
                kind = Unreachable if isinstance(again, sqlite3.OperationalError) else Damaged
                item.error = kind(
                    f"the ledger could not write: {again}",
                    where=str(self.path),
                    hint="Check disk space and permissions; nothing of this group was kept",
                )

    def _take(self, item: _Item) -> Receipt:
        record = item.record
        if isinstance(record, CrawlOpen):
            return self._open_crawl(record)
        if isinstance(record, CrawlClose):
            return self._close_crawl(record, forced=bool(item.replayed))
        assert item.prepared is not None
        return self._take_group(item, record, item.prepared)

    def _take_group(self, item: _Item, group: Group, prepared: PreparedGroup) -> Receipt:
        if not item.replayed:
            repeated = self._repeated(group.source, group.id)
            if repeated is not None:
                return repeated
        now = self.clock()
        outcome = decide(prepared, self._state, now, replayed=bool(item.replayed))
        if outcome.errors:
            return self._turn_away(item, group, prepared, outcome, now)
        writer = _GroupWriter(self, self._state, group, prepared, outcome, now)
        seq = writer.write(item.cause)
        self._count(group, parked=False, counted=not item.replayed)
        receipt = Receipt(
            group.id,
            "unchanged" if seq is None else "accepted",
            self.token(),
            seq,
            outcome.changed,
            outcome.unchanged,
            outcome.late,
        )
        self._keep_receipt(group.source, receipt)
        return receipt

    def token(self) -> str:
        """Return the token of the position that the running transaction has reached."""
        return f"{self.epoch}-{self._state.seq}"

    def _turn_away(self, item: _Item, group: Group, prepared: PreparedGroup, outcome: Outcome, now: int) -> Receipt:
        """Refuse a group where somebody waits, park it where nobody does."""
        errors = tuple(outcome.errors)
        if item.waits or item.replayed:
            return Receipt(group.id, "refused", self.token(), errors=errors)
        self._park(group.source, group.id, group.crawl.number if group.crawl else None, errors, group, now)
        self._spare(group)
        self._count(group, parked=True, counted=True)
        receipt = Receipt(group.id, "parked", self.token(), errors=errors)
        if group.source in self._numbers["source"]:
            self._keep_receipt(group.source, receipt)
        return receipt

    def _park(
        self, source: str, group_id: str, crawl: int | None, errors: tuple[Any, ...], record: Record, now: int
    ) -> None:
        urns = [event.urn for event in record.events] if isinstance(record, Group) else []
        self._write.execute(
            "INSERT INTO parked (source, grp, crawl, time, reasons, urns, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                source,
                group_id,
                crawl,
                now,
                json.dumps(errors),
                scrub(json.dumps(list(dict.fromkeys(urns)))),
                payloads.pack(scrub(encode(record).decode()).encode()),
            ),
        )

    def _spare(self, group: Group) -> None:
        """What a parked group of the open crawl names is not retracted by its close."""
        crawl = self._state.open_crawl(group.source)
        if crawl is None or group.crawl is None or group.crawl.number != crawl.number:
            return
        heads = (self._state.head_of(event.urn, event.aspect, group.source) for event in group.events)
        self._name_in_crawl(crawl, [head.id for head in heads if head.id])

    def _count(self, group: Group, *, parked: bool, counted: bool) -> None:
        if group.crawl is None or not counted:
            return
        crawl = self._state.open_crawl(group.source)
        if crawl is not None and crawl.number == group.crawl.number:
            self._write.execute(
                "UPDATE crawl SET events = events + ?, high = max(high, ?) WHERE id = ?",
                (len(group.events), group.crawl.sequence + len(group.events), crawl.id),
            )

    # -- receipts

    def _repeated(self, source: str, group_id: str) -> Receipt | None:
        number = self._numbers["source"].get(source)
        row = self._write.execute(
            "SELECT body FROM receipt WHERE source = ? AND grp = ?", (number, group_id)
        ).fetchone()
        if row is None:
            return None
        first = msgspec.json.decode(row[0], type=Receipt)
        return msgspec.structs.replace(first, repeated=True)

    def _keep_receipt(self, source: str, receipt: Receipt) -> None:
        self._write.execute(
            "INSERT OR REPLACE INTO receipt (source, grp, body) VALUES (?, ?, ?)",
            (self._numbers["source"][source], receipt.id, encode(receipt)),
        )

    # -- crawls

    def _open_crawl(self, record: CrawlOpen) -> Receipt:
        name = f"crawl.open {record.number}"
        source = self._state.source(record.source)
        known = None if source is None else self._crawl_row(record.source, record.number)
        if known is not None and known[1] == "open":
            return Receipt(name, "opened", self.token(), repeated=True)
        error = self._why_not_open(record, source)
        if error is not None:
            return Receipt(name, "refused", self.token(), errors=(error.to_dict(),))
        number = self._numbers["source"][record.source]
        for (older,) in self._write.execute(
            "SELECT id FROM crawl WHERE source = ? AND state = 'open'", (number,)
        ).fetchall():
            self._end_crawl(older, "cancelled")
        self._write.execute(
            "INSERT INTO crawl (source, number, state, prefixes, aspects, guard, events, high, opened)"
            " VALUES (?, ?, 'open', ?, ?, ?, 0, 0, ?)",
            (
                number,
                record.number,
                json.dumps(record.scope.prefixes),
                json.dumps(record.scope.aspects),
                record.guard,
                self.clock(),
            ),
        )
        return Receipt(name, "opened", self.token())

    def _why_not_open(self, record: CrawlOpen, source: Source | None) -> ClewError | None:
        if source is None:
            return BadInput(f"unknown source {record.source!r}", where="source", hint="Register it first")
        if source.retired or source.order != "crawl":
            return BadInput(
                f"the source {source.name!r} is {'retired' if source.retired else 'ordered by time'}", where="source"
            )
        last = self._write.execute(
            "SELECT max(number) FROM crawl WHERE source = ?", (self._numbers["source"][record.source],)
        ).fetchone()[0]
        if last is not None and record.number <= last:
            return BadInput(
                f"crawl {record.number} is not above the source's last, {last}",
                where="number",
                hint="Number a crawl by the microseconds at its open",
            )
        ahead = record.number - self.clock()
        if ahead > 5 * 60 * 1_000_000:
            return BadInput("the crawl's number lies in the future", where="number", hint="Set the sender's clock")
        for aspect in record.scope.aspects:
            if aspect not in self.registry.aspects:
                return BadInput(f"unknown aspect {aspect!r}", where="scope.aspects")
        if not record.scope.prefixes:
            return BadInput("a scope without prefixes covers nothing", where="scope.prefixes")
        return None

    def _crawl_row(self, source: str, number: int) -> Any:
        return self._write.execute(
            "SELECT id, state, prefixes, aspects, guard, events, high FROM crawl WHERE source = ? AND number = ?",
            (self._numbers["source"].get(source), number),
        ).fetchone()

    def _close_crawl(self, record: CrawlClose, forced: bool) -> Receipt:
        name = f"crawl.close {record.number}"
        row = self._crawl_row(record.source, record.number)
        if row is None:
            error = BadInput(f"the crawl {record.number} never opened", where="number")
            return Receipt(name, "refused", self.token(), errors=(error.to_dict(),))
        crawl, state, prefixes, aspects, guard, events, _ = row
        if state == "closed":
            return Receipt(name, "closed", self.token(), repeated=True)
        if state != "open" and not (forced and state == "parked"):
            error = BadInput(f"the crawl {record.number} is {state}: a newer one has opened", where="number")
            return Receipt(name, "refused", self.token(), errors=(error.to_dict(),))
        gone, scoped = self._unnamed(crawl, record, json.loads(prefixes), json.loads(aspects))
        reason = None if forced else _why_not_close(record, events, len(gone), scoped, guard)
        if reason is not None:
            return self._park_close(record, crawl, state, reason)
        seq = self._retract(record.source, gone, f"crawl {record.number}", record.number) if gone else None
        self._end_crawl(crawl, "closed")
        return Receipt(name, "closed", self.token(), seq, retracted=len(gone))

    def _park_close(self, record: CrawlClose, crawl: int, state: str, reason: ClewError) -> Receipt:
        errors = (reason.to_dict(),)
        name = f"crawl.close {record.number}"
        self._park(record.source, name, record.number, errors, record, self.clock())
        self._write.execute("UPDATE crawl SET state = 'parked' WHERE id = ?", (crawl,))
        return Receipt(name, "parked", self.token(), errors=errors)

    def _end_crawl(self, crawl: int, state: str) -> None:
        self._write.execute("UPDATE crawl SET state = ?, closed = ? WHERE id = ?", (state, self.clock(), crawl))
        self._write.execute("DELETE FROM crawl_named WHERE crawl = ?", (crawl,))

    def _unnamed(
        self, crawl: int, record: CrawlClose, prefixes: list[str], aspects: list[str]
    ) -> tuple[list[int], int]:
        """Return the live claims in scope that the crawl did not name, and how many are in scope."""
        numbers = [self._numbers["aspect"][each] for each in aspects if each in self._numbers["aspect"]]
        rows = self._write.execute(
            "SELECT c.id, c.mark, e.urn FROM claim c JOIN entity e ON e.id = c.entity WHERE c.source = ?"
            f" AND c.aspect IN ({marks(numbers)}) AND c.branch = {MAIN}"
            " AND (c.says IS NOT NULL OR c.denies IS NOT NULL) ORDER BY c.id",
            (self._numbers["source"][record.source], *numbers),
        ).fetchall()
        start = crawl_order(record.number, 0)
        named = self._pages(crawl)
        scoped = [(claim, mark) for claim, mark, urn in rows if urn.startswith(tuple(prefixes))]
        gone = [claim for claim, mark in scoped if mark < start and not _bit(named, claim)]
        return gone, len(scoped)

    def _pages(self, crawl: int) -> dict[int, bytes]:
        return dict(self._write.execute("SELECT page, bits FROM crawl_named WHERE crawl = ?", (crawl,)).fetchall())

    def _name_in_crawl(self, crawl: OpenCrawl, claims: Sequence[int]) -> None:
        """Set the bits of these claims in the crawl's set, a page at a time."""
        by_page: dict[int, list[int]] = {}
        for claim in claims:
            by_page.setdefault(claim // PAGE_KEYS, []).append(claim % PAGE_KEYS)
        for page, positions in by_page.items():
            row = self._write.execute(
                "SELECT bits FROM crawl_named WHERE crawl = ? AND page = ?", (crawl.id, page)
            ).fetchone()
            bits = bytearray(row[0]) if row else bytearray(PAGE_KEYS // 8)
            for position in positions:
                bits[position >> 3] |= 1 << (position & 7)
            self._write.execute(
                "INSERT OR REPLACE INTO crawl_named (crawl, page, bits) VALUES (?, ?, ?)", (crawl.id, page, bytes(bits))
            )

    def _retract(self, source: str, claims: Sequence[int], group: str, crawl: int | None) -> int:
        """Retract claims in one commit of their own; return its seq."""
        seq, now = self._next_commit(source, group, None, "retracted: not there any more", 0, MAIN)
        order = crawl_order(crawl, LAST_SEQUENCE) if crawl is not None else b""
        for n, claim in enumerate(claims):
            self._write.execute(
                "INSERT INTO fact (seq, n, claim, op, moved, observed, ord) VALUES (?, ?, ?, ?, 1, ?, ?)",
                (seq, n, claim, OPS["retract"], now, order),
            )
        for chunk in chunks(claims):
            self._write.execute(
                "UPDATE claim SET seq = ?, says = NULL, denies = NULL, says_hash = NULL, denies_hash = NULL,"
                f" observed = ?, mark = max(mark, ?) WHERE id IN ({marks(chunk)})",
                (seq, now, order, *chunk),
            )
        return seq

    def _next_commit(
        self, source: str, group: str, author: str | None, message: str | None, cause: int, branch: int
    ) -> tuple[int, int]:
        """Write the row of the next commit; return its seq and its time. Commit time never runs backwards."""
        self._state.seq += 1
        self._state.time = max(self._state.time, self.clock())
        self._write.execute(
            "INSERT INTO commits (seq, time, branch, source, grp, author, message, cause)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._state.seq,
                self._state.time,
                branch,
                self._numbers["source"][source],
                group,
                author,
                message,
                cause,
            ),
        )
        return self._state.seq, self._state.time

    # -- sources, parked groups, cursors, tokens

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._state.begin()
            self._write.execute("BEGIN IMMEDIATE")
            try:
                yield self._write
                self._write.execute("COMMIT")
            except BaseException:
                self._write.rollback()
                raise
            self._state.remember()
        with self._committed:
            self._committed.notify_all()

    def register(self, source: Source) -> Source:
        known = next((each for each in self.sources() if each.name == source.name), None)
        if known is not None:
            if known.order != source.order:
                raise Conflict(
                    f"the source {source.name!r} is ordered by {known.order}, and stays so",
                    hint="Use another name for another kind of source",
                )
            return known
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO source (name, ord, rank, door) VALUES (?, ?, ?, ?)",
                (source.name, source.order, source.rank, source.door),
            )
            self._numbers["source"].update(connection.execute("SELECT name, id FROM source").fetchall())
        return source

    def retire(self, name: str, author: str | None = None) -> Receipt:
        if name not in self._numbers["source"] or name in (STEWARD, DERIVED_SQL):
            raise NotFound(f"no source {name!r} to retire", hint="See clew source list")
        number = self._numbers["source"][name]
        with self._writing() as connection:
            rows = connection.execute(
                "SELECT id FROM claim WHERE source = ? AND (says IS NOT NULL OR denies IS NOT NULL)", (number,)
            ).fetchall()
            seq = self._retract(name, [row[0] for row in rows], "retired", None) if rows else None
            connection.execute("UPDATE source SET retired = 1 WHERE id = ?", (number,))
            connection.execute("UPDATE crawl SET state = 'cancelled' WHERE source = ? AND state = 'open'", (number,))
            token = self.token()
        return Receipt("retired", "accepted" if seq else "unchanged", token, seq, retracted=len(rows))

    def replay(self, parked: int) -> Receipt:
        body = self._one("SELECT body FROM parked WHERE id = ?", parked)
        if body is None:
            raise NotFound(f"nothing is parked under {parked}", hint="See clew doctor")
        record = msgspec.json.decode(payloads.unpack(body), type=Record)
        (receipt,) = self._commit_items([self._item(record, False, 0, replayed=parked)])
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
            self._write.close()
        with self._connections_lock:
            for connection in self._open_connections:
                connection.close()
            self._open_connections.clear()


def _why_not_close(record: CrawlClose, events: int, gone: int, scoped: int, guard: float) -> ClewError | None:
    if events != record.events:
        return BadInput(
            f"the crawl says it sent {record.events} events, {events} arrived",
            where="events",
            hint="Run the crawl again; nothing was retracted",
        )
    if scoped >= _GUARDED_FROM and gone > guard * scoped:
        return BadInput(
            f"closing would retract {gone} of {scoped} claims, more than the guard of {guard:.0%}",
            where="guard",
            hint="If they are really gone, replay the parked close; else look at the connector's scope and rights",
        )
    return None


def _bit(pages: dict[int, bytes], claim: int) -> bool:
    bits = pages.get(claim // PAGE_KEYS)
    position = claim % PAGE_KEYS
    return bits is not None and bool(bits[position >> 3] & 1 << (position & 7))


def _open_database(path: Path, synchronous: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA cache_size = -65536")
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _create(connection)
    (version,) = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if version > FORMAT:
        connection.close()
        raise BadInput(
            f"this home was written by a newer Clew (format {version}, this one knows {FORMAT})",
            where=str(path),
            hint="Upgrade Clew, or open a copy made before",
        )
    return connection


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?)",
        [("format", FORMAT), ("epoch", secrets.token_hex(4)), ("hash_key", secrets.token_bytes(32))],
    )
    connection.execute("COMMIT")


class _State:
    """What decisions read of the ledger, inside the running transaction; a `World`."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self._ledger = ledger
        self.seq = 0
        self.time = 0
        self._new_ids: dict[str, int] = {}

    def begin(self) -> None:
        self.seq, self.time = self._ledger._head, self._ledger._last_time
        self._new_ids.clear()

    def remember(self) -> None:
        self._ledger._remember(self._new_ids.items())
        self._ledger._last_time = self.time
        self._ledger._head = self.seq

    def source(self, name: str) -> Source | None:
        row = self._ledger._write.execute(
            "SELECT name, ord, rank, door, retired FROM source WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else Source(row[0], row[1], row[2], row[3], bool(row[4]))

    def id_of(self, urn: str) -> int:
        known = self._new_ids.get(urn) or self._ledger._ids.get(urn)
        if known is None:
            row = self._ledger._write.execute("SELECT id FROM entity WHERE urn = ?", (urn,)).fetchone()
            if row is None:
                return 0
            known = self._new_ids[urn] = row[0]
        return known

    def intern(self, urns: Sequence[str]) -> None:
        """Number every URN that has no number yet; a dataset stands before its columns."""
        for urn in urns:
            if self.id_of(urn):
                continue
            dataset = dataset_of(urn)
            parent = self.id_of(dataset) if dataset is not None else 0
            self._new_ids[urn] = self._ledger._write.execute(
                "INSERT INTO entity (urn, parent, tail) VALUES (?, ?, ?) RETURNING id", (urn, parent, tail_of(urn))
            ).fetchone()[0]

    def head_of(self, urn: str, aspect: str, source: str) -> Head:
        numbers = self._ledger._numbers
        entity = self.id_of(urn)
        if not entity or aspect not in numbers["aspect"]:
            return Head()
        row = self._ledger._write.execute(
            "SELECT id, seq, says, denies, says_hash, denies_hash, mark FROM claim"
            f" WHERE entity = ? AND aspect = ? AND source = ? AND branch = {MAIN}",
            (entity, numbers["aspect"][aspect], numbers["source"].get(source)),
        ).fetchone()
        return Head() if row is None else Head(row[0], row[1], row[2], row[3], row[4] or b"", row[5] or b"", row[6])

    def open_crawl(self, source: str) -> OpenCrawl | None:
        row = self._ledger._write.execute(
            "SELECT id, number, high FROM crawl WHERE source = ? AND state = 'open'",
            (self._ledger._numbers["source"].get(source),),
        ).fetchone()
        return None if row is None else OpenCrawl(*row)

    def crawl_state(self, source: str, number: int) -> str | None:
        row = self._ledger._crawl_row(source, number)
        return None if row is None else row[1]

    def covered_later(self, source: str, number: int, urn: str, aspect: str) -> bool:
        rows = self._ledger._write.execute(
            "SELECT prefixes, aspects FROM crawl WHERE source = ? AND number > ? AND state = 'closed'",
            (self._ledger._numbers["source"].get(source), number),
        ).fetchall()
        return any(
            aspect in json.loads(aspects) and urn.startswith(tuple(json.loads(prefixes))) for prefixes, aspects in rows
        )

    def named(self, crawl: OpenCrawl, claim: int) -> bool:
        row = self._ledger._write.execute(
            "SELECT bits FROM crawl_named WHERE crawl = ? AND page = ?", (crawl.id, claim // PAGE_KEYS)
        ).fetchone()
        return row is not None and _bit({claim // PAGE_KEYS: row[0]}, claim)

    def etag(self, urn: str, aspect: str) -> str:
        entity = self.id_of(urn)
        rows = self._ledger._claims_of(self._ledger._write, [entity], None) if entity else ()
        claims = [claim for _, name, claim in rows if name == aspect]
        return etag_of(resolve(claims, self._ledger.registry.get(aspect).resolution))

    def point_hash(self, urn: str, aspect: str, source: str, name: str, time: int, step: int) -> bytes | None:
        numbers = self._ledger._numbers
        row = self._ledger._write.execute(
            "SELECT hash FROM point WHERE entity = ? AND aspect = ? AND source = ? AND name = ? AND time = ?"
            " AND step = ?",
            (self.id_of(urn), numbers["aspect"].get(aspect), numbers["source"].get(source), name, time, step),
        ).fetchone()
        return None if row is None else row[0]


class _GroupWriter:
    """Writes what was decided for one group."""

    def __init__(
        self, ledger: SqliteLedger, state: _State, group: Group, prepared: PreparedGroup, outcome: Outcome, now: int
    ) -> None:
        self.ledger = ledger
        self.state = state
        self.group = group
        self.prepared = prepared
        self.outcome = outcome
        self.now = now
        self.source = ledger._numbers["source"][group.source]
        self.heads: dict[tuple[str, str], Head] = {}
        self.n = 0

    def write(self, cause: int) -> int | None:
        """Write facts, points and marks; return the commit's seq, or None when nothing changed."""
        seq = None
        if self.outcome.facts or self.outcome.points:
            self.state.intern(self.prepared.urns)
            seq, _ = self.ledger._next_commit(
                self.group.source, self.group.id, self.group.author, self.group.message, cause, MAIN
            )
        for fact in self.outcome.facts:
            self._write_fact(fact, seq or 0)
        for point in self.outcome.points:
            self._write_point(point, seq or 0)
        for event, _, order in self.outcome.marks:
            self._move_mark(event, order)
        crawl = self.state.open_crawl(self.group.source)
        if crawl is not None and self.outcome.named:
            self.ledger._name_in_crawl(crawl, self.outcome.named)
        return seq

    def _aspect(self, event: PreparedEvent) -> int:
        known = self.ledger._numbers["aspect"]
        name = event.aspect.name
        if name not in known:
            self.ledger._write.execute("INSERT OR IGNORE INTO aspect (name) VALUES (?)", (name,))
            row = self.ledger._write.execute("SELECT id FROM aspect WHERE name = ?", (name,)).fetchone()
            known[name] = row[0]
        return known[name]

    def _write_payload(self, event: PreparedEvent, seq: int) -> int:
        number = (seq << 20) + self.n
        self.ledger._write.execute(
            "INSERT INTO payload (id, version, body) VALUES (?, ?, ?)", (number, event.aspect.version, event.stored)
        )
        return number

    def _head(self, event: PreparedEvent, observed: int) -> Head:
        """Return the stored head of an event's claim, with a row of its own from now on."""
        key = (event.urn, event.aspect.name)
        if key in self.heads:
            return self.heads[key]
        aspect = self._aspect(event)
        head = self.state.head_of(*key, self.group.source)
        if not head.id:
            self.state.intern([event.urn])
            row = self.ledger._write.execute(
                "INSERT INTO claim (entity, aspect, source, branch, seq, observed, mark)"
                " VALUES (?, ?, ?, ?, 0, ?, x'') RETURNING id",
                (self.state.id_of(event.urn), aspect, self.source, MAIN, observed),
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
        self.ledger._write.execute(
            "INSERT INTO fact (seq, n, claim, op, moved, says, denies, observed, ord)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, self.n, before.id, OPS[event.op], int(fact.moved), says, denies, fact.observed, fact.order),
        )
        self.n += 1
        self.heads[event.urn, event.aspect.name] = before
        if fact.moved:
            self._move_head(event, before, says, denies, fact, seq)

    def _move_head(
        self, event: PreparedEvent, before: Head, says: int | None, denies: int | None, fact: NewFact, seq: int
    ) -> None:
        after = before._replace(
            seq=seq,
            says=says,
            denies=denies,
            says_hash=event.hash if event.op == "upsert" else (before.says_hash if says is not None else b""),
            denies_hash=event.hash if event.op == "deny" else (before.denies_hash if denies is not None else b""),
            mark=max(before.mark, fact.order),
        )
        self.ledger._write.execute(
            "UPDATE claim SET seq = ?, says = ?, denies = ?, says_hash = ?, denies_hash = ?, observed = ?, mark = ?"
            " WHERE id = ?",
            (seq, says, denies, after.says_hash, after.denies_hash, fact.observed, after.mark, after.id),
        )
        self.heads[event.urn, event.aspect.name] = after

    def _move_mark(self, event: PreparedEvent, order: bytes) -> None:
        head = self._head(event, self.now)
        self.ledger._write.execute("UPDATE claim SET mark = max(mark, ?) WHERE id = ?", (order, head.id))

    def _write_point(self, event: PreparedEvent, seq: int) -> None:
        payload = self._write_payload(event, seq)
        self.ledger._write.execute(
            "INSERT OR REPLACE INTO point (entity, aspect, source, name, time, step, seq, n, payload, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.state.id_of(event.urn),
                self._aspect(event),
                self.source,
                event.name,
                event.time,
                event.step,
                seq,
                self.n,
                payload,
                event.hash,
            ),
        )
        self.n += 1


__all__ = ["Scope", "SqliteLedger", "denials", "etag_of", "now_micros"]
