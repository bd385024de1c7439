"""Reproduce: the plan from what was said, and each thing that is missing for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadInput
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.settings import Settings
from clew_schemas import Event, event
from unit.clew.query import learned
from unit.clew.query.learned import BUILD, FLIGHTS, MODEL, TABLE, logged, run, say, version

ADA = Viewer("ada")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        for source in ("warehouse", "log"):
            opened.ledger.register(Source(source, "time"))
        learned.delays(opened)
        yield opened


def plan(house: House, name: str = "late.2") -> tuple[dict[str, Any], set[tuple[str, str]]]:
    answer = house.questions.reproduce(name, ADA).to_dict()
    return answer["versions"][0], {(gap["code"], gap["urn"]) for gap in answer["gaps"]}


def complete(house: House) -> None:
    say(house, event(BUILD, "source_code", {"commit": "b1"}), source="warehouse")
    say(house, event(FLIGHTS, "version", {"version": "2013", "digest": "sha256:f"}), source="warehouse")


def test_a_plan_holds_code_environment_seeds_parameters_data_and_steps_in_order(house: House) -> None:
    complete(house)
    told, gaps = plan(house)
    assert not gaps
    assert (told["code"]["commit"], told["seeds"], told["environment"]["python"]) == ("def456", {"numpy": 7}, "3.11.7")
    assert told["parameters"] == {"depth": 10, "trees": 30}
    assert [(each["digest"], each["rows"]) for each in told["data"]] == [("d2", 40_000)]
    assert told["raw"] == [{"urn": FLIGHTS, "digest": "sha256:f", "version": "2013"}]
    assert [each["carrier"] for each in told["steps"]] == [BUILD, logged("d2"), learned.feature_set(2), run(2)]
    assert (told["steps"][0]["reads"], told["steps"][0]["writes"]) == ([FLIGHTS], [TABLE])
    assert told["features"][0] == {"name": "delay", "imputation": {"strategy": "median", "value": 3.0}} | {
        "scaling": {"method": "standard", "parameters": {"mean": 13.0, "scale": 40.0}}
    }
    assert told["missing"] == []


@pytest.mark.parametrize(
    ("facts", "gap"),
    [
        ([Event(run(2), "source_code", op="retract")], ("no_commit", run(2))),
        ([event(run(2), "source_code", {"commit": "x", "dirty": True})], ("dirty_code", run(2))),
        ([event(run(2), "environment", {"seeds": {"a": 1}})], ("no_environment", run(2))),
        ([event(run(2), "environment", {"packages": {"skops": ""}})], ("unpinned_packages", run(2))),
        ([event(run(2), "environment", {"image": "i"})], ("no_seeds", run(2))),
        ([Event(run(2), "parameters", op="retract")], ("no_parameters", run(2))),
        ([event(version(2), "model_version", {"run": run(2)})], ("no_artifact_digest", version(2))),
    ],
)
def test_each_thing_that_is_missing_is_a_gap(house: House, facts: list[Event], gap: tuple[str, str]) -> None:
    complete(house)
    say(house, *facts, source="log")
    told, gaps = plan(house, version(2))
    assert gap in gaps
    assert gap[0] in told["missing"]


def test_steps_and_raw_data_of_which_nobody_knows_enough_are_gaps(house: House) -> None:
    assert plan(house)[1] == {("unknown_step", BUILD), ("unversioned_source", version(2))}


def test_the_sql_of_a_step_is_told(house: House) -> None:
    complete(house)
    query = {"text": "select 1 as x", "dialect": "duckdb", "namespace": "duckdb://nyc", "output": TABLE}
    say(house, event(BUILD, "query", query), source="warehouse")
    step = next(each for each in plan(house)[0]["steps"] if each["carrier"] == BUILD)
    assert step["sql"] == {"text": "select 1 as x", "dialect": "duckdb"}


def test_a_model_gives_a_plan_a_version_and_a_table_gives_none(house: House) -> None:
    assert house.questions.reproduce(MODEL, ADA).to_dict()["total"] == 2
    with pytest.raises(BadInput):
        house.questions.reproduce(TABLE, ADA)
