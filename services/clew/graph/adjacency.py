"""Slotted adjacency: rows of numbers that grow and shrink one by one and are read many at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from clew.graph.columns import Array, grown

Numbers = NDArray[np.uint32]
Places = NDArray[np.intp]

START, LENGTH, ROOM = 0, 1, 2

SMALLEST_ROOM = 4

_MANY = 48
"""Numbers from which on it pays to add them, or to look through them, at once."""


class Adjacency:
    """A list of numbers below 2**32 for each row, all in one array of slots.

    A row knows where its slots start, how many it uses and how many it has. A full row moves to the end with twice
    the room and leaves a gap, which `packed` closes. The order within a row means nothing.
    """

    def __init__(self, arrays: Mapping[str, Array] | None = None) -> None:
        """Take what `arrays` of another returned; None makes rows without numbers."""
        self.rows: Numbers = np.zeros((0, 3), np.uint32) if arrays is None else arrays["rows"]
        self.slots: Numbers = np.zeros(0, np.uint32) if arrays is None else arrays["slots"]
        self._used = len(self.slots)

    @classmethod
    def build(cls, rows: Array, numbers: Array) -> Self:
        """Return the adjacency in which `numbers[i]` stands in `rows[i]`, without gaps."""
        order = np.argsort(rows, kind="stable")
        return cls._tight(np.bincount(rows), numbers[order])

    @classmethod
    def _tight(cls, lengths: Array, slots: Array) -> Self:
        heads = np.stack([np.cumsum(lengths) - lengths, lengths, lengths], axis=1)
        return cls({"rows": heads.astype(np.uint32), "slots": slots.astype(np.uint32)})

    def arrays(self) -> dict[str, Array]:
        """Return what the constructor takes. They are views, not copies."""
        return {"rows": self.rows, "slots": self.slots[: self._used]}

    def add(self, row: int, number: int) -> None:
        """Put a number into a row, which may be new."""
        if row >= len(self.rows):
            self.rows = grown(self.rows, row + 1)
        head = self.rows[row]
        start, length, room = head.tolist()
        if length == room:
            room = max(2 * length, SMALLEST_ROOM)
            start = self._moved(start, length, room)
            head[START], head[ROOM] = start, room
        self.slots[start + length] = number
        head[LENGTH] = length + 1

    def add_all(self, rows: Array, numbers: Array) -> None:
        """Put `numbers[i]` into `rows[i]`, for all of them; rows may be new, and may come more than once."""
        if len(rows) < _MANY:
            for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
                self.add(row, number)
            return
        order = np.argsort(rows, kind="stable")
        ordered = rows[order].astype(np.intp)
        firsts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        touched, counts = ordered[firsts], np.diff(firsts, append=len(ordered))
        self.rows = grown(self.rows, int(touched[-1]) + 1)
        heads = self.rows[touched].astype(np.intp)
        full = np.flatnonzero(heads[:, LENGTH] + counts > heads[:, ROOM])
        if len(full):
            heads[full] = self._all_moved(heads[full], counts[full])
        ends = heads[:, START] + heads[:, LENGTH]
        self.slots[np.repeat(ends - firsts, counts) + np.arange(len(ordered))] = numbers[order]
        heads[:, LENGTH] += counts
        self.rows[touched] = heads

    def remove(self, row: int, number: int) -> bool:
        """Take a number out of a row, and say whether it was there."""
        numbers = self.of(row)
        place = _place_of(number, numbers)
        if place is None:
            return False
        numbers[place] = numbers[-1]
        self.rows[row, LENGTH] -= 1
        return True

    def of(self, row: int) -> Numbers:
        """Return the numbers of one row, as a view that the next change may move."""
        if row >= len(self.rows):
            return self.slots[:0]
        start, length, _ = self.rows[row].tolist()
        return self.slots[start : start + length]

    def gather(self, rows: Array) -> Places:
        """Return the numbers of all these rows, one row after the other; a row that is not known has none."""
        known = rows[(rows >= 0) & (rows < len(self.rows))]
        return self._flat(self.rows[known]).astype(np.intp)

    def entries(self) -> tuple[Places, Places]:
        """Return every (row, number) as two parallel arrays, in the order of the rows."""
        return np.repeat(np.arange(len(self.rows)), self.rows[:, LENGTH]), self._flat(self.rows).astype(np.intp)

    def occupied(self) -> Places:
        """Return the rows that have numbers."""
        return np.flatnonzero(self.rows[:, LENGTH])

    def packed(self, renumbered: Array | None = None) -> Self:
        """Return the same rows without gaps; `renumbered[n]`, if given, stands for each number n."""
        lengths = self.rows[: self.occupied().max(initial=-1) + 1, LENGTH].astype(np.int64)
        slots = self._flat(self.rows)
        return self._tight(lengths, slots if renumbered is None else renumbered[slots])

    def _flat(self, heads: Numbers) -> Numbers:
        return self.slots[_places(heads[:, START], heads[:, LENGTH].astype(np.intp))]

    def _all_moved(self, heads: Places, counts: Places) -> Places:
        """Return the heads of full rows after a move to the end, with room for so many more."""
        moved = heads.copy()
        moved[:, ROOM] = np.maximum(np.maximum(2 * heads[:, LENGTH], heads[:, LENGTH] + counts), SMALLEST_ROOM)
        ends = self._used + np.cumsum(moved[:, ROOM])
        moved[:, START] = ends - moved[:, ROOM]
        self._used = int(ends[-1])
        self.slots = grown(self.slots, self._used)
        self.slots[_places(moved[:, START], heads[:, LENGTH])] = self.slots[_places(heads[:, START], heads[:, LENGTH])]
        return moved

    def _moved(self, start: int, length: int, room: int) -> int:
        moved, self._used = self._used, self._used + room
        if self._used > len(self.slots):
            self.slots = grown(self.slots, self._used)
        if length:
            self.slots[moved : moved + length] = self.slots[start : start + length]
        return moved


def _place_of(number: int, numbers: Numbers) -> int | None:
    """Return where a number stands; most rows are short, and a list is looked through sooner than an array is made."""
    if len(numbers) < _MANY:
        listed: list[int] = numbers.tolist()
        try:
            return listed.index(number)
        except ValueError:
            return None
    (places,) = (numbers == number).nonzero()
    return int(places[0]) if len(places) else None


def _places(starts: Array, lengths: Places) -> Places:
    """Return the places of slots, one row after the other."""
    ends = np.cumsum(lengths)
    shifts = starts - (ends - lengths)
    places: Places = np.repeat(shifts, lengths) + np.arange(ends[-1] if len(ends) else 0)
    return places
