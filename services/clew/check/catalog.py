"""What a check asks of a catalog: the columns of a dataset, and everything downstream of some. A port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from clew.check.changes import Gap
from clew.check.project import About


@dataclass(frozen=True, slots=True)
class CatalogEdge:
    """An edge at column grain between URNs; type and subtype are codes, confidence is in percent."""

    src: str
    dst: str
    type: int
    subtype: int
    confidence: int
    carrier: str


@dataclass(frozen=True, slots=True)
class Around:
    """What a catalog knows downstream of some datasets, who answers for it, and what it does not know there."""

    edges: tuple[CatalogEdge, ...] = ()
    about: Mapping[str, About] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()


class Catalog(Protocol):
    """A catalog to lay changes over. `name` says which one, and as of when."""

    @property
    def name(self) -> str: ...

    def dataset(self, name: str) -> str | None:
        """Return the URN of the dataset of that name or URN, None if it knows none. Raises Ambiguous."""

    def columns(self, dataset: str) -> Mapping[str, str] | None:
        """Return the columns of a dataset with their types, None if nobody described it."""

    def around(self, datasets: Sequence[str]) -> Around:
        """Return everything downstream of these datasets, of one that it does not know nothing."""


class NoCatalog:
    """No catalog: what is not in the project is not known."""

    name = "the project alone"

    def dataset(self, name: str) -> str | None:
        return name if name.startswith("urn:") else None

    def columns(self, dataset: str) -> Mapping[str, str] | None:
        return None

    def around(self, datasets: Sequence[str]) -> Around:
        return Around()
