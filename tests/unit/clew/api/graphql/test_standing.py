"""How sources stand, as GraphQL tells it."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from unit.clew.api.wire import FLIGHTS, group, says

NUMBER = 1_700_000_000_000_000
QUERY = "{ sources { name order rank door retired parked crawl { number state } } }"


def standing(client: TestClient) -> dict[str, dict[str, Any]]:
    """Return every source by name."""
    answer = client.post("/graphql", json={"query": QUERY}).json()
    assert "errors" not in answer, answer["errors"]
    return {each["name"]: each for each in answer["data"]["sources"]}


def test_sources_are_those_of_rest(local: TestClient, thread: str) -> None:
    rest = {each["name"]: each for each in local.get("/v1/sources").json()["sources"]}
    said = standing(local)
    assert "etl" in said
    assert {name: {key: each[key] for key in rest[name]} for name, each in said.items()} == rest


def test_crawl_and_parked_groups_are_told_of_their_source_only(local: TestClient, thread: str) -> None:
    scope = {"prefixes": ["urn:clew:"], "aspects": ["documentation"]}
    opened = {"type": "crawl.open", "source": "crawler", "number": NUMBER, "scope": scope}
    assert local.post("/v1/crawls", json=opened).status_code == 200
    bad = group(says(FLIGHTS, "documentation", {"txt": "?"}), source="crawler", crawl={"number": NUMBER, "sequence": 0})
    assert local.post("/v1/groups", json=bad).json()["receipts"][0]["status"] == "parked"
    said = standing(local)
    assert (said["crawler"]["crawl"], said["crawler"]["parked"]) == ({"number": NUMBER, "state": "open"}, 1)
    assert (said["etl"]["crawl"], said["etl"]["parked"]) == (None, 0)


def test_only_who_has_the_scope_is_told_to_administer(local: TestClient, steward: TestClient) -> None:
    asked = {"query": "{ mayAdminister }"}
    assert local.post("/graphql", json=asked).json() == {"data": {"mayAdminister": False}}
    assert steward.post("/graphql", json=asked).json() == {"data": {"mayAdminister": True}}
