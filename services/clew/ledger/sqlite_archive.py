"""The embedded ledger as a whole: held for an archive, filled from one, copied while it is written, taken over."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from clew.ledger import sqlite_names
from clew.ledger.archive import Archive, Member, Row
from clew.ledger.clock import now_micros
from clew.ledger.payloads import dictionary_of
from clew.ledger.port import DERIVED, STEWARD
from clew.ledger.sqlite_check import damages
from clew.ledger.sqlite_store import SqliteStore
from clew.ledger.standing import HeadRow, heads_digest
from clew_schemas.errors import Conflict, Damaged, Unreachable
from clew_schemas.registry import Registry

HEADS = (
    "SELECT b.name, e.urn, a.name, s.name, ps.version, ps.body, pd.version, pd.body FROM claim c"
    " JOIN branch b ON b.id = c.branch JOIN named e ON e.id = c.entity JOIN aspect a ON a.id = c.aspect"
    " JOIN source s ON s.id = c.source LEFT JOIN payload ps ON ps.id = c.says"
    " LEFT JOIN payload pd ON pd.id = c.denies WHERE c.says IS NOT NULL OR c.denies IS NOT NULL"
)
_FILLED = ("entity", "commits", "payload", "claim", "fact", "point", "receipt", "crawl", "parked")
_PRESET = ("branch", "aspect", "source", "cursor")


def digest_of_heads(connection: sqlite3.Connection, registry: Registry) -> str:
    """Return the SHA-256 of the live claims that `connection` sees."""
    return heads_digest(map(_as_head, connection.execute(HEADS)), registry)


def _as_head(row: Row) -> HeadRow:
    said, denied = (None if row[at + 1] is None else (row[at], row[at + 1]) for at in (4, 6))
    return (row[0], row[1], row[2], row[3], said, denied)


class SqliteSnapshot:
    """A read transaction on a connection of its own; see `Snapshot`. The write-ahead log is kept until it ends."""

    def __init__(self, connection: sqlite3.Connection, registry: Registry) -> None:
        self._connection = connection
        self.registry = registry
        self.epoch: str = self._meta("epoch")
        self.hash_key: bytes = self._meta("hash_key")
        self.head: int = connection.execute("SELECT coalesce(max(seq), 0) FROM commits").fetchone()[0]

    def _meta(self, key: str) -> Any:
        return self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0]

    def rows(self, member: Member) -> Iterator[Row]:
        table = "named" if member.name == "entity" else member.name
        return self._connection.execute(
            f"SELECT {', '.join(member.columns)} FROM {table} ORDER BY {', '.join(member.key)}"
        )

    def heads_digest(self) -> str:
        return digest_of_heads(self._connection, self.registry)


@contextmanager
def held(path: Path, registry: Registry) -> Iterator[SqliteSnapshot]:
    """Hold the ledger in `path` as it is now."""
    with closing(_reader(path)) as connection:
        connection.execute("BEGIN")
        yield SqliteSnapshot(connection, registry)


def copy(path: Path, target: Path) -> None:
    """Copy the ledger in `path` to the new file `target`, as of one commit; whoever writes goes on writing.

    SQLite's online backup from a reader's snapshot, in one step. Raises Unreachable when the target can't be written.
    """
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    try:
        with closing(_reader(path)) as source, closing(sqlite3.connect(target)) as into:
            source.backup(into)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise Unreachable(f"the copy can't be written: {error}", where=str(target), hint="Check disk space") from error


def take_over(path: Path) -> str:
    """Check the copied ledger in `path` to the last byte and give it a new epoch, which is returned.

    Raises Damaged when something is not as it was written, BadInput for a newer Clew's.
    """
    try:
        with closing(SqliteStore(path, now_micros, "FULL")) as store:
            found = damages(store.connection, store.hash_key)
            if found:
                raise Damaged(f"the copy is damaged: {found[0]}", where=str(path), hint="Take another backup")
            epoch = renew_epoch(store.connection)
            store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise Unreachable(f"the copy can't be opened: {error}", where=str(path)) from error
    except sqlite3.DatabaseError as error:
        raise Damaged(f"the copy is damaged: {error}", where=str(path), hint="Take another backup") from error
    return epoch


def fill(store: SqliteStore, archive: Archive, registry: Registry, learn: Callable[[sqlite3.Connection], int]) -> str:
    """Fill an empty ledger from `archive` in one transaction; return its new epoch. The ledger's lock is held."""
    connection = store.connection
    with store.transaction():
        _check_empty(connection)
        for name in _PRESET:
            connection.execute(f"DELETE FROM {name}")
        for member, rows in archive.members():
            _insert(connection, member, rows)
        sqlite_names.enter(connection)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'hash_key'", (archive.header.hash_key,))
        learn(connection)
        archive.check(lambda: digest_of_heads(connection, registry), registry)
        return renew_epoch(connection)


def _check_empty(connection: sqlite3.Connection) -> None:
    for name in _FILLED:
        if connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone():
            raise not_empty(f"it has rows of {name}")
    for (name,) in connection.execute("SELECT name FROM source"):
        if name != STEWARD and not name.startswith(DERIVED):
            raise not_empty(f"it knows the source {name}")


def not_empty(why: str) -> Conflict:
    """Return the refusal of a ledger that holds something."""
    return Conflict(
        f"an archive goes into an empty ledger only: {why}",
        hint="Name another home (CLEW_HOME) or another database (CLEW_LEDGER)",
    )


def _insert(connection: sqlite3.Connection, member: Member, rows: Iterator[Row]) -> None:
    columns = list(member.columns)
    if member.name == "payload":
        columns.append("dict_id")
        rows = ((*row, dictionary_of(row[-1])) for row in rows)
    sql = f"INSERT INTO {member.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    if member.name == "entity":
        sql, rows = sqlite_names.INSERT, sqlite_names.compact(rows)
    try:
        connection.executemany(sql, rows)
    except (sqlite3.IntegrityError, OverflowError) as error:
        raise Damaged(f"the archive does not hold together: {error}", where=f"the member {member.name}") from error


def renew_epoch(connection: sqlite3.Connection) -> str:
    epoch = secrets.token_hex(4)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
    return epoch


def _reader(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA query_only = 1")
    return connection
