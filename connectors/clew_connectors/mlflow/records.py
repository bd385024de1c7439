"""What an MLflow store says, as plain data. Names are MLflow's own, on one line and without credentials."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from clew_connectors.people import Person
from clew_connectors.sklearn import PipelineDescription

Value = str | int | float | bool
Pairs = tuple[tuple[str, str], ...]
Status = Literal["running", "success", "failed", "aborted", "unknown"]


@dataclass(frozen=True, slots=True)
class About:
    """What people say of anything: prose, tags of their own, keys of owners."""

    description: str | None = None
    tags: Pairs = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment."""

    namespace: str
    name: str
    about: About


@dataclass(frozen=True, slots=True)
class Code:
    """The code that was run, as the tags say."""

    repository: str | None
    commit: str | None
    branch: str | None
    path: str | None
    entry_point: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a logged dataset came from, as far as its source says.

    `namespace` is that of the platform, None where nothing tells it; `table` are plain segments.
    """

    type: str
    uri: str | None = None
    namespace: str | None = None
    table: tuple[str, ...] | None = None
    sql: str | None = None
    dialect: str | None = None
    database: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedDataset:
    """A set of data as runs logged it. `columns` is (name, type) in order, None where it was logged without.

    `verified` says how the SQL, run again, was found to give the same digest; None: not asked, or it did not.
    """

    namespace: str
    name: str
    digest: str
    source: Source
    columns: Pairs | None
    rows: int | None
    logged: datetime | None
    verified: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A logged dataset as one run uses it, in its role: training, validation, …"""

    dataset: LoggedDataset
    role: str | None


@dataclass(frozen=True, slots=True)
class SignatureColumn:
    """One column of a signature; tensors have no name."""

    name: str | None
    type: str | None
    required: bool | None


@dataclass(frozen=True, slots=True)
class Files:
    """What the files of a model say. `pipeline` is None where nothing tells what the model has learned."""

    framework: str | None = None
    inputs: tuple[SignatureColumn, ...] = ()
    outputs: tuple[SignatureColumn, ...] = ()
    python: str | None = None
    packages: Pairs = ()
    size: int | None = None
    digest: str | None = None
    pipeline: PipelineDescription | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a registered model. `training` are the sets that its run logged to train on.

    `untrained` says, where there are none, why nothing tells what it was trained on.
    """

    namespace: str
    model: str
    version: str
    run_id: str | None
    about: About
    aliases: tuple[str, ...]
    stage: str | None
    artifact: str | None
    created: datetime | None
    files: Files
    parameters: tuple[tuple[str, Value | None], ...] = ()
    metrics: tuple[tuple[str, float], ...] = ()
    training: tuple[LoggedDataset, ...] = ()
    untrained: str | None = None
    run_is_read: bool = False


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model as a run logged it, and under which version it was registered, if it was."""

    model_id: str
    name: str
    registered: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A run with its last metrics; the way there is told by `History`. `trained` are the versions that came out."""

    namespace: str
    run_id: str
    name: str | None
    experiment: str
    parent: str | None
    status: Status
    started: datetime | None
    ended: datetime | None
    user: str | None
    about: About
    code: Code | None
    parameters: tuple[tuple[str, Value], ...]
    metrics: tuple[tuple[str, float], ...]
    uses: tuple[Use, ...]
    logged: tuple[LoggedModel, ...] = ()
    trained: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The points of one metric of a run: step, time and value, in order, one for each step and time."""

    namespace: str
    run_id: str
    metric: str
    points: tuple[tuple[int, datetime, float], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model, with task and framework as its newest readable version says."""

    namespace: str
    name: str
    about: About
    task: str | None
    framework: str | None


@dataclass(frozen=True, slots=True)
class Alias:
    """A name under which a version is put to use."""

    namespace: str
    model: str
    alias: str
    version: str


Item = Person | Experiment | Run | History | LoggedDataset | Model | Version | Alias
