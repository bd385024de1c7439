"""Bad input: what is raised, and what is answered instead of crashing."""

from typing import Any

import pytest

from clew_sql import Lineage, SqlError, column_lineage, queries, script_lineage
from unit.clew_sql.golden_cases import CASES


def _refused(sql: str, dialect: str = "duckdb") -> SqlError:
    with pytest.raises(SqlError) as caught:
        column_lineage(sql, dialect, {})
    return caught.value


def test_sql_that_does_not_parse_is_located() -> None:
    error = _refused("SELECT a,\n  (b FROM t")
    assert (error.line, error.column > 0) == (2, True)
    assert str(error) == f"{error.what} at line {error.line}, column {error.column} ({error.hint})"


def test_a_quote_that_is_not_closed() -> None:
    assert "quote" in _refused("SELECT 'a").hint


def test_a_quote_that_is_not_closed_costs_a_script_one_part() -> None:
    script = "SELECT a FROM t;\nSELECT 'b FROM u;\nSELECT c FROM v;"
    first, second, third = script_lineage(script, "duckdb", {})
    assert (first.inputs, third.inputs) == (("t",), ("v",))
    assert "line 2" in second.unresolved[0].detail


def test_several_statements_and_none() -> None:
    assert "found 2" in _refused("SELECT 1; SELECT 2").what
    assert "found 0" in _refused("-- nothing").what
    assert column_lineage("SELECT 1 AS a;", "duckdb", {}).columns[0].name == "a"


def test_an_unknown_dialect() -> None:
    assert "dialect" in _refused("SELECT 1", "klingon").hint


def test_statements_without_lineage_are_answered_with_the_reason() -> None:
    for sql, code in (
        ("CALL p(1)", "routine"),
        ("CREATE MACRO m(a) AS a", None),
        ("COPY t TO 'x'", "file_target"),
        ("SET x = 1", None),
        ("VACUUM", None),
        ("BEGIN TRANSACTION", None),
        ("SUMMARIZE t", "unsupported_statement"),
    ):
        lineage = column_lineage(sql, "duckdb", {"t": {"a": "INTEGER"}})
        assert [gap.code for gap in lineage.unresolved] == ([code] if code else []), (sql, lineage.unresolved)


def test_ten_thousand_terms_are_no_trouble() -> None:
    sum_ = " + ".join(f"a{n}" for n in range(10_000))
    condition = " AND ".join(f"b{n} = {n}" for n in range(10_000))
    lineage = column_lineage(f"SELECT {sum_} AS s FROM t WHERE {condition}", "duckdb", {})
    assert len(lineage.columns[0].sources) == 10_000
    assert len(lineage.rows) == 10_000
    assert not lineage.unresolved


def test_two_thousand_operands_of_a_union() -> None:
    lineage = column_lineage(" UNION ALL ".join(f"SELECT a FROM t{n}" for n in range(2_000)), "duckdb", {})
    assert len(lineage.columns[0].sources) == 2_000


@pytest.mark.parametrize("depth", [100, 300, 450, 2_000, 50_000])
@pytest.mark.parametrize("opening", ["(", "abs(", "(SELECT ", "(CASE WHEN true THEN "])
def test_deep_nesting_is_read_or_refused_with_a_reason(depth: int, opening: str) -> None:
    closing = " END)" if "CASE" in opening else ")"
    try:
        lineage = column_lineage(f"SELECT {opening * depth}a{closing * depth} AS x FROM t", "duckdb", {})
    except SqlError as error:
        assert "nested" in error.what
    else:
        assert lineage.inputs == ("t",) or [gap.code for gap in lineage.unresolved] == ["too_deep"]


def test_nested_tables_are_read_or_refused_with_a_reason() -> None:
    def told(depth: int) -> Lineage:
        return column_lineage("SELECT a FROM " + "(SELECT a FROM " * depth + "t" + ")" * depth, "duckdb", {})

    assert told(40).to_dict()["columns"] == {"a": [["t", "a"]]}
    assert [gap.code for gap in told(450).unresolved] in ([], ["too_deep"])
    with pytest.raises(SqlError, match="nested"):
        told(5_000)


def test_a_fault_of_ours_becomes_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(queries, "read_from", broken)
    lineage = column_lineage("SELECT a FROM t", "duckdb", {})
    assert [(gap.code, gap.detail) for gap in lineage.unresolved] == [("internal", "KeyError: 'oops'")]


@pytest.mark.parametrize(
    "dialect", ["duckdb", "postgres", "snowflake", "bigquery", "spark", "tsql", "mysql", "clickhouse"]
)
def test_no_golden_case_meets_a_fault_of_ours_in_any_dialect_with_or_without_a_schema(dialect: str) -> None:
    for case in CASES:
        for schema in (case.schema, {}):
            try:
                lineage = column_lineage(case.sql, dialect, schema, *case.default)
            except SqlError:
                continue
            assert "internal" not in [gap.code for gap in lineage.unresolved], (case.name, lineage.unresolved)


def test_no_prefix_of_a_query_meets_a_fault_of_ours() -> None:
    for case in CASES:
        for end in range(8, len(case.sql), 13):
            try:
                lineage = column_lineage(case.sql[:end], case.dialect, case.schema, *case.default)
            except SqlError:
                continue
            assert "internal" not in [gap.code for gap in lineage.unresolved], (case.sql[:end], lineage.unresolved)
