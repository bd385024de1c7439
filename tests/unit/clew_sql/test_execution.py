"""Claims about SQL held against SQLite and, for statements that write, DuckDB: one input column is changed at a time,
and only what claims it may change."""

import sqlite3
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from clew_sql import Lineage, column_lineage
from unit.clew_sql.golden_cases import CASES, Case

COLUMNS = {"t": ["i", "k", "a", "b", "c"], "u": ["i", "a", "b", "c"]}
SCHEMA = {name: dict.fromkeys(columns, "INTEGER") for name, columns in COLUMNS.items()}

QUERIES = [
    "SELECT a, b + k AS s FROM t WHERE c > 1",
    "SELECT t.a, u.b FROM t JOIN u ON t.i = u.i",
    "SELECT t.a, u.b FROM t LEFT JOIN u ON t.i = u.i AND u.a > 1",
    "SELECT i, a FROM t JOIN u USING (i, a)",
    "SELECT * FROM t NATURAL JOIN u",
    "SELECT k, sum(a) AS s, count(b) AS n FROM t GROUP BY k HAVING max(c) > 1",
    "SELECT a, (SELECT max(u.b) FROM u WHERE u.i = t.i) AS m FROM t",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.i = t.i AND u.c > 1)",
    "SELECT a FROM t WHERE i NOT IN (SELECT a FROM u WHERE b > 1)",
    "SELECT CASE WHEN a > 1 THEN b ELSE c END AS x, coalesce(a, k) AS y FROM t",
    "SELECT row_number() OVER (PARTITION BY k ORDER BY a, b) AS r, sum(b) OVER (PARTITION BY c) AS s FROM t",
    "SELECT a FROM t UNION SELECT b FROM u WHERE c > 1",
    "SELECT a, b FROM t EXCEPT SELECT a, b FROM u",
    "SELECT a FROM t INTERSECT SELECT i FROM u",
    "WITH w AS (SELECT k, max(b) AS m FROM t GROUP BY k) SELECT u.a, w.m FROM u JOIN w ON w.k = u.i",
    "SELECT DISTINCT k, c FROM t ORDER BY k LIMIT 3",
    "WITH RECURSIVE r(x, n) AS (SELECT a, 1 FROM u WHERE b > 2 UNION ALL SELECT x + 1, n + 1 FROM r WHERE n < 3)"
    " SELECT x FROM r",
    "SELECT x.a, y.b FROM t AS x, t AS y WHERE x.i = y.k",
    "SELECT q.s FROM (SELECT a + b AS s, c FROM u) AS q WHERE q.c IS NOT NULL",
    "SELECT lag(a) OVER (ORDER BY i, k, a, b, c) AS p FROM t",
]

WRITES = [
    "UPDATE t SET a = (SELECT max(u.b) FROM u WHERE u.i = t.i) WHERE k > 1",
    "UPDATE t SET a = u.b, c = t.k + u.a FROM (SELECT i, max(a) AS a, max(b) AS b FROM u GROUP BY i) AS u"
    " WHERE u.i = t.i",
    "UPDATE t SET b = CASE WHEN a > 1 THEN k ELSE c END",
    "DELETE FROM t WHERE i IN (SELECT a FROM u WHERE b > 1)",
    "INSERT INTO t (i, a) SELECT i, a + b FROM u WHERE c > 1",
    "INSERT INTO t SELECT i, a, b, c, i FROM u",
]


def _fill(run: Callable[[str], Any]) -> None:
    for at, (name, columns) in enumerate(COLUMNS.items()):
        run(f"CREATE TABLE {name} ({', '.join(f'{column} INTEGER' for column in columns)})")
        for row in range(12):
            values = [(row * (3 + 2 * n) + at * 7 + n * n + row // 3) % 6 for n, _ in enumerate(columns)]
            run(f"INSERT INTO {name} VALUES ({', '.join('NULL' if value == 5 else str(value) for value in values)})")


def _claims(lineage: Lineage) -> dict[str, set[tuple[str, str | None]]]:
    rows = {(each.table, each.column) for each in lineage.rows}
    return {
        column.name: rows
        | {(each.table, each.column) for each in column.sources}
        | {(each.table, each.column) for each in column.influences}
        for column in lineage.columns
    }


def _sorted(rows: list[Any], width: int) -> list[list[str]]:
    return [sorted(repr(row[at]) for row in rows) for at in range(width)]


CHANGES = ("(rowid * 7) % 5 - 1", "CASE WHEN rowid % 3 = 0 THEN NULL ELSE {x} END", "{x} + 1", "4 - {x}")


@pytest.mark.parametrize("sql", QUERIES)
def test_nothing_changes_in_sqlite_that_the_lineage_does_not_claim(sql: str) -> None:
    claims = list(_claims(column_lineage(sql, "sqlite", SCHEMA)).values())
    seen = set()
    for table, columns in COLUMNS.items():
        for column in columns:
            for change in CHANGES:
                with sqlite3.connect(":memory:") as connection:
                    _fill(connection.execute)
                    before = _sorted(connection.execute(sql).fetchall(), len(claims))
                    connection.execute(f"UPDATE {table} SET {column} = {change.format(x=column)}")
                    after = _sorted(connection.execute(sql).fetchall(), len(claims))
                changed = [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
                assert all((table, column) in claims[n] for n in changed), (table, column, changed)
                seen |= {(n, table, column) for n in changed}
    assert seen


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("sql", WRITES)
def test_nothing_is_written_that_the_lineage_does_not_claim(sql: str, engine: str) -> None:
    """A column of the written table changes with itself too: what is not assigned stays."""
    lineage = column_lineage(sql, engine, SCHEMA)
    told = _claims(lineage)
    rows = {(each.table, each.column) for each in lineage.rows}
    for table, columns in COLUMNS.items():
        for column in columns:
            before, after = _written(sql, engine, None), _written(sql, engine, (table, column))
            for at, name in enumerate(COLUMNS["t"]):
                claimed = told.get(name, rows) | rows | {("t", name)}
                assert before[at] == after[at] or (table, column) in claimed, (name, table, column)


def _written(sql: str, engine: str, changed: tuple[str, str] | None) -> list[list[str]]:
    connection: Any = sqlite3.connect(":memory:") if engine == "sqlite" else duckdb.connect()
    with connection:
        _fill(connection.execute)
        if changed is not None:
            table, column = changed
            connection.execute(f"UPDATE {table} SET {column} = (rowid * 7) % 5 - 1")
        connection.execute(sql)
        return _sorted(connection.execute("SELECT * FROM t").fetchall(), len(COLUMNS["t"]))


def test_the_golden_cases_of_sqlite_run_in_sqlite() -> None:
    ran = 0
    for case in CASES:
        if case.dialect == "sqlite" and not any(line.startswith("gap") for line in case.expected):
            ran += _runs(case)
    assert ran >= 8


def _runs(case: Case) -> bool:
    with sqlite3.connect(":memory:") as connection:
        for name, columns in case.schema.items():
            unique = ", UNIQUE (i)" if case.file == "upsert" and "i" in columns else ""
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)}{unique})")
        try:
            connection.execute(case.sql)
        except sqlite3.OperationalError as error:
            # the version of SQLite at hand lacks the construct
            assert "syntax" in str(error) or "no such" in str(error), error
            return False
    return True
