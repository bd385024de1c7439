"""Changes followed through SQL: what breaks, what changes meaning, what is safe, what is nothing."""

from __future__ import annotations

import pytest

from unit.clew.check.states import Known, check_sql, checked, dbt, kinds, verdicts

RAW = Known({"raw": {"id": "INTEGER", "a": "INTEGER", "b": "VARCHAR"}}, {"board": ["mart"], "tile": ["mart.total"]})
STG = "create view stg as select id, a, b from raw where a > 0"
MART = "create table mart as select b, sum(a) as total, count(id) as n from stg group by b"
BASE = {"stg": STG, "mart": MART}


def after(**texts: str) -> dict[str, str]:
    return {**BASE, **texts}


def test_nothing_written_is_nothing() -> None:
    outcome = check_sql(BASE, BASE, RAW)
    assert (outcome.summary.value, outcome.changes, outcome.exit_code) == ("nothing", (), 0)


def test_layout_is_harmless_and_reaches_nobody() -> None:
    outcome = check_sql(
        BASE, after(stg="CREATE VIEW stg AS\nSELECT raw.id, raw.a, b -- all\nFROM raw\nWHERE 0 < a"), RAW
    )
    assert kinds(outcome) == {("harmless", "stg", None)}
    assert outcome.summary.value == "nothing"


def test_a_dropped_column_breaks_who_names_it_and_who_reads_what_is_not_built() -> None:
    outcome = check_sql(BASE, after(stg="create view stg as select id, b from raw where a > 0"), RAW)
    assert kinds(outcome) >= {("dropped", "stg", "a"), ("broken", "mart", None)}
    assert verdicts(outcome)["mart"] == verdicts(outcome)["board"] == verdicts(outcome)["tile"] == "breaks"
    (mart,) = [each.asset for each in outcome.judgement.assets if each.asset.kind == "dataset"]
    assert [step.start.endswith("stg,a)") for step in mart.path] == [True]
    assert outcome.exit_code == 1


def test_a_column_that_only_a_star_hands_on_is_gone_there_too() -> None:
    before = {"stg": STG, "copy": "create view copy as select * from stg"}
    outcome = check_sql(before, {**before, "stg": "create view stg as select id, b from raw where a > 0"}, RAW)
    assert kinds(outcome) == {("dropped", "stg", "a"), ("dropped", "copy", "a")}
    assert verdicts(outcome) == {"copy": "breaks"}


def test_a_rename_that_everybody_follows_is_safe() -> None:
    renamed = after(
        stg="create view stg as select id, a as amount, b from raw where a > 0",
        mart="create table mart as select b, sum(amount) as total, count(id) as n from stg group by b",
    )
    outcome = check_sql(BASE, renamed, RAW)
    assert kinds(outcome) == {("renamed", "stg", "a"), ("harmless", "mart", None)}
    assert (outcome.summary.value, outcome.exit_code) == ("safe", 0)


def test_a_rename_that_somebody_forgot_breaks() -> None:
    outcome = check_sql(BASE, after(stg="create view stg as select id, a as amount, b from raw where a > 0"), RAW)
    assert ("broken", "mart", None) in kinds(outcome)
    assert any("renamed to amount" in change.why for change in outcome.changes)


def test_two_columns_that_change_places_change_meaning() -> None:
    outcome = check_sql(BASE, after(stg="create view stg as select a as id, id as a, b from raw where a > 0"), RAW)
    assert {("remeant", "stg", "a"), ("remeant", "stg", "id"), ("remeant", "mart", "total")} <= kinds(outcome)
    assert outcome.summary.value == "changes meaning"


def test_a_changed_formula_changes_what_is_made_of_it_and_nothing_else() -> None:
    outcome = check_sql(BASE, after(stg="create view stg as select id, a * 2 as a, b from raw where a > 0"), RAW)
    assert kinds(outcome) == {("remeant", "stg", "a"), ("remeant", "mart", "total")}
    assert verdicts(outcome) == {"stg": "changes", "mart": "changes", "board": "changes", "tile": "changes"}
    untouched = check_sql(BASE, after(stg="create view stg as select id + 1 as id, a, b from raw where a > 0"), RAW)
    assert "tile" not in verdicts(untouched)


def test_other_rows_change_every_column() -> None:
    outcome = check_sql(BASE, after(stg=STG.replace("> 0", ">= 0")), RAW)
    assert kinds(outcome) == {("remeant", "stg", None), ("remeant", "mart", None)}


def test_another_type_may_break_who_takes_the_value() -> None:
    before = after(stg="create view stg as select id, cast(a as integer) as a, b from raw")
    outcome = check_sql(before, after(stg="create view stg as select id, cast(a as bigint) as a, b from raw"), RAW)
    assert ("retyped", "stg", "a") in kinds(outcome)
    assert verdicts(outcome)["stg"] == "changes"


def test_a_model_that_is_gone_breaks_its_readers_and_a_new_one_nobody() -> None:
    outcome = check_sql(BASE, {"mart": MART}, RAW)
    assert {("dropped", "stg", None), ("broken", "mart", None)} <= kinds(outcome)
    new = check_sql(BASE, after(more="create table more as select b from stg"), RAW)
    assert (kinds(new), new.summary.value) == ({("added", "more", None)}, "safe")


def test_a_new_model_that_names_what_is_not_there_breaks() -> None:
    outcome = check_sql(BASE, after(more="create table more as select nowhere from stg"), RAW)
    assert ("broken", "more", None) in kinds(outcome)


def test_sql_that_does_not_parse_is_a_gap_at_its_place_and_the_rest_goes_on() -> None:
    broken = {**after(stg=STG.replace("> 0", ">= 0")), "bad": "select 1;\n\nselect a from from where"}
    outcome = check_sql(BASE, broken, RAW)
    (gap,) = [each for each in outcome.gaps if each.code == "parse_error"]
    assert gap.place is not None and (gap.place.file, gap.place.line) == ("bad.sql", 3)
    assert ("remeant", "stg", None) in kinds(outcome)
    assert outcome.exit_code == 3


def test_what_a_file_built_that_is_not_understood_any_more_may_have_changed() -> None:
    outcome = check_sql(BASE, after(stg="create view stg as selec a from from raw"), RAW)
    assert ("unread", "stg", None) in kinds(outcome)
    assert verdicts(outcome)["mart"] == "may_break"


def test_models_in_a_circle_end() -> None:
    circle = {"x": "create view x as select a from y", "y": "create view y as select a from x"}
    outcome = check_sql(circle, {**circle, "x": "create view x as select a + 1 as a from y"}, Known())
    assert outcome.summary.value == "changes meaning"


def test_a_macro_that_changed_changes_every_model_that_calls_it() -> None:
    macro = "{% macro doubled(x) %}\n({{ x }} * 2)\n{% endmacro %}"
    files = {
        "macros/doubled.sql": macro,
        "models/one.sql": "select {{ doubled('a') }} as d from {{ source('raw', 't') }}",
        "models/two.sql": "select a from {{ source('raw', 't') }}",
    }
    outcome = checked(dbt(files), dbt({**files, "macros/doubled.sql": macro.replace("* 2", "* 3")}))
    assert kinds(outcome) == {("remeant", "one", None)}
    assert checked(dbt(files), dbt({**files, "macros/doubled.sql": macro + "\n\n"})).changes == ()


def test_references_are_as_good_as_compiled_and_other_templates_are_compared_to_the_letter() -> None:
    one = "{{ config(materialized='view') }}\nselect a, b from {{ ref('base') }} where a = 1"
    files = {"models/base.sql": "select 1 as a, 2 as b", "models/one.sql": one}
    tidy = "{{ config(materialized='view') }}\nSELECT base.a, b FROM {{ ref('base') }} AS base WHERE 1 = a"
    assert kinds(checked(dbt(files), dbt({**files, "models/one.sql": tidy}))) == {("harmless", "one", None)}
    other = dbt({**files, "models/one.sql": one.replace("'view'", "'table'")})
    assert kinds(checked(dbt(files), other)) == {("remeant", "one", None)}


def test_an_exposure_hangs_on_what_it_depends_on() -> None:
    files = {
        "models/one.sql": "select a from {{ source('raw', 't') }}",
        "models/exposures.yml": "exposures:\n  - {name: board, label: The board, type: dashboard,"
        " owner: {email: a@b.example}, depends_on: [\"ref('one')\"]}\n",
    }
    outcome = checked(dbt(files), dbt({**files, "models/one.sql": "select b as a from {{ source('raw', 't') }}"}))
    (board,) = [each.asset for each in outcome.judgement.assets if each.asset.kind == "dashboard"]
    assert (board.name, board.verdict.value, board.owners) == ("The board", "changes", ("a@b.example",))


@pytest.mark.parametrize("text", ["select " + "(" * 600 + "1" + ")" * 600 + " as a", "select 'open as a from t"])
def test_a_model_that_can_not_be_read_after_may_break_its_readers(text: str) -> None:
    files = {"models/one.sql": "select 1 as a", "models/two.sql": "select a from {{ ref('one') }}"}
    outcome = checked(dbt(files), dbt({**files, "models/one.sql": text}))
    assert verdicts(outcome)["two"] == "may_break"
    assert outcome.gaps[0].place is not None and outcome.gaps[0].place.file == "models/one.sql"
