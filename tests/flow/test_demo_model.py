"""The demo's model: from a raw column to the endpoint by captured facts alone, and what is said when one is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.query.conditions import conditions
from clew.query.terms import Within
from clew.search import SearchQuery
from clew.settings import Settings
from clew_schemas import Event, Group
from clew_schemas.event import raw
from clew_schemas.urn import kind_of
from flow.demo_data import EVERY_RECIPE, recipe, records

ME = Viewer("me")
DENIED = raw({"all": True})
RAW, ENDPOINT, V2 = "raw.flights.dep_delay", "delay-api", "flight_delay.2"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(Settings(home=tmp_path_factory.mktemp("home"))) as opened:
        for name in EVERY_RECIPE:
            opened.ledger.register(Source(records(name)[0].source, "crawl", recipe(name).connector.rank))
            receipts = opened.ledger.propose(records(name))
            assert {each.status for each in receipts} <= {"opened", "accepted", "unchanged", "closed"}
        opened.catch_up()
        yield opened


def test_a_raw_column_reaches_feature_version_deployment_and_endpoint(house: House) -> None:
    answer = house.questions.paths(RAW, ENDPOINT, ME).to_dict()
    assert answer["complete"]
    kinds = [kind_of(step["to"]) for step in answer["paths"][0]]
    assert kinds[-4:] == ["feature", "model_version", "deployment", "endpoint"]
    assert {step["source"] for step in answer["paths"][0]} == {"derived.sql", "nyc-mlflow", "nyc-project"}


def test_and_back_from_the_endpoint_to_what_trained_it(house: House) -> None:
    answer = house.questions.what_trained(ENDPOINT, ME).to_dict()
    assert answer["complete"], answer["gaps"]
    (version,) = answer["versions"]
    assert version["name"] == "flight_delay.2"
    by = {link["by"] for each in version["datasets"] for link in each["evidence"]}
    assert {"sql", "stated"} <= by


def test_what_differs_between_the_versions(house: House) -> None:
    answer = house.questions.compare("flight_delay.1", V2, ME).to_dict()
    changed = {(each["part"], each["path"]): each for each in answer["differences"]}
    assert {path.split(".")[0] for part, path in changed if part == "features"} >= {"[origin]", "[carrier]"}
    assert changed["metrics", "rmse"]["a"] > changed["metrics", "rmse"]["b"]
    assert changed["parameters", "algorithm"]["b"] == "RandomForestRegressor"
    assert answer["complete"]


def test_models_by_metric_and_by_the_data_that_trained_them(house: House) -> None:
    def found(where: str, column: str) -> list[str]:
        query = SearchQuery(filters={"kind": ["model_version"]}, where=conditions([where]))
        answer = house.questions.find(query, ME, within=Within(downstream_of=column))
        return [hit["name"] for hit in answer.to_dict()["hits"]]

    assert found("rmse < 39", "raw.flights.origin") == ["flight_delay.2"]
    assert found("rmse < 38", "raw.flights.origin") == []
    assert sorted(found("rmse < 40", "raw.flights.distance")) == ["flight_delay.1", "flight_delay.2"]
    assert found("rmse < 40", "raw.flights.origin") == ["flight_delay.2"]


def test_a_second_crawl_of_everything_writes_nothing(house: House) -> None:
    before = house.ledger.stats()["facts"]
    for name in EVERY_RECIPE:
        again = records(name, 1_760_000_000_000_000)
        receipts = house.ledger.propose(again)
        assert {each.status for each in receipts} <= {"opened", "unchanged", "closed"}
    assert house.ledger.stats()["facts"] == before


def test_without_the_logged_dataset_the_answer_says_what_is_missing(house: House) -> None:
    version = house.questions.what_trained(V2, ME).to_dict()["versions"][0]
    logged = [each["urn"] for each in version["datasets"] if each["role"] == "training"]
    run = version["run"]["urn"]
    gone = [
        Event(urn, aspect, op="deny", payload=DENIED) for urn in logged for aspect in ("query", "evidence", "schema")
    ]
    (receipt,) = house.ledger.propose([Group("steward", "delete-logged", tuple(gone))])
    assert receipt.status == "accepted", receipt.errors
    house.catch_up()
    answer = house.questions.what_trained(V2, ME).to_dict()
    assert not answer["complete"]
    assert any(logged[0] == each["urn"] or run == each["urn"] for each in answer["gaps"]), answer["gaps"]
