"""From what metadata.json files tell to events. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from clew_connectors.metadata_json.lineage import of_dataset, of_features, of_run, of_stage
from clew_connectors.metadata_json.records import (
    Code,
    Column,
    Dataset,
    Deployment,
    Encoding,
    Endpoint,
    Feature,
    Imputation,
    Item,
    Model,
    Notes,
    Project,
    Scaling,
    Source,
    Unreadable,
    Version,
)
from clew_connectors.people import SCOPE, Person, described, owned
from clew_schemas import aspects, urn
from clew_schemas.aspects import (
    Containment,
    DataInputs,
    Documentation,
    Evidence,
    Lineage,
    Metrics,
    ModelVersion,
    Parameters,
    Properties,
    Schema,
    SourceCode,
    Step,
    StoredObject,
    data,
    learning,
)
from clew_schemas.aspects.flow import Unresolved
from clew_schemas.aspects.learning import FeatureUse, Link, LoggedDataset
from clew_schemas.event import Event, Scope, event

PLATFORM = "metadata.json"
KINDS = (
    "dataset experiment run feature_set feature model model_version evaluation deployment endpoint pipeline task object"
).split()
ASPECTS = tuple(
    sorted(
        "containment data_inputs deployment documentation endpoint environment evaluation evidence feature feature_set "
        "importances lineage metrics model model_version notes ownership parameters pipeline properties run schema "
        "source_code step stored_object version".split()
    )
)


def scope(namespace: str, *, closed: bool) -> Scope:
    """Return what a crawl covers: the namespace; with `closed`, nothing in it is taken back."""
    home = urn.escape(namespace)
    prefixes = (*(f"urn:clew:{kind}:({home}," for kind in KINDS), SCOPE)
    return Scope(prefixes, () if closed else ASPECTS)


def translate(record: Item) -> Sequence[Event]:
    """Return the events of one record."""
    match record:
        case Person():
            return [described(record)]
        case Dataset():
            return list(_of_dataset(record))
        case Model():
            return list(_of_model(record))
        case Project():
            return list(_of_project(record))
        case Deployment():
            return list(_of_deployment(record))
        case Endpoint():
            return list(_of_endpoint(record))
        case Unreadable():
            return list(_of_unreadable(record))
        case _:
            assert_never(record)


def _of_dataset(record: Dataset) -> Iterator[Event]:
    yield event(record.urn, "properties", Properties(name=record.name, subtype="logged dataset", platform=PLATFORM))
    if record.columns is not None:
        columns = [_column(each) for each in record.columns]
        yield event(record.urn, "schema", Schema(columns=columns))
    yield event(record.urn, "lineage", of_dataset(record))
    if record.origin is not None:
        origin = record.origin
        link = _link(origin.table, record.urn, origin.by, origin.detail, origin.confidence)
        yield event(record.urn, "evidence", Evidence(links=[link]))
    if record.version or record.digest:
        named = record.version or record.digest or ""
        yield event(record.urn, "version", aspects.Version(version=named, digest=record.digest))
    if record.location:
        yield event(record.urn, "stored_object", StoredObject(uri=record.location))
    yield from _prose(record.urn, record.description)
    yield from _kept(record.urn, record.notes)


def _of_model(record: Model) -> Iterator[Event]:
    yield event(record.urn, "properties", Properties(platform=PLATFORM))
    about = aspects.Model(task=record.task, framework=record.framework, purpose=record.purpose)
    yield event(record.urn, "model", about)
    yield from _prose(record.urn, record.description)
    yield from owned(record.urn, record.owners)


def _of_project(record: Project) -> Iterator[Event]:
    if record.claims_experiment:
        yield event(
            record.experiment, "properties", Properties(name=record.title, subtype="project", platform=PLATFORM)
        )
        yield from _prose(record.experiment, record.description)
        yield from owned(record.experiment, record.owners)
    if record.version is not None:
        yield from _of_version(record, record.version)
    else:
        yield from _kept(record.pipeline, record.notes)
    if record.has_pipeline:
        yield from _of_pipeline(record)


def _of_version(record: Project, version: Version) -> Iterator[Event]:
    yield from _of_run(record, version)
    if version.features:
        yield from _of_features(record, version)
    about = version.urn
    yield event(about, "properties", Properties(platform=PLATFORM))
    yield event(
        about,
        "model_version",
        ModelVersion(
            model=version.model,
            version=version.version,
            run=version.run.urn,
            framework=version.framework,
            algorithm=version.algorithm,
            target=version.target,
            features=[
                FeatureUse(name=each.name, feature=each.urn, importance=each.importance)
                for each in version.features
                if each.listed
            ]
            or None,
            aliases=list(version.aliases) or None,
            stage=version.stage,
            artifact=version.artifact,
            digest=version.digest,
            size=version.size,
            created=version.created,
        ),
    )
    if version.parameters:
        yield event(about, "parameters", Parameters(values=dict(version.parameters)))
    if version.metrics:
        yield event(about, "metrics", Metrics(values=dict(version.metrics)))
    if version.importances:
        yield event(about, "importances", aspects.Importances(values=dict(version.importances)))
    if version.evaluation is not None:
        yield from _of_evaluation(version)
    yield from _code(about, record.code)
    yield from owned(about, version.owners)
    yield from _kept(about, version.notes, record.notes)


def _of_run(record: Project, version: Version) -> Iterator[Event]:
    run = version.run
    yield event(run.urn, "properties", Properties(platform=PLATFORM))
    yield event(run.urn, "containment", Containment(parent=record.experiment))
    job = next((each.urn for each in record.stages if each.role == "training"), None)
    said: Any = run.status
    yield event(
        run.urn,
        "run",
        aspects.Run(job=job, status=said, started=run.started, ended=run.ended, duration_ms=run.duration_ms),
    )
    yield event(run.urn, "lineage", of_run(record, version))
    if record.training:
        links = [_link(each.urn, version.urn, "stated", "the file says so", 1.0) for each in record.training]
        yield event(run.urn, "evidence", Evidence(links=links))
    if record.datasets:
        logged = [
            LoggedDataset(dataset=each.urn, role=each.role, source=each.table, rows=each.rows)
            for each in record.datasets
        ]
        yield event(run.urn, "data_inputs", DataInputs(datasets=logged))
    if version.environment is not None:
        env = version.environment
        said_env = aspects.Environment(
            python=env.python,
            platform=env.platform,
            image=env.image,
            hardware=env.hardware,
            packages=dict(env.packages) or None,
            seeds=dict(env.seeds) or None,
        )
        yield event(run.urn, "environment", said_env)
    yield from _code(run.urn, record.code)


def _of_features(record: Project, version: Version) -> Iterator[Event]:
    about = version.features_urn
    yield event(about, "properties", Properties(platform=PLATFORM))
    steps = [each.name for each in record.stages if each.role in ("preprocessing", "features")]
    yield event(
        about, "feature_set", aspects.FeatureSet(type="model input", version=version.version, steps=steps or None)
    )
    yield event(about, "lineage", of_features(record, version.features))
    links = [
        _by_name(urn.column(record.training[source.dataset].urn, urn.segment(source.column)), each, source)
        for each in version.features
        for source in each.sources
        if source.column is not None and source.confidence < 1
    ]
    if links:
        yield event(about, "evidence", Evidence(links=links))
    for each in version.features:
        yield event(each.urn, "feature", _feature(each))
        yield event(each.urn, "containment", Containment(parent=about))
        yield from _kept(each.urn, each.notes)


def _feature(record: Feature) -> aspects.Feature:
    encoding = record.encoding
    return aspects.Feature(
        type=record.type,
        definition=record.definition,
        transformation=record.transformation,
        imputation=_imputation(record.imputation),
        scaling=_scaling(record.scaling),
        encoding=_encoding(encoding),
        outputs=list(encoding.outputs) or None if encoding else None,
        version=record.version,
    )


def _imputation(said: Imputation | None) -> learning.Imputation | None:
    if said is None:
        return None
    return learning.Imputation(strategy=said.strategy, value=said.value, missing=said.missing)


def _scaling(said: Scaling | None) -> learning.Scaling | None:
    return None if said is None else learning.Scaling(method=said.method, parameters=dict(said.parameters))


def _encoding(said: Encoding | None) -> learning.Encoding | None:
    if said is None:
        return None
    categories = None if said.categories is None else list(said.categories)
    return learning.Encoding(method=said.method, categories=categories, size=said.size)


def _of_evaluation(version: Version) -> Iterator[Event]:
    found = version.evaluation
    assert found is not None
    yield event(found.urn, "properties", Properties(platform=PLATFORM))
    about = aspects.Evaluation(
        subject=version.urn,
        datasets=list(found.datasets) or None,
        evaluator=found.evaluator,
        verdict=found.verdict,
    )
    yield event(found.urn, "evaluation", about)
    if version.metrics:
        yield event(found.urn, "metrics", Metrics(values=dict(version.metrics)))
    yield from _kept(found.urn, found.notes)


def _of_pipeline(record: Project) -> Iterator[Event]:
    pipeline = record.pipeline
    yield event(pipeline, "properties", Properties(name=record.title, platform=PLATFORM))
    yield event(pipeline, "containment", Containment(parent=record.experiment))
    yield event(pipeline, "pipeline", aspects.Pipeline(engine=PLATFORM))
    yield from _code(pipeline, record.code)
    for each in record.stages:
        yield event(each.urn, "properties", Properties(name=each.name, platform=PLATFORM))
        yield event(each.urn, "containment", Containment(parent=pipeline))
        yield event(each.urn, "step", Step(after=[each.after] if each.after else None, type=each.role or each.type))
        carried = of_stage(record, each)
        if carried is not None:
            yield event(each.urn, "lineage", carried)
        yield from _prose(each.urn, each.description)
        yield from _kept(each.urn, each.notes)


def _of_deployment(record: Deployment) -> Iterator[Event]:
    yield event(record.urn, "properties", Properties(platform=PLATFORM))
    about = aspects.Deployment(
        versions=list(record.versions),
        alias=record.alias,
        environment=record.environment,
        status=record.status,
        since=record.since,
    )
    yield event(record.urn, "deployment", about)
    yield from _kept(record.urn, record.notes)


def _of_endpoint(record: Endpoint) -> Iterator[Event]:
    yield event(record.urn, "properties", Properties(platform=PLATFORM, url=record.url))
    about = aspects.Endpoint(
        url=record.url,
        deployments=list(record.behind),
        protocol=record.protocol,
        health=record.health,
        since=record.since,
        checked=record.checked,
    )
    yield event(record.urn, "endpoint", about)
    yield from _kept(record.urn, record.notes)


def _of_unreadable(record: Unreadable) -> Iterator[Event]:
    yield event(record.urn, "properties", Properties(subtype="unreadable metadata.json", platform=PLATFORM))
    yield event(record.urn, "stored_object", StoredObject(uri=record.file))
    gap = Unresolved(code="unreadable_metadata", detail=record.why)
    outputs = [record.version] if record.version else []
    yield event(record.urn, "lineage", Lineage(inputs=[], outputs=outputs, unresolved=[gap]))


def _code(about: str, code: Code | None) -> Iterator[Event]:
    if code is not None:
        said = {name: getattr(code, name) for name in code.__slots__}
        yield event(about, "source_code", SourceCode(**said))


def _prose(about: str, text: str | None) -> Iterator[Event]:
    if text:
        yield event(about, "documentation", Documentation(text=text))


def _kept(about: str, *notes: Notes | None) -> Iterator[Event]:
    values = {key: value for each in notes if each for key, value in json.loads(each).items()}
    if values:
        yield event(about, "notes", aspects.Notes(values=values))


def _by_name(column: str, feature: Feature, source: Source) -> Link:
    return _link(column, feature.urn, "name", "only the column's name agrees", source.confidence)


def _column(column: Column) -> data.Column:
    return data.Column(name=urn.segment(column.name), type=column.type, nullable=column.nullable)


def _link(source: str, target: str, by: Any, detail: str, confidence: float) -> Link:
    said = {"from": source, "to": target, "by": by, "detail": detail, "confidence": confidence}
    return Link.model_validate(said)
