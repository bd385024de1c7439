"""What a model was trained on, as far as signature and logged datasets tell. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clew_connectors.mlflow.records import Files, LoggedDataset, SignatureColumn, Use, Version
from clew_connectors.sklearn import PipelineDescription
from clew_connectors.sklearn.pipeline import of_names

TRAINING = frozenset({"training", "train", "fit", ""})
"""Roles of a dataset that a model learns from; one without a role may be anything, and is taken for one."""


@dataclass(frozen=True, slots=True)
class Target:
    """The column that a model learns to tell: what is left of a logged dataset without the signature's inputs."""

    dataset: int
    column: str


def training(uses: Sequence[Use]) -> tuple[LoggedDataset, ...]:
    """Return the datasets that a run trained on, each once."""
    return tuple(dict.fromkeys(use.dataset for use in uses if (use.role or "").lower() in TRAINING))


def untrained(uses: Sequence[Use]) -> str:
    """Return why nothing tells what a run trained on."""
    if uses:
        roles = ", ".join(sorted({use.role or "" for use in uses}))
        return f"the run logged datasets for {roles} only"
    return "the run logged no dataset"


def named_inputs(files: Files) -> tuple[str, ...]:
    """Return the features of a model: the named inputs of its signature, else what its pipeline was fitted on."""
    named = tuple(each.name for each in files.inputs if each.name)
    if named or files.pipeline is None:
        return named
    return tuple(each.name for each in files.pipeline.features)


def description(files: Files) -> PipelineDescription:
    """Return what is known of the features, whether or not the pipeline could be read."""
    names = named_inputs(files)
    if files.pipeline is None:
        return of_names(names)
    known = {each.name: each for each in files.pipeline.features}
    features = tuple(known.get(each.name, each) for each in of_names(names).features)
    return replace(files.pipeline, features=features)


def types(inputs: Sequence[SignatureColumn]) -> dict[str, str]:
    """Return the type of each named input."""
    return {each.name: each.type for each in inputs if each.name and each.type}


def column_of(feature: str, datasets: Sequence[LoggedDataset]) -> int | None:
    """Return the place of the first dataset that has the feature as a column."""
    return next((at for at, each in enumerate(datasets) if feature in dict(each.columns or ())), None)


def target(version: Version) -> Target | None:
    """Return the target, where exactly one column of the training data is no input of the signature."""
    inputs = {each.name for each in version.files.inputs if each.name}
    if not inputs:
        return None
    left = [
        Target(at, name)
        for at, each in enumerate(version.training)
        if inputs & set(dict(each.columns or ()))
        for name, _ in each.columns or ()
        if name not in inputs
    ]
    return left[0] if len({each.column for each in left}) == 1 else None
