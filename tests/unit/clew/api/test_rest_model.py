"""Kinds and aspects over REST: listed, registered by who may, and in force in GraphQL at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from clew.api.graphql.schema import build_schema
from clew.api.graphql.served import Served
from clew.house import House
from clew_schemas import Group, Registry, event
from clew_schemas.definitions import kind_event
from contracts.definition_contract import AMOUNT, CELL, CELL_FLOW, changed
from unit.clew.api.conftest import Connect
from unit.clew.api.wire import group, says

FIELDS = '{ __type(name: "Cell") { fields { name } } }'
FLOW = group(says(CELL, "cell_flow", {"formula": "=B1", "feeds": [AMOUNT]}), id="flow")


@pytest.fixture
def served(app: FastAPI, house: House) -> FastAPI:
    """The app with a schema that is really built, and built again."""
    app.state.desk.schema = Served(house.ledger, build_schema)
    return app


def register(steward: TestClient) -> None:
    assert steward.post("/v1/model/kinds", json={"name": "cell", "label": "Cell"}).json()["receipt"]["changed"] == 1
    assert steward.post("/v1/model/aspects", json=CELL_FLOW).json()["receipt"]["status"] == "accepted"


def fields(client: TestClient) -> list[str]:
    found = client.post("/graphql", json={"query": FIELDS}).json()["data"]["__type"]
    return [] if found is None else [each["name"] for each in found["fields"]]


def test_from_registering_to_impact(served: FastAPI, steward: TestClient, local: TestClient) -> None:
    assert fields(local) == []
    register(steward)
    assert "cellFlow" in fields(local)
    assert local.post("/v1/groups", json=FLOW).status_code == 200
    impact = local.get("/v1/impact", params={"of": CELL}).json()
    assert [each["urn"] for each in impact["assets"]] == [AMOUNT]
    upstream = local.get("/v1/lineage", params={"of": AMOUNT, "direction": "up"}).json()
    assert CELL in upstream["nodes"]["urn"]
    found = local.get("/v1/search", params={"q": "B1"}).json()
    assert (found["facets"]["kind"], found["hits"][0]["urn"]) == ({"cell": 1}, CELL)
    query = '{ entity(name: "budget.B7") { kind ... on Cell { cellFlow } } }'
    assert local.post("/graphql", json={"query": query}).json()["data"]["entity"]["cellFlow"]["formula"] == "=B1"


def test_it_stands_after_a_rebuild_and_the_doctor_finds_nothing(house: House, steward: TestClient) -> None:
    register(steward)
    steward.post("/v1/groups", json=FLOW)
    before = steward.get("/v1/impact", params={"of": CELL}).json()["assets"]
    assert steward.post("/v1/admin/rebuild").status_code == 200
    assert steward.get("/v1/impact", params={"of": CELL}).json()["assets"] == before
    assert house.doctor()["findings"] == []


def test_the_list_says_what_is_custom(steward: TestClient, local: TestClient) -> None:
    register(steward)
    found = local.get("/v1/model").json()
    assert [each["name"] for each in found["kinds"] if each["custom"]] == ["cell"]
    assert [each["document"] for each in found["aspects"] if each["custom"]] == [CELL_FLOW]
    assert {"dataset", "kind", "aspect"} <= {each["name"] for each in found["kinds"]}
    assert {"lineage", "aspect_definition"} <= {each["name"] for each in found["aspects"]}


def test_registering_needs_the_scope_admin_at_every_door(connect: Connect, local: TestClient, house: House) -> None:
    steward = connect("clew_start-token-of-this-test")
    body = {"name": "pen", "scopes": ["read", "write"], "source": "steward"}
    writer = connect(steward.post("/v1/tokens", json=body).json()["secret"])
    definition = group(says("urn:clew:kind:(clew,cell)", "kind_definition", {}), source="steward")
    mutation = (
        'mutation { upsert(urn: "urn:clew:kind:(clew,cell)", aspect: "kind_definition", payload: {}) { status } }'
    )
    for client in (writer, local):
        assert client.post("/v1/model/kinds", json={"name": "cell"}).status_code == 403
        assert client.post("/v1/model/aspects", json=CELL_FLOW).status_code == 403
        assert client.delete("/v1/model/kinds/cell").status_code == 403
        assert client.post("/v1/groups", json=definition).status_code == 403
        (error,) = client.post("/graphql", json={"query": mutation}).json()["errors"]
        assert error["extensions"]["code"] == "forbidden"
    assert "cell" not in house.ledger.registry.now().kinds


def test_a_token_of_another_source_registers_nothing(connect: Connect, steward: TestClient) -> None:
    steward.post("/v1/sources", json={"name": "etl", "order": "time"})
    body = {"name": "etl", "scopes": ["write", "admin"], "source": "etl"}
    client = connect(steward.post("/v1/tokens", json=body).json()["secret"])
    answer = client.post("/v1/model/kinds", json={"name": "cell"})
    assert (answer.status_code, answer.json()["error"]["where"]) == (403, "source")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "$"),
        (b"{", "$"),
        (b"[]", "$"),
        (b'{"x-clew": {"name": "a", "name": "b"}}', "$"),
        (b'{"x-clew": {"name": "A"}}', "x-clew.name"),
        (b'{"x-clew": {"name": "a"}}', "events[0].payload.document.x-clew"),
    ],
)
def test_a_bad_document_is_a_400_with_its_place(steward: TestClient, body: bytes, where: str) -> None:
    answer = steward.post("/v1/model/aspects", content=body)
    assert (answer.status_code, answer.json()["error"]["where"]) == (400, where), answer.text


@pytest.mark.parametrize("body", [{}, {"name": "Cell"}, {"name": "cell", "columns": True}, {"name": "dataset"}])
def test_a_bad_kind_is_a_400(steward: TestClient, body: dict[str, Any]) -> None:
    answer = steward.post("/v1/model/kinds", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")


def test_what_is_in_use_is_not_withdrawn_and_what_is_not_is(served: FastAPI, steward: TestClient) -> None:
    register(steward)
    steward.post("/v1/groups", json=FLOW)
    answer = steward.delete("/v1/model/aspects/cell_flow")
    assert (answer.status_code, "in use" in answer.json()["error"]["what"]) == (400, True)
    steward.post("/v1/groups", json=group({"urn": CELL, "aspect": "cell_flow", "op": "retract"}, id="gone"))
    assert steward.delete("/v1/model/aspects/cell_flow").status_code == 200
    assert "cellFlow" not in fields(steward)
    assert steward.delete("/v1/model/kinds/cell").status_code == 200
    assert fields(steward) == []
    assert steward.delete("/v1/model/kinds/paper").status_code == 400


def test_a_request_keeps_the_schema_that_it_was_given(house: House) -> None:
    house.ledger.propose([Group("steward", "a", (kind_event("cell", {}), event(CELL, "documentation", {"text": "a"})))])
    served = Served(house.ledger, build_schema)
    before = served.now()
    house.ledger.propose([Group("steward", "b", (kind_event("paper", {}),))])
    after = served.now()
    assert ("Paper" in before._schema.type_map, "Paper" in after._schema.type_map) == (False, True)
    assert served.now() is after


def test_many_requests_after_a_definition_build_one_schema(house: House) -> None:
    built: list[int] = []

    def build(registry: Registry) -> Any:
        built.append(registry.seq)
        return build_schema(registry)

    served = Served(house.ledger, build)
    assert built == [], "nobody asked yet"
    served.now()
    house.ledger.propose([Group("steward", "a", (kind_event("cell", {}),))])
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(served.now())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (built, len({id(each) for each in found})) == ([0, 1], 1)


def test_kinds_named_like_types_of_graphql_step_aside(house: House) -> None:
    names = ("float", "node", "impact", "search_connection")
    house.ledger.propose([Group("steward", "a", tuple(kind_event(name, {}) for name in names))])
    schema = build_schema(house.ledger.registry)
    assert {"FloatEntity", "NodeEntity", "ImpactEntity", "SearchConnectionEntity"} <= schema._schema.type_map.keys()


def test_a_narrower_version_is_refused_with_what_it_refuses(steward: TestClient) -> None:
    register(steward)
    narrower = changed("required", to=["feeds"], of=changed("x-clew", "version", to=2))
    error = steward.post("/v1/model/aspects", json=narrower).json()["error"]
    assert error["what"] == "cell_flow v2 refuses what v1 allowed: .feeds is required now"
