"""Runs, in a house in this process: what is recorded, and that nothing of it disturbs the script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import clew
from clew.errors import BadInput, NotFound
from clew.sdk import surroundings
from clew.sdk.client import Client

TRIPS = "urn:clew:dataset:(duckdb://nyc,nyc.main.trips)"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with clew.connect(home=tmp_path / "home", project="test") as made:
        yield made


def trips() -> pd.DataFrame:
    dice = np.random.default_rng(7)
    table = pd.DataFrame({"distance": dice.normal(900, 300, 60), "dep.hour": dice.integers(0, 24, 60).astype(float)})
    table.loc[3, "distance"] = None
    return table.assign(delay=table["dep.hour"] * 2.0)


def fitted(table: pd.DataFrame) -> Pipeline:
    pipeline = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), RandomForestRegressor(3, random_state=1)
    )
    return pipeline.fit(table[["distance", "dep.hour"]], table["delay"])


def aspects(client: Client, urn: str) -> dict[str, Any]:
    return client.describe(urn).aspects


def test_a_run_is_recorded_with_all_that_belongs_to_it(client: Client) -> None:
    with client.run("train", experiment="delays", seeds={"numpy": 7}, tags=["nightly"]) as run:
        run.log_params({"depth": np.int64(8), "tree": {"leaves": 31}})
        run.log_metrics({"rmse": 12.5})
    said = aspects(client, run.urn)
    assert said["run"]["status"] == "success"
    assert said["run"]["durationMs"] > 0
    assert said["run"]["started"] <= said["run"]["ended"]
    assert said["run"]["job"] == "urn:clew:job:(sdk://test,train)"
    assert said["parameters"]["values"] == {"depth": 8, "tree.leaves": 31}
    assert said["metrics"]["values"] == {"rmse": 12.5}
    assert said["environment"]["seeds"] == {"numpy": 7}
    assert said["environment"]["packages"]["pandas"] == pd.__version__
    assert said["containment"]["parent"] == "urn:clew:experiment:(sdk://test,delays)"
    assert not client.errors


def test_a_short_run_without_extras_is_three_events(client: Client) -> None:
    with client.run("train", describe_environment=False) as run:
        run.log_params({"depth": 8})
        run.log_metric("rmse", 1.5)
    client.flush()
    assert client.stats().sent == 3


def test_a_run_that_goes_on_is_said_to_be_running(client: Client) -> None:
    run = client.run("train")
    run.log_params({"a": 1})
    assert aspects(client, run.urn)["run"]["status"] == "running"
    run.log_params({"b": 2})
    assert aspects(client, run.urn)["parameters"]["values"] == {"a": 1, "b": 2}
    run.end()
    assert aspects(client, run.urn)["run"]["status"] == "success"
    run.end("failed")
    assert aspects(client, run.urn)["run"]["status"] == "success"


def test_a_failing_block_marks_the_run_failed_and_its_exception_goes_on(client: Client) -> None:
    error = ValueError("no such\ncolumn")
    with pytest.raises(ValueError, match="no such") as caught, client.run("train") as run:
        raise error
    assert caught.value is error
    said = aspects(client, run.urn)["run"]
    assert (said["status"], said["message"]) == ("failed", "ValueError: no such column")


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), "aborted"), (SystemExit(0), "success"), (SystemExit(2), "failed")]
)
def test_how_the_process_is_left_is_how_the_run_ended(client: Client, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)), client.run("train") as run:
        raise error
    assert aspects(client, run.urn)["run"]["status"] == status


def test_a_run_without_end_is_aborted_when_the_client_is_closed(tmp_path: Path) -> None:
    with clew.connect(home=tmp_path, project="test") as client:
        run = client.run("train")
    with clew.connect(home=tmp_path, project="test") as client:
        assert aspects(client, run.urn)["run"]["status"] == "aborted"


def test_a_run_inside_a_run_is_contained_in_it(client: Client) -> None:
    with client.run("search", experiment="delays") as outer:
        with client.run("trial") as inner:
            assert clew.current_run() is inner
        assert clew.current_run() is outer
    assert aspects(client, inner.urn)["containment"]["parent"] == outer.urn
    assert inner.urn != outer.urn


def points(client: Client, run: clew.Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.describe(run.urn)["series"].get("metric", [])
    return found


def test_a_metric_with_steps_has_a_history(client: Client) -> None:
    with client.run("train", describe_environment=False) as run:
        for step in range(5):
            run.log_metric("loss", 1 / (step + 1), step=step)
        run.log_metric("once", 3)
    client.flush()
    assert client.stats().sent == 7
    assert aspects(client, run.urn)["metrics"]["values"] == {"loss": 0.2, "once": 3.0}


def test_a_metric_that_comes_again_without_a_step_has_a_history_from_the_first(client: Client) -> None:
    with client.run("train", describe_environment=False) as run:
        run.log_metric("loss", 3)
        run.log_metric("loss", 2)
        run.log_metric("loss", 1)
    client.flush()
    assert client.stats().sent == 5
    assert client.stats().refused == 0


def test_numbers_that_are_none_are_kept_as_such(client: Client) -> None:
    with client.run("train") as run:
        run.log_metric("rmse", float("nan"), step=1)
        run.log_metrics({"a": float("inf"), "b": np.float32(-np.inf), "worse": "much"})
    assert aspects(client, run.urn)["metrics"]["values"] == {"rmse": "NaN", "a": "Infinity", "b": "-Infinity"}
    assert [each.where for each in client.errors] == ["metric worse"]


@pytest.mark.parametrize("name", ["a,b(c)%", "dots.in.it", "line\nbreak", "ünï", "", "x" * 3000, "\ud800", "\x00"])
def test_odd_names_are_names(client: Client, name: str) -> None:
    with client.run(name, model=name, experiment=name) as run:
        run.log_params({name: 1})
        run.log_metric(name, 1, step=1)
        run.use(trips(), name=name)
        run.log_model(target=name)
        run.deploy(name, endpoint=f"http://x/{name}")
    assert client.flush()
    assert [error for error in client.errors if error.group] == []
    assert aspects(client, run.urn)["run"]["status"] == "success"


def test_nothing_that_is_handed_in_disturbs_the_script(client: Client) -> None:
    odd: list[Any] = [None, 3, object(), threading.Lock(), [1, 2], {"a": object()}, print]
    with client.run("train") as run:
        for value in odd:
            run.log_params({"p": value})
            run.log_params(value)
            run.log_metric("m", value, step=value)
            run.log_metrics(value)
            run.use(value)
            run.capture(value)
            run.log_model(pipeline=value)
            client.emit(value)
            client.log_dataset(value, "x")
        run.deploy("x", endpoint=3)  # type: ignore[arg-type]
    assert len(client.errors) > 30
    assert aspects(client, run.urn)["run"]["status"] == "success"


def test_strict_raises(tmp_path: Path) -> None:
    with clew.connect(home=tmp_path, project="test", strict=True) as client:
        run = client.run("train")
        with pytest.raises(BadInput, match="no number"):
            run.log_metric("m", "much")
        with pytest.raises(BadInput, match="not a URN"):
            client.emit(clew.event("x", "tags", {"tags": []}))
        with pytest.raises(BadInput, match="could not be looked up"):
            run.use("nothing.here")
        run.end()
        assert aspects(client, run.urn)["run"]["status"] == "success"


def test_strict_raises_when_the_house_is_away() -> None:
    with clew.connect("http://127.0.0.1:1", strict=True) as client, pytest.raises(clew_errors().Unreachable):
        client.emit(clew.event("urn:clew:job:(x,j)", "documentation", {"text": "x"}))


def clew_errors() -> Any:
    from clew import errors

    return errors


def test_a_table_in_memory_is_logged_by_name_and_digest(client: Client) -> None:
    with client.run("train") as run:
        used = run.use(trips(), name="trips")
    assert used is not None
    assert used.urn.startswith("urn:clew:dataset:(sdk://test,trips.")
    said = aspects(client, used.urn)
    assert [each["name"] for each in said["schema"]["columns"]] == ["distance", "dep%2Ehour", "delay"]
    assert [each["nullable"] for each in said["schema"]["columns"]] == [True, False, False]
    inputs = aspects(client, run.urn)["data_inputs"]["datasets"]
    assert inputs == [{"dataset": used.urn, "role": "training", "rows": 60}]


def test_a_table_of_nulls_only_is_logged(client: Client) -> None:
    with client.run("train") as run:
        used = run.use(pd.DataFrame({"a": [None, None], "b": [np.nan, np.nan]}), name="nulls")
    assert used is not None
    assert [each["nullable"] for each in aspects(client, used.urn)["schema"]["columns"]] == [True, True]
    assert not client.errors


def test_the_source_of_a_table_is_tied_column_by_column_where_it_is_known(client: Client) -> None:
    columns = [{"name": "distance"}, {"name": "carrier"}]
    client.propose(clew.event(TRIPS, "schema", {"columns": columns}))
    with client.run("train") as run:
        used = run.use(trips(), name="trips", source="nyc.main.trips")
    assert used is not None
    said = aspects(client, used.urn)
    assert said["lineage"]["inputs"] == [TRIPS]
    assert said["lineage"]["columns"] == [[0, "distance", 0, "distance", "IDENTITY", 0.9]]
    (link,) = said["evidence"]["links"]
    assert (link["from"], link["to"], link["by"]) == (TRIPS, used.urn, "stated")
    assert "1 of 3" in link["detail"]


def test_sql_is_said_as_it_is_and_lineage_follows_from_it(client: Client) -> None:
    client.propose(clew.event(TRIPS, "schema", {"columns": [{"name": "distance"}, {"name": "hour"}]}))
    with client.run("train") as run:
        used = run.use(
            trips()[["distance"]],
            name="trips",
            sql="select distance from nyc.main.trips",
            dialect="duckdb",
            namespace="duckdb://nyc",
        )
    assert used is not None
    assert (
        f"{TRIPS[:-1]},distance)".replace(":dataset:", ":column:")
        in client.lineage(used.urn.replace(":dataset:", ":column:")[:-1] + ",distance)", "up").urns
    )


def test_a_name_that_nobody_knows_leaves_a_gap_and_no_edge(client: Client) -> None:
    with client.run("train", model="delays") as run:
        assert run.use("no.such.table") is None
        urn = run.log_model()
    assert "no.such.table" in client.errors[0].what
    said = aspects(client, run.urn)["lineage"]
    assert (said["inputs"], said["outputs"]) == ([], [urn])
    assert said["unresolved"][0]["code"] == "unknown_dataset"


def test_a_model_without_data_says_so(client: Client) -> None:
    with client.run("train", model="delays") as run:
        urn = run.log_model(version="1")
    assert urn == "urn:clew:model_version:(sdk://test,delays.1)"
    assert aspects(client, run.urn)["lineage"]["unresolved"][0]["code"] == "no_training_data"
    answer = client.lineage(urn, "up", grain="column")
    assert not answer.complete


def test_a_model_is_traced_from_the_columns_of_its_data_to_its_endpoint(client: Client) -> None:
    table = trips()
    with client.run("train", model="delays") as run:
        used = run.use(table, name="trips")
        version = run.log_model(version="1", pipeline=fitted(table), target="delay")
        run.deploy("champion", endpoint="http://localhost:8080/predict")
    assert used is not None
    assert version is not None
    said = aspects(client, version)["model_version"]
    assert (said["algorithm"], said["framework"], said["target"]) == ("RandomForestRegressor", "scikit-learn", "delay")
    assert {each["name"] for each in said["features"]} == {"distance", "dep.hour"}
    assert set(aspects(client, version)["importances"]["values"]) == {"distance", "dep.hour"}
    feature = aspects(client, "urn:clew:feature:(sdk://test,delays.1.distance)")["feature"]
    assert feature["imputation"]["strategy"] == "median"
    assert feature["imputation"]["value"] == pytest.approx(table["distance"].median())
    assert set(feature["scaling"]["parameters"]) >= {"mean", "scale"}
    column = used.urn.replace(":dataset:", ":column:")
    endpoint = "urn:clew:endpoint:(sdk://test,localhost:8080/predict)"
    (path, *_) = client.paths(f"{column[:-1]},dep%2Ehour)", endpoint).paths
    assert len(path) >= 4
    assert client.paths(f"{column[:-1]},delay)", version).paths
    assert not client.errors


def test_a_captured_pipeline_makes_a_version_of_the_runs_model_at_its_end(client: Client) -> None:
    table = trips()
    with client.run("train", model="delays") as run:
        run.use(table, name="trips")
        run.capture(fitted(table))
    versions = client.search("delays", kind="model_version").urns
    assert len(versions) == 1
    assert aspects(client, run.urn)["lineage"]["outputs"] == versions


def test_data_that_a_model_is_judged_by_does_not_flow_into_it(client: Client) -> None:
    table = trips()
    with client.run("train", model="delays") as run:
        run.use(table.head(50), name="train")
        judged = run.use(table.tail(10), name="test", role="test")
        run.log_model(version="1", pipeline=fitted(table))
    assert judged is not None
    assert judged.urn not in aspects(client, run.urn)["lineage"]["inputs"]
    assert len(aspects(client, run.urn)["data_inputs"]["datasets"]) == 2


def test_a_question_sees_what_was_just_said(client: Client) -> None:
    for number in range(20):
        client.emit(clew.event(f"urn:clew:job:(x,j{number})", "documentation", {"text": f"word{number}"}))
        assert client.search(f"word{number}").total == 1


def test_errors_of_questions_are_ours(client: Client) -> None:
    with pytest.raises(NotFound):
        client.describe("nothing.here")
    with pytest.raises(BadInput):
        client.search("x", limit=10**9)
    with pytest.raises(BadInput):
        client.propose(clew.event("x", "tags", {"tags": []}))


def test_an_edit_is_a_stewards(client: Client) -> None:
    client.edit(TRIPS, "documentation", {"text": "One row a trip."}, message="asked for")
    assert client.describe(TRIPS).claims["documentation"][0]["source"] == "steward"


def test_git_that_does_not_answer_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    surroundings._repository.cache_clear()
    assert "commit" not in (surroundings.source_code() or {})
    surroundings._repository.cache_clear()


@pytest.mark.parametrize("url", ["", "localhost", "ftp://x", "http://"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    if url:
        with pytest.raises(BadInput, match="no address"):
            clew.connect(url)
