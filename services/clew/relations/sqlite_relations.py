"""The relations in SQLite: a database of their own beside the ledger, written by the follower, asked read-only.

A rebuild draws a new file beside; `current` names the one in force, and is replaced as a whole. Nothing here is the
truth: the file needs no fsync a commit, it can be drawn again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from clew.errors import BadInput, Damaged, Locked, TooLarge, Unreachable
from clew.relations import writing
from clew.relations.places import place_of_word
from clew.relations.port import (
    MAX_PARAMETERS,
    Bounds,
    KeyRows,
    NodeRow,
    Position,
    RelationsChange,
    Row,
    Selected,
    Stop,
    Value,
)
from clew.relations.tables import FORMAT, definitions

_CURRENT = "current"
_AT_ONCE = 4
"""Queries of people that run at the same time; more wait for a moment, and are refused then."""
_PATIENCE = 5.0
_LONGEST_VALUE = 4_000_000
_LONGEST_PATTERN = 300
"""Bytes of a LIKE pattern: matching one value can't be interrupted."""
_STEPS = 20_000
"""Instructions of SQLite's machine between two looks at the clock."""

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_FORBIDDEN_FUNCTIONS = frozenset(
    {"load_extension", "fts3_tokenizer", "writefile", "readfile", "edit", "printf", "format", "zeroblob", "randomblob"}
)


class SqliteRelations:
    """See `Relations`."""

    name = "sqlite relations"
    dialect = "sqlite"

    def __init__(self, folder: Path, file: Path, damaged: str | None = None) -> None:
        self.damaged = damaged
        self._folder = folder
        self._file = file
        self._asking = threading.BoundedSemaphore(_AT_ONCE)
        self._writing_lock = threading.Lock()
        self._connection = _opened(file)
        with _translated(file):
            self._position = self._read_position(self._connection)

    @classmethod
    def open(cls, folder: Path) -> SqliteRelations:
        """Open what `folder` holds. What does not read back, or is of another format, is replaced by an empty one."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            file = folder / (folder / _CURRENT).read_text().strip()
        except FileNotFoundError:
            return cls._started(folder)
        except ValueError as error:
            return cls._started(folder, damaged=f"{_CURRENT} does not read back: {error}")
        try:
            if not file.is_file():
                raise Damaged(f"{file.name} is missing", where=str(folder))
            found = cls(folder, file)
        except (Damaged, sqlite3.Error, OSError, ValueError) as error:
            return cls._started(folder, damaged=str(error))
        _clear(folder, file)
        return found

    @classmethod
    def _started(cls, folder: Path, damaged: str | None = None) -> SqliteRelations:
        made = cls._made(folder, damaged)
        made.promote()
        _clear(folder, made._file)
        return made

    @classmethod
    def _made(cls, folder: Path, damaged: str | None = None) -> SqliteRelations:
        file = folder / f"relations-{time.time_ns()}.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN")
            for statement in definitions("sqlite"):
                connection.execute(statement)
            connection.execute("COMMIT")
        return cls(folder, file, damaged)

    @classmethod
    def join(cls, folder: Path) -> SqliteRelations:
        """Write the relations that another process has opened and reads. Raises Damaged when there are none."""
        try:
            return cls(folder, folder / (folder / _CURRENT).read_text().strip())
        except (OSError, ValueError) as error:
            raise Damaged(f"the relations do not read back: {error}", where=str(folder)) from error

    # -- drawing

    def position(self) -> Position:
        return self._position

    def _read_position(self, connection: sqlite3.Connection) -> Position:
        form, epoch, seq = connection.execute("SELECT format, epoch, seq FROM stored_position").fetchone()
        if form != FORMAT:
            raise Damaged(f"format {form}, this Clew draws {FORMAT}", where=str(self._file))
        return Position(epoch, seq)

    def apply(self, epoch: str, change: RelationsChange) -> None:
        if self._position.seq and self._position.epoch != epoch:
            raise ValueError(f"relations of epoch {self._position.epoch} take no commits of {epoch}")
        with self._writing() as store:
            if change.seq <= self._position.seq:
                return
            writing.write_nodes(store, change.nodes)
            writing.write_items(store, change.keys)
            writing.write_logs(store, change.logs)
            store.write("UPDATE stored_position SET epoch = ?, seq = ?", [(epoch, change.seq)])
        self._position = Position(epoch, change.seq)

    def mend_items(self, nodes: Sequence[NodeRow], keys: Sequence[KeyRows]) -> None:
        with self._writing() as store:
            writing.respell_nodes(store, nodes)
            writing.write_items(store, keys)

    def mend_logs(self, first: int, last: int, logs: Mapping[str, Sequence[Row]]) -> None:
        with self._writing() as store:
            writing.clear_logs(store, first, last)
            writing.write_logs(store, logs)

    def items_of(self, entities: Sequence[int]) -> dict[str, list[Row]]:
        with self._reading() as store:
            return writing.read_items(store, entities)

    def entities(self) -> Iterable[int]:
        with self._reading() as store:
            return writing.read_entities(store)

    def logs_between(self, first: int, last: int) -> dict[str, list[Row]]:
        with self._reading() as store:
            return writing.read_logs(store, first, last)

    @contextmanager
    def _writing(self) -> Iterator[_SqliteStore]:
        with self._writing_lock, _translated(self._file):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield _SqliteStore(self._connection)
            except BaseException:
                if self._connection.in_transaction:  # on a full disk SQLite has rolled back
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[_SqliteStore]:
        with _translated(self._file), closing(self._read_only()) as connection:
            yield _SqliteStore(connection)

    def _read_only(self) -> sqlite3.Connection:
        uri = f"{self._file.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
        connection.execute("PRAGMA query_only = 1")
        return connection

    # -- asking

    def select(self, text: str, parameters: Mapping[str, Value], bounds: Bounds, stop: Stop | None = None) -> Selected:
        if not self._asking.acquire(timeout=_PATIENCE):
            raise Locked(f"{_AT_ONCE} queries run already", where="query", hint="Ask again in a moment")
        try:
            with closing(self._read_only()) as connection, (stop or Stop()).ending(connection.interrupt):
                return self._select(connection, text, parameters, bounds, stop)
        finally:
            self._asking.release()

    def _select(
        self,
        connection: sqlite3.Connection,
        text: str,
        parameters: Mapping[str, Value],
        bounds: Bounds,
        stop: Stop | None,
    ) -> Selected:
        _bound(connection)
        end = time.monotonic() + bounds.seconds
        connection.execute("BEGIN")
        position = self._read_position(connection)
        connection.set_authorizer(_authorised)
        connection.set_progress_handler(
            lambda: int(time.monotonic() > end or (stop is not None and stop.stopped)), _STEPS
        )
        try:
            cursor = connection.execute(text, dict(parameters))
            names = tuple(each[0] for each in cursor.description or ())
            rows, cut = _taken(cursor, bounds)
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise _said(error, text, stop, bounds) from None
        return Selected(names, rows, cut, position)

    # -- lent to another process

    def release(self) -> None:
        """Let another process write: nothing stands in its way."""

    def refresh(self) -> None:
        """See how far another process has come."""
        with self._writing_lock, _translated(self._file):
            self._position = self._read_position(self._connection)

    def take_back(self) -> None:
        """See how far another process, which has ended, has come."""
        self.refresh()

    # -- standing beside

    def fresh(self) -> SqliteRelations:
        return self._made(self._folder)

    def promote(self) -> None:
        temporary = self._folder / f"{_CURRENT}.new"
        temporary.write_text(self._file.name)
        temporary.replace(self._folder / _CURRENT)

    def close(self) -> None:
        with self._writing_lock:
            self._connection.close()


class _SqliteStore:
    """See `writing.Store`."""

    mark = "?"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self, sql: str, values: Sequence[Any]) -> list[Row]:
        return self._connection.execute(sql, tuple(values)).fetchall()

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    return connection


def _bound(connection: sqlite3.Connection) -> None:
    """Bound what one query may use: long values, deep expressions, sorting in memory; LIKE as PostgreSQL has it."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _LONGEST_PATTERN)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, MAX_PARAMETERS)
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute("PRAGMA cache_size = -8000")
    connection.execute("PRAGMA case_sensitive_like = ON")


def _authorised(action: int, first: str | None, second: str | None, database: str | None, inside: str | None) -> int:
    if action not in _ALLOWED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_READ and (first or "").startswith("sqlite_"):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").casefold() in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _taken(cursor: sqlite3.Cursor, bounds: Bounds) -> tuple[list[Row], str | None]:
    """Return the rows, and which bound ended them, None when all came."""
    rows: list[Row] = []
    size = 0
    for row in cursor:
        if len(rows) >= bounds.rows:
            return rows, "rows"
        size += sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
        if size > bounds.bytes:
            return rows, "bytes"
        rows.append(tuple(value.hex() if isinstance(value, bytes) else value for value in row))
    return rows, None


def _said(error: Exception, text: str, stop: Stop | None, bounds: Bounds) -> Exception:
    said = str(error)
    if isinstance(error, sqlite3.OperationalError) and "interrupt" in said:
        if stop is not None and stop.stopped:
            return BadInput("the query was stopped", where="query")
        return TooLarge(
            f"the query takes longer than {bounds.seconds:g} s", where="query", hint="Ask for less: WHERE, or a depth"
        )
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in said or "not a database" in said):
        return Damaged(f"the relations do not read back: {said}", where="relations", hint="clew rebuild relations")
    word = said.rpartition(":")[2].strip() if said.startswith("no such") else said.partition('"')[2].partition('"')[0]
    word = word.rpartition(".")[2]
    place = place_of_word(text, word) if word else "query"
    return BadInput(f"SQLite refuses the query: {said[:300]}", where=place, hint="docs/sql.md describes the relations")


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Locked(f"the relations are locked: {error}", where=str(file), hint="Try again") from error
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            hint = "Make room on the disk; it is tried again"
            raise Unreachable(f"the relations can't be written: {error}", where=str(file), hint=hint) from error
        raise Damaged(
            f"the relations can't be used: {error}", where=str(file), hint="clew rebuild relations"
        ) from error
    except sqlite3.DatabaseError as error:
        raise Damaged(
            f"the relations do not read back: {error}", where=str(file), hint="clew rebuild relations"
        ) from error


def _clear(folder: Path, current: Path) -> None:
    """Take away what an earlier rebuild left: nobody else has this home open."""
    for path in folder.glob("relations-*"):
        if not path.name.startswith(current.name):
            path.unlink(missing_ok=True)  # what a closing connection clears away itself
