"""A crawl: what is sent in which order, what receipts come to, when a state counts, what a failure leaves."""

import io
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from clew_connectors import run as runner
from clew_connectors.dry_run import DryRun
from clew_connectors.port import ReadWarning, State
from clew_connectors.run import run
from clew_connectors.testing import MemorySink, MemoryStates
from clew_schemas.errors import Conflict, OurError, Unreachable
from clew_schemas.event import CrawlClose, CrawlOpen, Group, Receipt, Record, event
from unit.clew_connectors.made import TABLE, listed, recipe, table


class Ticking:
    """A clock that is a second on at each look, in microseconds."""

    def __init__(self) -> None:
        self.time = 1_000_000

    def __call__(self) -> int:
        self.time += 1_000_000
        return self.time


class Answering(MemorySink):
    """A sink that answers groups as it is told, by their place among all groups, from 1 on."""

    def __init__(self, **answers: Any) -> None:
        super().__init__()
        self.answers = {int(place.removeprefix("g")): answer for place, answer in answers.items()}
        self.batches: list[int] = []

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        before = len(self.groups())
        groups = sum(isinstance(record, Group) for record in records)
        if groups:
            self.batches.append(groups)
        for place in range(before + 1, before + groups + 1):
            if isinstance(self.answers.get(place), Exception):
                raise self.answers[place]
        receipts = super().propose(records)
        return [
            Receipt(receipt.id, self.answers.get(before + at + 1, receipt.status), "t", errors=receipt.errors)
            if isinstance(record, Group)
            else receipt
            for at, (record, receipt) in enumerate(zip(records, receipts, strict=True))
        ]


def test_a_crawl_is_opened_filled_in_order_and_closed_with_the_count_of_its_events() -> None:
    sink = MemorySink()
    many = [event(TABLE % 9, "documentation", {"text": "x"})] * 501
    run(recipe(listed(table(1), table(2) + table(3), many), {}), sink, clock=Ticking())
    opened, *groups, closed = sink.records
    assert isinstance(opened, CrawlOpen) and isinstance(closed, CrawlClose)
    assert opened.scope.prefixes == ("urn:clew:dataset:(listed://,",)
    number = opened.number
    assert number == 3_000_000
    placed = [(each.id, each.crawl.sequence) for each in groups if isinstance(each, Group) and each.crawl]
    assert placed == [(f"{number}/1", 0), (f"{number}/2", 1), (f"{number}/3", 3), (f"{number}/4", 503)]
    assert (closed.number, closed.events) == (number, 504)


def test_the_summary_counts_what_the_receipts_said() -> None:
    sink = MemorySink()
    run(recipe(listed(table(1), table(2), table(3)), {}), sink, clock=(clock := Ticking()))
    bad = [event("urn:clew:dataset:(listed://,t4)", "documentation", {"text": 4})]
    warning = ReadWarning("half of it", "t5", "look")
    found = run(recipe(listed(table(1), table(2, "new"), bad, warning), {}), sink, clock=clock)
    assert (found.source, found.groups, found.events, found.seconds) == ("made", 3, 3, 2.0)
    assert (found.changed, found.unchanged, found.retracted, found.parked, found.refused) == (1, 1, 1, 1, 0)
    assert (found.warnings, found.warned) == (1, (warning,))
    assert found.closed
    (held,) = found.held
    assert (held.id, held.status) == (f"{found.crawl}/3", "parked")
    assert held.errors[0]["where"] == "events[0].text"


def test_the_summary_goes_over_the_wire() -> None:
    found = run(recipe(listed(table(1), ReadWarning("w")), {}), MemorySink())
    assert msgspec.json.decode(msgspec.json.encode(found))["warned"][0]["what"] == "w"


def test_a_close_that_the_guard_held_is_reported_and_nothing_is_retracted() -> None:
    sink, clock = MemorySink(), Ticking()
    run(recipe(listed(*map(table, range(30))), {}), sink, clock=clock)
    found = run(recipe(listed(*map(table, range(10))), {}), sink, clock=clock)
    assert (found.closed, found.parked, found.retracted, len(sink.claims)) == (False, 1, 0, 30)
    assert found.held[0].id == f"crawl.close {found.crawl}"


def test_many_records_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BATCH_GROUPS", 3)
    sink = Answering()
    run(recipe(listed(*map(table, range(7))), {}), sink)
    assert sink.batches == [3, 3, 1]


def test_a_state_counts_only_after_everything_before_it_is_acknowledged() -> None:
    states, acknowledged = MemoryStates(), []
    sink = MemorySink()

    class Watching(MemoryStates):
        def put(self, source: str, state: State) -> None:
            acknowledged.append((state.data["skip"], len(sink.claims)))
            states.put(source, state)

    items = (table(1), table(2), State({"skip": 3}), table(3), State({"skip": 5}))
    run(recipe(listed(*items), {}), sink, states=Watching())
    assert acknowledged == [(3, 2), (5, 3)]
    assert states.get("made") == State({"skip": 5})


def test_a_state_is_handed_back_to_the_connector() -> None:
    states = MemoryStates()
    states.put("made", State({"skip": 2}))
    sink = MemorySink()
    run(recipe(listed(table(1), table(2), table(3)), {}), sink, states=states)
    assert [each.events[0].urn for each in sink.groups()] == [TABLE % 3]


def test_after_a_refused_group_no_state_counts_any_more() -> None:
    states = MemoryStates()
    items = (table(1), State({"skip": 2}), table(2), State({"skip": 4}), table(3), State({"skip": 6}))
    found = run(recipe(listed(*items), {}), Answering(g2="refused"), states=states)
    assert found.refused == 1
    assert states.get("made") == State({"skip": 2})


def test_when_reading_fails_the_crawl_stays_open_and_the_error_says_what_was_sent() -> None:
    sink, states = MemorySink(), MemoryStates()
    gone = Unreachable("the server went away", where="db", hint="start it")
    items = (table(1), State({"skip": 2}), table(2), gone, table(3), State({"skip": 9}))
    with pytest.raises(Unreachable) as raised:
        run(recipe(listed(*items), {}), sink, states=states)
    assert raised.value is gone
    assert gone.details["sent"] == {"groups": 1, "events": 1}
    assert not any(isinstance(record, CrawlClose) for record in sink.records)
    assert states.get("made") == State({"skip": 2})


def test_the_next_crawl_ends_as_one_clean_crawl() -> None:
    sink, clock = MemorySink(), Ticking()
    run(recipe(listed(table(1), table(2), table(3)), {}), sink, clock=clock)
    with pytest.raises(Unreachable):
        run(recipe(listed(table(1), State({}), Unreachable("gone")), {}), sink, clock=clock)
    assert len(sink.claims) == 3
    found = run(recipe(listed(table(1), table(2)), {}), sink, clock=clock)
    assert (found.closed, found.retracted, len(sink.claims)) == (True, 1, 2)


def test_when_sending_fails_the_error_says_what_was_acknowledged_before() -> None:
    sink = Answering(g2=Unreachable("the ledger went away"))
    with pytest.raises(Unreachable) as raised:
        run(recipe(listed(table(1), State({}), table(2), State({})), {}), sink)
    assert raised.value.details["sent"] == {"groups": 1, "events": 1}


def test_a_fault_of_a_connector_is_ours_and_says_no_secret() -> None:
    faulty = listed(table(1), ValueError("bad login hunter2 at x://ada:pw123@db"))
    with pytest.raises(OurError) as raised:
        run(recipe(faulty, {"password": "hunter2"}), MemorySink())
    assert "bad login *** at x://ada:***@db" in str(raised.value)
    assert raised.value.details["sent"] == {"groups": 0, "events": 0}


def test_a_crawl_that_the_ledger_will_not_open_is_a_conflict() -> None:
    sink = MemorySink()
    run(recipe(listed(table(1)), {}), sink, clock=lambda: 7)
    with pytest.raises(Conflict, match="not above the source's last") as raised:
        run(recipe(listed(table(1)), {}), sink, clock=lambda: 7)
    assert raised.value.where == "made"


def test_a_dry_run_counts_and_prints_and_blanks_credentials() -> None:
    stream = io.StringIO()
    found = run(recipe(listed(table(1, "see postgres://ada:pw@db/x")), {}), DryRun(stream))
    assert (found.closed, found.groups, found.changed) == (True, 1, 1)
    assert "postgres://ada:***@db/x" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 3
