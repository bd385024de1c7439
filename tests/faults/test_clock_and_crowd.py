"""Clocks that jump, and readers in the middle of writers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clew.graph.port import FOREVER
from clew.house import House
from clew.ledger import Source
from clew.ledger.sqlite import SqliteLedger
from clew.settings import Settings
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Scope, event

START = 1_700_000_000_000_000
HOUR = 3_600_000_000
YEAR = 365 * 24 * HOUR


class JumpingClock:
    """A clock that goes by a second a look, and jumps when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        self.now += 1_000_000
        return self.now


def thing(name: str | int) -> str:
    return f"urn:clew:dataset:(x,crowd.{name})"


def note(name: str | int, text: str) -> Event:
    return event(thing(name), "documentation", {"text": text})


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: JumpingClock) -> Iterator[SqliteLedger]:
    opened = SqliteLedger.open(tmp_path / "ledger.db", clock=clock)
    yield opened
    opened.close()


JUMPS = [0, -HOUR, HOUR, -YEAR, 2 * YEAR, -1, -YEAR, 3 * HOUR]


def text(ledger: SqliteLedger, name: str | int, as_of: int | None = None) -> str:
    (number,) = ledger.ids([thing(name)])
    (claim,) = ledger.claims([number], as_of)[number]["documentation"]
    assert claim.says is not None
    said: str = claim.says["text"]
    return said


def test_whatever_the_clock_does_the_last_edit_stands_and_commit_time_never_runs_backwards(
    ledger: SqliteLedger, clock: JumpingClock
) -> None:
    for number, jump in enumerate(JUMPS):
        clock.now += jump
        (receipt,) = ledger.propose([Group("steward", f"e{number}", (note("a", f"edit {number}"),))])
        assert (receipt.status, receipt.changed, receipt.late) == ("accepted", 1, 0)
        assert text(ledger, "a") == f"edit {number}"
    times = [commit.time for commit in ledger.tail(0)]
    assert times == sorted(times)
    for seq, time in enumerate(times, start=1):
        assert ledger.seq_at(time) == max(at for at, other in enumerate(times, start=1) if other == time)
        assert text(ledger, "a", as_of=seq) == f"edit {seq - 1}"


def test_time_does_not_run_backwards_over_a_restart(tmp_path: Path, clock: JumpingClock) -> None:
    for number, jump in enumerate(JUMPS):
        clock.now += jump
        opened = SqliteLedger.open(tmp_path / "again.db", clock=clock)
        opened.propose([Group("steward", f"e{number}", (note("a", f"edit {number}"),))])
        times = [commit.time for commit in opened.tail(0)]
        assert times == sorted(times)
        assert text(opened, "a") == f"edit {number}"
        opened.close()


def test_a_sender_whose_clock_is_ahead_is_told_and_moves_no_head(ledger: SqliteLedger, clock: JumpingClock) -> None:
    ledger.propose([Group("steward", "now", (note("a", "now"),))])
    ahead = datetime.fromtimestamp((clock.now + HOUR) / 1e6, UTC)
    said = event(thing("a"), "documentation", {"text": "from the future"}, observed=ahead)
    (receipt,) = ledger.propose([Group("steward", "future", (said,))])
    assert receipt.status == "refused"
    assert "clock" in receipt.errors[0]["hint"]
    assert text(ledger, "a") == "now"
    clock.now += 2 * HOUR
    (receipt,) = ledger.propose([Group("steward", "future", (said,))])
    assert receipt.status == "accepted"


def test_a_crawl_from_a_clock_set_back_is_refused_and_retracts_nothing(
    ledger: SqliteLedger, clock: JumpingClock
) -> None:
    ledger.register(Source("pg", "crawl"))
    scope = Scope(("urn:clew:dataset:(x,",), ("documentation",))
    ledger.propose([CrawlOpen("pg", clock.now, scope)])
    ledger.propose([Group("pg", "c1", (note("a", "crawled"),), CrawlPosition(clock.now - 1_000_000, 0))])
    number = max(START, clock.now)
    (opened,) = ledger.propose([CrawlOpen("pg", number, scope)])
    ledger.propose([Group("pg", "c2", (note("a", "crawled"),), CrawlPosition(number, 0))])
    (closed,) = ledger.propose([CrawlClose("pg", number, 1)])
    assert (opened.status, closed.status) == ("opened", "closed")
    clock.now -= YEAR
    (refused,) = ledger.propose([CrawlOpen("pg", clock.now, scope)])
    (unopened,) = ledger.propose([CrawlClose("pg", clock.now, 0)])
    assert (refused.status, unopened.status) == ("refused", "refused")
    assert text(ledger, "a") == "crawled"


# -- readers in the middle of writers

CROWD = [f"w{number}" for number in range(3)]
TOGETHER = [f"first{number}" for number in range(3)] + [f"last{number}" for number in range(3)]
"""Things that every group changes together. Many others are numbered between them: no reader gets all in one query."""


def hammered(readers: list[Callable[[], None]], writers: list[Callable[[int], None]], rounds: int) -> int:
    """Run writers for so many rounds each while readers look again and again; return how often they looked."""
    looks, failures, done = 0, [], threading.Event()

    def reading(read: Callable[[], None]) -> None:
        nonlocal looks
        while not done.is_set():
            try:
                read()
            except BaseException as error:
                failures.append(error)
                return
            looks += 1

    def writing(write: Callable[[int], None]) -> None:
        try:
            for number in range(rounds):
                write(number)
        except BaseException as error:
            failures.append(error)

    looking = [threading.Thread(target=reading, args=(each,)) for each in readers]
    working = [threading.Thread(target=writing, args=(each,)) for each in writers]
    for thread in [*looking, *working]:
        thread.start()
    for thread in working:
        thread.join()
    done.set()
    for thread in looking:
        thread.join()
    assert not failures, failures[0]
    return looks


def writer(ledger: SqliteLedger, name: str) -> Callable[[int], None]:
    """Return a writer whose every group says one and the same of all things, and lets two jobs read the same."""

    def write(number: int) -> None:
        said = [note(each, f"{name} {number}") for each in TOGETHER]
        lineage = {"inputs": [thing(f"in{number % 7}")], "outputs": [thing(f"of {name}")]}
        jobs = [event(f"urn:clew:job:(x,{name}.{half})", "lineage", lineage) for half in ("one", "other")]
        (receipt,) = ledger.propose([Group("steward", f"{name}/{number}", (*said, *jobs))])
        assert receipt.status == "accepted"
        (number_,) = ledger.ids([thing(TOGETHER[0])])
        assert ledger.head_seq() >= (receipt.seq or 0)
        assert ledger.claims([number_])[number_]["documentation"][0].seq >= (receipt.seq or 0)

    return write


@pytest.mark.parametrize("rounds", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_no_reader_ever_sees_half_a_group(tmp_path: Path, rounds: int) -> None:
    with House(Settings(home=tmp_path)) as house:
        ledger = house.ledger
        assert isinstance(ledger, SqliteLedger)
        ledger.propose([Group("steward", "first", tuple(note(each, "-") for each in TOGETHER[:3]))])
        for start in range(0, 1500, 500):
            between = tuple(note(f"between{number}", "-") for number in range(start, start + 500))
            ledger.propose([Group("steward", f"between{start}", between)])
        ledger.propose([Group("steward", "last", tuple(note(each, "-") for each in TOGETHER[3:]))])
        last = ledger.head_seq()
        house.start()
        wanted = [thing(each) for each in TOGETHER]
        every = [entity for entity, _ in ledger.live_keys()]
        ids = ledger.ids(wanted)

        def whole_heads() -> None:
            claims = ledger.claims(every)
            assert len({claims[each]["documentation"][0].says["text"] for each in ids}) == 1  # type: ignore[index]

        def whole_commits() -> None:
            for commit in ledger.tail(max(last, ledger.head_seq() - 20), 20):
                said = {change.urn: change.claims for change in commit.changes if change.aspect == "documentation"}
                assert set(said) == set(wanted)
                assert len({claims[0].says["text"] for claims in said.values()}) == 1  # type: ignore[index]

        def whole_documents() -> None:
            held = [each for each in house.views.search.dump() if each.urn in wanted]
            assert len({tuple(each.texts["prose"]) for each in held}) <= 1

        def whole_lineage() -> None:
            edges = house.views.graph.dump()
            live = edges.where(edges.until >= FOREVER)
            sources: dict[str, set[int]] = {}
            for carrier, source in zip(ledger.entities(live.carrier.tolist()), live.src.tolist(), strict=True):
                if carrier is not None and carrier.kind == "job" and source != carrier.id:
                    sources.setdefault(carrier.urn, set()).add(source)
            for urn, found in sources.items():
                assert found == sources[urn.replace(".one)", ".other)")]

        def nothing_differs() -> None:
            assert house.doctor(mend=False)["findings"] == []

        looks = hammered(
            [whole_heads, whole_commits, whole_documents, whole_lineage, nothing_differs],
            [writer(ledger, name) for name in CROWD],
            rounds,
        )
        for view in ("graph", "search"):
            house.freshness.reach(view, f"{ledger.epoch}-{ledger.head_seq()}")
        assert ledger.head_seq() == last + rounds * len(CROWD)
        assert house.doctor()["findings"] == []
    print(f"\n{rounds * len(CROWD)} groups by {len(CROWD)} writers, {looks} looks: none saw half a group")


@pytest.mark.parametrize("rounds", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_of_many_who_count_one_number_up_by_its_etag_no_increment_is_lost(tmp_path: Path, rounds: int) -> None:
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    ledger.propose([Group("steward", "zero", (note("n", "0"),))])
    (number,) = ledger.ids([thing("n")])
    refused = 0

    def count(name: str) -> Callable[[int], None]:
        def once(at: int) -> None:
            nonlocal refused
            for attempt in range(10_000):
                (claim,) = ledger.claims([number])[number]["documentation"]
                assert claim.says is not None
                said = event(
                    thing("n"),
                    "documentation",
                    {"text": str(int(claim.says["text"]) + 1)},
                    if_match=f"*@{claim.seq}",
                )
                (receipt,) = ledger.propose([Group("steward", f"{name}/{at}/{attempt}", (said,))])
                if receipt.status == "accepted":
                    return
                assert receipt.errors[0]["code"] == "conflict"
                refused += 1
            raise AssertionError("never came through")

        return once

    hammered([], [count(name) for name in CROWD], rounds)
    assert text(ledger, "n") == str(rounds * len(CROWD))
    ledger.close()
    print(f"\n{rounds * len(CROWD)} increments, {refused} refused as stale and tried again, 0 lost")
