"""Connectors are found by name and loaded only when asked for."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from clew_connectors import installed
from clew_schemas.errors import BadInput


def test_every_known_connector_loads_under_its_name() -> None:
    assert set(installed.known()) >= {"dbt", "duckdb"}
    assert all(installed.load(name).name == name for name in installed.known())


def test_a_driver_that_is_not_installed_is_named_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = EntryPoint("odd", "a_package_that_is_not_there:CONNECTOR", installed.GROUP)
    monkeypatch.setattr(installed, "known", lambda: {"odd": missing})
    with pytest.raises(BadInput, match="a_package_that_is_not_there") as raised:
        installed.load("odd")
    assert raised.value.hint == "pip install 'clew[odd]'"


def test_reading_a_recipe_of_one_connector_does_not_import_the_driver_of_another() -> None:
    code = (
        "import sys; from clew_connectors import recipe;"
        "recipe.parse(b'{name: a, connector: dbt, config: {manifest: m, namespace: n}}', 'r', {});"
        "assert 'duckdb' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
