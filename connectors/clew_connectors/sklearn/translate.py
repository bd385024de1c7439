"""From a description to events: the features, the set they make up, and how much each counts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clew_connectors.sklearn.pipeline import Encoded, Feature, Imputed, PipelineDescription, Scaled, Step
from clew_schemas import urn
from clew_schemas.aspects import Containment, FeatureSet, Importances, Notes
from clew_schemas.aspects import Feature as FeatureAspect
from clew_schemas.aspects.learning import Encoding, Imputation, Scaling
from clew_schemas.event import Event, event
from clew_schemas.numerals import number

LONGEST_STEP = 1_000
"""Characters of one step, spelt out."""


@dataclass(frozen=True, slots=True)
class Names:
    """Where a pipeline stands: `parts` are plain segments, such as a model and its version, or a run.

    `carrier` is the URN of what has the importances: that version, or that run.
    """

    namespace: str
    parts: tuple[str, ...]
    carrier: str

    @property
    def feature_set(self) -> str:
        """The URN of all its features together."""
        return urn.of_segments("feature_set", self.namespace, *self.parts, "features")

    def feature(self, name: str) -> str:
        """Return the URN of one feature."""
        return urn.of_segments("feature", self.namespace, *self.parts, name)


def events_of(description: PipelineDescription, names: Names, types: Mapping[str, str] | None = None) -> list[Event]:
    """Return the events of a description; `types` are those of features as somebody else knows them."""
    return list(_events(description, names, types or {}))


def _events(description: PipelineDescription, names: Names, types: Mapping[str, str]) -> Iterator[Event]:
    if description.features:
        yield event(names.feature_set, "feature_set", _feature_set(description))
        yield event(names.feature_set, "containment", Containment(parent=names.carrier))
    for each in description.features:
        yield event(names.feature(each.name), "feature", _feature(each, types.get(each.name)))
        yield event(names.feature(each.name), "containment", Containment(parent=names.feature_set))
    if description.importance is not None:
        values = {name: number(value) for name, value in description.importance.values}
        yield event(names.carrier, "importances", Importances(method=description.importance.method, values=values))
    if description.notes:
        yield event(names.carrier, "notes", Notes(values={"not_read": list(description.notes)}))


def _feature_set(description: PipelineDescription) -> FeatureSet:
    return FeatureSet(type="model input", steps=[_spelt(each) for each in description.steps] or None)


def _spelt(step: Step) -> str:
    chosen = ", ".join(f"{name}={value}" for name, value in step.parameters if value is not None)
    known = step.module.startswith("sklearn.")
    kind = step.kind if known else f"{step.module}.{step.kind}"
    given = f" of {', '.join(step.columns)}" if step.columns else ""
    return f"{'.'.join(step.path) or 'pipeline'}: {kind}({chosen}){given}"[:LONGEST_STEP]


def _feature(feature: Feature, type_: str | None) -> FeatureAspect:
    return FeatureAspect(
        type=type_,
        transformation=" > ".join(feature.steps) or None,
        imputation=_imputation(feature.imputed) if feature.imputed else None,
        scaling=_scaling(feature.scaled) if feature.scaled else None,
        encoding=_encoding(feature.encoded) if feature.encoded else None,
        outputs=None if feature.outputs is None else list(feature.outputs),
    )


def _imputation(said: Imputed) -> Imputation:
    return Imputation(strategy=said.strategy, value=said.value, missing=said.missing)


def _scaling(said: Scaled) -> Scaling:
    return Scaling(method=said.method, parameters={name: number(value) for name, value in said.parameters})


def _encoding(said: Encoded) -> Encoding:
    return Encoding(
        method=said.method, categories=None if said.categories is None else list(said.categories), size=said.size
    )
