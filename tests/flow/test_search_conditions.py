"""Searching by what was measured, from the command line: on a home at rest, and against a running house."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_schemas import Group, event, urn
from flow import terminal

CLEW = str(Path(sys.executable).with_name("clew"))
FLIGHTS = urn.make("dataset", "duckdb://nyc", "nyc.flights")
RUN = urn.make("run", "mlflow://nyc", "r1")
FIRST, SECOND = (urn.make("model_version", "mlflow://nyc", f"delay.{number}") for number in (1, 2))


def ran(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    environment = {**kept, "CLEW_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}
    return terminal.clew(*words, environment=environment)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    columns = [[0, None, 0, "origin", "TRANSFORMATION", 1.0]]
    with House(Settings(home=tmp_path)) as house:
        house.ledger.register(Source("client", "time"))
        said = (
            event(FLIGHTS, "schema", {"columns": [{"name": "origin"}, {"name": "distance"}]}),
            event(RUN, "lineage", {"inputs": [FLIGHTS], "outputs": [FIRST], "columns": columns}),
            event(FIRST, "metrics", {"values": {"rmse": 25_000.5}}),
            event(FIRST, "parameters", {"values": {"max_depth": 8, "algorithm": "RandomForestRegressor"}}),
            event(SECOND, "metrics", {"values": {"rmse": 28_000.0}}),
        )
        (receipt,) = house.ledger.propose([Group("client", "g", said)])
        assert receipt.status == "accepted"
    return tmp_path


@pytest.fixture(params=["at rest", "running"])
def reached(request: pytest.FixtureRequest, home: Path) -> Iterator[Path]:
    if request.param == "at rest":
        yield home
        return
    environment = {**os.environ, "CLEW_HOME": str(home)}
    process = subprocess.Popen([CLEW, "up", "--port", "0"], env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (home / "run.json").exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    yield home
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def found(home: Path, *words: str) -> dict[str, Any]:
    done = ran(home, "search", *words, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_command_line_finds_by_measures_and_lineage(reached: Path) -> None:
    both = found(reached, "--where", "rmse < 30000")
    assert {hit["urn"] for hit in both["hits"]} == {FIRST, SECOND} and both["total"] == 2
    for more in (
        ("--where", "param.algorithm = randomforestregressor"),
        ("--where", "param.max_depth >= 8", "--where", "rmse != 28000"),
        ("--downstream-of", "flights.origin"),
    ):
        answer = found(reached, "--where", "rmse < 30000", *more)
        assert [hit["urn"] for hit in answer["hits"]] == [FIRST]
        assert answer["hits"][0]["measures"]["rmse"] == [25_000.5]
    assert found(reached, "--downstream-of", "flights.distance")["total"] == 0
    assert FLIGHTS in {hit["urn"] for hit in found(reached, "--upstream-of", FIRST)["hits"]}

    shown = ran(reached, "search", "--where", "rmse<30000", "--kind", "model_version").stdout
    assert "rmse" in shown.splitlines()[0] and "25000.5" in shown

    refused = ran(reached, "search", "--where", "rmse < low")
    assert refused.returncode == 2 and "only numbers and dates have an order" in refused.stderr
    assert "where[0]" in refused.stderr
