"""From DuckDB's records to events. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from clew_connectors.duckdb.records import Database, Item, Schema, Table, View
from clew_schemas import urn
from clew_schemas.aspects import Containment, Documentation, Profile, Properties, Query
from clew_schemas.aspects import Schema as SchemaAspect
from clew_schemas.aspects.data import Column, ForeignKey
from clew_schemas.event import Event, Scope, event

PLATFORM = "duckdb"
ASPECTS = ("containment", "documentation", "properties", "query", "schema")


def scope(namespace: str, database: str, schemas: Sequence[tuple[str, ...]] | None) -> Scope:
    """Return what a crawl covers: the namespace, or in it the schemas of these paths."""
    home = urn.escape(namespace)
    if schemas is None:
        return Scope(tuple(f"urn:clew:{kind}:({home}," for kind in ("container", "dataset", "column")), ASPECTS)
    names = [urn.dotted(database, *path) for path in schemas]
    containers = [f"urn:clew:container:({home},{name})" for name in (urn.segment(database), *names)]
    held = [f"urn:clew:{kind}:({home},{name}." for name in names for kind in ("dataset", "column")]
    return Scope((*containers, *held), ASPECTS)


def translate(record: Item) -> Sequence[Event]:
    """Return the events of one record: a container's, or a dataset's with its columns."""
    match record:
        case Database():
            database = _container(record.namespace, record.name)
            return [event(database, "properties", _properties("database"))]
        case Schema():
            return list(_of_schema(record))
        case Table():
            return list(_of_table(record))
        case View():
            return list(_of_view(record))
        case _:
            assert_never(record)


def _of_schema(record: Schema) -> Iterator[Event]:
    container, parent = (
        _container(record.namespace, record.database, *path) for path in (record.path, record.path[:-1])
    )
    yield event(container, "properties", _properties("schema"))
    yield event(container, "containment", Containment(parent=parent))
    yield from _prose(container, record.comment)


def _of_table(record: Table) -> Iterator[Event]:
    dataset = _dataset(record, record.name)
    keys = [
        ForeignKey(
            columns=_paths(key.columns),
            references=_dataset(record, key.table),
            referenced_columns=_paths(key.referenced),
        )
        for key in record.foreign_keys
    ]
    yield event(
        dataset, "schema", _schema(record, primary_key=_paths(record.primary_key) or None, foreign_keys=keys or None)
    )
    yield from _described(record, dataset, "table")
    yield event(dataset, "profile", Profile(rows=record.rows, bytes=None), time=record.measured)
    yield from _column_prose(record, dataset)


def _of_view(record: View) -> Iterator[Event]:
    dataset = _dataset(record, record.name)
    query = Query(
        text=record.sql,
        dialect=PLATFORM,
        namespace=record.namespace,
        default_database=record.database,
        default_schema=".".join(record.schema),
        output=dataset,
        bindings=_bindings(record) or None,
    )
    if record.columns:
        yield event(dataset, "schema", _schema(record))
    yield from _described(record, dataset, "view")
    yield event(dataset, "query", query)
    yield from _column_prose(record, dataset)


def _bindings(record: View) -> dict[str, str]:
    """Return names as the defaults complete them, which is not where DuckDB finds them, with what they mean."""
    return {
        f"{'.'.join(record.schema)}.{name}": urn.of_segments("dataset", record.namespace, record.database, "main", name)
        for name in record.from_main
    }


def _dataset(record: Table | View, name: str) -> str:
    return urn.of_segments("dataset", record.namespace, record.database, *record.schema, name)


def _container(namespace: str, *names: str) -> str:
    return urn.of_segments("container", namespace, *names)


def _schema(record: Table | View, **keys: Any) -> SchemaAspect:
    columns = [Column(name=urn.segment(each.name), type=each.type, nullable=each.nullable) for each in record.columns]
    return SchemaAspect(columns=columns, **keys)


def _described(record: Table | View, dataset: str, subtype: str) -> Iterator[Event]:
    container = _container(record.namespace, record.database, *record.schema)
    yield event(dataset, "properties", _properties(subtype))
    yield event(dataset, "containment", Containment(parent=container))
    yield from _prose(dataset, record.comment)


def _properties(subtype: str) -> Properties:
    return Properties(name=None, subtype=subtype, platform=PLATFORM, tier=None)


def _column_prose(record: Table | View, dataset: str) -> Iterator[Event]:
    for each in record.columns:
        yield from _prose(urn.column(dataset, urn.segment(each.name)), each.comment)


def _prose(about: str, text: str | None) -> Iterator[Event]:
    if text:
        yield event(about, "documentation", Documentation(text=text, format="plain"))


def _paths(names: Sequence[str]) -> list[str]:
    return [urn.segment(name) for name in names]
