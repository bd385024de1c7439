"""Differences between two documents, field by field. Pure.

A path names members by a dot and elements of a list by their key in brackets: `columns[origin].type`. Elements that are
objects are paired by the key they have in common, never by position; other lists are compared as bags, and their order
as one field. What is equal is counted, leaf by leaf.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clew_schemas import canonical

KEYS = ("name", "urn", "dataset", "owner", "tag", "term", "feature", "code", "id")
"""Members by which the elements of a list are told apart, the first that all of them have and no two share."""


class Kind(StrEnum):
    """What became of a field from a to b."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs. `difference` is b minus a where both are numbers."""

    path: str
    change: Kind
    a: Any = None
    b: Any = None

    @property
    def difference(self) -> float | None:
        return self.b - self.a if is_number(self.a) and is_number(self.b) else None

    def to_dict(self) -> dict[str, Any]:
        document = {"path": self.path, "change": self.change.value, "a": self.a, "b": self.b}
        return document if self.difference is None else {**document, "difference": self.difference}


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs, and how many leaves are equal."""

    equal: int
    differences: tuple[Difference, ...]


def is_number(value: Any) -> bool:
    """Say whether a value is a number that can be subtracted."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def compare_documents(a: Any, b: Any) -> Compared:
    """Return what differs between two JSON values; a member that only one has is one difference, however deep."""
    found = list(_walk(a, b, ""))
    differences = sorted((each for each in found if each is not None), key=lambda each: (each.path, each.change))
    return Compared(sum(each is None for each in found), tuple(differences))


def _walk(a: Any, b: Any, path: str) -> Iterator[Difference | None]:
    """Yield a difference, or None for a leaf that is equal."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        yield from _members(a, b, path, ".")
    elif isinstance(a, list) and isinstance(b, list):
        yield from _lists(a, b, path)
    elif type(a) is type(b) or (is_number(a) and is_number(b)):
        yield None if a == b else Difference(path, Kind.CHANGED, a, b)
    else:
        yield Difference(path, Kind.CHANGED, a, b)


def _members(a: Mapping[str, Any], b: Mapping[str, Any], path: str, mark: str) -> Iterator[Difference | None]:
    for name in dict.fromkeys([*a, *b]):
        below = f"{path}[{name}]" if mark == "[" else f"{path}.{name}" if path else str(name)
        if name not in b:
            yield Difference(below, Kind.REMOVED, a[name], None)
        elif name not in a:
            yield Difference(below, Kind.ADDED, None, b[name])
        else:
            yield from _walk(a[name], b[name], below)


def _lists(a: Sequence[Any], b: Sequence[Any], path: str) -> Iterator[Difference | None]:
    key = _key(a, b)
    if key is not None:
        left, right = ({str(each[key]): each for each in side} for side in (a, b))
        yield from _members(left, right, path, "[")
        kept = [name for name in left if name in right]
        if kept != [name for name in right if name in left]:
            yield Difference(f"{path}.order", Kind.CHANGED, list(left), list(right))
        return
    value_of = {canonical.dumps(each): each for each in [*a, *b]}
    left_bag, right_bag = (Counter(map(canonical.dumps, side)) for side in (a, b))
    yield from (None for _ in (left_bag & right_bag).elements())
    for change, bag in ((Kind.REMOVED, left_bag - right_bag), (Kind.ADDED, right_bag - left_bag)):
        for text in bag.elements():
            ends = (value_of[text], None) if change == Kind.REMOVED else (None, value_of[text])
            yield Difference(f"{path}[]", change, *ends)
    if left_bag == right_bag and list(a) != list(b):
        yield Difference(f"{path}.order", Kind.CHANGED, list(a), list(b))


def _key(a: Sequence[Any], b: Sequence[Any]) -> str | None:
    """Return the member that tells the elements of both lists apart."""
    elements = [*a, *b]
    if not elements or not all(isinstance(each, Mapping) for each in elements):
        return None
    for key in KEYS:
        sides = [[each.get(key) for each in side] for side in (a, b)]
        if all(isinstance(value, str) for side in sides for value in side) and all(
            len(set(side)) == len(side) for side in sides
        ):
            return key
    return None
