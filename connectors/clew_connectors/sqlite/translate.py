"""From SQLite's records to events. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from clew_connectors.sqlite.records import Database, Index, Item, Table, View
from clew_schemas import urn
from clew_schemas.aspects import Containment, Profile, Properties, Query
from clew_schemas.aspects import Schema as SchemaAspect
from clew_schemas.aspects.data import Column, ForeignKey
from clew_schemas.event import Event, Scope, event

PLATFORM = "sqlite"
MAIN = "main"
ASPECTS = ("containment", "properties", "query", "schema")


def scope(namespace: str) -> Scope:
    """Return what a crawl covers: the namespace."""
    home = urn.escape(namespace)
    return Scope(tuple(f"urn:clew:{kind}:({home}," for kind in ("container", "dataset")), ASPECTS)


def translate(record: Item) -> Sequence[Event]:
    """Return the events of one record: the database's, or a dataset's."""
    match record:
        case Database():
            return [
                event(_container(record.namespace), "properties", _properties("database", encoding=record.encoding))
            ]
        case Table():
            return list(_of_table(record))
        case View():
            return list(_of_view(record))
        case _:
            assert_never(record)


def _of_table(record: Table) -> Iterator[Event]:
    dataset = _dataset(record.namespace, record.name)
    keys = [
        ForeignKey(
            columns=_paths(key.columns),
            references=_dataset(record.namespace, key.table),
            referenced_columns=_paths(key.referenced),
        )
        for key in record.foreign_keys
    ]
    if record.columns:
        yield event(
            dataset,
            "schema",
            _schema(record, primary_key=_paths(record.primary_key) or None, foreign_keys=keys or None),
        )
    subtype = "virtual table" if record.module is not None else "table"
    yield event(dataset, "properties", _properties(subtype, **_custom(record)))
    yield event(dataset, "containment", Containment(parent=_container(record.namespace)))
    if record.rows is not None or record.bytes is not None:
        yield event(dataset, "profile", Profile(rows=record.rows, bytes=record.bytes), time=record.measured)


def _of_view(record: View) -> Iterator[Event]:
    dataset = _dataset(record.namespace, record.name)
    query = Query(
        text=record.sql,
        dialect=PLATFORM,
        namespace=record.namespace,
        default_schema=MAIN,
        output=dataset,
        bindings={f"{MAIN}.{name}": _dataset(record.namespace, name) for name in record.dotted} or None,
    )
    if record.columns:
        yield event(dataset, "schema", _schema(record))
    yield event(dataset, "properties", _properties("view"))
    yield event(dataset, "containment", Containment(parent=_container(record.namespace)))
    yield event(dataset, "query", query)


def _custom(record: Table) -> dict[str, Any]:
    """Return what SQLite knows of a table and no aspect has a member for."""
    said: dict[str, Any] = {}
    if record.module is not None:
        said["module"] = record.module
    if record.without_rowid:
        said["without_rowid"] = True
    if record.strict:
        said["strict"] = True
    said |= {f"generated.{each.name}": each.generated for each in record.columns if each.generated}
    return said | {f"index.{each.name}": _spoken(each) for each in record.indexes}


def _spoken(index: Index) -> str:
    columns = ", ".join(name if name is not None else "an expression" for name in index.columns)
    return f"{'unique ' * index.unique}({columns}){' where …' * index.partial}"


def _dataset(namespace: str, name: str) -> str:
    return urn.of_segments("dataset", namespace, MAIN, name)


def _container(namespace: str) -> str:
    return urn.of_segments("container", namespace, MAIN)


def _schema(record: Table | View, **keys: Any) -> SchemaAspect:
    columns = [Column(name=urn.segment(each.name), type=each.type, nullable=each.nullable) for each in record.columns]
    return SchemaAspect(columns=columns, **keys)


def _properties(subtype: str, **custom: Any) -> Properties:
    return Properties(subtype=subtype, platform=PLATFORM, custom=custom or None)


def _paths(names: Sequence[str]) -> list[str]:
    return [urn.segment(name) for name in names]
