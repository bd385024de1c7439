"""What differs is told from what is only on its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from clew.materialise.confirm import confirmed


@dataclass
class Scene:
    """A ledger that grows by a commit whenever it is checked against, and a view that comes along when it is awaited.

    Entity 1 differs for good, entity 2 while the view is behind.
    """

    grows: bool = True
    follows: bool = True
    head: int = 7
    at: int = 3
    now: float = 0.0
    asked: list[Any] = field(default_factory=list)

    def check(self, only: set[int] | None) -> Iterator[Any]:
        self.asked.append(only)
        self.head += self.grows
        for entity in (1, 2) if self.at < self.head else (1,):
            if only is None or entity in only:
                yield SimpleNamespace(entity=entity)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.at = self.head if self.follows else self.at

    def found(self) -> list[int]:
        ledger: Any = SimpleNamespace(head_seq=lambda: self.head)
        return [each.entity for each in confirmed(ledger, lambda: self.at, self.check, lambda: self.now, self.sleep)]


def test_in_a_house_at_rest_one_look_is_enough() -> None:
    scene = Scene(grows=False)
    assert scene.found() == [1]
    assert scene.asked == [None]


def test_beside_a_writer_what_differed_is_looked_at_again() -> None:
    scene = Scene()
    assert 1 in scene.found()
    assert scene.asked[0] is None and scene.asked[1:] == [{1, 2}] * 4


def test_a_writer_that_ends_leaves_what_is_wrong() -> None:
    scene = Scene()
    check = scene.check

    def last(only: set[int] | None) -> Iterator[Any]:
        scene.grows = len(scene.asked) < 2
        return check(only)

    scene.check = last  # type: ignore[method-assign]
    assert scene.found() == [1]


@pytest.mark.parametrize("grows", [True, False])
def test_a_view_that_comes_no_further_is_told_as_it_is(grows: bool) -> None:
    scene = Scene(grows=grows, follows=False)
    assert scene.found() == [1, 2]
    assert scene.asked == [None]
