"""The trees of terms and domains: grown, moved, renamed and felled, never to a ring."""

from __future__ import annotations

from typing import Any

import pytest

from clew.errors import BadInput, Conflict, NotFound
from clew.house import House
from unit.clew.edits.people import Person, stands

TERM = "glossary_term"


def drawn(house: House, person: Person, kind: str = TERM) -> Any:
    """Return the tree as nested pairs of names: [(name, uses, below, [...])]."""

    def pairs(branches: Any) -> Any:
        return [(each["name"], each["uses"], each["usesBelow"], pairs(each["children"])) for each in branches]

    return pairs(person.editing.tree(kind).to_dict()["tree"])


def test_a_tree_shows_what_lies_below_what_and_how_much_uses_it(house: House, ada: Person) -> None:
    ada.grow(TERM, "Money", create=True, definition="What is paid")
    ada.grow(TERM, "Größe, netto (v1.2)", create=True, definition="Without tax", parent="Money")
    ada.edit("orders.amount", "add_term", term="größe, netto (V1.2)")
    ada.edit("daily.total", "add_term", term="Money")
    assert drawn(house, ada) == [("Money", 1, 2, [("Größe, netto (v1.2)", 1, 1, [])])]
    assert stands(house, "urn:clew:glossary_term:(clew,Größe%2C netto %28v1%2E2%29)", "term")


def test_moving_to_the_top_and_below_another(house: House, ada: Person) -> None:
    for name in ("A", "B"):
        ada.grow("domain", name, create=True)
    moved = ada.grow("domain", "B", parent="A")
    assert drawn(house, ada, "domain") == [("A", 0, 0, [("B", 0, 0, [])])]
    ada.undo(moved.edit)
    ada.grow("domain", "B", parent="A")
    ada.grow("domain", "B", parent="")
    assert [each[0] for each in drawn(house, ada, "domain")] == ["A", "B"]


def test_a_ring_is_refused_also_when_two_move_at_once(house: House, ada: Person) -> None:
    for name in ("A", "B", "C"):
        ada.grow(TERM, name, create=True, definition=name)
    with pytest.raises(BadInput, match="ring"):
        ada.grow(TERM, "A", parent="A")
    ada.grow(TERM, "B", parent="A")
    ada.grow(TERM, "C", parent="B")
    with pytest.raises(BadInput, match="ring"):
        ada.grow(TERM, "A", parent="C")
    ada.grow(TERM, "C", parent="")
    ben = Person(house, "ben")
    slow = Person(house, "ada", before=lambda: _ignore(ben.grow(TERM, "A", parent="C")))
    with pytest.raises(BadInput, match="ring"):
        slow.grow(TERM, "C", parent="B")
    assert drawn(house, ada) == [("C", 0, 0, [("A", 0, 0, [("B", 0, 0, [])])])]


def test_taking_a_move_back_closes_no_ring_either(house: House, ada: Person) -> None:
    ada.grow(TERM, "A", create=True, definition="A")
    ada.grow(TERM, "B", create=True, definition="B", parent="A")
    up = ada.grow(TERM, "B", parent="")
    ada.grow(TERM, "A", parent="B")
    with pytest.raises(BadInput, match="ring"):
        ada.undo(up.edit)
    assert drawn(house, ada) == [("B", 0, 0, [("A", 0, 0, [])])]


def test_a_renamed_term_is_found_by_either_name(house: House, ada: Person) -> None:
    ada.grow(TERM, "Turnover", create=True, definition="What was sold")
    ada.grow(TERM, "Turnover", title="Revenue")
    ada.edit("orders.amount", "add_term", term="revenue")
    ada.edit("daily.total", "add_term", term="Turnover")
    assert drawn(house, ada) == [("Revenue", 2, 2, [])]


def test_what_is_there_is_not_made_again_and_what_is_not_is_not_changed(ada: Person) -> None:
    ada.grow(TERM, "Money", create=True, definition="What is paid")
    with pytest.raises(Conflict, match="already"):
        ada.grow(TERM, "money", create=True, definition="Other")
    with pytest.raises(NotFound):
        ada.grow(TERM, "Nothing", title="Something")
    with pytest.raises(NotFound):
        ada.grow(TERM, "Tax", create=True, definition="x", parent="Nothing")
    with pytest.raises(BadInput, match="definition"):
        ada.grow(TERM, "Tax", create=True, synonyms=["Duty"])
    with pytest.raises(BadInput, match="synonyms"):
        ada.grow("domain", "Tax", create=True, synonyms=["Duty"])


def test_a_term_goes_only_when_nothing_uses_it_and_nothing_lies_below(house: House, ada: Person) -> None:
    ada.grow(TERM, "Money", create=True, definition="What is paid")
    ada.grow(TERM, "Tax", create=True, definition="What the state takes", parent="Money")
    ada.edit("orders.amount", "add_term", term="Tax")
    with pytest.raises(Conflict) as caught:
        ada.fell(TERM, "Money")
    assert caught.value.details["children"] == ["Tax"]
    with pytest.raises(Conflict, match=r"orders\.amount"):
        ada.fell(TERM, "Tax")
    ada.edit("orders.amount", "remove_term", term="Tax")
    gone = ada.fell(TERM, "Tax")
    ada.fell(TERM, "Money")
    assert drawn(house, ada) == []
    with pytest.raises(NotFound):
        ada.fell(TERM, "Tax")
    ada.undo(gone.edit)
    assert drawn(house, ada) == [("Tax", 0, 0, [])]


def test_a_term_by_use_alone_is_in_the_tree_without_a_definition(house: House, ada: Person) -> None:
    ada.edit("orders.amount", "add_term", term="Price")
    assert drawn(house, ada) == [("Price", 1, 1, [])]


def test_a_ring_that_sources_made_is_shown_all_the_same(house: House, ada: Person) -> None:
    from clew_schemas import event
    from unit.clew.edits.people import SHOP, crawl

    a, b = (f"urn:clew:domain:(other,{name})" for name in "ab")
    crawl(house, event(a, "containment", {"parent": b}), event(b, "containment", {"parent": a}), *SHOP)
    assert drawn(house, ada, "domain") == [("a", 0, 0, [("b", 0, 0, [])])]


def _ignore(_: object) -> None:
    return None
