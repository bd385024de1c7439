"""Proofs: the path by which a walk reached a thing. Where several ways are as good, the one that comes first by name.

A walk remembers one edge a node, in an order that depends on how its engine numbers and returns things; the same answer
should come from every engine. So the choice among equals is made here, by name, for those that are shown. In a walk
over more than `NAMED_UP_TO` edges it stays with the numbers, which a ledger gives once and for all.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from clew.ledger import LedgerReader
from clew.query.walk import Walk

NAMED_UP_TO = 200_000


class Proofs:
    """The paths of one walk."""

    def __init__(self, ledger: LedgerReader, found: Walk) -> None:
        self._ledger = ledger
        self._found = found
        self._edges = found.edges
        self._by_name = len(found.edges) <= NAMED_UP_TO
        self._order = np.argsort(found.edges.dst, kind="stable") if self._by_name else np.zeros(0, np.int64)
        self._sorted = found.edges.dst[self._order]
        self._names: dict[int, str] = {}
        self._into: dict[int, int] = {}

    def paths(self, reached: Iterable[tuple[int, int]]) -> list[list[int]]:
        """Return, for each (thing, edge by which it was reached, at its end or as its carrier), the edges to it."""
        wanted = list(reached)
        if self._by_name:
            self._learn_names(wanted)
        return [self._path(self._best(self._equals_of_end(*each))) for each in wanted]

    def _path(self, edge: int) -> list[int]:
        path: list[int] = []
        while edge >= 0:
            path.append(edge)
            edge = self._edge_into(int(self._edges.src[edge]))
        return path[::-1]

    def _edge_into(self, node: int) -> int:
        """Return the edge that proves a node, -1 for a start."""
        if node not in self._into:
            via = self._via(node)
            self._into[node] = via if via < 0 else self._best(self._equals(via))
        return self._into[node]

    def _via(self, node: int) -> int:
        place = self._found.place_of(np.array([node], np.int64))[0]
        return int(self._found.via[place])

    def _best(self, edges: NDArray[np.int64]) -> int:
        if len(edges) == 1 or not self._by_name:
            return int(edges[0])
        return min((int(each) for each in edges), key=self._key)

    def _key(self, edge: int) -> tuple[str, str, str, str, int]:
        edges = self._edges
        return (
            self._names[int(edges.src[edge])],
            self._names[int(edges.dst[edge])],
            self._names[int(edges.carrier[edge])],
            self._ledger.name_of("source", int(edges.source[edge])),
            int(edges.subtype[edge]),
        )

    def _equals(self, via: int) -> NDArray[np.int64]:
        """Return the edges into the same node that carried the same label in the same hop."""
        if not self._by_name:
            return np.array([via], np.int64)
        node = self._edges.dst[via]
        low, high = np.searchsorted(self._sorted, node), np.searchsorted(self._sorted, node, side="right")
        return self._as_good_as(via, self._order[low:high])

    def _equals_of_end(self, thing: int, end: int) -> NDArray[np.int64]:
        """Return the edges that prove the same as `end`: that it leads to the thing, or that the thing carries it."""
        if not self._by_name or int(self._edges.dst[end]) == thing:
            return self._equals(end)
        return self._as_good_as(end, np.flatnonzero(self._edges.carrier == thing))

    def _as_good_as(self, edge: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
        start, stop = self._found.hop_of(edge)
        same = (others >= start) & (others < stop) & (self._found.carried[others] == self._found.carried[edge])
        kept: NDArray[np.int64] = others[same]
        return kept

    def _learn_names(self, reached: Iterable[tuple[int, int]]) -> None:
        """Fetch, once, the names of all that the choices may turn on."""
        waiting = [edge for each in reached for edge in self._equals_of_end(*each)]
        seen = {int(edge) for edge in waiting}
        while waiting:
            via = self._via(int(self._edges.src[waiting.pop()]))
            for edge in self._equals(via) if via >= 0 else ():
                if int(edge) not in seen:
                    seen.add(int(edge))
                    waiting.append(edge)
        used = np.array(sorted(seen), np.int64)
        mentioned = np.unique([each[used] for each in (self._edges.src, self._edges.dst, self._edges.carrier)]).tolist()
        self._names = {
            number: entity.urn if entity else ""
            for number, entity in zip(mentioned, self._ledger.entities(mentioned), strict=True)
        }
