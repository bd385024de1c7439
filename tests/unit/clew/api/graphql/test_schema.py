"""Queries and mutations: the same answers as REST, and edits as steward."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from clew.api.graphql.schema import SearchFilters, build_schema
from clew.api.graphql.served import Served
from clew.house import House
from clew.query import freshness
from clew.search.port import FACETS
from clew_schemas import Group
from clew_schemas.definitions import aspect_event, kind_event
from clew_schemas.documents import from_document
from clew_schemas.kinds import DERIVED_KINDS, KINDS
from clew_schemas.registry import Registry
from unit.clew.api.wire import ANNA, BOARD, DEP_DELAY, FLIGHTS, JOB, THREAD, group, says


def ask(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    """Return the data of a query that must have no errors."""
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    data: dict[str, Any] = answer["data"]
    return data


def fail(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    """Return the first error of a query that must fail."""
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    error: dict[str, Any] = answer["errors"][0]
    return error


class TestEntities:
    def test_the_global_id_is_the_urn(self, local: TestClient, thread: str) -> None:
        data = ask(local, "query($id: ID!) { node(id: $id) { __typename id } }", id=FLIGHTS)
        assert data["node"] == {"__typename": "Dataset", "id": FLIGHTS}

    def test_nodes_come_in_the_order_asked_and_unknown_ones_are_null(self, local: TestClient, thread: str) -> None:
        nobody = "urn:clew:dataset:(duckdb://nyc,nobody)"
        data = ask(local, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[BOARD, nobody, FLIGHTS, BOARD])
        assert data["nodes"] == [{"id": BOARD}, None, {"id": FLIGHTS}, {"id": BOARD}]

    def test_a_kind_has_a_field_for_each_of_its_aspects(self, local: TestClient, thread: str) -> None:
        data = ask(
            local,
            """query($id: ID!) { node(id: $id) { ... on Dataset {
                 name kind urn schema documentation aspect(name: "tags") aspects etags columnCount } } }""",
            id=FLIGHTS,
        )["node"]
        rest = local.get("/v1/entities/" + FLIGHTS).json()
        assert data["schema"] == rest["aspects"]["schema"]
        assert (data["aspects"], data["etags"], data["name"]) == (rest["aspects"], rest["etags"], rest["name"])
        assert (data["aspect"], data["columnCount"]) == (None, 2)

    def test_claims_are_told_as_rest_tells_them(self, local: TestClient, steward: TestClient, thread: str) -> None:
        ask(
            steward,
            'mutation($u: ID!, $k: [String!]) { deny(urn: $u, aspect: "ownership", keys: $k) { status } }',
            u=FLIGHTS,
            k=[f"{ANNA} owner"],
        )
        query = 'query($n: String!) { entity(name: $n) { all: claims one: claims(aspect: "ownership") } }'
        data = ask(local, query, n="flights")["entity"]
        rest = local.get("/v1/entities/flights").json()["claims"]
        assert data["all"] == rest
        assert data["one"] == {"ownership": rest["ownership"]}

    def test_columns_owners_and_datasets_lead_on(self, local: TestClient, thread: str) -> None:
        data = ask(
            local,
            """{ entity(name: "flights") {
                   columns(first: 1) { name type urn entity { id dataset { id } } }
                   owners { urn role entity { kind aspects } } } }""",
        )["entity"]
        assert data["columns"] == [
            {
                "name": "dep_delay",
                "type": None,
                "urn": DEP_DELAY,
                "entity": {"id": DEP_DELAY, "dataset": {"id": FLIGHTS}},
            }
        ]
        person = {"kind": "person", "aspects": {"properties": {"name": "Anna"}}}
        assert data["owners"] == [{"urn": ANNA, "role": "owner", "entity": person}]

    def test_names_that_mean_nothing_or_too_much_are_errors_with_our_code(self, local: TestClient, thread: str) -> None:
        lost = fail(local, '{ entity(name: "nothing_like_it") { id } }')
        assert (lost["extensions"]["code"], lost["path"]) == ("not_found", ["entity"])
        assert lost["extensions"]["hint"]
        assert fail(local, '{ node(id: "no urn") { id } }')["extensions"]["code"] == "bad_input"
        unknown = fail(local, '{ entity(name: "flights") { aspect(name: "colour") } }')
        assert (unknown["extensions"]["where"], unknown["path"]) == ("name", ["entity", "aspect"])


class TestQuestions:
    def test_impact_is_that_of_rest(self, local: TestClient, thread: str) -> None:
        query = """query($of: String!, $t: String) { impact(of: $of, change: drop, atLeast: $t) {
            start change total byVerdict byKind complete behind asOf { seq time epoch token }
            frontier { reason count urns } gaps { code urn detail }
            assets { urn kind name verdict use hops owners { urn role } tier path } } }"""
        mine = ask(local, query, of="flights.dep_delay", t=thread)["impact"]
        rest = local.get("/v1/impact", params={"of": "flights.dep_delay", "change": "drop"}).json()
        rest.pop("explain")
        for asset in rest["assets"]:
            asset["owners"] = [{"urn": each["owner"], "role": each["role"]} for each in asset["owners"]]
        assert mine == rest
        assert mine["total"] == 3

    def test_lineage_is_that_of_rest_as_one_document(self, local: TestClient, thread: str) -> None:
        query = """{ lineage(of: "delay_board", direction: up, grain: column, indirect: true) {
            start direction grain indirect complete explain graph } }"""
        mine = ask(local, query)["lineage"]
        rest = local.get("/v1/lineage?of=delay_board&direction=up&grain=column&indirect=true").json()
        assert mine["graph"] == {name: rest[name] for name in ("starts", "nodes", "edges")}
        assert (mine["start"], mine["direction"], mine["indirect"]) == (BOARD, "up", True)
        assert mine["explain"]["engine"] == rest["explain"]["engine"]

    def test_paths_are_those_of_rest(self, local: TestClient, thread: str) -> None:
        mine = ask(local, '{ paths(from: "flights.dep_delay", to: "delay_board") { from to exhaustive paths } }')
        rest = local.get("/v1/paths?from=flights.dep_delay&to=delay_board").json()
        assert mine["paths"] == {name: rest[name] for name in ("from", "to", "exhaustive", "paths")}

    def test_a_neighbourhood_is_that_of_rest_as_one_document(self, local: TestClient, thread: str) -> None:
        query = """{ neighbourhood(of: "flights", down: 0, expandDown: ["flights", "delays"],
            trace: "flights.dep_delay", since: "0") { start complete frontier { reason count } graph } }"""
        mine = ask(local, query)["neighbourhood"]
        rest = local.get(
            "/v1/neighbourhood?of=flights&down=0&expand=down:flights&expand=down:delays&trace=flights.dep_delay&since=0"
        ).json()
        members = ("trace", "cards", "nodes", "carriers", "sources", "edges", "before")
        assert mine["graph"] == {name: rest[name] for name in members}
        assert mine["graph"]["before"]["src"] == []
        assert (mine["start"], mine["complete"]) == (rest["start"], True)

    def test_neighbours_are_those_of_rest(self, local: TestClient, thread: str) -> None:
        query = """{ neighbours(of: "delays", words: "BOARD") {
            of direction total matching neighbours { urn kind name uses } } }"""
        mine = ask(local, query)["neighbours"]
        rest = local.get("/v1/neighbours?of=delays&q=BOARD").json()
        assert mine == {name: rest[name] for name in ("of", "direction", "total", "matching", "neighbours")}
        assert [each["urn"] for each in mine["neighbours"]] == [BOARD]

    @pytest.mark.parametrize(
        ("question", "where"),
        [
            ('neighbourhood(of: "flights", most: 501)', "most"),
            ('neighbourhood(of: "flights", up: 11)', "up"),
            ('neighbours(of: "flights", first: 0)', "first"),
            ('lineage(of: "flights", depth: -1)', "depth"),
            ('impact(of: "flights", named: 1001)', "named"),
            ('paths(from: "flights", to: "delays", most: 0)', "most"),
        ],
    )
    def test_bounds_are_those_of_rest(self, local: TestClient, thread: str, question: str, where: str) -> None:
        error = fail(local, f"{{ {question} {{ complete }} }}")
        assert (error["extensions"]["code"], error["extensions"]["where"]) == ("bad_input", where)

    def test_history_tells_who_said_what(self, local: TestClient, steward: TestClient, thread: str) -> None:
        edit = 'mutation($u: ID!) { upsert(urn: $u, aspect: "documentation", payload: {text: "Better."}) { seq } }'
        ask(steward, edit, u=FLIGHTS)
        query = (
            'query($u: ID!) { history(urn: $u, aspect: "documentation") { seq source author op moved says denies } }'
        )
        facts = ask(local, query, u=FLIGHTS)["history"]
        assert [(each["source"], each["author"], each["op"], each["seq"]) for each in facts] == [
            ("etl", None, "upsert", 1),
            ("steward", "ada", "upsert", 2),
        ]
        assert facts[1]["says"] == {"text": "Better."}

    def test_health_is_that_of_rest(self, local: TestClient) -> None:
        assert ask(local, "{ health }")["health"] == local.get("/v1/health").json()

    def test_at_least_that_is_not_reached_is_stale(
        self, local: TestClient, thread: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(freshness, "PATIENCE_AT_LEAST", 0.01)
        token = thread.rsplit("-", 1)[0] + "-999"
        error = fail(local, "query($t: String) { search(atLeast: $t) { totalCount } }", t=token)
        assert error["extensions"]["code"] == "stale"
        assert (error["extensions"]["position"], error["extensions"]["wanted"]) == (1, 999)


class TestSearch:
    QUERY = """query($first: Int!, $after: String, $filters: SearchFilters) {
        search(text: "delay", first: $first, after: $after, filters: $filters, facets: ["kind", "owner"]) {
          totalCount facets envelope { complete } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          edges { cursor score matched node { id kind } } } }"""

    def test_pages_follow_each_other_until_the_end(self, local: TestClient, thread: str) -> None:
        rest = [each["urn"] for each in local.get("/v1/search?q=delay").json()["hits"]]
        seen, after = [], None
        while True:
            page = ask(local, self.QUERY, first=1, after=after)["search"]
            seen += [edge["node"]["id"] for edge in page["edges"]]
            assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == rest and page["totalCount"] == len(rest) > 2

    def test_what_came_in_between_shows_nothing_twice(self, local: TestClient, thread: str) -> None:
        first = ask(local, self.QUERY, first=2)["search"]
        earlier = "urn:clew:dashboard:(dbt://nyc,delay)"
        local.post("/v1/groups", json=group(says(earlier, "exposure", {"dependsOn": [], "label": "delay"}), id="new"))
        second = ask(local, self.QUERY, first=9, after=first["pageInfo"]["endCursor"])["search"]
        assert second["totalCount"] == first["totalCount"] + 1
        ids = [edge["node"]["id"] for page in (first, second) for edge in page["edges"]]
        assert len(ids) == len(set(ids))

    def test_filters_and_facets(self, local: TestClient, thread: str) -> None:
        found = ask(local, self.QUERY, first=10, filters={"kind": ["dataset", "job"]})["search"]
        assert {edge["node"]["kind"] for edge in found["edges"]} == {"dataset", "job"}
        assert found["facets"].keys() == {"kind", "owner"}

    def test_a_foreign_cursor_is_bad_input(self, local: TestClient) -> None:
        error = fail(local, '{ search(after: "bm9uc2Vuc2U=") { totalCount } }')
        assert (error["extensions"]["code"], error["extensions"]["where"]) == ("bad_input", "after")

    def test_there_is_a_filter_for_every_facet(self) -> None:
        assert set(SearchFilters.__annotations__) == set(FACETS)


class TestMutations:
    UPSERT = """mutation($u: ID!, $p: JSON!, $m: String) {
        upsert(urn: $u, aspect: "documentation", payload: $p, ifMatch: $m, message: "by hand") { status token seq } }"""

    def test_an_edit_is_the_stewards_and_can_be_read(
        self, local: TestClient, steward: TestClient, house: House
    ) -> None:
        receipt = ask(steward, self.UPSERT, u=FLIGHTS, p={"text": "Flights."})["upsert"]
        assert (receipt["status"], receipt["seq"]) == ("accepted", 1)
        commit = house.ledger.tail(0)[0]
        assert (commit.source, commit.author, commit.message) == ("steward", "ada", "by hand")
        found = ask(
            local, 'query($t: String) { search(text: "flights", atLeast: $t) { totalCount } }', t=receipt["token"]
        )
        assert found["search"]["totalCount"] == 1

    def test_what_was_said_is_withdrawn(self, steward: TestClient) -> None:
        ask(steward, self.UPSERT, u=FLIGHTS, p={"text": "Flights."})
        ask(steward, 'mutation($u: ID!) { retract(urn: $u, aspect: "documentation") { status } }', u=FLIGHTS)
        assert steward.get("/v1/entities/" + FLIGHTS).json()["aspects"] == {}

    def test_what_others_say_is_denied(self, steward: TestClient, thread: str) -> None:
        ask(steward, 'mutation($u: ID!) { deny(urn: $u, aspect: "documentation") { status } }', u=FLIGHTS)
        assert "documentation" not in steward.get("/v1/entities/flights").json()["aspects"]

    def test_a_stale_etag_is_a_conflict(self, steward: TestClient, thread: str) -> None:
        error = fail(steward, self.UPSERT, u=FLIGHTS, p={"text": "New."}, m="0" * 32)
        assert (error["extensions"]["code"], error["path"]) == ("conflict", ["upsert"])
        etag = error["extensions"]["etag"]
        assert ask(steward, self.UPSERT, u=FLIGHTS, p={"text": "New."}, m=etag)["upsert"]["status"] == "accepted"

    def test_a_bad_payload_is_refused_with_its_place(self, steward: TestClient, house: House) -> None:
        error = fail(steward, self.UPSERT, u=FLIGHTS, p={"txt": "?"})
        assert error["extensions"]["code"] == "bad_input"
        assert error["extensions"]["where"].startswith("events[0].payload")
        assert house.ledger.head_seq() == 0

    def test_without_a_token_nobody_is_the_steward(self, local: TestClient, house: House) -> None:
        for query in (
            f'mutation {{ upsert(urn: "{FLIGHTS}", aspect: "tags", payload: {{tags: []}}) {{ status }} }}',
            f'mutation {{ retract(urn: "{FLIGHTS}", aspect: "tags") {{ status }} }}',
            f'mutation {{ deny(urn: "{FLIGHTS}", aspect: "tags") {{ status }} }}',
        ):
            assert fail(local, query)["extensions"]["code"] == "forbidden"
        assert house.ledger.head_seq() == 0

    def test_groups_are_proposed_as_over_rest(self, local: TestClient, house: House) -> None:
        bad = group(says(FLIGHTS, "no_such", {}), id="bad")
        query = "mutation($g: JSON!) { propose(groups: $g) { id status token errors } }"
        receipts = ask(local, query, g=[THREAD, bad])["propose"]
        assert [(each["id"], each["status"]) for each in receipts] == [("thread", "accepted"), ("bad", "refused")]
        assert receipts[1]["errors"][0]["where"] == "events[0].aspect"
        assert ask(local, query, g=THREAD)["propose"][0]["status"] == "accepted"
        assert house.ledger.head_seq() == 1


class TestTypes:
    def test_every_kind_has_a_type_that_is_an_entity_and_a_node(self) -> None:
        schema = build_schema(Registry.built_in())
        assert schema.kinds.keys() == KINDS | DERIVED_KINDS
        types = schema._schema.type_map
        names = {each.name for each in types["Dataset"].interfaces}  # type: ignore[attr-defined]
        assert names == {"Entity", "Node"}
        assert {"FeatureSet", "ModelVersion", "QueryEntity", "LlmApp"} <= types.keys()

    def test_a_kind_has_only_the_aspects_that_stand_on_it(self) -> None:
        types = build_schema(Registry.built_in())._schema.type_map
        dataset, run = types["Dataset"].fields, types["Run"].fields  # type: ignore[attr-defined]
        assert "schema" in dataset and "run" not in dataset and "profile" not in dataset
        assert "run" in run and "schema" not in run

    def test_what_is_registered_at_run_time_gets_a_type_and_a_field(self, app: Any, house: House, local: Any) -> None:
        document = {
            "x-clew": {"name": "acme_cost", "version": 1, "mode": "state", "kinds": ["spoon", "dataset"]},
            "description": "What it costs.",
            "type": "object",
        }
        app.state.desk.schema = Served(house.ledger, build_schema)
        before = app.state.desk.schema.now()
        house.ledger.propose([Group("steward", "new", (kind_event("spoon", {}), aspect_event(document)))])
        local.post("/v1/groups", json=group(says(FLIGHTS, "acme_cost", {"euro": 7})))
        assert ask(local, "query($u: ID!) { node(id: $u) { ... on Dataset { acmeCost } } }", u=FLIGHTS) == {
            "node": {"acmeCost": {"euro": 7}}
        }
        assert "acmeCost" in app.state.desk.schema.now()._schema.type_map["Spoon"].fields
        assert "Spoon" not in before._schema.type_map
        assert app.state.desk.schema.now() is app.state.desk.schema.now()

    def test_an_aspect_named_like_a_field_of_every_entity_steps_aside(self) -> None:
        document = {"x-clew": {"name": "columns", "version": 1, "mode": "state"}, "type": "object"}
        registry = Registry({**Registry.built_in().aspects, "columns": from_document(document)})
        fields = build_schema(registry)._schema.type_map["Dataset"].fields  # type: ignore[attr-defined]
        assert {"columns", "columnsAspect"} <= fields.keys()


class Counting:
    """A ledger that counts how often it is read."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        self.reads += name in ("claims", "ids", "entities")
        return getattr(self._ledger, name)


def test_a_longer_list_costs_no_more_readings(
    app: Any, local: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [f"urn:clew:dataset:(duckdb://nyc,nyc.main.table_{number})" for number in range(12)]
    for table in tables:
        listed = {"columns": [{"name": f"c{at}"} for at in range(5)]}
        owners = {"owners": [{"owner": ANNA.replace("anna", table[-2:-1]), "role": "owner"}]}
        events = [says(table, "schema", listed), says(table, "ownership", owners)]
        assert local.post("/v1/groups", json=group(*events, id=table)).status_code == 200
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Dataset {
        documentation claims etags owners { entity { aspects } }
        columns { name entity { claims aspects dataset { aspects } } } } } }"""
    counting = Counting(house.ledger)
    monkeypatch.setattr(house, "ledger", counting)

    def reads(ids: list[str]) -> int:
        before = counting.reads
        assert len(ask(local, query, ids=ids)["nodes"]) == len(ids)
        return counting.reads - before

    assert reads(tables) == reads(tables[:2]) <= 10


def test_job_and_dashboard_are_types_of_their_own(local: TestClient, thread: str) -> None:
    data = ask(local, "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }", ids=[JOB, BOARD])
    assert [each["__typename"] for each in data["nodes"]] == ["Job", "Dashboard"]
