"""Which records share a run, and what can't be stored."""

from __future__ import annotations

import pytest

from clew.ledger.postgres_book import runs
from clew.ledger.postgres_names import tail_of
from clew.ledger.postgres_storable import why_not_storable, with_limits
from clew.ledger.prepare import prepare
from clew.ledger.taking import Item
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Record, Scope, event
from clew_schemas.registry import Registry

URN = "urn:clew:dataset:(x,a)"
SAID = event(URN, "documentation", {"text": "x"})
GROUP = Group("pg", "g", (SAID,))
CAREFUL = Group("pg", "g", (event(URN, "documentation", {"text": "x"}, if_match=""),))
OPEN, CLOSE = CrawlOpen("pg", 1, Scope((URN,), ("documentation",))), CrawlClose("pg", 1, 0)


def item(record: Record, *, replayed: bool = False) -> Item:
    return Item(record, None, waits=False, cause=0, replayed=replayed)


def test_groups_share_a_run_and_what_needs_more_stands_by_itself() -> None:
    records: list[Record] = [GROUP, GROUP, OPEN, GROUP, GROUP, CAREFUL, CAREFUL, GROUP, CLOSE]
    assert [[each.record for each in run] for run in runs([item(record) for record in records])] == [
        [GROUP, GROUP],
        [OPEN],
        [GROUP, GROUP],
        [CAREFUL],
        [CAREFUL],
        [GROUP],
        [CLOSE],
    ]
    assert len(runs([item(GROUP), item(GROUP, replayed=True), item(GROUP)])) == 3
    assert runs([]) == []


@pytest.mark.parametrize(
    ("record", "good"),
    [
        (GROUP, True),
        (Group("pg", "a\0b", (SAID,)), False),
        (CrawlOpen("p\0g", 1, Scope((), ())), False),
        (CrawlClose("pg", 2**63, 1), False),
        (Group("pg", "g", (SAID,), CrawlPosition(1, -1)), False),
        (Group("pg", "g", (SAID,), CrawlPosition(2**63 - 1, 0)), True),
    ],
)
def test_names_with_a_nul_and_numbers_beyond_64_bits_are_not_storable(record: Record, good: bool) -> None:
    assert (why_not_storable(record) is None) is good


@pytest.mark.parametrize(
    ("group", "where"),
    [
        (Group("pg", "g", (Event(URN, "documentation", payload=SAID.payload, name="\0"),)), "events[0].name"),
        (Group("pg", "g", (Event(URN, "documentation", payload=SAID.payload, name="x" * 501),)), "events[0].name"),
        (Group("pg", "g", (Event(URN, "documentation", payload=SAID.payload, step=2**63),)), "events[0].step"),
    ],
)
def test_parts_that_are_not_storable_are_errors_of_their_group(group: Group, where: str) -> None:
    prepared = prepare(group, Registry.built_in(), bytes(32), 0)
    assert prepared.errors == ()
    assert [error["where"] for error in with_limits(prepared).errors] == [where]


def test_the_tail_of_a_long_name_is_cut() -> None:
    assert tail_of(f"urn:clew:dataset:(x,shop.{'Ä' * 500})") == "ä" * 200
    assert tail_of("urn:clew:column:(x,shop.orders,a%2EB)") == "a.b"
