"""What a dbt project says about itself, as plain data: names resolved to relations, owners in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clew_connectors.people import Person


@dataclass(frozen=True, slots=True)
class Relation:
    """A dataset by name. `parts` are plain segments: database, schema, alias; an ephemeral's are of its unique_id."""

    namespace: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A resource of a project: `namespace` is `dbt://<project>`, the name is dbt's unique_id."""

    namespace: str
    unique_id: str


@dataclass(frozen=True, slots=True)
class Project:
    """The project itself."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """A group of the project; its owners own its models."""

    namespace: str
    name: str
    description: str | None
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnProse:
    """What the project says about one column, whose name is the catalog's where there is one."""

    name: str
    description: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """What is said of anything in a project. `owners` are keys of persons; `custom` is the scalar part of `meta`."""

    description: str | None
    owners: tuple[str, ...]
    tags: tuple[str, ...]
    tier: str | None
    custom: tuple[tuple[str, str | int | float | bool], ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A source, or what a model, seed or snapshot builds. `columns` is (name, type) in order, None if not known."""

    relation: Relation
    platform: str
    subtype: str
    parent: str | None
    about: Described
    prose: tuple[ColumnProse, ...]
    columns: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class Sql:
    """Compiled SQL, with what completes and replaces the names in it."""

    text: str
    dialect: str
    namespace: str
    database: str | None
    schema: str | None
    bindings: tuple[tuple[str, Relation], ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A model, seed or snapshot as the work that builds `output` from `inputs`."""

    node: Node
    project: str
    materialized: str
    about: Described
    inputs: tuple[Relation, ...]
    output: Relation
    sql: Sql | None


@dataclass(frozen=True, slots=True)
class Test:
    """A test of a dataset. `others` are further datasets that it reads; `parameters` are scalars and lists of them."""

    node: Node
    project: str
    name: str
    type: str
    dataset: Relation
    column: str | None
    severity: str
    parameters: tuple[tuple[str, object], ...]
    others: tuple[Relation, ...]
    description: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestResult:
    """How a test came out at `time`, in dbt's own word."""

    node: Node
    status: str
    failures: int | None
    message: str | None
    milliseconds: float
    time: datetime


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job went in one invocation of dbt, in dbt's own word."""

    node: Node
    invocation: str
    status: str
    started: datetime | None
    ended: datetime | None
    milliseconds: float
    message: str | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """A use of datasets outside the project; `type` is dbt's word for what uses them.

    `model` is namespace and name of the registered model that the exposure is about, where its meta names one.
    """

    node: Node
    type: str
    name: str
    label: str | None
    url: str | None
    maturity: str | None
    about: Described
    depends_on: tuple[Relation, ...]
    model: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ModelOwners:
    """Who answers for a registered model, as the exposures that are about it say. `owners` are keys of persons."""

    namespace: str
    name: str
    owners: tuple[str, ...]


Item = Project | Person | OwnerGroup | Dataset | Job | Test | TestResult | JobRun | Exposure | ModelOwners
