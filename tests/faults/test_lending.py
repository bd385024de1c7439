"""The process that draws search and relations, begun, called back, killed, left alone: every view is right after it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from clew.graph import GraphChange
from clew.house import House
from clew.ledger import Source
from clew.materialise import lending
from clew.materialise.audit import views_digest
from clew.materialise.follower import GraphFollower
from clew.search import SearchQuery
from clew.settings import Settings
from clew_schemas import Group, event
from flow.demo_data import records
from flow.test_kill import ENVIRONMENT

THINGS = 30
WAIT = 60.0
LEFT_ALONE = """
import sys, time
from pathlib import Path
from clew.house import House
from clew.materialise import lending
from clew.settings import Settings
from clew_schemas import Group, event
lending.ENOUGH = 0.0
house = House(Settings(home=Path(sys.argv[1])))
house.start()
for n in range(1_000_000):
    said = event(f"urn:clew:dataset:(x,t{n % 30})", "documentation", {"text": f"text {n}"})
    house.ledger.propose([Group("steward", f"{sys.argv[2]}/{n}", (said,))])
    if house._lending.draws:
        print(house._lending._process.pid, flush=True)
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(lending, "ENOUGH", 0.0)
    with House(Settings(home=tmp_path / "home")) as opened:
        opened.start()
        yield opened


def write(house: House, rounds: int, name: str = "w") -> None:
    """Say something new about every thing, and let one flow into the others otherwise, so many times."""
    things = [f"urn:clew:dataset:(x,t{at})" for at in range(6)]
    for number in range(rounds):
        said = [event(each, "documentation", {"text": f"{name} {number}"}) for each in things]
        mark = zlib.crc32(name.encode())
        column = [0, f"c{mark % 50}", 0, f"d{number}", "IDENTITY", 1.0]
        flow = {"inputs": [things[number % 5]], "outputs": [things[5]], "columns": [column]}
        said.append(event(f"urn:clew:job:(x,j{mark}-{number})", "lineage", flow))
        said.append(event("urn:clew:job:(x,again)", "lineage", flow))
        (receipt,) = house.ledger.propose([Group("steward", f"{name}/{number}", tuple(said))])
        assert receipt.status == "accepted", receipt


def until(true: object, what: str) -> None:
    """Wait until a callable says yes."""
    end = time.monotonic() + WAIT
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.01)


def drawn_apart(house: House) -> int:
    """Wait until another process draws; return its number."""
    process = house._lending
    assert process is not None
    for number in range(1000):
        write(house, 1, f"until-{time.time_ns()}-{number}")
        if process.draws:
            break
        time.sleep(0.02)
    assert process.draws
    assert process._process is not None
    return process._process.pid


def ended(pid: int) -> bool:
    """Say whether a process runs no more; nobody may have asked how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def caught_up(house: House) -> bool:
    return all(at >= house.ledger.head_seq() for at in house.freshness.positions().values())


def check(house: House, tmp_path: Path) -> None:
    """What is drawn is what one process alone draws of the same, and what the doctor computes."""
    until(lambda: caught_up(house), "the views")
    assert house.doctor(mend=False)["findings"] == []
    before = views_digest(house.ledger, house.views)
    house.rebuild(["graph", "search", "relations"])
    assert views_digest(house.ledger, house.views) == before


def test_another_process_draws_what_one_alone_would(house: House, tmp_path: Path) -> None:
    drawn_apart(house)
    for name in ("duckdb", "dbt"):
        house.ledger.register(Source(records(name)[0].source, "crawl"))
        house.ledger.propose(records(name))
    write(house, 50)
    until(lambda: caught_up(house), "the views")
    assert house._lending is not None
    assert house._lending.draws
    assert house.views.search.search(SearchQuery("flights")).total > 0
    assert house.health()["failing"] == {}
    with House(Settings(home=tmp_path / "alone")) as alone:
        for name in ("duckdb", "dbt"):
            alone.ledger.register(Source(records(name)[0].source, "crawl"))
            alone.ledger.propose(records(name))
        alone.catch_up()
        for urn in {document.urn for document in alone.views.search.dump()}:
            (here,), (there,) = house.ledger.ids([urn]), alone.ledger.ids([urn])
            one, other = house.views.search.get(here), alone.views.search.get(there)
            assert one is not None
            assert other is not None
            assert (one.texts, one.facets) == (other.texts, other.facets)
    check(house, tmp_path)


def test_most_of_the_graph_is_worked_out_there(house: House, tmp_path: Path) -> None:
    graph = next(each for each in house.followers if isinstance(each, GraphFollower))
    taken = 0
    assert graph.ahead is not None
    ahead = graph.ahead

    def counted(seq: int) -> Sequence[GraphChange]:
        nonlocal taken
        changes = ahead(seq)
        taken += len(changes)
        return changes

    graph.ahead = counted
    drawn_apart(house)
    until(lambda: caught_up(house), "the views")
    before, begun = taken, house.ledger.head_seq()
    for number in range(10):
        write(house, 20, f"round {number}")
        seq = house.ledger.head_seq()
        house.freshness.reach("graph", f"{house.ledger.epoch}-{seq}")
        assert house.views.graph.position().seq >= seq
    assert taken - before > (house.ledger.head_seq() - begun) / 2
    check(house, tmp_path)


def test_a_write_is_found_at_once_by_who_asks_for_it(house: House) -> None:
    drawn_apart(house)
    for number in range(20):
        write(house, 1, f"word{number}")
        house.freshness.reach("search", f"{house.ledger.epoch}-{house.ledger.head_seq()}")
        assert house.views.search.search(SearchQuery(f"word{number}")).total == 6


def test_what_is_defined_meanwhile_is_drawn(house: House) -> None:
    drawn_apart(house)
    kind = event("urn:clew:kind:(clew,robot)", "kind_definition", {"label": "Robot"})
    (receipt,) = house.ledger.propose([Group("steward", "kind", (kind,))])
    assert receipt.status == "accepted", receipt
    robot = event("urn:clew:robot:(plant,arm)", "documentation", {"text": "welds"})
    (receipt,) = house.ledger.propose([Group("steward", "robot", (robot,))])
    assert receipt.status == "accepted", receipt
    until(lambda: caught_up(house), "the views")
    assert [hit.kind for hit in house.views.search.search(SearchQuery("welds")).hits] == ["robot"]
    assert house.health()["failing"] == {}


@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_when_it_is_killed_the_house_goes_on(
    house: House, tmp_path: Path, kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "_AGAIN", 1.0)
    stop = threading.Event()

    def edits() -> None:
        number = 0
        while not stop.is_set():
            write(house, 1, f"edit {number}")
            number += 1

    editing = threading.Thread(target=edits)
    editing.start()
    try:
        for number in range(kills):
            pid = drawn_apart(house)
            time.sleep(0.02 * (number % 10))
            os.kill(pid, signal.SIGKILL)
            until(lambda gone=pid: house._lending is None or _pid(house) != gone, "its end")
    finally:
        stop.set()
        editing.join()
    check(house, tmp_path)
    commits = house.ledger.head_seq()
    print(f"\n{kills} kills of the process that draws, {commits} commits: every view is as a rebuild draws it")


def _pid(house: House) -> int:
    process = house._lending._process if house._lending else None
    return process.pid if process else 0


@pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_when_the_house_is_killed_it_ends_and_the_home_opens_at_once(tmp_path: Path, kills: int) -> None:
    home, slowest = tmp_path / "home", 0.0
    for number in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", LEFT_ALONE, str(home), str(number)], stdout=subprocess.PIPE, env=ENVIRONMENT
        )
        assert process.stdout is not None
        other = int(process.stdout.readline())
        time.sleep(0.03 * (number % 10))
        process.kill()
        process.wait()
        begun = time.monotonic()
        with House(Settings(home=home)) as survivor:
            slowest = max(slowest, time.monotonic() - begun)
            assert ended(other)
            survivor.catch_up()
            assert survivor.doctor(mend=False)["findings"] == []
        process.stdout.close()
    print(f"\n{kills} kills of the house alone: the home was open again after {slowest:.2f} s at most, nothing to mend")


def test_what_it_can_not_do_is_told(house: House) -> None:
    drawn_apart(house)
    until(lambda: caught_up(house), "the views")
    (file,) = house.settings.home.glob("relations/relations-*.db")
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    write(house, 1, "in vain")
    until(lambda: "relations" in house.health()["failing"], "the failure")
    lock.execute("ROLLBACK")
    lock.close()
    until(lambda: caught_up(house), "the relations")
    until(lambda: house.health()["failing"] == {}, "the end of the failure")


def test_where_none_can_be_started_all_is_drawn_here(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "_COMMAND", ("/nowhere/python",))
    write(house, 20)
    until(lambda: caught_up(house), "the views")
    assert house._lending is not None
    assert not house._lending.draws


def test_one_that_does_not_understand_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "_COMMAND", (sys.executable, "-c", "print('not JSON')"))
    write(house, 20)
    until(lambda: caught_up(house), "the views")
    assert house.doctor(mend=False)["findings"] == []


def test_with_nothing_to_draw_it_is_ended_and_comes_again_with_work(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "_IDLE", 0.3)
    pid = drawn_apart(house)
    until(lambda: _pid(house) != pid, "its end")
    assert ended(pid)
    assert drawn_apart(house) != pid
    until(lambda: caught_up(house), "the views")


def test_work_that_comes_slowly_starts_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "_MINUTE", 0.0)
    monkeypatch.setattr(lending, "ENOUGH", 10.0)
    with House(Settings(home=tmp_path / "home")) as house:
        house.start()
        write(house, 300)
        until(lambda: caught_up(house), "the views")
        assert _pid(house) == 0


def test_one_that_stands_still_is_killed_when_the_house_needs_the_views(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "_PATIENCE", 0.5)
    pid = drawn_apart(house)
    os.kill(pid, signal.SIGSTOP)
    write(house, 20)
    assert house.doctor(mend=False)["findings"] == []
    assert ended(pid)


def test_one_that_stands_still_while_there_is_something_to_draw_is_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "_PATIENCE", 0.5)
    pid = drawn_apart(house)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(lending, "_STUCK", 0.5)
    write(house, 20)
    until(lambda: caught_up(house), "the views")
    assert ended(pid)


def test_one_that_dies_again_and_again_may_come_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    lent = house._lending
    assert lent is not None
    lent._enough = 1.0
    for _ in range(20):
        lent._need_more()
    assert lent._enough <= lending._MINUTE / 2


def test_one_that_does_not_listen_keeps_nobody_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = drawn_apart(house)
    os.kill(pid, signal.SIGSTOP)
    assert house._lending is not None
    process = house._lending._process
    assert process is not None
    for _ in range(100_000):  # the pipe holds some thousands
        if not house._lending._say(process, {"head": house.ledger.head_seq()}):
            break
    until(lambda: _pid(house) != pid, "its end")
    write(house, 5)
    until(lambda: caught_up(house), "the views")


def test_a_house_that_does_not_come_up_lets_go_of_its_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"

    def fails(worker: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("clew.threads.Worker.start", fails)
    with pytest.raises(RuntimeError, match="new thread"), House(Settings(home=home)) as house:
        house.start()
    monkeypatch.undo()
    with House(Settings(home=home)) as again:
        again.start()


def test_it_ends_with_the_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "ENOUGH", 0.0)
    with House(Settings(home=tmp_path / "home")) as house:
        house.start()
        pid = drawn_apart(house)
        write(house, 5)
    assert ended(pid)
    with House(Settings(home=tmp_path / "home")) as again:
        again.catch_up()
        assert again.doctor(mend=False)["findings"] == []
