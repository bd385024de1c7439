"""Which windows count: by what others had of the machine, never by what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from benchmarks import windows
from benchmarks.windows import quietest


@pytest.fixture
def others_have(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], None]:
    """Let others have these percents of one window after the other."""

    def told(percents: list[float]) -> None:
        counted = counting(percents)
        monkeypatch.setattr(windows, "ticks", lambda: next(counted))

    return told


def counting(percents: list[float]) -> Iterator[tuple[int, int]]:
    stolen = every = 0
    for percent in percents:
        yield stolen, every
        stolen, every = stolen + int(percent * 10), every + 1000
        yield stolen, every


def numbered() -> Callable[[], int]:
    numbers = iter(range(1, 100))
    return lambda: next(numbers)


def test_no_more_windows_are_measured_than_are_needed(others_have: Callable[[list[float]], None]) -> None:
    others_have([0, 1, 2])
    found = quietest(numbered(), 3, 6)
    assert found.kept == [1, 2, 3]
    assert found.said == "3 of 3 windows, others had 2%"


def test_a_window_that_others_disturbed_is_measured_again(others_have: Callable[[list[float]], None]) -> None:
    others_have([0, 30, 1, 5, 2])
    rests: list[float] = []
    assert quietest(numbered(), 3, 6, rests.append).kept == [1, 3, 5]
    assert rests == [windows.REST] * 2


def test_where_it_is_never_quiet_the_least_disturbed_count_in_their_order(
    others_have: Callable[[list[float]], None],
) -> None:
    others_have([40, 10, 50, 20])
    found = quietest(numbered(), 2, 4, lambda _: None)
    assert found.kept == [2, 4]
    assert found.said == "2 of 4 windows, others had 20%"


def test_where_nothing_says_what_others_had_each_window_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "ticks", lambda: None)
    found = quietest(numbered(), 2, 4)
    assert found.kept == [1, 2]
    assert found.said == "2 of 2 windows"
