"""Diff: what changed of a thing between two moments, who said so, and the edges around it; and questions as of then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadInput
from clew.house import House
from clew.ledger import Source
from clew.ledger.port import STEWARD
from clew.query.answer import Viewer
from clew.query.terms import ChangeKind
from clew.settings import Settings
from clew_schemas import Event, Group, event
from clew_schemas.urn import column, make

ADA = Viewer("ada")
ORDERS, DAILY, WEEKLY = (make("dataset", "duckdb://shop", f"shop.{name}") for name in ("orders", "daily", "weekly"))
JOB = make("job", "dbt://shop", "build")
_groups = count()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        opened.ledger.register(Source("client", "time"))
        yield opened


def say(house: House, *events: Event, source: str = "client", **more: Any) -> str:
    (receipt,) = house.ledger.propose([Group(source, f"diff-{next(_groups)}", events, **more)])
    assert receipt.status == "accepted", receipt.errors
    return str(receipt.seq)


def schema(dataset: str, **columns: str) -> Event:
    return event(dataset, "schema", {"columns": [{"name": name, "type": of} for name, of in columns.items()]})


def flow(out: str, *columns: tuple[str, str]) -> Event:
    said = {"inputs": [ORDERS], "outputs": [out], "columns": [[0, o, 0, i, "IDENTITY", 1.0] for i, o in columns]}
    return event(JOB, "lineage", said)


def changed(house: House) -> str:
    """Return the seq after which orders lost a column, was explained, measured, and flows elsewhere."""
    before = say(
        house,
        schema(ORDERS, id="INT", amount="INT", note="TEXT"),
        schema(DAILY, total="INT"),
        flow(DAILY, ("amount", "total")),
        event(ORDERS, "profile", {"rows": 10}, time=datetime(2026, 11, 1, tzinfo=UTC)),
        event(ORDERS, "documentation", {"text": "Orders"}),
    )
    say(house, schema(ORDERS, id="INT", amount="DOUBLE"), author="cleo", message="amounts have cents")
    say(house, event(ORDERS, "documentation", {"text": "One row an order"}), source=STEWARD, author="ada")
    say(house, event(column(ORDERS, "amount"), "documentation", {"text": "In euros"}), source=STEWARD, author="bob")
    say(house, event(ORDERS, "profile", {"rows": 12}, time=datetime(2026, 11, 2, tzinfo=UTC)))
    say(house, schema(WEEKLY, sum="DOUBLE"), flow(WEEKLY, ("amount", "sum")))
    return before


def ask(house: House, name: str, start: str, end: str | None = None, **more: Any) -> dict[str, Any]:
    return house.questions.diff(name, ADA, start=start, end=end, **more).to_dict()


def test_each_field_is_told_with_who_changed_it_last(house: House) -> None:
    answer = ask(house, ORDERS, changed(house))
    told = {each["aspect"]: each for each in answer["aspects"]}
    assert list(told) == ["documentation", "schema"]
    fields = {each["path"]: each for each in told["schema"]["differences"]}
    assert (fields["columns[amount].type"]["a"], fields["columns[amount].type"]["b"]) == ("INT", "DOUBLE")
    assert fields["columns[note]"]["change"] == "removed"
    said = fields["columns[note]"]["said"]
    assert (said["source"], said["author"], said["message"]) == ("client", "cleo", "amounts have cents")
    (text,) = told["documentation"]["differences"]
    assert (text["said"]["source"], text["said"]["author"]) == (STEWARD, "ada")
    assert answer["complete"]


def test_columns_and_series_are_told_apart_from_aspects(house: House) -> None:
    answer = ask(house, ORDERS, changed(house))
    (told,) = answer["columns"]
    assert (told["name"], told["aspects"][0]["aspect"], told["aspects"][0]["change"]) == (
        "amount",
        "documentation",
        "added",
    )
    (series,) = answer["series"]
    assert (series["series"], series["points"], series["appeared"]) == ("profile", 2, 1)
    assert (series["differences"][0]["a"], series["differences"][0]["b"]) == (10, 12)


def test_edges_around_it_appear_and_disappear(house: House) -> None:
    before = changed(house)
    below = ask(house, ORDERS, before)["lineage"]["downstream"]
    assert [(each["from"], each["to"]) for each in below["appeared"]] == [
        (column(ORDERS, "amount"), column(WEEKLY, "sum"))
    ]
    assert [each["to"] for each in below["disappeared"]] == [column(DAILY, "total")]
    above = ask(house, column(DAILY, "total"), before)["lineage"]["upstream"]
    assert (above["total"]["disappeared"], above["total"]["appeared"]) == (1, 0)
    assert ask(house, ORDERS, before, depth=0)["totals"]["appeared"] == 0


def test_there_and_back_differ_in_nothing(house: House) -> None:
    before = changed(house)
    answer = ask(house, ORDERS, before, before)
    assert not (answer["aspects"] or answer["columns"] or answer["series"])
    assert answer["totals"]["fields"] == answer["totals"]["appeared"] == answer["totals"]["disappeared"] == 0


def test_what_is_not_listed_is_counted_and_cut(house: House) -> None:
    before = changed(house)
    whole, short = ask(house, ORDERS, before), ask(house, ORDERS, before, most=1)
    assert short["totals"] == whole["totals"]
    assert sum(len(each["differences"]) for each in short["aspects"]) == 1
    assert not short["complete"]
    assert short["frontier"][0]["count"] == whole["totals"]["fields"] - 1


def test_the_end_may_not_come_before_the_start(house: House) -> None:
    changed(house)
    with pytest.raises(BadInput) as caught:
        ask(house, ORDERS, "3", "2")
    assert caught.value.where == "to"


def test_as_of_then_the_old_schema_series_and_edges_are_told(house: House) -> None:
    before = changed(house)
    shown = house.questions.describe(ORDERS, ADA, as_of=before).to_dict()
    assert [each["name"] for each in shown["columns"]] == ["id", "amount", "note"]
    assert [each["rows"] for each in shown["series"]["profile"]] == [10]
    assert (shown["asOf"]["seq"], shown["complete"]) == (int(before), True)
    affected = house.questions.impact(column(ORDERS, "amount"), ChangeKind.DROP, ADA, as_of=before).to_dict()
    assert column(DAILY, "total") in {each["urn"] for each in affected["assets"]}
    now = house.questions.impact(column(ORDERS, "amount"), ChangeKind.DROP, ADA).to_dict()
    assert column(DAILY, "total") not in {each["urn"] for each in now["assets"]}


def test_before_it_was_named_nothing_is_known_of_a_thing_and_the_answer_says_so(house: House) -> None:
    before = changed(house)
    for moment in (before, "0", "2013-01-01"):
        shown = house.questions.describe(WEEKLY, ADA, as_of=moment).to_dict()
        assert not shown["aspects"]
        assert "not_said" in {gap["code"] for gap in shown["gaps"]}
    assert shown["asOf"] == {**shown["asOf"], "seq": 0, "time": None}


def test_a_name_means_what_was_called_so_then(house: House) -> None:
    old, new = (make("dataset", f"duckdb://{name}", "shop.items") for name in ("old", "new"))
    first = say(house, schema(old, id="INT"))
    say(house, event(old, "schema", None, op="retract"), schema(new, id="INT"))
    assert house.questions.describe("shop.items", ADA, as_of=first).entity.urn == old
    assert house.questions.describe("shop.items", ADA).entity.urn == new


def test_what_was_derived_after_the_moment_is_a_gap_that_names_its_seq(house: House) -> None:
    say(house, schema(ORDERS, id="INT"), schema(DAILY, id="INT"))
    query = {"text": "SELECT id FROM shop.orders", "dialect": "duckdb", "namespace": "duckdb://shop", "output": DAILY}
    asked = say(house, event(JOB, "query", query))
    early = house.questions.lineage(ORDERS, ADA, as_of=asked).to_dict()
    (gap,) = [gap for gap in early["gaps"] if gap["code"] == "derived_later"]
    later = house.questions.lineage(ORDERS, ADA, as_of=gap["detail"].rsplit("seq ", 1)[1].split(":")[0]).to_dict()
    assert later["edges"]["src"]
    assert "derived_later" not in {gap["code"] for gap in later["gaps"]}
