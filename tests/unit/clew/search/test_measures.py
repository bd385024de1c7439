"""Conditions on measures: what compares with what, the terms that stand for it, and what a document keeps."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.search.measures import (
    LEFT_OUT,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_VALUES,
    OPERATORS,
    asked,
    check,
    fits,
    kept,
    named,
    reading,
    sortable,
    terms,
)
from clew.search.port import Condition, Operator, Value
from clew.search.tantivy_query import _between
from clew_schemas.errors import BadInput

NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**62), 2**62), st.integers(-3, 3))
TEXTS = st.one_of(
    st.text(st.characters(codec=None), max_size=8),
    st.sampled_from(
        ["8", "8.0", "-1e3", "Ridge", "RIDGE", "true", "2026-11-20", "2026-11-20T01:00:00+01:00", "straße"]
    ),
)
VALUES: st.SearchStrategy[Value] = st.one_of(NUMBERS, TEXTS, st.booleans())
NAMES = st.sampled_from(["rmse", "RMSE", "param.x", "a\x1fb", ""])


def found_by_terms(measures: dict[str, list[Value]], condition: Condition) -> bool:
    """Answer as an engine does: from the terms alone."""
    have, question = set(terms(measures)), asked(condition)
    span = question.span
    return (
        (question.one is None or question.one in have)
        and (span is None or any(span.head + span.low <= each <= span.head + span.high for each in have))
        and (question.none is None or question.none not in have)
    )


@given(st.dictionaries(NAMES, st.lists(VALUES, max_size=4), max_size=3), NAMES, st.sampled_from(OPERATORS), VALUES)
def test_terms_answer_as_the_reference_does(
    said: dict[str, list[Value]], name: str, op: Operator, value: Value
) -> None:
    condition = Condition(name, op, value)
    try:
        check(condition)
    except BadInput:
        return
    assert found_by_terms(said, condition) == fits(said, condition)


@given(NUMBERS, NUMBERS)
def test_the_digits_of_numbers_sort_as_the_numbers_do(one: float, other: float) -> None:
    one, other = float(one), float(other)
    assert (sortable(one) < sortable(other)) == (one < other)
    assert (sortable(one) == sortable(other)) == (one == other)


@given(st.integers(0, 16**5 - 1), st.integers(0, 16**5 - 1), st.lists(st.integers(0, 16**5 - 1), max_size=20))
def test_a_pattern_has_exactly_the_digits_between(one: int, other: int, others: list[int]) -> None:
    low, high = sorted((one, other))
    pattern = re.compile(_between(f"{low:05x}", f"{high:05x}"))
    for each in {low, high, max(low - 1, 0), min(high + 1, 16**5 - 1), *others}:
        assert bool(pattern.fullmatch(f"{each:05x}")) == (low <= each <= high)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (8, ("n", 8.0)),
        ("8", ("n", 8.0)),
        ("-1.5e3", ("n", -1500.0)),
        (".5", ("n", 0.5)),
        ("2026-11-20", ("d", 1795132800.0)),
        ("2026-11-20T01:00:00+01:00", ("d", 1795132800.0)),
        ("2026-13-20", None),
        ("1e999", None),
        ("nan", None),
        ("Infinity", None),
        ("١", None),
        ("0x10", None),
        ("1_000", None),
        ("8 ", None),
        (True, None),
        (float("nan"), None),
        (10**400, None),
    ],
)
def test_what_a_value_counts_as(value: Value, expected: tuple[str, float] | None) -> None:
    assert reading(value) == expected


def test_texts_have_no_order_but_dates_do() -> None:
    for value in ("low", "8", True):
        with pytest.raises(BadInput, match="only numbers and dates"):
            check(Condition("rmse", "<", value))
    check(Condition("last_read", "<", "2026-11-20"))


def test_a_document_keeps_distinct_values_within_limits_and_says_how_many_it_does_not() -> None:
    assert kept({"a": [1, 1.0, "1", True, "true", 1], "b": []}) == {"a": [1, "1", True, "true"]}
    long = kept({"x" * (LONGEST_NAME + 1): [1], "a": ["y" * (LONGEST_TEXT + 1), 2], "b": [10**400, 2**63]})
    assert long == {"a": [2], LEFT_OUT: [4]}


def test_importances_and_notes_are_the_first_to_go() -> None:
    many: dict[str, list[Value]] = {f"importance.f{at}": [at] for at in range(MOST_VALUES)}
    few = kept({**many, "rmse": [1.0], "zeta": [2]})
    assert (few["rmse"], few["zeta"], few[LEFT_OUT]) == ([1.0], [2], [2])
    assert sum(map(len, few.values())) == MOST_VALUES + 1


def test_only_what_conditions_are_about_is_named() -> None:
    where = [Condition("a", "=", 1), Condition("c", "!=", 1)]
    assert named({"a": [1], "b": [2]}, where) == {"a": [1]}
