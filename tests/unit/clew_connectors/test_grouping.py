"""Events are put into as few groups as the limits allow, in order, and none is lost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clew_connectors.grouping import split
from clew_schemas.event import MAX_BYTES, MAX_EVENTS, CrawlPosition, Event, Group, encode, event

URN = "urn:clew:dataset:(x://,t)"


def prose(size: int) -> Event:
    return event(URN, "documentation", {"text": "é" * (size // 2)})


def test_what_fits_stays_together() -> None:
    events = [prose(10)] * MAX_EVENTS
    assert list(split(events)) == [tuple(events)]


def test_one_event_more_than_fits_starts_another_group() -> None:
    assert [len(each) for each in split([prose(10)] * (2 * MAX_EVENTS + 1))] == [MAX_EVENTS, MAX_EVENTS, 1]


def test_an_event_over_the_limit_comes_alone() -> None:
    small, large = prose(10), prose(MAX_BYTES + 10)
    assert list(split([small, large, small])) == [(small,), (large,), (small,)]


def test_nothing_gives_no_group() -> None:
    assert list(split([])) == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(2, 500_000), max_size=12))
def test_every_group_is_within_the_limit_and_holds_all_that_would_fit(sizes: list[int]) -> None:
    events = [prose(size) for size in sizes]
    groups = list(split(events))
    assert [each for group in groups for each in group] == events
    for group in groups:
        assert len(encode(Group("s" * 200, "g" * 200, group, CrawlPosition(10**16, 10**9)))) <= MAX_BYTES
