"""What a run makes: a model version with its features and what they learned, its lineage, and where it is deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from clew.sdk.datasets import Dataset
from clew.sdk.naming import Names, plain
from clew.sdk.values import number
from clew_schemas.event import Event, event
from clew_schemas.numerals import Number

if TYPE_CHECKING:
    from clew_connectors.sklearn import PipelineDescription

NOT_TRAINED_ON = frozenset({"validation", "evaluation", "test", "holdout", "reference"})
"""Roles of data that a model does not learn from."""


@dataclass(frozen=True, slots=True)
class Version:
    """A model version as a run speaks of it: its names, and what was said beside the data and the pipeline."""

    names: Names
    model: str
    version: str
    run: str
    created: datetime
    target: str | None = None
    framework: str | None = None
    artifact: str | None = None

    @property
    def urn(self) -> str:
        """Its URN."""
        return self.names.model_version(self.model, self.version)

    def feature(self, name: str) -> str:
        """Return the URN of one of its features."""
        return self.names.feature(self.model, self.version, name)


def described(pipeline: Any, names: Sequence[str] | None) -> PipelineDescription:
    """Return what a fitted pipeline has learned; raise BadInput for what is none. `names` are its columns, if known."""
    from clew_connectors.sklearn import describe  # it needs numpy, which a run without a pipeline does not

    found = describe(pipeline, names)
    return replace(found, features=tuple(replace(each, name=plain(each.name)) for each in found.features))


def events_of_version(
    version: Version, pipeline: PipelineDescription | None, inputs: Sequence[Dataset], unknown: Sequence[str]
) -> list[Event]:
    """Return all that is said about a model version, its features and its lineage; `unknown` data are left open."""
    features = [] if pipeline is None else [each.name for each in pipeline.features]
    model = version.names.model(version.model)
    said = [
        event(model, "model", _model(version, pipeline)),
        event(version.urn, "model_version", _version(version, pipeline)),
        event(version.urn, "containment", {"parent": model}),
        event(version.run, "lineage", lineage_of_run(version, features, inputs, unknown)),
    ]
    if pipeline is None:
        return said
    if pipeline.parameters:
        said.append(event(version.urn, "parameters", {"values": dict(pipeline.parameters)}))
    from clew_connectors.sklearn import Names as PipelineNames
    from clew_connectors.sklearn import events_of

    parts = (version.model, version.version)
    said += events_of(pipeline, PipelineNames(version.names.namespace, parts, version.urn), _types(inputs))
    flows = lineage_of_features(version, features, inputs)
    if flows is not None:
        feature_set = version.names.feature_set(version.model, version.version)
        said.append(event(feature_set, "lineage", flows))
    return said


def _model(version: Version, pipeline: PipelineDescription | None) -> dict[str, Any]:
    framework = version.framework or ("scikit-learn" if pipeline is not None else None)
    return _present(task=None if pipeline is None else pipeline.task, framework=framework)


def _version(version: Version, pipeline: PipelineDescription | None) -> dict[str, Any]:
    uses = [
        _present(name=each.name, feature=version.feature(each.name), importance=_finite(each.importance))
        for each in (() if pipeline is None else pipeline.features)
    ]
    return _present(
        model=version.names.model(version.model),
        version=version.version,
        run=version.run,
        framework=version.framework or ("scikit-learn" if pipeline is not None else None),
        algorithm=None if pipeline is None else pipeline.estimator,
        target=version.target,
        features=uses or None,
        artifact=version.artifact,
        created=version.created.isoformat(),
    )


def _finite(value: float | None) -> Number | None:
    return None if value is None else number(value, "importance")


def _types(inputs: Sequence[Dataset]) -> dict[str, str]:
    return {name: kind for each in _trained_on(inputs) for name, kind in each.types.items()}


def _present(**said: Any) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def lineage_of_features(version: Version, features: Sequence[str], inputs: Sequence[Dataset]) -> dict[str, Any] | None:
    """Return the payload of `lineage` for the feature set: each feature is the column of its name in a set of data.

    None without features or data. A feature that no described set has a column for is left open.
    """
    used = _trained_on(inputs)
    if not features or not used:
        return None
    said: dict[str, Any] = {
        "inputs": [each.urn for each in used],
        "outputs": [version.feature(each) for each in features],
    }
    described = [(at, each.columns) for at, each in enumerate(used) if each.columns is not None]
    if not described:
        return said
    rows: list[list[Any]] = []
    missing: list[str] = []
    for at, feature in enumerate(features):
        found = [(into, columns[feature]) for into, columns in described if feature in columns]
        rows += [[at, None, into, path, "IDENTITY", 1.0] for into, path in found]
        if not found:
            missing.append(feature)
    said["columns"] = rows
    if missing:
        detail = f"no column of the data is called {', '.join(missing[:20])}"
        said["unresolved"] = [{"code": "feature_without_column", "detail": detail}]
    return said


def lineage_of_run(
    version: Version, features: Sequence[str], inputs: Sequence[Dataset], unknown: Sequence[str]
) -> dict[str, Any]:
    """Return the payload of `lineage` for the run: features, else data, and the target flow into the version."""
    used = _trained_on(inputs)
    sources = [version.feature(each) for each in features]
    said: dict[str, Any] = {"inputs": [*sources, *(each.urn for each in used)], "outputs": [version.urn]}
    first = len(sources)
    rows: list[list[Any]] = [[0, None, at, None, "TRANSFORMATION", 1.0] for at in range(first)]
    if not features:
        rows += [[0, None, first + at, None, "TRANSFORMATION", 1.0] for at in range(len(used))]
    open_ends = [{"code": "unknown_dataset", "detail": each} for each in unknown]
    if version.target is not None and used:
        found = [(at, path) for at, each in enumerate(used) if (path := (each.columns or {}).get(version.target))]
        rows += [[0, None, first + at, path, "TRANSFORMATION", 1.0] for at, path in found]
        if not found:
            detail = f"no column of the data is known to be called {version.target}"
            open_ends.append({"code": "unknown_target", "detail": detail})
    if not used and not unknown:
        open_ends.append({"code": "no_training_data", "detail": "the run did not say what it was trained on"})
    said["columns"] = rows
    if open_ends:
        said["unresolved"] = open_ends
    return said


def _trained_on(inputs: Sequence[Dataset]) -> list[Dataset]:
    return [each for each in inputs if each.role not in NOT_TRAINED_ON]


def deployment_of(
    version: Version, alias: str, url: str | None, name: str | None, environment: str | None, since: str
) -> tuple[str, list[Event]]:
    """Return the URN of a deployment, and what is said about it and its endpoint."""
    urn = version.names.deployment(version.model, alias)
    said: dict[str, Any] = {"versions": [version.urn], "alias": alias, "since": since, "status": "active"}
    if environment is not None:
        said["environment"] = plain(environment)
    events = [event(urn, "deployment", said)]
    if url is not None:
        endpoint = version.names.endpoint(name or url.partition("://")[2] or url)
        address = {"url": plain(url), "deployments": [urn], "since": since}
        protocol = url.partition("://")[0] if "://" in url else None
        events.append(event(endpoint, "endpoint", {**address, **({"protocol": protocol} if protocol else {})}))
    return urn, events
