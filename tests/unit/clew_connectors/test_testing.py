"""The memory sink turns away what the ledger would, so that a connector that passes here passes there."""

from datetime import UTC, datetime

import pytest

from clew_connectors.testing import MemorySink
from clew_schemas.event import MAX_BYTES, CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Scope, event

NS = "(x://,"
TABLE = f"urn:clew:dataset:{NS}t)"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def opened(number: int = 1, prefix: str = f"urn:clew:dataset:{NS}") -> MemorySink:
    sink = MemorySink()
    sink.register("s", order="crawl", door="test")
    sink.propose([CrawlOpen("s", number, Scope((prefix,), ("documentation",)))])
    return sink


def group(*events: Event, number: int = 1, sequence: int = 0) -> Group:
    return Group("s", f"{number}/{sequence}", events, CrawlPosition(number, sequence))


@pytest.mark.parametrize(
    "bad",
    [
        event("urn:clew:dataset:(x://,a,b)", "documentation", {"text": "x"}),
        event("urn:clew:rows:(x://,t)", "documentation", {"text": "x"}),
        event(TABLE, "no_such_aspect", {}),
        event(TABLE, "documentation", {"text": ""}),
        event(TABLE, "documentation", {"text": "x"}, time=NOW),
        event(TABLE, "profile", {"rows": 1}),
        event(TABLE, "assertion", {"dataset": TABLE, "type": "x"}),
        event(TABLE, "schema", {"columns": [{"name": "a,b"}]}),
        event("urn:clew:dataset:(x://a:pw@h,t)", "documentation", {"text": "x"}),
        event(TABLE, "documentation", {"text": "x" * MAX_BYTES}),
        Event(TABLE, "documentation", op="retract"),
    ],
    ids=lambda each: f"{each.urn[:30]} {each.aspect}",
)
def test_a_bad_event_parks_its_group_and_leaves_nothing(bad: Event) -> None:
    sink = opened()
    good = event(TABLE, "documentation", {"text": "fine"})
    (receipt,) = sink.propose([group(good, bad)])
    assert receipt.status == "parked"
    assert receipt.errors[0]["what"]
    assert not sink.claims and not sink.points
    assert sink.propose([group(good, sequence=2)])[0].status == "accepted"


def test_a_close_retracts_what_the_scope_holds_and_the_crawl_did_not_name() -> None:
    sink = opened()
    said = [event(f"urn:clew:{name})", "documentation", {"text": "x"}) for name in (f"dataset:{NS}a", f"dataset:{NS}b")]
    other = event(f"urn:clew:job:{NS}j)", "documentation", {"text": "x"})
    sink.propose([group(*said, other), CrawlClose("s", 1, 3)])
    sink.propose([CrawlOpen("s", 2, Scope((f"urn:clew:dataset:{NS}",), ("documentation",)))])
    receipts = sink.propose([group(said[0], number=2), CrawlClose("s", 2, 1)])
    assert [(each.status, each.retracted) for each in receipts] == [("unchanged", 0), ("closed", 1)]
    assert [urn for _, urn, _ in sink.claims] == [said[0].urn, other.urn]


def test_a_close_with_another_count_is_parked() -> None:
    sink = opened()
    assert sink.propose([CrawlClose("s", 1, 5)])[0].status == "parked"


def test_a_group_out_of_its_place_is_parked() -> None:
    sink = opened()
    assert sink.propose([group(event(TABLE, "documentation", {"text": "x"}), sequence=4)])[0].status == "parked"
    assert sink.propose([group(event(TABLE, "documentation", {"text": "x"}), number=9)])[0].status == "parked"
