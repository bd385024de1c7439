"""Whatever happens to a lineage index, it says what a plain set of intervals says."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clew.graph.lineage_index import LineageIndex
from clew.graph.port import (
    COLUMNS,
    FOREVER,
    Direction,
    EdgeItem,
    Edges,
    GraphChange,
    Interval,
    KeyEdges,
    Node,
    Position,
)

Key = tuple[int, int]
Row = tuple[int, ...]

KEYS = st.tuples(st.integers(1, 3), st.integers(1, 2))
EDGES = st.builds(
    EdgeItem, st.integers(1, 5), st.integers(1, 5), st.integers(1, 2), st.just(0), st.just(100), st.integers(1, 2)
)
SAID = st.dictionaries(KEYS, st.frozensets(EDGES, max_size=6), max_size=3)
NODES = st.lists(
    st.builds(Node, st.integers(1, 6), st.just("urn"), st.sampled_from("abc"), st.integers(0, 3), st.integers(0, 2))
)
COMMIT = st.tuples(SAID, NODES)
IDS = st.lists(st.integers(-1, 7), max_size=5)
TYPES = st.frozensets(st.integers(1, 3))


def digest_of(edges: frozenset[EdgeItem]) -> bytes:
    return repr(sorted(edges)).encode()[-20:]


@dataclass
class Model:
    """A graph without any cleverness."""

    seq: int = 0
    intervals: dict[Key, set[Interval]] = field(default_factory=dict)
    digests: dict[Key, bytes] = field(default_factory=dict)
    nodes: dict[int, Node] = field(default_factory=dict)

    def apply(self, change: GraphChange) -> None:
        for said in change.keys:
            held = self.intervals.setdefault((said.carrier, said.aspect), set())
            for gone in [each for each in held if each.until == FOREVER and each.edge not in said.edges]:
                held.remove(gone)
                held.add(gone._replace(until=change.seq))
            live = {each.edge for each in held if each.until == FOREVER}
            held.update(Interval(edge, change.seq, FOREVER) for edge in said.edges - live)
            self.digests[said.carrier, said.aspect] = said.digest
        self.nodes.update({node.id: node for node in change.nodes})
        self.seq = change.seq

    def live(self, key: Key) -> set[EdgeItem]:
        return {each.edge for each in self.intervals.get(key, ()) if each.until == FOREVER}

    def rows(self) -> list[Row]:
        return sorted(
            (edge.src, edge.dst, edge.type, edge.subtype, edge.confidence, *key, edge.source, since, until)
            for key, held in self.intervals.items()
            for edge, since, until in held
        )


def rows(edges: Edges) -> list[Row]:
    return sorted(zip(*(getattr(edges, name).tolist() for name in COLUMNS), strict=True))


class LineageIndexMachine(RuleBasedStateMachine):
    """Commits, replays, mending, saving, crashes and rebuilds in any order."""

    @initialize()
    def begin(self) -> None:
        self.home = tempfile.TemporaryDirectory()
        self.index = LineageIndex.open(Path(self.home.name) / "graph")
        self.model = Model()
        self.saved = Model()
        self.log: list[GraphChange] = []

    def teardown(self) -> None:
        self.home.cleanup()

    @rule(commits=st.lists(COMMIT, min_size=1, max_size=3))
    def commit(self, commits: list[tuple[dict[Key, frozenset[EdgeItem]], list[Node]]]) -> None:
        changes = []
        for said, nodes in commits:
            keys = [KeyEdges(*key, edges, digest_of(edges)) for key, edges in said.items()]
            changes.append(GraphChange(self.model.seq + 1, nodes, keys))
            self.model.apply(changes[-1])
        self.log += changes
        self.index.apply("e", changes)

    @rule(data=st.data())
    @precondition(lambda self: self.log)
    def replay(self, data: st.DataObject) -> None:
        self.index.apply("e", self.log[data.draw(st.integers(0, len(self.log) - 1)) :])

    @rule(key=KEYS, histories=st.dictionaries(EDGES, st.sets(st.integers(0, 9), min_size=1), max_size=4))
    def mend(self, key: Key, histories: dict[EdgeItem, set[int]]) -> None:
        intervals = set()
        for edge, cuts in histories.items():
            times = [*sorted(min(cut, self.model.seq) for cut in cuts), FOREVER]
            pairs = list(zip(times[::2], times[1::2], strict=False))
            intervals |= {Interval(edge, since, until) for since, until in pairs if since < until}
        self.index.replace(*key, list(intervals), b"mended")
        self.model.intervals[key], self.model.digests[key] = intervals, b"mended"

    @rule()
    def save(self) -> None:
        self.index.save()
        self.saved = deepcopy(self.model)

    @rule()
    def close_and_open(self) -> None:
        self.index.close()
        self.saved = deepcopy(self.model)
        self.open()

    @rule()
    def crash_and_open(self) -> None:
        self.model = deepcopy(self.saved)
        self.log = [change for change in self.log if change.seq <= self.model.seq]
        self.open()

    @rule()
    def rebuild(self) -> None:
        fresh = self.index.fresh()
        self.model = Model()
        for change in self.log:
            self.model.apply(change)
        fresh.apply("e", self.log)
        fresh.promote()
        self.index.close()
        self.index = fresh
        self.saved = deepcopy(self.model)

    def open(self) -> None:
        self.index = LineageIndex.open(Path(self.home.name) / "graph")
        assert self.index.damaged is None

    @rule(ids=IDS, direction=st.sampled_from(Direction), types=TYPES, back=st.none() | st.integers(0, 12))
    def expand(self, ids: list[int], direction: Direction, types: frozenset[int], back: int | None) -> None:
        as_of = None if back is None else max(self.model.seq - back, 0)
        found = self.index.expand(np.array(ids, np.int64), direction, types, as_of)
        assert rows(found) == [
            row
            for row in self.model.rows()
            if row[direction] in ids
            and row[2] in types
            and (row[-1] == FOREVER if as_of is None else row[-2] <= as_of < row[-1])
        ]

    @rule(ids=IDS)
    def nodes(self, ids: list[int]) -> None:
        found = self.index.nodes(np.array(ids, np.int64))
        expected = [self.model.nodes.get(each, Node(each, "", "")) for each in ids]
        assert found.kind.tolist() == [node.kind for node in expected]
        assert found.parent.tolist() == [node.parent for node in expected]

    @invariant()
    def says_what_the_model_says(self) -> None:
        assert self.index.position() == (Position("e", self.model.seq) if self.model.seq else Position("", 0))
        assert rows(self.index.dump()) == self.model.rows()
        standing = {key for key in self.model.intervals if self.model.live(key)}
        assert self.index.keys() == {key: self.model.digests[key] for key in standing}
        for key in self.model.intervals:
            assert self.index.edges_of(*key) == self.model.live(key)

    @invariant()
    def is_sound(self) -> None:
        assert self.index.verify() == []


TestLineageIndexLaws = LineageIndexMachine.TestCase
TestLineageIndexLaws.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
