"""What is known of a fitted pipeline, as plain frozen data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step, in the order of execution. `path` names it from the outside in, `columns` what it is given, if known.

    `parameters` are what was chosen before fitting, in the order of the class; a value that is no scalar is left out
    or, a short list or a function, spelt out.
    """

    path: tuple[str, ...]
    kind: str
    module: str
    parameters: tuple[tuple[str, Value | None], ...] = ()
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Imputed:
    """What stands in for a missing value; `missing` says what counts as missing where that is not null."""

    strategy: str
    value: Value | None = None
    missing: Value | None = None


@dataclass(frozen=True, slots=True)
class Scaled:
    """How a value is scaled, with the learned numbers by scikit-learn's names for them, without the underscore."""

    method: str
    parameters: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Encoded:
    """How a value becomes numbers: the first categories in the order of their codes (null: missing), and how many."""

    method: str
    categories: tuple[Value | None, ...] | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """One column that the pipeline is given. What could not be tied to it by name is absent.

    `steps` are the classes that it passes through, `outputs` the columns that the estimator sees of it, None where
    their names are not known. `importance` is one number for all of them, where such a number has a meaning.
    """

    name: str
    steps: tuple[str, ...] = ()
    imputed: Imputed | None = None
    scaled: Scaled | None = None
    encoded: Encoded | None = None
    outputs: tuple[str, ...] | None = None
    importance: float | None = None


@dataclass(frozen=True, slots=True)
class Importance:
    """How much each thing counts: by feature where one number holds for it, else by what the estimator sees."""

    method: str
    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class PipelineDescription:
    """A fitted pipeline. `estimator` is the class at its end, None when it only transforms.

    `outputs` are the names that the estimator sees, in order, None where they are not known. `notes` say, one sentence
    each, what could not be read, and why.
    """

    features: tuple[Feature, ...]
    steps: tuple[Step, ...] = ()
    estimator: str | None = None
    task: str | None = None
    parameters: tuple[tuple[str, Value | None], ...] = ()
    outputs: tuple[str, ...] | None = None
    importance: Importance | None = None
    sklearn_version: str | None = None
    notes: tuple[str, ...] = ()


def of_names(names: Iterable[str]) -> PipelineDescription:
    """Return all that is known of a pipeline of which only the columns it takes are known."""
    return PipelineDescription(tuple(Feature(name) for name in names))
