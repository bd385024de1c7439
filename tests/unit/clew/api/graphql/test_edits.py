"""Edits and trees over GraphQL."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

EDIT = """mutation ($edit: JSON!, $of: String, $where: EditWhere, $ifMatch: String, $dryRun: Boolean) {
  edit(edit: $edit, of: $of, where: $where, ifMatch: $ifMatch, dryRun: $dryRun) {
    changed unchanged total refusedCount dryRun token undo etags first } }"""


def ask(client: TestClient, query: str, **variables: Any) -> Any:
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer
    return answer["data"]


def fails(client: TestClient, query: str, **variables: Any) -> Any:
    return client.post("/graphql", json={"query": query, "variables": variables}).json()["errors"][0]


def test_an_edit_and_its_undo(steward: TestClient, thread: str) -> None:
    done = ask(steward, EDIT, edit={"op": "add_tag", "tag": "PII"}, of="flights")["edit"]
    assert (done["changed"], done["dryRun"]) == (1, False)
    back = ask(steward, "mutation ($edit: String!) { undo(edit: $edit) { changed } }", edit=done["undo"])
    assert back["undo"]["changed"] == 1


def test_a_conflict_shows_both_values_in_its_extensions(steward: TestClient, thread: str) -> None:
    describe = """mutation ($text: String!, $read: JSON) {
      describe(of: "flights", text: $text, read: $read) { etags } }"""
    ask(steward, describe, text="by another")
    error = fails(steward, describe, text="mine", read={"text": "what I saw"})
    said = error["extensions"]
    assert (said["code"], said["read"], said["now"]["text"]) == ("conflict", {"text": "what I saw"}, "by another")
    assert said["by"] == "ada"


def test_many_by_filter_are_only_tried_by_default(steward: TestClient, thread: str) -> None:
    edit = {"op": "add_tag", "tag": "PII"}
    tried = ask(steward, EDIT, edit=edit, where={"filters": {"kind": ["dataset"]}})["edit"]
    assert (tried["dryRun"], tried["changed"], tried["undo"]) == (True, 2, None)
    done = ask(steward, EDIT, edit=edit, where={"filters": {"kind": ["dataset"]}}, dryRun=False)["edit"]
    assert done["changed"] == 2


def test_who_is_no_steward_edits_nothing(local: TestClient, thread: str) -> None:
    error = fails(local, EDIT, edit={"op": "add_tag", "tag": "PII"}, of="flights")
    assert error["extensions"]["code"] == "forbidden"


def test_a_bad_intention_is_refused_with_its_place(steward: TestClient, thread: str) -> None:
    error = fails(steward, EDIT, edit={"op": "add_tag"}, of="flights")
    assert (error["extensions"]["code"], error["extensions"]["where"]) == ("bad_input", "$.edit.add_tag.tag")


def test_the_trees_are_listed_each_before_what_lies_below(steward: TestClient, thread: str) -> None:
    grow = "mutation ($term: JSON!) { growGlossary(term: $term) { changed } }"
    ask(steward, grow, term={"name": "Delay", "create": True, "definition": "Time lost"})
    ask(steward, grow, term={"name": "Departure delay", "create": True, "definition": "At the gate", "parent": "Delay"})
    used = ask(steward, EDIT, edit={"op": "add_term", "term": "Departure delay"}, of="flights.dep_delay")["edit"]
    tree = "query ($t: String) { glossary(atLeast: $t) { name depth uses usesBelow text } domains { name } }"
    assert ask(steward, tree, t=used["token"]) == {
        "glossary": [
            {"name": "Delay", "depth": 0, "uses": 0, "usesBelow": 1, "text": "Time lost"},
            {"name": "Departure delay", "depth": 1, "uses": 1, "usesBelow": 1, "text": "At the gate"},
        ],
        "domains": [],
    }
    error = fails(steward, 'mutation { deleteTerm(name: "Delay") { changed } }')
    assert error["extensions"]["children"] == ["Departure delay"]
    ask(steward, 'mutation { growDomains(domain: {name: "Air", create: true}) { changed } }')
    ask(steward, 'mutation { deleteDomain(name: "Air") { changed } }')


def test_lineage_by_hand_and_its_denial(steward: TestClient, thread: str) -> None:
    state = 'mutation { addLineage(from: "flights.carrier", to: "delays.avg_delay", note: "seen") { changed token } }'
    assert ask(steward, state)["addLineage"]["changed"] == 1
    deny = 'mutation { denyLineage(from: "flights.carrier", to: "delays.avg_delay") { changed } }'
    assert ask(steward, deny)["denyLineage"]["changed"] == 1
    assert fails(steward, deny)["extensions"]["code"] == "not_found"


def test_what_may_be_edited_is_told_to_who_may(steward: TestClient, local: TestClient, thread: str) -> None:
    asked = 'query { mayEdit editable(of: "flights") }'
    said = ask(steward, asked)
    assert said["mayEdit"]
    assert {"documentation", "ownership", "tags", "terms", "lineage"} <= set(said["editable"])
    assert "term" not in said["editable"]
    assert "profile" not in said["editable"]
    assert ask(local, asked) == {"mayEdit": False, "editable": []}


def test_no_flow_is_edited_of_what_no_data_flows_through(steward: TestClient, thread: str) -> None:
    ask(steward, EDIT, edit={"op": "add_tag", "tag": "PII"}, of="flights")
    said = ask(steward, 'query { editable(of: "urn:clew:tag:(clew,PII)") }')["editable"]
    assert "documentation" in said
    assert "lineage" not in said


def test_tags_form_a_tree_that_grows_and_is_felled(steward: TestClient, thread: str) -> None:
    grow = "mutation ($tag: JSON!) { growTags(tag: $tag) { token } }"
    ask(steward, grow, tag={"name": "Personal", "create": True, "definition": "Of a person"})
    ask(steward, grow, tag={"name": "E-mail", "create": True, "parent": "Personal"})
    used = ask(steward, EDIT, edit={"op": "add_tag", "tag": "E-mail"}, of="flights")["edit"]
    tree = "query ($t: String) { tags(atLeast: $t) { name depth uses usesBelow text } }"
    assert ask(steward, tree, t=used["token"])["tags"] == [
        {"name": "Personal", "depth": 0, "uses": 0, "usesBelow": 1, "text": "Of a person"},
        {"name": "E-mail", "depth": 1, "uses": 1, "usesBelow": 1, "text": None},
    ]
    assert fails(steward, 'mutation { deleteTag(name: "Personal") { changed } }')["extensions"]["children"] == [
        "E-mail"
    ]
    bad = fails(steward, grow, tag={"name": "Personal", "synonyms": ["Private"]})
    assert bad["message"].startswith("a tag has no synonyms")
