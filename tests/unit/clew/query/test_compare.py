"""Compare: versions, runs, schemas, one thing at two times; metric histories in short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadInput
from clew.house import House
from clew.ledger import Source
from clew.ledger.port import Point
from clew.query.answer import Viewer
from clew.query.compare import better, summary
from clew.settings import Settings
from clew_schemas import event
from unit.clew.query import learned
from unit.clew.query.learned import MODEL, TABLE, logged, run, say, version

ADA = Viewer("ada")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        for source in ("warehouse", "log"):
            opened.ledger.register(Source(source, "time"))
        learned.delays(opened)
        yield opened


def ask(house: House, a: str, b: str | None = None, **more: Any) -> dict[str, Any]:
    return house.questions.compare(a, b, ADA, **more).to_dict()


def fields(answer: dict[str, Any]) -> dict[tuple[str, str], tuple[Any, Any]]:
    return {(each["part"], each["path"]): (each["a"], each["b"]) for each in answer["differences"]}


def test_two_versions_differ_in_parameters_metrics_features_data_packages_and_commit(house: House) -> None:
    answer = ask(house, "late.1", "late.2")
    found = fields(answer)
    assert found["parameters", "depth"] == (8, 10)
    assert found["metrics", "rmse"] == (31.5, 29.0)
    assert found["features", "[delay].scaling.parameters.mean"] == (12.5, 13.0)
    assert found["features", "[far]"][0] is None
    assert found["datasets", "delays (training).digest"] == ("d1", "d2")
    assert found["datasets", "delays (training).columns[far]"][0] is None
    assert found["packages", "scikit-learn"] == ("1.1", "1.2")
    assert found["code", "commit"] == ("abc123", "def456")
    (rmse,) = [each for each in answer["differences"] if each["path"] == "rmse"]
    assert (rmse["change"], rmse["difference"]) == ("changed", -2.5)


def test_what_is_equal_is_counted_and_not_listed(house: House) -> None:
    answer = ask(house, "late.1", "late.2")
    assert (answer["equal"]["parameters"], answer["equal"]["metrics"], answer["equal"]["seeds"]) == (1, 1, 1)
    assert answer["complete"]
    assert not {"trees", "auc"} & {each["path"] for each in answer["differences"]}
    assert sum(answer["differing"].values()) == len(answer["differences"])


def test_two_runs_differ_alike(house: House) -> None:
    found = fields(ask(house, run(1), run(2)))
    assert found["parameters", "depth"] == (8, 10)
    assert ("datasets", "delays (training).digest") in found
    assert not [part for part, _ in found if part in ("lineage", "features")]


def test_two_schemas_differ_by_columns_and_types(house: House) -> None:
    columns = [{"name": "delay", "type": "TEXT"}, {"name": "new", "type": "DOUBLE"}]
    say(house, event(logged("d1"), "schema", {"columns": columns}), source="log")
    found = fields(ask(house, logged("d1"), logged("d2")))
    assert found["schema", "columns[delay].type"] == ("TEXT", "DOUBLE")
    assert found["schema", "columns[new]"][1] is None
    assert found["schema", "columns[far]"][0] is None


def test_one_thing_is_compared_with_what_it_was(house: House) -> None:
    then = house.ledger.head_seq()
    say(house, learned.schema(TABLE, "delay", "from", "late", "new"), source="warehouse")
    say(house, event(TABLE, "profile", {"rows": 10}, time=datetime(2026, 1, 1, tzinfo=UTC)), source="warehouse")
    answer = ask(house, TABLE, a_at=str(then))
    found = fields(answer)
    assert found["schema", "columns[far]"][1] is None
    assert found["schema", "columns[new]"][0] is None
    assert found["profile", "rows"] == (None, 10)
    assert (answer["a"]["seq"], answer["b"]["seq"]) == (then, house.ledger.head_seq())
    token = f"{house.ledger.epoch}-{then}"
    assert ask(house, TABLE, a_at=token)["differences"] == answer["differences"]
    now = datetime.fromtimestamp(house.ledger.time_of(then) / 1e6, UTC).isoformat()
    assert ask(house, TABLE, a_at=now)["differences"] == answer["differences"]


def test_before_anything_was_said_is_a_gap(house: House) -> None:
    answer = ask(house, TABLE, a_at="2001-01-01")
    assert [(gap["code"], gap["urn"]) for gap in answer["gaps"]] == [("not_said", TABLE)]
    assert not answer["complete"]


def test_a_run_that_logged_no_dataset_leaves_a_gap(house: House) -> None:
    say(house, *learned.training(3, {}, data=None, parameters={}, metrics={}), source="log")
    answer = ask(house, version(1), version(3))
    assert [(gap["code"], gap["urn"]) for gap in answer["gaps"]] == [("no_logged_dataset", run(3))]


def test_more_differences_than_are_listed_are_counted(house: House) -> None:
    answer = ask(house, "late.1", "late.2", most=3)
    assert len(answer["differences"]) == 3
    assert (answer["complete"], answer["frontier"][0]["count"]) == (False, sum(answer["differing"].values()) - 3)


@pytest.mark.parametrize(
    ("a", "b", "more", "where"),
    [
        (version(1), run(1), {}, "b"),
        (version(1), MODEL, {}, "b"),
        (TABLE, None, {}, "b"),
        (TABLE, TABLE, {}, "b"),
        (TABLE, None, {"a_at": "some day"}, "aAt"),
        (TABLE, None, {"b_at": "99999"}, "bAt"),
        (TABLE, None, {"a_at": "0000-1"}, "aAt"),
        (TABLE, None, {"a_at": "deadbeef-1"}, "aAt"),
    ],
)
def test_what_can_not_be_compared_is_refused(
    house: House, a: str, b: str | None, more: dict[str, str], where: str
) -> None:
    with pytest.raises(BadInput) as caught:
        ask(house, a, b, **more)
    assert caught.value.where == where


def history(house: House, number: int, name: str, *values: Any) -> None:
    for step, value in enumerate(values):
        moment = datetime(2026, 1, number, 10, step, tzinfo=UTC)
        say(house, event(run(number), "metric", {"value": value}, name=name, step=step, time=moment), source="log")


def test_the_history_of_a_metric_is_told_in_short(house: House) -> None:
    history(house, 1, "loss", 3.0, 1.0, 2.0)
    history(house, 2, "loss", 3.0, "NaN", 0.5)
    found = fields(ask(house, run(1), run(2)))
    assert found["history", "loss.best.value"] == (1.0, 0.5)
    assert found["history", "loss.last.value"] == (2.0, 0.5)
    assert found["history", "loss.unusable"] == (None, 1)


def test_a_summary_knows_steps_last_lowest_highest_and_best() -> None:
    points = [
        Point(1, "u", "metric", "s", "auc", step, step, {"value": value}, 1) for step, value in enumerate((1, 3, 2))
    ]
    told = summary("auc", points)
    assert (told["steps"], told["last"]) == (3, {"value": 2, "step": 2})
    assert (told["lowest"]["value"], told["best"]) == (1, {"value": 3, "step": 1})
    infinite = [Point(1, "u", "metric", "s", "x", 0, 0, {"value": "Infinity"}, 1)]
    assert summary("x", infinite) == {"steps": 1, "last": {"value": "Infinity", "step": 0}, "unusable": 1}


@pytest.mark.parametrize(
    ("metric", "side"),
    [
        ("rmse", "lowest"),
        ("val_loss", "lowest"),
        ("validation/mae", "lowest"),
        ("training_accuracy_score", "highest"),
        ("roc_auc", "highest"),
        ("r2_score", "highest"),
        ("steps", None),
        ("temperature", None),
    ],
)
def test_which_side_is_best_is_read_from_the_name_or_not_at_all(metric: str, side: str | None) -> None:
    assert better(metric) == side
