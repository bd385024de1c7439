"""Homes of earlier formats, frozen: today's code opens them and finds what was there."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadInput
from clew.house import House
from clew.ledger import dictionaries
from clew.ledger.sqlite_tables import FORMAT
from clew.settings import Settings
from clew_schemas import Group, event
from flow.freeze_home import FIXTURES, expected, fill

FROZEN = sorted(path.name.removesuffix(".tar.gz") for path in FIXTURES.glob("home.format*.tar.gz"))


def thawed(name: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    shutil.unpack_archive(FIXTURES / f"{name}.tar.gz", folder)
    said: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return folder / "home", said


def test_there_is_a_frozen_home_of_every_format() -> None:
    assert [f"home.format{number}" for number in range(1, FORMAT + 1)] == FROZEN


@pytest.mark.parametrize("name", FROZEN)
def test_a_frozen_home_still_says_what_it_said(name: str, tmp_path: Path) -> None:
    home, said = thawed(name, tmp_path)
    with House(Settings(home=home)) as house:
        assert json.loads(json.dumps(expected(house))) == said
        assert house.doctor()["findings"] == []


@pytest.mark.parametrize("name", FROZEN)
def test_a_frozen_home_can_be_rebuilt_and_written_to(name: str, tmp_path: Path) -> None:
    home, said = thawed(name, tmp_path)
    with House(Settings(home=home)) as house:
        house.rebuild(["graph", "search"])
        assert expected(house)["views"] == said["views"]
        edit = Group("steward", "new", (event("urn:clew:dataset:(x,new)", "documentation", {"text": "new"}),))
        (receipt,) = house.ledger.propose([edit])
        assert receipt.seq == said["head"] + 1


def test_the_same_said_to_a_new_home_comes_out_the_same(tmp_path: Path) -> None:
    said = json.loads((FIXTURES / "home.format1.json").read_text())
    with House(Settings(home=tmp_path)) as house:
        fill(house)
        found = expected(house)
    assert {name: found[name] for name in ("heads", "views", "impact", "head")} == {
        name: said[name] for name in ("heads", "views", "impact", "head")
    }


def test_a_column_that_was_named_without_its_dataset_gets_it(tmp_path: Path) -> None:
    home, said = thawed("home.format1", tmp_path)
    orphan, dataset = "urn:clew:column:(x,never.named,a)", "urn:clew:dataset:(x,never.named)"
    with contextlib.closing(sqlite3.connect(home / "ledger.db")) as connection, connection:
        connection.execute("INSERT INTO entity (urn, parent, tail) VALUES (?, 0, 'a')", (orphan,))
        (epoch,) = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    with House(Settings(home=home)) as house:
        number, parent = house.ledger.ids([orphan, dataset])
        (entity,) = house.ledger.entities([number])
        assert entity is not None
        assert (entity.urn, entity.parent) == (orphan, parent)
        assert house.ledger.epoch != epoch, "views of before are drawn anew"
        assert house.ledger.heads_digest() == said["heads"]
    with House(Settings(home=home)) as house:
        assert house.ledger.ids([orphan, dataset]) == [number, parent]


def test_a_bringing_up_that_is_broken_off_leaves_the_home_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, said = thawed("home.format1", tmp_path)
    with monkeypatch.context() as broken, pytest.raises(MemoryError):
        broken.setattr(dictionaries, "carried", _no_room)
        House(Settings(home=home))
    with contextlib.closing(sqlite3.connect(home / "ledger.db")) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == (1,)
        assert connection.execute("SELECT count(urn) FROM entity").fetchone() == (said["stats"]["entities"],)
    with House(Settings(home=home)) as house:
        assert json.loads(json.dumps(expected(house))) == said


def _no_room(_number: int) -> dictionaries.Dictionary:
    raise MemoryError


def test_a_newer_home_is_refused_in_words(tmp_path: Path) -> None:
    home, _ = thawed("home.format1", tmp_path)
    connection = sqlite3.connect(home / "ledger.db")
    connection.execute("UPDATE meta SET value = 99 WHERE key = 'format'")
    connection.commit()
    connection.close()
    with pytest.raises(BadInput, match="newer Clew"):
        House(Settings(home=home))
