"""Bottlenecks: durations, failures, the critical path; circles, runs without end, steps that nobody ran."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import BadInput
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.query.steps import in_order, longest
from clew.settings import Settings
from clew_schemas import Event, event, urn
from unit.clew.query.learned import say, schema

ADA = Viewer("ada")
PIPELINE = urn.make("pipeline", "airflow", "nightly")
_runs = count()


def job(name: str) -> str:
    return urn.make("job", "airflow", f"nightly.{name}")


def table(name: str) -> str:
    return urn.make("dataset", "pg", name)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        opened.ledger.register(Source("client", "time"))
        yield opened


def steps(**after: list[str]) -> list[Event]:
    found = []
    for name, before in after.items():
        found.append(event(job(name), "containment", {"parent": PIPELINE}))
        found.append(event(job(name), "step", {"after": [job(each) for each in before]}))
    return found


def ran(name: str, took: float | None, status: str = "success", **more: Any) -> Event:
    number = next(_runs)
    said = {"job": job(name), "status": status, "started": f"2026-01-01T00:00:{number % 60:02}Z", **more}
    if took is not None:
        said["durationMs"] = took
    return event(urn.make("run", "airflow", f"run{number}"), "run", said)


def ask(house: House, name: str = PIPELINE, **more: Any) -> dict[str, Any]:
    return house.questions.bottlenecks(name, ADA, **more).to_dict()


def names(urns: list[str]) -> list[str]:
    return [each.rsplit(".", 1)[1].rstrip(")") for each in urns]


def codes(answer: dict[str, Any]) -> list[str]:
    return [gap["code"] for gap in answer["gaps"]]


def test_steps_come_slowest_first_and_the_longest_way_is_critical(house: House) -> None:
    say(house, *steps(load=[], clean=["load"], slow=["load"], report=["clean", "slow"]))
    say(house, ran("load", 10.0), ran("clean", 20.0), ran("slow", 500.0), ran("report", 30.0))
    answer = ask(house, "nightly")
    assert answer["complete"], answer["gaps"]
    assert names([each["urn"] for each in answer["steps"]]) == ["slow", "report", "clean", "load"]
    assert names(answer["criticalPath"]["steps"]) == ["load", "slow", "report"]
    assert (answer["criticalPath"]["lengthMs"], answer["orderedBy"]) == (540.0, "after")


def test_median_latest_and_share_of_failures(house: House) -> None:
    say(house, *steps(load=[]))
    say(house, ran("load", 10.0), ran("load", 30.0), ran("load", 20.0, "failed"), ran("load", 1.0, "skipped"))
    (step,) = ask(house)["steps"]
    assert (step["medianMs"], step["latestMs"], step["latestStatus"]) == (20.0, 20.0, "skipped")
    assert (step["runs"], step["failureShare"], len(step["failed"])) == (4, 0.3333, 1)


def test_the_newest_runs_count_and_all_are_counted(house: House) -> None:
    say(house, *steps(load=[]))
    for took in (1000.0, 1.0, 3.0):
        say(house, ran("load", took))
    (step,) = ask(house, runs=2)["steps"]
    assert (step["medianMs"], step["runs"], step["counted"]) == (2.0, 3, 2)


def test_a_duration_is_read_from_start_and_end_where_nobody_says_it(house: House) -> None:
    say(house, *steps(load=[]))
    say(house, ran("load", None, started="2026-01-01T00:00:00Z", ended="2026-01-01T00:00:02.5+00:00"))
    assert ask(house)["steps"][0]["medianMs"] == 2500.0


def test_a_run_without_end_is_said(house: House) -> None:
    say(house, *steps(load=[]))
    say(house, ran("load", None, "running"), ran("load", 5.0))
    answer = ask(house)
    assert (codes(answer), answer["complete"]) == (["run_without_end"], False)
    assert len(answer["steps"][0]["withoutEnd"]) == 1


def test_a_circle_is_said_and_has_no_critical_path(house: House) -> None:
    say(house, *steps(load=[], egg=["hen", "load"], hen=["egg"], eat=["egg"]))
    say(house, *(ran(name, 1.0) for name in ("load", "egg", "hen", "eat")))
    answer = ask(house)
    assert (codes(answer), answer["criticalPath"]) == (["cyclic_steps"], None)
    assert [names(circle) for circle in answer["circles"]] == [["egg", "hen"]]
    assert len(answer["steps"]) == 4


def test_steps_that_nobody_ran_are_a_gap(house: House) -> None:
    say(house, *steps(load=[], clean=["load"]))
    say(house, ran("load", 1.0))
    answer = ask(house)
    assert [(gap["code"], gap["detail"]) for gap in answer["gaps"]] == [
        ("no_runs", "no run is known of 1: nightly.clean")
    ]


def test_a_step_that_is_inlined_needs_no_run(house: House) -> None:
    say(house, *steps(load=[]), event(job("load"), "properties", {"subtype": "ephemeral"}))
    assert ask(house)["complete"]
    assert ask(house)["steps"][0]["inlined"]


def test_without_after_the_data_say_what_comes_before_what(house: House) -> None:
    into = {"inputs": [table("raw"), table("clean")], "outputs": [table("clean")]}
    out = {"inputs": [table("clean")], "outputs": [table("report")]}
    say(
        house,
        *(schema(table(each), "x") for each in ("raw", "clean", "report")),
        *(event(job(each), "containment", {"parent": PIPELINE}) for each in ("clean", "report")),
        event(job("clean"), "lineage", into),
        event(job("report"), "lineage", out),
        ran("clean", 5.0),
        ran("report", 6.0),
    )
    answer = ask(house)
    assert (answer["orderedBy"], answer["criticalPath"]["lengthMs"]) == ("data", 11.0)
    assert names(answer["criticalPath"]["steps"]) == ["clean", "report"]


def test_a_run_without_job_belongs_to_no_step(house: House) -> None:
    say(house, *steps(load=[]), ran("load", 1.0))
    say(house, event(urn.make("run", "airflow", "lost"), "run", {"status": "success", "durationMs": 99_999.0}))
    answer = ask(house)
    assert (answer["complete"], answer["steps"][0]["runs"]) == (True, 1)


def test_tasks_of_jobs_are_steps_too(house: House) -> None:
    task = urn.make("task", "airflow", "nightly.load.copy")
    say(house, *steps(load=[]), event(task, "containment", {"parent": job("load")}))
    assert {each["kind"] for each in ask(house)["steps"]} == {"job", "task"}
    assert [each["urn"] for each in ask(house, job("load"))["steps"]] == [task]


def test_an_empty_pipeline_is_a_gap_and_anything_else_is_refused(house: House) -> None:
    say(house, event(PIPELINE, "pipeline", {"engine": "airflow"}), schema(table("raw"), "x"))
    assert codes(ask(house)) == ["no_steps"]
    with pytest.raises(BadInput) as caught:
        ask(house, "raw")
    assert caught.value.hint


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef")), max_size=6))
def test_an_order_puts_each_step_after_what_it_needs_and_the_rest_is_in_or_behind_circles(
    before: dict[str, set[str]],
) -> None:
    order = in_order(before)
    place = {step: at for at, step in enumerate(order.steps)}
    for step in order.steps:
        assert all(place[each] < place[step] for each in before[step] if each in before)
    assert bool(order.circles) == (len(order.steps) < len(before))
    assert not {each for circle in order.circles for each in circle} & set(order.steps)
    for circle in order.circles:
        assert all(before[step] & set(circle) for step in circle)


def test_the_longest_way_prefers_length_then_steps_then_names() -> None:
    before = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    assert longest(in_order(before).steps, before, {"a": 1, "c": 2, "b": 1}) == (("a", "c", "d"), 3)
    assert longest(in_order(before).steps, before, {}) == (("a", "b", "d"), 0)
    assert longest((), {}, {}) == ((), 0.0)
