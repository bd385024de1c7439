"""The golden cases, told by us and run by DuckDB. Their format is described in `golden_cases.py`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest

from unit.clew_sql.golden_cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}: {case.name}")
def test_lineage_is_as_written(case: Case) -> None:
    assert case.told() == case.expected


def test_every_case_has_a_name_of_its_own() -> None:
    names = [(case.file, case.name) for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 400


EXECUTABLE = [
    case
    for case in CASES
    if case.dialect == "duckdb"
    and case.schema
    and case.runs
    and not case.script
    and all(case.default)
    and not any(line.startswith(("gap", "out")) for line in case.expected)
]


@pytest.mark.parametrize("case", EXECUTABLE, ids=lambda case: f"{case.file}: {case.name}")
def test_duckdb_names_the_same_columns_in_the_same_order(case: Case) -> None:
    ours = [re.sub(r"#\d+$", "", column.name) for column in case.lineage().columns]
    with _database(case) as connection:
        assert ours == [column[0] for column in connection.execute(case.sql).description]


# on data that runs in a circle a recursive query need not end
ENDING = [case for case in EXECUTABLE if "RECURSIVE" not in case.sql]


@pytest.mark.parametrize("case", ENDING, ids=lambda case: f"{case.file}: {case.name}")
def test_nothing_changes_in_duckdb_that_the_lineage_does_not_claim(case: Case) -> None:
    """Change one input column at a time: output columns that change must claim it, or their rows must."""
    lineage = case.lineage()
    rows = {(i.table, i.column) for i in lineage.rows}
    claims = [
        rows | {(s.table, s.column) for s in column.sources} | {(i.table, i.column) for i in column.influences}
        for column in lineage.columns
    ]
    for seed in range(2):
        with _database(case, seed) as connection:
            before = _outputs(connection, case)
            for key, columns in case.schema.items():
                for column in columns:
                    changed = _changed(connection, case, key, column, before)
                    unclaimed = [n for n in changed if (_full(case, key), column) not in claims[n]]
                    assert not unclaimed, f"{key}.{column} changes columns {unclaimed}"


def _full(case: Case, key: str) -> str:
    missing = 2 - key.count(".")
    return ".".join([*(str(part) for part in case.default[:missing]), key])


def _changed(
    connection: duckdb.DuckDBPyConnection, case: Case, table: str, column: str, before: list[list[str]]
) -> list[int]:
    """The positions of the output columns that another content of one input column changes."""
    kind = case.schema[table][column]
    if kind not in ("INTEGER", "VARCHAR"):
        return []
    connection.execute("BEGIN")
    try:
        connection.execute(f'UPDATE {table} SET "{column}" = ((hash(rowid, 7) % 5)::INTEGER - 1)::{kind}')
        after = _outputs(connection, case)
    finally:
        connection.execute("ROLLBACK")
    return [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]


def _outputs(connection: duckdb.DuckDBPyConnection, case: Case) -> list[list[str]]:
    """The values of each output column, in no order."""
    result = connection.execute(case.sql)
    width = len(result.description)
    rows = result.fetchall()
    return [sorted(repr(row[n]) for row in rows) for n in range(width)]


@contextmanager
def _database(case: Case, seed: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of a case's schema, empty or with a few rows of small numbers and nulls."""
    db, schema = case.default
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute(f"ATTACH ':memory:' AS {db}; CREATE SCHEMA IF NOT EXISTS {db}.{schema}; USE {db}.{schema}")
        bound = {name: case.schema[d] for name, d in case.bindings.items() if d in case.schema}
        for number, (name, columns) in enumerate({**case.schema, **bound}.items()):
            _make(connection, name.split("."), columns)
            if seed is not None:
                values = ", ".join(
                    _value(kind, 1000 * seed + 100 * number + position)
                    for position, kind in enumerate(columns.values())
                )
                connection.execute(f"INSERT INTO {name} SELECT {values} FROM range(12) AS r(n)")
        yield connection


def _value(kind: str, salt: int) -> str:
    """SQL for a value of a type that looks random and is now and then null."""
    number = f"nullif((hash(n, {salt}) % 5)::INTEGER, 4)"
    if kind.endswith("[]"):
        return f"[{_value(kind[:-2], salt + 1)}, {_value(kind[:-2], salt + 2)}]"
    if kind.startswith("STRUCT"):
        return "{" + ", ".join(f"'{name}': {number}" for name in re.findall(r"(\w+) INTEGER", kind)) + "}"
    return f"({number})::{kind}"


def _make(connection: duckdb.DuckDBPyConnection, parts: list[str], columns: dict[str, str]) -> None:
    if len(parts) == 3:
        connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {parts[0]}")
    if len(parts) > 1:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {'.'.join(parts[:-1])}")
    types = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {'.'.join(parts)} ({types})")
