"""SQL text as a fact: read anew when schema or parser change; a script as a whole; else a gap for what it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.derive import sql_lineage
from clew.house import House
from clew.query.answer import Viewer
from clew.query.terms import ChangeKind, Grain
from clew.settings import Settings
from clew_schemas import Event, Group, event

NS = "postgres://db:5432"
ME = Viewer("me")
JOB = f"urn:clew:job:({NS},nightly)"


def table(name: str) -> str:
    return f"urn:clew:dataset:({NS},shop.public.{name})"


def schema(name: str, *columns: str) -> Event:
    return event(table(name), "schema", {"columns": [{"name": each} for each in columns]})


def query(text: str, carrier: str = JOB, **members: Any) -> Event:
    said = {"text": text, "dialect": "postgres", "namespace": NS, "defaultDatabase": "shop", "defaultSchema": "public"}
    return event(carrier, "query", {**said, **members})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        yield opened


_groups = iter(range(10**6))


def say(house: House, *events: Event) -> None:
    (receipt,) = house.ledger.propose([Group("steward", f"g{next(_groups)}", events)])
    assert receipt.status == "accepted", receipt.errors
    house.catch_up()


def lineage(house: House, carrier: str = JOB) -> Any:
    return house.questions.describe(carrier, ME).aspects.get("lineage")


def flows(house: House, carrier: str = JOB) -> set[tuple[str, str, str, str]]:
    """Direct edges: output, its column, input, its column; tables by their last name."""
    said = lineage(house, carrier)
    last = (
        [each.rsplit(".", 1)[-1][:-1] for each in said["inputs"]],
        [e.rsplit(".", 1)[-1][:-1] for e in said["outputs"]],
    )
    return {(last[1][out], name, last[0][origin], column) for out, name, origin, column, *_ in said["columns"]}


def test_lineage_is_derived_again_when_a_schema_that_it_read_changes(house: House) -> None:
    say(house, schema("orders", "id", "amount"), query("INSERT INTO totals SELECT * FROM orders"))
    assert {each[3] for each in flows(house)} == {"id", "amount"}
    say(house, schema("orders", "id", "amount", "day"))
    assert {each[3] for each in flows(house)} == {"id", "amount", "day"}


def test_lineage_is_derived_again_once_when_the_parser_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with House(Settings(home=tmp_path)) as house:
        say(house, schema("orders", "id", "amount"), query("INSERT INTO totals (id) SELECT id FROM orders"))
        assert flows(house) == {("totals", "id", "orders", "id")}
    read = sql_lineage.derive
    seen: list[str] = []

    def otherwise(said: Any, datasets: Any) -> Any:
        seen.append(said["text"])
        return read({**said, "text": said["text"].replace("SELECT id", "SELECT amount")}, datasets)

    monkeypatch.setattr(sql_lineage, "derive", otherwise)
    with House(Settings(home=tmp_path)) as house:
        house.catch_up()
        assert seen == []
    monkeypatch.setattr(sql_lineage, "reading_version", lambda: 1)
    with House(Settings(home=tmp_path)) as house:
        house.catch_up()
        assert flows(house) == {("totals", "id", "orders", "amount")}
        assert len(seen) == 1
    with House(Settings(home=tmp_path)) as house:
        house.catch_up()
        assert len(seen) == 1


def test_a_statement_that_cannot_be_read_is_a_gap_of_the_assets_it_names(house: House) -> None:
    say(
        house,
        schema("orders", "id"),
        schema("people", "id"),
        query("INSERT INTO totals SELECT ((( FROM orders, nowhere"),
    )
    said = lineage(house)
    assert said["inputs"] == [table("orders")]
    assert said["unresolved"][0]["code"] == "parse_error"
    answer = house.questions.lineage(table("orders"), ME, grain=Grain.COLUMN)
    assert [(gap.code, gap.urn) for gap in answer.envelope.gaps if gap.code == "unresolved"] == [("unresolved", JOB)]
    assert not answer.envelope.complete
    unnamed = house.questions.lineage(table("people"), ME, grain=Grain.COLUMN)
    assert "unresolved" not in [gap.code for gap in unnamed.envelope.gaps]
    say(house, query("INSERT INTO totals SELECT id FROM orders"))
    assert [each["code"] for each in lineage(house)["unresolved"]] == ["unknown_target"]


def test_a_statement_that_stands_for_endless_work_is_a_gap_and_the_house_goes_on(house: House) -> None:
    twice = ", ".join(f"c{at} AS (SELECT x.*, y.* FROM c{at - 1} x CROSS JOIN c{at - 1} y)" for at in range(1, 60))
    say(house, schema("orders", "id"), query(f"CREATE TABLE x AS WITH c0 AS (TABLE orders), {twice} SELECT * FROM c59"))
    assert [each["code"] for each in lineage(house)["unresolved"]] == ["too_large"]
    answer = house.questions.impact(table("orders"), ChangeKind.DROP, ME)
    assert [(gap.code, gap.urn) for gap in answer.envelope.gaps if gap.code == "unresolved"] == [("unresolved", JOB)]
    say(house, query("INSERT INTO y SELECT id FROM orders"))
    assert flows(house)


def test_a_script_tells_every_table_that_lasts_and_reads_through_those_that_do_not(house: House) -> None:
    script = """
        CREATE TEMP TABLE w AS SELECT id, amount * 2 AS twice FROM orders;
        INSERT INTO totals (id, sum) SELECT id, twice FROM w;
        INSERT INTO other (id) SELECT id FROM people"""
    say(house, schema("orders", "id", "amount"), schema("people", "id"), query(script))
    assert flows(house) == {
        ("totals", "id", "orders", "id"),
        ("totals", "sum", "orders", "amount"),
        ("other", "id", "people", "id"),
    }
    assert [each.rsplit(".", 1)[-1] for each in lineage(house)["outputs"]] == ["totals)", "other)"]


@pytest.mark.parametrize(
    ("dialect", "move"),
    [
        ("postgres", "ALTER TABLE totals_new RENAME TO totals"),
        ("snowflake", "ALTER TABLE totals SWAP WITH totals_new"),
        ("mysql", "RENAME TABLE totals_new TO totals"),
    ],
)
def test_what_was_built_aside_and_moved_is_written_under_its_last_name(house: House, dialect: str, move: str) -> None:
    say(
        house,
        schema("orders", "id"),
        query(f"CREATE TABLE totals_new AS SELECT id FROM orders; {move}", dialect=dialect),
    )
    made = {tuple(word.lower() for word in each) for each in flows(house)}
    assert ("totals", "id", "orders", "id") in made
    assert "totals_new" not in {each[0] for each in made if each[2] == "orders"}


def test_the_last_statement_of_a_script_that_only_selects_makes_the_output(house: House) -> None:
    script = "CREATE TEMP TABLE w AS SELECT id FROM orders; SELECT id AS key FROM w"
    say(house, schema("orders", "id"), query(script, output=table("result")))
    assert flows(house) == {("result", "key", "orders", "id")}


def test_a_statement_that_cannot_be_read_and_names_what_nobody_describes_is_drawn(house: House) -> None:
    say(house, query("INSERT INTO totals SELECT a FROM orders"))
    say(house, query("SELECT ((( FROM orders", carrier=JOB.replace("nightly", "daily")))
    answer = house.questions.lineage(table("orders"), ME, grain=Grain.COLUMN)
    assert JOB.replace("nightly", "daily") in [gap.urn for gap in answer.envelope.gaps]
    assert house.doctor(mend=False)["findings"] == []


def test_no_word_of_the_sql_reaches_a_log(caplog: pytest.LogCaptureFixture, house: House) -> None:
    say(house, query("CREATE USER x PASSWORD 'hunter2' NONSENSE; EXCHANGE TABLES a hunter2"))
    assert "hunter2" not in caplog.text


def test_several_writers_of_a_table_that_nobody_describes_agree_on_its_columns(house: House) -> None:
    other = JOB.replace("nightly", "daily")
    say(house, schema("orders", "id", "amount"))
    say(house, query("INSERT INTO totals (id) SELECT id FROM orders"))
    say(house, query("INSERT INTO totals (sum, id) SELECT amount, id FROM orders", carrier=other))
    made = house.questions.describe(table("totals"), ME).aspects["schema"]["columns"]
    assert {each["name"] for each in made} == {"id", "sum"}
    say(house, query("INSERT INTO totals (id) SELECT id FROM orders WHERE id > 1"))
    assert house.questions.describe(table("totals"), ME).aspects["schema"]["columns"] == made


@pytest.mark.timeout(60)
def test_statements_that_write_what_others_of_them_read_come_to_rest(house: House) -> None:
    for number, text in enumerate(
        (
            "INSERT INTO one SELECT * FROM two",
            "INSERT INTO two SELECT * FROM one",
            "INSERT INTO one (x, y) VALUES (1, 2)",
            "INSERT INTO two SELECT z AS q, x FROM one JOIN three ON true",
            "CREATE TABLE three AS SELECT *, 1 AS k FROM two",
            "INSERT INTO one SELECT * FROM three",
        )
    ):
        say(house, query(text, carrier=f"{JOB[:-1]}{number})"))
    head = house.ledger.head_seq()
    house.catch_up()
    assert house.ledger.head_seq() == head
