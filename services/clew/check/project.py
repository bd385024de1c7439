"""A project: SQL that builds datasets, with what else hangs on them, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clew.check.changes import Gap
from clew.check.statements import Text


@dataclass(frozen=True, slots=True)
class About:
    """Who answers for a thing, and how much depends on it."""

    name: str
    owners: tuple[str, ...] = ()
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """What builds one dataset.

    `key` names the model in both states of a project. `table` is the dataset as SQL names it in full, `dataset` its
    URN, `job` the URN of what builds it. `inputs` are datasets that it is said to read, as SQL names them. `settings`
    is all else that decides what it builds, as a text to compare; `columns` what is known of its result, or None.
    `source` is what people write, of which `text` may be made.
    """

    key: str
    file: str
    table: str
    dataset: str
    job: str
    text: Text | None
    source: str
    settings: Mapping[str, str]
    inputs: tuple[str, ...]
    columns: Mapping[str, str] | None
    about: About


@dataclass(frozen=True, slots=True)
class Use:
    """Something that hangs on datasets of the project, as an edge of the lineage graph: a test, an exposure."""

    src: str
    dst: str
    type: int
    subtype: int
    carrier: str


@dataclass(frozen=True, slots=True)
class Project:
    """One state of a project.

    `models` by key; `tables` gives the URN of every dataset that it names, `stored` the columns of those that it does
    not build. `carriers` are the URNs of all that it is made of: what a catalog says of them, the project says better.
    """

    models: Mapping[str, Model]
    tables: Mapping[str, str]
    stored: Mapping[str, Mapping[str, str]]
    uses: tuple[Use, ...] = ()
    about: Mapping[str, About] = field(default_factory=dict)
    carriers: frozenset[str] = frozenset()
    gaps: tuple[Gap, ...] = ()


EMPTY = Project({}, {}, {})
