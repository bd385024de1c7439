"""TPC-H and TPC-DS: as written and with every name qualified by sqlglot they tell the same, in several dialects; what
sqlglot's own lineage finds, column by column, is what ours says."""

from __future__ import annotations

import re
from functools import cache

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage as lineage_by_sqlglot
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from tools import tpc

from clew_sql import column_lineage
from unit.clew_sql.golden_cases import told

Column = tuple[str, str]
QUERIES = [("tpc-h", n) for n in range(1, 23)] + [("tpc-ds", n) for n in range(1, 100)]
DIALECTS = ("duckdb", "snowflake", "postgres", "spark", "trino")


@cache
def suite(name: str) -> tpc.Suite:
    return tpc.tpc_h() if name == "tpc-h" else tpc.tpc_ds()


def in_dialect(name: str, number: int, dialect: str) -> tuple[str, tpc.Schema]:
    """The query, and the schema in the case that the dialect stores names in."""
    found = suite(name)
    sql = found.queries[number - 1]
    if dialect == "duckdb":
        return sql, found.schema
    schema = found.schema
    if dialect == "snowflake":
        schema = {t.upper(): {c.upper(): kind for c, kind in columns.items()} for t, columns in schema.items()}
    return sqlglot.transpile(sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.IGNORE)[0], schema


def qualified(sql: str, dialect: str, schema: tpc.Schema) -> exp.Query:
    tree = qualify(sqlglot.parse_one(sql, read=dialect), dialect=dialect, schema={**schema})
    assert isinstance(tree, exp.Query)
    return tree


def unnamed(lines: list[str]) -> list[str]:
    """Facts without the names that sqlglot gives to columns that have none."""
    return [re.sub(r"^col .*?(?= <- |$)", "col", line) for line in lines]


def test_the_suites_are_whole() -> None:
    for name, count in (("tpc-h", 22), ("tpc-ds", 99)):
        assert len(suite(name).queries) == count
        assert len({" ".join(sql.split()) for sql in suite(name).queries}) == count


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_the_raw_form_tells_what_the_qualified_one_does(name: str, number: int, dialect: str) -> None:
    sql, schema = in_dialect(name, number, dialect)
    raw = column_lineage(sql, dialect, schema)
    tree = qualified(sql, dialect, schema)
    full = column_lineage(tree.sql(dialect=dialect), dialect, schema)
    assert unnamed(told(raw)) == unnamed(told(full))
    for mine, theirs in zip(raw.columns, full.columns, strict=True):
        # sqlglot folds names for comparison, and invents `_col_0` where there is none
        assert mine.name.lower() == theirs.name.lower() or theirs.name.lower().startswith("_col_")


@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_every_column_that_has_a_source_has_it_resolved(name: str, number: int) -> None:
    found = column_lineage(suite(name).queries[number - 1], "duckdb", suite(name).schema)
    assert found.unresolved == ()
    stored = {column for columns in suite(name).schema.values() for column in columns}
    for column in found.columns:
        named = {each.name for each in sqlglot.parse_one(column.expression, read="duckdb").find_all(exp.Column)}
        assert column.sources or column.influences or not named & stored, f"{column.name}: {column.expression}"
        assert column.confidence == 1.0


@pytest.mark.parametrize(("name", "number"), QUERIES)
def test_sqlglot_finds_the_same_sources_for_each_column(name: str, number: int) -> None:
    """It makes no difference between a value and what only decides about it, in CASE or a window."""
    found = suite(name)
    tree = qualified(found.queries[number - 1], "duckdb", found.schema)
    scope = build_scope(tree)
    assert scope is not None
    ours = column_lineage(found.queries[number - 1], "duckdb", found.schema)
    for item, column in zip(tree.selects, ours.columns, strict=True):
        theirs = leaves(item.alias_or_name, tree, scope, found.schema)
        direct = {(each.table, each.column) for each in column.sources}
        deciding = {(each.table, each.column) for each in column.influences if each.column is not None}
        assert direct <= theirs <= direct | deciding, column.name


def leaves(name: str, tree: exp.Query, scope: object, schema: tpc.Schema) -> set[Column]:
    root = lineage_by_sqlglot(name, tree, dialect="duckdb", schema=schema, scope=scope)
    ends = [node for node in root.walk() if not node.downstream and isinstance(node.expression, exp.Table)]
    return {(node.expression.name, node.name.rsplit(".", 1)[-1].strip('"')) for node in ends}
