"""Searching by what was measured, and within a lineage: the same answer at REST and GraphQL."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from clew_schemas import urn
from unit.clew.api.wire import DELAYS, DEP_DELAY, FLIGHTS, JOB, group, says

GOOD, POOR = (urn.make("model_version", "mlflow://nyc", f"delay.{number}") for number in (1, 2))
RUN = urn.make("run", "mlflow://nyc", "r1")

QUERY = """query($where: [String!], $down: String, $up: String) {
  search(where: $where, downstreamOf: $down, upstreamOf: $up, facets: ["kind"]) {
    totalCount facets edges { measures node { urn } } envelope { complete explain } } }"""


@pytest.fixture(autouse=True)
def learned(local: TestClient, thread: str) -> None:
    """A model version that is trained on the delays, and one that is not."""
    columns = [[0, None, 0, "avg_delay", "TRANSFORMATION", 1.0]]
    answer = local.post(
        "/v1/groups",
        json=group(
            says(RUN, "lineage", {"inputs": [DELAYS], "outputs": [GOOD], "columns": columns}),
            says(GOOD, "metrics", {"values": {"rmse": 25_000.0}}),
            says(GOOD, "parameters", {"values": {"max_depth": "8", "a<b": "x y"}}),
            says(POOR, "metrics", {"values": {"rmse": 31_000.0}}),
            id="learned",
        ),
    )
    assert answer.status_code == 200, answer.text


def rest(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get("/v1/search", params={"limit": 100, **parameters})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def graphql(client: TestClient, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": QUERY, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]["search"]
    return found


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (["rmse<30000"], [GOOD]),
        (["rmse < 30000", "param.max_depth=8"], [GOOD]),
        (["rmse > 30000", "param.max_depth = 8"], []),
        (['"param.a<b" = "X Y"'], [GOOD]),
        (["rmse > 1"], [GOOD, POOR]),
    ],
)
def test_both_faces_find_the_same_by_conditions(local: TestClient, where: list[str], expected: list[str]) -> None:
    found, asked = rest(local, where=where), graphql(local, where=where)
    assert sorted(hit["urn"] for hit in found["hits"]) == expected
    assert sorted(edge["node"]["urn"] for edge in asked["edges"]) == expected
    assert found["total"] == asked["totalCount"] == len(expected)
    assert [hit["measures"] for hit in found["hits"]] == [edge["measures"] for edge in asked["edges"]]


def test_hits_carry_the_measures_that_were_asked_for(local: TestClient) -> None:
    (hit,) = rest(local, where=["rmse<30000", "param.max_depth=8"])["hits"]
    assert hit["measures"] == {"rmse": [25_000.0], "param.max_depth": ["8"]}
    assert all(hit["measures"] == {} for hit in rest(local)["hits"])


def test_both_faces_restrict_to_a_lineage(local: TestClient) -> None:
    down = {hit["urn"] for hit in rest(local, downstreamOf="flights.dep_delay")["hits"]}
    assert {DELAYS, JOB, RUN, GOOD} <= down and FLIGHTS not in down and POOR not in down
    assert {edge["node"]["urn"] for edge in graphql(local, down=DEP_DELAY)["edges"]} == down
    up = {hit["urn"] for hit in rest(local, upstreamOf=GOOD)["hits"]}
    assert {FLIGHTS, DELAYS, JOB, RUN} <= up and GOOD not in up
    assert graphql(local, up=GOOD)["totalCount"] == len(up)
    assert rest(local, downstreamOf=DEP_DELAY, where=["rmse<30000"])["facets"] == {"kind": {"model_version": 1}}


@pytest.mark.parametrize(
    ("parameters", "code", "where"),
    [
        ({"where": ["rmse < 3", "rmse <"]}, "bad_input", "where[1]"),
        ({"where": "rmse < low"}, "bad_input", "where[0]"),
        ({"where": [f"x = {number}" for number in range(21)]}, "too_large", "where"),
        ({"downstreamOf": "nothing_like_it"}, "not_found", None),
    ],
)
def test_what_can_not_be_asked_is_refused_with_its_place(
    local: TestClient, parameters: dict[str, Any], code: str, where: str | None
) -> None:
    error = local.get("/v1/search", params=parameters).json()["error"]
    assert (error["code"], error.get("where")) == (code, where)


def test_a_bad_condition_is_refused_with_the_place_in_it(local: TestClient) -> None:
    error = local.get("/v1/search", params={"where": "rmse ! 3"}).json()["error"]
    assert (error["position"], "character 9" in error["what"]) == (8, True)
    answer = local.post("/graphql", json={"query": QUERY, "variables": {"where": ["rmse ! 3"]}}).json()
    assert answer["errors"][0]["extensions"]["position"] == 8
