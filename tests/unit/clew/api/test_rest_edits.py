"""Edits over REST: rights, both values of a conflict, many at once, taking back, and the trees."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from unit.clew.api.wire import BOARD, DELAYS, DEP_DELAY, FLIGHTS

AVG = "urn:clew:column:(duckdb://nyc,nyc.main.delays,avg_delay)"


def describing(text: str, **order: Any) -> dict[str, Any]:
    return {"of": "flights", "edit": {"op": "describe", "text": text}, **order}


def test_who_is_no_steward_edits_nothing(local: TestClient, thread: str) -> None:
    for path, body in (
        ("/v1/edits", describing("x")),
        ("/v1/edits", describing("x", dryRun=True)),
        ("/v1/edits/lineage", {"from": "flights", "to": "delays"}),
        ("/v1/edits/undo", {"undo": thread}),
        ("/v1/glossary", {"name": "x", "create": True}),
        ("/v1/domains", {"name": "x", "create": True}),
    ):
        answer = local.post(path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert local.delete("/v1/glossary", params={"name": "x"}).status_code == 403
    assert local.get("/v1/glossary").status_code == 200


def test_an_edit_says_what_it_did_and_how_to_take_it_back(steward: TestClient, thread: str) -> None:
    answer = steward.post("/v1/edits", json=describing("Better", message="because")).json()
    assert (answer["changed"], answer["dryRun"], answer["undo"]) == (1, False, answer["edit"])
    shown = steward.get("/v1/entities/flights", params={"atLeast": answer["token"]}).json()
    assert shown["aspects"]["documentation"]["text"] == "Better"
    assert shown["etags"]["documentation"] == answer["etags"]["documentation"]
    back = steward.post("/v1/edits/undo", json={"undo": answer["undo"]}).json()
    assert back["changed"] == 1
    shown = steward.get("/v1/entities/flights", params={"atLeast": back["token"]}).json()
    assert shown["aspects"]["documentation"]["text"] == "All flights from New York."


def test_the_author_of_an_edit_is_who_holds_the_token(steward: TestClient, thread: str) -> None:
    steward.post("/v1/edits", json=describing("one"))
    error = steward.post("/v1/edits", json=describing("two", ifMatch="")).json()["error"]
    assert error["by"] == "ada"


def test_a_conflict_is_409_with_both_values(steward: TestClient, thread: str) -> None:
    read = steward.get("/v1/entities/flights").json()["etags"]["documentation"]
    steward.post("/v1/edits", json=describing("by another"))
    answer = steward.post("/v1/edits", json=describing("mine", ifMatch=read))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "conflict")
    assert (error["read"]["text"], error["now"]["text"]) == ("All flights from New York.", "by another")
    assert error["at"]
    assert steward.post("/v1/edits", json=describing("mine", ifMatch=error["etag"])).status_code == 200


def test_many_by_filter_are_tried_then_edited(steward: TestClient, thread: str) -> None:
    order = {"where": {"filters": {"kind": ["dataset"]}}, "edit": {"op": "add_tag", "tag": "raw data"}}
    tried = steward.post("/v1/edits", json=order).json()
    assert (tried["dryRun"], tried["changed"], tried["undo"]) == (True, 2, None)
    assert {step["urn"] for step in tried["first"]} == {FLIGHTS, DELAYS}
    done = steward.post("/v1/edits", json={**order, "dryRun": False}).json()
    assert done["changed"] == 2
    found = steward.get("/v1/search", params={"tag": "raw data", "atLeast": done["token"]}).json()
    assert found["total"] == 2


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        ({"of": "flights", "edit": {"op": "burn"}}, 400, "edit"),
        ({"of": "flights", "edit": {"op": "add_tag"}}, 400, "edit.add_tag.tag"),
        ({"edit": {"op": "add_tag", "tag": "x"}}, 400, "of"),
        ({"of": "flights", "edit": {"op": "add_tag", "tag": "x"}, "force": True}, 400, "force"),
        ({"of": "nothing", "edit": {"op": "add_tag", "tag": "x"}}, 404, None),
        ({"of": "urn:clew:dataset:(a,b)", "edit": {"op": "add_tag", "tag": "x"}}, 404, "urn:clew:dataset:(a,b)"),
        ({"of": "flights", "edit": {"op": "add_tag", "tag": "a\u0000b"}}, 400, None),
        ({"of": "flights", "edit": {"op": "add_term", "term": "x" * 2048}}, 400, None),
    ],
)
def test_a_bad_order_is_refused_with_its_place(
    steward: TestClient, thread: str, body: dict[str, Any], status: int, where: str | None
) -> None:
    answer = steward.post("/v1/edits", json=body)
    error = answer.json()["error"]
    assert answer.status_code == status, error
    if where is not None:
        assert error["where"] == where


def test_lineage_by_hand_and_its_denial(steward: TestClient, thread: str) -> None:
    answer = steward.post("/v1/edits/lineage", json={"from": "flights.carrier", "to": "delays.avg_delay"})
    assert answer.status_code == 200, answer.text
    asked = {"of": "flights.carrier", "atLeast": answer.json()["token"]}
    assert AVG in steward.get("/v1/lineage", params=asked).json()["nodes"]["urn"]
    denied = steward.post("/v1/edits/lineage", json={"from": DEP_DELAY, "to": AVG, "deny": True}).json()
    asked = {"of": "flights.dep_delay", "atLeast": denied["token"]}
    assert AVG not in steward.get("/v1/lineage", params=asked).json()["nodes"]["urn"]
    answer = steward.post("/v1/edits/lineage", json={"from": "delays", "to": BOARD, "deny": True})
    assert (answer.status_code, "exposure" in answer.json()["error"]["what"]) == (400, True)


def test_the_trees_over_rest(steward: TestClient, thread: str) -> None:
    for path, op, member in (("/v1/glossary", "add_term", "term"), ("/v1/domains", "set_domain", "domain")):
        top = steward.post(path, json={"name": "Whole", "create": True, "definition": "All of it"})
        assert top.status_code == 200, top.text
        steward.post(path, json={"name": "Part", "create": True, "definition": "Some of it", "parent": "Whole"})
        used = steward.post("/v1/edits", json={"of": "flights", "edit": {"op": op, member: "part"}}).json()
        answer = steward.get(path, params={"atLeast": used["token"]}).json()
        (whole,) = answer["tree"]
        assert (whole["name"], whole["text"], whole["uses"], whole["usesBelow"]) == ("Whole", "All of it", 0, 1)
        assert whole["children"][0]["uses"] == 1
        ring = steward.post(path, json={"name": "Whole", "parent": "Part"})
        assert (ring.status_code, ring.json()["error"]["where"]) == (400, "parent")
        kept = steward.delete(path, params={"name": "Part"})
        assert (kept.status_code, kept.json()["error"]["usedBy"]) == (409, [FLIGHTS])
        steward.post("/v1/edits/undo", json={"undo": used["undo"]})
        assert steward.delete(path, params={"name": "Part"}).json()["changed"] == 1
        assert steward.delete(path, params={"name": "Part"}).status_code == 404
