"""What a name in a query may mean while its canonical form is written: the sources in FROM, the queries around it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlglot import exp

from clew_sql.catalog import Dataset

LONGEST: Final = 160
"""Characters of a form that is kept as it is; a longer one is replaced by its hash, so that nesting costs no memory."""


def short(text: str) -> str:
    """Return a text that stands for this one: itself, or its SHA-256."""
    if len(text) <= LONGEST:
        return text
    return "#" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def unordered(forms: Iterable[str]) -> str:
    """Return forms in an order that does not depend on how they were written, each once."""
    return "{" + " ; ".join(sorted(set(forms))) + "}"


class Item(NamedTuple):
    """A column of a result: its name as shown, the key under which it is found, what it means, its type or ""."""

    name: str
    key: str
    form: str
    kind: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a query means. `columns` and `frame` (which rows there are) are apart where that can be told, else None.

    `body` is all of it without the names of the columns, `whole` with them. `open`: it names things of the query
    around it, so that the text means something else elsewhere. `ordered`: its rows come in an order.
    """

    whole: str
    body: str
    frame: str
    columns: tuple[Item, ...] | None
    open: bool = False
    ordered: bool = False


@dataclass(slots=True)
class Source:
    """Something in FROM. `columns` by key, None when they are not known; `dataset` of a stored table, else None."""

    key: str
    shape: Shape
    columns: Mapping[str, Item] | None
    dataset: str | None
    number: int = -1


@dataclass(slots=True)
class Place:
    """A SELECT being written: its sources, what its projections are called, and the SELECT around it."""

    parent: Place | None
    ctes: Mapping[str, Shape | Dataset]
    sources: list[Source] = field(default_factory=list)
    outputs: dict[str, exp.Expr] = field(default_factory=dict)
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    read_windows: set[str] = field(default_factory=set)
    """Named windows that were written where they are used."""
    merged: set[str] = field(default_factory=set)
    """Keys of columns that USING merges; `*` in it for NATURAL."""
    writing: set[str] = field(default_factory=set)
    """Aliases of projections that are being read through, against endless recursion."""
    columns_first: bool = False
    """What is being written lets a column go before an alias of the same name, as it does everywhere but in GROUP BY,
    HAVING, QUALIFY and ORDER BY."""
    own: str = ""
    """Key of the alias whose value is being written: within it the name means a column."""
    raw: bool = False
    """A name was left as it stands: what it means depends on the names of columns around it."""
    reached_out: bool = False
    entangled: bool = False
    """A name may mean a column or an alias, so that the columns of the result are not told apart."""

    def chain(self) -> Iterable[Place]:
        """Yield this place and those around it, the nearest first."""
        place: Place | None = self
        while place is not None:
            yield place
            place = place.parent

    def leave_raw(self) -> None:
        """Say that a name was not resolved: it may mean something of any query around."""
        for place in self.chain():
            place.raw = True

    def reach(self, up: int) -> None:
        """Say that something `up` queries further out is named."""
        for count, place in enumerate(self.chain()):
            if count < up:
                place.reached_out = True
