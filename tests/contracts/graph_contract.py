"""What every engine of the `Graph` port must do. An engine's tests subclass `GraphContract` and say how it opens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest

from clew.graph.port import (
    COLUMNS,
    FOREVER,
    Direction,
    EdgeItem,
    Edges,
    Graph,
    GraphChange,
    Ids,
    Interval,
    KeyEdges,
    Node,
    Position,
)

OpenGraph = Callable[[], Graph]

DOWN, UP = Direction
FLOW, MEMBER = 1, 2
ALL = frozenset({FLOW, MEMBER})
KEY = (100, 7)
OTHER_KEY = (101, 7)


def edge(src: int, dst: int, type: int = FLOW, subtype: int = 0, confidence: int = 100, source: int = 1) -> EdgeItem:
    return EdgeItem(src, dst, type, subtype, confidence, source)


def says(key: tuple[int, int], *edges: EdgeItem, digest: bytes = b"digest") -> KeyEdges:
    return KeyEdges(*key, frozenset(edges), digest)


def commit(seq: int, *keys: KeyEdges, nodes: Iterable[Node] = ()) -> GraphChange:
    return GraphChange(seq, tuple(nodes), keys)


def ids(*numbers: int) -> Ids:
    return np.array(numbers, np.int64)


def rows(edges: Edges) -> list[tuple[int, ...]]:
    """Return edges as sorted tuples, every field of them."""
    columns = [getattr(edges, name).tolist() for name in COLUMNS]
    return sorted(zip(*columns, strict=True))


def pairs(edges: Edges) -> list[tuple[int, int]]:
    """Return where edges lead from and to, sorted, as often as they come."""
    return sorted(zip(edges.src.tolist(), edges.dst.tolist(), strict=True))


class GraphContract:
    """A subclass gives the fixture `open_graph`: a function that opens the same store, again each time."""

    @pytest.fixture
    def open_graph(self) -> OpenGraph:
        raise NotImplementedError

    @pytest.fixture
    def graph(self, open_graph: OpenGraph) -> Iterator[Graph]:
        graph = open_graph()
        yield graph
        graph.close()

    # Position

    def test_an_empty_graph_is_at_no_position_and_has_a_name(self, graph: Graph) -> None:
        assert graph.position() == Position("", 0)
        assert graph.name
        assert rows(graph.dump()) == []
        assert graph.keys() == {}

    def test_the_position_moves_with_every_commit_even_one_that_changes_nothing(self, graph: Graph) -> None:
        graph.apply("e", [commit(3, says(KEY, edge(1, 2))), commit(9)])
        assert graph.position() == Position("e", 9)

    def test_applying_no_commits_leaves_the_position(self, graph: Graph) -> None:
        graph.apply("e", [commit(3)])
        graph.apply("e", [])
        assert graph.position() == Position("e", 3)

    def test_a_commit_at_or_below_the_position_is_passed_over(self, graph: Graph) -> None:
        graph.apply("e", [commit(3, says(KEY, edge(1, 2)))])
        graph.apply("e", [commit(2, says(OTHER_KEY, edge(5, 6))), commit(3, says(KEY, edge(7, 8)))])
        assert pairs(graph.dump()) == [(1, 2)]
        assert graph.position() == Position("e", 3)

    def test_replaying_commits_changes_nothing(self, graph: Graph) -> None:
        changes = [
            commit(1, says(KEY, edge(1, 2), edge(2, 3))),
            commit(2, says(KEY, edge(2, 3))),
            commit(3, says(KEY, edge(1, 2))),
        ]
        graph.apply("e", changes)
        before = rows(graph.dump())
        graph.apply("e", changes)
        graph.apply("e", changes[1:])
        assert rows(graph.dump()) == before

    def test_commits_may_come_in_any_portions(self, open_graph: OpenGraph) -> None:
        changes = [commit(seq, says(KEY, *(edge(seq, to) for to in range(seq % 4)))) for seq in range(1, 9)]
        graph = open_graph()
        graph.apply("e", changes)
        whole = rows(graph.dump())
        other = graph.fresh()
        other.apply("e", changes[:3])
        other.apply("e", changes[2:5])
        other.apply("e", changes[4:])
        assert rows(other.dump()) == whole
        other.close()
        graph.close()

    def test_another_epoch_is_refused_and_changes_nothing(self, graph: Graph) -> None:
        graph.apply("e", [commit(3, says(KEY, edge(1, 2)))])
        with pytest.raises(ValueError):
            graph.apply("f", [commit(4, says(KEY, edge(8, 9)))])
        assert graph.position() == Position("e", 3)
        assert pairs(graph.dump()) == [(1, 2)]

    # Edges of a key

    def test_an_edge_opens_with_all_that_is_said_of_it(self, graph: Graph) -> None:
        graph.apply("e", [commit(4, says(KEY, EdgeItem(1, 2, FLOW, 18, 80, 6)))])
        assert rows(graph.dump()) == [(1, 2, FLOW, 18, 80, *KEY, 6, 4, FOREVER)]

    def test_what_is_not_said_any_more_is_closed_and_what_stays_keeps_its_since(self, graph: Graph) -> None:
        graph.apply("e", [commit(4, says(KEY, edge(1, 2), edge(1, 3)))])
        graph.apply("e", [commit(6, says(KEY, edge(1, 3), edge(1, 4)))])
        found = graph.dump()
        times = dict(zip(found.dst.tolist(), zip(found.since.tolist(), found.until.tolist(), strict=True), strict=True))
        assert times == {2: (4, 6), 3: (4, FOREVER), 4: (6, FOREVER)}

    def test_an_edge_that_comes_back_has_two_intervals(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2))), commit(2, says(KEY)), commit(5, says(KEY, edge(1, 2)))])
        found = graph.dump()
        assert sorted(zip(found.since.tolist(), found.until.tolist(), strict=True)) == [(1, 2), (5, FOREVER)]

    @pytest.mark.parametrize(
        "other", [edge(1, 2, type=MEMBER), edge(1, 2, subtype=3), edge(1, 2, confidence=50), edge(1, 2, source=9)]
    )
    def test_edges_of_one_key_between_the_same_nodes_live_and_close_apart(self, graph: Graph, other: EdgeItem) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2), other))])
        assert graph.edges_of(*KEY) == {edge(1, 2), other}
        graph.apply("e", [commit(2, says(KEY, other))])
        assert graph.edges_of(*KEY) == {other}
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2)]

    def test_keys_hold_the_same_edge_each_for_itself(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)), says(OTHER_KEY, edge(1, 2)))])
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2), (1, 2)]
        graph.apply("e", [commit(2, says(KEY))])
        found = graph.expand(ids(1), DOWN, ALL)
        assert (found.carrier.tolist(), found.aspect.tolist()) == ([OTHER_KEY[0]], [OTHER_KEY[1]])

    def test_two_aspects_of_one_carrier_are_two_keys(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says((100, 7), edge(1, 2)), says((100, 8), edge(1, 3)))])
        assert graph.edges_of(100, 7) == {edge(1, 2)}
        assert graph.edges_of(100, 8) == {edge(1, 3)}

    def test_a_key_has_the_digest_it_was_given_last_even_if_no_edge_changed(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2), digest=b"\0one\0")), commit(2, says(OTHER_KEY, edge(1, 2)))])
        assert graph.keys() == {KEY: b"\0one\0", OTHER_KEY: b"digest"}
        graph.apply("e", [commit(3, says(KEY, edge(1, 2), digest=b"a longer one" * 5))])
        assert graph.keys()[KEY] == b"a longer one" * 5
        assert graph.dump().since.tolist() == [1, 2]

    def test_a_key_without_edges_is_no_key(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2))), commit(2, says(KEY), says(OTHER_KEY))])
        assert graph.keys() == {}
        assert graph.edges_of(*KEY) == frozenset()
        assert graph.edges_of(55, 5) == frozenset()

    # Expanding

    def test_down_follows_edges_from_their_source_and_up_from_their_target(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(2, 3), edge(4, 2)))])
        assert pairs(graph.expand(ids(2), DOWN, ALL)) == [(2, 3)]
        assert pairs(graph.expand(ids(2), UP, ALL)) == [(1, 2), (4, 2)]

    def test_only_the_types_asked_for_are_followed(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(1, 3, type=MEMBER), edge(1, 4, type=200)))])
        assert pairs(graph.expand(ids(1), DOWN, frozenset({FLOW}))) == [(1, 2)]
        assert pairs(graph.expand(ids(1), DOWN, frozenset({MEMBER, 200}))) == [(1, 3), (1, 4)]
        assert pairs(graph.expand(ids(1), DOWN, frozenset())) == []

    def test_an_edge_comes_once_though_ids_repeat_and_are_unsorted(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(2, 1), edge(3, 3)))])
        assert pairs(graph.expand(ids(3, 1, 3, 2, 1), DOWN, ALL)) == [(1, 2), (2, 1), (3, 3)]

    def test_ids_that_no_edge_names_lead_nowhere(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
        assert len(graph.expand(ids(), DOWN, ALL)) == 0
        assert pairs(graph.expand(ids(2**40, 1, 77, 0), DOWN, ALL)) == [(1, 2)]

    def test_edges_come_as_columns_of_the_ports_types(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
        for found in (graph.expand(ids(1), DOWN, ALL), graph.expand(ids(9), DOWN, ALL), graph.dump()):
            types = {name: getattr(found, name).dtype for name in COLUMNS}
            codes = {"type", "subtype", "confidence"}
            assert types == {name: np.dtype(np.uint8 if name in codes else np.int64) for name in COLUMNS}

    def test_what_expand_returned_does_not_change_with_the_graph(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(1, 3)))])
        found = graph.expand(ids(1), DOWN, ALL)
        before = rows(found)
        graph.apply("e", [commit(2, says(KEY, edge(1, 4)))])
        assert rows(found) == before

    def test_a_node_with_many_edges_keeps_them_all_as_it_grows_and_shrinks(self, graph: Graph) -> None:
        spokes = [edge(1, to) for to in range(2, 202)]
        for seq, count in enumerate([1, 3, 200, 150, 200, 7], start=1):
            graph.apply("e", [commit(seq, says(KEY, *spokes[:count]))])
            assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, to) for to in range(2, 2 + count)]

    # Now and was

    def test_as_of_a_seq_answers_what_stood_then(self, graph: Graph) -> None:
        graph.apply("e", [commit(2, says(KEY, edge(1, 2))), commit(5, says(KEY, edge(1, 3))), commit(8, says(KEY))])
        stood = {seq: pairs(graph.expand(ids(1), DOWN, ALL, seq)) for seq in range(9)}
        first, second = [(1, 2)], [(1, 3)]
        assert stood == {0: [], 1: [], 2: first, 3: first, 4: first, 5: second, 6: second, 7: second, 8: []}
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == []
        assert pairs(graph.expand(ids(3), UP, ALL, 7)) == second

    def test_as_of_filters_by_type_too(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(1, 3, type=MEMBER))), commit(2, says(KEY))])
        assert pairs(graph.expand(ids(1), DOWN, frozenset({MEMBER}), 1)) == [(1, 3)]

    def test_as_of_the_position_is_now(self, graph: Graph) -> None:
        changes = [commit(seq, says(KEY, *(edge(1, to) for to in range(seq % 3, 5)))) for seq in range(1, 7)]
        graph.apply("e", changes)
        assert rows(graph.expand(ids(1), DOWN, ALL, 6)) == rows(graph.expand(ids(1), DOWN, ALL))

    # Nodes

    def test_nodes_come_in_the_order_asked(self, graph: Graph) -> None:
        known = [Node(3, "urn:3", "dataset"), Node(4, "urn:4", "column", parent=3, policy_class=2)]
        graph.apply("e", [commit(1, nodes=known)])
        found = graph.nodes(ids(4, 99, 3, 4))
        assert found.kind.tolist() == ["column", "", "dataset", "column"]
        assert found.parent.tolist() == [3, 0, 0, 3]
        assert found.policy_class.tolist() == [2, 0, 0, 2]

    def test_nodes_of_an_empty_graph_are_unknown(self, graph: Graph) -> None:
        assert graph.nodes(ids(1, 2)).kind.tolist() == ["", ""]
        assert graph.nodes(ids()).parent.tolist() == []

    # Mending

    def test_replace_puts_a_whole_history_in_place_of_a_keys(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)), says(OTHER_KEY, edge(1, 9)))])
        graph.apply("e", [commit(4, says(KEY, edge(1, 3)))])
        graph.replace(*KEY, [Interval(edge(1, 5), 2, 3), Interval(edge(1, 5), 4, FOREVER)], b"mended")
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 5), (1, 9)]
        assert [pairs(graph.expand(ids(1), DOWN, ALL, seq)) for seq in (1, 2, 3)] == [
            [(1, 9)],
            [(1, 5), (1, 9)],
            [(1, 9)],
        ]
        assert graph.edges_of(*KEY) == {edge(1, 5)}
        assert graph.keys() == {KEY: b"mended", OTHER_KEY: b"digest"}
        assert graph.position() == Position("e", 4)
        assert len(graph.dump()) == 3

    def test_replace_by_nothing_leaves_nothing_of_the_key(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2))), commit(2, says(KEY, edge(1, 3)))])
        graph.replace(*KEY, [], b"")
        assert rows(graph.dump()) == []
        assert graph.keys() == {}

    def test_replace_may_bring_a_key_that_was_not_there(self, graph: Graph) -> None:
        graph.apply("e", [commit(5)])
        graph.replace(*KEY, [Interval(edge(1, 2), 3, FOREVER), Interval(edge(4, 2), 2, 4)], b"new")
        assert graph.keys() == {KEY: b"new"}
        stood = {seq: pairs(graph.expand(ids(2), UP, ALL, seq)) for seq in range(1, 6)}
        assert stood == {1: [], 2: [(4, 2)], 3: [(1, 2), (4, 2)], 4: [(1, 2)], 5: [(1, 2)]}

    def test_a_mended_key_goes_on_as_any_other(self, graph: Graph) -> None:
        graph.apply("e", [commit(5)])
        graph.replace(*KEY, [Interval(edge(1, 2), 3, FOREVER), Interval(edge(1, 3), 3, FOREVER)], b"new")
        graph.apply("e", [commit(6, says(KEY, edge(1, 3)))])
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 3)]
        assert pairs(graph.expand(ids(1), DOWN, ALL, 5)) == [(1, 2), (1, 3)]

    # Durability

    def test_what_was_saved_is_there_when_the_graph_opens_again(self, open_graph: OpenGraph) -> None:
        graph = open_graph()
        node = Node(1, "urn:1", "column", parent=8, policy_class=3)
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)), nodes=[node]), commit(2, says(KEY, edge(1, 3)))])
        before = rows(graph.dump())
        graph.save()
        graph = open_graph()
        assert graph.position() == Position("e", 2)
        assert rows(graph.dump()) == before
        assert graph.keys() == {KEY: b"digest"}
        found = graph.nodes(ids(1))
        assert (found.kind[0], found.parent[0], found.policy_class[0]) == ("column", 8, 3)
        assert pairs(graph.expand(ids(1), DOWN, ALL, 1)) == [(1, 2)]
        graph.close()

    def test_a_graph_that_was_closed_opens_where_it_was(self, open_graph: OpenGraph) -> None:
        graph = open_graph()
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
        graph.close()
        graph = open_graph()
        assert graph.position() == Position("e", 1)
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2)]
        graph.close()

    def test_a_replay_from_the_position_of_the_next_open_loses_nothing(self, open_graph: OpenGraph) -> None:
        changes = [commit(seq, says(KEY, *(edge(1, to) for to in range(seq % 3, 5)))) for seq in range(1, 9)]
        graph = open_graph()
        graph.apply("e", changes[:3])
        graph.save()
        graph.apply("e", changes[3:6])
        before = rows(graph.dump())
        again = open_graph()
        assert again.position().seq in range(3, 7)
        again.apply("e", [change for change in changes[:6] if change.seq > again.position().seq])
        assert rows(again.dump()) == before
        again.close()

    def test_a_saved_graph_goes_on_taking_commits(self, graph: Graph) -> None:
        for seq in range(1, 30):
            edges = [edge(1, to) for to in range(10 + seq % 5)]
            graph.apply("e", [commit(seq, says(KEY, *edges))])
            graph.save()
            assert graph.edges_of(*KEY) == set(edges)
            assert len(graph.expand(ids(1), DOWN, ALL)) == len(edges)

    # Rebuilding beside

    def test_a_fresh_graph_is_empty_and_leaves_the_old_one_alone(self, graph: Graph) -> None:
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
        fresh = graph.fresh()
        assert fresh.position() == Position("", 0)
        fresh.apply("f", [commit(7, says(KEY, edge(1, 9)))])
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2)]
        graph.apply("e", [commit(2, says(OTHER_KEY, edge(1, 3)))])
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2), (1, 3)]
        assert pairs(fresh.expand(ids(1), DOWN, ALL)) == [(1, 9)]
        fresh.close()

    def test_a_fresh_graph_that_was_not_promoted_is_not_found_again(self, open_graph: OpenGraph) -> None:
        graph = open_graph()
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
        fresh = graph.fresh()
        fresh.apply("e", [commit(1, says(KEY, edge(1, 9)))])
        fresh.save()
        fresh.close()
        graph.close()
        graph = open_graph()
        assert pairs(graph.dump()) == [(1, 2)]
        graph.close()

    def test_a_promoted_graph_is_the_one_that_opens_next(self, open_graph: OpenGraph) -> None:
        graph = open_graph()
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
        graph.save()
        fresh = graph.fresh()
        fresh.apply("f", [commit(4, says(KEY, edge(1, 9)))])
        fresh.promote()
        graph.close()
        fresh.apply("f", [commit(5, says(OTHER_KEY, edge(2, 9)))])
        fresh.close()
        graph = open_graph()
        assert graph.position() == Position("f", 5)
        assert pairs(graph.dump()) == [(1, 9), (2, 9)]
        graph.close()

    # Readers beside the writer

    def test_readers_see_whole_commits_while_one_writes(self, graph: Graph) -> None:
        """Every commit moves two edges of two keys at once: a reader that sees only one of them saw half a commit."""
        graph.apply("e", [commit(1, says(KEY, edge(1, 10)), says(OTHER_KEY, edge(1, 10)))])
        done, torn = threading.Event(), list[Edges]()

        def read() -> None:
            while not done.is_set() and not torn:
                found = graph.expand(ids(1), DOWN, ALL)
                if len(found) != 2 or len(set(found.dst.tolist())) != 1 or len(set(found.since.tolist())) != 1:
                    torn.append(found)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for seq in range(2, 300):
            to = 10 + seq % 7
            graph.apply("e", [commit(seq, says(KEY, edge(1, to)), says(OTHER_KEY, edge(1, to)))])
        done.set()
        for reader in readers:
            reader.join()
        assert not torn
