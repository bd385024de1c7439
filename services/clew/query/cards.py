"""Cards: lineage from afar. A card is a thing with its parts: a dataset with its columns and its derived nodes, say.

Two cards are neighbours when an edge leads from the one, or a part of it, to the other: at column grain, at dataset
grain, or (when tests are asked for) to a test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clew.graph import Direction, Edges, Graph, Ids, distinct
from clew.ledger import Entity, LedgerReader
from clew.query.start import met
from clew_schemas.edges import INDIRECT, EdgeType
from clew_schemas.urn import any_of, rows_of

_FLOWS = frozenset({int(EdgeType.FLOW), int(EdgeType.DATASET_FLOW), int(EdgeType.ASSERTS)})
_MEMBERS = frozenset({int(EdgeType.MEMBER), int(EdgeType.NAMED)})


@dataclass(frozen=True, slots=True)
class Crossing:
    """Edges that lead out of cards, in one direction; `near` and `far` are the cards at their ends, parallel."""

    edges: Edges
    near: Ids
    far: Ids

    def where(self, mask: NDArray[np.bool_]) -> Crossing:
        return Crossing(self.edges.where(mask), self.near[mask], self.far[mask])


@dataclass(frozen=True, slots=True)
class Parts:
    """The nodes of cards, themselves included, and the edges by which columns hang on them, for each direction."""

    nodes: Ids
    members: dict[Direction, Edges]


class Cards:
    """Reads a graph card by card, as of one seq."""

    def __init__(self, ledger: LedgerReader, graph: Graph, seq: int, *, indirect: bool, tests: bool) -> None:
        self._ledger = ledger
        self._graph = graph
        self.seq = seq
        self._indirect = indirect
        self._tests = tests

    def of(self, nodes: Ids) -> Ids:
        """Return the card of each node, whether or not the graph has met it."""
        parents = met(self._ledger, nodes, self._graph.nodes(nodes)).parent
        return np.where(parents > 0, parents, nodes)

    def holding(self, entity: Entity) -> int:
        """Return the card of an entity, whether or not the graph has met it."""
        return entity.parent or self._ledger.node_of(entity.id)

    def parts(self, cards: Ids) -> Parts:
        """Return all nodes of cards."""
        known = (each for each in self._ledger.entities(cards.tolist()) if each is not None)
        datasets = [each.urn for each in known if each.kind == "dataset"]
        names = [derived for urn in datasets for derived in (any_of(urn), rows_of(urn))]
        derived = np.array([each for each in self._ledger.ids(names) if each], np.int64)
        above = self._graph.expand(derived, Direction.UP, _MEMBERS, self.seq)
        below = self._graph.expand(derived, Direction.DOWN, _MEMBERS, self.seq)
        nodes = distinct(np.concatenate([cards, derived, above.src, below.dst]))
        return Parts(nodes, {Direction.DOWN: above, Direction.UP: below})

    def crossing(self, cards: Ids, direction: Direction, parts: Parts | None = None) -> Crossing:
        """Return every edge that leads out of cards in a direction, to tests only when they were asked for."""
        found = self.all_crossing(cards, direction, parts)
        return found if self._tests else found.where(found.edges.type != EdgeType.ASSERTS)

    def all_crossing(self, cards: Ids, direction: Direction, parts: Parts | None = None) -> Crossing:
        """The same with tests."""
        nodes = (self.parts(cards) if parts is None else parts).nodes
        edges = self._graph.expand(nodes, direction, _FLOWS, self.seq)
        if not self._indirect:
            edges = edges.where((edges.subtype & INDIRECT) == 0)
        src, dst = self.of(edges.src), self.of(edges.dst)
        near, far = (src, dst) if direction == Direction.DOWN else (dst, src)
        return Crossing(edges, near, far).where(src != dst)

    def uses(self, cards: Ids) -> dict[int, int]:
        """Return, for each card, how many things hang directly on it at dataset grain."""
        edges = self._graph.expand(cards, Direction.DOWN, frozenset({int(EdgeType.DATASET_FLOW)}), self.seq)
        return counts(edges.src, edges.dst)


def counts(near: Ids, far: Ids) -> dict[int, int]:
    """Return how many different `far` there are for each `near`."""
    if not len(near):
        return {}
    pairs = np.unique(np.stack([near, far]), axis=1)
    ids, number = np.unique(pairs[0], return_counts=True)
    return dict(zip(ids.tolist(), number.tolist(), strict=True))
