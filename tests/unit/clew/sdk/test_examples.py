"""The examples of the docstrings are run, against a house in this process."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import clew
import clew.sdk

MODULES = sorted(each.name for each in pkgutil.iter_modules(clew.sdk.__path__, "clew.sdk."))


@pytest.fixture
def names(tmp_path: Path) -> Iterator[dict[str, Any]]:
    trips = pd.DataFrame({"distance": [200.0, 1400.0], "minutes": [3.0, 11.0]})
    with clew.connect(home=tmp_path / "home", project="docs") as client:
        yield {"clew": clew, "client": client, "run": client.run("example", model="delays"), "trips": trips}
        assert client.flush()
        assert not client.errors


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str, names: dict[str, Any]) -> None:
    found = doctest.testmod(importlib.import_module(name), extraglobs=names, optionflags=doctest.ELLIPSIS)
    assert found.failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    found = [example for name in MODULES for example in finder.find(importlib.import_module(name)) if example.examples]
    assert len(found) >= 7
