"""From PostgreSQL's records to events. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from clew_connectors.postgres.records import Column as ColumnRecord
from clew_connectors.postgres.records import Database, Facts, Item, Relation, Role, Routine, Schema, Sql, Table
from clew_schemas import urn
from clew_schemas.aspects import (
    Containment,
    Documentation,
    Lineage,
    Ownership,
    Profile,
    Properties,
    Query,
    Statistics,
    Usage,
)
from clew_schemas.aspects import Schema as SchemaAspect
from clew_schemas.aspects.data import Column, ForeignKey
from clew_schemas.aspects.flow import Unresolved
from clew_schemas.aspects.governance import Owner
from clew_schemas.event import Event, Scope, event

PLATFORM = "postgres"
ASPECTS = ("containment", "documentation", "lineage", "ownership", "properties", "query", "schema")
KINDS = ("container", "dataset", "column", "job")


def scope(namespace: str, database: str) -> Scope:
    """Return what a crawl covers: the database, and all that is named within it."""
    home, name = urn.escape(namespace), urn.segment(database)
    within = tuple(f"urn:clew:{kind}:({home},{name}." for kind in KINDS)
    return Scope((f"urn:clew:container:({home},{name})", *within), ASPECTS)


def translate(record: Item) -> Sequence[Event]:
    """Return the events of one record: a container's, a dataset's with its columns, or a routine's."""
    return list(_events(record))


def _events(record: Item) -> Iterator[Event]:
    match record:
        case Database():
            database = _container(record.namespace, record.name)
            yield event(database, "properties", _properties("database"))
            yield from _prose(database, record.comment)
        case Schema():
            yield from _of_schema(record)
        case Table():
            yield from _of_table(record)
        case Routine():
            yield from _of_routine(record)
        case _:
            assert_never(record)


def _of_schema(record: Schema) -> Iterator[Event]:
    container = _container(record.namespace, record.database, record.name)
    parent = _container(record.namespace, record.database)
    yield event(container, "properties", _properties("schema"))
    yield event(container, "containment", Containment(parent=parent))
    yield from _prose(container, record.comment)
    yield from _owned(container, record.namespace, record.owner)


def _of_table(record: Table) -> Iterator[Event]:
    dataset = _dataset(record.relation)
    yield event(dataset, "schema", _schema(record))
    yield event(dataset, "properties", _properties(record.subtype, record.facts))
    yield event(dataset, "containment", Containment(parent=_home(record.relation)))
    yield from _prose(dataset, record.comment)
    yield from _owned(dataset, record.relation.namespace, record.owner)
    if record.sql is not None:
        yield event(dataset, "query", _query(record.sql, record.relation, dataset))
    if record.partition_of is not None:
        yield event(dataset, "lineage", _into(record, _dataset(record.partition_of)))
    for each in record.columns:
        yield from _of_column(urn.column(dataset, urn.segment(each.name)), each)
    yield from _measured(record, dataset)


def _schema(record: Table) -> SchemaAspect:
    keys = [
        ForeignKey(
            columns=_paths(key.columns), references=_dataset(key.table), referenced_columns=_paths(key.referenced)
        )
        for key in record.foreign_keys
    ]
    return SchemaAspect(
        columns=[
            Column(name=urn.segment(each.name), type=each.type, nullable=each.nullable) for each in record.columns
        ],
        primary_key=_paths(record.primary_key) or None,
        foreign_keys=keys or None,
    )


def _into(record: Table, whole: str) -> Lineage:
    """Return how a partition flows into its table: column by column of the same name."""
    names = _paths([each.name for each in record.columns])
    return Lineage(
        inputs=[_dataset(record.relation)],
        outputs=[whole],
        columns=[(0, name, 0, name, "IDENTITY", 1.0) for name in names],
        expressions=None,
    )


def _of_column(column: str, record: ColumnRecord) -> Iterator[Event]:
    yield from _prose(column, record.comment)
    if record.facts:
        yield event(column, "properties", Properties(name=None, subtype=None, tier=None, custom=dict(record.facts)))


def _measured(record: Table, dataset: str) -> Iterator[Event]:
    if record.size is not None:
        yield event(dataset, "profile", Profile(rows=record.size.rows, bytes=record.size.bytes), time=record.size.time)
    for each in record.statistics:
        said = Statistics(
            null_share=each.null_share,
            distinct=each.distinct,
            width=each.width,
            frequent=list(each.frequent) or None,
        )
        yield event(urn.column(dataset, urn.segment(each.column)), "statistics", said, time=each.time)
    if record.usage is not None:
        use = record.usage
        counted = Usage(since=use.since, reads=use.reads, writes=use.writes, last_read=use.last_read)
        yield event(dataset, "usage", counted, time=use.time)


def _of_routine(record: Routine) -> Iterator[Event]:
    at = record.relation
    job = urn.of_segments("job", at.namespace, at.database, at.schema, record.signature)
    facts: dict[str, str | int | float | bool] = {"language": record.language}
    if record.returns:
        facts["returns"] = record.returns
    if record.sql is None:
        facts["body"] = record.body
    yield event(
        job,
        "properties",
        Properties(name=at.name, subtype=record.subtype, platform=PLATFORM, tier=None, custom=facts),
    )
    yield event(job, "containment", Containment(parent=_home(at)))
    yield from _prose(job, record.comment)
    yield from _owned(job, at.namespace, record.owner)
    if record.sql is not None and record.sql.text:
        yield event(job, "query", _query(record.sql, at, None))
    elif record.sql is None:
        gap = Unresolved(code="procedural", detail=f"written in {record.language}, which is kept as text and not read")
        yield event(job, "lineage", Lineage(inputs=[], outputs=[], expressions=None, unresolved=[gap]))


def _query(sql: Sql, at: Relation, output: str | None) -> Query:
    return Query(
        text=sql.text,
        dialect=PLATFORM,
        namespace=at.namespace,
        default_database=at.database,
        default_schema=sql.schema,
        output=output,
        bindings={name: _dataset(meant) for name, meant in sql.bindings} or None,
    )


def _dataset(relation: Relation) -> str:
    return urn.of_segments("dataset", relation.namespace, relation.database, relation.schema, relation.name)


def _home(relation: Relation) -> str:
    return _container(relation.namespace, relation.database, relation.schema)


def _container(namespace: str, *names: str) -> str:
    return urn.of_segments("container", namespace, *names)


def _properties(subtype: str, facts: Facts = ()) -> Properties:
    return Properties(name=None, subtype=subtype, platform=PLATFORM, tier=None, custom=dict(facts) or None)


def _owned(about: str, namespace: str, owner: Role | None) -> Iterator[Event]:
    """Roles are known within their server only, so that they are not taken for people of the same name elsewhere."""
    if owner is not None:
        who = urn.of_segments("person" if owner.logs_in else "group", namespace, owner.name)
        yield event(about, "ownership", Ownership(owners=[Owner(owner=who)]))


def _prose(about: str, text: str | None) -> Iterator[Event]:
    if text:
        yield event(about, "documentation", Documentation(text=text, format="plain"))


def _paths(names: Sequence[str]) -> list[str]:
    return [urn.segment(name) for name in names]
