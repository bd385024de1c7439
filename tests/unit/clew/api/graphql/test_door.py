"""GraphQL over HTTP: media types, statuses, methods, and what one operation may ask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from clew.api.graphql.asked import MAX_BYTES
from clew.api.graphql.door import LEGACY, MODERN, negotiate
from clew.api.graphql.limits import MAX_ALIASES, MAX_DEPTH
from unit.clew.api.wire import FLIGHTS


def post(client: TestClient, query: str, accept: str = MODERN, **said: Any) -> Any:
    return client.post("/graphql", json={"query": query, **said}, headers={"Accept": accept})


def code_of(answer: Any) -> str:
    code: str = answer.json()["errors"][0]["extensions"]["code"]
    return code


class TestMediaTypes:
    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            ("", LEGACY),
            ("*/*", LEGACY),
            ("text/html", LEGACY),
            (LEGACY, LEGACY),
            (MODERN, MODERN),
            (f"{MODERN}, {LEGACY}", MODERN),
            (f"{LEGACY};q=0.9, {MODERN};q=0.8", LEGACY),
            (f"{MODERN};q=0", LEGACY),
            (f"{MODERN};q=nonsense", LEGACY),
            (f"{MODERN}; charset=utf-8, {LEGACY};q=0.9", MODERN),
        ],
    )
    def test_the_one_that_is_preferred_is_answered(self, accept: str, expected: str) -> None:
        assert negotiate(accept) == expected

    @pytest.mark.parametrize("accept", [LEGACY, MODERN])
    def test_the_answer_is_of_that_type(self, local: TestClient, accept: str) -> None:
        answer = post(local, "{ __typename }", accept)
        assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
        assert answer.json() == {"data": {"__typename": "Query"}}

    @pytest.mark.parametrize(
        ("query", "variables"),
        [
            ("{", None),
            ("{ nothing }", None),
            ("query($id: ID!) { node(id: $id) { id } }", {}),
            ("query A { __typename }", {"operationName": "B"}),
            ("fragment F on Query { __typename }", None),
            ("query($n: Int!) { search(first: $n) { totalCount } }", {"n": "many"}),
        ],
    )
    def test_what_was_not_executed_is_400_without_data(self, local: TestClient, query: str, variables: Any) -> None:
        said = variables if variables and "operationName" in variables else {"variables": variables}
        modern, legacy = post(local, query, MODERN, **said), post(local, query, LEGACY, **said)
        assert (modern.status_code, legacy.status_code) == (400, 200)
        assert "data" not in modern.json()
        assert code_of(modern) == code_of(legacy) == "bad_input"

    def test_what_failed_in_execution_is_200_with_path(self, local: TestClient) -> None:
        answer = post(local, '{ node(id: "no urn") { id } health }')
        assert answer.status_code == 200
        assert answer.json()["errors"][0]["path"] == ["node"]
        assert answer.json()["data"]["node"] is None
        assert answer.json()["data"]["health"]["head"] == 0

    def test_an_error_that_takes_all_data_along_was_still_executed(self, local: TestClient) -> None:
        answer = post(local, '{ impact(of: "nothing_like_it") { total } }')
        assert (answer.status_code, answer.json()["data"], code_of(answer)) == (200, None, "not_found")


class TestRequests:
    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
    def test_only_json_is_posted(self, local: TestClient, kind: str) -> None:
        body = json.dumps({"query": "{ __typename }"})
        assert local.post("/graphql", content=body, headers={"Content-Type": kind}).status_code == 415

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b'[{"query": "{ __typename }"}]',
            b"{}",
            b'{"query": 7}',
            b'{"query": ""}',
            b'{"query": "{ __typename }", "variables": []}',
            b'{"query": "{ __typename }", "operationName": 7}',
            b'{"query": "{ __typename }", "extensions": 7}',
            b'{"query": "\xff"}',
        ],
    )
    def test_a_malformed_request_is_bad_input(self, local: TestClient, body: bytes) -> None:
        answer = local.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, code_of(answer)) == (400, "bad_input")

    def test_a_query_is_got_too(self, local: TestClient, thread: str) -> None:
        query = "query One($id: ID!) { node(id: $id) { id } } query Two { __typename }"
        said = {"query": query, "variables": json.dumps({"id": FLIGHTS}), "operationName": "One"}
        assert local.get("/graphql", params=said).json() == {"data": {"node": {"id": FLIGHTS}}}
        assert local.get("/graphql", params={**said, "variables": "{"}).status_code == 400
        assert local.get("/graphql").status_code == 400

    def test_a_mutation_is_not_got(self, steward: TestClient, house: Any) -> None:
        query = f'mutation {{ upsert(urn: "{FLIGHTS}", aspect: "tags", payload: {{tags: []}}) {{ status }} }}'
        answer = steward.get("/graphql", params={"query": query})
        assert (answer.status_code, code_of(answer)) == (405, "not_allowed")
        two = steward.get("/graphql", params={"query": "query A { __typename } " + query.replace("{", "B {", 1)})
        assert two.json() == {"data": {"__typename": "Query"}}
        assert house.ledger.head_seq() == 0

    def test_a_token_is_asked_for_in_graphqls_own_shape(self, connect: Any) -> None:
        answer = post(connect(address="192.0.2.7"), "{ __typename }")
        assert (answer.status_code, code_of(answer)) == (401, "unauthenticated")

    def test_the_schema_describes_itself(self, local: TestClient) -> None:
        from graphql import get_introspection_query

        answer = post(local, get_introspection_query())
        assert answer.status_code == 200
        assert "Dataset" in {each["name"] for each in answer.json()["data"]["__schema"]["types"]}


class TestLimits:
    """What is refused here is answered quickly and executed not at all."""

    def refused(self, answer: Any, code: str = "too_large") -> dict[str, Any]:
        error: dict[str, Any] = answer.json()["errors"][0]
        assert (answer.status_code, error["extensions"]["code"]) == (400, code), answer.text
        assert "data" not in answer.json()
        return error

    def test_a_query_of_a_megabyte_is_too_large(self, local: TestClient) -> None:
        answer = post(local, "{ __typename }" + " " * 1_000_000)
        assert (answer.status_code, code_of(answer)) == (413, "too_large")
        assert post(local, "{ __typename }" + " " * (MAX_BYTES - 14)).status_code == 200

    def test_depth_is_limited(self, local: TestClient, thread: str) -> None:
        def nested(levels: int) -> str:
            inner = "id"
            for _ in range(levels - 2):
                inner = f"dataset {{ {inner} }}"
            return f'{{ node(id: "{FLIGHTS}") {{ ... on Entity {{ {inner} }} }} }}'

        assert post(local, nested(MAX_DEPTH)).status_code == 200
        assert "levels deep" in self.refused(post(local, nested(MAX_DEPTH + 1)))["message"]

    @pytest.mark.parametrize("levels", [400, 900, 20_000])
    def test_a_depth_bomb_is_defused(self, local: TestClient, levels: int) -> None:
        answer = post(local, "{ node(id: 1) " + "{ dataset " * levels + "{ id }" + " }" * levels + " }")
        assert answer.status_code in (400, 413)
        assert code_of(answer) in ("too_large", "bad_input")

    def test_aliases_are_limited(self, local: TestClient) -> None:
        def aliased(count: int) -> str:
            return "{" + " ".join(f"a{number}: __typename" for number in range(count)) + "}"

        assert post(local, aliased(MAX_ALIASES)).status_code == 200
        assert "aliases" in self.refused(post(local, aliased(MAX_ALIASES + 1)))["message"]
        assert post(local, aliased(4_000)).status_code == 400

    def test_aliases_in_fragments_count(self, local: TestClient) -> None:
        many = " ".join(f"a{number}: __typename" for number in range(MAX_ALIASES + 1))
        self.refused(post(local, f"{{ ...F }} fragment F on Query {{ {many} }}"))

    def test_tokens_are_limited(self, local: TestClient) -> None:
        answer = post(local, "{ " + "__typename " * 3_000 + "}")
        assert answer.status_code == 400
        assert "tokens" in answer.json()["errors"][0]["message"]

    def test_fragments_that_double_each_other_do_not_explode(self, local: TestClient) -> None:
        fragments = [f"fragment F{at} on Query {{ ...F{at + 1} ...F{at + 1} health }}" for at in range(60)]
        query = "{ ...F0 } " + " ".join(fragments) + " fragment F60 on Query { __typename }"
        assert "may resolve" in self.refused(post(local, query))["message"]

    def test_cyclic_fragments_are_bad_input(self, local: TestClient) -> None:
        query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
        self.refused(post(local, query), "bad_input")

    def test_cost_multiplies_by_first(self, local: TestClient) -> None:
        query = "query($n: Int = 1000) { search(first: $n) { edges { node { id columns { name urn } } } } }"
        assert post(local, query, variables={"n": 10}).status_code == 200
        assert "may resolve" in self.refused(post(local, query))["message"]
        assert "may resolve" in self.refused(post(local, query, variables={"n": 1000}))["message"]
        self.refused(post(local, query.replace("$n)", "1000)").replace("($n: Int = 1000)", "")))

    @pytest.mark.parametrize("first", [-1, 1001, 2**40])
    def test_first_has_bounds(self, local: TestClient, first: int) -> None:
        literal = post(local, f"{{ search(first: {first}) {{ totalCount }} }}")
        variable = post(local, "query($n: Int!) { search(first: $n) { totalCount } }", variables={"n": first})
        deep = post(local, f'{{ entity(name: "x") {{ columns(first: {first}) {{ name }} }} }}')
        for answer in (literal, variable, deep):
            self.refused(answer, "bad_input")

    def test_ids_have_a_bound(self, local: TestClient) -> None:
        query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        assert post(local, query, variables={"ids": [FLIGHTS] * 1000}).status_code == 200
        self.refused(post(local, query, variables={"ids": [FLIGHTS] * 1001}))

    def test_introspection_does_not_go_round_in_circles(self, local: TestClient) -> None:
        inner = "name"
        for _ in range(5):
            inner = f"fields {{ type {{ {inner} }} }}"
        self.refused(post(local, f"{{ __schema {{ types {{ {inner} }} }} }}"), "bad_input")
