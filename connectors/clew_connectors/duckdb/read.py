"""Talks to DuckDB: opens the file read-only, waits for its writer, reads the catalog, counts rows."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from clew_connectors.duckdb.config import DuckDBConfig
from clew_connectors.duckdb.records import Column, Database, ForeignKey, Item, Schema, Table, View
from clew_connectors.duckdb.translate import scope
from clew_connectors.nameable import unnameable
from clew_connectors.port import Discovery, ReadWarning, State
from clew_schemas.errors import BadInput, ClewError, Locked, NotFound, Unreachable

MAIN = ("main",)
FIRST_WAIT = 0.05
"""Seconds before the second attempt at a locked file; each further wait is twice as long, two seconds at most."""

Connection = duckdb.DuckDBPyConnection

_HOLDER = re.compile(r"\(PID (\d+)\)")

SCHEMAS = """
SELECT * FROM duckdb_schemas() WHERE database_name = current_database() ORDER BY schema_name
"""
TABLES = """
SELECT schema_oid, table_name, comment FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY schema_name, table_name
"""
VIEWS = """
SELECT schema_oid, view_name, comment, sql FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY schema_name, view_name
"""
COLUMNS = """
SELECT schema_oid, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
WHERE database_name = current_database() AND NOT internal ORDER BY schema_name, table_name, column_index
"""
KEYS = """
SELECT schema_oid, table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names
FROM duckdb_constraints() WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')
ORDER BY schema_name, table_name, constraint_index
"""


SchemaPath = tuple[str, ...]
Name = tuple[SchemaPath, str]
"""A table or view: the path of its schema, its own name."""


@dataclass
class _Catalog:
    """DuckDB's catalog as it was read; `schemas`, `tables` and `views` hold comments, and a view its statement."""

    database: str
    schemas: dict[SchemaPath, str | None]
    tables: dict[Name, str | None] = field(default_factory=dict)
    views: dict[Name, tuple[str | None, str]] = field(default_factory=dict)
    columns: dict[Name, list[Column]] = field(default_factory=lambda: defaultdict(list))
    primary_keys: dict[Name, tuple[str, ...]] = field(default_factory=dict)
    foreign_keys: dict[Name, list[ForeignKey]] = field(default_factory=lambda: defaultdict(list))

    def chosen(self, config: DuckDBConfig) -> list[SchemaPath]:
        """Return the schemas to read: those asked for that exist, else all but an empty `main`."""
        if config.schemas is not None:
            return [path for path in self.schemas if ".".join(path) in config.schemas]
        used = {schema for schema, _ in (*self.tables, *self.views)}
        return [path for path in self.schemas if path in used or path != MAIN]

    def missing(self, config: DuckDBConfig) -> list[str]:
        """Return the schemas that were asked for and do not exist."""
        known = {".".join(path) for path in self.schemas}
        return [name for name in config.schemas or () if name not in known]

    def covered(self, config: DuckDBConfig) -> list[SchemaPath] | None:
        """Return the schemas that a crawl covers, one that is gone too; None for whatever there is."""
        if config.schemas is None:
            return None
        return self.chosen(config) + [(name,) for name in self.missing(config)]


def check(config: DuckDBConfig) -> list[ClewError]:
    """Open the file once and look for the schemas asked for."""
    try:
        with _opened(config) as connection:
            missing = _catalog(connection).missing(config)
    except ClewError as error:
        return [error]
    return [NotFound(f"there is no schema {name!r}", where=str(config.path), hint=_ABOUT_SCHEMAS) for name in missing]


def discover(config: DuckDBConfig) -> Discovery:
    """Count what the catalog lists in the schemas to read."""
    with _opened(config) as connection:
        catalog = _catalog(connection)
    chosen = catalog.chosen(config)
    counts = {
        "schemas": len(chosen),
        "tables": sum(schema in chosen for schema, _ in catalog.tables),
        "views": sum(schema in chosen for schema, _ in catalog.views),
    }
    return Discovery(scope(config.home, catalog.database, catalog.covered(config)), counts)


def read(config: DuckDBConfig, state: State | None = None) -> Iterator[Item | ReadWarning]:
    """Yield the database, its schemas, then tables and views by name. Keeps no state: the whole catalog is cheap.

    The file is let go before the first record comes, so that no writer waits for who takes the records.
    """
    with _opened(config) as connection:
        items = list(_items(config, connection))
    yield from items


def _items(config: DuckDBConfig, connection: Connection) -> Iterator[Item | ReadWarning]:
    catalog = _catalog(connection)
    chosen = catalog.chosen(config)
    yield Database(config.home, catalog.database)
    for missing in catalog.missing(config):
        yield ReadWarning(f"there is no schema {missing!r}", str(config.path), _ABOUT_SCHEMAS)
    for path in chosen:
        yield _left_out(catalog, path) or Schema(config.home, catalog.database, path, catalog.schemas[path])
    measured = _written(config.path)
    for name in catalog.tables:
        if name[0] in chosen:
            yield _left_out(catalog, _parts(catalog, name)) or _table(config, connection, catalog, name, measured)
    for name in catalog.views:
        if name[0] in chosen:
            yield _left_out(catalog, _parts(catalog, name)) or _view(config, catalog, name)


_ABOUT_SCHEMAS = "Names in `schemas` are spelt as DuckDB lists them: SELECT schema_name FROM duckdb_schemas()"


@contextmanager
def _opened(config: DuckDBConfig) -> Iterator[Connection]:
    connection = connect(config.path, config.lock_timeout)
    try:
        yield connection
    except duckdb.Error as error:
        raise Unreachable(f"DuckDB gave up reading: {_first_line(error)}", where=str(config.path)) from error
    finally:
        connection.close()


def connect(
    path: Path,
    timeout: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Connection:
    """Open a database file read-only; wait up to `timeout` seconds while somebody writes to it.

    Raises NotFound, BadInput for a file that is no database, Unreachable, or Locked when the writer stays.
    """
    if not path.exists():
        raise NotFound("there is no such DuckDB file", where=str(path), hint="Check `database` in the recipe")
    deadline, wait = clock() + timeout, FIRST_WAIT
    while True:
        try:
            return duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            translated = _translated(error, path)
            left = deadline - clock()
            if not isinstance(translated, Locked) or left <= 0:
                raise translated from error
        sleep(min(wait, left))
        wait = min(wait * 2, 2.0)


def _translated(error: duckdb.Error, path: Path) -> ClewError:
    """Return a driver's error in words of ours."""
    said = str(error)
    if "Could not set lock" in said or "different configuration" in said:
        holder = _HOLDER.search(said)
        by = f"process {holder[1]}" if holder else "this very process"
        return Locked(
            f"the DuckDB file is locked: {by} has it open for writing",
            where=str(path),
            hint="Crawl when the writer has closed it, or raise `lock_timeout`",
        )
    if "not a valid DuckDB database file" in said or "Is a directory" in said:
        return BadInput("this is not a DuckDB database file", where=str(path), hint="Check `database` in the recipe")
    if "version number" in said or isinstance(error, duckdb.SerializationException):
        return BadInput(
            f"DuckDB {duckdb.__version__} can't read this file: {_first_line(error)}",
            where=str(path),
            hint="Install the DuckDB that wrote it, or a newer one",
        )
    if "Corrupt database file" in said:
        return BadInput(f"the file is damaged: {_first_line(error)}", where=str(path), hint="Restore it from a copy")
    return Unreachable(f"DuckDB can't open the file: {_first_line(error)}", where=str(path))


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


def _catalog(connection: Connection) -> _Catalog:
    def rows(sql: str) -> list[Any]:
        return connection.execute(sql).fetchall()

    ((database,),) = rows("SELECT current_database()")
    schemas = _schemas(connection)
    path = {oid: path for oid, (path, _) in schemas.items()}
    catalog = _Catalog(database, dict(sorted(schemas.values())))
    for schema, name, comment in rows(TABLES):
        catalog.tables[path[schema], name] = comment
    for schema, name, comment, sql in rows(VIEWS):
        catalog.views[path[schema], name] = comment, sql
    for schema, relation, name, kind, nullable, comment in rows(COLUMNS):
        catalog.columns[path[schema], relation].append(Column(name, kind, nullable, comment))
    for schema, table, kind, columns, other, referenced in rows(KEYS):
        if kind == "PRIMARY KEY":
            catalog.primary_keys[path[schema], table] = tuple(columns)
        else:
            catalog.foreign_keys[path[schema], table].append(ForeignKey(tuple(columns), other, tuple(referenced)))
    return catalog


def _schemas(connection: Connection) -> dict[int, tuple[SchemaPath, str | None]]:
    """Return path and comment of each schema by its number in the catalog; only DuckDB 2 has schemas in schemas."""
    found = connection.execute(SCHEMAS)
    members = [each[0] for each in found.description or ()]
    rows = {row["oid"]: row for row in (dict(zip(members, values, strict=True)) for values in found.fetchall())}

    def path(oid: Any) -> SchemaPath:
        parent = rows[oid].get("parent_schema_oid")
        return (*(path(parent) if parent in rows else ()), rows[oid]["schema_name"])

    return {oid: (path(oid), row["comment"]) for oid, row in rows.items()}


def _parts(catalog: _Catalog, name: Name) -> tuple[str, ...]:
    """Return every name that stands in the URNs of a relation, its columns, and the tables it refers to."""
    referred = (key.table for key in catalog.foreign_keys[name])
    return (*name[0], name[1], *(each.name for each in catalog.columns[name]), *referred)


def _left_out(catalog: _Catalog, parts: tuple[str, ...]) -> ReadWarning | None:
    """Return a warning instead of what no URN can name: something with control characters in a name."""
    odd = unnameable(parts)
    if odd is None:
        return None
    return ReadWarning(
        f"left out: the name {odd!r} holds a control character", where=catalog.database, hint="Rename it in DuckDB"
    )


def _table(config: DuckDBConfig, connection: Connection, catalog: _Catalog, name: Name, measured: datetime) -> Table:
    return Table(
        config.home,
        catalog.database,
        *name,
        catalog.tables[name],
        tuple(catalog.columns[name]),
        catalog.primary_keys.get(name, ()),
        tuple(catalog.foreign_keys[name]),
        _count(connection, catalog.database, *name[0], name[1]),
        measured,
    )


def _view(config: DuckDBConfig, catalog: _Catalog, name: Name) -> View:
    comment, sql = catalog.views[name]
    from_main = _from_main(catalog, name[0], sql)
    return View(config.home, catalog.database, *name, comment, tuple(catalog.columns[name]), sql, from_main)


def _from_main(catalog: _Catalog, schema: SchemaPath, sql: str) -> tuple[str, ...]:
    """Return the relations of `main` that the text may mean: it has their name in it, and the schema has none such."""
    if schema == MAIN:
        return ()
    relations = [*catalog.tables, *catalog.views]
    own = {name.lower() for where, name in relations if where == schema}
    meant = [name for where, name in relations if where == MAIN and name.lower() in sql.lower()]
    return tuple(name for name in meant if name.lower() not in own and not unnameable([name]))


def _count(connection: Connection, *name: str) -> int:
    """Return the rows of a table; DuckDB's own estimate counts deleted ones too."""
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in name)
    row = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()
    assert row is not None
    return int(row[0])


def _written(path: Path) -> datetime:
    """Return when the database was last written to, in UTC: the file or the log beside it."""
    log = path.with_name(path.name + ".wal")
    return datetime.fromtimestamp(max(each.stat().st_mtime for each in (path, log) if each.exists()), UTC)
