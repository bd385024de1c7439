"""From a query log to use and lineage: sessions with temporary tables and moves, counts, what is read once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clew.derive import statements as reading
from clew.derive.query_log import QueryLogs
from clew.derive.statements import Script, Setting, Statements
from clew.house import House
from clew.ledger.port import DERIVED_QUERY_LOG
from clew.query.answer import Viewer
from clew.settings import Settings
from clew_schemas import Event, Group, event
from clew_sql import script_lineage

NS = "postgres://db:5432"
ME = Viewer("me")
TEN = 1_763_632_800_000_000
"""2025-11-20T10:00:00Z"""
DAY = "urn:clew:object:(postgres://db:5432,query_log.queries.2025-11-20)"


def table(name: str) -> str:
    return f"urn:clew:dataset:({NS},shop.public.{name})"


ORDERS = event(table("orders"), "schema", {"columns": [{"name": each} for each in ("id", "amount", "customer")]})
CUSTOMERS = event(table("customers"), "schema", {"columns": [{"name": "id"}, {"name": "name"}]})


def point(
    *ran: tuple[str, str | None, str], hour: int = TEN, step: int = 0, log: str = DAY, dialect: str = "postgres"
) -> Event:
    """A point of the log: (text, session, user) for each statement, one a second."""
    texts = list(dict.fromkeys(text for text, _, _ in ran))
    words = ["shop", "public", *dict.fromkeys(word for _, *both in ran for word in both if word is not None)]
    rows = [
        [
            hour + step * 60_000_000 + second * 1_000_000,
            texts.index(text),
            -1 if session is None else words.index(session),
            words.index(user),
            0,
            1,
            1,
        ]
        for second, (text, session, user) in enumerate(ran)
    ]
    said = {"dialect": dialect, "namespace": NS, "texts": texts, "words": words, "rows": rows}
    return event(log, "logged_queries", said, time=datetime.fromtimestamp(hour / 1e6, UTC), step=step)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        yield opened


_groups = iter(range(10**6))


def say(house: House, *events: Event) -> None:
    (receipt,) = house.ledger.propose([Group("steward", f"g{next(_groups)}", events)])
    assert receipt.status in ("accepted", "unchanged"), receipt.errors
    house.catch_up()


def newest(house: House, urn: str, aspect: str = "usage") -> dict[str, Any]:
    (entity,) = house.ledger.ids([urn])
    return house.ledger.newest_points([entity], [aspect])[entity][aspect].payload


def carriers(house: House) -> dict[str, Any]:
    """The lineage of each told statement, by its text."""
    found = {}
    for entity, aspect in house.ledger.live_keys():
        (known,) = house.ledger.entities([entity])
        if aspect == "query" and known is not None:
            said = house.questions.describe(known.urn, ME).aspects
            found[said["query"]["text"]] = said.get("lineage")
    return found


def edges(said: Any) -> set[tuple[str, str, str, str]]:
    def last(urn: str) -> str:
        return urn.rsplit(".", 1)[-1][:-1]

    return {
        (last(said["outputs"][o]), name, last(said["inputs"][i]), column) for o, name, i, column, *_ in said["columns"]
    }


def test_use_is_counted_by_user_and_column(house: House) -> None:
    say(house, ORDERS, CUSTOMERS)
    say(house, point(("SELECT id FROM orders WHERE amount > 0", "s1", "ada")))
    say(house, point(("SELECT customer FROM orders", "s1", "ada"), ("SELECT id FROM orders", "s2", "bob"), step=1))
    said = newest(house, table("orders"))
    assert (said["reads"], said["writes"]) == (3, 0)
    assert said["users"] == [{"user": "ada", "reads": 2}, {"user": "bob", "reads": 1}]
    assert said["columns"] == {"id": 2, "amount": 1, "customer": 1}
    assert said["since"] == "2025-11-20T00:00:00Z"
    assert said["lastRead"] == "2025-11-20T10:01:01Z"


def test_join_keys_are_counted_with_what_they_join(house: House) -> None:
    say(house, ORDERS, CUSTOMERS)
    joined = "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer"
    say(house, point((joined, None, "ada"), (joined, None, "bob")))
    assert newest(house, table("orders"), "join_keys") == {
        "columns": {"customer": 2},
        "others": {table("customers"): 2},
    }
    assert newest(house, table("customers"), "join_keys")["columns"] == {"id": 2}


def test_a_statement_that_writes_has_lineage_and_one_that_reads_has_none(house: House) -> None:
    say(house, ORDERS)
    say(
        house,
        point(
            ("INSERT INTO totals (n) SELECT amount FROM orders", None, "etl"), ("SELECT id FROM orders", None, "ada")
        ),
    )
    (told,) = carriers(house).values()
    assert edges(told) == {("totals", "n", "orders", "amount")}
    assert newest(house, table("totals"))["writes"] == 1


def test_temporary_tables_of_a_session_are_read_through_by_that_session_only(house: House) -> None:
    say(house, ORDERS, CUSTOMERS)
    say(
        house,
        point(
            ("CREATE TEMP TABLE w AS SELECT id, amount FROM orders", "s1", "ada"),
            ("CREATE TEMP TABLE w AS SELECT id, name FROM customers", "s2", "bob"),
            ("INSERT INTO one (x) SELECT amount FROM w", "s1", "ada"),
            ("INSERT INTO two (x) SELECT name FROM w", "s2", "bob"),
        ),
    )
    found = {text.rsplit(";\n", 1)[-1]: edges(said) for text, said in carriers(house).items()}
    assert found == {
        "INSERT INTO one (x) SELECT amount FROM w": {("one", "x", "orders", "amount")},
        "INSERT INTO two (x) SELECT name FROM w": {("two", "x", "customers", "name")},
    }
    assert newest(house, table("orders"))["reads"] == 1, "what is read from the temporary table reads no stored one"
    assert house.ledger.ids([table("w")]) == [0]


def test_a_session_goes_on_over_portions_and_a_restart(tmp_path: Path) -> None:
    with House(Settings(home=tmp_path)) as house:
        say(house, ORDERS)
        say(house, point(("CREATE TEMP TABLE w AS SELECT id FROM orders", "s1", "ada")))
    with House(Settings(home=tmp_path)) as house:
        say(house, point(("INSERT INTO one (x) SELECT id FROM w", "s1", "ada"), step=1))
        (told,) = carriers(house).values()
        assert edges(told) == {("one", "x", "orders", "id")}
        assert newest(house, table("orders"))["reads"] == 1


@pytest.mark.parametrize("together", [True, False])
def test_what_is_built_aside_and_renamed_is_told_under_its_last_name_alone(house: House, together: bool) -> None:
    say(house, ORDERS)
    ran = [
        ("CREATE TABLE totals_new AS SELECT id, amount FROM orders", "s1", "etl"),
        ("INSERT INTO totals_new SELECT customer, 0 FROM orders", "s1", "etl"),
        ("ALTER TABLE totals_new RENAME TO totals", "s1", "etl"),
    ]
    for step, part in enumerate([ran] if together else [[each] for each in ran]):
        say(house, point(*part, step=step))
    (told,) = carriers(house).values()
    assert edges(told) == {
        ("totals", "id", "orders", "id"),
        ("totals", "id", "orders", "customer"),
        ("totals", "amount", "orders", "amount"),
    }


def test_tables_that_are_swapped_are_told_under_their_last_names(house: House) -> None:
    say(house, ORDERS)
    ran = [
        ("CREATE OR REPLACE TABLE totals_new AS SELECT id FROM orders", "s1", "etl"),
        ("ALTER TABLE totals SWAP WITH totals_new", "s1", "etl"),
    ]
    say(house, point(*ran, dialect="snowflake"))
    (told,) = carriers(house).values()
    assert ("TOTALS", "ID", "ORDERS", "ID") in {tuple(word.upper() for word in each) for each in edges(told)}


def test_use_changes_what_names_mean_for_the_rest_of_the_session(house: House) -> None:
    other = f"urn:clew:dataset:({NS},shop.archive.orders)"
    say(house, ORDERS, event(other, "schema", {"columns": [{"name": "id"}]}))
    say(
        house,
        point(("USE SCHEMA archive", "s1", "ada"), ("SELECT id FROM orders", "s1", "ada"), dialect="snowflake"),
    )
    found = [urn for urn in (other, other.replace("shop.archive", "shop.ARCHIVE")) if house.ledger.ids([urn]) != [0]]
    assert newest(house, found[0])["reads"] == 1
    (entity,) = house.ledger.ids([table("orders")])
    assert "usage" not in house.ledger.newest_points([entity], ["usage"]).get(entity, {})


def test_the_same_log_said_again_or_late_counts_once(house: House) -> None:
    say(house, ORDERS)
    first = point(("SELECT id FROM orders", None, "ada"), step=0)
    second = point(("SELECT id FROM orders", None, "bob"), step=1)
    say(house, second)
    say(house, first)
    say(house, first, second)
    assert newest(house, table("orders"))["reads"] == 2
    position = house.ledger.cursor(DERIVED_QUERY_LOG)
    fresh = QueryLogs(house.ledger)
    fresh._position = 0  # as after a crash in which the cursor was not stored
    before = house.ledger.heads_digest()
    while fresh.step():
        pass
    assert newest(house, table("orders"))["reads"] == 2
    assert house.ledger.heads_digest() == before
    assert position <= house.ledger.head_seq()


def test_a_log_that_only_counts_is_counted_as_it_stands_last(house: House) -> None:
    say(house, ORDERS)
    for hour, times in ((0, 40), (2, 41)):
        made = point(("SELECT id FROM orders", None, "ada"), hour=TEN + hour * 3_600_000_000)
        said = json.loads(bytes(made.payload))
        said["counted"], said["since"], said["rows"][0][6] = True, "2025-11-01T00:00:00Z", times
        say(house, event(made.urn, made.aspect, said, time=made.time, step=made.step))
    said = newest(house, table("orders"))
    assert (said["reads"], said["since"], said.get("lastRead")) == (41, "2025-11-01T00:00:00Z", None)


def test_a_statement_that_cannot_be_read_is_a_gap_of_the_tables_it_names(house: House) -> None:
    say(house, ORDERS)
    say(house, point(("INSERT INTO totals SELECT ((( FROM orders", None, "etl"), ("SHOW TABLES", None, "etl")))
    (told,) = carriers(house).values()
    assert told["inputs"] == [table("orders")]
    assert told["unresolved"][0]["code"] == "parse_error"


# --- reading each text once


def setting(schema: str = "public") -> Setting:
    return Setting("postgres", NS, "shop", schema)


def scripts(*texts: str) -> Sequence[Script]:
    return [Script(setting(), (text,)) for text in texts]


def test_a_text_is_read_once_until_a_schema_that_it_asked_for_changes(house: House) -> None:
    say(house, ORDERS)
    found = Statements(house.ledger)
    (script,) = scripts("SELECT * FROM orders")
    assert len(found.of(script)[0].columns) == 3
    assert found.of(script) is found.of(script)
    assert (found.read, found.met) == (1, 2)
    say(house, event(table("orders"), "schema", {"columns": [{"name": "id"}]}))
    found.forget(table("customers"))
    assert len(found.of(script)[0].columns) == 3
    found.forget(table("orders"))
    assert len(found.of(script)[0].columns) == 1


def test_the_cache_holds_no_more_than_its_bound(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "KEPT", 3)
    found = Statements(house.ledger)
    for script in scripts(*(f"SELECT a{n} FROM t{n}" for n in range(10))):
        found.of(script)
    assert len(found._kept) == 3


def test_many_texts_are_read_by_other_processes_with_the_same_result(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(house, ORDERS, CUSTOMERS)
    monkeypatch.setattr(reading, "BULK", 4)
    texts = [f"INSERT INTO out_{n} (x) SELECT o.amount FROM Orders o, customers WHERE o.id = {n}" for n in range(6)]
    texts += ["SELECT * FROM orders", "SELECT ((("]
    found = Statements(house.ledger, workers=2)
    found.prepare(scripts(*texts))
    assert found.read == len(texts)
    alone = Statements(house.ledger, workers=1)
    for script in scripts(*texts):
        assert found.of(script) == alone.of(script)
    assert found.met == len(texts)


def test_reading_behind_the_cache_says_what_reading_without_it_does(house: House) -> None:
    say(house, ORDERS)
    found = Statements(house.ledger)
    schema = {"shop.public.orders": dict.fromkeys(("id", "amount", "customer"), "")}
    for text in ("SELECT * FROM orders", "SELECT nope FROM orders", "SELECT a FROM elsewhere"):
        (script,) = scripts(text)
        expected = tuple(script_lineage(text, "postgres", _asked(schema), "shop", "public"))
        assert found.of(script) == expected


def _asked(schema: dict[str, dict[str, str]]) -> Any:
    class Asked(dict[str, Any]):
        """No plain dict: it is asked, and not searched."""

    return Asked(schema)
