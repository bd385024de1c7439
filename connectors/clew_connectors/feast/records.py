"""What is read from a Feast registry, as plain data: names resolved to datasets and features."""

from __future__ import annotations

from dataclasses import dataclass

Facts = tuple[tuple[str, str | int | bool], ...]
"""Further facts about a thing by name, in order."""


@dataclass(frozen=True, slots=True)
class Project:
    """The project itself."""

    namespace: str
    name: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset by name; `parts` are plain segments."""

    namespace: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, with its type as Feast spells it; `tags` are `name:value`."""

    name: str
    type: str | None
    description: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Where features come from: a column of a dataset (None: any), or a feature of another view.

    `output` is the name of the feature, None for every one of the set.
    """

    output: str | None
    dataset: Dataset | None
    column: str | None
    view: str | None
    feature: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the lineage that is not known."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class FeatureView:
    """A feature view of any sort, in Feast's word for it. `is_read` says that its flows are exact; else code lies
    between, whose text is `code`."""

    namespace: str
    project: str
    name: str
    type: str
    version: str | None
    description: str | None
    owner: str | None
    tags: tuple[str, ...]
    entities: tuple[tuple[str, str], ...]
    timestamp: str | None
    ttl: float | None
    online: bool | None
    features: tuple[Feature, ...]
    facts: Facts
    code: str | None
    flows: tuple[Flow, ...]
    is_read: bool
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class FeatureService:
    """Features that are asked for together; `reads` is (view, feature)."""

    namespace: str
    project: str
    name: str
    description: str | None
    owner: str | None
    tags: tuple[str, ...]
    reads: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class QuerySource:
    """A data source that is the result of a query, with what completes the names in it."""

    dataset: Dataset
    project: str
    type: str
    description: str | None
    owner: str | None
    tags: tuple[str, ...]
    text: str
    home: str | None
    database: str | None
    schema: str | None


@dataclass(frozen=True, slots=True)
class RequestSource:
    """Data that come with each request, by name and type."""

    dataset: Dataset
    project: str
    fields: tuple[tuple[str, str | None], ...]


Item = Project | QuerySource | RequestSource | FeatureView | FeatureService
