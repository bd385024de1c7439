"""From Feast's records to events. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from clew_connectors.feast.records import (
    Dataset,
    Facts,
    FeatureService,
    FeatureView,
    Flow,
    Item,
    Project,
    QuerySource,
    RequestSource,
)
from clew_connectors.feast.records import Feature as FeatureRecord
from clew_connectors.people import owned
from clew_schemas import urn
from clew_schemas.aspects import (
    Containment,
    Documentation,
    Feature,
    FeatureSet,
    Lineage,
    Properties,
    Query,
    Schema,
    Tags,
)
from clew_schemas.aspects.data import Column
from clew_schemas.aspects.flow import ColumnFlow, Unresolved
from clew_schemas.aspects.governance import Tag
from clew_schemas.aspects.learning import EntityKey
from clew_schemas.event import Event, Scope, event

PLATFORM = "feast"
SERVICE = "service"
"""First segment of the names of feature services, which a view of the same name must not meet."""
ASPECTS = (
    "containment",
    "documentation",
    "feature",
    "feature_set",
    "lineage",
    "ownership",
    "properties",
    "query",
    "schema",
    "tags",
)
KINDS = ("container", "feature_set", "feature", "dataset")
DIALECTS = {"mssql": "tsql"}
"""Dialects that are called otherwise than the type of the source."""
THROUGH_CODE = 0.5
"""Confidence that one input of code that nobody reads flows into one of its outputs."""


def scope(namespace: str) -> Scope:
    """Return what a crawl covers: the whole namespace."""
    return Scope(tuple(f"urn:clew:{kind}:({urn.escape(namespace)}," for kind in KINDS), ASPECTS)


def translate(record: Item) -> Sequence[Event]:
    """Return the events of one record: a feature set's with its features, a source's, or the project's."""
    return list(_events(record))


def _events(record: Item) -> Iterator[Event]:
    match record:
        case Project():
            project = _project(record.namespace, record.name)
            yield event(project, "properties", _properties("project"))
            yield from _prose(project, record.description)
        case QuerySource():
            yield from _of_query(record)
        case RequestSource():
            yield from _of_request(record)
        case FeatureView():
            yield from _of_view(record)
        case FeatureService():
            yield from _of_service(record)
        case _:
            assert_never(record)


def _of_query(record: QuerySource) -> Iterator[Event]:
    dataset = _dataset(record.dataset)
    yield event(dataset, "properties", _properties(f"{record.type} query"))
    yield event(dataset, "containment", Containment(parent=_project(record.dataset.namespace, record.project)))
    yield from _prose(dataset, record.description)
    yield from _marked(dataset, record.owner, record.tags)
    if record.home is None:
        gap = Unresolved(code="unknown_source", detail=f"nothing says in which {record.type} the query runs")
        yield event(dataset, "lineage", Lineage(inputs=[], outputs=[dataset], expressions=None, unresolved=[gap]))
        return
    query = Query(
        text=record.text,
        dialect=DIALECTS.get(record.type, record.type),
        namespace=record.home,
        default_database=record.database,
        default_schema=record.schema,
        output=dataset,
    )
    yield event(dataset, "query", query)


def _of_request(record: RequestSource) -> Iterator[Event]:
    dataset = _dataset(record.dataset)
    columns = [Column(name=urn.segment(name), type=kind) for name, kind in record.fields]
    yield event(dataset, "schema", Schema(columns=columns))
    yield event(dataset, "properties", _properties("request"))
    yield event(dataset, "containment", Containment(parent=_project(record.dataset.namespace, record.project)))


def _of_view(record: FeatureView) -> Iterator[Event]:
    view = urn.of_segments("feature_set", record.namespace, record.name)
    said = FeatureSet(
        type=record.type,
        version=record.version,
        entities=[EntityKey(name=name, keys=[key]) for name, key in record.entities] or None,
        timestamp=record.timestamp,
        ttl_seconds=record.ttl,
        online=record.online,
        steps=[record.code] if record.code else None,
    )
    yield event(view, "feature_set", said)
    yield event(view, "properties", _properties(record.type, record.facts))
    yield event(view, "containment", Containment(parent=_project(record.namespace, record.project)))
    yield from _prose(view, record.description)
    yield from _marked(view, record.owner, record.tags)
    yield event(view, "lineage", _lineage(record))
    for each in record.features:
        yield from _of_feature(_feature(record.namespace, record.name, each.name), each, view)


def _of_feature(feature: str, record: FeatureRecord, view: str) -> Iterator[Event]:
    yield event(feature, "feature", Feature(type=record.type, definition=record.description))
    yield event(feature, "containment", Containment(parent=view))
    yield from _marked(feature, None, record.tags)


def _lineage(record: FeatureView) -> Lineage:
    outputs = [each.name for each in record.features]
    inputs = list(dict.fromkeys(_input(record.namespace, flow) for flow in record.flows))
    subtype, confidence = ("IDENTITY", 1.0) if record.is_read else ("TRANSFORMATION", THROUGH_CODE)
    rows: list[ColumnFlow] = [
        (
            at,
            None,
            inputs.index(_input(record.namespace, flow)),
            flow.column and urn.segment(flow.column),
            subtype,
            confidence,
        )
        for flow in record.flows
        for at, name in enumerate(outputs)
        if flow.output in (None, name)
    ]
    return Lineage(
        inputs=inputs,
        outputs=[_feature(record.namespace, record.name, name) for name in outputs],
        columns=rows or None,
        expressions=None,
        unresolved=[Unresolved(code=gap.code, detail=gap.detail) for gap in record.gaps] or None,
    )


def _input(namespace: str, flow: Flow) -> str:
    if flow.dataset is not None:
        return _dataset(flow.dataset)
    return _feature(namespace, flow.view or "", flow.feature or "")


def _of_service(record: FeatureService) -> Iterator[Event]:
    service = urn.of_segments("feature_set", record.namespace, SERVICE, record.name)
    inputs = [_feature(record.namespace, view, name) for view, name in record.reads]
    yield event(service, "feature_set", FeatureSet(type="feature service"))
    yield event(service, "properties", _properties("feature service", name=record.name))
    yield event(service, "containment", Containment(parent=_project(record.namespace, record.project)))
    yield from _prose(service, record.description)
    yield from _marked(service, record.owner, record.tags)
    flows: list[ColumnFlow] = [(0, None, at, None, "IDENTITY", 1.0) for at in range(len(inputs))]
    yield event(service, "lineage", Lineage(inputs=inputs, outputs=[service], columns=flows, expressions=None))


def _marked(about: str, owner: str | None, tags: Sequence[str]) -> Iterator[Event]:
    yield from owned(about, [owner] if owner else [])
    if tags:
        yield event(about, "tags", Tags(tags=[Tag(tag=urn.of_segments("tag", "clew", each)) for each in tags]))


def _properties(subtype: str, facts: Facts = (), *, name: str | None = None) -> Properties:
    return Properties(name=name, subtype=subtype, platform=PLATFORM, tier=None, custom=dict(facts) or None)


def _prose(about: str, text: str | None) -> Iterator[Event]:
    if text:
        yield event(about, "documentation", Documentation(text=text))


def _project(namespace: str, name: str) -> str:
    return urn.of_segments("container", namespace, name)


def _feature(namespace: str, view: str, name: str) -> str:
    return urn.of_segments("feature", namespace, view, name)


def _dataset(dataset: Dataset) -> str:
    return urn.of_segments("dataset", dataset.namespace, *dataset.parts)
