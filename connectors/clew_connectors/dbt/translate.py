"""From dbt's records to events. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, assert_never

from clew_connectors.dbt.records import (
    Dataset,
    Described,
    Exposure,
    Item,
    Job,
    JobRun,
    ModelOwners,
    Node,
    OwnerGroup,
    Project,
    Relation,
    Sql,
    Test,
    TestResult,
)
from clew_connectors.people import SCOPE, Person, described, owned
from clew_schemas import urn
from clew_schemas.aspects import (
    Assertion,
    Containment,
    Documentation,
    Lineage,
    Properties,
    QualityResult,
    Query,
    Run,
    Schema,
    Tags,
)
from clew_schemas.aspects import Exposure as ExposureAspect
from clew_schemas.aspects.data import Column
from clew_schemas.aspects.governance import Tag
from clew_schemas.event import Event, Scope, event
from clew_schemas.kinds import EXPOSURE_KINDS

PLATFORM = "dbt"
ASPECTS = (
    "assertion",
    "containment",
    "documentation",
    "exposure",
    "lineage",
    "ownership",
    "properties",
    "query",
    "schema",
    "tags",
)
"""Aspects that a crawl covers. `run` is not among them: runs that are over stay, though no later crawl names them."""

TestStatus = Literal["pass", "fail", "warn", "error", "skipped"]
TEST_STATUS: dict[str, TestStatus] = {
    "pass": "pass",
    "fail": "fail",
    "warn": "warn",
    "error": "error",
    "runtime error": "error",
    "skipped": "skipped",
}
"""dbt's words for how a test came out."""

RunStatus = Literal["success", "failed", "skipped", "unknown"]
RUN_STATUS: dict[str, RunStatus] = {
    "success": "success",
    "error": "failed",
    "runtime error": "failed",
    "partial success": "failed",
    "skipped": "skipped",
}
"""dbt's words for how a job went; any other is unknown."""

LONGEST_MESSAGE = 2_000
"""Characters of a message of dbt's that are kept."""


def scope(home: str, relations: str, models: str | None = None) -> Scope:
    """Return what a crawl covers: the project's namespace, and its own claims about relations, people and models."""
    own = ("pipeline", "job", "dataset", "column", "assertion", "group", *sorted(set(EXPOSURE_KINDS.values())))
    prefixes = [f"urn:clew:{kind}:({urn.escape(home)}," for kind in own]
    prefixes += [f"urn:clew:{kind}:({urn.escape(relations)}," for kind in ("dataset", "column")]
    if models is not None:
        prefixes.append(f"urn:clew:model:({urn.escape(models)},")
    return Scope((*prefixes, SCOPE), ASPECTS)


def translate(record: Item) -> Sequence[Event]:
    """Return the events of one record: those of one entity, and of its columns."""
    return list(_events(record))


def _events(record: Item) -> Iterator[Event]:
    match record:
        case Project():
            yield event(_pipeline(record.namespace, record.name), "properties", _properties("project"))
        case Person():
            yield described(record)
        case OwnerGroup():
            yield from _of_group(record)
        case Dataset():
            yield from _of_dataset(record)
        case Job():
            yield from _of_job(record)
        case Test():
            yield from _of_test(record)
        case TestResult():
            yield _of_result(record)
        case JobRun():
            yield _of_run(record)
        case Exposure():
            yield from _of_exposure(record)
        case ModelOwners():
            yield from owned(urn.of_segments("model", record.namespace, record.name), record.owners)
        case _:
            assert_never(record)


def _of_group(record: OwnerGroup) -> Iterator[Event]:
    group = urn.of_segments("group", record.namespace, record.name)
    yield event(group, "properties", _properties("group"))
    yield from _prose(group, record.description)
    yield from owned(group, record.owners)


def _of_dataset(record: Dataset) -> Iterator[Event]:
    dataset = _dataset(record.relation)
    if record.columns is not None:
        columns = [Column(name=urn.segment(name), type=kind) for name, kind in record.columns]
        yield event(dataset, "schema", Schema(columns=columns))
    yield event(dataset, "properties", _properties(record.subtype, record.about, platform=record.platform))
    if record.parent is not None:
        yield event(dataset, "containment", Containment(parent=_pipeline(record.relation.namespace, record.parent)))
    yield from _about(dataset, record.about)
    for each in record.prose:
        column = urn.column(dataset, urn.segment(each.name))
        yield from _prose(column, each.description)
        yield from _tagged(column, each.tags)


def _of_job(record: Job) -> Iterator[Event]:
    job = _node("job", record.node)
    lineage = Lineage(
        inputs=[_dataset(each) for each in record.inputs], outputs=[_dataset(record.output)], expressions=None
    )
    yield event(job, "properties", _properties(record.materialized, record.about))
    yield event(job, "containment", Containment(parent=_pipeline(record.node.namespace, record.project)))
    yield event(job, "lineage", lineage)
    if record.sql is not None:
        yield event(job, "query", _query(record.sql, _dataset(record.output)))
    yield from _about(job, record.about)


def _query(sql: Sql, output: str) -> Query:
    return Query(
        text=sql.text,
        dialect=sql.dialect,
        namespace=sql.namespace,
        default_database=sql.database,
        default_schema=sql.schema,
        output=output,
        bindings={name: _dataset(relation) for name, relation in sql.bindings} or None,
    )


def _of_test(record: Test) -> Iterator[Event]:
    assertion = _node("assertion", record.node)
    parameters: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in record.parameters
    }
    if record.others:
        parameters["otherDatasets"] = [_dataset(each) for each in record.others]
    said = Assertion(
        dataset=_dataset(record.dataset),
        column=None if record.column is None else urn.segment(record.column),
        type=record.type,
        severity="warn" if record.severity == "warn" else "error",
        parameters=parameters or None,
    )
    yield event(assertion, "assertion", said)
    yield event(
        assertion, "properties", Properties(name=record.name, subtype=record.type, platform=PLATFORM, tier=None)
    )
    yield event(assertion, "containment", Containment(parent=_pipeline(record.node.namespace, record.project)))
    yield from _prose(assertion, record.description)
    yield from _tagged(assertion, record.tags)


def _of_result(record: TestResult) -> Event:
    said = QualityResult(
        status=TEST_STATUS[record.status],
        failures=record.failures,
        message=_cut(record.message),
        duration_ms=record.milliseconds,
    )
    return event(_node("assertion", record.node), "quality_result", said, time=record.time)


def _of_run(record: JobRun) -> Event:
    status = RUN_STATUS.get(record.status, "unknown")
    said = Run(
        job=_node("job", record.node),
        status=status,
        started=record.started,
        ended=record.ended,
        duration_ms=record.milliseconds,
        message=None if status == "success" else _cut(record.message),
    )
    return event(urn.make("run", record.node.namespace, f"{record.invocation}.{record.node.unique_id}"), "run", said)


def _of_exposure(record: Exposure) -> Iterator[Event]:
    exposure = _node(EXPOSURE_KINDS.get(record.type, "application"), record.node)
    models = [urn.of_segments("model", *record.model)] if record.model else []
    said = ExposureAspect(
        depends_on=[*(_dataset(each) for each in record.depends_on), *models],
        type=record.type,
        label=record.label,
        url=record.url,
        maturity=record.maturity,
    )
    yield event(exposure, "exposure", said)
    yield event(
        exposure, "properties", _properties(record.type, record.about, name=record.label or record.name, url=record.url)
    )
    yield from _about(exposure, record.about)


def _about(entity: str, about: Described) -> Iterator[Event]:
    yield from _prose(entity, about.description)
    yield from owned(entity, about.owners)
    yield from _tagged(entity, about.tags)


def _properties(
    subtype: str,
    about: Described | None = None,
    *,
    platform: str = PLATFORM,
    name: str | None = None,
    url: str | None = None,
) -> Properties:
    tier, custom = (about.tier, dict(about.custom) or None) if about else (None, None)
    return Properties(name=name, subtype=subtype, platform=platform, url=url, tier=tier, custom=custom)


def _prose(entity: str, text: str | None) -> Iterator[Event]:
    if text:
        yield event(entity, "documentation", Documentation(text=text))


def _tagged(entity: str, tags: Sequence[str]) -> Iterator[Event]:
    if tags:
        named = [Tag(tag=urn.of_segments("tag", "clew", tag)) for tag in tags]
        yield event(entity, "tags", Tags(tags=named))


def _pipeline(namespace: str, project: str) -> str:
    return urn.of_segments("pipeline", namespace, project)


def _node(kind: str, node: Node) -> str:
    return urn.make(kind, node.namespace, node.unique_id)


def _dataset(relation: Relation) -> str:
    return urn.of_segments("dataset", relation.namespace, *relation.parts)


def _cut(message: str | None) -> str | None:
    return None if message is None else message[:LONGEST_MESSAGE]
