"""The embedded relations keep the contract, come back from damage, and follow by themselves."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.house import House
from clew.relations.sqlite_relations import SqliteRelations
from clew.settings import Settings
from contracts.relations_contract import ORDERS, RelationsContract, ask, furnish


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shop") / "home"
    with House(Settings(home=home)) as house:
        furnish(house)
    return home


@pytest.fixture
def home(furnished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(furnished, tmp_path / "home"))


def file_of(home: Path) -> Path:
    return home / "relations" / (home / "relations" / "current").read_text()


class TestEmbedded(RelationsContract):
    @pytest.fixture
    def house(self, home: Path) -> Iterator[House]:
        with House(Settings(home=home)) as house:
            yield house

    def by_hand(self, house: House, statement: str) -> None:
        assert isinstance(house.views.relations, SqliteRelations)
        with sqlite3.connect(file_of(house.settings.home)) as connection:
            connection.execute(statement)


@pytest.mark.parametrize("damage", ["torn", "empty", "missing", "text", "other format"])
def test_a_damaged_file_is_drawn_anew(home: Path, damage: str) -> None:
    file = file_of(home)
    if damage == "torn":
        file.write_bytes(file.read_bytes()[:3000])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "missing":
        file.unlink()
    elif damage == "text":
        file.write_text("not a database at all" * 300)
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE stored_position SET format = 0")
    with House(Settings(home=home)) as house:
        assert ask(house, "SELECT title FROM entities WHERE urn = :it", parameters={"it": ORDERS})["rows"] == [
            ["Orders"]
        ]
        assert house.doctor()["findings"] == []
    with House(Settings(home=home)) as house:
        assert house.views.relations.damaged is None


def test_a_home_from_before_the_relations_gets_them(home: Path) -> None:
    shutil.rmtree(home / "relations")
    with House(Settings(home=home)) as house:
        assert ask(house, "SELECT count(*) > 10 FROM claims")["rows"] == [[1]]


def test_a_rebuild_leaves_one_file_behind_at_the_next_opening(home: Path) -> None:
    with House(Settings(home=home)) as house:
        house.rebuild(["relations"])
        house.rebuild(["relations"])
    with House(Settings(home=home)):
        assert len(list((home / "relations").glob("*.db"))) == 1
