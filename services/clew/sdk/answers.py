"""Answers as the house gives them, with names for their parts. `data` is the whole JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict


class Gap(TypedDict):
    """Something within what was reached that is not known, and why."""

    code: str
    urn: str
    detail: str


class AsOf(TypedDict):
    """The state that an answer is about; `token` can be given as `atLeast`."""

    seq: int
    time: str | None
    epoch: str
    token: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Any answer: `complete` says whether anything is missing, `gaps` and `frontier` say what."""

    data: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """Whether the answer holds everything: nothing cut, no gaps, no view behind."""
        return bool(self.data["complete"])

    @property
    def gaps(self) -> list[Gap]:
        """What is not known within what was reached, and why."""
        return list(self.data["gaps"])

    @property
    def frontier(self) -> list[dict[str, Any]]:
        """Where the answer was cut: `reason`, `count`, `urns`."""
        return list(self.data["frontier"])

    @property
    def as_of(self) -> AsOf:
        """The state that the answer is about."""
        said: AsOf = self.data["asOf"]
        return said

    def __getitem__(self, name: str) -> Any:
        return self.data[name]


@dataclass(frozen=True, slots=True)
class Found(Answer):
    """The answer to a search."""

    @property
    def hits(self) -> list[dict[str, Any]]:
        """Hits, best first: `urn`, `kind`, `name`, `title`, `summary`, `owners`, `score`."""
        return list(self.data["hits"])

    @property
    def urns(self) -> list[str]:
        """The URNs of the hits, best first."""
        return [hit["urn"] for hit in self.data["hits"]]

    @property
    def total(self) -> int:
        """How many things match, exactly."""
        return int(self.data["total"])

    @property
    def facets(self) -> dict[str, dict[str, int]]:
        """Counts by facet and value."""
        return dict(self.data["facets"])


@dataclass(frozen=True, slots=True)
class Described(Answer):
    """All that is known about one thing."""

    @property
    def urn(self) -> str:
        """Its URN."""
        return str(self.data["urn"])

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.data["kind"])

    @property
    def aspects(self) -> dict[str, Any]:
        """What is said about it, resolved, by aspect."""
        return dict(self.data["aspects"])

    @property
    def claims(self) -> dict[str, list[dict[str, Any]]]:
        """Who says what, by aspect."""
        return dict(self.data["claims"])

    @property
    def columns(self) -> list[dict[str, Any]]:
        """The columns of a dataset in order, each with what is said about it."""
        return list(self.data["columns"])


@dataclass(frozen=True, slots=True)
class Lineage(Answer):
    """What flows into a thing, or out of it."""

    @property
    def urns(self) -> list[str]:
        """Everything reached, the start first, then by distance."""
        return list(self.data["nodes"]["urn"])

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Edges with the URNs of their ends as `from` and `to`."""
        said, urns = self.data["edges"], self.data["nodes"]["urn"]
        names = [name for name in said if name not in ("src", "dst")]
        return [
            {"from": urns[src], "to": urns[dst], **{name: said[name][at] for name in names}}
            for at, (src, dst) in enumerate(zip(said["src"], said["dst"], strict=True))
        ]


@dataclass(frozen=True, slots=True)
class Impact(Answer):
    """What a change breaks."""

    @property
    def total(self) -> int:
        """How many assets are affected."""
        return int(self.data["total"])

    @property
    def assets(self) -> list[dict[str, Any]]:
        """Affected assets, the strongest verdict first, each with the path that proves it."""
        return list(self.data["assets"])


@dataclass(frozen=True, slots=True)
class Paths(Answer):
    """How one thing reaches another."""

    @property
    def exhaustive(self) -> bool:
        """Whether these are all simple paths."""
        return bool(self.data["exhaustive"])

    @property
    def paths(self) -> list[list[Any]]:
        """Paths, shortest first."""
        return [list(path) for path in self.data["paths"]]
