"""Short texts that stand for endless work are cut off, and said to be; wide and long ones that are honest are read."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from clew_sql import SqlError, column_lineage, script_lineage
from clew_sql.canonical import canonical
from clew_sql.effort import OF_STATEMENT, OF_TEXT, Effort, TooMuch
from clew_sql.patterns import is_quick

KNOWN = {"t": {"a": "int", "b": "int"}}


def listed(pattern: str, count: int) -> str:
    return ", ".join(pattern.format(at) for at in range(count))


def chained(first: str, step: str, count: int) -> str:
    """CTEs of which each reads the one before, {0}."""
    ctes = [f"c0 AS ({first})", *(f"c{at} AS ({step.format(f'c{at - 1}')})" for at in range(1, count))]
    return "WITH " + ", ".join(ctes) + f" SELECT q FROM c{count - 1}"


TWICE = "SELECT x.*, y.* FROM {0} x CROSS JOIN {0} y"
SUM = "WITH c AS (SELECT " + " + ".join(f"a{at}" for at in range(2000)) + " AS s FROM wide)"
WIDE = {"wide": {f"a{at}": "int" for at in range(2000)}, **KNOWN}
LISTS = listed("c{} IN (1, 2, 3, 4, 5, 6, 7, 8, 9)", 12)
ENDLESS = {
    "columns doubled by each CTE": chained("SELECT a, b FROM t", TWICE, 60),
    "unlisted columns doubled by each CTE": chained("SELECT * FROM u", TWICE, 60),
    "an unlisted column looked for twice in each CTE": chained(
        "SELECT * FROM u", "SELECT * FROM {0} UNION ALL SELECT * FROM {0}", 60
    ),
    "a field of which each CTE makes two": chained(
        "SELECT j AS q FROM u", "SELECT q.a AS q FROM {0} UNION ALL SELECT q.b AS q FROM {0}", 40
    ),
    "a pivot over all combinations": f"PIVOT t ON {LISTS} USING sum(a)",
    "all sources in every column": f"{SUM} SELECT {listed('s + 1 AS s{}', 2000)} FROM c",
    "all sources in every plain column": f"{SUM} SELECT {listed('s AS s{}', 2000)} FROM c",
    "all sources in every term": f"{SUM} SELECT {' + '.join(['s'] * 2000)} FROM c",
    "a long expression shown for each column": "WITH c AS (SELECT concat("
    + listed("'{}'", 12000)
    + f", a) AS s FROM t) SELECT {listed('s AS s{}', 12000)} FROM c",
    "every column looked for in every table": f"SELECT {listed('z{}', 3000)} FROM {listed('t AS t{}', 3000)}",
    "joins that compare all columns by name": "SELECT a FROM t "
    + " ".join(f"NATURAL JOIN t t{n}" for n in range(6000)),
    "windows that build on each other": f"SELECT {listed('sum(a) OVER w{}', 3000)} FROM t"
    + " WINDOW w0 AS (PARTITION BY b), "
    + ", ".join(f"w{at} AS (w{at - 1})" for at in range(1, 3000)),
}


def codes(sql: str, dialect: str = "duckdb") -> list[str]:
    return [gap.code for each in script_lineage(sql, dialect, WIDE) for gap in each.unresolved]


@pytest.mark.parametrize("sql", ENDLESS.values(), ids=ENDLESS)
def test_what_stands_for_endless_work_is_cut_off_and_said_to_be(sql: str) -> None:
    assert "too_large" in codes(sql)


@pytest.mark.parametrize("sql", ENDLESS.values(), ids=ENDLESS)
def test_to_compare_it_ends_too(sql: str) -> None:
    try:
        assert canonical(sql, "duckdb", WIDE).text
    except SqlError as error:
        assert "too much" in str(error)


def test_stars_over_a_wide_table_are_too_much_to_compare() -> None:
    with pytest.raises(SqlError, match="too much"):
        canonical(f"SELECT {', '.join('*' * 2000)} FROM wide", "duckdb", WIDE)


def test_a_script_has_an_end_too_and_the_statements_before_are_read() -> None:
    first = "INSERT INTO t SELECT a, b FROM u"
    twice = (f"CREATE TABLE c{at} AS SELECT x.*, y.* FROM c{at - 1} x CROSS JOIN c{at - 1} y" for at in range(1, 200))
    made = list(script_lineage(";".join((first, "CREATE TABLE c0 AS SELECT a, b FROM t", *twice)), "duckdb", KNOWN))
    assert [each.name for each in made[0].columns] == ["a", "b"]
    assert [len(each.columns) for each in made[1:5]] == [2, 4, 8, 16]
    assert {gap.code for each in made[-100:] for gap in each.unresolved} <= {"too_large", "unknown_table"}


HONEST: dict[str, tuple[str, int]] = {
    "a column of each of a thousand joined tables": (
        f"SELECT {listed('t{}.a', 1000)} FROM t t0 "
        + " ".join(f"JOIN t t{n} ON t{n}.a = t0.a" for n in range(1, 1000)),
        1000,
    ),
    "two hundred CTEs on a wide table": (
        chained("SELECT * FROM wide", "SELECT * FROM {0}", 200).replace("SELECT q", "SELECT *"),
        2000,
    ),
    "a wide table written column by column": (
        f"INSERT INTO wide ({listed('A{}', 2000)}) SELECT {listed('a{}', 2000)} FROM wide",
        2000,
    ),
    "a wide table updated": (f"UPDATE wide SET {listed('A{0} = a{0} + 1', 2000)}", 2000),
    "a wide sum": (f"{SUM} SELECT s FROM c", 1),
    "a thousand distinct unions": (" UNION ".join(f"SELECT a FROM t{at}" for at in range(1000)), 1),
    "a hundred distinct unions of wide tables": (" UNION ".join("SELECT * FROM wide" for _ in range(100)), 2000),
    "a thousand unions": (" UNION ALL ".join(f"SELECT a FROM t{at}" for at in range(1000)), 1),
}


@pytest.mark.parametrize("case", HONEST.values(), ids=HONEST)
@pytest.mark.parametrize("dialect", ["duckdb", "snowflake", "postgres"])
def test_what_is_long_and_wide_is_read(case: tuple[str, int], dialect: str) -> None:
    sql, columns = case
    lineage = column_lineage(sql, dialect, WIDE)
    assert not [gap for gap in lineage.unresolved if gap.code != "unknown_table"]
    assert len(lineage.columns) == columns
    assert all(column.sources for column in lineage.columns)


def test_what_is_read_again_for_each_column_has_an_end() -> None:
    values = listed("{}", 40_000)
    assert "too_large" in codes(f"SELECT * REPLACE (1 IN ({values}) AS a) FROM {listed('t t{}', 3000)}")
    assert "too_large" in codes(f"SELECT COLUMNS(*) IN ({values}) FROM {listed('t t{}', 3000)}")
    assert "too_large" in codes(f"SELECT {listed('sum(a) OVER w', 3000)} FROM t WINDOW w AS (PARTITION BY {values})")


def test_gaps_are_short_however_long_the_names() -> None:
    sql = f"SELECT {listed('z{}', 3000)} FROM t AS {'q' * 100_000}"
    assert max(len(gap.detail) for gap in column_lineage(sql, "duckdb", KNOWN).unresolved) <= 1000
    guessed = [
        len(each.unresolved)
        for each in script_lineage(";".join(f"SELECT {{{{a{at}}}}}" for at in range(500)), "duckdb", {})
    ]
    assert max(guessed) <= 60


def test_a_text_that_ends_again_and_again_is_read_or_refused() -> None:
    assert codes("END " * 1500, "tsql") is not None


def test_a_name_of_too_many_parts_is_looked_up_nowhere_and_stays_itself() -> None:
    name = ".".join(["a"] * 100_000)
    assert column_lineage(f"SELECT x FROM {name}", "duckdb", {"a": {"x": "int"}}).inputs == (name,)
    assert column_lineage("SELECT x FROM a.b.c.d", "duckdb", {"d": {"x": "int"}}).columns[0].sources[0].confidence == 1


def test_templates_that_nothing_closes_or_that_fill_in_much_have_an_end() -> None:
    assert codes("SELECT " + "{{ " * 200_000)
    assert codes("SELECT {{" + " " * 200_000)
    assert codes("SELECT a FROM t " + "{% if x %}" * 50_000)
    assert "template" in codes("{% set a = '" + "x" * 90_000 + "' %} SELECT " + "{{ a }}, " * 5000 + "1")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*$",
        "((a|b)c?)+",
        "a*" * 20 + "b",
        "(a{1,9}){1,9}",
        "(?:x(a*))*",
        "a?" * 26 + "a" * 26,
        "(a|a)" * 22 + "!",
        "(?x)(a+) +!",
    ],
)
def test_a_pattern_that_may_take_for_ever_is_not_run(pattern: str) -> None:
    assert not is_quick(pattern)
    wide = {"r": {"a" * 60 + "!": "int", "b": "int"}}
    made = column_lineage(f"SELECT COLUMNS('{pattern}') FROM r", "duckdb", wide)
    assert [gap.code for gap in made.unresolved] == ["unsupported_expression"]


@pytest.mark.parametrize(
    "pattern", ["^(min|max)_.*", r".*_\d+$", "[+*]+x", r"\(a\)+", "(a)?(b)?", "(id|key)$", "[](+*]*"]
)
def test_plain_patterns_are_quick(pattern: str) -> None:
    assert is_quick(pattern)


def steps(parts: Iterable[int]) -> int:
    effort = Effort()
    for part in parts:
        effort.begin()
        effort.spend(part)
    return effort.taken


def test_each_statement_has_its_share_until_the_texts_are_taken() -> None:
    assert steps([OF_STATEMENT] * 3) == 3 * OF_STATEMENT
    with pytest.raises(TooMuch):
        steps([OF_STATEMENT + 1])
    with pytest.raises(TooMuch):
        steps([OF_STATEMENT] * (OF_TEXT // OF_STATEMENT) + [1])
