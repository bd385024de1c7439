"""Which connectors there are: our own, and those that other packages bring by the entry point `clew.connectors`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from clew_connectors.port import Connector
from clew_schemas.errors import BadInput

GROUP = "clew.connectors"

_OURS = (
    EntryPoint("dbt", "clew_connectors.dbt:CONNECTOR", GROUP),
    EntryPoint("duckdb", "clew_connectors.duckdb:CONNECTOR", GROUP),
    EntryPoint("feast", "clew_connectors.feast:CONNECTOR", GROUP),
    EntryPoint("mlflow", "clew_connectors.mlflow:CONNECTOR", GROUP),
    EntryPoint("postgres", "clew_connectors.postgres:CONNECTOR", GROUP),
    EntryPoint("metadata_json", "clew_connectors.metadata_json:CONNECTOR", GROUP),
    EntryPoint("sqlite", "clew_connectors.sqlite:CONNECTOR", GROUP),
)


def known() -> dict[str, EntryPoint]:
    """Return every connector by name, not loaded yet; ours also when Clew runs from its source tree."""
    return {each.name: each for each in (*entry_points(group=GROUP), *_OURS)}


def load(name: str) -> Connector[Any, Any]:
    """Return the connector called `name`; raise BadInput for an unknown one, or one whose driver is not installed."""
    found = known().get(name)
    if found is None:
        raise BadInput(f"unknown connector {name!r}", hint=f"Known connectors: {', '.join(sorted(known()))}")
    try:
        connector = found.load()
    except ImportError as error:
        raise BadInput(
            f"the connector {name!r} needs {error.name or 'a package'}, which is not installed",
            hint=f"pip install 'clew[{name}]'",
        ) from error
    assert isinstance(connector, Connector)
    return connector
