"""Edges of the lineage index as rows of its pool: their arrays are fetched when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clew.graph.adjacency import Places
from clew.graph.edge_pool import DROPPED, EdgePool, KeyTable
from clew.graph.port import COLUMNS, FOREVER, Edges, Ids

_OF_KEYS = ("carrier", "aspect")
_CODES = ("type", "subtype", "confidence")


class PoolEdges(Edges):
    """Edges as they stood when the pool had come to `seq`, whenever they are read.

    Rows are never written again but for their end, and a table that is packed is a new one. An edge that ended after
    `seq`, or that was mended away since, stood then.
    """

    def __init__(self, pool: EdgePool, keys: KeyTable, rows: Places, seq: int) -> None:
        for name, value in (("_pool", pool), ("_keys", keys), ("_rows", rows), ("_seq", seq)):
            object.__setattr__(self, name, value)

    _pool: EdgePool
    _keys: KeyTable
    _rows: Places
    _seq: int

    def __len__(self) -> int:
        return len(self._rows)

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name not in COLUMNS:
            raise AttributeError(name)
        if name in _OF_KEYS:
            found = getattr(self._keys, name)[self._pool.key[self._rows]]
        else:
            found = getattr(self._pool, name)[self._rows]
        if name == "until":
            found[(found > self._seq) | (found == DROPPED)] = FOREVER
        elif name not in _CODES:
            found = found.astype(np.int64, copy=False)
        object.__setattr__(self, name, found)
        array: NDArray[Any] = found
        return array

    def where(self, mask: NDArray[np.bool_] | Ids) -> Edges:
        """Return the edges for which `mask` holds, or those at these positions."""
        return PoolEdges(self._pool, self._keys, self._rows[mask], self._seq)

    def followed_by(self, others: Sequence[Edges]) -> Edges:
        """Return these edges and then those of the others."""
        parts = [self]
        for other in others:
            if not isinstance(other, PoolEdges) or other._pool is not self._pool or other._seq != self._seq:
                return super().followed_by(others)
            parts.append(other)
        every = PoolEdges(self._pool, self._keys, np.concatenate([each._rows for each in parts]), self._seq)
        for name in COLUMNS:
            # What was fetched for each part need not be fetched again from all over the pool.
            if all(name in vars(each) for each in parts):
                object.__setattr__(every, name, np.concatenate([vars(each)[name] for each in parts]))
        return every
