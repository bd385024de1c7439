"""What a change of the SQL that changes no meaning does to the lineage: nothing, or the same change."""

import re

import pytest
import sqlglot
from sqlglot import exp

from clew_sql import column_lineage
from unit.clew_sql.golden_cases import CASES, Case, told


def _is_select(case: Case) -> bool:
    if case.script or case.file in ("jinja", "routines"):
        return False
    if any(line.startswith(("gap", "out")) for line in case.expected):
        return False
    return isinstance(sqlglot.parse_one(case.sql, read=case.dialect), exp.Select)


SELECTS = [case for case in CASES if _is_select(case)]


def _tell(case: Case, sql: str, dialect: str | None = None) -> list[str]:
    return told(column_lineage(sql, dialect or case.dialect, case.schema, *case.default, case.bindings))


def _tree(case: Case) -> exp.Expr:
    return sqlglot.parse_one(case.sql, read=case.dialect)


def test_there_are_enough_to_change() -> None:
    assert len(SELECTS) > 180


@pytest.mark.parametrize("case", SELECTS, ids=lambda case: f"{case.file}: {case.name}")
def test_a_query_within_a_cte_tells_the_same(case: Case) -> None:
    """Positions in ORDER BY and repeated names are of the query alone, so those are left out."""
    if any("#" in line for line in case.expected):
        pytest.skip("a CTE can't have two columns of one name")
    inner = case.sql.strip().rstrip(";")
    assert _tell(case, f"WITH wrapped_q AS (\n{inner}\n) SELECT * FROM wrapped_q") == case.expected


@pytest.mark.parametrize("case", SELECTS, ids=lambda case: f"{case.file}: {case.name}")
def test_comments_and_layout_tell_nothing(case: Case) -> None:
    assert _tell(case, "/* before */\n" + _tree(case).sql(dialect=case.dialect, pretty=True)) == case.expected


def test_tables_of_another_name_give_the_same_under_that_name() -> None:
    changed = 0
    for case in SELECTS:
        tables = {table.name for table in _tree(case).find_all(exp.Table) if isinstance(table.this, exp.Identifier)}
        if not case.schema or any(case.default) or case.dialect in ("bigquery", "duckdb") or not tables <= {"t", "u"}:
            continue
        tree = _tree(case)
        for identifier in tree.find_all(exp.Identifier):
            of_table = isinstance(identifier.parent, exp.Table) and identifier.arg_key == "this"
            if identifier.name in tables and (of_table or identifier.arg_key == "table"):
                identifier.set("this", f"{identifier.name}_renamed")
        schema = {f"{name}_renamed" if name in tables else name: columns for name, columns in case.schema.items()}
        lineage = column_lineage(tree.sql(dialect=case.dialect), case.dialect, schema)
        expected = [re.sub(r"\b(t|u)(?=[.]|$| presence)", r"\1_renamed", line) for line in case.expected]
        assert [re.sub(r"^col \S+", "col", line) for line in told(lineage)] == [
            re.sub(r"^col \S+", "col", line) for line in expected
        ], case.name
        changed += 1
    assert changed > 20


def test_columns_in_another_order_come_in_that_order() -> None:
    for case in SELECTS:
        tree = _tree(case)
        numbered = re.search(r"BY (ROLLUP )?\(?\d|GROUP BY ALL|ORDER BY ALL", case.sql) is not None
        lateral = case.name.startswith(("an alias", "aliases"))
        if (
            numbered
            or lateral
            or len(tree.selects) < 2
            or any(item.is_star for item in tree.selects)
            or "#" in str(case.expected)
        ):
            continue
        assert isinstance(tree, exp.Select)
        if tree.args.get("kind") or tree.find(exp.Columns) or tree.args.get("with_"):
            continue
        names = {item.alias for item in tree.selects if item.alias}
        used = {column.name for item in tree.selects for column in item.find_all(exp.Column)}
        if names & used:
            continue
        tree.set("expressions", list(reversed(tree.selects)))
        lines = _tell(case, tree.sql(dialect=case.dialect))
        assert sorted(lines) == sorted(case.expected), case.name
        columns = [line for line in case.expected if line.startswith("col")]
        assert [line for line in lines if line.startswith("col")] == columns[::-1], case.name


PLAIN = ["postgres", "snowflake", "bigquery", "spark", "redshift", "trino", "tsql", "duckdb"]


@pytest.mark.parametrize("target", PLAIN)
def test_plain_sql_tells_the_same_in_every_dialect(target: str) -> None:
    """Joins, aggregates, CASE, windows and subqueries, written out by sqlglot for the dialect."""
    schema = {"t": {"i": "INT", "a": "INT", "b": "INT"}, "u": {"i": "INT", "c": "INT"}}
    for sql in (
        "SELECT t.a AS x, u.c + t.b AS y FROM t JOIN u ON t.i = u.i WHERE t.a > 1",
        "SELECT i AS k, SUM(b) AS s, COUNT(a) AS n FROM t GROUP BY i HAVING MAX(a) > 2",
        "WITH w AS (SELECT i, CASE WHEN a > 0 THEN b ELSE 0 END AS z FROM t) SELECT z AS q FROM w",
        "SELECT ROW_NUMBER() OVER (PARTITION BY i ORDER BY a) AS r FROM t",
        "SELECT a AS x FROM t UNION ALL SELECT c AS x FROM u",
        "SELECT (SELECT MAX(c) FROM u WHERE u.i = t.i) AS m FROM t",
        "SELECT a AS x FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.i = t.i)",
        "SELECT s.x AS y FROM (SELECT a * 2 AS x, i FROM t) AS s LEFT JOIN u ON u.i = s.i",
    ):
        here = [line.lower() for line in told(column_lineage(sql, "duckdb", schema))]
        there = sqlglot.transpile(sql, read="duckdb", write=target)[0]
        assert [line.lower() for line in told(column_lineage(there, target, schema))] == here, there
