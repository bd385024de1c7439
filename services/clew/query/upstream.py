"""What lies above model versions: one walk, at column and dataset grain together, and the ways through it.

Columns and datasets are different nodes, so one traversal follows both kinds of flow. Only flows of values are
followed: what merely filters or orders rows made no feature. A feature that comes from *any* column of a dataset ends
there: which column it was is not known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.graph import Direction, Graph
from clew.ledger import LedgerReader
from clew.query.answer import Cut
from clew.query.known import Known
from clew.query.lineage import EDGE_MEMBERS, spread_direct
from clew.query.start import COLUMN_TYPES, DATASET_TYPES
from clew.query.walk import Limits, walk
from clew_schemas.edges import EdgeType, subtype_name

MAX_NODES = 200_000
_MAX_STEPS = 1_000_000
_TYPES = frozenset(map(int, COLUMN_TYPES | DATASET_TYPES))


@dataclass(frozen=True, slots=True)
class End:
    """Where a way upstream ends: the node, and the edges (positions in the walk) from there down to the start."""

    node: int
    path: tuple[int, ...]


class Upstream:
    """Everything above some starts."""

    def __init__(self, ledger: LedgerReader, graph: Graph, starts: Iterable[int], seq: int, known: Known) -> None:
        start = np.array(sorted(set(starts)), np.int64)
        labels = np.ones(len(start), np.uint8)
        self.found = walk(
            graph, start, labels, Direction.UP, _TYPES, spread_direct, as_of=seq, limits=Limits(nodes=MAX_NODES)
        )
        self.nodes = graph.nodes(self.found.nodes)
        self.kinds: Mapping[int, str] = dict(zip(self.found.nodes.tolist(), self.nodes.kind.tolist(), strict=True))
        self.parents: Mapping[int, int] = dict(zip(self.found.nodes.tolist(), self.nodes.parent.tolist(), strict=True))
        self._ledger = ledger
        self._known = known
        self._steps = 0
        self._learn()

    def _learn(self) -> None:
        followed = np.flatnonzero(self.found.carried)
        edges = self.found.edges.where(followed)
        self._known.name(self.found.nodes.tolist())
        self._known.name(self.nodes.parent[self.nodes.parent > 0].tolist())
        self._known.learn(np.unique(edges.carrier).tolist())
        self._src: dict[int, int] = dict(zip(followed.tolist(), edges.src.tolist(), strict=True))
        self._dst: dict[int, int] = dict(zip(followed.tolist(), edges.dst.tolist(), strict=True))
        self._columns: dict[int, list[int]] = {}
        self._datasets: dict[int, list[int]] = {}
        own = (edges.src != edges.dst) & ~np.isin(edges.dst, self.found.nodes[self.nodes.kind == "any"])
        whole = edges.type == EdgeType.DATASET_FLOW
        for into, chosen in ((self._columns, own & ~whole), (self._datasets, own & whole)):
            for at, dst in zip(followed[chosen].tolist(), edges.dst[chosen].tolist(), strict=True):
                into.setdefault(dst, []).append(at)
            for several in into.values():
                if len(several) > 1:
                    several.sort(key=self._by_name)

    def columns_above(self, starts: Iterable[int]) -> dict[int, int]:
        """Return every node above at column grain, with the edge by which it was reached (-1 for a start)."""
        return self._above(starts, self._columns)

    def datasets_above(self, starts: Iterable[int]) -> dict[int, int]:
        """The same at dataset grain."""
        return self._above(starts, self._datasets)

    def _above(self, starts: Iterable[int], into: Mapping[int, list[int]]) -> dict[int, int]:
        via = {int(each): -1 for each in starts}
        waiting = deque(via)
        while waiting and self._steps < _MAX_STEPS:
            for edge in into.get(waiting.popleft(), ()):
                self._steps += 1
                source = self._src[edge]
                if source not in via:
                    via[source] = edge
                    waiting.append(source)
        return via

    def ends(self, start: int) -> list[End]:
        """Return the columns (or `any` of a dataset) above `start` into which nothing flows, by name."""
        via = self.columns_above([start])
        ends = [each for each in via if each not in self._columns and self.kinds.get(each) in ("column", "any")]
        return [End(each, self.path(each, via)) for each in sorted(ends, key=self._known.urn)]

    def path(self, node: int, via: Mapping[int, int]) -> tuple[int, ...]:
        """Return the edges from a node that was reached down to the start."""
        path: list[int] = []
        while via[node] >= 0:
            path.append(via[node])
            node = self._dst[via[node]]
        return tuple(path)

    def into_dataset(self, dataset: int) -> list[int]:
        """Return the edges of dataset grain into a dataset, by name of their source."""
        return self._datasets.get(dataset, [])

    def datasets_between(self, starts: Iterable[int]) -> Iterator[int]:
        """Yield every edge of dataset grain above `starts`."""
        for node in self.datasets_above(starts):
            yield from self.into_dataset(node)

    def ends_of(self, edge: int) -> tuple[str, str]:
        """Return the URNs of both ends of an edge."""
        return self._known.urn(self._src[edge]), self._known.urn(self._dst[edge])

    def source_of(self, edge: int) -> int:
        """Return where an edge comes from."""
        return self._src[edge]

    def carrier_of(self, edge: int) -> str:
        """Return the URN of what carries an edge."""
        return self._known.urn(int(self.found.edges.carrier[edge]))

    def claimed_by(self, edge: int) -> str:
        """Return the source that claims an edge."""
        return self._ledger.name_of("source", int(self.found.edges.source[edge]))

    def confidence(self, path: Sequence[int]) -> float:
        """Return the confidence of a way: that of its weakest edge."""
        return min((int(self.found.edges.confidence[edge]) for edge in path), default=100) / 100

    def cuts(self) -> list[Cut]:
        """Return where the walk, or the search for ways through it, was cut."""
        cuts = []
        if len(self.found.unvisited):
            sample = [each.urn for each in self._ledger.entities(self.found.unvisited[:10].tolist()) if each]
            cuts.append(Cut(f"more than {MAX_NODES} nodes", len(self.found.unvisited), tuple(sample)))
        if self._steps >= _MAX_STEPS:
            cuts.append(Cut(f"more than {_MAX_STEPS} steps on the way to raw columns", 1))
        return cuts

    def table(self, edges: Iterable[int]) -> tuple[dict[str, Any], dict[int, int]]:
        """Return edges as parallel arrays over `nodes`, and the place of each edge in them."""
        names = self._known.urn
        order = sorted(set(edges), key=self._by_name)
        used = self.found.edges.where(np.array(order, np.int64))
        ends = dict.fromkeys(node for edge in order for node in (self._src[edge], self._dst[edge]))
        place = {node: at for at, node in enumerate(ends)}
        source = {number: self._ledger.name_of("source", number) for number in np.unique(used.source).tolist()}
        subtypes = {code: subtype_name(code) for code in np.unique(used.subtype).tolist()}
        types = {code: EdgeType(code).name for code in np.unique(used.type).tolist()}
        columns = (
            [place[each] for each in used.src.tolist()],
            [place[each] for each in used.dst.tolist()],
            [types[each] for each in used.type.tolist()],
            [subtypes[each] for each in used.subtype.tolist()],
            [each / 100 for each in used.confidence.tolist()],
            [names(each) for each in used.carrier.tolist()],
            [source[each] for each in used.source.tolist()],
        )
        return {
            "nodes": {"urn": [names(each) for each in ends], "kind": [self.kinds[each] for each in ends]},
            "edges": dict(zip(EDGE_MEMBERS, columns, strict=True)),
        }, {edge: at for at, edge in enumerate(order)}

    def _by_name(self, edge: int) -> tuple[str, str, str, int]:
        names = self._known.urn
        return names(self._src[edge]), names(self._dst[edge]), self.carrier_of(edge), edge
