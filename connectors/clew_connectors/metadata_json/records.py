"""What is read from metadata.json files, as plain data. `notes` are the JSON text of what has no aspect of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clew_connectors.people import Person

Scalar = str | int | float | bool | None
Number = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number, or the name of what is none."""
Notes = str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a dataset, as the file names it."""

    name: str
    type: str | None = None
    nullable: bool | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The table that a dataset was read from, and by what that is known."""

    table: str
    by: Literal["stated", "name"]
    confidence: float
    detail: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A set of data as a file names it: `urn` is its own, by name and version.

    `columns` are None where the file lists none; `used` names those that features and target are made of.
    Without `origin` it is not known where the data came from.
    """

    urn: str
    name: str
    version: str | None
    columns: tuple[Column, ...] | None
    used: tuple[str, ...]
    origin: Origin | None
    location: str | None
    digest: str | None
    description: str | None
    notes: Notes | None


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """How a project uses a dataset: `columns` are those known to come from `table`, with that confidence."""

    urn: str
    role: str
    rows: int | None
    table: str | None
    columns: tuple[str, ...] = ()
    confidence: float = 1.0

    @property
    def trains(self) -> bool:
        """Whether the model learnt from it."""
        return self.role not in ("validation", "test", "evaluation", "holdout")


@dataclass(frozen=True, slots=True)
class Imputation:
    strategy: str
    value: Scalar = None
    missing: Scalar = None


@dataclass(frozen=True, slots=True)
class Scaling:
    method: str
    parameters: tuple[tuple[str, Number], ...] = ()


@dataclass(frozen=True, slots=True)
class Encoding:
    method: str
    categories: tuple[Scalar, ...] | None = None
    size: int | None = None
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A column that a feature is made of: the position of its dataset among the training data, and how sure that is.

    `column` None: some column of it, which one is not said.
    """

    dataset: int
    column: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of the model. `listed`: the file's list of features has it; else only its treatment is told."""

    urn: str
    name: str
    listed: bool
    sources: tuple[Source, ...]
    type: str | None = None
    definition: str | None = None
    transformation: str | None = None
    version: str | None = None
    importance: Number | None = None
    imputation: Imputation | None = None
    scaling: Scaling | None = None
    encoding: Encoding | None = None
    notes: Notes | None = None

    @property
    def treated(self) -> bool:
        """Whether a value is changed on its way to the model."""
        return bool(self.imputation or self.scaling or self.encoding or self.transformation or len(self.sources) > 1)


@dataclass(frozen=True, slots=True)
class Code:
    repository: str | None = None
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    path: str | None = None
    entry_point: str | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    python: str | None = None
    platform: str | None = None
    image: str | None = None
    hardware: str | None = None
    packages: tuple[tuple[str, str], ...] = ()
    seeds: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    urn: str
    status: str
    started: datetime | None
    ended: datetime | None
    duration_ms: float | None


@dataclass(frozen=True, slots=True)
class Version:
    """The trained state of a model that a file tells of, and the run that trained it."""

    urn: str
    model: str
    version: str | None
    run: Run
    features_urn: str
    features: tuple[Feature, ...]
    target: str | None
    target_sources: tuple[Source, ...]
    algorithm: str | None
    framework: str | None
    stage: str | None
    aliases: tuple[str, ...]
    artifact: str | None
    digest: str | None
    size: int | None
    created: datetime | None
    parameters: tuple[tuple[str, Scalar], ...]
    metrics: tuple[tuple[str, Number], ...]
    importances: tuple[tuple[str, Number], ...]
    environment: Environment | None
    evaluation: Evaluation | None
    deployments: tuple[str, ...]
    endpoints: tuple[str, ...]
    owners: tuple[str, ...]
    notes: Notes | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A judgement of a version, on these datasets."""

    urn: str
    datasets: tuple[str, ...]
    evaluator: str | None
    verdict: Literal["pass", "fail", "mixed"] | None
    notes: Notes | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, after the one before it. `role` is what it does, "" where its name does not tell."""

    urn: str
    name: str
    role: str
    type: str | None
    after: str | None
    description: str | None
    notes: Notes | None


@dataclass(frozen=True, slots=True)
class Project:
    """One file. `experiment` and `pipeline` are URNs; `version` is None for a project that tells of no model.

    `claims_experiment`: no other file of the crawl has told of the experiment.
    """

    name: str
    title: str | None
    experiment: str
    claims_experiment: bool
    pipeline: str
    description: str | None
    owners: tuple[str, ...]
    code: Code | None
    datasets: tuple[DatasetUse, ...]
    version: Version | None
    stages: tuple[Stage, ...]
    notes: Notes | None

    @property
    def has_pipeline(self) -> bool:
        """Whether there is something to tell of the pipeline: stages, or that there is a project and no model."""
        return bool(self.stages) or self.version is None

    @property
    def training(self) -> tuple[DatasetUse, ...]:
        """The datasets that the model learnt from; sources of features point here by position."""
        return tuple(each for each in self.datasets if each.trains)


@dataclass(frozen=True, slots=True)
class Model:
    """A model, of which several files may tell."""

    urn: str
    task: str | None
    framework: str | None
    purpose: str | None
    description: str | None
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """An alias of a model, with the versions of all files that say so."""

    urn: str
    versions: tuple[str, ...]
    alias: str
    environment: str | None
    status: str | None
    since: datetime | None
    notes: Notes | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address, with the deployments, or where there are none the versions, that answer there."""

    urn: str
    url: str
    behind: tuple[str, ...]
    protocol: str | None
    health: str | None
    since: datetime | None
    checked: datetime | None
    notes: Notes | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, while others could. `version` is what it is about, where that much was legible."""

    urn: str
    file: str
    why: str
    version: str | None


Item = Person | Dataset | Model | Project | Deployment | Endpoint | Unreadable
