"""Reading real stores, trained by `train.py`: one that is well, one with odd runs, one of files."""

import hashlib
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import mlflow
import pytest

from clew_connectors.mlflow import CONNECTOR
from clew_connectors.mlflow.config import MlflowConfig
from clew_connectors.mlflow.read import check, discover, read
from clew_connectors.mlflow.records import History, LoggedDataset, Run, Version
from clew_connectors.port import ReadWarning
from clew_connectors.run import run
from clew_connectors.testing import MemorySink, MemoryStates
from unit.clew_connectors.made import recipe
from unit.clew_connectors.mlflow import stores

KINDS = {"SimpleImputer", "StandardScaler", "OneHotEncoder", "RandomForestRegressor"}


def config(name: str = "good.db", **more: Any) -> MlflowConfig:
    return MlflowConfig.model_validate(stores.configuration(name, **more))


@cache
def items(name: str) -> list[Any]:
    return list(read(config(name)))


def runs(name: str) -> dict[str, Run]:
    return {each.name or "": each for each in items(name) if isinstance(each, Run)}


def versions(name: str) -> dict[tuple[str, str], Version]:
    return {(each.model, each.version): each for each in items(name) if isinstance(each, Version)}


def fingerprints(folder: Path) -> dict[str, str]:
    files = [each for each in folder.rglob("*") if each.is_file()]
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files} | {
        str(each): "folder" for each in folder.rglob("*") if each.is_dir()
    }


@pytest.mark.parametrize("name", ["good.db", "mlruns"])
def test_reading_leaves_nothing_where_it_runs_and_what_was_set_as_it_was(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.trained()
    monkeypatch.chdir(tmp_path)
    set_before, before = mlflow.is_tracking_uri_set(), mlflow.get_tracking_uri()  # type: ignore[no-untyped-call]
    assert list(read(config(name)))
    assert list(tmp_path.iterdir()) == []
    assert (mlflow.is_tracking_uri_set(), mlflow.get_tracking_uri()) == (set_before, before)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", ["good.db", "mlruns"])
def test_versions_know_their_features_learned_values_and_training_data(name: str) -> None:
    version = versions(name)["delay", "2"]
    assert version.files.pipeline is not None
    assert {each.kind for each in version.files.pipeline.steps} >= KINDS
    assert [each.name for each in version.files.pipeline.features] == ["dep_delay", "distance", "origin"]
    distance = version.files.pipeline.features[1]
    assert distance.imputed is not None and distance.imputed.value == 506.0
    assert version.files.pipeline.importance is not None
    assert [each.name for each in version.training] == ["flights"]
    assert (version.files.framework, version.files.packages[1:]) == (
        "sklearn",
        (("pandas", ">=2.2"), ("scikit-learn", "1.9.1")),
    )
    assert version.aliases == ("champion",)
    assert dict(version.metrics)["rmse"] == 1.0


@pytest.mark.parametrize("name", ["good.db", "mlruns"])
def test_runs_tell_parameters_as_what_they_spell_and_metrics_by_step(name: str) -> None:
    run_ = runs(name)["depth-3"]
    assert dict(run_.parameters) == {"depth": 3, "share": 0.5, "shuffle": True, "seed": 7, "zip": "007"}
    assert run_.status == "success"
    assert run_.about.description == "Grows a forest."
    (points,) = [each.points for each in items(name) if isinstance(each, History) and each.run_id == run_.run_id]
    assert [(step, value) for step, _, value in points] == [(step, 10 / (step + 3)) for step in range(5)]


def test_what_owns_a_model_is_read_from_its_tag() -> None:
    sink = MemorySink()
    run(recipe(CONNECTOR, stores.configuration()), sink)
    owners = sink.said("urn:clew:model:(mlflow://nyc,delay)", "ownership")["owners"]
    assert [each["owner"] for each in owners] == [
        "urn:clew:person:(people,ada@example%2Eorg)",
        "urn:clew:person:(people,grace@example%2Eorg)",
    ]
    assert sink.said("urn:clew:person:(people,ada@example%2Eorg)", "properties")["name"] == "Ada Lovelace"
    assert sink.said("urn:clew:deployment:(mlflow://nyc,delay.champion)", "deployment")["versions"] == [
        "urn:clew:model_version:(mlflow://nyc,delay.2)"
    ]


def test_a_run_that_goes_on_and_metrics_that_are_no_numbers_are_told_as_they_are() -> None:
    endless = runs("odd.db")["endless"]
    assert (endless.status, endless.ended) == ("running", None)
    metrics = dict(endless.metrics)
    assert math.isnan(metrics["nan"])
    assert (metrics["up"], metrics["down"]) == (math.inf, -math.inf)


def test_a_dataset_without_columns_is_said_once_and_no_columns_are_invented() -> None:
    warned = [each for each in items("odd.db") if isinstance(each, ReadWarning) and "without columns" in each.what]
    assert [each.where.split()[0] for each in warned if each.where] == ["bare"]
    (bare,) = [each for each in items("odd.db") if isinstance(each, LoggedDataset) and each.name == "bare"]
    assert bare.columns is None


def test_of_two_models_logged_in_one_run_the_registered_one_is_told_and_data_to_validate_train_nothing() -> None:
    twice = runs("odd.db")["twice"]
    assert {each.name: each.registered for each in twice.logged} == {"first": None, "second": "slope 1"}
    (version,) = twice.trained
    assert version.files.pipeline is None
    assert [each.name for each in version.files.inputs] == ["dep_delay"]
    assert version.untrained == "the run logged datasets for validation only"
    assert any("can only be executed" in each.what for each in items("odd.db") if isinstance(each, ReadWarning))


def test_ten_thousand_points_are_read_once_and_not_again_until_there_are_more() -> None:
    sink, states, again = MemorySink(), MemoryStates(), recipe(CONNECTOR, stores.configuration("odd.db"))
    first = run(again, sink, states=states)
    assert first.events > 10_000
    assert (first.parked, first.refused) == (0, 0)
    second = run(again, sink, states=states)
    assert second.events < 200
    assert (second.changed, second.retracted) == (0, 0)
    assert second.closed
    other = run(recipe(CONNECTOR, stores.configuration("odd.db", namespace="mlflow://other")), sink, states=states)
    assert other.events == first.events


@pytest.mark.parametrize("name", ["odd.db", "mlruns"])
def test_reading_leaves_a_store_as_it_was_to_the_byte(name: str) -> None:
    before = fingerprints(stores.trained())
    discover(config(name))
    list(read(config(name)))
    assert fingerprints(stores.trained()) == before


def test_missing_model_files_are_warned_of_and_all_else_is_read() -> None:
    path = Path(str(versions("good.db")["delay", "1"].artifact).removeprefix("file://"))
    path.rename(path.with_name("away"))
    try:
        found = list(read(config("good.db")))
    finally:
        path.with_name("away").rename(path)
    (warning,) = [each for each in found if isinstance(each, ReadWarning)]
    assert "no MLmodel" in warning.what
    assert warning.where is not None and "models" in warning.where
    assert len([each for each in found if isinstance(each, Version)]) == 2


def test_only_chosen_experiments_are_read_and_one_that_is_not_there_is_warned_of() -> None:
    chosen = config(experiments=["Default", "gone"])
    found = list(read(chosen))
    assert not [each for each in found if isinstance(each, Run)]
    (warning,) = [each for each in found if isinstance(each, ReadWarning)]
    assert warning.what == "there is no experiment 'gone'"
    assert [problem.what for problem in check(chosen)] == ["there is no experiment 'gone'"]
    assert {each.untrained for each in found if isinstance(each, Version)} != {None}
    assert discover(config()).summary == {"experiments": 2, "models": 1}


def test_no_password_of_a_source_or_tag_comes_through_a_crawl() -> None:
    sink = MemorySink()
    run(recipe(CONNECTOR, stores.configuration("odd.db")), sink)
    said = json.dumps([body.decode() for body in sink.claims.values()]) + "".join(urn for _, urn, _ in sink.claims)
    assert stores.SECRET not in said
    assert "db.example" in said
