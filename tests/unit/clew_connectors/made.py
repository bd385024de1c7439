"""Things to read, made for a test: DuckDB files, dbt artifacts, recipes, and a connector of our own."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from pydantic import Field, SecretStr

from clew_connectors.port import Connector, ConnectorConfig, Discovery, ReadWarning, State
from clew_connectors.recipe import Recipe
from clew_schemas.event import Event, Scope, event

GOLDEN = Path(__file__).parents[2] / "golden" / "connectors"
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
WRITTEN = 1_700_000_000
"""The time that made database files were last written to, in seconds since 1970 UTC."""


def database(path: Path, *statements: str) -> Path:
    """Make a DuckDB file by these statements, last written to at `WRITTEN`."""
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    os.utime(path, (WRITTEN, WRITTEN))
    return path


def shop(folder: Path) -> Path:
    """Make the database of the golden files."""
    return database(folder / "shop.duckdb", (GOLDEN / "duckdb" / "shop.sql").read_text())


def sqlite_database(path: Path, *statements: str) -> Path:
    """Make a SQLite file by these statements, last written to at `WRITTEN`."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.executescript(statement)
        connection.commit()
    os.utime(path, (WRITTEN, WRITTEN))
    return path


def sqlite_shop(folder: Path) -> Path:
    """Make the SQLite database of the golden files."""
    return sqlite_database(folder / "shop.db", (GOLDEN / "sqlite" / "shop.sql").read_text())


Edit = Callable[[Any], None]


def artifacts(folder: Path, **edits: Edit) -> dict[str, str]:
    """Copy the golden dbt artifacts, edited (`manifest=`, `catalog=`, `run_results=`); return the configuration."""
    config = {"namespace": "duckdb://nyc"}
    for name in ("manifest", "catalog", "run_results"):
        document = json.loads((GOLDEN / "dbt" / f"{name}.json").read_text())
        edits.get(name, lambda _: None)(document)
        config[name] = str(folder / f"{name}.json")
        Path(config[name]).write_text(json.dumps(document))
    return config


def recipe(connector: Connector[Any, Any], config: Mapping[str, Any], name: str = "made") -> Recipe:
    """Return a recipe that was never a file."""
    return Recipe(name, connector, connector.spec.model_validate(config), f"{name}.yml")


def house_price(folder: Path, edit: Edit = lambda _: None) -> dict[str, Any]:
    """Copy the metadata.json of the documentation, edited; return the configuration of its recipe."""
    document = json.loads((EXAMPLES / "house-price" / "metadata.json").read_text())
    edit(document)
    folder.mkdir(exist_ok=True)
    (folder / "metadata.json").write_text(json.dumps(document))
    return {
        "path": str(folder / "metadata.json"),
        "namespace": "metadata://houses",
        "data_namespace": "sqlite://houses",
        "datasets": {"ames_housing": "main.houses"},
    }


class ListedConfig(ConnectorConfig):
    """A connector that reads what it is given."""

    password: SecretStr = Field(default=SecretStr(""), description="Not used for anything")


Listed = Sequence[Event]
TABLE = "urn:clew:dataset:(listed://,t%d)"


def table(number: int, text: str = "prose") -> list[Event]:
    """Return a record of the listed connector: one dataset with a word about it."""
    return [event(TABLE % number, "documentation", {"text": text})]


def listed(*items: Listed | ReadWarning | State | Exception) -> Connector[ListedConfig, Listed]:
    """Return a connector that yields these items, and raises those that are errors. It takes a state, and skips
    as many items as the state says."""

    def read(config: ListedConfig, state: State | None) -> Iterator[Listed | ReadWarning | State]:
        for item in items[state.data["skip"] if state else 0 :]:
            if isinstance(item, Exception):
                raise item
            yield item

    scope = Scope(("urn:clew:dataset:(listed://,",), ("documentation",))
    return Connector("listed", "1", ListedConfig, lambda _: [], lambda _: Discovery(scope), read, lambda record: record)
