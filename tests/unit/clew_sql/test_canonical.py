"""What the canonical form sees through, what it keeps apart, and where it gives up."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot.errors import SqlglotError

from clew_sql import SqlError
from clew_sql.canonical import canonical, same_words
from unit.clew_sql.golden_cases import CASES

SCHEMA = {
    "d.s.t": {"i": "INTEGER", "a": "INTEGER", "b": "INTEGER", "c": "VARCHAR"},
    "d.s.u": {"i": "INTEGER", "x": "INTEGER"},
}


def text(sql: str, dialect: str = "duckdb") -> str:
    return canonical(sql, dialect, SCHEMA, "d", "s").text


SAME = [
    ("select * from t", "SELECT i, a, b, c FROM d.s.t AS other"),
    ("select * exclude (c) from t", "select i, a, b from t"),
    ("select * replace (a + 1 as a) from t", "select i, a + 1 as a, b, c from t"),
    ("with w as (select a, b from t) select a from w", "select q.a from (select a, b from t) as q"),
    ("with w as (select a as n from t) select n from w where n > 1", "select n from (select a n from t) where n > 1"),
    ("select t.a, u.x from t join u on t.i = u.i", "select k.a, u.x from u, t as k where u.i = k.i"),
    ("select t.a, u.x from t left join u on t.i = u.i", "select t.a, u.x from u right join t on u.i = t.i"),
    ("select a from t where exists (select 1 from u where u.i = t.i)",
     "select a from t k where exists (select 1 from u l where k.i = l.i)"),
    ("select case a when 1 then b else null end as q from t", "select case when 1 = a then b end as q from t"),
    ("select a, sum(b) as s from t group by 1 order by 2", "select a, sum(b) as s from t group by a order by s"),
    ("select a from t where not a in (1, 2)", "select a from t where a not in (2, 1)"),
    ("select a from (select a from t union all select x from u)", "select a from t union all (select x from u)"),
    ("select coalesce(a, 0) as a, a + b as s from t where a > 1",
     "select coalesce(t.a, 0) as a, t.a + t.b as s from t where t.a > 1"),
    ("select coalesce(n, 0) as n from unknown", "select coalesce(unknown.n, 0) as n from unknown"),
    ("create view v as select a from t", "CREATE VIEW v AS (SELECT d.s.t.a FROM t)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_said_otherwise_has_the_same_form(one: str, other: str) -> None:
    assert text(one) == text(other)


APART = [
    ("select a from t", "select a as b from t"),
    ("select a, b from t", "select b, a from t"),
    ("select t.a from t left join u on t.i = u.i where u.x > 1",
     "select t.a from t left join u on t.i = u.i and u.x > 1"),
    ("select x.* from t as x join u as y on x.i = y.i", "select x.* from u as x join t as y on x.i = y.i"),
    ("select x from unknown as x", "select x from unknown as y"),
    ("select a from t where i in (select i from u)", "select a from t where i in (select t.i from u)"),
    ("with r as (select random() as v from t) select x.v from r x join r y on x.v = y.v",
     "select x.v from (select random() as v from t) x join (select random() as v from t) y on x.v = y.v"),
    ("select a from t order by a limit 3", "select a from t limit 3"),
    ("select a from t join u on t.i = u.i limit 3", "select a from u join t on t.i = u.i limit 3"),
    ("select a + 1 from t", "select t.a + 1 from t"),
    ("select count(a) as n from t", "select count(*) as n from t"),
    ("select a from t where c = 'x'", "select a from t where c = 'X'"),
    ("select sum(a) over (order by b) as s from t",
     "select sum(a) over (order by b rows unbounded preceding) as s from t"),
    ("create view v as select a from t", "create table v as select a from t"),
    ("select a from t where not (a = any (select x from u))", "select a from t where a <> any (select x from u)"),
    ("select a + 1 as x, x * 2 as y from unknown", "select a + 1 as x, unknown.x * 2 as y from unknown"),
    ("select a as x from t group by x", "select a as x from t group by b"),
    ("update t set a = b", "update t set b = a"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_may_differ_is_kept_apart(one: str, other: str) -> None:
    assert text(one) != text(other)


def test_columns_of_a_lateral_view_are_none_of_the_table() -> None:
    one = "select x from w lateral view explode(a) v as x"
    assert text(one, "spark") != text(one.replace("select x", "select w.x"), "spark")


def test_names_fold_as_the_dialect_folds_them() -> None:
    assert text("select A from T", "snowflake") == text("select a from t", "snowflake")
    assert text('select "A" from t', "postgres") != text("select a from t", "postgres")


def test_columns_are_told_apart_from_the_rows_that_they_stand_in() -> None:
    before = canonical("select a, b + 1 as n from t where a > 1", "duckdb", SCHEMA, "d", "s")
    after = canonical("select a, b + 2 as n from t where a > 1", "duckdb", SCHEMA, "d", "s")
    rows = canonical("select a, b + 1 as n from t where a > 2", "duckdb", SCHEMA, "d", "s")
    assert before.columns and after.columns and rows.columns
    assert before.frame == after.frame != rows.frame
    assert before.columns[0] == after.columns[0] == rows.columns[0]
    assert before.columns[1].form != after.columns[1].form


def test_an_aggregate_in_the_place_of_a_column_is_other_rows() -> None:
    before = canonical("select a from t", "duckdb", SCHEMA, "d", "s")
    after = canonical("select max(a) as a from t", "duckdb", SCHEMA, "d", "s")
    assert before.frame != after.frame


def test_a_query_is_read_under_new_names_of_columns_and_tables() -> None:
    read = canonical(
        "select a from t where b > 1", "duckdb", SCHEMA, "d", "s",
        renamed={"d.s.t": {"b": "bee"}}, moved={"d.s.t": "d.s.tee"},
    )  # fmt: skip
    after = {"d.s.tee": {"i": "", "a": "", "bee": "", "c": ""}}
    assert read.text == canonical("select a from tee where bee > 1", "duckdb", after, "d", "s").text
    assert read.resolved


def test_what_is_left_as_it_stands_is_not_resolved() -> None:
    assert not canonical("select * from unknown", "duckdb", {}).resolved
    assert not canonical("select a from one join two using (i)", "duckdb", {}).resolved


def test_engines_that_name_columns_by_their_text_keep_the_text() -> None:
    assert text("select a+1 from t", "duckdb") == text("select a + 1 from t", "duckdb")
    assert text("select a+1 from t", "mysql") != text("select a + 1 from t", "mysql")
    assert text("select a+1 as n from t", "mysql") == text("select a + 1 as n from t", "mysql")


def test_layout_and_comments_are_no_words_but_templates_are() -> None:
    assert same_words(
        "select a -- why\nfrom t", "SELECT\n a FROM t".replace("SELECT", "select").replace("FROM", "from"), "duckdb"
    )
    assert not same_words("select a from t", "select b from t", "duckdb")
    assert not same_words("select {{ x }} from t", "select {{ y }} from t", "duckdb")
    assert same_words("select {{ x }}  \n\nfrom t", "select {{ x }}\nfrom t", "duckdb")


def test_layout_and_comments_make_no_difference_to_the_golden_queries(capsys: pytest.CaptureFixture[str]) -> None:
    """But where sqlglot itself writes another query than it read, which is the case for a few."""
    tried = same = 0
    for case in CASES:
        if case.script or case.file in ("jinja", "routines"):
            continue
        try:
            tidied = sqlglot.parse_one(case.sql, read=case.dialect).sql(dialect=case.dialect, pretty=True)
            forms = [
                canonical(sql, case.dialect, case.schema, *case.default).text
                for sql in (case.sql, f"/* tidied */\n{tidied}\n-- the end")
            ]
        except (SqlError, SqlglotError):
            continue
        tried += 1
        same += forms[0] == forms[1]
    with capsys.disabled():
        print(f"\n{same} of {tried} golden queries are the same after sqlglot has laid them out")
    assert tried > 350
    assert same >= 0.95 * tried


def test_what_does_not_parse_says_line_and_column() -> None:
    with pytest.raises(SqlError) as error:
        canonical("select a\n  from t where where", "duckdb", {})
    assert (error.value.line, error.value.column) > (1, 1)
    with pytest.raises(SqlError, match="expected one statement"):
        canonical("select 1; select 2", "duckdb", {})


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 450 + "1" + ")" * 450 + " as n",
        "select " + "f(" * 450 + "1" + ")" * 450 + " as n",
        "select " * 1 + "case when a > 1 then " * 300 + "1" + " end" * 300 + " as n from t",
        "select a from " + "(select a from " * 300 + "t" + ")" * 300,
    ],
)
def test_deep_nesting_is_read_or_refused_in_words(sql: str) -> None:
    try:
        assert text(sql) == text(sql + " ")
    except SqlError as error:
        assert "nested too deeply" in error.what


def test_ten_thousand_terms_and_a_megabyte_are_read() -> None:
    terms = " + ".join(f"a{at}" for at in range(10_000))
    assert text(f"select {terms} as n from w") != text(f"select {terms} + 1 as n from w")
    parts = [f"a = {at}" for at in range(10_000)]
    assert text(f"select a from t where {' or '.join(parts)}") == text(
        f"select a from t where {' or '.join(parts[::-1])}"
    )
    columns = ", ".join(f"coalesce(a, {at}) + b * {at} as column_number_{at}" for at in range(20_000))
    assert len(columns) > 1_000_000
    assert text(f"select {columns} from t") != text(f"select {columns}, 1 as one from t")
