"""Edits of single things: what stewards say and deny, under preconditions, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from clew.errors import Ambiguous, BadInput, Conflict, NotFound
from clew.house import House
from clew.query.describe import etag
from clew_schemas import event
from unit.clew.edits.people import (
    ADA,
    AMOUNT,
    DAILY,
    ITEMS,
    ORDERS,
    PII,
    SHOP,
    Person,
    claims,
    crawl,
    schema,
    stands,
    steward,
    tags,
)


@pytest.mark.parametrize(
    ("op", "members", "aspect", "said"),
    [
        ("describe", {"text": "All orders"}, "documentation", {"text": "All orders", "format": "markdown"}),
        ("set_tier", {"tier": "1", "reason": "money"}, "tier", {"tier": "1", "reason": "money"}),
        ("set_domain", {"domain": "Sales"}, "domain", {"domain": "urn:clew:domain:(clew,Sales)"}),
        ("certify", {"by": "ada@example.com"}, "certification", {"status": "certified", "by": ADA}),
        (
            "deprecate",
            {"note": "old", "replacedBy": "daily"},
            "deprecation",
            {"status": "deprecated", "note": "old", "replacedBy": DAILY},
        ),
        (
            "set_retention",
            {"days": 30, "action": "delete"},
            "retention",
            {"days": 30, "action": "delete"},
        ),
    ],
)
def test_an_edit_is_what_stands_and_undo_brings_back_what_stood(
    house: House, ada: Person, op: str, members: dict[str, Any], aspect: str, said: dict[str, Any]
) -> None:
    done = ada.edit("orders", op, **members)
    assert (done.changed, done.etags[aspect]) == (1, etag(said))
    assert stands(house, ORDERS, aspect) == said
    assert ada.edit("orders", op, **members).changed == 0
    ada.undo(done.edit)
    assert stands(house, ORDERS, aspect) is None


def test_an_added_tag_leaves_those_of_others_and_a_removed_one_is_denied(house: House, ada: Person) -> None:
    ada.edit("orders", "add_tag", tag="gold")
    assert [each["tag"] for each in stands(house, ORDERS, "tags")["tags"]] == [PII, "urn:clew:tag:(clew,gold)"]
    ada.edit("orders", "remove_tag", tag="PII")
    assert [each["tag"] for each in stands(house, ORDERS, "tags")["tags"]] == ["urn:clew:tag:(clew,gold)"]
    claim = steward(house, ORDERS, "tags")
    assert claim is not None
    assert (claim.says, claim.denies) == ({"tags": [{"tag": "urn:clew:tag:(clew,gold)"}]}, frozenset({PII}))
    crawl(house, *SHOP)
    assert len(stands(house, ORDERS, "tags")["tags"]) == 1


def test_adding_what_was_denied_takes_the_denial_back(house: House, ada: Person) -> None:
    ada.edit("orders", "remove_tag", tag="PII")
    assert stands(house, ORDERS, "tags") == {"tags": []}
    ada.edit("orders", "add_tag", tag="pii")
    claim = steward(house, ORDERS, "tags")
    assert claim is not None
    assert (claim.says, claim.denies) == ({"tags": [{"tag": PII}]}, frozenset())


def test_removing_what_nobody_says_changes_nothing(house: House, ada: Person) -> None:
    before = house.ledger.head_seq()
    assert ada.edit("items", "remove_tag", tag="PII").unchanged == 1
    assert house.ledger.head_seq() == before


def test_owners_are_people_by_email_and_groups_by_prefix_and_leave_in_every_role(house: House, ada: Person) -> None:
    ada.edit("orders", "add_owner", owner="ada@example.com")
    ada.edit("orders", "add_owner", owner="ada@example.com", role="steward")
    ada.edit("orders", "add_owner", owner="group:data-team")
    assert [each["owner"] for each in stands(house, ORDERS, "ownership")["owners"]] == [
        "urn:clew:group:(people,data-team)",
        ADA,
        ADA,
    ]
    ada.edit("orders", "remove_owner", owner="Ada@example.com")
    assert [each["owner"] for each in stands(house, ORDERS, "ownership")["owners"]] == [
        "urn:clew:group:(people,data-team)"
    ]
    with pytest.raises(BadInput, match="neither an e-mail address"):
        ada.edit("orders", "add_owner", owner="the boss")


def test_a_named_person_comes_into_being_and_is_found_by_address(house: House, ada: Person) -> None:
    done = ada.edit("orders", "add_owner", owner="ada@example.com")
    assert done.created == [ADA]
    assert ada.edit("items", "add_owner", owner="ada@example.com").created == []
    assert house.questions.describe("ada@example.com", _viewer()).entity.urn == ADA
    ada.undo(done.edit)
    assert stands(house, ORDERS, "ownership") is None
    assert stands(house, ADA, "lifecycle") == {"state": "active"}


def test_undeprecating_denies_who_else_deprecated_and_deprecating_again_takes_it_back(
    house: House, ada: Person
) -> None:
    crawl(house, *SHOP, event(ORDERS, "deprecation", {"note": "by the database"}))
    ada.edit("orders", "undeprecate")
    assert stands(house, ORDERS, "deprecation") is None
    ada.edit("orders", "deprecate", note="now really")
    assert stands(house, ORDERS, "deprecation")["note"] == "now really"
    ada.edit("orders", "retract", aspect="deprecation")
    assert stands(house, ORDERS, "deprecation")["note"] == "by the database"


def test_a_stale_edit_is_a_conflict_with_both_values_and_who_and_when(house: House, ada: Person, ben: Person) -> None:
    ada.edit("orders", "describe", text="first")
    read = etag(stands(house, ORDERS, "documentation"))
    ben.edit("orders", "describe", text="second")
    with pytest.raises(Conflict) as caught:
        ada.edit("orders", "describe", text="third", order_if_match=read)
    details = caught.value.details
    assert (details["read"]["text"], details["now"]["text"], details["by"]) == ("first", "second", "ben")
    assert details["at"].startswith("20")
    ada.edit("orders", "describe", text="third", order_if_match=details["etag"])
    assert stands(house, ORDERS, "documentation")["text"] == "third"


def test_what_was_read_may_be_given_instead_of_its_etag(ada: Person, ben: Person) -> None:
    ben.edit("orders", "describe", text="second")
    with pytest.raises(Conflict) as caught:
        ada.edit("orders", "describe", text="third", order_read={"text": "first"})
    assert (caught.value.details["read"], caught.value.details["now"]["text"]) == ({"text": "first"}, "second")


def test_an_edit_that_would_change_nothing_still_says_that_it_is_stale(ada: Person, ben: Person) -> None:
    ben.edit("orders", "describe", text="same")
    with pytest.raises(Conflict):
        ada.edit("orders", "describe", text="same", order_if_match="")


def test_an_edit_between_reading_and_writing_is_a_conflict_for_one_and_loses_nothing(house: House) -> None:
    ben = Person(house, "ben")
    ada = Person(house, "ada", before=lambda: _ignore(ben.edit("orders", "describe", text="by ben")))
    with pytest.raises(Conflict) as caught:
        ada.edit("orders", "describe", text="by ada", order_if_match="")
    assert caught.value.details["now"]["text"] == "by ben"
    assert stands(house, ORDERS, "documentation")["text"] == "by ben"


def test_two_tags_at_the_same_moment_are_both_there(house: House) -> None:
    ben = Person(house, "ben")
    ada = Person(house, "ada", before=lambda: _ignore(ben.edit("items", "add_tag", tag="b")))
    ada.edit("items", "add_tag", tag="a")
    assert [each["tag"] for each in stands(house, ITEMS, "tags")["tags"]] == [
        "urn:clew:tag:(clew,a)",
        "urn:clew:tag:(clew,b)",
    ]


def test_two_denials_at_the_same_moment_both_hold_though_neither_shows(house: House) -> None:
    """Denying what another denial hides already does not change what is resolved: only the claim tells."""
    crawl(house, tags(ITEMS, "urn:clew:tag:(clew,x)", "urn:clew:tag:(clew,y)"), *SHOP)
    ben = Person(house, "ben")
    ada = Person(house, "ada", before=lambda: _ignore(ben.edit("items", "remove_tag", tag="y")))
    ada.edit("items", "remove_tag", tag="x")
    assert stands(house, ITEMS, "tags") == {"tags": []}
    claim = steward(house, ITEMS, "tags")
    assert claim is not None
    assert claim.denies == {"urn:clew:tag:(clew,x)", "urn:clew:tag:(clew,y)"}


def test_what_nobody_knows_is_not_edited(ada: Person) -> None:
    with pytest.raises(NotFound):
        ada.edit("nothing_of_the_kind", "describe", text="x")
    with pytest.raises(NotFound, match="nobody ever named"):
        ada.edit("urn:clew:dataset:(duckdb://shop,shop.main.nope)", "describe", text="x")


def test_a_tag_may_be_described_before_anything_carries_it(house: House, ada: Person) -> None:
    ada.edit("urn:clew:tag:(clew,new)", "describe", text="what is new")
    assert stands(house, "urn:clew:tag:(clew,new)", "documentation")["text"] == "what is new"


def test_what_is_gone_is_not_edited_but_what_was_said_of_it_can_be_withdrawn(house: House, ada: Person) -> None:
    ada.edit("items", "describe", text="Lines of an order")
    crawl(house, *[each for each in SHOP if each.urn != ITEMS])
    with pytest.raises(NotFound, match="is gone: pg withdrew the last that was said of it at") as caught:
        ada.edit(ITEMS, "add_tag", tag="x")
    assert caught.value.hint is not None
    assert ada.edit(ITEMS, "retract", aspect="documentation").changed == 1
    assert claims(house, ITEMS, "documentation") == ()


def test_a_column_that_no_schema_lists_any_more_is_gone(house: House, ada: Person) -> None:
    ada.edit("orders.amount", "describe", text="in cents")
    crawl(house, schema(ORDERS, "id"), *[each for each in SHOP if each.aspect != "schema" or each.urn != ORDERS])
    with pytest.raises(NotFound, match="no schema of today lists it"):
        ada.edit(AMOUNT, "describe", text="in euros")


def test_what_a_lifecycle_calls_removed_is_gone(house: House, ada: Person) -> None:
    crawl(house, *SHOP, event(ITEMS, "lifecycle", {"state": "removed"}))
    with pytest.raises(NotFound, match="lifecycle"):
        ada.edit("items", "describe", text="x")


def test_what_is_only_named_may_be_described(house: House, ada: Person) -> None:
    raw = "urn:clew:dataset:(s3://lake,raw/orders)"
    crawl(house, event("urn:clew:job:(dbt://shop,load)", "lineage", {"inputs": [raw], "outputs": [ORDERS]}), *SHOP)
    assert ada.edit(raw, "describe", text="As it comes").changed == 1


def test_undo_by_token_and_by_name_and_undo_of_undo(house: House, ada: Person) -> None:
    ada.edit("orders", "describe", text="first")
    second = ada.edit("orders", "describe", text="second")
    back = ada.undo(second.token)
    assert stands(house, ORDERS, "documentation")["text"] == "first"
    ada.undo(back.edit)
    assert stands(house, ORDERS, "documentation")["text"] == "second"


def test_undo_after_another_edit_is_a_conflict_with_both_values(house: House, ada: Person, ben: Person) -> None:
    done = ada.edit("orders", "describe", text="mine")
    ben.edit("orders", "describe", text="better")
    with pytest.raises(Conflict) as caught:
        ada.undo(done.edit)
    details = caught.value.details
    assert (details["read"]["says"]["text"], details["now"]["says"]["text"], details["by"]) == ("mine", "better", "ben")
    assert stands(house, ORDERS, "documentation")["text"] == "better"


def test_only_what_people_edited_can_be_undone(house: House, ada: Person) -> None:
    with pytest.raises(BadInput, match="only what people edited"):
        ada.undo(f"{house.ledger.epoch}-1")
    for name in ("edit-" + "0" * 32, f"{house.ledger.epoch}-999", "whatever"):
        with pytest.raises(NotFound):
            ada.undo(name)
    with pytest.raises(BadInput, match="epoch"):
        ada.undo("abc-1")


def test_a_name_that_two_things_bear_lists_them(house: House, ada: Person) -> None:
    crawl(house, tags(ITEMS, "urn:clew:tag:(other,PII)"), *SHOP)
    with pytest.raises(Ambiguous) as caught:
        ada.edit("items", "add_tag", tag="PII")
    assert len(caught.value.details["candidates"]) == 2


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"op": "add_tag"}, "edit"),
        ({"op": "burn"}, "edit"),
        ({"op": "certify", "status": "so-so"}, "edit"),
        ({"op": "describe", "text": ""}, "edit"),
    ],
)
def test_a_malformed_intention_is_refused_with_its_place(said: dict[str, Any], where: str) -> None:
    from clew.edits.intentions import parse

    with pytest.raises(BadInput) as caught:
        parse(said)
    assert (caught.value.where or "").startswith(where)


def test_an_aspect_that_does_not_stand_on_a_kind_is_refused(ada: Person) -> None:
    with pytest.raises(BadInput, match="unknown aspect"):
        ada.edit("orders", "retract", aspect="horoscope")
    with pytest.raises(BadInput, match="series"):
        ada.edit("orders", "retract", aspect="profile")


def _ignore(_: object) -> None:
    return None


def _viewer() -> Any:
    from clew.query.answer import Viewer

    return Viewer("ada")
