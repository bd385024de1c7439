"""Proofs: the path by which a walk reached a thing. Where several ways are as good, the one that comes first by name.

A walk remembers one edge a node, in an order that depends on how its engine numbers and returns things; the same answer
should come from every engine. So the choice among equals is made here, by name, for those that are shown. In a walk
over more than `NAMED_UP_TO` edges it stays with the numbers, which a ledger gives once and for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from clew.graph import among, changes, distinct
from clew.ledger import LedgerReader
from clew.query.names import Named, ranks_of
from clew.query.walk import Walk

NAMED_UP_TO = 200_000

Positions = NDArray[np.int64]


class Proofs:
    """The paths of one walk."""

    def __init__(self, ledger: LedgerReader, named: Named, found: Walk) -> None:
        self._ledger = ledger
        self._named = named
        self._found = found
        self._edges = found.edges
        self._by_name = len(found.edges) <= NAMED_UP_TO

    def paths(self, things: Positions, ends: Positions) -> list[list[int]]:
        """Return the edges to each thing, given the edge by which it was reached, at its end or as its carrier."""
        ends = self._ends(things, ends)
        into = self._into(ends)
        sources = self._edges.src
        found = []
        for edge in ends.tolist():
            path = []
            while edge >= 0:
                path.append(edge)
                edge = into[int(sources[edge])]
            found.append(path[::-1])
        return found

    def _into(self, ends: Positions) -> dict[int, int]:
        """Return the edge that proves each node on the way to these edges, -1 for a start."""
        into: dict[int, int] = {}
        known = np.zeros(len(self._found.nodes), np.bool_)
        waiting = distinct(self._found.place_of(self._edges.src[ends]))
        while len(waiting):
            known[waiting] = True
            proving = self._proving(waiting)
            into.update(zip(self._found.nodes[waiting].tolist(), proving.tolist(), strict=True))
            waiting = distinct(self._found.place_of(self._edges.src[proving[proving >= 0]]))
            waiting = waiting[~known[waiting]]
        return into

    def _proving(self, places: Positions) -> Positions:
        """Return the best edge into the node at each of these places, ascending; -1 for a start."""
        proving = self._found.via[places]
        if self._by_name:
            wanted = np.zeros(len(self._found.nodes) + 1, np.bool_)  # the last is for ends that were not reached
            wanted[places[proving >= 0]] = True
            into = np.flatnonzero(wanted[self._found.target])
            equal = into[self._as_good(into, self._found.via[self._found.target[into]])]
            reached, best = self._best(self._found.target[equal], equal)
            proving[np.searchsorted(places, reached)] = best
        return proving

    def _ends(self, things: Positions, ends: Positions) -> Positions:
        """Return, for each end, the best edge that proves as much: that leads to the thing, or that it carries."""
        edges, found = self._edges, ends.copy()
        if not self._by_name or not len(ends):
            return found
        leads = edges.dst[ends] == things
        places = distinct(self._found.place_of(things[leads]))
        found[leads] = self._proving(places)[np.searchsorted(places, self._found.place_of(things[leads]))]
        carriers = things[~leads]
        if len(carriers):
            order = np.argsort(carriers)
            (carried,) = among(edges.carrier, carriers[order]).nonzero()
            which = order[np.searchsorted(carriers, edges.carrier[carried], sorter=order)]
            equal = self._as_good(carried, ends[~leads][which])
            of, best = self._best(which[equal], carried[equal])
            found[np.flatnonzero(~leads)[of]] = best
        return found

    def _as_good(self, edges: Positions, others: Positions) -> NDArray[np.bool_]:
        """Say which edges carried the same label in the same hop as others, pair by pair."""
        same: NDArray[np.bool_] = self._found.carried[edges] == self._found.carried[others]
        same &= self._found.hop_of(edges) == self._found.hop_of(others)
        return same

    def _best(self, groups: Positions, edges: Positions) -> tuple[Positions, Positions]:
        """Return each group once, ascending, and that one of its edges which comes first by name."""
        order = np.argsort(groups, kind="stable")
        groups, edges = groups[order], edges[order]
        for rank in (*map(self._by_end, ("src", "dst", "carrier")), self._by_source, self._by_subtype):
            first = changes(groups)
            if first.all():
                return groups, edges
            (tied,) = (~(first & np.append(first[1:], True))).nonzero()
            left = np.ones(len(groups), np.bool_)
            left[tied] = _lowest(groups[tied], rank(edges[tied]))
            groups, edges = groups[left], edges[left]
        first = changes(groups)
        return groups[first], edges[first]

    def _by_end(self, name: str) -> Callable[[Positions], Positions]:
        """Return a function from edges to the order of their ends' names: most ties need the names of one end only."""

        def rank(edges: Positions) -> Positions:
            numbers = getattr(self._edges.where(edges), name)
            return ranks_of(self._named, distinct(numbers))(numbers)

        return rank

    def _by_subtype(self, edges: Positions) -> Positions:
        return self._edges.where(edges).subtype.astype(np.int64)

    def _by_source(self, edges: Positions) -> Positions:
        numbers = self._edges.where(edges).source
        known: Sequence[int] = distinct(numbers).tolist()
        if len(known) == 1:
            return np.zeros(len(numbers), np.int64)
        by_name = sorted(known, key=lambda number: self._ledger.name_of("source", number))
        rank = np.argsort([known.index(number) for number in by_name])
        found: Positions = rank[np.searchsorted(known, numbers)]
        return found


def _lowest(groups: Positions, ranks: Positions) -> NDArray[np.bool_]:
    """Say which members of some groups, which ascend, have the lowest rank of their group."""
    first = changes(groups)
    lowest = np.minimum.reduceat(ranks, first.nonzero()[0])
    found: NDArray[np.bool_] = ranks == lowest[first.cumsum() - 1]
    return found
