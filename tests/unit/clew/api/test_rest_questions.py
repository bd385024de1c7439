"""The questions over REST: the documents of `query`, and errors in one shape."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from clew.house import House
from clew.query import freshness
from clew.query.answer import Viewer
from clew.query.terms import ChangeKind
from unit.clew.api.wire import ANNA, BOARD, DELAYS, DEP_DELAY, FLIGHTS, JOB, group, says

ENVELOPE = {"asOf", "complete", "behind", "frontier", "gaps", "explain"}
VIEWER = Viewer("test")


def without_times(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "explain"}


class TestAnswers:
    def test_search_filters_and_counts(self, local: TestClient, thread: str) -> None:
        found = local.get("/v1/search?q=delay&kind=dataset&kind=job&facets=kind,owner&limit=1&offset=1").json()
        assert found.keys() == ENVELOPE | {"total", "hits", "facets"}
        assert (found["total"], len(found["hits"])) == (3, 1)
        assert found["facets"].keys() == {"kind", "owner"}

    def test_an_entity_is_described(self, local: TestClient, house: House, thread: str) -> None:
        described = local.get("/v1/entities/flights").json()
        assert without_times(described) == without_times(house.questions.describe("flights", VIEWER).to_dict())
        assert described["urn"] == FLIGHTS
        assert [each["name"] for each in described["columns"]] == ["dep_delay", "carrier"]

    def test_lineage_goes_both_ways(self, local: TestClient, thread: str) -> None:
        down = local.get("/v1/lineage", params={"of": "flights.dep_delay"}).json()
        up = local.get("/v1/lineage", params={"of": BOARD, "direction": "up", "grain": "column"}).json()
        assert BOARD in down["nodes"]["urn"] and DEP_DELAY in up["nodes"]["urn"]
        assert down["edges"].keys() >= {"src", "dst", "carrier"}

    def test_lineage_says_where_it_was_cut(self, local: TestClient, thread: str) -> None:
        cut = local.get("/v1/lineage", params={"of": DEP_DELAY, "depth": 1}).json()
        assert cut["complete"] is False
        assert cut["frontier"][0]["reason"] == "depth 1"

    def test_impact_names_the_dashboard_with_path_and_owner(self, local: TestClient, house: House, thread: str) -> None:
        answer = local.get("/v1/impact", params={"of": "flights.dep_delay", "change": "drop"}).json()
        own = house.questions.impact("flights.dep_delay", ChangeKind.DROP, VIEWER).to_dict()
        assert without_times(answer) == without_times(own)
        board = next(each for each in answer["assets"] if each["urn"] == BOARD)
        assert (board["verdict"], board["owners"][0]["owner"]) == ("may_break", ANNA)
        assert {JOB, DELAYS} & {each["urn"] for each in answer["assets"]} == {JOB}
        assert answer["complete"] is True

    def test_impact_counts_what_it_does_not_name(self, local: TestClient, thread: str) -> None:
        answer = local.get("/v1/impact", params={"of": DEP_DELAY, "change": "retype", "named": 1}).json()
        assert len(answer["assets"]) == 1 < answer["total"]

    def test_a_neighbourhood_holds_cards_and_all_edges_between_them(self, local: TestClient, thread: str) -> None:
        answer = local.get("/v1/neighbourhood", params={"of": "delays"}).json()
        assert answer.keys() >= ENVELOPE | {"start", "cards", "nodes", "edges", "carriers", "sources", "before"}
        assert answer["cards"]["urn"] == [DELAYS, FLIGHTS, BOARD]
        assert answer["cards"]["title"][2] == "Delays"

    def test_neighbours_are_counted_and_searched(self, local: TestClient, thread: str) -> None:
        answer = local.get("/v1/neighbours", params={"of": "delays", "direction": "up", "q": "flight"}).json()
        assert (answer["total"], answer["matching"]) == (1, 1)
        assert answer["neighbours"] == [{"urn": FLIGHTS, "kind": "dataset", "name": "nyc.main.flights", "uses": 1}]

    def test_paths_lead_from_one_to_the_other(self, local: TestClient, thread: str) -> None:
        answer = local.get("/v1/paths", params={"from": DEP_DELAY, "to": BOARD}).json()
        assert answer["exhaustive"] is True
        assert answer["paths"]
        assert {(path[0]["from"], path[-1]["to"]) for path in answer["paths"]} == {(DEP_DELAY, BOARD)}


class TestReadingOnesWrites:
    PATHS = ("/v1/search?", f"/v1/lineage?of={DEP_DELAY}&", f"/v1/impact?of={DEP_DELAY}&")

    @pytest.mark.parametrize("path", PATHS)
    def test_at_least_sees_the_write(self, local: TestClient, thread: str, path: str) -> None:
        answer = local.get(f"{path}atLeast={thread}")
        assert answer.status_code == 200
        assert answer.json()["asOf"]["seq"] >= int(thread.rsplit("-", 1)[1])

    @pytest.mark.parametrize("path", PATHS)
    def test_what_is_not_reached_is_stale_and_says_how_far(
        self, local: TestClient, thread: str, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(freshness, "PATIENCE_AT_LEAST", 0.01)
        epoch = thread.rsplit("-", 1)[0]
        answer = local.get(f"{path}atLeast={epoch}-999")
        assert answer.status_code == 503
        error = answer.json()["error"]
        assert (error["code"], error["position"], error["wanted"]) == ("stale", 1, 999)

    @pytest.mark.parametrize("token", ["nonsense", "0abc-1", "-1", "1"])
    def test_a_foreign_token_is_bad_input(self, local: TestClient, thread: str, token: str) -> None:
        for path in (*self.PATHS, "/v1/entities/flights?"):
            answer = local.get(f"{path}atLeast={token}")
            assert (answer.status_code, answer.json()["error"]["where"]) == (400, "atLeast")


class TestErrors:
    @pytest.mark.parametrize(
        ("path", "where"),
        [
            ("/v1/impact", "of"),
            ("/v1/impact?of=flights&change=repaint", "change"),
            ("/v1/impact?of=flights&nmaed=3", "nmaed"),
            ("/v1/impact?of=flights&named=-1", "named"),
            ("/v1/lineage?of=flights&direction=sideways", "direction"),
            ("/v1/lineage?of=flights&depth=-1", "depth"),
            ("/v1/lineage?of=flights&grain=sand", "grain"),
            ("/v1/neighbourhood?of=flights&expand=sideways:delays", "expand[0]"),
            ("/v1/neighbourhood?of=flights&most=501", "most"),
            ("/v1/neighbours?of=flights&limit=0", "limit"),
            ("/v1/paths?from=flights", "to"),
            ("/v1/paths?from=flights&to=delays&most=101", "most"),
            ("/v1/search?limit=many", "limit"),
            ("/v1/search?limit=1001", "limit"),
            ("/v1/search?offset=-1", "offset"),
            ("/v1/search?facets=colour", "filters"),
        ],
    )
    def test_a_bad_parameter_is_named(self, local: TestClient, thread: str, path: str, where: str) -> None:
        answer = local.get(path)
        assert answer.status_code == 400
        assert (answer.json()["error"]["code"], answer.json()["error"]["where"]) == ("bad_input", where)

    def test_what_nobody_named_is_not_found(self, local: TestClient, thread: str) -> None:
        for name in ("nothing_like_it", "urn:clew:dataset:(duckdb://nyc,nothing)"):
            answer = local.get(f"/v1/entities/{name}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
            assert local.get("/v1/impact", params={"of": name}).status_code == 404

    def test_an_ambiguous_name_lists_its_candidates(self, local: TestClient, thread: str) -> None:
        other = FLIGHTS.replace("nyc.main", "nyc.old")
        local.post("/v1/groups", json=group(says(other, "tags", {"tags": []}), id="other"))
        answer = local.get("/v1/entities/flights")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ambiguous")
        assert set(answer.json()["error"]["candidates"]) == {FLIGHTS, other}

    def test_a_malformed_urn_is_bad_input(self, local: TestClient) -> None:
        assert local.get("/v1/entities/urn:clew:dataset:(x)").json()["error"]["code"] == "bad_input"

    def test_unknown_routes_and_methods_answer_in_the_same_shape(self, local: TestClient) -> None:
        lost, wrong = local.get("/v1/nothing"), local.put("/v1/groups")
        assert (lost.status_code, lost.json()["error"]["code"]) == (404, "not_found")
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "not_allowed")
        assert wrong.headers["allow"] == "POST"

    def test_a_fault_of_ours_tells_nothing_of_the_inside(
        self, local: TestClient, house: House, thread: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError("password=hunter2 at /srv/clew/secret.py")

        monkeypatch.setattr(type(house.ledger), "claims", fail)
        for answer in (
            local.get("/v1/entities/" + FLIGHTS),
            local.post("/graphql", json={"query": f'{{ node(id: "{FLIGHTS}") {{ ... on Dataset {{ tags }} }} }}'}),
        ):
            assert "internal" in answer.text
            assert not {"hunter2", "secret.py", "Traceback", "RuntimeError"} & set(answer.text.split('"'))
            assert "hunter2" not in answer.text and "secret.py" not in answer.text
        assert local.get("/v1/entities/" + FLIGHTS).status_code == 500


def test_the_api_describes_itself(local: TestClient) -> None:
    document = local.get("/openapi.json").json()
    assert {"/v1/groups", "/v1/impact", "/v1/entities/{name}", "/v1/changes", "/graphql"} <= document["paths"].keys()
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            assert said.get("summary") and said.get("description"), (method, path)
    names = [said["operationId"] for methods in document["paths"].values() for said in methods.values()]
    assert len(names) == len(set(names)) and all(name.isidentifier() for name in names)
    references = {part.split('"')[0] for part in str(document).replace("'", '"').split("#/components/schemas/")[1:]}
    assert references <= document["components"]["schemas"].keys()
