"""The golden cases are as many as they seem: no two are one under other names."""

from collections import defaultdict

import pytest
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import TokenType

from clew_sql import expressions, flow, generators, pivots, queries, sources
from unit.clew_sql import coverage_page
from unit.clew_sql.golden_cases import CASES, Case

NAMES = (TokenType.VAR, TokenType.IDENTIFIER)


def _shape(case: Case) -> str:
    """The SQL with each name replaced by a number in the order met, and the names of the dialect left out."""
    numbers: dict[str, int] = {}
    words = []
    for token in Dialect.get_or_raise(case.dialect).tokenize(case.sql):
        name = token.token_type in NAMES
        words.append(f"n{numbers.setdefault(token.text.lower(), len(numbers))}" if name else token.text.upper())
    return " ".join(words)


def test_no_two_cases_are_equal_after_names_are_normalised() -> None:
    by_shape: dict[str, list[str]] = defaultdict(list)
    for case in CASES:
        columns = {name: tuple(columns) for name, columns in case.schema.items()}
        setting = f"{sorted(columns.items())} {case.default} {case.bindings}" if case.file in SETTINGS else ""
        by_shape[_shape(case) + setting].append(f"{case.file}: {case.name} ({case.dialect})")
    assert [names for names in by_shape.values() if len(names) > 1] == []


SETTINGS = frozenset({"names", "identifiers", "statements"})
"""Files whose cases differ in the schema and defaults around the SQL."""


def test_every_construct_is_shown_in_three_dialects() -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    for case in CASES:
        shown[case.file].add(case.dialect)
    assert {name: dialects for name, dialects in shown.items() if len(dialects) < 3} == {}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (queries, "_group"),
        (queries, "_order"),
        (queries, "_distinct"),
        (queries, "_recursive"),
        (sources, "_merge"),
        (sources, "pivoted"),
        (pivots, "_unpivot"),
        (generators, "unnested"),
        (expressions, "_rows"),
        (flow, "add_all"),
    ],
)
def test_a_pass_left_out_is_noticed(module: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, name, lambda *_: None)
    assert any(_differs(case) for case in CASES)


def _differs(case: Case) -> bool:
    return case.told() != case.expected


def test_the_page_on_coverage_counts_these_cases() -> None:
    page = coverage_page.PAGE.read_text()
    assert coverage_page.written(page) == page
