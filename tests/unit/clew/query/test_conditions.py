"""Conditions as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import BadInput
from clew.query.conditions import LONGEST, conditions, stated
from clew.search import Condition
from clew.search.measures import OPERATORS, check
from clew.search.port import Operator, Value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rmse < 30000", Condition("rmse", "<", 30_000.0)),
        ("rmse<30000", Condition("rmse", "<", 30_000.0)),
        ("  rmse  >=  -1.5e3 ", Condition("rmse", ">=", -1_500.0)),
        ("param.max_depth = 8", Condition("param.max_depth", "=", 8.0)),
        ("param.max_depth == 8", Condition("param.max_depth", "=", 8.0)),
        ('param.max_depth = "8"', Condition("param.max_depth", "=", "8")),
        ("param.algorithm = RandomForestRegressor", Condition("param.algorithm", "=", "RandomForestRegressor")),
        ("param.algorithm != Random Forest", Condition("param.algorithm", "!=", "Random Forest")),
        ("importance.origin > 0.1", Condition("importance.origin", ">", 0.1)),
        ("param.bootstrap = true", Condition("param.bootstrap", "=", True)),
        ("last_read < 2026-10-01", Condition("last_read", "<", "2026-10-01")),
        ("mean error = 1", Condition("mean error", "=", 1.0)),
        ('"a < \\"b\\"" = "= c "', Condition('a < "b"', "=", "= c ")),
        ("note.path = a=b", Condition("note.path", "=", "a=b")),
        ("ü = Ü", Condition("ü", "=", "Ü")),
    ],
)
def test_a_condition_is_read(text: str, expected: Condition) -> None:
    assert conditions([text]) == (expected,)


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ("", "the name of a measure is missing", 0),
        ("  < 3", "the name of a measure is missing", 2),
        ("rmse", "an operator is missing", 4),
        ('"rmse" 3', "an operator is missing", 7),
        ("rmse ! 3", "an operator is missing", 8),
        ("rmse <", "the value is missing", 6),
        ("rmse <  ", "the value is missing", 8),
        ('"rmse < 3', "the quotes are not closed", 0),
        ('x = "a" b', "something stands after the value", 8),
        ('x = "a\\qb"', "no JSON", 4),
        ("rmse < low", "only numbers and dates have an order", 7),
        ("rmse > true", "only numbers and dates have an order", 7),
        ("x = a\ud800", "no Unicode", 5),
        ("x" * (LONGEST + 1), "at most", LONGEST),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(text: str, said: str, position: int) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        conditions(["rmse < 3", text])
    assert refused.value.where == "where[1]"
    assert refused.value.details["position"] == position


@given(
    st.text(min_size=1, max_size=20),
    st.sampled_from(OPERATORS),
    st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20), st.booleans()),
)
def test_what_is_stated_is_read_as_it_was(name: str, op: Operator, value: Value) -> None:
    condition = Condition(name, op, value)
    try:
        check(condition)
    except BadInput:
        return
    assert conditions([stated(condition)]) == (condition,)


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_is_a_condition_or_refused_in_words(text: str) -> None:
    try:
        conditions([text])
    except BadInput as error:
        assert 0 <= error.details["position"] <= len(text)
