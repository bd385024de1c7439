"""SQL over REST and GraphQL: rows, the envelope, and refusals that say what is wrong."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from clew.house import House
from unit.clew.api.wire import FLIGHTS


def test_a_query_is_answered_with_columns_rows_and_envelope(local: TestClient, house: House, thread: str) -> None:
    order = {"query": "SELECT urn, kind FROM entities WHERE urn = :it", "parameters": {"it": FLIGHTS}}
    said = local.post("/v1/sql", json={**order, "atLeast": thread}).json()
    assert (said["columns"], said["rows"], said["complete"]) == (["urn", "kind"], [[FLIGHTS, "dataset"]], True)
    assert said["asOf"]["seq"] == house.ledger.head_seq()


@pytest.mark.parametrize(
    ("order", "status", "where"),
    [
        ({"query": "DELETE FROM claims"}, 400, "line 1, column 1"),
        ({"query": "SELECT * FROM nothing"}, 400, "line 1, column 15"),
        ({"query": "SELECT :a"}, 400, "parameters.a"),
        ({"query": "SELECT 1", "limit": 0}, 400, "limit"),
        ({"query": "SELECT 1", "seconds": 9999}, 400, "seconds"),
        ({"query": "SELECT 1", "parameters": {"a": [1]}}, 400, None),
        ({"query": "SELECT 1", "atLeast": "nonsense"}, 400, "atLeast"),
        ({"query": "SELECT 1," * 20_000}, 413, "query"),
        (
            {
                "query": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT sum(i) FROM n",
                "seconds": 0.3,
            },
            413,
            "query",
        ),
        ({}, 400, "query"),
        ({"query": 5}, 400, "query"),
        ({"query": "SELECT 1", "more": 1}, 400, "more"),
    ],
)
def test_bad_orders_are_refused_with_their_place(
    local: TestClient, order: dict[str, object], status: int, where: str | None
) -> None:
    answer = local.post("/v1/sql", json=order)
    assert answer.status_code == status, answer.text
    assert where is None or answer.json()["error"]["where"] == where


def test_graphql_gives_the_same_rows(local: TestClient, thread: str) -> None:
    asking = (
        "query ($q: String!, $p: JSON) { sql(query: $q, parameters: $p, limit: 2) { columns rows truncated complete } }"
    )
    variables = {"q": "SELECT urn FROM entities WHERE urn <> :it ORDER BY urn", "p": {"it": FLIGHTS}}
    said = local.post("/graphql", json={"query": asking, "variables": variables}).json()["data"]["sql"]
    assert (said["columns"], len(said["rows"]), said["truncated"], said["complete"]) == (["urn"], 2, True, False)
    refused = local.post("/graphql", json={"query": asking, "variables": {"q": "DROP TABLE x", "p": {"a": [1]}}}).json()
    assert refused["errors"][0]["extensions"]["where"] == "parameters.a"
