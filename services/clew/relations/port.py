"""What the relations can do: narrow typed tables of what stands now, drawn by a follower, asked in SQL.

`tables.py` says what is stored and what is published.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Value = str | int | float | None
Row = tuple[Value, ...]

MAX_CHARACTERS = 100_000
"""A longer query is refused."""
MAX_PARAMETERS = 200
"""A query of more parameters is refused."""


class Position(NamedTuple):
    """How far a view has come: it holds every commit of this epoch up to `seq`."""

    epoch: str
    seq: int


class NodeRow(NamedTuple):
    """An entity, `any` or `rows` that rows speak of. `dataset` is the id of the dataset it belongs to, else 0."""

    id: int
    urn: str
    dataset: int


@dataclass(frozen=True, slots=True)
class KeyRows:
    """All rows that the claims about one (entity, aspect) give, by stored table; a table without rows is left out.

    `traits` are the columns of the entity's node that the aspect fills.
    """

    entity: int
    aspect: str
    rows: Mapping[str, Sequence[Row]]
    traits: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class RelationsChange:
    """What commits up to `seq` change: items that are so from now on, and rows to append, by stored log."""

    seq: int
    nodes: Sequence[NodeRow]
    keys: Sequence[KeyRows]
    logs: Mapping[str, Sequence[Row]]


class Stop:
    """A way to end a query from another thread. What was stopped before it began ends as soon as it begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupt: Callable[[], object] | None = None
        self.stopped = False

    def stop(self) -> None:
        """End the query that runs under this, if any, and any that will."""
        with self._lock:
            self.stopped = True
            if self._interrupt is not None:
                self._interrupt()

    @contextmanager
    def ending(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """While inside, `stop` calls `interrupt`."""
        with self._lock:
            self._interrupt = interrupt
            if self.stopped:
                interrupt()
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a query may take: rows and bytes of the answer, and seconds."""

    rows: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Selected:
    """The rows of a query, at most as many as its bounds allow. `cut` says which bound ended it: rows or bytes.

    `position` is what the rows show, read in the same snapshot.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    cut: str | None
    position: Position


class Relations(Protocol):
    """The relations. One writer at a time; readers at any time, each sees one consistent state."""

    name: str
    """What `explain` calls the engine."""
    dialect: str
    """What sqlglot calls the SQL of the engine."""
    damaged: str | None
    """Why the stored relations could not be used and empty ones took their place; None when they could."""

    def position(self) -> Position:
        """Return how far the relations have come; ("", 0) when they are empty."""

    def apply(self, epoch: str, change: RelationsChange) -> None:
        """Take a change with its position, in one transaction. At or below the position: nothing.

        Raises ValueError for another epoch than the relations'.
        """

    def select(self, text: str, parameters: Mapping[str, Value], bounds: Bounds, stop: Stop | None = None) -> Selected:
        """Answer one SELECT that `check.checked` has passed, with its named parameters; nothing can be written by it.

        Raises BadInput for what the engine finds wrong, TooLarge beyond the seconds, Locked when too many ask at once.
        """

    def items_of(self, entities: Sequence[int]) -> dict[str, list[Row]]:
        """Return the stored rows of these entities' items, and their nodes, by table."""

    def entities(self) -> Iterable[int]:
        """Return the ids of all entities that have items or traits."""

    def logs_between(self, first: int, last: int) -> dict[str, list[Row]]:
        """Return the rows that commits from `first` to `last` appended, by table."""

    def mend_items(self, nodes: Sequence[NodeRow], keys: Sequence[KeyRows]) -> None:
        """Make these items so, leaving the position; nodes are spelt anew."""

    def mend_logs(self, first: int, last: int, logs: Mapping[str, Sequence[Row]]) -> None:
        """Make these all the rows that commits from `first` to `last` appended, leaving the position."""

    def fresh(self) -> Relations:
        """Return empty relations beside these, for a rebuild. These go on answering."""

    def promote(self) -> None:
        """Make these relations, made by `fresh`, the ones that the next open finds, and drop their predecessors."""

    def close(self) -> None:
        """Release what the engine holds."""
