"""The embedded ledger's write side: one connection, the running transaction, and the numbers given in it."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from clew.ledger import dictionaries, sqlite_formats, sqlite_names
from clew.ledger.codes import MAIN, OPS
from clew.ledger.crawls import CrawlRow
from clew.ledger.decide import Head
from clew.ledger.dictionaries import NEWEST, Dictionary
from clew.ledger.sqlite_heads import HeadKey
from clew.ledger.sqlite_rows import WaitingRows
from clew.ledger.sqlite_tables import FORMAT, TABLES
from clew_schemas.errors import BadInput
from clew_schemas.urn import dataset_of

_CHUNK = 500
_CHECKPOINT = 32 << 20
"""Bytes in the WAL from which on they are brought into the database."""
_CACHE = 500_000
"""Names whose numbers are kept in memory; beyond that the cache starts anew."""


def chunks(values: Sequence[Any], size: int = _CHUNK) -> Iterator[Sequence[Any]]:
    """Yield slices of at most `size`; SQLite bounds how many parameters one statement takes."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def marks(values: Sequence[Any]) -> str:
    """Return as many question marks as there are values."""
    return ",".join("?" * len(values))


class SqliteStore:
    """What a transaction writes with. The ledger's lock is held by whoever uses it.

    `seq` and `time` run ahead inside a transaction and count only once it stands; so do the numbers of new names.
    """

    def __init__(self, path: Path, clock: Callable[[], int], synchronous: str) -> None:
        self.clock = clock
        self.connection = _open_database(path, synchronous)
        self.epoch: str = self._meta("epoch")
        self.hash_key: bytes = self._meta("hash_key")
        self.seq, self.time = self._last()
        self.moves = 0
        """Counts up when a transaction first moves a head and when it has ended: who reads it and then the heads knows
        that they stand as long as it is the same."""
        self._numbers: dict[str, dict[str, int]] = {"aspect": {}, "source": {}}
        self._new_ids: dict[str, int] = {}
        self._absent: set[str] = set()
        """Names that have no number, as far as the running transaction has looked."""
        self._ids: dict[str, int] = {}
        self._last_entity, self._last_claim = self._last_ids()
        self._entered: int = self._meta("called")
        self.born: set[int] = set()
        """Entities of the running transaction of which the database has nothing yet."""
        self.heads: dict[HeadKey, Head] = {}
        """Heads as the running transaction has read or moved them."""
        self.looked: set[tuple[int, int]] = set()
        """Sources and entities, of whose claims the running transaction has all heads that there are."""
        self.open_crawls: dict[str, CrawlRow | None] = {}
        """The open crawl of a source, as the running transaction knows it."""
        self.rows = WaitingRows()

    def _meta(self, key: str) -> Any:
        return _meta(self.connection, key)

    def _last(self) -> tuple[int, int]:
        seq, time = self.connection.execute(
            "SELECT coalesce(max(seq), 0), coalesce(max(time), 0) FROM commits"
        ).fetchone()
        return seq, time

    def _last_ids(self) -> tuple[int, int]:
        entity, claim = self.connection.execute(
            "SELECT (SELECT coalesce(max(id), 0) FROM entity), (SELECT coalesce(max(id), 0) FROM claim)"
        ).fetchone()
        return entity, claim

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run one transaction: all of it stands afterwards, or nothing, and then nothing is remembered."""
        before = self.seq, self.time, self._last_entity, self._last_claim
        self._new_ids.clear()
        self._absent.clear()
        self.born.clear()
        self.heads.clear()
        self.looked.clear()
        self.open_crawls.clear()
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.flush()
            entered = self._entered
            if self._last_entity - entered >= sqlite_names.ENTERED:
                entered = sqlite_names.enter(self.connection)
            self.connection.execute("COMMIT")
            self._entered = entered
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.seq, self.time, self._last_entity, self._last_claim = before
            self.rows.forget()
            self._new_ids.clear()
            for known in self._numbers.values():
                known.clear()
            raise
        finally:
            self.moves += self.moves % 2
        if len(self._ids) > _CACHE:
            self._ids.clear()
        self._ids.update(self._new_ids)

    def flush(self) -> None:
        """Write the rows that wait, so that the transaction's own statements see them."""
        self.rows.write(self.connection)
        self.born.clear()

    @property
    def token(self) -> str:
        """The token of the position that the running transaction has reached."""
        return f"{self.epoch}-{self.seq}"

    def number(self, table: Literal["aspect", "source"], name: str) -> int:
        """Return the number of an aspect or source, 0 for one that has none."""
        known = self._numbers[table]
        if name not in known:
            row = self.connection.execute(f"SELECT id FROM {table} WHERE name = ?", (name,)).fetchone()
            if row is None:
                return 0
            known[name] = row[0]
        return known[name]

    def aspect_number(self, name: str) -> int:
        """Return the number of an aspect, giving it one if it has none."""
        known = self.number("aspect", name)
        if known:
            return known
        self.connection.execute("INSERT INTO aspect (name) VALUES (?)", (name,))
        return self.number("aspect", name)

    def id_of(self, urn: str) -> int:
        """Return the id of an entity, 0 when nobody ever named it."""
        known = self._ids.get(urn) or self._new_ids.get(urn)
        if known is None:
            self.look_up((urn,))
            known = self._new_ids.get(urn, 0)
        return known

    def look_up(self, urns: Iterable[str]) -> list[str]:
        """Learn the ids of these URNs in one go; return those that have none."""
        unknown = [urn for urn in urns if urn not in self._ids and urn not in self._new_ids]
        unseen = [urn for urn in unknown if urn not in self._absent]
        if unseen:
            self._new_ids.update(sqlite_names.find(self.connection, unseen, ChainMap(self._ids, self._new_ids)))
            self._absent.update(urn for urn in unseen if urn not in self._new_ids)
        return [urn for urn in unknown if urn not in self._new_ids]

    def intern(self, urns: Sequence[str]) -> None:
        """Number every URN that has no number yet. A dataset comes before its columns in `urns`."""
        for urn in self.look_up(urns):
            if urn in self._new_ids:
                continue  # it stands twice among them
            dataset = dataset_of(urn)
            parent = self.id_of(dataset) if dataset is not None else 0
            self._last_entity += 1
            self._new_ids[urn] = self._last_entity
            self.born.add(self._last_entity)
            self.rows.add("entity", sqlite_names.row(self._last_entity, urn, parent))

    def move(self, key: HeadKey, head: Head) -> None:
        """Put a head in the place of the one that was."""
        self.moves += 1 - self.moves % 2
        self.heads[key] = head

    def next_claim(self) -> int:
        """Return the number of a new claim."""
        self._last_claim += 1
        return self._last_claim

    def next_commit(
        self, source: str, group: str, author: str | None = None, message: str | None = None, cause: int = 0
    ) -> tuple[int, int]:
        """Write the row of the next commit; return its seq and its time. Commit time never runs backwards."""
        self.seq += 1
        self.time = max(self.time, self.clock())
        self.rows.add(
            "commits", (self.seq, self.time, MAIN, self.number("source", source), group, author, message, cause)
        )
        return self.seq, self.time

    def retract(self, source: str, claims: Sequence[int], group: str, order: bytes) -> int:
        """Retract claims in one commit of their own; return its seq. Their marks rise to `order`."""
        self.flush()
        self.moves += 1 - self.moves % 2
        self.heads.clear()
        self.looked.clear()
        seq, now = self.next_commit(source, group, message="retracted: not there any more")
        self.connection.executemany(
            "INSERT INTO fact (seq, n, claim, op, moved, observed, ord) VALUES (?, ?, ?, ?, 1, ?, ?)",
            ((seq, n, claim, OPS["retract"], now, order) for n, claim in enumerate(claims)),
        )
        for chunk in chunks(claims):
            self.connection.execute(
                "UPDATE claim SET seq = ?, says = NULL, denies = NULL, says_hash = NULL, denies_hash = NULL,"
                f" observed = ?, mark = max(mark, ?) WHERE id IN ({marks(chunk)})",
                (seq, now, order, *chunk),
            )
        return seq

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _open_database(path: Path, synchronous: str) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA page_size = 4096")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT // _page_size(connection)}")
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _create(connection)
    version = _meta(connection, "format")
    if version > FORMAT:
        connection.close()
        raise BadInput(
            f"this home was written by a newer Clew (format {version}, this one knows {FORMAT})",
            where=str(path),
            hint="Upgrade Clew, or open a copy made before",
        )
    if version < FORMAT:
        sqlite_formats.bring_up(connection)
    for row in connection.execute("SELECT id, hash, body FROM dictionary"):
        dictionaries.check(Dictionary(*row))
    return connection


def _page_size(connection: sqlite3.Connection) -> int:
    """Return the size of the file's pages: one that was begun earlier has larger ones."""
    size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return size


def _meta(connection: sqlite3.Connection, key: str) -> Any:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise sqlite3.DatabaseError(f"it does not say its {key}")
    return row[0]


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?)",
        [("format", FORMAT), ("epoch", secrets.token_hex(4)), ("hash_key", secrets.token_bytes(32)), ("called", 0)],
    )
    sqlite_formats.keep(connection, dictionaries.carried(NEWEST))
    connection.execute("COMMIT")
