"""When followers pause and give way: manners toward whoever writes, which change nothing of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.errors import Unreachable
from clew.house import House
from clew.materialise.follower import GraphFollower, RelationsFollower
from clew.settings import Settings
from clew_schemas import Group, event


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
