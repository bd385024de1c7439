"""Differences of documents: by name, never by position; what is equal is counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.query.differences import compare_documents

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "x", "y"]), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"x": 1}, {"x": 1.0}, []),
        ({"x": 1}, {"x": 3}, [("x", "changed", 1, 3)]),
        ({"x": True}, {"x": 1}, [("x", "changed", True, 1)]),
        ({"x": {"y": 1}}, {"x": None}, [("x", "changed", {"y": 1}, None)]),
        ({"x": 1}, {}, [("x", "removed", 1, None)]),
        ({}, {"x": {"y": 1}}, [("x", "added", None, {"y": 1})]),
        ({"x": ["a", "b"]}, {"x": ["b", "c"]}, [("x[]", "added", None, "c"), ("x[]", "removed", "a", None)]),
        ({"x": ["a", "b"]}, {"x": ["b", "a"]}, [("x.order", "changed", ["a", "b"], ["b", "a"])]),
        (
            {"columns": [{"name": "a", "type": "INT"}, {"name": "b"}]},
            {"columns": [{"name": "c"}, {"name": "a", "type": "TEXT"}]},
            [
                ("columns[a].type", "changed", "INT", "TEXT"),
                ("columns[b]", "removed", {"name": "b"}, None),
                ("columns[c]", "added", None, {"name": "c"}),
            ],
        ),
        (
            {"columns": [{"name": "a"}, {"name": "b"}]},
            {"columns": [{"name": "b"}, {"name": "a"}]},
            [("columns.order", "changed", ["a", "b"], ["b", "a"])],
        ),
    ],
)
def test_fields_that_differ_are_named(a: Any, b: Any, expected: list[tuple[str, str, Any, Any]]) -> None:
    found = compare_documents(a, b)
    assert [(each.path, each.change.value, each.a, each.b) for each in found.differences] == expected


def test_numbers_have_a_difference_and_nothing_else_has() -> None:
    (number,) = compare_documents({"x": 30.0}, {"x": 28.5}).differences
    (text,) = compare_documents({"x": "NaN"}, {"x": 28.5}).differences
    assert number.to_dict()["difference"] == -1.5
    assert "difference" not in text.to_dict()


@given(JSON)
def test_a_document_does_not_differ_from_itself(document: Any) -> None:
    assert compare_documents(document, document).differences == ()


@given(JSON, JSON)
def test_both_ways_differ_in_as_many_fields(a: Any, b: Any) -> None:
    there, back = compare_documents(a, b), compare_documents(b, a)
    assert there.equal == back.equal
    assert sorted(each.path for each in there.differences) == sorted(each.path for each in back.differences)
