"""Edits of many things: tried first, then made in groups; what is refused costs no other."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from clew.api.orders import EditOrder
from clew.edits.plans import Planned
from clew.edits.write import Outcome, packed
from clew.errors import BadInput
from clew.house import House
from clew_schemas import Group, event
from unit.clew.edits.people import DAILY, ITEMS, ORDERS, PII, Person, stands

MANY = [f"urn:clew:dataset:(duckdb://shop,shop.main.t{at})" for at in range(1200)]


def bulk(person: Person, op: str = "add_tag", **order: Any) -> Outcome:
    said = {"edit": {"op": op, "tag": "gold"}, **order}
    return person.editing.edit(EditOrder.model_validate(said))


@pytest.fixture
def many(house: House) -> House:
    from clew.ledger import Source

    house.ledger.register(Source("client", "time"))
    house.ledger.propose(
        [
            Group("client", f"g{at}", tuple(event(urn, "properties", {"name": "t"}) for urn in MANY[at : at + 400]))
            for at in range(0, 1200, 400)
        ]
    )
    return house


def test_many_are_only_tried_until_told_otherwise(many: House, ada: Person) -> None:
    head = many.ledger.head_seq()
    tried = bulk(ada, things=MANY)
    assert (tried.dry_run, tried.changed, len(tried.first), many.ledger.head_seq()) == (True, 1200, 20, head)
    assert tried.first[0] == {
        "urn": MANY[0],
        "aspect": "tags",
        "was": None,
        "becomes": {"tags": [{"tag": "urn:clew:tag:(clew,gold)"}]},
    }


def test_many_are_made_in_groups_and_taken_back_as_one(many: House, ada: Person) -> None:
    head = many.ledger.head_seq()
    done = bulk(ada, things=MANY, dryRun=False)
    assert (done.changed, done.unchanged, done.refused) == (1200, 0, [])
    assert many.ledger.head_seq() - head == 3
    again = bulk(ada, things=MANY, dryRun=False)
    assert (again.changed, again.unchanged) == (0, 1200)
    back = ada.undo(done.edit)
    assert (back.changed, back.refused) == (1200, [])
    assert all(stands(many, urn, "tags") is None for urn in MANY[::100])


def test_a_filter_chooses_and_one_that_asks_nothing_is_refused(house: House, ada: Person) -> None:
    done = bulk(ada, where={"filters": {"tag": ["PII"]}}, dryRun=False)
    assert (done.total, done.changed) == (1, 1)
    assert len(stands(house, ORDERS, "tags")["tags"]) == 2
    with pytest.raises(BadInput, match="everything"):
        bulk(ada, where={})
    with pytest.raises(BadInput, match="no facet"):
        bulk(ada, where={"filters": {"colour": ["red"]}})


def test_a_filter_that_chooses_too_much_is_refused_with_the_number(
    many: House, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clew.api.editing.MOST", 1000)
    with pytest.raises(BadInput, match=r"chooses 12\d\d things, 1000 at most"):
        bulk(ada, where={"filters": {"kind": ["dataset"]}})


def test_what_is_refused_of_many_is_named_with_its_reason(house: House, ada: Person) -> None:
    done = bulk(ada, things=["orders", "nonsense", "urn:clew:dataset:(a,b)", "items", "orders"], dryRun=False)
    assert (done.total, done.changed) == (4, 2)
    assert {item: error.code for item, error in done.refused} == {
        "nonsense": "not_found",
        "urn:clew:dataset:(a,b)": "not_found",
    }


def test_of_what_exactly_must_be_said_and_a_precondition_needs_one_thing(ada: Person) -> None:
    with pytest.raises(BadInput, match="exactly one"):
        bulk(ada)
    with pytest.raises(BadInput, match="exactly one"):
        bulk(ada, of="orders", things=["items"])
    with pytest.raises(BadInput, match="one thing"):
        bulk(ada, things=["items"], ifMatch="")


def test_a_conflict_in_a_group_is_planned_again(house: House) -> None:
    ben = Person(house, "ben")

    def meanwhile() -> None:
        ben.edit("items", "add_tag", tag="silver")

    done = bulk(Person(house, "ada", before=meanwhile), things=["orders", "items", "daily"], dryRun=False)
    assert (done.changed, done.refused) == (3, [])
    assert len(stands(house, ITEMS, "tags")["tags"]) == 2


def test_bulk_undo_keeps_what_was_edited_since_and_says_so(house: House, ada: Person, ben: Person) -> None:
    done = bulk(ada, things=["orders", "items", "daily"], dryRun=False)
    ben.edit("items", "add_tag", tag="silver")
    back = ada.undo(done.edit)
    assert (back.changed, [error.code for _, error in back.refused]) == (2, ["conflict"])
    assert len(stands(house, ITEMS, "tags")["tags"]) == 2
    assert stands(house, DAILY, "tags") is None
    assert stands(house, ORDERS, "tags") == {"tags": [{"tag": PII}]}


def test_stewards_in_threads_lose_nothing(house: House) -> None:
    names = [f"tag{at}" for at in range(24)]
    failed: list[BaseException] = []

    def work(who: int) -> None:
        person = Person(house, f"p{who}")
        for name in names[who::4]:
            try:
                person.edit("items", "add_tag", tag=name)
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    said = {each["tag"] for each in stands(house, ITEMS, "tags")["tags"]}
    assert said == {f"urn:clew:tag:(clew,{name})" for name in names}


def test_one_of_two_in_threads_gets_the_conflict_with_both_values(house: House) -> None:
    from clew.errors import Conflict

    start = threading.Barrier(2)
    ended: dict[str, Any] = {}

    def work(name: str) -> None:
        start.wait()
        try:
            ended[name] = Person(house, name).edit("items", "describe", text=f"by {name}", order_if_match="")
        except Conflict as error:
            ended[name] = error

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ada", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (loser,) = [name for name, end in ended.items() if isinstance(end, Conflict)]
    (winner,) = {"ada", "ben"} - {loser}
    assert ended[loser].details["now"]["text"] == f"by {winner}"
    assert ended[loser].details["by"] == winner
    assert stands(house, ITEMS, "documentation")["text"] == f"by {winner}"


def test_parcels_keep_a_thing_whole_and_stay_within_a_group(house: House, ada: Person) -> None:
    from clew.edits.intentions import AddTag
    from clew.edits.plans import plan_of

    assert list(packed([Planned("a")])) == []
    intention = AddTag(tag="urn:clew:tag:(clew,x)")
    planned = plan_of(house.ledger, intention)([ORDERS, ITEMS, DAILY]) * 200
    parcels = list(packed(planned, reserved=1))
    assert [len(each.events) for each in parcels] == [499, 101]
    assert all(len(each.events) == len(each.members) for each in parcels)
