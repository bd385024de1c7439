"""When followers pause and give way: manners toward whoever writes, which change nothing of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from clew.errors import Unreachable
from clew.graph import GraphChange
from clew.graph.lineage_index import LineageIndex
from clew.house import House
from clew.materialise.audit import check_graph
from clew.materialise.follower import GraphFollower, RelationsFollower
from clew.settings import Settings
from clew_schemas import Group, event

JOB = "urn:clew:job:(x,j)"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path / "home", one_process=True)) as opened:
        yield opened


def commit(house: House, count: int) -> None:
    for _ in range(count):
        seq = house.ledger.head_seq()
        said = event("urn:clew:dataset:(x,t)", "documentation", {"text": f"after {seq}"})
        (receipt,) = house.ledger.propose([Group("steward", f"g{seq}", (said,))])
        assert receipt.status == "accepted", receipt


def test_the_graph_pauses_the_longer_the_more_commits_came_together(house: House) -> None:
    graph = GraphFollower(house.ledger, house.views)
    assert graph.pause == 0
    pauses = []
    for count in (1, 4, 8, 30):
        commit(house, count)
        assert graph.step()
        pauses.append(graph.pause)
    assert graph.position() == house.ledger.head_seq()
    assert not graph.step()
    assert 0 < pauses[0] < pauses[1] < pauses[2] == pauses[3]


class Given:
    """What a graph was given, commit by commit, as the names of nodes; an apply fails while `full`."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.nodes: list[list[str]] = []
        self.full = False
        apply = LineageIndex.apply

        def told(graph: LineageIndex, epoch: str, changes: Sequence[GraphChange]) -> None:
            self.nodes += [sorted(node.urn for node in change.nodes) for change in changes]
            if self.full:
                raise Unreachable("no space left on device")
            apply(graph, epoch, changes)

        monkeypatch.setattr(LineageIndex, "apply", told)
        self._house = house

    def say(self, *inputs: str) -> None:
        """Commit lineage from some tables to `out`."""
        said = {"inputs": [*map(table, inputs)], "outputs": [table("out")]}
        group = Group("steward", f"g{self._house.ledger.head_seq()}", (event(JOB, "lineage", said),))
        (receipt,) = self._house.ledger.propose([group])
        assert receipt.status == "accepted", receipt


def table(name: str) -> str:
    return f"urn:clew:dataset:(x,{name})"


def nodes_of(*inputs: str) -> list[str]:
    """Return the nodes that come with tables as inputs."""
    return sorted(f"urn:clew:{kind}:(x,{name})" for name in inputs for kind in ("any", "dataset", "rows"))


ALWAYS = [JOB, table("out"), "urn:clew:rows:(x,out)"]
"""The nodes that lineage into `out` mentions, whatever its inputs are."""


def test_a_graph_is_given_a_node_once_as_long_as_it_stays_where_it_was_left(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, graph = Given(house, monkeypatch), GraphFollower(house.ledger, house.views)
    given.say("a")
    assert graph.step()
    given.say("a", "b")
    assert graph.step()
    given.say("b")
    assert graph.step()
    assert given.nodes == [sorted([*ALWAYS, *nodes_of("a")]), nodes_of("b"), []]
    house.rebuild(["graph"])
    given.nodes.clear()
    given.say("a", "b")
    assert graph.step()
    assert given.nodes == [sorted([*ALWAYS, *nodes_of("a", "b")])], "of another graph nothing is known"
    assert not list(check_graph(house.ledger, house.views))


def test_nodes_that_a_graph_could_not_take_are_given_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    given, graph = Given(house, monkeypatch), GraphFollower(house.ledger, house.views)
    given.say("a")
    assert graph.step()
    given.nodes.clear()
    given.say("b")
    given.full = True
    with pytest.raises(Unreachable):
        graph.step()
    given.full = False
    assert graph.step()
    assert given.nodes == [nodes_of("b")] * 2
    assert not list(check_graph(house.ledger, house.views))


def test_a_snapshot_that_fails_waits_for_its_turn_and_the_graph_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []
    moments = [0.0]

    def full() -> None:
        tried.append(moments[-1])
        raise Unreachable("the snapshot can't be written: no space left on device")

    monkeypatch.setattr(house.views.graph, "save", full)
    graph = GraphFollower(house.ledger, house.views, lambda: moments[-1])
    failed = 0
    for second in range(100):
        moments.append(float(second))
        commit(house, 1)
        try:
            graph.step()
        except Unreachable:
            failed += 1
        assert graph.position() == house.ledger.head_seq()
    assert failed == len(tried) == 3
    assert tried == [30.0, 60.0, 90.0]


class Time:
    """A clock that only sleep moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        self.now += 0.25  # what a step takes
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_relations_that_keep_pace_give_way_while_the_ledger_is_written(house: House) -> None:
    time = Time()

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        commit(house, 1)

    relations = RelationsFollower(house.ledger, house.views, time.clock, sleep)
    commit(house, 1)
    assert relations.step()
    assert time.slept == []  # without pace it gives way to nobody
    relations.pace = True
    commit(house, 1)
    assert relations.step()
    commit(house, 1)
    assert relations.step()
    assert len(time.slept) > 1
    assert relations.position() == house.ledger.head_seq()


def test_relations_give_no_way_to_a_ledger_that_stands_still(house: House) -> None:
    time = Time()
    relations = RelationsFollower(house.ledger, house.views, time.clock, time.sleep)
    relations.pace = True
    commit(house, 1)
    assert relations.step()
    assert not relations.step()
    assert len(time.slept) <= 1
