"""The documentation's house-price project, from a SQLite table and a metadata.json to answers, in one house."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import pytest

from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.query.lineage import LineageGraph
from clew.query.terms import Grain
from clew.search import SearchQuery
from clew.search.port import Condition, Operator, Value
from clew.settings import Settings
from clew_connectors.recipe import load
from clew_connectors.run import Summary, run
from clew_schemas.event import Receipt, Record

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "house-price"
ANYONE = Viewer("anyone")
MINE = "metadata://houses"
VERSION = f"urn:clew:model_version:({MINE},house_price.3)"
ENDPOINT = f"urn:clew:endpoint:({MINE},house-price-api)"
RAW = "urn:clew:column:(sqlite://houses,main.houses,LotFrontage)"
STAGES = ("ingestion", "validation", "preprocessing", "feature engineering", "training", "registry", "serving")


class Ledger:
    """A house's ledger as a sink of crawls."""

    def __init__(self, house: House) -> None:
        self.house = house

    def register(self, name: str, *, order: Literal["crawl"], door: str, rank: int) -> object:
        return self.house.ledger.register(Source(name, order, rank, door))

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        return self.house.ledger.propose(records)


class Place:
    """The example in a folder of its own, and a house that hears of it."""

    def __init__(self, folder: Path, house: House) -> None:
        self.house, self.folder = house, folder
        self.environment = {"HOUSES": str(folder / "houses.db"), "HOUSE_PRICE": str(folder)}
        shutil.copy(EXAMPLE / "metadata.json", folder)
        with closing(sqlite3.connect(folder / "houses.db")) as connection:
            connection.executescript((EXAMPLE / "houses.sql").read_text())

    def crawl(self, name: str) -> Summary:
        recipe = load(EXAMPLE / f"{name}.recipe.yml", self.environment)
        return run(recipe, Ledger(self.house))

    def found(self, name: str, op: Operator, value: Value) -> set[str]:
        query = SearchQuery(where=(Condition(name, op, value),))
        return {hit["urn"] for hit in self.house.questions.find(query, ANYONE).hits}

    def lineage(self, of: str, direction: Direction) -> LineageGraph:
        return self.house.questions.lineage(of, ANYONE, direction=direction, grain=Grain.COLUMN)

    def edit(self, change: Callable[[Any], None]) -> None:
        document = json.loads((self.folder / "metadata.json").read_text())
        change(document)
        (self.folder / "metadata.json").write_text(json.dumps(document))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with House(Settings(home=tmp_path / "home")) as house:
        found = Place(tmp_path, house)
        for name in ("sqlite", "metadata"):
            assert found.crawl(name).held == ()
        yield found


def task(stage: str) -> str:
    return f"urn:clew:task:({MINE},house-price.{stage})"


@pytest.mark.parametrize(
    ("stage", "name", "op", "value"),
    [
        ("ingestion", "note.source_format", "=", "csv"),
        ("validation", "note.checks_passed", ">", 40.0),
        ("preprocessing", "note.outliers_removed", "=", 4.0),
        ("feature engineering", "note.library", "=", "feature_engine"),
        ("training", "note.cross_validation_folds", "=", 5.0),
        ("registry", "note.approved_by", "=", "grace@example.com"),
        ("serving", "note.latency_p95_ms", "<", 50.0),
    ],
)
def test_a_fact_of_each_stage_finds_it(place: Place, stage: str, name: str, op: Operator, value: Value) -> None:
    assert place.found(name, op, value) == {task(stage)}


@pytest.mark.parametrize(
    ("name", "op", "value", "found"),
    [
        ("rmse", "<", 30_000.0, {VERSION, f"urn:clew:evaluation:({MINE},house_price.3.evaluation)"}),
        ("param.learning_rate", "=", 0.05, {VERSION}),
        ("importance.OverallQual", ">", 0.4, {VERSION}),
        ("imputation", "=", "median", {f"urn:clew:feature:({MINE},house_price.3.LotFrontage)"}),
        ("scaling", "=", "standard", {f"urn:clew:feature:({MINE},house_price.3.GrLivArea)"}),
        ("encoding", "=", "one-hot", {f"urn:clew:feature:({MINE},house_price.3.Neighborhood)"}),
        ("note.review_board", "=", "pricing", {VERSION}),
    ],
)
def test_what_was_learned_and_measured_is_found(
    place: Place, name: str, op: Operator, value: Value, found: set[str]
) -> None:
    assert place.found(name, op, value) == found


def test_learned_values_are_shown(place: Place) -> None:
    feature = place.house.questions.describe(f"urn:clew:feature:({MINE},house_price.3.LotFrontage)", ANYONE).to_dict()
    assert feature["aspects"]["feature"]["imputation"] == {"strategy": "median", "value": 69.0}
    endpoint = place.house.questions.describe(ENDPOINT, ANYONE).to_dict()
    assert endpoint["aspects"]["endpoint"]["health"] == "healthy"


def test_one_lineage_goes_from_the_raw_column_to_the_endpoint_and_names_every_stage(place: Place) -> None:
    down = place.lineage(RAW, Direction.DOWN)
    assert down.envelope.complete
    assert {
        f"urn:clew:feature:({MINE},house_price.3.LotFrontage)",
        VERSION,
        f"urn:clew:deployment:({MINE},house_price.production)",
        ENDPOINT,
    } <= set(down.urns)
    assert f"urn:clew:feature:({MINE},house_price.3.GrLivArea)" not in down.urns
    shown = {*down.urns, *(edge["carrier"] for edge in down.edges)}
    assert {task(stage) for stage in STAGES} <= shown


def test_the_way_back_ends_at_the_columns_that_were_used(place: Place) -> None:
    up = place.lineage(ENDPOINT, Direction.UP)
    assert up.envelope.complete
    raw = {urn.rsplit(",", 1)[1].rstrip(")") for urn in up.urns if "sqlite://" in urn}
    used = {"LotFrontage", "GrLivArea", "OverallQual", "YrSold", "YearBuilt", "Neighborhood", "SalePrice"}
    assert raw == used


def test_without_its_dataset_the_answer_says_what_is_missing(place: Place) -> None:
    place.edit(lambda document: document.pop("dataset"))
    assert place.crawl("metadata").closed
    up = place.lineage(ENDPOINT, Direction.UP)
    assert not up.envelope.complete
    assert any("no_training_data" in gap.detail for gap in up.envelope.gaps)
    assert not [urn for urn in up.urns if "sqlite://" in urn]


def test_a_second_crawl_of_both_writes_nothing(place: Place) -> None:
    before = place.house.ledger.head_seq()
    again = [place.crawl(name) for name in ("sqlite", "metadata")]
    assert [(each.changed, each.retracted) for each in again] == [(0, 0), (0, 0)]
    assert place.house.ledger.head_seq() == before


def test_a_view_of_the_table_has_lineage_by_column(place: Place) -> None:
    with closing(sqlite3.connect(place.environment["HOUSES"])) as connection:
        connection.execute(
            "CREATE VIEW ages AS SELECT Id, yrsold - [YearBuilt] AS age, upper(Neighborhood) FROM Houses"
        )
        connection.commit()
    place.crawl("sqlite")
    down = place.lineage("urn:clew:column:(sqlite://houses,main.houses,YearBuilt)", Direction.DOWN)
    assert "urn:clew:column:(sqlite://houses,main.ages,age)" in down.urns
    assert down.envelope.complete


def test_a_file_that_goes_bad_among_many_makes_answers_incomplete_and_takes_nothing_away(place: Place) -> None:
    for name in ("house", "other"):
        (place.folder / name).mkdir()
    shutil.copy(EXAMPLE / "metadata.json", place.folder / "house")
    (place.folder / "other" / "metadata.json").write_text('{"project": "other", "metrics": {"rmse": 1}}')
    place.environment["HOUSE_PRICE"] = str(place.folder / "*")
    assert place.crawl("metadata").warnings == 0
    place.folder /= "house"
    place.edit(lambda document: document.update(features=7))
    broken = place.crawl("metadata")
    assert (broken.warnings, broken.retracted) == (1, 0)
    up = place.lineage(ENDPOINT, Direction.UP)
    assert {gap.code for gap in up.envelope.gaps} == {"unresolved"}
    assert RAW in up.urns
