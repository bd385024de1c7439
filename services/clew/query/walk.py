"""The one traversal: labels spread from the start along edges, hop by hop, until nothing changes.

A label is a few bits. What an edge does to the label of its origin is a question's own (`Spread`); the walk itself
only joins labels by OR, visits a node again when it gained a bit, and remembers the edge by which it gained the most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clew.graph import Direction, Edges, Ids, changes, distinct, joined

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
    none; `target` is the position in `nodes` of the end that it leads to, -1 for one that was not followed. `unvisited`
    are nodes that a limit kept from being followed. `order` has the positions
    of the nodes, ascending by node.
    """

    nodes: Ids
    labels: Labels
    depth: NDArray[np.int32]
    via: NDArray[np.int64]
    edges: Edges
    carried: Labels
    target: NDArray[np.int64]
    unvisited: Ids
    hops: int
    direction: Direction
    order: NDArray[np.int64]
    hop_starts: tuple[int, ...]

    def hop_of(self, edges: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return in which hop each of these edges, given by position, was looked at; the first is 1."""
        return _hop_of(edges, self.hop_starts)

    def place_of(self, nodes: Ids) -> NDArray[np.int64]:
        """Return the positions of nodes in the arrays, -1 for the end of an edge that was not followed."""
        at = np.minimum(np.searchsorted(self.nodes, nodes, sorter=self.order), len(self.order) - 1)
        return np.where(self.nodes[self.order[at]] == nodes, self.order[at], -1)


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
        frontier = state.take(origin, target, offered, hops, looked_at)
        looked_at += len(edges)
    every = joined(parts)
    # A node that a limit left unvisited is only a cut if there was something to follow.
    unvisited = frontier
    if len(unvisited):
        beyond = graph.expand(unvisited, direction, types, as_of)
        origin, _ = _ends(beyond, direction)
        unvisited = distinct(origin[spread(state.labels_of(origin), beyond) > 0])
    nodes = state.nodes()
    origin, target = _ends(every, direction)
    targets = state.places[target].astype(np.int64) - 1
    labels_carried = np.concatenate(carried) if carried else np.zeros(0, np.uint8)
    state.settle(every, origin, targets, labels_carried, starts)
    state.give_back()
    return Walk(
        nodes=nodes,
        labels=state.label[: state.count],
        depth=state.depth[: state.count],
        via=state.via[: state.count],
        edges=every,
        carried=labels_carried,
        target=targets,
        unvisited=unvisited,
        hops=hops,
        direction=direction,
        order=np.argsort(nodes),
        hop_starts=tuple(starts),
    )


def _hop_of(edges: NDArray[np.int64], hop_starts: Sequence[int]) -> NDArray[np.int64]:
    return np.searchsorted(hop_starts, edges, side="right")


def _ends(edges: Edges, direction: Direction) -> tuple[Ids, Ids]:
    return (edges.src, edges.dst) if direction == Direction.DOWN else (edges.dst, edges.src)


_CONTESTED = -2
"""Stands in `via` while several edges could."""


_spare: deque[NDArray[np.int32]] = deque(maxlen=2)
"""Arrays of zeros that no walk uses now: made anew for every walk they would cost more than a small walk does."""


class _State:
    """Labels of the nodes reached so far, by position in the order of reach; `places` has by node one more than that,
    0 for what was not reached."""

    def __init__(self, start: Ids, labels: Labels) -> None:
        first = np.argsort(start, kind="stable")
        first = first[changes(start[first])]
        unique = start[first]
        self.count = len(unique)
        room = max(1024, 2 * self.count)
        self._node = np.zeros(room, np.int64)
        self.label = np.zeros(room, np.uint8)
        self.depth = np.zeros(room, np.int32)
        self.via = np.full(room, -1, np.int64)
        self._node[: self.count] = unique
        self.label[: self.count] = labels[first]
        try:
            self.places = _spare.pop()
        except IndexError:
            self.places = np.zeros(0, np.int32)
        self._make_room(unique)
        self.places[unique] = np.arange(1, self.count + 1)

    def give_back(self) -> None:
        """Leave the map of places to another walk; nothing can be asked of it afterwards."""
        self.places[self._node[: self.count]] = 0
        _spare.append(self.places)

    def nodes(self) -> Ids:
        return self._node[: self.count].copy()

    def labels_of(self, nodes: Ids) -> Labels:
        known: Labels = self.label[self.places[nodes] - 1]
        return known

    def take(self, origin: Ids, target: Ids, offered: Labels, hop: int, offset: int) -> Ids:
        """Join the offered labels to their targets; return the nodes that gained a bit.

        Among edges that offer the same, the one from the node that was reached first counts, then (see `settle`) by
        carrier, source and subtype: engines give edges in no particular order, and the proof should not depend on it.
        """
        self._make_room(target)
        (useful,) = offered.nonzero()
        if len(useful) < len(offered):
            target, offered = target[useful], offered[useful]
        new = self._meet(target, hop)
        place = self.places[target] - 1
        had = self.label[place]
        gained = offered & ~had
        (winners,) = gained.nonzero()
        if not len(winners):
            return new[:0]
        if len(winners) < len(useful):
            place, had, gained, offered = place[winners], had[winners], gained[winners], offered[winners]
            useful = useful[winners]
        beats = gained > had
        if beats.all():
            self._prove(place, useful, offered, origin, offset)
        else:
            self._prove(place[beats], useful[beats], offered[beats], origin, offset)
        np.bitwise_or.at(self.label, place, gained)
        return new if place.min() >= self.count - len(new) else distinct(self._node[place])

    def _meet(self, target: Ids, hop: int) -> Ids:
        """Give a place to each target that has none; return these, ascending."""
        unknown = target[self.places[target] == 0]
        if not len(unknown):
            return self._node[:0]
        numbers = np.arange(len(unknown), dtype=np.int32)
        self.places[unknown] = numbers
        new: Ids = np.sort(unknown[self.places[unknown] == numbers])
        end = self.count + len(new)
        self.places[new] = np.arange(self.count + 1, end + 1)
        self._node[self.count : end] = new
        self.depth[self.count : end] = hop
        self.count = end
        return new

    def _prove(self, place: NDArray[np.int32], chosen: Ids, offered: Labels, origin: Ids, offset: int) -> None:
        """Keep for each place the best of the chosen edges that lead there; among those from one node, any."""
        proving = chosen + offset
        self.via[place] = proving
        lost = self.via[place] != proving
        if not lost.any():
            return
        self.via[place[lost]] = _CONTESTED
        (contested,) = (self.via[place] == _CONTESTED).nonzero()
        place, chosen, offered = place[contested], chosen[contested], offered[contested]
        # What is written last stays.
        order = np.argsort((offered.astype(np.int64) << 32) - self.places[origin[chosen]], kind="stable")
        self.via[place[order]] = chosen[order] + offset

    def settle(
        self, edges: Edges, origin: Ids, target: NDArray[np.int64], carried: Labels, hop_starts: Sequence[int]
    ) -> None:
        """Among edges from one node that proved the same in the same hop, keep the first by carrier, source and
        subtype: done once for all hops, since it costs much the same for one."""
        proving = self.via[target]
        alike = (target >= 0) & (proving >= 0) & (origin == origin[proving]) & (carried == carried[proving])
        (rivals,) = alike.nonzero()
        rivals = rivals[_hop_of(rivals, hop_starts) == _hop_of(proving[rivals], hop_starts)]
        lost = rivals[proving[rivals] != rivals]
        if not len(lost):
            return
        contested = np.zeros(self.count, np.bool_)
        contested[target[lost]] = True
        rivals = rivals[contested[target[rivals]]]
        few = edges.where(rivals)
        rivals = rivals[np.lexsort((-few.subtype.astype(np.int16), -few.source, -few.carrier))]
        self.via[target[rivals]] = rivals

    def _make_room(self, target: Ids) -> None:
        highest = int(target.max(initial=0))
        if highest >= len(self.places):
            grown = np.zeros(highest + highest // 4 + 1, np.int32)
            grown[: len(self.places)] = self.places
            self.places = grown
        needed = self.count + len(target)
        if needed > len(self._node):
            room = max(needed, 2 * len(self._node))
            for name, fill in (("_node", 0), ("label", 0), ("depth", 0), ("via", -1)):
                old = getattr(self, name)
                new = np.full(room, fill, old.dtype)
                new[: len(old)] = old
                setattr(self, name, new)
