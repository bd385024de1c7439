"""Lineage by hand: flows stated, and single edges denied where they are stated."""

from __future__ import annotations

import pytest

from clew.errors import BadInput, NotFound
from clew.graph import Direction
from clew.house import House
from clew.query.answer import Viewer
from clew.query.terms import Grain
from clew_schemas import event
from clew_schemas.urn import column
from unit.clew.edits.people import AMOUNT, DAILY, ITEMS, JOB, SHOP, TOTAL, Person, crawl, stands, steward

ADA = Viewer("ada")


def reached(house: House, name: str, grain: Grain) -> set[str]:
    answer = house.questions.lineage(name, ADA, direction=Direction.DOWN, grain=grain).to_dict()
    named = set(answer["nodes"]["urn"]) - {answer["start"]}
    return {urn for urn in named if urn.split(":")[2] not in ("any", "rows")}


def test_a_column_flow_by_hand_is_followed_and_names_its_evidence(house: House, ada: Person) -> None:
    done = ada.flow("items.id", "daily.total", name="spreadsheet", note="copied every Monday")
    assert column(DAILY, "total") in reached(house, "items.id", Grain.COLUMN)
    assert DAILY in reached(house, "items", Grain.DATASET)
    job = "urn:clew:job:(clew,by-hand.spreadsheet)"
    assert stands(house, job, "evidence")["links"] == [
        {
            "from": column(ITEMS, "id"),
            "to": TOTAL,
            "by": "stated",
            "detail": "copied every Monday",
            "confidence": 1.0,
        }
    ]
    ada.undo(done.edit)
    assert reached(house, "items.id", Grain.COLUMN) == set()


def test_each_pair_of_things_has_a_carrier_of_its_own(house: House, ada: Person) -> None:
    first = ada.flow("items.id", "daily.total")
    second = ada.flow("items.id", "daily.n")
    third = ada.flow("items", "orders")
    carriers = {step["urn"] for done in (first, second, third) for step in done.first}
    assert len(carriers) == 2
    assert all(urn.startswith("urn:clew:job:(clew,by-hand.") for urn in carriers)


def test_a_chosen_carrier_refuses_what_would_state_more_than_was_said(ada: Person) -> None:
    ada.flow("items", "daily", name="x")
    ada.flow("orders", "daily", name="x")
    with pytest.raises(BadInput, match="more than you said"):
        ada.flow("daily", "orders", name="x")


def test_adding_then_denying_a_flow_of_ones_own_leaves_nothing(house: House, ada: Person) -> None:
    for start, end in (("items.id", "daily.total"), ("items", "daily")):
        done = ada.flow(start, end, name="x")
        assert done.changed == 1
        ada.flow(start, end, deny=True)
        job = "urn:clew:job:(clew,by-hand.x)"
        assert (steward(house, job, "lineage"), steward(house, job, "evidence")) == (None, None)


def test_denying_a_column_of_a_pair_leaves_the_pair_where_it_was_stated(house: House, ada: Person) -> None:
    ada.flow("items", "daily", name="x")
    ada.flow("items.id", "daily.total", name="x")
    ada.flow("items.id", "daily.total", deny=True)
    said = stands(house, "urn:clew:job:(clew,by-hand.x)", "lineage")
    assert said == {"inputs": [ITEMS], "outputs": [DAILY]}


def test_a_wrong_edge_is_denied_at_its_carrier_and_the_others_stay(house: House, ada: Person) -> None:
    assert TOTAL in reached(house, "orders.amount", Grain.COLUMN)
    done = ada.flow("orders.amount", "daily.total", deny=True)
    assert reached(house, "orders.amount", Grain.COLUMN) == set()
    assert column(DAILY, "n") in reached(house, "orders.id", Grain.COLUMN)
    claim = steward(house, JOB, "lineage")
    assert claim is not None
    assert claim.denies == {f"{AMOUNT}->{TOTAL}"}
    crawl(house, *SHOP)
    assert reached(house, "orders.amount", Grain.COLUMN) == set()
    ada.undo(done.edit)
    assert TOTAL in reached(house, "orders.amount", Grain.COLUMN)


def test_denying_between_datasets_denies_what_flows_between_their_columns(house: House, ada: Person) -> None:
    ada.flow("orders", "daily", deny=True)
    assert reached(house, "orders", Grain.DATASET) == set()
    assert reached(house, "orders.amount", Grain.COLUMN) == set()


def test_stating_again_what_was_denied_takes_the_denial_back(house: House, ada: Person) -> None:
    ada.flow("orders.amount", "daily.total", deny=True)
    ada.flow("orders.amount", "daily.total", carrier=JOB)
    assert TOTAL in reached(house, "orders.amount", Grain.COLUMN)
    claim = steward(house, JOB, "lineage")
    assert claim is not None
    assert claim.denies == frozenset()


def test_two_denials_at_one_carrier_at_the_same_moment_both_hold(house: House) -> None:
    ben = Person(house, "ben")
    ada = Person(house, "ada", before=lambda: _ignore(ben.flow("orders.id", "daily.n", deny=True)))
    ada.flow("orders.amount", "daily.total", deny=True)
    claim = steward(house, JOB, "lineage")
    assert claim is not None
    assert len(claim.denies) == 2


def test_a_flow_that_nobody_states_or_that_can_not_be_is_refused(house: House, ada: Person) -> None:
    with pytest.raises(NotFound, match="nobody states"):
        ada.flow("items", "orders", deny=True)
    with pytest.raises(BadInput, match="itself"):
        ada.flow("orders.id", "orders.amount")
    with pytest.raises(BadInput, match="into a column"):
        ada.flow("orders.id", "daily")
    with pytest.raises(BadInput, match="no data flows through a tag"):
        ada.flow("orders", "urn:clew:tag:(clew,PII)")
    with pytest.raises(NotFound):
        ada.flow("orders", "nowhere")
    with pytest.raises(NotFound, match="nobody ever named"):
        ada.flow("orders", "urn:clew:dataset:(a,b)")


def test_an_edge_of_another_aspect_is_not_denied_by_its_key(house: House, ada: Person) -> None:
    board = "urn:clew:dashboard:(dbt://shop,board)"
    crawl(house, event(board, "exposure", {"dependsOn": [DAILY]}), *SHOP)
    with pytest.raises(BadInput, match="exposure of board"):
        ada.flow("daily", board, deny=True)


def _ignore(_: object) -> None:
    return None


def test_a_flow_into_a_thing_without_columns_is_known_at_column_grain(house: House, ada: Person) -> None:
    version = "urn:clew:model_version:(mlflow://shop,churn.1)"
    crawl(house, event(version, "properties", {"name": "churn"}), *SHOP)
    ada.flow("orders.amount", version)
    ada.flow("items", version)
    assert version in reached(house, "orders.amount", Grain.COLUMN)
    assert version in reached(house, "items.id", Grain.COLUMN)
    ada.flow("items", version, deny=True)
    assert version not in reached(house, "items.id", Grain.COLUMN)
    assert version in reached(house, "orders.amount", Grain.COLUMN)
