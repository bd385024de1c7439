"""The words of a check: what happens to datasets and columns, where it is written, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ChangeKind(StrEnum):
    """What happens to a column, or with no column to a whole dataset; from the strongest."""

    BROKEN = "broken"
    """The SQL that builds the dataset names what is not there any more."""
    DROPPED = "dropped"
    RENAMED = "renamed"
    RETYPED = "retyped"
    UNREAD = "unread"
    """What was changed is not understood: anything may have happened."""
    REMEANT = "remeant"
    """Other values under the same name, or not proved to be the same."""
    ADDED = "added"
    HARMLESS = "harmless"
    """Written differently, proved to mean the same."""


class Certainty(StrEnum):
    """Whether a change is written down, or follows from one upstream."""

    WRITTEN = "written"
    FOLLOWS = "follows"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file as the repository names it, line and column from 1, 0 for none."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(each) for each in (self.line, self.column) if each)])


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a proof: from a column or dataset to the next, by what carries it. Names are URNs."""

    start: str
    end: str
    carrier: str
    how: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one column of a dataset, or with `column` None to all of it. `dataset` is a URN.

    `after` is the new name, type or expression where there is one; `why` a sentence. `path` leads from what was
    written down to here, empty for what is itself written down.
    """

    dataset: str
    column: str | None
    kind: ChangeKind
    why: str
    place: Place | None = None
    before: str | None = None
    after: str | None = None
    certainty: Certainty = Certainty.WRITTEN
    path: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be read: a stable code, where, and a sentence. It may hide any change."""

    code: str
    detail: str
    place: Place | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What one source of changes says. `columns` are the columns of datasets before, as far as they are known there."""

    changes: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


STRENGTH = {kind: -at for at, kind in enumerate(ChangeKind)}
"""Higher is stronger."""
