"""The golden cases are as many as they seem: no two are one under other names."""

import re
from collections import defaultdict

import pytest
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import TokenType

import clew_sql
from clew_sql import (
    catalog,
    changes,
    expressions,
    flow,
    generators,
    names,
    objects,
    parse,
    pivots,
    projection,
    queries,
    scope,
    sources,
    statements,
    structs,
    templates,
)
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


PASSES: list[tuple[object, str]] = [
    (templates, "_Renderer._value"),
    (parse, "is_routine"),
    (parse, "parts"),
    (names.Listed, "key_of"),
    (catalog, "_series"),
    (catalog.Catalog, "bound"),
    (catalog.Catalog, "use"),
    (catalog.Catalog, "hold"),
    (catalog.Catalog, "learn"),
    (statements, "body_of"),
    (changes, "_assigned"),
    (changes, "_when"),
    (changes, "_insertion"),
    (objects, "_learn"),
    (objects, "_renamed_column"),
    (queries, "read_with"),
    (queries, "_hierarchy"),
    (queries, "_group"),
    (queries, "_order"),
    (queries, "_distinct"),
    (queries, "_recursive"),
    (queries, "_unite"),
    (queries, "_subtract"),
    (sources, "_join"),
    (sources, "_merge"),
    (sources, "pivoted"),
    (generators, "unnested"),
    (generators, "_exploded"),
    (generators, "_defined"),
    (generators, "_fields_of_structs"),
    (pivots, "_pivot"),
    (pivots, "_unpivot"),
    (projection, "_expand_star"),
    (projection, "_expand_columns"),
    (projection, "_remember_alias"),
    (projection, "unnamed"),
    (scope.Scope, "_guessed"),
    (scope.Scope, "_whole_row"),
    (expressions, "_rows"),
    (expressions, "use"),
    (expressions, "is_hash"),
    (expressions, "is_aggregate"),
    (expressions, "steps_of"),
    (structs.Structs, "fields"),
    (flow, "add_all"),
    (flow, "rows_as"),
]
"""A part of every pass, in the order that a statement takes."""


@pytest.mark.parametrize(("holder", "name"), PASSES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_pass_left_out_is_noticed(holder: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    *path, last = name.split(".")
    for each in path:
        holder = getattr(holder, each)
    assert callable(getattr(holder, last))
    monkeypatch.setattr(holder, last, lambda *_, **__: None)
    assert any(_differs(case) for case in CASES)


def test_every_pass_has_a_part_that_is_left_out() -> None:
    way, _, _ = str(clew_sql.__doc__).partition("    lineage ")
    passes = re.findall(r"^    (\w+) {2,}\S", way, re.MULTILINE)
    assert len(passes) > 15
    told = {getattr(holder, "__module__", getattr(holder, "__name__", "")).rsplit(".", 1)[-1] for holder, _ in PASSES}
    assert set(passes) - told <= UNTOLD


UNTOLD = frozenset({"blocks", "routines", "reading", "paths"})
"""Passes whose work other modules take by name: `parts`, `body_of` and `steps_of` above are theirs."""


def _differs(case: Case) -> bool:
    try:
        return case.told() != case.expected
    except Exception:
        return True


def test_the_page_on_coverage_counts_these_cases() -> None:
    page = coverage_page.PAGE.read_text()
    assert coverage_page.written(page) == page
