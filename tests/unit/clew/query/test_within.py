"""Searching by measures, and within the lineage of a thing: what is found, counted, and said to be missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadInput, NotFound
from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.materialise.audit import views_digest
from clew.query.answer import Viewer
from clew.query.closure import closure
from clew.query.conditions import conditions
from clew.query.names import entity_named
from clew.query.terms import EVERYWHERE, Within
from clew.search import SearchQuery
from clew.search.measures import MOST_VALUES
from clew.settings import Settings
from clew_schemas import Event, Group, event, urn
from clew_schemas.urn import column

ADA = Viewer("ada")
FLIGHTS = urn.make("dataset", "duckdb://nyc", "nyc.flights")
OTHER = urn.make("dataset", "duckdb://nyc", "nyc.weather")
_names = count()


def version(number: int) -> str:
    return urn.make("model_version", "mlflow://nyc", f"delay.{number}")


def feature(number: int, name: str) -> str:
    return urn.make("feature", "mlflow://nyc", f"delay.{number}.{name}")


def run(number: int) -> str:
    return urn.make("run", "mlflow://nyc", f"run{number}")


def say(house: House, *events: Event) -> None:
    (receipt,) = house.ledger.propose([Group("client", f"g{next(_names)}", events)])
    assert receipt.status == "accepted", receipt.errors


def schema(dataset: str, *columns: str) -> Event:
    return event(dataset, "schema", {"columns": [{"name": each} for each in columns]})


def trained(number: int, rmse: float, algorithm: str, **sources: str) -> list[Event]:
    """Return what a log says of one version: its features by the columns they come from, its parameters and metric."""
    data = urn.make("dataset", "mlflow://nyc", f"log.{number}")
    features = [feature(number, name) for name in sources]
    copied = [[0, name, 0, name, "IDENTITY", 1.0] for name in sources]
    made = [[at, None, 0, name, "IDENTITY", 1.0] for at, name in enumerate(sources)]
    learned = [[0, None, at, None, "TRANSFORMATION", 1.0] for at in range(len(sources))]
    (table,) = set(sources.values())
    return [
        schema(data, *sources),
        event(data, "lineage", {"inputs": [table], "outputs": [data], "columns": copied}),
        event(
            urn.make("feature_set", "mlflow://nyc", f"delay.{number}.features"),
            "lineage",
            {"inputs": [data], "outputs": features, "columns": made},
        ),
        event(run(number), "lineage", {"inputs": features, "outputs": [version(number)], "columns": learned}),
        event(version(number), "metrics", {"values": {"rmse": rmse, "loss": "NaN"}}),
        event(version(number), "parameters", {"values": {"algorithm": algorithm, "max_depth": "8"}}),
        event(version(number), "importances", {"values": {name: 0.5 / (at + 1) for at, name in enumerate(sources)}}),
    ]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        opened.ledger.register(Source("client", "time"))
        say(opened, schema(FLIGHTS, "origin", "distance"), schema(OTHER, "wind"))
        say(opened, *trained(1, 25_000.0, "RandomForestRegressor", origin=FLIGHTS, distance=FLIGHTS))
        say(opened, *trained(2, 28_000.0, "Ridge", distance=FLIGHTS))
        say(opened, *trained(3, 31_000.0, "RandomForestRegressor", origin=FLIGHTS))
        say(opened, *trained(4, 20_000.0, "RandomForestRegressor", wind=OTHER))
        yield opened


def search(house: House, *where: str, within: Within = EVERYWHERE, **query: Any) -> dict[str, Any]:
    asked = SearchQuery(where=conditions(where), **query)
    return house.questions.find(asked, ADA, within=within).to_dict()


def urns(answer: dict[str, Any]) -> set[str]:
    assert answer["total"] == len(answer["hits"])
    return {hit["urn"] for hit in answer["hits"]}


def test_models_are_found_by_metric_parameter_and_importance(house: House) -> None:
    assert urns(search(house, "rmse < 30000")) == {version(1), version(2), version(4)}
    assert urns(search(house, "rmse < 30000", "param.algorithm = randomforestregressor")) == {version(1), version(4)}
    assert urns(search(house, "param.max_depth >= 8", "param.max_depth < 9", "rmse > 30000")) == {version(3)}
    assert urns(search(house, "importance.origin > 0.1")) == {version(1), version(3)}
    assert urns(search(house, "importance.distance > 0.3")) == {version(2)}
    assert urns(search(house, "loss != 0")) == set(), "a number that is none compares with nothing"


def test_hits_show_the_measures_that_were_asked_for(house: House) -> None:
    (hit,) = search(house, "rmse > 30000", "param.max_depth = 8")["hits"]
    assert hit["measures"] == {"rmse": [31_000.0], "param.max_depth": ["8"]}


def test_models_below_an_error_trained_on_data_that_includes_a_column(house: House) -> None:
    origin = Within(downstream_of="flights.origin")
    answer = search(house, "rmse < 30000", within=origin, facets=("kind",))
    assert urns(answer) == {version(1)}
    assert answer["facets"] == {"kind": {"model_version": 1}}
    assert answer["explain"]["hops"] >= 3


def test_what_lies_downstream_is_what_values_reach_and_what_carries_them(house: House) -> None:
    answer = search(house, within=Within(downstream_of="flights.origin"))
    kinds = answer["facets"]["kind"]
    assert {version(1), version(3), run(1), run(3)} <= urns(answer)
    assert {FLIGHTS, OTHER, version(2), run(2)}.isdisjoint(urns(answer))
    assert sum(kinds.values()) == answer["total"]


def test_a_thing_is_not_on_its_own_side(house: House) -> None:
    for name in ("nyc.flights", "flights.origin"):
        assert FLIGHTS not in urns(search(house, within=Within(downstream_of=name)))
    assert version(1) not in urns(search(house, within=Within(upstream_of=version(1))))


def test_upstream_and_between(house: House) -> None:
    assert FLIGHTS in urns(search(house, within=Within(upstream_of=version(1))))
    assert OTHER not in urns(search(house, within=Within(upstream_of=version(1))))
    between = search(house, within=Within(downstream_of="nyc.flights", upstream_of=version(3)))
    assert run(3) in urns(between) and {run(1), FLIGHTS, version(3)}.isdisjoint(urns(between))


def test_what_is_downstream_of_a_job_includes_what_it_writes(house: House) -> None:
    job = urn.make("job", "dbt://nyc", "load")
    copied = [[0, "wind", 0, "origin", "IDENTITY", 1.0]]
    say(house, event(job, "lineage", {"inputs": [FLIGHTS], "outputs": [OTHER], "columns": copied}))
    assert {OTHER, version(4)} <= urns(search(house, within=Within(downstream_of=job)))
    assert FLIGHTS in urns(search(house, within=Within(upstream_of=job)))


def test_a_name_that_nothing_has_is_refused(house: House) -> None:
    with pytest.raises(NotFound, match=r"nothing\.here"):
        search(house, within=Within(downstream_of="nothing.here"))


def test_gaps_of_the_lineage_make_the_answer_incomplete(house: House) -> None:
    assert search(house, "rmse < 30000")["complete"]
    why = {"code": "no_training_data", "detail": "nothing was logged"}
    unresolved = {"inputs": [FLIGHTS], "outputs": [version(5)], "unresolved": [why]}
    say(house, event(run(5), "lineage", unresolved))
    answer = search(house, "rmse < 30000", within=Within(downstream_of="flights.origin"))
    assert urns(answer) == {version(1)} and not answer["complete"]
    assert run(5) in {gap["urn"] for gap in answer["gaps"]}


def test_a_lineage_that_is_too_large_is_cut_and_says_so(house: House) -> None:
    house.catch_up()
    entity = entity_named(house.ledger, "nyc.flights")
    graph, seq = house.views.graph, house.views.graph.position().seq

    def of(**limits: Any) -> Any:
        return closure(house.ledger, graph, entity, Direction.DOWN, seq, **limits)

    whole = of()
    assert not whole.cuts
    some = of(most=3)
    assert len(some.ids) == 3 and some.ids < whole.ids
    assert [cut.count for cut in some.cuts] == [len(whole.ids) - 3] and "more than 3 things" in some.cuts[0].reason
    assert "more than 2 nodes" in of(nodes=2).cuts[0].reason
    models = of(kinds=("model_version",))
    assert {each.kind for each in house.ledger.entities(sorted(models.ids)) if each} == {"model_version"}


def test_measures_that_are_not_kept_make_the_answer_incomplete(house: House) -> None:
    values = {f"f{number}": 0.5 for number in range(MOST_VALUES + 10)}
    say(house, event(version(1), "importances", {"values": values}))
    answer = search(house, "importance.f1 > 0.4")
    assert urns(answer) == {version(1)} and not answer["complete"]
    assert [gap["code"] for gap in answer["gaps"]] == ["measures_left_out"]
    assert search(house, "rmse > 1", filters={"kind": ["job"]})["complete"], "nothing else that may fit lacks any"


# Freshness and usage.


def point(thing: str, aspect: str, payload: dict[str, Any], day: int) -> Event:
    return event(thing, aspect, payload, time=datetime(2026, 10, day, tzinfo=UTC))


def test_usage_and_sizes_are_those_of_the_newest_point(house: House) -> None:
    say(house, point(FLIGHTS, "usage", {"reads": 7, "lastRead": "2026-10-02T08:00:00Z"}, 3))
    say(house, point(FLIGHTS, "profile", {"rows": 1_000, "bytes": 9}, 3))
    house.catch_up()
    say(house, point(FLIGHTS, "profile", {"rows": 500, "bytes": 9}, 2), point(OTHER, "usage", {"reads": 0}, 2))
    assert urns(search(house, "rows >= 1000")) == {FLIGHTS}, "late news is not the newest"
    assert urns(search(house, "reads < 1")) == {OTHER}
    assert urns(search(house, "last_read < 2026-10-03", "last_read >= 2026-10-02")) == {FLIGHTS}
    assert urns(search(house, "profiled >= 2026-10-03")) == {FLIGHTS}
    (hit,) = search(house, "reads > 0", "last_read > 2026-01-01")["hits"]
    assert hit["measures"] == {"reads": [7], "last_read": ["2026-10-02T08:00:00Z"]}


def test_what_was_said_long_ago_is_found_by_when_it_changed(house: House) -> None:
    old = urn.make("dataset", "duckdb://nyc", "nyc.old")
    said = {"text": "untouched"}
    say(house, event(old, "documentation", said, observed=datetime(2025, 1, 2, tzinfo=UTC)))
    assert urns(search(house, "changed < 2025-06-01")) == {old}


def test_points_rebuilt_are_points_followed_and_the_doctor_finds_nothing(house: House) -> None:
    for day in (3, 5, 4):
        say(house, point(FLIGHTS, "usage", {"reads": day}, day))
        say(house, point(FLIGHTS, "profile", {"rows": day}, day))
        house.catch_up()
    say(house, point(FLIGHTS, "usage", {"reads": 50}, 5))
    house.catch_up()
    before = views_digest(house.ledger, house.views)
    assert urns(search(house, "reads = 50", "rows = 5")) == {FLIGHTS}
    assert house.doctor(mend=False)["findings"] == []
    house.rebuild(["search"])
    assert views_digest(house.ledger, house.views) == before


def test_the_doctor_sees_a_measure_that_is_not_so(house: House) -> None:
    house.catch_up()
    (held,) = [each for each in house.views.search.dump() if each.urn == version(1)]
    held.measures["rmse"][:] = [1.0]  # type: ignore[index]
    house.views.search.replace([held], [])
    (finding,) = house.doctor()["findings"]
    assert "measures" in finding["said"]
    assert urns(search(house, "rmse < 2")) == set()


def test_a_condition_that_means_nothing_is_refused(house: House) -> None:
    with pytest.raises(BadInput, match="have an order"):
        search(house, "rmse < low")


def test_columns_are_found_within_when_something_is_said_of_them(house: House) -> None:
    say(house, event(column(FLIGHTS, "origin"), "documentation", {"text": "Where it starts"}))
    found = search(house, within=Within(upstream_of=version(1)), filters={"kind": ["column"]})
    assert urns(found) == {column(FLIGHTS, "origin")}
