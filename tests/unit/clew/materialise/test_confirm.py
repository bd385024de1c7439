"""What differs is told from what is only on its way into a view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from clew.ledger import Entity
from clew.materialise.confirm import confirmed

WRONG, WRITTEN, PART = 1, 2, 3


@dataclass
class Scene:
    """A ledger in which an entity is written whenever somebody looks, and a view that comes along when it is awaited.

    One entity differs for good; the one that is written, and a part of it, do while the view is behind.
    """

    writes: int = 100
    follows: bool = True
    head: int = 7
    at: int = 3
    now: float = 0.0
    asked: list[Any] = field(default_factory=list)

    def head_seq(self) -> int:
        return self.head

    def tail(self, after: int, *, fresh: bool) -> list[Any]:
        named = [SimpleNamespace(urn=str(WRITTEN))]
        return [SimpleNamespace(seq=seq, changes=named, points=[]) for seq in range(after + 1, self.head + 1)]

    def ids(self, urns: Sequence[str]) -> list[int]:
        return [int(each) for each in urns]

    def entities(self, ids: Sequence[int]) -> list[Entity]:
        return [Entity(each, str(each), "dataset", WRITTEN if each == PART else 0, 0) for each in ids]

    def check(self, only: set[int] | None) -> Iterator[Any]:
        self.asked.append(only)
        self.head += self.writes > 0
        self.writes -= 1
        for entity in (WRONG, WRITTEN, PART) if self.at < self.head else (WRONG,):
            if only is None or entity in only:
                yield SimpleNamespace(entity=entity)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.at = self.head if self.follows else self.at

    def found(self) -> tuple[list[int], int]:
        ledger: Any = self
        position: Any = lambda: SimpleNamespace(seq=self.at)  # noqa: E731
        wrong, undecided = confirmed(ledger, position, self.check, lambda: self.now, self.sleep)
        return [each.entity for each in wrong], undecided


def test_in_a_house_at_rest_one_look_is_enough() -> None:
    scene = Scene(writes=0)
    assert scene.found() == ([WRONG], 0)
    assert scene.asked == [None]


def test_what_is_written_at_every_look_is_left_undecided_with_its_parts() -> None:
    scene = Scene()
    assert scene.found() == ([WRONG], 2)
    assert scene.asked == [None, *[{WRITTEN, PART}] * 4]


def test_what_was_written_meanwhile_is_looked_at_again_and_told() -> None:
    scene = Scene(writes=2)
    assert scene.found() == ([WRONG], 0)
    assert scene.asked == [None, {WRITTEN, PART}, {WRITTEN, PART}]


@pytest.mark.parametrize("writes", [0, 100])
def test_of_a_view_that_comes_no_further_all_that_differs_is_told(writes: int) -> None:
    scene = Scene(writes=writes, follows=False)
    assert scene.found() == ([WRONG, WRITTEN, PART], 0)
    assert scene.asked == [None]
