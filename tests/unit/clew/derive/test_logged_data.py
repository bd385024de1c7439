"""Logged data finds its origin by columns or name, says by what, and takes it back when it fits no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.graph import Direction
from clew.house import House
from clew.query.answer import Viewer
from clew.settings import Settings
from clew_schemas import Event, Group, event

NS, WAREHOUSE = "mlflow://shop", "postgres://db:5432"
RUN = f"urn:clew:run:({NS},8f1c)"
LOGGED = f"urn:clew:dataset:({NS},orders.29545365)"
ME = Viewer("me")


def table(name: str) -> str:
    return f"urn:clew:dataset:({WAREHOUSE},shop.public.{name})"


def schema(urn: str, *columns: str) -> Event:
    return event(urn, "schema", {"columns": [{"name": each} for each in columns]})


INPUTS = event(RUN, "data_inputs", {"datasets": [{"dataset": LOGGED, "role": "training"}]})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        yield opened


_groups = iter(range(10**6))


def say(house: House, *events: Event, source: str = "steward") -> None:
    (receipt,) = house.ledger.propose([Group(source, f"g{next(_groups)}", events)])
    assert receipt.status == "accepted", receipt.errors
    house.catch_up()


def origin(house: House) -> tuple[list[str], list[dict[str, Any]]]:
    said = house.questions.describe(LOGGED, ME).aspects
    claims = house.questions.describe(LOGGED, ME).claims.get("lineage", ())
    inputs = [urn for each in claims if each["says"] for urn in each["says"]["inputs"]]
    return inputs, said.get("evidence", {}).get("links", [])


def test_the_one_dataset_with_all_columns_is_the_origin_with_a_confidence_below_one(house: House) -> None:
    say(house, schema(table("orders"), "id", "amount", "country", "day"), schema(table("items"), "id", "amount"))
    say(house, schema(LOGGED, "id", "amount", "day"), INPUTS)
    inputs, (link,) = origin(house)
    assert inputs == [table("orders")]
    assert (link["by"], link["confidence"], link["from"]) == ("columns", 0.7, table("orders"))


def test_a_catalogue_that_comes_later_is_found_too_and_lost_again_when_its_columns_go(house: House) -> None:
    say(house, schema(LOGGED, "id", "amount", "day"), INPUTS)
    assert origin(house)[0] == []
    say(house, schema(table("facts"), "id", "amount", "day"))
    inputs, (link,) = origin(house)
    assert (inputs, link["confidence"]) == ([table("facts")], 0.6)
    say(house, schema(table("facts"), "id", "amount"))
    assert origin(house) == ([], [])


def test_where_several_datasets_fit_none_is_chosen_and_the_answer_says_so(house: House) -> None:
    say(house, schema(table("a"), "id", "amount", "day"), schema(table("b"), "id", "amount", "day", "x"))
    say(house, schema(LOGGED, "id", "amount", "day"), INPUTS)
    assert origin(house) == ([], [])
    column = f"urn:clew:column:({NS},orders.29545365,amount)"
    gaps = house.questions.lineage(column, ME, direction=Direction.UP).to_dict()
    assert not gaps["complete"]
    assert [each["code"] for each in gaps["gaps"]] == ["unresolved"]
    assert "2 datasets" in gaps["gaps"][0]["detail"]


def test_a_stated_source_goes_before_a_guess(house: House) -> None:
    say(house, schema(table("orders"), "id", "amount", "day"))
    say(house, schema(LOGGED, "id", "amount", "day"), INPUTS)
    assert origin(house)[0] == [table("orders")]
    query = {"text": "select id, amount, day from shop.public.raw", "dialect": "postgres", "namespace": WAREHOUSE}
    say(house, event(LOGGED, "query", {**query, "output": LOGGED}))
    inputs, links = origin(house)
    assert inputs == [table("raw")]
    assert links == []


def test_without_columns_only_a_name_can_agree_and_that_proves_little(house: House) -> None:
    say(house, schema(table("orders"), "id", "amount", "day"))
    say(house, INPUTS)
    inputs, (link,) = origin(house)
    assert inputs == [table("orders")]
    assert (link["by"], link["confidence"]) == ("name", 0.3)


def test_a_house_that_starts_again_goes_on_where_it_was(tmp_path: Path) -> None:
    with House(Settings(home=tmp_path)) as house:
        say(house, schema(LOGGED, "id", "amount", "day"), INPUTS)
    with House(Settings(home=tmp_path)) as house:
        say(house, schema(table("facts"), "id", "amount", "day"))
        assert origin(house)[0] == [table("facts")]


def test_a_catalogued_table_that_a_run_names_directly_needs_no_origin(house: House) -> None:
    inputs = event(RUN, "data_inputs", {"datasets": [{"dataset": table("orders")}]})
    say(house, schema(table("orders"), "id", "amount", "day"), inputs)
    assert "lineage" not in house.questions.describe(table("orders"), ME).claims
