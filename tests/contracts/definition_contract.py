"""What every ledger must do with kinds and aspects that are registered while it is open.

An engine's test module gives the fixture `reopen`: it opens the same store again, beside or after the first.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from clew.ledger import Ledger, Source
from clew_schemas import Event, Receipt, event
from clew_schemas.definitions import aspect_event, kind_event, withdrawal
from contracts.ledger_contract import edit, one

Reopen = Callable[[], Ledger]

AMOUNT = "urn:clew:column:(postgres://shop,finance.budget,amount)"
CELL = "urn:clew:cell:(sheets://finance,budget.B7)"
CELL_FLOW: dict[str, Any] = {
    "type": "object",
    "properties": {
        "formula": {"type": "string"},
        "feeds": {"type": "array", "items": {"type": "string"}},
    },
    "additionalProperties": False,
    "x-clew": {
        "name": "cell_flow",
        "version": 1,
        "mode": "state",
        "kinds": ["cell"],
        "edges": [{"type": "flow", "to": "feeds[]"}],
        "search": [{"path": "formula", "field": "prose"}],
    },
}


def changed(*path: str, to: Any, of: dict[str, Any] = CELL_FLOW) -> dict[str, Any]:
    """Return the document with one member changed; None takes it away."""
    document = copy.deepcopy(of)
    place: Any = document
    for step in path[:-1]:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return document


def second(**properties: Any) -> dict[str, Any]:
    """Return version 2, with more properties."""
    document = changed("x-clew", "version", to=2)
    document["properties"].update(properties)
    return document


def flow(urn: str = CELL, **says: Any) -> Event:
    return event(urn, "cell_flow", says)


def define(ledger: Ledger, *events: Event) -> None:
    receipt = one(ledger, edit(*events))
    assert receipt.status == "accepted", receipt.errors


def define_both(ledger: Ledger) -> None:
    define(ledger, kind_event("cell", {"label": "Cell"}), aspect_event(CELL_FLOW))


def refused(receipt: Receipt) -> dict[str, Any]:
    assert receipt.status == "refused", receipt
    return receipt.errors[0]


def test_what_is_registered_is_claimed_from_the_next_group_on(ledger: Ledger) -> None:
    before = one(ledger, edit(flow(feeds=[AMOUNT])))
    assert refused(before)["what"] == "unknown kind 'cell'"
    define_both(ledger)
    assert one(ledger, edit(flow(feeds=[AMOUNT]))).status == "accepted"


def test_a_definition_and_claims_that_need_it_come_in_one_call(ledger: Ledger) -> None:
    receipts = ledger.propose(
        [edit(kind_event("cell", {})), edit(aspect_event(CELL_FLOW)), edit(flow(feeds=[])), edit(flow(feeds=[AMOUNT]))]
    )
    assert [receipt.status for receipt in receipts] == ["accepted"] * 4


def test_a_payload_is_checked_with_its_json_path(ledger: Ledger) -> None:
    define_both(ledger)
    error = refused(one(ledger, edit(flow(feeds=[AMOUNT, 7]))))
    assert (error["code"], error["where"]) == ("bad_input", "events[0].payload.feeds[1]")
    error = refused(one(ledger, edit(flow(feeds=["B7"]))))
    assert error["where"].startswith("events[0].payload.feeds[]")
    error = refused(one(ledger, edit(event("urn:clew:dataset:(a,b)", "cell_flow", {}))))
    assert error["what"] == "a dataset has no aspect 'cell_flow'"


def test_definitions_are_facts_with_author_and_history(ledger: Ledger) -> None:
    one(ledger, edit(kind_event("cell", {"label": "Cell"}), author="ada"))
    one(ledger, edit(kind_event("cell", {"label": "Zelle"}), author="bob"))
    (number,) = ledger.ids(["urn:clew:kind:(clew,cell)"])
    assert [(fact.author, (fact.says or {})["label"]) for fact in ledger.history(number, "kind_definition")] == [
        ("ada", "Cell"),
        ("bob", "Zelle"),
    ]
    assert ledger.registry.now().kinds["cell"].label == "Zelle"


def test_they_stand_after_the_store_is_opened_again(ledger: Ledger, reopen: Reopen) -> None:
    define_both(ledger)
    define(ledger, flow(feeds=[AMOUNT]))
    again = reopen()
    assert again.registry.seq == ledger.registry.seq > 0
    assert again.registry.get("cell_flow").document == CELL_FLOW
    (commit,) = again.tail(1, 1)
    assert commit.changes[0].claims[0].says == {"feeds": [AMOUNT]}
    assert again.heads_digest() == ledger.heads_digest()


def test_another_reader_learns_what_was_defined_since(ledger: Ledger, reopen: Reopen) -> None:
    other = reopen()
    define_both(ledger)
    define(ledger, flow(feeds=[AMOUNT]))
    assert "cell_flow" not in other.registry.aspects
    assert [change.aspect for commit in other.tail(1) for change in commit.changes] == ["cell_flow"]
    define(ledger, aspect_event(second(note={"type": "string"})))
    assert other.learn() == ledger.registry.seq
    assert other.registry.get("cell_flow").version == 2


def test_an_unknown_name_is_looked_for_before_it_is_refused(ledger: Ledger, reopen: Reopen) -> None:
    other = reopen()
    define_both(ledger)
    assert other.registry.get("cell_flow").version == 1


def test_a_reader_keeps_the_vocabulary_that_it_took(ledger: Ledger) -> None:
    before = ledger.registry.now()
    define_both(ledger)
    assert "cell" not in before.kinds and "cell_flow" not in before.aspects
    assert before.seq == 0 < ledger.registry.now().seq


def test_what_was_said_in_an_earlier_version_reads_on(ledger: Ledger) -> None:
    define_both(ledger)
    define(ledger, flow(feeds=[AMOUNT]))
    define(ledger, aspect_event(second(note={"type": "string"})))
    define(ledger, flow(feeds=[AMOUNT], note="checked"))
    says = [change.claims[0].says for commit in ledger.tail(0) for change in commit.changes if change.urn == CELL]
    assert says == [{"feeds": [AMOUNT]}, {"feeds": [AMOUNT], "note": "checked"}]
    late = one(ledger, edit(event("urn:clew:cell:(a,b)", "cell_flow", {"feeds": []}, version=1)))
    assert late.status == "accepted"


def test_what_is_in_use_is_not_withdrawn(ledger: Ledger) -> None:
    define_both(ledger)
    define(ledger, flow(feeds=[AMOUNT]))
    error = refused(one(ledger, edit(withdrawal("aspect", "cell_flow"))))
    assert (error["what"], error["hint"]) == (
        "the aspect 'cell_flow' is in use: it is claimed of things",
        "Retract these claims first",
    )
    assert "in use" in refused(one(ledger, edit(withdrawal("kind", "cell"))))["what"]
    define(ledger, event(CELL, "cell_flow", op="retract"), event(CELL, "documentation", {"text": "a"}))
    define(ledger, withdrawal("aspect", "cell_flow"))
    assert "claims about things" in refused(one(ledger, edit(withdrawal("kind", "cell"))))["what"]
    define(ledger, event(CELL, "documentation", op="retract"))
    define(ledger, withdrawal("kind", "cell"))


def test_what_was_withdrawn_takes_no_claims_and_its_past_reads_on(ledger: Ledger, reopen: Reopen) -> None:
    define_both(ledger)
    define(ledger, flow(feeds=[AMOUNT]))
    define(ledger, event(CELL, "cell_flow", op="retract"))
    define(ledger, withdrawal("aspect", "cell_flow"))
    assert "withdrawn" in refused(one(ledger, edit(flow(feeds=[]))))["what"]
    for each in (ledger, reopen()):
        assert each.tail(1)[0].changes[0].claims[0].says == {"feeds": [AMOUNT]}
        assert each.registry.get("cell_flow").retired
    define(ledger, aspect_event(CELL_FLOW))
    define(ledger, flow(feeds=[]))


def test_points_of_a_series_keep_their_aspect_too(ledger: Ledger) -> None:
    series = changed("x-clew", to={"name": "recalculated", "version": 1, "mode": "series", "kinds": "*"})
    define(ledger, kind_event("cell", {}), aspect_event(series))
    point = event(CELL, "recalculated", {"formula": "=1"}, name="all", time=datetime(2023, 11, 14, tzinfo=UTC))
    define(ledger, point)
    assert "in use" in refused(one(ledger, edit(withdrawal("aspect", "recalculated"))))["what"]
    assert "claims about things" in refused(one(ledger, edit(withdrawal("kind", "cell"))))["what"]


def test_edges_search_and_resolution_of_what_is_claimed_stay(ledger: Ledger) -> None:
    define_both(ledger)
    other = changed("x-clew", "edges", to=[{"type": "dataset_flow", "to": "feeds[]"}], of=second())
    define(ledger, flow(feeds=[AMOUNT]))
    assert "stay as they are" in refused(one(ledger, edit(aspect_event(other))))["what"]
    define(ledger, event(CELL, "cell_flow", op="retract"))
    define(ledger, aspect_event(other))


def test_only_a_steward_defines(ledger: Ledger) -> None:
    ledger.register(Source("team", "time"))
    error = refused(one(ledger, edit(kind_event("cell", {}), source="team")))
    assert (error["code"], error["where"]) == ("forbidden", "events[0]")
    denial = event("urn:clew:kind:(clew,cell)", "kind_definition", {"all": True}, op="deny")
    assert refused(one(ledger, edit(denial)))["where"] == "events[0].op"


def test_a_bad_definition_leaves_everything_as_it_was(ledger: Ledger) -> None:
    bad = changed("x-clew", "kinds", to=["cell", "paper"])
    error = refused(one(ledger, edit(kind_event("cell", {}), aspect_event(bad))))
    assert error["where"] == "events[1].payload.document.x-clew.kinds[1]"
    assert ledger.registry.seq == ledger.head_seq() == 0
    assert "cell" not in ledger.registry.now().kinds


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (second(formula={"type": "string", "maxLength": 3}), "events[0].payload.document"),
        (changed("required", to=["feeds"], of=second()), "events[0].payload.document"),
        (changed("properties", "formula", to=None, of=second()), "events[0].payload.document.x-clew.search[0].path"),
        (changed("x-clew", "mode", to="series", of=changed("x-clew", "edges", to=[], of=second())), None),
        (changed("description", to="another"), "events[0].payload.document.x-clew.version"),
        (changed("x-clew", "kinds", to=["dataset"], of=second()), "events[0].payload.document.x-clew.kinds"),
    ],
    ids=["narrows", "requires", "drops", "mode", "same version", "kinds"],
)
def test_a_version_that_breaks_with_the_one_before_is_refused(
    ledger: Ledger, document: dict[str, Any], where: str | None
) -> None:
    define_both(ledger)
    error = refused(one(ledger, edit(aspect_event(document))))
    assert where is None or error["where"] == where


def test_a_version_does_not_go_back(ledger: Ledger) -> None:
    define_both(ledger)
    define(ledger, aspect_event(second()))
    error = refused(one(ledger, edit(aspect_event(CELL_FLOW))))
    assert (error["where"], error["hint"]) == ("events[0].payload.document.x-clew.version", "Raise it to 3")


@pytest.mark.parametrize("first", ["withdrawn", "claimed"])
def test_what_waits_together_is_decided_one_after_the_other(ledger: Ledger, first: str) -> None:
    define_both(ledger)
    gate: Any = ledger._group_commit  # type: ignore[attr-defined]
    found: dict[str, Receipt] = {}

    def send(name: str, said: Event) -> None:
        found[name] = one(ledger, edit(said))

    sent = [("withdrawn", withdrawal("aspect", "cell_flow")), ("claimed", flow(feeds=[AMOUNT]))]
    sent.sort(key=lambda each: each[0] != first)
    threads = [threading.Thread(target=send, args=each) for each in sent]
    with gate.lock:
        for waiting, thread in enumerate(threads, 1):
            thread.start()
            while len(gate._queue) < waiting:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert found[first].status == "accepted"
    (late,) = (each for name, each in found.items() if name != first)
    assert {"withdrawn": "was withdrawn", "claimed": "is in use"}[first] in refused(late)["what"]
