"""The one traversal: labels spread from the start along edges, hop by hop, until nothing changes.

A label is a few bits. What an edge does to the label of its origin is a question's own (`Spread`); the walk itself
only joins labels by OR, visits a node again when it gained a bit, and remembers the edge by which it gained the most.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clew.graph import Direction, Edges, Ids

Labels = NDArray[np.uint8]
Spread = Callable[[Labels, Edges], Labels]
"""From the labels of the origins of edges to the labels that these carry on; 0 stops."""


class Expands(Protocol):
    """All that a walk asks of a graph."""

    def expand(self, ids: Ids, direction: Direction, types: frozenset[int], as_of: int | None = None) -> Edges:
        """As the graph port says."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk reached. Arrays are parallel to `nodes`, in the order of first reach; the starts come first.

    `via` is the position in `edges` of the edge by which a node got its best label, -1 for a start. `edges` are all
    edges that were looked at, again when their origin gained a bit; `carried` is the label that went along each, 0 for
    none. `unvisited` are nodes that a limit kept from being followed.
    """

    nodes: Ids
    labels: Labels
    depth: NDArray[np.int32]
    via: NDArray[np.int64]
    edges: Edges
    carried: Labels
    unvisited: Ids
    hops: int
    direction: Direction
    order: NDArray[np.int64]
    hop_starts: tuple[int, ...]

    def hop_of(self, edge: int) -> tuple[int, int]:
        """Return where in `edges` the hop of an edge begins and ends."""
        hop = bisect_right(self.hop_starts, edge)
        return self.hop_starts[hop - 1], self.hop_starts[hop] if hop < len(self.hop_starts) else len(self.edges)

    def place_of(self, nodes: Ids) -> NDArray[np.int64]:
        """Return the positions of reached nodes in the arrays."""
        return self.order[np.searchsorted(self.nodes, nodes, sorter=self.order)]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a walk stops: after so many hops, or when it has reached so many nodes."""

    depth: int | None = None
    nodes: int = 2_000_000


def walk(
    graph: Expands,
    start: Ids,
    labels: Labels,
    direction: Direction,
    types: frozenset[int],
    spread: Spread,
    *,
    as_of: int | None,
    limits: Limits,
) -> Walk:
    """Spread labels from `start`; nodes that gained a bit are visited (again) in the next hop."""
    state = _State(start, labels)
    frontier = state.nodes()
    parts: list[Edges] = []
    carried: list[Labels] = []
    starts: list[int] = []
    hops, looked_at = 0, 0
    while len(frontier) and (limits.depth is None or hops < limits.depth) and state.count <= limits.nodes:
        edges = graph.expand(frontier, direction, types, as_of)
        if not len(edges):
            frontier = frontier[:0]
            break
        hops += 1
        origin, target = _ends(edges, direction)
        offered = spread(state.labels_of(origin), edges)
        starts.append(looked_at)
        parts.append(edges)
        carried.append(offered)
        frontier = state.take(edges, origin, target, offered, hops, looked_at)
        looked_at += len(edges)
    every = _joined(parts)
    # A node that a limit left unvisited is only a cut if there was something to follow.
    unvisited = frontier
    if len(unvisited):
        beyond = graph.expand(unvisited, direction, types, as_of)
        origin, _ = _ends(beyond, direction)
        unvisited = np.unique(origin[spread(state.labels_of(origin), beyond) > 0])
    nodes = state.nodes()
    return Walk(
        nodes=nodes,
        labels=state.label[: state.count],
        depth=state.depth[: state.count],
        via=state.via[: state.count],
        edges=every,
        carried=np.concatenate(carried) if carried else np.zeros(0, np.uint8),
        unvisited=unvisited,
        hops=hops,
        direction=direction,
        order=np.argsort(nodes),
        hop_starts=tuple(starts),
    )


def _ends(edges: Edges, direction: Direction) -> tuple[Ids, Ids]:
    return (edges.src, edges.dst) if direction == Direction.DOWN else (edges.dst, edges.src)


def _joined(parts: list[Edges]) -> Edges:
    names = [each.name for each in fields(Edges)]
    if not parts:
        wide, narrow = np.zeros(0, np.int64), np.zeros(0, np.uint8)
        return Edges(wide, wide, narrow, narrow, narrow, wide, wide, wide, wide, wide)
    return Edges(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class _State:
    """Labels of the nodes reached so far, by position in the order of reach."""

    def __init__(self, start: Ids, labels: Labels) -> None:
        unique, first = np.unique(start, return_index=True)
        self.count = len(unique)
        room = max(1024, 2 * self.count)
        self._node = np.zeros(room, np.int64)
        self.label = np.zeros(room, np.uint8)
        self.depth = np.zeros(room, np.int32)
        self.via = np.full(room, -1, np.int64)
        self._node[: self.count] = unique
        self.label[: self.count] = labels[first]
        self._place = np.full(int(unique.max(initial=0)) + 1024, -1, np.int64)
        self._place[unique] = np.arange(self.count)

    def nodes(self) -> Ids:
        return self._node[: self.count].copy()

    def labels_of(self, nodes: Ids) -> Labels:
        known: Labels = self.label[self._place[nodes]]
        return known

    def take(self, edges: Edges, origin: Ids, target: Ids, offered: Labels, hop: int, offset: int) -> Ids:
        """Join the offered labels to their targets; return the nodes that gained a bit.

        Among edges that offer the same, the one from the node that was reached first counts, then by carrier, source
        and subtype: engines give edges in no particular order, and the proof should not depend on it.
        """
        useful = np.flatnonzero(offered)
        target, offered = target[useful], offered[useful]
        self._make_room(target)
        new = np.unique(target[self._place[target] < 0])
        self._place[new] = np.arange(self.count, self.count + len(new))
        self._node[self.count : self.count + len(new)] = new
        self.depth[self.count : self.count + len(new)] = hop
        self.count += len(new)
        place = self._place[target]
        gained = offered & ~self.label[place]
        winners = np.flatnonzero(gained)
        if not len(winners):
            return new[:0]
        place, gained, offered, chosen = place[winners], gained[winners], offered[winners], useful[winners]
        beats = gained > self.label[place]
        last = chosen[beats]
        keys = (-edges.subtype[last].astype(np.int16), -edges.source[last], -edges.carrier[last])
        order = np.lexsort((*keys, -self._place[origin[last]], offered[beats]))
        self.via[place[beats][order]] = last[order] + offset
        np.bitwise_or.at(self.label, place, gained)
        return self._node[np.unique(place)]

    def _make_room(self, target: Ids) -> None:
        highest = int(target.max(initial=0))
        if highest >= len(self._place):
            grown = np.full(max(highest + 1, 2 * len(self._place)), -1, np.int64)
            grown[: len(self._place)] = self._place
            self._place = grown
        needed = self.count + len(target)
        if needed > len(self._node):
            room = max(needed, 2 * len(self._node))
            for name, fill in (("_node", 0), ("label", 0), ("depth", 0), ("via", -1)):
                old = getattr(self, name)
                new = np.full(room, fill, old.dtype)
                new[: len(old)] = old
                setattr(self, name, new)
