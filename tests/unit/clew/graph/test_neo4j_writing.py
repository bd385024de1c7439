"""What is worked out for Neo4j gives the very intervals that the embedded engine has, however commits are portioned."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from clew.graph.lineage_index_state import IndexState
from clew.graph.neo4j_writing import WEIGHT, Batch, Key, Row, Standing, Stands, plan, portions
from clew.graph.port import COLUMNS, FOREVER, EdgeItem, Edges, GraphChange, KeyEdges, Node

KEY: Key = (100, 7)
KEYS = st.tuples(st.integers(1, 2), st.integers(1, 2))
EDGES = st.builds(
    EdgeItem, st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.just(0), st.just(100), st.just(1)
)
SAID = st.builds(
    KeyEdges, st.integers(1, 2), st.integers(1, 2), st.frozensets(EDGES, max_size=5), st.binary(max_size=2)
)


def edge(src: int, dst: int) -> EdgeItem:
    return EdgeItem(src, dst, 1, 0, 100, 1)


def says(*edges: EdgeItem, digest: bytes = b"digest") -> KeyEdges:
    return KeyEdges(*KEY, frozenset(edges), digest)


class Store:
    """What the statements leave in Neo4j, as a table: a row an edge, a digest a key."""

    def __init__(self) -> None:
        self.live: dict[str, Row] = {}
        self.past: list[Row] = []
        self.digests: dict[Key, bytes] = {}

    def take(self, changes: Iterable[GraphChange]) -> Batch:
        changes = list(changes)
        batch = plan(self.standing({(said.carrier, said.aspect) for each in changes for said in each.keys}), changes)
        for name, until in batch.closed:
            self.past.append([*self.live.pop(name)[:-1], until])
        self.past += batch.past
        self.live.update({f"edge {len(self.live) + len(self.past) + at}": row for at, row in enumerate(batch.opened)})
        self.digests.update({key: digest for key, digest in batch.digests.items() if digest is not None})
        for key in [key for key, digest in batch.digests.items() if digest is None]:
            self.digests.pop(key, None)
        return batch

    def standing(self, keys: set[Key]) -> Standing:
        found: Standing = {key: {} for key in keys}
        for name, (src, dst, type, subtype, confidence, *key, source, since, _) in self.live.items():
            if tuple(key) in keys:
                edge = EdgeItem(src, dst, type, subtype, confidence, source)
                found[key[0], key[1]][edge] = Stands(since, (name,))
        return found

    def rows(self) -> list[Row]:
        return sorted([*self.live.values(), *self.past])


def rows(edges: Edges) -> list[Row]:
    return sorted(list(row) for row in zip(*(getattr(edges, name).tolist() for name in COLUMNS), strict=True))


@given(st.lists(st.tuples(st.lists(SAID, max_size=3), st.booleans()), max_size=12))
def test_any_portions_leave_what_the_embedded_engine_has(commits: list[tuple[list[KeyEdges], bool]]) -> None:
    embedded, store = IndexState(), Store()
    waiting: list[GraphChange] = []
    for seq, (keys, ends) in enumerate(commits, start=1):
        change = GraphChange(seq, (), keys)
        embedded.commit(embedded.plan("e", [change]))
        waiting.append(change)
        if ends:
            store.take(waiting)
            waiting = []
    store.take(waiting)
    assert store.rows() == rows(embedded.dump())
    assert store.digests == embedded.digests()


def test_what_opens_and_closes_in_one_portion_is_past_at_once() -> None:
    batch = plan({KEY: {}}, [GraphChange(3, (), [says(edge(1, 2))]), GraphChange(5, (), [says()])])
    assert batch.past == [[1, 2, 1, 0, 100, *KEY, 1, 3, 5]]
    assert (batch.opened, batch.closed, batch.swept, batch.digests) == ([], [], set(), {KEY: None})


def test_what_closes_and_comes_back_in_one_portion_is_a_new_edge() -> None:
    standing: Standing = {KEY: {edge(1, 2): Stands(1, ("old",))}}
    batch = plan(standing, [GraphChange(3, (), [says()]), GraphChange(5, (), [says(edge(1, 2))])])
    assert batch.closed == [["old", 3]]
    assert batch.opened == [[1, 2, 1, 0, 100, *KEY, 1, 5, FOREVER]]
    assert batch.swept == {KEY}


def test_an_edge_that_somebody_doubled_is_closed_twice() -> None:
    standing: Standing = {KEY: {edge(1, 2): Stands(1, ("one", "other"))}}
    assert plan(standing, [GraphChange(3, (), [says()])]).closed == [["one", 3], ["other", 3]]


def test_only_ends_of_which_nothing_is_said_are_ends() -> None:
    batch = plan({KEY: {}}, [GraphChange(3, [Node(1, "urn", "column")], [says(edge(1, 2), edge(3, 1))])])
    assert batch.ends() == {2, 3}
    assert batch.nodes == {1: [1, "urn", "column", 0, 0]}


def test_portions_are_whole_commits_in_order() -> None:
    big = says(*(edge(1, to) for to in range(WEIGHT // 2)))
    changes = [GraphChange(seq, (), [big]) for seq in range(1, 6)]
    found = list(portions(changes))
    assert [change.seq for portion in found for change in portion] == [1, 2, 3, 4, 5]
    assert [len(portion) for portion in found] == [2, 2, 1]


def test_a_commit_over_the_weight_is_a_portion_by_itself() -> None:
    big = says(*(edge(1, to) for to in range(WEIGHT + 1)))
    changes = [GraphChange(1, (), []), GraphChange(2, (), [big]), GraphChange(3, (), [])]
    assert [len(portion) for portion in portions(changes)] == [1, 1, 1]


def test_no_commits_are_one_portion() -> None:
    assert [list(portion) for portion in portions([])] == [[]]
