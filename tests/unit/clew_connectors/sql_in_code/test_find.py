"""SQL is found among the strings of code, put together as the code does, with its place; prose is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clew_connectors.sql_in_code.find import in_notebook, in_python, reads_as_sql
from clew_connectors.sql_in_code.records import Place
from clew_schemas.errors import BadInput


def texts(source: str) -> list[str]:
    return [text for text, _ in in_python(source, "etl.py")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('db.execute("SELECT a FROM t")', "SELECT a FROM t"),
        ('db.execute("select a " "from t")', "select a from t"),
        ("QUERY = '''\n  select a\n  from t\n'''", "select a\n  from t"),
        ("x = 'INSERT INTO t ' + 'SELECT a FROM u'", "INSERT INTO t SELECT a FROM u"),
        ("x = f'SELECT a FROM {table} WHERE b = {self.b}'", "SELECT a FROM {{ table }} WHERE b = {{ b }}"),
        ("x = 'SELECT a FROM ' + name", "SELECT a FROM {{ name }}"),
        ("x = 'SELECT a FROM {} WHERE b = {c:.2f}'.format(t, c=1)", "SELECT a FROM {{ value }} WHERE b = {{ c }}"),
        ("x = 'SELECT a FROM %s' % table", "SELECT a FROM ?"),
        ("cur.execute('SELECT a FROM t WHERE b = %s AND c = %(c)s', (1,))", "SELECT a FROM t WHERE b = ? AND c = ?"),
        ("cur.execute(\"SELECT a FROM t WHERE b LIKE '%s'\")", "SELECT a FROM t WHERE b LIKE '%s'"),
        ("x = 'WITH w AS (SELECT 1) SELECT * FROM w'", "WITH w AS (SELECT 1) SELECT * FROM w"),
        ("x = '-- first\\nCREATE OR REPLACE VIEW v AS SELECT 1'", "-- first\nCREATE OR REPLACE VIEW v AS SELECT 1"),
        ("x = 'UPDATE t SET a = 1'", "UPDATE t SET a = 1"),
        ("run(sql='merge into t using u on t.a = u.a')", "merge into t using u on t.a = u.a"),
    ],
)
def test_sql_is_found_as_the_code_puts_it_together(source: str, expected: str) -> None:
    assert texts(source) == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "print('Select a file from the list')",
        "x = 'with best wishes'",
        "x = 'update the settings'",
        "x = 'SELECT'",
        "def f():\n    '''SELECT a FROM t is what this runs'''",
        "x = 3 + 4",
        "raise ValueError('insert a coin')",
        "x = b'SELECT a FROM t'",
    ],
)
def test_what_is_no_sql_is_not(source: str) -> None:
    assert texts(source) == []


def test_places_name_function_line_and_column() -> None:
    method = "class Loader:\n    def load(self):\n        db.execute(\n            'SELECT a FROM t')\n"
    source = f"{method}X = 'SELECT b FROM u'\n"
    assert [place for _, place in in_python(source, "etl.py")] == [
        Place("etl.py", "Loader.load", 4, 13),
        Place("etl.py", "", 5, 5),
    ]


def test_what_is_no_python_is_said_with_its_line() -> None:
    with pytest.raises(BadInput) as raised:
        texts("x = 1\ny = (")
    assert raised.value.where == "etl.py, line 2"


def notebook(*cells: tuple[str, str]) -> str:
    made = [{"cell_type": kind, "source": source.splitlines(keepends=True)} for kind, source in cells]
    return json.dumps({"cells": made, "nbformat": 4})


def found(data: str) -> list[Any]:
    return list(in_notebook(data, "n.ipynb"))


def test_cells_of_a_notebook_are_read_as_python_or_by_their_magic() -> None:
    data = notebook(
        ("markdown", "SELECT a FROM prose"),
        ("code", "%matplotlib inline\n!ls\nx = spark.sql('SELECT a FROM t')"),
        ("code", "%%sql\nSELECT b\nFROM u"),
        ("code", "y = 1\nz = %sql SELECT c FROM v"),
        ("code", "%%bash\necho SELECT a FROM t"),
    )
    assert found(data) == [
        ("SELECT a FROM t", Place("n.ipynb", "", 3, 15, 2)),
        ("SELECT b\nFROM u", Place("n.ipynb", "", 2, 1, 3)),
        ("SELECT c FROM v", Place("n.ipynb", "", 2, 1, 4)),
    ]


def test_a_cell_that_cannot_be_read_hides_no_other() -> None:
    first, (text, place) = found(notebook(("code", "x = ("), ("code", "q = 'SELECT a FROM t'")))
    assert (first.where, text, place.cell) == ("n.ipynb, cell 1, line 1", "SELECT a FROM t", 2)


@pytest.mark.parametrize("data", ["", "[]", "{}", '{"cells": 3}', '{"cells": [{}]}'])
def test_what_is_no_notebook_is_said(data: str) -> None:
    with pytest.raises(BadInput, match="not a notebook"):
        found(data)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["(", " ", "/*", "--\n", "SELECT ", "WITH a ", "CREATE a ", "CREATE OR REPLACE a a "])
def test_no_string_takes_long_to_look_at(piece: str) -> None:
    assert not reads_as_sql(piece * (190_000 // len(piece)) + "x")
