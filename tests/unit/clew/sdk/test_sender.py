"""Sending in the background: in order, once, bounded, and never in the caller's way."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.errors import Forbidden, OurError, Unreachable
from clew.sdk.batches import units_of
from clew.sdk.sender import Sender, newest
from clew.sdk.spool import Spool
from unit.clew.sdk.house_of_paper import Paper, note

AWAY = Unreachable("nobody is there")


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def made(paper: Paper, tmp_path: Path) -> Iterator[Any]:
    senders: list[Sender] = []

    def make(limit: int = 1_000_000, **said: int) -> Sender:
        senders.append(Sender("s", paper.propose, Spool(tmp_path / "spool", limit), **said))
        return senders[-1]

    yield make
    paper.gate.set()
    for sender in senders:
        sender.close(0.1)


def put(sender: Sender, *texts: object) -> None:
    for text in texts:
        sender.put(units_of([note(text)]))


def test_what_is_put_arrives_in_order_in_few_groups(made: Any, paper: Paper) -> None:
    sender = made()
    put(sender, *range(2000))
    assert sender.flush(10)
    assert paper.said == [str(n) for n in range(2000)]
    assert len(paper.groups) <= 10
    assert sender.stats().sent == 2000
    assert sender.token == f"e-{len(paper.groups)}"


def test_a_lost_answer_lands_once(made: Any, paper: Paper) -> None:
    paper.lost_answers = 2
    sender = made()
    put(sender, 1)
    assert not sender.flush(10)
    wait_until(lambda: sender.flush(1))
    assert paper.said == ["1"]
    assert len(paper.groups) == 1


def test_while_the_house_is_away_what_is_said_waits_on_disk_and_arrives_in_order(made: Any, paper: Paper) -> None:
    paper.away = AWAY
    sender = made()
    put(sender, *range(10))
    assert not sender.flush(10)
    put(sender, *range(10, 20))
    assert not sender.flush(10)
    stats = sender.stats()
    assert stats.away is not None
    assert (stats.spooled, stats.queued, stats.dropped) == (20, 0, 0)
    paper.away = None
    wait_until(lambda: sender.flush(1))
    put(sender, 20)
    assert sender.flush(10)
    assert paper.said == [str(n) for n in range(21)]
    assert sender.stats().spool_bytes == 0
    assert sender.stats().away is None


def test_that_the_house_is_away_is_said_once(made: Any, paper: Paper, caplog: pytest.LogCaptureFixture) -> None:
    paper.away = AWAY
    sender = made()
    with caplog.at_level(logging.WARNING, "clew"):
        for text in range(5):
            put(sender, text)
            sender.flush(5)
    assert caplog.text.count("the house is away") == 1


def test_flush_does_not_wait_for_a_house_that_is_away(made: Any, paper: Paper) -> None:
    paper.away = AWAY
    sender = made()
    put(sender, 1)
    started = time.monotonic()
    assert not sender.flush(60)
    assert time.monotonic() - started < 5


def test_what_an_ended_process_left_is_sent_by_the_next(made: Any, paper: Paper) -> None:
    paper.away = AWAY
    first = made()
    put(first, 1, 2)
    first.close(1)
    paper.away = None
    second = made()
    second.resume()
    put(second, 3)
    assert second.flush(10)
    assert paper.said == ["1", "2", "3"]


def test_close_keeps_on_disk_what_a_hanging_house_does_not_take_and_it_lands_once(made: Any, paper: Paper) -> None:
    paper.gate.clear()
    first = made()
    put(first, 1)
    assert paper.reached.wait(10)
    put(first, 2)
    started = time.monotonic()
    first.close(0.2)
    assert time.monotonic() - started < 5
    paper.gate.set()
    second = made()
    second.resume()
    wait_until(lambda: second.flush(1) and len(paper.said) == 2)
    assert paper.said == ["1", "2"]


def test_a_full_queue_goes_to_disk_and_nobody_waits(made: Any, paper: Paper) -> None:
    paper.gate.clear()
    sender = made(most=10)
    put(sender, 0)
    assert paper.reached.wait(10)
    started = time.monotonic()
    put(sender, *range(1, 100))
    assert time.monotonic() - started < 5
    assert sender.stats().queued <= 11
    assert sender.stats().spooled >= 80
    paper.gate.set()
    assert sender.flush(10)
    assert paper.said == [str(n) for n in range(100)]


def test_a_full_spool_drops_counts_and_says_so_once(made: Any, paper: Paper, caplog: pytest.LogCaptureFixture) -> None:
    paper.away = AWAY
    sender = made(limit=1500)
    with caplog.at_level(logging.WARNING, "clew"):
        for text in range(100):
            put(sender, text)
            sender.flush(1)
    stats = sender.stats()
    assert stats.dropped > 50
    assert stats.spooled + stats.dropped == 100
    assert stats.spool_bytes <= 1500
    assert caplog.text.count("reached its limit") == 1


def test_a_disk_that_cannot_be_written_drops_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paper = Paper()
    paper.away = AWAY
    (tmp_path / "file").write_text("")
    sender = Sender("s", paper.propose, Spool(tmp_path / "file" / "spool"))
    put(sender, 1)
    sender.flush(5)
    sender.close(0.1)
    assert sender.stats().dropped == 1
    assert "can't be written" in caplog.text


def test_a_refused_unit_costs_only_itself_and_is_kept_as_an_error(made: Any, paper: Paper) -> None:
    paper.refuses = lambda each: b'"13"' in bytes(each.payload)
    sender = made()
    put(sender, *range(30))
    assert sender.flush(10)
    assert paper.said == [str(n) for n in range(30) if n != 13]
    (error,) = sender.errors
    assert (error.code, error.what, error.events) == ("bad_input", "no good", 1)
    stats = sender.stats()
    assert (stats.sent, stats.refused) == (30, 1)


def test_what_is_loose_lands_without_the_event_that_is_refused(made: Any, paper: Paper) -> None:
    paper.refuses = lambda each: b'"bad"' in bytes(each.payload)
    sender = made()
    sender.put(units_of([note(1), note("bad"), note(2)], loose=True))
    sender.put(units_of([note(3), note("bad"), note(4)]))
    put(sender, 5)
    assert sender.flush(10)
    assert sorted(paper.said) == ["1", "2", "5"]
    assert sorted(each.events for each in sender.errors) == [1, 3]


def test_errors_are_bounded(made: Any, paper: Paper) -> None:
    paper.refuses = lambda each: True
    sender = made()
    put(sender, *range(300))
    assert sender.flush(10)
    assert len(sender.errors) == 100
    assert sender.stats().refused == 300


def test_a_house_that_lets_nobody_in_is_away(made: Any, paper: Paper) -> None:
    paper.away = Forbidden("not you")
    sender = made()
    put(sender, 1)
    assert not sender.flush(5)
    assert "not you" in (sender.stats().away or "")
    paper.away = None
    wait_until(lambda: sender.flush(1))
    assert paper.said == ["1"]


def test_what_the_house_fails_on_again_and_again_is_given_up(made: Any, paper: Paper) -> None:
    paper.away = OurError("something went wrong inside")
    sender = made()
    put(sender, 1)
    wait_until(lambda: sender.flush(1), seconds=20)
    assert sender.stats().refused == 1
    assert sender.errors[0].what == "something went wrong inside"


def test_an_announcement_that_is_withdrawn_in_time_is_never_sent(made: Any, paper: Paper) -> None:
    sender = made()
    sender.announce("a", units_of([note("a")]), 60)
    sender.announce("b", units_of([note("b")]), 60)
    assert sender.withdraw("a")
    assert sender.flush(5)
    assert not sender.withdraw("b")
    assert paper.said == ["b"]


def test_an_announcement_goes_out_when_it_is_due(made: Any, paper: Paper) -> None:
    sender = made()
    sender.announce("a", units_of([note("a")]), 0.05)
    wait_until(lambda: paper.said == ["a"])


def test_many_threads_may_speak_at_once(made: Any, paper: Paper) -> None:
    sender = made(most=50)
    threads = [threading.Thread(target=put, args=(sender, *[f"{name}-{n}" for n in range(300)])) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sender.flush(20)
    assert sorted(paper.said) == sorted(f"{name}-{n}" for name in range(6) for n in range(300))
    for name in range(6):
        own = [each for each in paper.said if each.startswith(f"{name}-")]
        assert own == [f"{name}-{n}" for n in range(300)]


def test_a_child_process_sends_only_what_it_says_itself(made: Any, paper: Paper, tmp_path: Path) -> None:
    paper.gate.clear()
    sender = made()
    put(sender, "parent")
    assert paper.reached.wait(10)
    put(sender, "parent too")
    sender_state = sender._state
    report = tmp_path / "report"
    child = os.fork()
    if child == 0:
        try:
            paper.gate = threading.Event()
            paper.gate.set()
            paper.groups.clear()
            put(sender, "child")
            arrived = sender.flush(10)
            fresh = sender._state is not sender_state and sender._state.prefix != sender_state.prefix
            report.write_text(f"{arrived} {fresh} {paper.said}")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert report.read_text() == "True True ['child']"
    paper.gate.set()
    assert sender.flush(10)
    assert paper.said == ["parent", "parent too"]


def test_the_newest_token_is_the_one_further_on() -> None:
    assert newest(None, "a-1") == "a-1"
    assert newest("a-9", "a-10") == "a-10"
    assert newest("a-10", "a-9") == "a-10"
    assert newest("a-10", "b-1") == "b-1"


def wait_until(holds: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)
