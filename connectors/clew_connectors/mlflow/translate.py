"""From MLflow's records to events. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, assert_never

import clew_connectors.mlflow.training as training
from clew_connectors.mlflow.records import (
    About,
    Alias,
    Code,
    Experiment,
    History,
    Item,
    LoggedDataset,
    Model,
    Run,
    SignatureColumn,
    Source,
    Version,
)
from clew_connectors.people import SCOPE, Person, described, owned
from clew_connectors.sklearn import Names, events_of
from clew_schemas import urn
from clew_schemas.aspects import (
    Containment,
    DataInputs,
    Deployment,
    Documentation,
    Environment,
    Evidence,
    Lineage,
    Metric,
    Metrics,
    ModelVersion,
    Notes,
    Parameters,
    Profile,
    Properties,
    Query,
    Schema,
    SourceCode,
)
from clew_schemas.aspects import Model as ModelAspect
from clew_schemas.aspects import Run as RunAspect
from clew_schemas.aspects.data import Column
from clew_schemas.aspects.flow import Unresolved
from clew_schemas.aspects.learning import FeatureUse, Link, Rung
from clew_schemas.aspects.learning import LoggedDataset as LoggedDatasetPart
from clew_schemas.aspects.learning import SignatureColumn as SignatureColumnPart
from clew_schemas.event import Event, Scope, event
from clew_schemas.numerals import number

PLATFORM = "mlflow"
SYSTEM_USER = "mlflow.user"
KINDS = ("dataset", "deployment", "experiment", "feature", "feature_set", "model", "model_version", "run")
ASPECTS = (
    "containment",
    "data_inputs",
    "deployment",
    "documentation",
    "environment",
    "evidence",
    "feature",
    "feature_set",
    "importances",
    "lineage",
    "metrics",
    "model",
    "model_version",
    "notes",
    "ownership",
    "parameters",
    "properties",
    "query",
    "run",
    "schema",
    "source_code",
)
"""Aspects that a crawl covers; points of metrics and sizes are for ever."""

_SEED = re.compile(r"(?:.*[._-])?(?:seed|random_state)", re.IGNORECASE)


def scope(namespace: str) -> Scope:
    """Return what a crawl covers: all of the namespace, and its own claims about people."""
    home = urn.escape(namespace)
    return Scope((*(f"urn:clew:{kind}:({home}," for kind in KINDS), SCOPE), ASPECTS)


def translate(record: Item) -> Sequence[Event]:
    """Return the events of one record: those of one entity, and of a version's features."""
    return list(_events(record))


def _events(record: Item) -> Iterator[Event]:
    match record:
        case Person():
            yield described(record)
        case Experiment():
            experiment = _experiment(record.namespace, record.name)
            yield event(experiment, "properties", _properties("experiment", record.about))
            yield from _described(experiment, record.about)
        case Run():
            yield from _of_run(record)
        case History():
            yield from _of_history(record)
        case LoggedDataset():
            yield from _of_dataset(record)
        case Model():
            yield from _of_model(record)
        case Version():
            yield from _of_version(record)
        case Alias():
            yield from _of_alias(record)
        case _:
            assert_never(record)


def _of_run(record: Run) -> Iterator[Event]:
    run = _run(record.namespace, record.run_id)
    parent = (
        _run(record.namespace, record.parent) if record.parent else _experiment(record.namespace, record.experiment)
    )
    custom = {SYSTEM_USER: record.user} if record.user else {}
    said = RunAspect(
        status=record.status,
        started=record.started,
        ended=record.ended,
        duration_ms=_milliseconds(record),
    )
    yield event(run, "run", said)
    yield event(run, "properties", _properties("run", record.about, name=record.name, **custom))
    yield event(run, "containment", Containment(parent=parent))
    yield from _described(run, record.about)
    yield from _measured(run, record.parameters, record.metrics)
    seeds = {name: value for name, value in record.parameters if _SEED.fullmatch(name) and type(value) is int}
    if seeds:
        yield event(run, "environment", Environment(seeds={name: int(value) for name, value in seeds.items()}))
    if record.code is not None:
        yield event(run, "source_code", _source_code(record.code))
    if record.uses:
        yield event(run, "data_inputs", _data_inputs(record))
    if record.logged:
        models = [{"id": each.model_id, "name": each.name, "registered": each.registered} for each in record.logged]
        yield event(run, "notes", Notes(values={"logged_models": models}))
    if record.trained:
        yield event(run, "lineage", _training(record.trained))


def _milliseconds(record: Run) -> float | None:
    if record.started is None or record.ended is None or record.ended < record.started:
        return None
    return (record.ended - record.started).total_seconds() * 1000


def _measured(
    entity: str, parameters: Sequence[tuple[str, Any]], metrics: Sequence[tuple[str, float]]
) -> Iterator[Event]:
    if parameters:
        yield event(entity, "parameters", Parameters(values=dict(parameters)))
    if metrics:
        yield event(entity, "metrics", Metrics(values={name: number(value) for name, value in metrics}))


def _source_code(code: Code) -> SourceCode:
    return SourceCode(
        repository=code.repository,
        commit=code.commit,
        branch=code.branch,
        path=code.path,
        entry_point=code.entry_point,
    )


def _data_inputs(record: Run) -> DataInputs:
    listed = [
        LoggedDatasetPart(
            dataset=_dataset(use.dataset), role=use.role, source=_table(use.dataset.source), rows=use.dataset.rows
        )
        for use in record.uses
    ]
    return DataInputs(datasets=list({each.model_dump_json(): each for each in listed}.values()))


def _training(versions: Sequence[Version]) -> Lineage:
    """Return how versions came about: from their features, and from the target in the data they were trained on."""
    inputs: dict[str, int] = {}
    columns: list[Any] = []
    unresolved: list[Unresolved] = []
    for out, version in enumerate(versions):
        features = [_names(version).feature(name) for name in training.named_inputs(version.files)]
        target = training.target(version)
        columns += [(out, None, _place(inputs, each), None, "TRANSFORMATION", 1.0) for each in features]
        for at, dataset in enumerate(version.training):
            place = _place(inputs, _dataset(dataset))
            if target is not None and target.dataset == at:
                columns.append((out, None, place, urn.segment(target.column), "TRANSFORMATION", 1.0))
            elif not features:
                columns.append((out, None, place, None, "TRANSFORMATION", 1.0))
        unresolved += _open_questions(version, features)
    outputs = [_version(each.namespace, each.model, each.version) for each in versions]
    return Lineage(
        inputs=list(inputs), outputs=outputs, columns=columns if inputs else None, unresolved=unresolved or None
    )


def _place(inputs: dict[str, int], entity: str) -> int:
    return inputs.setdefault(entity, len(inputs))


def _open_questions(version: Version, features: Sequence[str]) -> Iterator[Unresolved]:
    """Yield what is not known of a version's training, and why."""
    name = f"{version.model} {version.version}"
    if not version.training:
        yield Unresolved(code="no_training_data", detail=f"{name}: {version.untrained}")
    if not features:
        yield Unresolved(code="no_signature", detail=f"{name}: neither signature nor pipeline names its features")


def _of_history(record: History) -> Iterator[Event]:
    run = _run(record.namespace, record.run_id)
    for step, time, value in record.points:
        yield event(run, "metric", Metric(value=number(value)), name=record.metric, time=time, step=step)


def _of_dataset(record: LoggedDataset) -> Iterator[Event]:
    dataset, source = _dataset(record), record.source
    told = {"digest": record.digest, "source type": source.type, "source": source.uri, "verified": record.verified}
    custom = {key: value for key, value in told.items() if value}
    yield event(
        dataset,
        "properties",
        Properties(name=record.name, subtype="logged dataset", platform=PLATFORM, custom=dict(custom)),
    )
    if record.columns is not None:
        listed = [Column(name=urn.segment(name), type=type_) for name, type_ in record.columns]
        yield event(dataset, "schema", Schema(columns=listed))
    if record.rows is not None and record.logged is not None:
        yield event(dataset, "profile", Profile(rows=record.rows), time=record.logged)
    yield from _origin(record, dataset)


def _origin(record: LoggedDataset, dataset: str) -> Iterator[Event]:
    """Yield how a logged set came about: its SQL, else the table that it names; nothing where it names none."""
    source, table = record.source, _table(record.source)
    if source.sql is not None and source.dialect is not None and source.namespace is not None:
        query = Query(
            text=source.sql,
            dialect=source.dialect,
            namespace=source.namespace,
            default_database=source.database,
            default_schema=source.schema,
            output=dataset,
        )
        yield event(dataset, "query", query)
        by: Rung = "sql"
        detail = "the logged source holds the SQL and names the table"
    elif table is not None:
        rows: list[Any] = [(0, path, 0, path, "IDENTITY", 1.0) for path in map(urn.segment, dict(record.columns or ()))]
        yield event(dataset, "lineage", Lineage(inputs=[table], outputs=[dataset], columns=rows or None))
        by, detail = "table", "the logged source names the table"
    if table is not None:
        found: list[tuple[Rung, str]] = [(by, detail)]
        if record.verified:
            found.append(("digest", record.verified))
        links = [Link.model_validate({"from": table, "to": dataset, "by": by, "detail": said}) for by, said in found]
        yield event(dataset, "evidence", Evidence(links=links))


def _of_model(record: Model) -> Iterator[Event]:
    model = urn.of_segments("model", record.namespace, record.name)
    yield event(model, "model", ModelAspect(task=record.task, framework=record.framework))
    yield event(model, "properties", _properties("registered model", record.about))
    yield from _described(model, record.about)


def _of_version(record: Version) -> Iterator[Event]:
    version, names = _version(record.namespace, record.model, record.version), _names(record)
    description = training.description(record.files)
    yield event(version, "model_version", _model_version(record))
    yield event(version, "properties", _properties("model version", record.about))
    yield event(version, "containment", Containment(parent=urn.of_segments("model", record.namespace, record.model)))
    yield from _described(version, record.about)
    parameters = dict(description.parameters) | dict(record.parameters)
    yield from _measured(version, sorted(parameters.items()), record.metrics)
    if record.files.python or record.files.packages:
        packages = dict(record.files.packages) or None
        yield event(version, "environment", Environment(python=record.files.python, packages=packages))
    yield from events_of(description, names, training.types(record.files.inputs))
    if record.training and description.features:
        yield event(names.feature_set, "lineage", _features_from(record, names))
    if not record.run_is_read:
        yield event(version, "lineage", _training([record]))


def _model_version(record: Version) -> ModelVersion:
    description, target = training.description(record.files), training.target(record)
    uses = [_use(each.name, each.importance, _names(record)) for each in description.features]
    return ModelVersion(
        model=urn.of_segments("model", record.namespace, record.model),
        version=record.version,
        run=_run(record.namespace, record.run_id) if record.run_id else None,
        framework=record.files.framework,
        algorithm=description.estimator,
        target=target.column if target else None,
        features=uses or None,
        inputs=_signature(record.files.inputs),
        outputs=_signature(record.files.outputs),
        aliases=list(record.aliases) or None,
        stage=record.stage,
        artifact=record.artifact,
        digest=record.files.digest,
        size=record.files.size,
        created=record.created,
    )


def _use(name: str, importance: float | None, names: Names) -> FeatureUse:
    counts = None if importance is None else number(importance)
    return FeatureUse(name=name, feature=names.feature(name), importance=counts)


def _signature(columns: Sequence[SignatureColumn]) -> list[SignatureColumnPart] | None:
    return [SignatureColumnPart(name=each.name, type=each.type, required=each.required) for each in columns] or None


def _features_from(record: Version, names: Names) -> Lineage:
    """Return which column of the logged data each feature is."""
    features = training.named_inputs(record.files)
    columns: list[Any] = []
    missing = []
    for out, feature in enumerate(features):
        place = training.column_of(feature, record.training)
        if place is None:
            missing.append(feature)
        else:
            columns.append((out, None, place, urn.segment(feature), "IDENTITY", 1.0))
    bare = [each.name for each in record.training if each.columns is None]
    reason = f"{', '.join(bare)} was logged without columns" if bare else "no logged dataset has such a column"
    gap = Unresolved(code="no_column", detail=f"{', '.join(missing[:20])}: {reason}")
    return Lineage(
        inputs=[_dataset(each) for each in record.training],
        outputs=[names.feature(each) for each in features],
        columns=columns or None,
        unresolved=[gap] if missing else None,
    )


def _of_alias(record: Alias) -> Iterator[Event]:
    deployment = urn.of_segments("deployment", record.namespace, record.model, record.alias)
    version = _version(record.namespace, record.model, record.version)
    yield event(deployment, "deployment", Deployment(versions=[version], alias=record.alias))
    yield event(deployment, "properties", Properties(subtype="alias", platform=PLATFORM))
    yield event(deployment, "containment", Containment(parent=urn.of_segments("model", record.namespace, record.model)))


def _described(entity: str, about: About) -> Iterator[Event]:
    if about.description:
        yield event(entity, "documentation", Documentation(text=about.description))
    yield from owned(entity, about.owners)


def _properties(subtype: str, about: About, name: str | None = None, **custom: str) -> Properties:
    return Properties(name=name, subtype=subtype, platform=PLATFORM, custom={**custom, **dict(about.tags)} or None)


def _names(version: Version) -> Names:
    return Names(
        version.namespace,
        (version.model, version.version),
        _version(version.namespace, version.model, version.version),
    )


def _experiment(namespace: str, name: str) -> str:
    return urn.of_segments("experiment", namespace, name)


def _run(namespace: str, run_id: str) -> str:
    return urn.of_segments("run", namespace, run_id)


def _version(namespace: str, model: str, version: str) -> str:
    return urn.of_segments("model_version", namespace, model, version)


def _dataset(record: LoggedDataset) -> str:
    return urn.of_segments("dataset", record.namespace, record.name, record.digest)


def _table(source: Source) -> str | None:
    """Return the table that a source names, where it is known on which platform."""
    if source.table is None or source.namespace is None:
        return None
    return urn.of_segments("dataset", source.namespace, *source.table)
