"""The shop, crawled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.house import House
from clew.settings import Settings
from unit.clew.edits.people import SHOP, Person, crawl


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path / "home")) as opened:
        crawl(opened, *SHOP)
        yield opened


@pytest.fixture
def ada(house: House) -> Person:
    return Person(house)


@pytest.fixture
def ben(house: House) -> Person:
    return Person(house, "ben")
