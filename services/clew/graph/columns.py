"""Parallel arrays that grow together: the tables of the lineage index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SMALLEST = 64
"""Places of an array that grows for the first time."""


def grown(array: Array, places: int) -> Array:
    """Return `array` if it has so many places, else a copy of at least twice its length, zeros at the end."""
    if places <= len(array):
        return array
    longer = np.zeros((max(places, 2 * len(array), SMALLEST), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


class Columns:
    """A table of `count` rows. Each name in `layout` is an attribute: an array with at least so many places."""

    layout: ClassVar[Mapping[str, str]]
    """Name and numpy type of each column."""
    count: int

    def __init__(self, arrays: Mapping[str, Array] | None = None) -> None:
        """Take these arrays, all of one length, as the rows; None makes an empty table."""
        for name, kind in self.layout.items():
            setattr(self, name, np.zeros(0, kind) if arrays is None else arrays[name])
        self.count = self._room = len(self._first())

    def reserve(self, count: int) -> None:
        """Make room for `count` rows in all; the new ones hold zeros and are not counted yet."""
        if count > self._room:
            for name in self.layout:
                setattr(self, name, grown(getattr(self, name), count))
            self._room = len(self._first())

    def arrays(self) -> dict[str, Array]:
        """Return the columns by name, without the room to grow. They are views, not copies."""
        return {name: getattr(self, name)[: self.count] for name in self.layout}

    def rearranged(self, rows: NDArray[np.intp]) -> Self:
        """Return a new table of these rows, in this order, with room for an eighth more."""
        table = type(self)()
        table.reserve(len(rows) + len(rows) // 8)
        for name, column in self.arrays().items():
            getattr(table, name)[: len(rows)] = column[rows]
        table.count = len(rows)
        return table

    def _first(self) -> Array:
        first: Array = getattr(self, next(iter(self.layout)))
        return first
