"""Rewrites that DuckDB finds equal on data: how many of them the canonical form finds equal too."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import product
from typing import Any

import duckdb
import pytest

from clew_sql.canonical import canonical
from unit.clew_sql.harmless_rewrites import NOT_SEEN_THROUGH, QUERIES, SCHEMA, SEEN_THROUGH

WANTED, SHARE = 200, 0.6
STORED = {f"d.main.{table}": columns for table, columns in SCHEMA.items()}
WORDS = ("x", "y", "z", None)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS d; USE d")
    for number, (table, columns) in enumerate(SCHEMA.items()):
        types = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE TABLE {table} ({types})")
        for row in range(60):
            values = [
                _value(kind, row * (2 * at + 3) + number * 7 + at * row // 4)
                for at, kind in enumerate(columns.values())
            ]
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
    return connection


def _value(kind: str, seed: int) -> object:
    if kind == "VARCHAR":
        return WORDS[seed % 4]
    return None if seed % 11 == 10 else seed % 5


def _result(sql: str) -> tuple[list[str], list[Any]]:
    """Names of the columns and the rows, in order where the query gives one."""
    done = _database().execute(sql)
    names, rows = [each[0] for each in done.description or ()], done.fetchall()
    return names, rows if "ORDER BY i, a, b" in sql and "OVER" not in sql else sorted(rows, key=repr)


def _pairs() -> list[tuple[str, str, str]]:
    every = []
    for rewrite, sql in product((*SEEN_THROUGH, *NOT_SEEN_THROUGH), QUERIES):
        written = rewrite(sql)
        if written is not None:
            assert _result(written) == _result(sql), f"{rewrite.__name__} changes {sql} to {written}"
            every.append((rewrite.__name__, sql, written))
    return every


def _text(sql: str) -> str:
    return canonical(sql, "duckdb", STORED, "d", "main").text


def test_most_rewrites_that_give_the_same_are_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = _pairs()
    found = Counter(name for name, before, after in pairs if _text(before) == _text(after))
    tried = Counter(name for name, _, _ in pairs)
    with capsys.disabled():
        print(f"\n{found.total()} of {len(pairs)} rewrites recognised ({found.total() / len(pairs):.0%})")
        print(", ".join(f"{name} {found[name]}/{count}" for name, count in tried.items()))
    assert len(pairs) >= WANTED
    assert found.total() >= SHARE * len(pairs)
    assert all(found[rewrite.__name__] for rewrite in SEEN_THROUGH)


@pytest.mark.parametrize("sql", QUERIES)
def test_every_query_gives_rows_to_tell_apart(sql: str) -> None:
    assert len(_result(sql)[1]) > 1


def test_queries_that_differ_have_forms_that_differ() -> None:
    assert len({_text(sql) for sql in QUERIES}) == len(QUERIES)
