"""The words in which questions are asked and answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grain(StrEnum):
    """At which grain lineage is asked."""

    COLUMN = "column"
    DATASET = "dataset"


class ChangeKind(StrEnum):
    """What is to be done to the thing."""

    DROP = "drop"
    RENAME = "rename"
    RETYPE = "retype"


class Verdict(StrEnum):
    """What becomes of an affected asset."""

    BREAKS = "breaks"
    MAY_BREAK = "may_break"
    CHANGES = "changes"
    INFORMED = "informed"


@dataclass(frozen=True, slots=True)
class Within:
    """On which side of which things the hits of a search must lie, at column grain; URNs or short names."""

    downstream_of: str | None = None
    upstream_of: str | None = None


EVERYWHERE = Within()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How much of a lineage to show around a thing: hops each way, neighbours that a card brings at most, cards at
    most, whether also what only decides which rows there are, and whether tests are cards too."""

    up: int = 1
    down: int = 1
    top: int = 10
    most: int = 150
    indirect: bool = False
    tests: bool = False


NEARBY = Surroundings()

MOST_CARDS = 500
"""Cards that a neighbourhood has at most, whatever is asked."""

NAMED, MOST_NAMED = 1000, 10_000
"""Assets that an impact names with path and owner, if not told otherwise; the rest are counted."""

RUNS = 20
"""Runs of each step that are looked at, if not told otherwise: those that the ledger heard of last."""

MOST_DIFFERENCES = 1000
"""Differences that an answer lists, if not told otherwise; the rest are counted."""

DEPTH = 1
"""Hops around a thing whose lineage a diff compares, if not told otherwise: those to its neighbours."""

UNREAD_DAYS = 90

MOST_UNUSED = 100
"""Assets that an answer names, if not told otherwise; the rest are counted."""

UNUSED_KINDS = ("dataset", "feature", "model_version", "deployment", "endpoint")
"""Kinds that can be unused."""

MOST_VERSIONS = 20
"""Versions that an answer tells of, if not told otherwise; the rest are counted."""
