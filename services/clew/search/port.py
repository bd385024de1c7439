"""What a search index can do. One document an entity, replaced whole; the engine keeps the ledger's int64 id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from clew_schemas.searchable import FACETS as FACETS

Value = str | float | bool
"""What a measure can be: a number, a text, or yes or no."""

Operator = Literal["<", "<=", "=", "!=", ">=", ">"]


class Position(NamedTuple):
    """How far a view has come: it holds every commit of this epoch up to `seq`."""

    epoch: str
    seq: int


TEXT_FIELDS: Mapping[str, float] = {"name": 5.0, "title": 3.0, "columns": 2.0, "prose": 1.0, "code": 0.3}
"""Text fields and their weights in the score. `name` is the dotted name of the entity, `title` display names."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched of one entity. `texts` by text field, `facets` by facet name, `measures` by their free names, as
    `measures.kept` bounds them; `digest` is the hash of the claims that it was made from; `seq` the last commit that
    touched it."""

    id: int
    urn: str
    kind: str
    texts: Mapping[str, Sequence[str]]
    facets: Mapping[str, Sequence[str]]
    digest: bytes
    seq: int
    policy_class: int = 0
    measures: Mapping[str, Sequence[Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchChange:
    """What commits up to `seq` change: documents that are so from now on, and ids that have none any more."""

    seq: int
    documents: Sequence[Document]
    gone: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison with the values of one measure; `measures.fits` says what fits it.

    Any of a document's values may fit; `!=` asks that it has the measure, and that no value is equal. Numbers compare
    with numbers, exactly as 64-bit floats; texts only by `=` and `!=`, whatever their case, dates by all.
    """

    name: str
    op: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search. Empty `text` matches everything. `filters`: a document must have one of the values of each facet.

    A document must fit all conditions of `where`. `among`, when given, are the ids that it must be one of.
    `stable` sorts by a score without corpus statistics, then URN (for saved searches and restricted viewers).
    `classes`, when given, are the policy classes that the viewer may see.
    """

    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    facets: Sequence[str] = ("kind",)
    limit: int = 20
    offset: int = 0
    stable: bool = False
    classes: frozenset[int] | None = None
    where: Sequence[Condition] = ()
    among: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One found entity. `matched` names the text fields in which a word of the query stands; `measures` are the
    values that the query's conditions were about."""

    id: int
    urn: str
    kind: str
    score: float
    matched: tuple[str, ...] = ()
    measures: Mapping[str, Sequence[Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits in order of score, then URN; `total` and the facet counts are exact, over all that matches."""

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    seq: int


MOST_AMONG = 50_000
"""Ids that `SearchQuery.among` may hold."""


class Search(Protocol):
    """A search index. One writer at a time; readers at any time."""

    name: str
    """What `explain` calls the engine."""

    def position(self) -> Position:
        """Return how far what can be searched has come; ("", 0) when it is empty."""

    def apply(self, epoch: str, change: SearchChange) -> None:
        """Take a change; when it can be searched, its position is stored with it. At or below the position: nothing.

        Raises ValueError for another epoch than the index's.
        """

    def search(self, query: SearchQuery) -> SearchResult:
        """Return what matches. Words are matched exactly, as a prefix and with a typo, the better the higher."""

    def get(self, id: int) -> Document | None:
        """Return the stored document of an entity, or None."""

    def dump(self) -> Iterator[Document]:
        """Yield every stored document, in no particular order; for digests and the background check."""

    def replace(self, documents: Sequence[Document], gone: Sequence[int]) -> None:
        """Write these documents and drop these ids, leaving the position: the mending of single documents."""

    def fresh(self) -> Search:
        """Return an empty index beside this one, for a rebuild. This one goes on answering."""

    def promote(self) -> None:
        """Make this index, made by `fresh`, the one that the next open finds, and drop its predecessor's store."""

    def close(self) -> None:
        """Release what the engine holds."""
