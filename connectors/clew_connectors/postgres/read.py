"""Reads a PostgreSQL database: its catalog in one read-only look, put together to records."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import clew_connectors.postgres.catalog as rows
from clew_connectors.nameable import unnameable
from clew_connectors.port import Discovery, ReadWarning, State
from clew_connectors.postgres.catalog import Catalog, ColumnRow, KeyRow, Locking, RelationRow, RoutineRow, role
from clew_connectors.postgres.config import PostgresConfig
from clew_connectors.postgres.connect import opened
from clew_connectors.postgres.records import (
    Column,
    ColumnStatistics,
    Database,
    ForeignKey,
    Item,
    Relation,
    Routine,
    Schema,
    Size,
    Sql,
    Table,
    Usage,
)
from clew_connectors.postgres.translate import scope
from clew_schemas.errors import ClewError, Locked, NotFound

SUBTYPES = {
    "r": "table",
    "p": "partitioned table",
    "f": "foreign table",
    "m": "materialized view",
    "v": "view",
}
CATALOG = "pg_catalog"
"""The schema of names that stand alone in a view's text, which PostgreSQL writes out in full."""
LONGEST_VALUE = 200
"""Characters of a most common value that are kept."""
LISTED = 10
"""Locked things that an error names."""

_IDENTITY = {"a": "always", "d": "by default"}
_WILD = re.compile(r"[*?\[]")
_BEGIN = re.compile(r"\s*BEGIN ATOMIC\s+(.*?)\s*END\s*", re.DOTALL)
_RETURN = re.compile(r"\s*RETURN\s+(.*)", re.DOTALL)
_ABOUT_SCHEMAS = "Names in `schemas` are spelt as psql's \\dn lists them, with * and ? as wildcards"


def check(config: PostgresConfig) -> list[ClewError]:
    """Connect, and look for the schemas asked for."""
    try:
        with opened(config) as connection:
            missing = _missing(rows.survey(connection, config), config)
    except ClewError as error:
        return [error]
    return [NotFound(f"there is no schema {name!r}", where=config.address, hint=_ABOUT_SCHEMAS) for name in missing]


def discover(config: PostgresConfig) -> Discovery:
    """Count what the catalog lists. The scope is the whole database: a schema that is gone or left out goes."""
    with opened(config) as connection:
        catalog = rows.survey(connection, config)
    kinds = [each.kind for each in catalog.wanted]
    counts = {
        "schemas": len(catalog.schemas),
        "tables": len([kind for kind in kinds if kind in "rpf"]),
        "views": len([kind for kind in kinds if kind in "mv"]),
    }
    return Discovery(scope(config.home, catalog.database), counts)


def read(config: PostgresConfig, state: State | None = None) -> Iterator[Item | ReadWarning | State]:
    """Yield the database, its schemas, then tables and views by name, then functions. Reads all, whatever the state.

    The database is let go before the first record comes. When something is locked all the time, everything else is
    yielded, with an empty state, which has it sent; then Locked is raised, so that nothing is taken for gone only
    because it could not be read.
    """
    with opened(config) as connection:
        catalog = rows.survey(connection, config)
        rows.fill(catalog, connection, config)
        texts = _texts(catalog, Locking(connection, config.lock_timeout))
    yield from _Reading(config, catalog, texts).items()
    if texts.locked:
        yield State({})
        raise _locked(config, catalog, texts.locked)


def _missing(catalog: Catalog, config: PostgresConfig) -> list[str]:
    """Return the schemas that were asked for by name and do not exist."""
    known = {each.name for each in catalog.schemas}
    return [name for name in config.schemas or () if not _WILD.search(name) and name not in known]


@dataclass(frozen=True, slots=True)
class _Texts:
    """What PostgreSQL writes out only when it can lock what is named in it, by oid; and what it could not lock."""

    expressions: dict[int, dict[int, str]]
    partition_keys: dict[int, dict[int, str]]
    definitions: dict[int, dict[int, str]]
    bodies: dict[int, dict[int, str]]
    locked: frozenset[int]


def _texts(catalog: Catalog, locking: Locking) -> _Texts:
    def oids(kinds: str) -> list[int]:
        return [each.oid for each in catalog.wanted if each.kind in kinds]

    return _Texts(
        locking.ask(rows.EXPRESSIONS, oids("rpf")),
        locking.ask(rows.PARTITION_KEYS, oids("p")),
        locking.ask(rows.DEFINITIONS, oids("mv")),
        locking.ask(rows.BODIES, [each.oid for each in catalog.routines if each.is_standard]),
        frozenset(locking.locked),
    )


def _locked(config: PostgresConfig, catalog: Catalog, oids: Iterable[int]) -> Locked:
    routines = {each.oid: f"{each.schema}.{each.name}" for each in catalog.routines}
    names = sorted(
        f"{catalog.relations[oid].schema}.{catalog.relations[oid].name}" if oid in catalog.relations else routines[oid]
        for oid in oids
    )
    listed = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
    return Locked(
        f"somebody holds a lock on what these read: {listed}",
        where=config.address,
        hint="All else was read and sent, and nothing was retracted. Crawl again, or raise `lock_timeout`",
        locked=names,
    )


class _Reading:
    """Puts the rows of a catalog together to records."""

    def __init__(self, config: PostgresConfig, catalog: Catalog, texts: _Texts) -> None:
        self._config = config
        self._catalog = catalog
        self._texts = texts
        self._taken: set[tuple[str, ...]] = set()
        self._by_name = {(each.schema, each.name): each for each in catalog.relations.values()}

    def items(self) -> Iterator[Item | ReadWarning]:
        catalog, config = self._catalog, self._config
        yield Database(config.home, catalog.database, catalog.comment)
        for name in _missing(catalog, config):
            yield ReadWarning(f"there is no schema {name!r}", config.address, _ABOUT_SCHEMAS)
        for each in catalog.schemas:
            owner = role(each.owner, each.logs_in) if config.owners else None
            yield self._left_out(each.name) or Schema(config.home, catalog.database, each.name, each.comment, owner)
        yield from self._unreadable()
        for relation in catalog.wanted:
            if relation.oid not in self._texts.locked:
                yield self._left_out(*self._names(relation)) or self._table(relation)
        for routine in catalog.routines:
            if routine.oid not in self._texts.locked:
                signature = f"{routine.name}({routine.arguments})"
                yield self._left_out(routine.schema, signature) or self._routine(routine, signature)

    def _unreadable(self) -> Iterator[ReadWarning]:
        """Say where the user's rights end: names are open to every user, statistics are not."""
        if not self._config.statistics:
            return
        hidden = [each.schema for each in self._catalog.wanted if not each.readable]
        for schema in sorted(set(hidden)):
            yield ReadWarning(
                f"no right to read {hidden.count(schema)} tables or views of the schema {schema!r}: their structure is"
                " read from the catalog, their column statistics are not",
                self._config.address,
                "GRANT USAGE on the schema and SELECT on its tables, or set `statistics: false`",
            )

    def _left_out(self, *names: str) -> ReadWarning | None:
        """Return a warning instead of what no URN can name, or can't tell from another; names start with the schema."""
        odd = unnameable(names)
        if odd is not None:
            what = f"left out: the name {odd!r} holds a control character"
            return ReadWarning(what, self._config.address, "Rename it in PostgreSQL")
        key = tuple(unicodedata.normalize("NFC", each) for each in names[:2])
        if key in self._taken:
            what = f"left out: the name {'.'.join(names[:2])!r} differs from another one in Unicode normalisation only"
            return ReadWarning(what, self._config.address, "Rename one of them in PostgreSQL")
        self._taken.add(key)
        return None

    def _names(self, relation: RelationRow) -> tuple[str, ...]:
        columns = (each.name for each in self._catalog.columns.get(relation.oid, ()))
        referred = (name for key in self._foreign_keys(relation) for name in (key.table.schema, key.table.name))
        return relation.schema, relation.name, *columns, *referred

    def _relation(self, row: RelationRow) -> Relation:
        """Return the dataset that a relation is, or is a part of."""
        shown = row if self._config.partitions else self._catalog.relations.get(row.root, row)
        return Relation(self._config.home, self._catalog.database, shown.schema, shown.name)

    def _table(self, row: RelationRow) -> Table:
        config, keys = self._config, self._catalog.keys.get(row.oid, [])
        parent = self._catalog.relations.get(row.parent or 0)
        return Table(
            self._relation(row),
            "partition" if row.is_partition else SUBTYPES[row.kind],
            row.comment,
            tuple(self._column(each) for each in self._catalog.columns.get(row.oid, ())),
            next((tuple(key.columns) for key in keys if key.kind == "p"), ()),
            self._foreign_keys(row),
            tuple(self._facts(row, keys)),
            role(row.owner, row.logs_in) if config.owners else None,
            self._definition(row),
            self._relation(parent) if parent else None,
            self._size(row),
            tuple(self._statistics(row)),
            self._usage(row) if config.usage else None,
        )

    def _column(self, row: ColumnRow) -> Column:
        facts: list[tuple[str, str]] = []
        expression = self._texts.expressions.get(row.table, {}).get(row.number)
        if row.identity:
            facts.append(("identity", _IDENTITY.get(row.identity, row.identity)))
        if expression is not None:
            facts.append(("generated" if row.generated else "default", expression))
        return Column(row.name, row.type, row.nullable, row.comment, tuple(facts))

    def _foreign_keys(self, row: RelationRow) -> tuple[ForeignKey, ...]:
        known = self._catalog.relations
        return tuple(
            ForeignKey(tuple(key.columns), self._relation(known[key.other]), tuple(key.referenced or ()))
            for key in self._catalog.keys.get(row.oid, ())
            if key.kind == "f" and key.other in known
        )

    def _facts(self, row: RelationRow, keys: list[KeyRow]) -> Iterator[tuple[str, str | int | bool]]:
        for key in keys:
            if key.kind == "u":
                yield f"unique.{key.name}", ", ".join(key.columns)
        partition_key = self._texts.partition_keys.get(row.oid, {}).get(0)
        if partition_key is not None:
            yield "partitionKey", partition_key
        if row.persistence == "u":
            yield "unlogged", True
        if row.server is not None:
            yield "server", row.server
            yield "wrapper", row.wrapper or ""

    def _definition(self, row: RelationRow) -> Sql | None:
        text = self._texts.definitions.get(row.oid, {}).get(0)
        if text is None:
            return None
        known = self._catalog.relations
        read = [known[oid] for oid in self._catalog.reads.get(row.oid, ()) if oid in known]
        return Sql(text.strip(), CATALOG, tuple(self._bindings(read)))

    def _bindings(self, read: Iterable[RelationRow]) -> Iterator[tuple[str, Relation]]:
        """Yield those of the relations whose name in SQL does not tell which dataset it is."""
        for each in read:
            meant = self._relation(each)
            is_plain = "." not in f"{self._catalog.database}{each.schema}{each.name}"
            if not is_plain or (meant.schema, meant.name) != (each.schema, each.name):
                yield f"{each.schema}.{each.name}", meant

    def _routine(self, row: RoutineRow, signature: str) -> Routine:
        body = self._texts.bodies.get(row.oid, {}).get(0, "") if row.is_standard else row.source
        return Routine(
            Relation(self._config.home, self._catalog.database, row.schema, row.name),
            signature,
            "procedure" if row.kind == "p" else "function",
            row.language,
            row.comment,
            row.returns,
            role(row.owner, row.logs_in) if self._config.owners else None,
            body.strip(),
            self._body(row, body) if row.language == "sql" else None,
        )

    def _body(self, row: RoutineRow, body: str) -> Sql:
        """Return what a routine runs: its statements, without the frame that the SQL standard puts around them."""
        if row.is_standard:
            framed, returned = _BEGIN.fullmatch(body), _RETURN.fullmatch(body)
            text = framed[1] if framed else f"SELECT {returned[1]}" if returned else body
            named = [each for each in self._by_name.values() if _mentions(body, each.schema, each.name)]
            return Sql(text, CATALOG, tuple(self._bindings(named)))
        path = self._path(row)
        return Sql(body.strip(), path[0], tuple(self._on_path(body, path)))

    def _path(self, row: RoutineRow) -> list[str]:
        """Return where PostgreSQL looks for names in a routine: its own setting, else the one that we were given."""
        own = [each.partition("=")[2] for each in row.settings or () if each.startswith("search_path=")]
        said = own[0] if own else self._catalog.search_path
        names = [each.strip().strip('"').replace('""', '"') for each in said.split(",")]
        names = [self._catalog.user if name == "$user" else name for name in names]
        known = {each.schema for each in self._by_name.values()}
        return [name for name in names if name in known] or [CATALOG]

    def _on_path(self, body: str, path: list[str]) -> Iterator[tuple[str, Relation]]:
        """Yield names as the first schema completes them, with what a later one of the path has under them."""
        said = body.lower()
        for each in self._by_name.values():
            meant = self._relation(each)
            if "." in f"{self._catalog.database}{each.schema}{each.name}" and _mentions(body, each.schema, each.name):
                yield f"{each.schema}.{each.name}", meant
            if each.schema in path[1:] and each.name.lower() in said:
                earlier = path[: path.index(each.schema)]
                if not any((schema, each.name) in self._by_name for schema in earlier):
                    yield f"{path[0]}.{each.name}", meant

    def _measured(self, row: RelationRow) -> list[rows.MeasureRow]:
        """Return the measures of a relation, for a partitioned table those of all its parts."""
        known, measures = self._catalog.relations, self._catalog.measures
        if row.kind != "p":
            return [measures[row.oid]] if row.kind in "rm" and row.oid in measures else []
        parts = [known[oid] for oid in self._catalog.parts.get(row.root, ()) if self._is_within(known[oid], row)]
        return [measures[each.oid] for each in parts if each.kind == "r" and each.oid in measures]

    def _is_within(self, part: RelationRow, whole: RelationRow) -> bool:
        known = self._catalog.relations
        while part.parent in known:
            part = known[part.parent]
            if part.oid == whole.oid:
                return True
        return False

    def _size(self, row: RelationRow) -> Size | None:
        measured = self._measured(row)
        time = _latest(moment for each in measured for moment in (each.analyzed, each.vacuumed))
        if time is None:
            return None
        known = all(each.rows >= 0 for each in measured)
        count = round(sum(each.rows for each in measured)) if known else None
        return Size(count, sum(each.pages for each in measured) * self._catalog.block_size, time)

    def _statistics(self, row: RelationRow) -> Iterator[ColumnStatistics]:
        measure = self._catalog.measures.get(row.oid)
        if measure is None or measure.analyzed is None:
            return
        for each in self._catalog.statistics.get(row.oid, ()):
            distinct = round(-each.distinct * max(measure.rows, 0)) if each.distinct < 0 else each.distinct or None
            yield ColumnStatistics(
                each.column,
                each.null_share,
                distinct,
                each.width,
                tuple(value[:LONGEST_VALUE] for value in each.frequent or ()),
                measure.analyzed,
            )

    def _usage(self, row: RelationRow) -> Usage | None:
        """Return the counts at the last scan (PostgreSQL 16 and newer), else at a time that the server knows."""
        measured, catalog = self._measured(row), self._catalog
        if not measured:
            return None
        last_read = _latest(each.last_scan for each in measured)
        known = _latest(moment for each in measured for moment in (each.analyzed, each.vacuumed))
        return Usage(
            catalog.counted_since,
            sum(each.reads for each in measured),
            sum(each.writes for each in measured),
            last_read,
            last_read or _latest((known, catalog.started, catalog.counted_since)) or catalog.started,
        )


def _mentions(text: str, *names: str) -> bool:
    said = text.lower()
    return all(name.lower() in said for name in names)


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)
