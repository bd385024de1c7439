"""PostgreSQL's catalog as rows: what is asked, and what comes back, by the numbers (oids) that tie it together.

Nothing here locks a table, but for the four questions of `Locking`: PostgreSQL writes out an expression or a view only
when it can lock what is named in it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

import psycopg

from clew_connectors.postgres.config import PostgresConfig
from clew_connectors.postgres.connect import SHORTEST_WAIT, Connection, set_local
from clew_connectors.postgres.records import Role

ABOUT = """
SELECT d.datname::text, shobj_description(d.oid, 'pg_database'), current_setting('search_path'), current_user::text,
       current_setting('block_size')::int, (SELECT s.stats_reset FROM pg_stat_database s WHERE s.datid = d.oid),
       pg_postmaster_start_time()
FROM pg_database d WHERE d.datname = current_database()
"""
SCHEMAS = """
SELECT n.oid, n.nspname::text, obj_description(n.oid, 'pg_namespace'), r.rolname::text, r.rolcanlogin
FROM pg_namespace n LEFT JOIN pg_roles r ON r.oid = n.nspowner
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY n.nspname
"""
RELATIONS = """
SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relispartition, c.relpersistence::text,
       obj_description(c.oid, 'pg_class'), r.rolname::text, r.rolcanlogin, i.inhparent,
       CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid ELSE c.oid END, s.srvname::text, w.fdwname::text,
       has_any_column_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE'), n.oid
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_roles r ON r.oid = c.relowner
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
LEFT JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
"""
COLUMNS = """
SELECT a.attrelid, a.attnum, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       d.description, a.attidentity::text, a.attgenerated::text
FROM pg_attribute a
LEFT JOIN pg_description d ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY(%s) ORDER BY a.attrelid, a.attnum
"""
KEYS = """
SELECT k.conrelid, k.conname::text, k.contype::text, k.confrelid, own.names, other.names
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_class o ON o.oid = k.confrelid AND k.contype = 'f'
CROSS JOIN LATERAL (
  SELECT array_agg(a.attname::text ORDER BY n.at) FROM unnest(k.conkey) WITH ORDINALITY n (number, at)
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.number
) own (names)
CROSS JOIN LATERAL (
  SELECT array_agg(a.attname::text ORDER BY n.at) FROM unnest(k.confkey) WITH ORDINALITY n (number, at)
  JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.number
) other (names)
WHERE k.contype IN ('p', 'u', 'f') AND k.conrelid = ANY(%s) AND (k.conparentid = 0 OR c.relispartition)
  AND NOT (k.conparentid <> 0 AND coalesce(o.relispartition, false))
ORDER BY k.conrelid, k.conname
"""
READS = """
SELECT DISTINCT w.ev_class, d.refobjid
FROM pg_rewrite w
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
WHERE w.rulename = '_RETURN' AND d.refobjid <> w.ev_class AND w.ev_class = ANY(%s) ORDER BY 1, 2
"""
ROUTINES = """
SELECT p.oid, n.nspname::text, p.proname::text, oidvectortypes(p.proargtypes), p.prokind::text, l.lanname::text,
       p.prosrc, {standard}, obj_description(p.oid, 'pg_proc'), pg_get_function_result(p.oid), p.proconfig,
       r.rolname::text, r.rolcanlogin
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN pg_roles r ON r.oid = p.proowner
WHERE p.prokind IN ('f', 'p') AND l.lanname NOT IN ('c', 'internal') AND p.pronamespace = ANY(%s)
  AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY n.nspname, p.proname, 4
"""
MEASURES = """
SELECT c.oid, c.reltuples, (c.relpages + coalesce(t.relpages, 0))::bigint, greatest(s.last_analyze, s.last_autoanalyze),
       greatest(s.last_vacuum, s.last_autovacuum), coalesce(s.seq_scan, 0) + coalesce(s.idx_scan, 0),
       coalesce(s.n_tup_ins, 0) + coalesce(s.n_tup_upd, 0) + coalesce(s.n_tup_del, 0), {last_scan}
FROM pg_class c
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.oid = ANY(%s)
"""
STATISTICS = """
SELECT c.oid, s.attname::text, s.null_frac, s.n_distinct, s.avg_width, {frequent}
FROM pg_stats s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
WHERE c.oid = ANY(%s) AND s.inherited = (c.relkind = 'p') ORDER BY c.oid, a.attnum
"""
EXPRESSIONS = "SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = ANY(%s)"
PARTITION_KEYS = "SELECT oid, 0, pg_get_partkeydef(oid) FROM unnest(%s::oid[]) oid"
DEFINITIONS = "SELECT oid, 0, pg_get_viewdef(oid) FROM unnest(%s::oid[]) oid"
BODIES = "SELECT oid, 0, pg_get_function_sqlbody(oid) FROM unnest(%s::oid[]) oid"

FREQUENT = "(s.most_common_vals::text::text[])[1:20]"
"""As many of the most common values as are kept."""


class SchemaRow(NamedTuple):
    oid: int
    name: str
    comment: str | None
    owner: str | None
    logs_in: bool | None


class RelationRow(NamedTuple):
    """`root` is the table that a partition belongs to in the end, or the relation itself."""

    oid: int
    schema: str
    name: str
    kind: str
    is_partition: bool
    persistence: str
    comment: str | None
    owner: str | None
    logs_in: bool | None
    parent: int | None
    root: int
    server: str | None
    wrapper: str | None
    readable: bool
    namespace: int


class ColumnRow(NamedTuple):
    table: int
    number: int
    name: str
    type: str
    nullable: bool
    comment: str | None
    identity: str
    generated: str


class KeyRow(NamedTuple):
    table: int
    name: str
    kind: str
    other: int
    columns: list[str]
    referenced: list[str] | None


class RoutineRow(NamedTuple):
    """`is_standard`: the body is kept parsed, as the SQL standard has it, and `source` is empty."""

    oid: int
    schema: str
    name: str
    arguments: str
    kind: str
    language: str
    source: str
    is_standard: bool
    comment: str | None
    returns: str | None
    settings: list[str] | None
    owner: str | None
    logs_in: bool | None


class MeasureRow(NamedTuple):
    table: int
    rows: float
    pages: int
    analyzed: datetime | None
    vacuumed: datetime | None
    reads: int
    writes: int
    last_scan: datetime | None


class StatisticsRow(NamedTuple):
    table: int
    column: str
    null_share: float
    distinct: float
    width: int
    frequent: list[str] | None


@dataclass
class Catalog:
    """What was read of one database, at one moment. `relations` are all there are, in whichever schema."""

    database: str
    comment: str | None
    search_path: str
    user: str
    block_size: int
    counted_since: datetime | None
    started: datetime
    schemas: list[SchemaRow]
    relations: dict[int, RelationRow]
    wanted: list[RelationRow]
    columns: dict[int, list[ColumnRow]] = field(default_factory=dict)
    keys: dict[int, list[KeyRow]] = field(default_factory=dict)
    reads: dict[int, list[int]] = field(default_factory=dict)
    routines: list[RoutineRow] = field(default_factory=list)
    measures: dict[int, MeasureRow] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)
    """The oids of all partitions by that of the table they belong to in the end."""
    statistics: dict[int, list[StatisticsRow]] = field(default_factory=dict)


def survey(connection: Connection, config: PostgresConfig) -> Catalog:
    """Return schemas and relations, and which of these are wanted; nothing within them yet."""
    ((name, comment, path, user, block_size, counted_since, started),) = connection.execute(ABOUT)
    # Without a path PostgreSQL writes every name in full, in types and in the text of views.
    connection.execute("SELECT set_config('search_path', '', true)")
    schemas = [SchemaRow(*each) for each in connection.execute(SCHEMAS)]
    relations = {each[0]: RelationRow(*each) for each in connection.execute(RELATIONS)}
    wanted = [
        each
        for each in relations.values()
        if config.wants(each.schema) and (config.partitions or not each.is_partition)
    ]
    return Catalog(
        name,
        comment,
        path,
        user,
        block_size,
        counted_since,
        started,
        [each for each in schemas if config.wants(each.name)],
        relations,
        wanted,
    )


def fill(catalog: Catalog, connection: Connection, config: PostgresConfig) -> None:
    """Read what is in the wanted relations and schemas, as far as nothing has to be locked for it."""
    version, oids = connection.info.server_version, [each.oid for each in catalog.wanted]
    catalog.columns = _by_first(ColumnRow(*each) for each in connection.execute(COLUMNS, (oids,)))
    catalog.keys = _by_first(KeyRow(*each) for each in connection.execute(KEYS, (oids,)))
    for view, read in connection.execute(READS, (oids,)):
        catalog.reads.setdefault(view, []).append(read)
    if config.functions:
        standard = "p.prosqlbody IS NOT NULL" if version >= 140000 else "false"
        schemas = [each.oid for each in catalog.schemas]
        found = connection.execute(ROUTINES.format(standard=standard), (schemas,))
        catalog.routines = [RoutineRow(*each) for each in found]
    for each in catalog.relations.values():
        if each.root != each.oid:
            catalog.parts.setdefault(each.root, []).append(each.oid)
    measured = sorted({*oids, *(part for oid in oids for part in catalog.parts.get(oid, ()))})
    last_scan = "greatest(s.last_seq_scan, s.last_idx_scan)" if version >= 160000 else "NULL::timestamptz"
    found = connection.execute(MEASURES.format(last_scan=last_scan), (measured,))
    catalog.measures = {each[0]: MeasureRow(*each) for each in found}
    if config.statistics:
        frequent = FREQUENT if config.values else "NULL::text[]"
        found = connection.execute(STATISTICS.format(frequent=frequent), (oids,))
        catalog.statistics = _by_first(StatisticsRow(*each) for each in found)


Row = TypeVar("Row", bound=tuple[object, ...])


def _by_first(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        assert isinstance(row[0], int)
        found[row[0]].append(row)
    return found


_GONE = (psycopg.errors.UndefinedObject, psycopg.errors.UndefinedTable, psycopg.errors.InternalError_)
"""What PostgreSQL answers about a thing that was dropped since the moment that the transaction sees."""


class Locking:
    """Questions for which PostgreSQL locks what they are about, for a moment and in the weakest way.

    Who holds a table exclusively makes them wait: `patience` seconds in all, then `locked` has the oids of what could
    not be told. Each question is undone, so that its locks are let go at once.
    """

    def __init__(self, connection: Connection, patience: float) -> None:
        self._connection = connection
        self._left = patience
        self.locked: set[int] = set()

    def ask(self, question: str, oids: Sequence[int]) -> dict[int, dict[int, str]]:
        """Return texts by oid and number; nothing for what is locked, and for what has just been dropped."""
        if not oids:
            return {}
        try:
            rows = self._rows(question, oids)
        except (psycopg.errors.LockNotAvailable, *_GONE):
            rows = [row for oid in oids for row in self._one(question, oid)]
        found: dict[int, dict[int, str]] = defaultdict(dict)
        for oid, number, text in rows:
            if text is not None:
                found[oid][number] = text
        return found

    def _one(self, question: str, oid: int) -> list[tuple[int, int, str | None]]:
        try:
            return self._rows(question, [oid])
        except psycopg.errors.LockNotAvailable:
            self.locked.add(oid)
        except _GONE:
            pass
        return []

    def _rows(self, question: str, oids: Sequence[int]) -> list[tuple[int, int, str | None]]:
        begun = time.monotonic()
        try:
            with self._connection.transaction(force_rollback=True):
                set_local(self._connection, "lock_timeout", max(self._left, SHORTEST_WAIT))
                return [(row[0], row[1], row[2]) for row in self._connection.execute(question, (list(oids),))]
        except psycopg.errors.LockNotAvailable:
            self._left -= time.monotonic() - begun
            raise


def role(name: str | None, logs_in: bool | None) -> Role | None:
    """Return an owner as a record; None for a role that has just been dropped."""
    return None if name is None else Role(name, bool(logs_in))
