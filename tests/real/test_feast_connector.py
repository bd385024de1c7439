"""Reading a repository that the real Feast applied, in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.cli.local import Local
from clew.graph import Direction
from clew.house import House
from clew.query.answer import Viewer
from clew.query.terms import Grain
from clew.settings import Settings
from clew_connectors.feast import CONNECTOR
from clew_connectors.feast.config import FeastConfig
from clew_connectors.run import Summary
from clew_connectors.run import run as crawl
from clew_schemas.errors import BadInput
from real.feast_environment import environment
from unit.clew_connectors.made import recipe
from unit.clew_connectors.made_feast import NAMESPACES, REPOSITORY, recorded

PARQUET = """
import pandas
at = pandas.to_datetime(["2026-01-01", "2026-01-02"], utc=True)
columns = {"driver_id": [1, 2], "conv": [0.1, 0.2], "trips": [3, 4], "clicks": [5, 6], "at": at, "created": at}
pandas.DataFrame(columns).to_parquet("trips.parquet")
"""
SERVICE = "urn:clew:feature_set:(feast://rides,service.offers)"
CONV = "urn:clew:column:(duckdb://lake,lake.raw.trips,conv)"


@pytest.fixture(scope="module")
def programs() -> Path:
    return environment()


@pytest.fixture(scope="module")
def repository(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden repository, applied."""
    folder = tmp_path_factory.mktemp("feast") / "repository"
    shutil.copytree(REPOSITORY, folder)
    subprocess.run([programs / "python", "-c", PARQUET], cwd=folder, check=True)
    apply(programs, folder)
    return folder


def apply(programs: Path, folder: Path) -> None:
    """Apply a repository; there is no Snowflake here to look at its tables."""
    command = [str(programs / "feast"), "apply", "--skip-source-validation"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path / "home")) as house:
        yield house


def said(repository: Path, programs: Path) -> dict[str, Any]:
    return {"repository": str(repository), "python": str(programs / "python"), "namespaces": NAMESPACES}


def crawled(house: House, config: dict[str, Any]) -> Summary:
    summary = crawl(recipe(CONNECTOR, config), Local(house))
    assert summary.held == ()
    assert summary.closed
    house.catch_up()
    return summary


def test_the_recorded_registry_says_what_the_real_feast_does(repository: Path, programs: Path, tmp_path: Path) -> None:
    real, printed = (FeastConfig.model_validate(each) for each in (said(repository, programs), recorded(tmp_path)))
    assert list(CONNECTOR.read(real, None)) == list(CONNECTOR.read(printed, None))


def test_features_and_their_lineage_are_known_and_a_second_crawl_writes_nothing(
    house: House, repository: Path, programs: Path
) -> None:
    first = crawled(house, said(repository, programs))
    assert (first.warnings, first.changed) == (0, first.events)
    down = house.questions.lineage(CONV, Viewer("ada"), direction=Direction.DOWN, grain=Grain.COLUMN).to_dict()
    reached = set(down["nodes"]["urn"])
    assert "urn:clew:feature:(feast://rides,driver_hourly.conv_rate)" in reached
    assert "urn:clew:feature:(feast://rides,expected_value.expected)" in reached
    assert SERVICE in reached
    up = house.questions.lineage(SERVICE, Viewer("ada"), direction=Direction.UP, grain=Grain.COLUMN).to_dict()
    assert "urn:clew:column:(feast://rides,ratings,stars)" in up["nodes"]["urn"], "through the source's query"
    assert any("snowflake://acme" in each for each in up["nodes"]["urn"])

    head = house.ledger.head_seq()
    second = crawled(house, said(repository, programs))
    assert (second.changed, second.retracted, second.unchanged) == (0, 0, first.events)
    assert house.ledger.head_seq() - head <= 2, "the crawl's marks only"


@pytest.mark.slow
def test_applied_again_it_says_the_same_though_feast_notes_another_time(repository: Path, programs: Path) -> None:
    config = FeastConfig.model_validate(said(repository, programs))
    before = list(CONNECTOR.read(config, None))
    apply(programs, repository)
    assert list(CONNECTOR.read(config, None)) == before


@pytest.mark.slow
def test_a_registry_in_a_database_says_the_same_as_one_in_a_file(repository: Path, programs: Path) -> None:
    settings = (repository / "feature_store.yaml").read_text()
    in_file = "registry: registry.db\n"
    assert in_file in settings
    there = f"registry:\n  registry_type: sql\n  path: sqlite:///{repository / 'registry.sqlite'}\n"
    (repository / "in_database.yaml").write_text(settings.replace(in_file, there))
    command = [str(programs / "feast"), "-f", "in_database.yaml", "apply", "--skip-source-validation"]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    file, database = (
        FeastConfig.model_validate(said(repository, programs) | more) for more in ({}, {"settings": "in_database.yaml"})
    )
    assert list(CONNECTOR.read(database, None)) == list(CONNECTOR.read(file, None))


def test_a_file_that_is_no_registry_is_said_to_be_none(repository: Path, programs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(repository, folder)
    (folder / "registry.db").write_bytes(b"not a registry" * 100)
    (problem,) = CONNECTOR.check(FeastConfig.model_validate(said(folder, programs)))
    assert isinstance(problem, BadInput)
    assert "is not a registry" in problem.what
