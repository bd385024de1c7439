"""Talks to SQLite: opens the file read-only, waits for its writer, reads the catalog, counts rows, measures tables."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clew_connectors.nameable import unnameable
from clew_connectors.port import Discovery, ReadWarning, State
from clew_connectors.sqlite.config import SQLiteConfig
from clew_connectors.sqlite.records import Column, Database, ForeignKey, Index, Item, Table, View
from clew_connectors.sqlite.translate import scope
from clew_schemas.errors import BadInput, ClewError, Locked, NotFound, Unreachable

HEADER = b"SQLite format 3\x00"
"""The first bytes of every database: https://www.sqlite.org/fileformat2.html#the_database_header."""
MEASURED_UP_TO = 256 * 1024 * 1024
"""Bytes of the largest database whose tables are measured: SQLite reads every page for it."""
OLDEST = (3, 37)
"""The first SQLite that lists tables with their sort."""

HIDDEN = 1
"""What `table_xinfo` says of a virtual table's columns that `*` leaves out."""

_GENERATED = {2: "virtual", 3: "stored"}
_GENERATED_ALWAYS = re.compile(r"\s*GENERATED ALWAYS\s*$", re.IGNORECASE)
_MODULE = re.compile(r"\bUSING\s+(\"[^\"]+\"|\[[^]]+\]|`[^`]+`|'[^']+'|\w+)", re.IGNORECASE)

RELATIONS = """
SELECT list.name, list.type, list.wr, list.strict, kept.sql
FROM pragma_table_list AS list JOIN sqlite_schema AS kept ON kept.name = list.name AND kept.type IN ('table', 'view')
WHERE list.schema = 'main' AND list.type != 'shadow' AND substr(list.name, 1, 7) != 'sqlite_' ORDER BY list.name
"""
COLUMNS = "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?, 'main') ORDER BY cid"
FOREIGN_KEYS = """
SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?, 'main') ORDER BY id, seq
"""
INDEXES = """
SELECT name, "unique", partial FROM pragma_index_list(?, 'main') WHERE origin = 'c' ORDER BY name
"""
INDEXED = "SELECT name FROM pragma_index_xinfo(?, 'main') WHERE key ORDER BY seqno"
SIZES = "SELECT name, pgsize FROM dbstat('main', 1)"


@dataclass(frozen=True, slots=True)
class _Relation:
    """A line of SQLite's catalog; `columns` are empty where SQLite can't say them, with its reason in `silent`."""

    name: str
    sort: str
    without_rowid: bool
    strict: bool
    sql: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    silent: str | None


def check(config: SQLiteConfig) -> list[ClewError]:
    """Open the file once and read its list of tables."""
    try:
        with _opened(config) as connection:
            connection.execute(RELATIONS).fetchall()
    except ClewError as error:
        return [error]
    return []


def discover(config: SQLiteConfig) -> Discovery:
    """Count what the catalog lists."""
    with _opened(config) as connection:
        sorts = [sort for _, sort, *_ in connection.execute(RELATIONS)]
    views = sorts.count("view")
    return Discovery(scope(config.home), {"tables": len(sorts) - views, "views": views})


def read(config: SQLiteConfig, state: State | None = None) -> Iterator[Item | ReadWarning]:
    """Yield the database, then tables and views by name, all as of one moment. Keeps no state.

    The file is let go before the first record comes, so that no writer waits for who takes the records.
    """
    with _opened(config) as connection:
        items = list(_items(config, connection))
    yield from items


def _items(config: SQLiteConfig, connection: sqlite3.Connection) -> Iterator[Item | ReadWarning]:
    yield Database(config.home, str(_one(connection, "PRAGMA encoding")))
    relations = {each.name.casefold(): each for each in _relations(connection)}
    sizes, measured = _sizes(connection), _written(config.path)
    for each in relations.values():
        keys = _foreign_keys(connection, each, relations)
        parts = (each.name, *(column.name for column in each.columns), *(key.table for key in keys))
        odd = unnameable(parts) or next((part for part in parts if "\ufffd" in part), None)
        if odd is not None:
            yield ReadWarning(
                f"left out: the name {odd!r} holds a control character or is not UTF-8",
                where=str(config.path),
                hint="Rename it in SQLite",
            )
            continue
        if each.sort == "view":
            yield _view(config, each, relations)
            continue
        if each.silent is not None:
            yield ReadWarning(
                f"the columns of {each.name!r} are not known: {each.silent}",
                where=str(config.path),
                hint="A virtual table is described by its module, which this SQLite does not have",
            )
        yield Table(
            config.home,
            each.name,
            each.columns,
            each.primary_key,
            keys,
            _indexes(connection, each),
            measured,
            each.without_rowid,
            each.strict,
            _module(each.sql) if each.sort == "virtual" else None,
            _count(connection, each, config.count_up_to),
            sizes.get(each.name),
        )


def _view(config: SQLiteConfig, view: _Relation, relations: dict[str, _Relation]) -> View:
    text = view.sql.casefold()
    dotted = (each.name for folded, each in relations.items() if "." in folded and folded in text and each != view)
    return View(
        config.home, view.name, view.columns, view.sql, tuple(name for name in dotted if not unnameable([name]))
    )


@contextmanager
def _opened(config: SQLiteConfig) -> Iterator[sqlite3.Connection]:
    """Open the file read-only and hold one state of it until the block ends."""
    path = config.path
    _check_file(path)
    connection: sqlite3.Connection | None = None
    try:
        connection = _connect(path, config.lock_timeout)
        yield connection
    except sqlite3.Error as error:
        raise _translated(error, path) from error
    finally:
        if connection is not None:
            connection.close()


def _connect(path: Path, timeout: float) -> sqlite3.Connection:
    """Connect and begin a transaction.

    A database in WAL mode in a folder that can't be written to can't be opened in the plain way; without a log it does
    not change, and is opened as such.
    """
    log = path.with_name(path.name + "-wal")
    try:
        return _begun(f"{path.as_uri()}?mode=ro", timeout)
    except sqlite3.OperationalError:
        if not _is_wal(path) or (log.exists() and log.stat().st_size):
            raise
        return _begun(f"{path.as_uri()}?mode=ro&immutable=1", timeout)


def _is_wal(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(20)[18:] == b"\x02\x02"


def _begun(uri: str, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, timeout=timeout, uri=True, isolation_level=None, cached_statements=0)
    try:
        connection.text_factory = lambda text: text.decode(errors="replace")
        for statement in ("PRAGMA query_only = 1", "PRAGMA trusted_schema = 0", "BEGIN"):
            connection.execute(statement)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _check_file(path: Path) -> None:
    """Raise for what SQLite would not name, or would take for an empty database."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise BadInput(
            f"this Python has SQLite {sqlite3.sqlite_version}", where=str(path), hint="SQLite 3.37 or newer is needed"
        )
    try:
        with path.open("rb") as file:
            start = file.read(len(HEADER))
    except FileNotFoundError as error:
        raise NotFound("there is no such SQLite file", where=str(path), hint=_ABOUT_PATH) from error
    except IsADirectoryError as error:
        raise BadInput("this is a folder, not a SQLite database file", where=str(path), hint=_ABOUT_PATH) from error
    except OSError as error:
        raise Unreachable(f"the file can't be opened: {error.strerror}", where=str(path), hint=_ABOUT_PATH) from error
    if not start:
        raise BadInput("the file is empty, no SQLite database", where=str(path), hint=_ABOUT_PATH)
    if start != HEADER:
        raise BadInput(
            "this is not a SQLite database file, or an encrypted one",
            where=str(path),
            hint="Check `database` in the recipe; of an encrypted database, point it at a decrypted copy",
        )


_ABOUT_PATH = "Check `database` in the recipe"


def _translated(error: sqlite3.Error, path: Path) -> ClewError:
    """Return a driver's error in words of ours."""
    said = str(error)
    if "locked" in said or "busy" in said:
        return Locked(
            "the SQLite file is locked: somebody is writing to it",
            where=str(path),
            hint="Crawl when the writer is done, or raise `lock_timeout`",
        )
    if "not a database" in said:
        return BadInput("this is not a SQLite database file, or an encrypted one", where=str(path), hint=_ABOUT_PATH)
    if "malformed" in said or "unsupported file format" in said or "disk I/O error" in said:
        return BadInput(f"the file is damaged: {said}", where=str(path), hint="Restore it from a copy")
    return Unreachable(f"SQLite gave up reading: {said}", where=str(path), hint="Can this user read the file?")


def _relations(connection: sqlite3.Connection) -> Iterator[_Relation]:
    for name, sort, without_rowid, strict, sql in connection.execute(RELATIONS).fetchall():
        try:
            rows, silent = connection.execute(COLUMNS, [name]).fetchall(), None
        except sqlite3.OperationalError as error:
            # of a view that reads what is gone, and of a virtual table whose module is not there
            rows, silent = [], str(error)
        keys = [row for row in sorted(rows, key=lambda row: int(row[3])) if row[3]]
        # the one INTEGER key of a table is its row number, which is never null
        number = keys[0][0] if len(keys) == 1 and keys[0][1].upper() == "INTEGER" else None
        yield _Relation(
            name,
            sort,
            bool(without_rowid),
            bool(strict),
            sql or "",
            tuple(_column(*row, row_number=row[0] == number) for row in rows if row[4] != HIDDEN),
            tuple(row[0] for row in keys),
            silent,
        )


def _column(name: str, kind: str, not_null: int, key: int, hidden: int, *, row_number: bool) -> Column:
    declared = _GENERATED_ALWAYS.sub("", kind) or None
    generated: Any = _GENERATED.get(hidden)
    return Column(name, declared, not (not_null or row_number), generated)


def _foreign_keys(
    connection: sqlite3.Connection, relation: _Relation, relations: dict[str, _Relation]
) -> tuple[ForeignKey, ...]:
    """Return the keys in the order of their declaration; a key that names no columns means the other's primary key."""
    if relation.sort == "view":
        return ()
    found: dict[int, list[tuple[str, str, str | None]]] = {}
    for number, table, column, referenced in connection.execute(FOREIGN_KEYS, [relation.name]):
        found.setdefault(number, []).append((table, column, referenced))
    return tuple(_foreign_key(found[number], relations) for number in sorted(found, reverse=True))


def _foreign_key(parts: list[tuple[str, str, str | None]], relations: dict[str, _Relation]) -> ForeignKey:
    other = relations.get(parts[0][0].casefold())
    spelt = {column.name.casefold(): column.name for column in other.columns} if other else {}
    named = [referenced for *_, referenced in parts if referenced is not None]
    referenced = tuple(spelt.get(name.casefold(), name) for name in named) or (other.primary_key if other else ())
    return ForeignKey(tuple(column for _, column, _ in parts), other.name if other else parts[0][0], referenced)


def _indexes(connection: sqlite3.Connection, relation: _Relation) -> tuple[Index, ...]:
    """Return the indexes that somebody made; those of keys say nothing more than the keys."""
    return tuple(
        Index(name, tuple(column for (column,) in connection.execute(INDEXED, [name])), bool(unique), bool(partial))
        for name, unique, partial in connection.execute(INDEXES, [relation.name]).fetchall()
    )


def _module(sql: str) -> str:
    found = _MODULE.search(sql)
    return found[1].strip("\"'`[]") if found else "unknown"


def _count(connection: sqlite3.Connection, relation: _Relation, most: int) -> int | None:
    """Return the rows of a table that has not more than `most`; of a virtual table its module would have to tell."""
    if relation.sort == "virtual" or not most:
        return None
    quoted = '"' + relation.name.replace('"', '""') + '"'
    rows = int(_one(connection, f"SELECT count(*) FROM (SELECT 1 FROM main.{quoted} LIMIT {most + 1})"))
    return rows if rows <= most else None


def _sizes(connection: sqlite3.Connection) -> dict[str, int]:
    """Return bytes by table; nothing for a large file, or where SQLite was built without the table that knows."""
    if int(_one(connection, "PRAGMA page_count")) * int(_one(connection, "PRAGMA page_size")) > MEASURED_UP_TO:
        return {}
    try:
        return dict(connection.execute(SIZES).fetchall())
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return {}
        raise


def _one(connection: sqlite3.Connection, sql: str) -> Any:
    return connection.execute(sql).fetchone()[0]


def _written(path: Path) -> datetime:
    """Return when the database was last written to, in UTC: the file or the log beside it."""
    log = path.with_name(path.name + "-wal")
    return datetime.fromtimestamp(max(each.stat().st_mtime for each in (path, log) if each.exists()), UTC)
