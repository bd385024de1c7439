"""`import clew` costs next to nothing, and still offers everything."""

from __future__ import annotations

import subprocess
import sys

import pytest

import clew

LIGHT = sys.stdlib_module_names | {"clew"}


def modules_after(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in lines[1:]}


def test_importing_clew_loads_nothing_but_python_itself() -> None:
    before = modules_after("pass")
    assert modules_after("import clew") - before <= LIGHT


def test_a_client_that_is_only_made_loads_neither_the_house_nor_what_data_scientists_use() -> None:
    heavy = {"fastapi", "strawberry", "tantivy", "sqlglot", "numpy", "pandas", "sklearn", "uvicorn", "typer"}
    loaded = modules_after("import clew; clew.connect('http://127.0.0.1:1')")
    assert not loaded & heavy


@pytest.mark.parametrize("name", clew.__all__)
def test_every_name_that_is_offered_is_there(name: str) -> None:
    assert getattr(clew, name) is not None
    assert name in dir(clew)


def test_a_name_that_is_not_offered_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = clew.nothing_of_that_name
