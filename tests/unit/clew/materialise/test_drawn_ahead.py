"""What another process works out for the graph arrives whole, in order, or is worked out here."""

from __future__ import annotations

import fcntl
import os
import resource
import select
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from clew.graph import GraphChange
from clew.house import House
from clew.materialise import drawn_ahead
from clew.materialise.audit import check_graph
from clew.materialise.draw_graph import draw
from clew.materialise.drawn_ahead import Ahead, DrawnAhead
from clew.materialise.follower import GraphFollower
from clew.settings import Settings
from clew_schemas import Group, event


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path / "home", one_process=True)) as opened:
        yield opened


class Pipe:
    """Both ends, and what has passed."""

    def __init__(self, house: House) -> None:
        self.read, self.write = os.pipe()
        self.ahead = Ahead(house.ledger, self.write)
        self.house = DrawnAhead(self.read)

    def close(self) -> None:
        self.house.close()
        with suppress(OSError):
            os.close(self.write)


@pytest.fixture
def pipe(house: House) -> Iterator[Pipe]:
    made = Pipe(house)
    yield made
    made.close()


def say(house: House, *inputs: str, columns: int = 0) -> None:
    """Commit lineage from some tables, column by column if so wished, to `out`."""
    rows = [[0, f"c{at}", 0, f"c{at}", "IDENTITY", 1.0] for at in range(columns)]
    said = {"inputs": [f"urn:clew:dataset:(x,{each})" for each in inputs], "outputs": ["urn:clew:dataset:(x,out)"]}
    told = event("urn:clew:job:(x,j)", "lineage", {**said, "columns": rows})
    (receipt,) = house.ledger.propose([Group("steward", f"g{house.ledger.head_seq()}", (told,))])
    assert receipt.status == "accepted", receipt


def drawn(house: House) -> list[GraphChange]:
    return draw(house.ledger.tail(0, 1000), house.ledger)


def seqs(changes: Sequence[GraphChange]) -> list[int]:
    return [each.seq for each in changes]


def test_it_is_what_would_be_drawn_here(house: House, pipe: Pipe) -> None:
    for name in "abc":
        say(house, name, columns=3)
    assert pipe.ahead.step()
    assert not pipe.ahead.step()
    assert pipe.house.take(0) == drawn(house)
    assert any(change.nodes for change in drawn(house))


def test_what_the_graph_has_already_is_left_out_and_no_node_with_it(house: House, pipe: Pipe) -> None:
    for name in "abcd":
        say(house, name)
    pipe.ahead.step()
    found = pipe.house.take(2)
    every = drawn(house)
    assert seqs(found) == seqs(every)[2:]
    assert found[0].nodes == [node for change in every for node in change.nodes]
    assert [each.keys for each in found] == [each.keys for each in every[2:]]


def test_portions_that_lie_behind_are_passed_over(house: House, pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_ahead, "_PORTION", 1)
    for name in "abcd":
        say(house, name)
    pipe.ahead.step()
    assert seqs(pipe.house.take(3)) == [4]


def test_what_comes_after_a_gap_waits_until_the_gap_is_filled(house: House, pipe: Pipe) -> None:
    for name in "abcd":
        say(house, name)
    pipe.ahead.heard(2)
    pipe.ahead.step()
    assert pipe.house.take(1) == []
    assert pipe.house.take(0) == []
    assert seqs(pipe.house.take(2)) == [3, 4]


def test_one_that_is_told_where_the_graph_is_begins_there(house: House, pipe: Pipe) -> None:
    for name in "ab":
        say(house, name)
    pipe.ahead.step()
    pipe.ahead.heard(1)  # an old word
    assert pipe.ahead.position() == 2
    say(house, "c")
    assert pipe.ahead.step()
    assert [seqs(pipe.house.take(0)), seqs(pipe.house.take(2))] == [[1, 2], [3]]


def test_when_nothing_came_nobody_waits_again_for_a_while(
    house: House, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    now = [100.0]

    def ready(_pipe: int, _event: int, seconds: float) -> bool:
        waited.append(seconds)
        return False

    monkeypatch.setattr(drawn_ahead, "_ready", ready)
    patient = DrawnAhead(os.dup(pipe.write), lambda: now[0])
    for moment in (100.0, 101.0, 109.0, 110.0, 111.0):
        now[0] = moment
        assert patient.take(0) == []
    patient.close()
    assert waited == [1.0, 0.0, 0.0, 1.0, 0.0]


def test_a_portion_larger_than_the_pipe_comes_whole(house: House, pipe: Pipe) -> None:
    say(house, "a", columns=8_000)
    sending = threading.Thread(target=pipe.ahead.step)
    sending.start()
    while not (found := pipe.house.take(0)):
        pass
    sending.join()
    assert found == drawn(house)


def test_half_a_portion_is_none(house: House, pipe: Pipe) -> None:
    say(house, "a", columns=8_000)
    sending = threading.Thread(target=pipe.ahead.step)
    sending.start()
    select.select((pipe.read,), (), ())  # it has begun to come, and the pipe does not hold all of it
    pipe.ahead.end()
    sending.join()
    os.close(pipe.write)
    assert pipe.house.take(0) == []


def test_a_house_with_many_open_files_reads_all_the_same(house: House) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    read, write = os.pipe()
    taking = DrawnAhead(fcntl.fcntl(read, fcntl.F_DUPFD, 2000))
    os.close(read)
    say(house, "a")
    Ahead(house.ledger, write).step()
    assert seqs(taking.take(0)) == [1]
    taking.close()
    os.close(write)


def test_after_the_end_nothing_comes(house: House, pipe: Pipe) -> None:
    say(house, "a")
    pipe.ahead.step()
    pipe.house.close()
    assert pipe.house.take(0) == []


def test_the_graph_follows_by_what_comes_and_by_itself(house: House, pipe: Pipe) -> None:
    graph = GraphFollower(house.ledger, house.views)
    came: list[int] = []

    def ahead(seq: int) -> Sequence[GraphChange]:
        changes = pipe.house.take(seq)
        came.append(len(changes))
        return changes

    graph.ahead = ahead
    for names, worked_out in (("ab", True), ("cd", False), ("ef", True), ("a", False), ("bcd", True)):
        for name in names:
            say(house, name, columns=2)
        if worked_out:
            pipe.ahead.step()
        while graph.step():
            pass
        pipe.ahead.heard(graph.position())
    assert graph.position() == house.ledger.head_seq()
    assert came == [2, 0, 2, 0, 3]
    assert list(check_graph(house.ledger, house.views)) == []
