"""What stands now, as relations that are asked in SQL: a port, and engines behind it.

What checks a query is loaded with the first one, and sqlglot with it.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clew.relations.port import (
    Bounds,
    KeyRows,
    NodeRow,
    Position,
    Relations,
    RelationsChange,
    Row,
    Selected,
    Stop,
    Value,
)
from clew_schemas.errors import BadInput
from clew_schemas.scrub import scrub

if TYPE_CHECKING:
    from clew.relations.check import checked

__all__ = [
    "Bounds",
    "KeyRows",
    "NodeRow",
    "Position",
    "Relations",
    "RelationsChange",
    "Row",
    "Selected",
    "Stop",
    "Value",
    "checked",
    "join_relations",
    "open_relations",
]


def open_relations(url: str | None, folder: Path, schema: str | None = None) -> Relations:
    """Open the relations beside the ledger that `url` names; None is SQLite in `folder`.

    On PostgreSQL they stand in `schema`; None is `clew_relations`, or `<name>_relations` for a ledger in a schema of
    another name than `public`.
    """
    if url is None:
        from clew.relations.sqlite_relations import SqliteRelations

        return SqliteRelations.open(folder)
    if url.startswith("postgres"):
        from clew.relations.postgres_relations import PostgresRelations

        return PostgresRelations.open(url, schema)
    raise BadInput(f"no relations beside {scrub(url)!r}", where="CLEW_LEDGER", hint="postgresql://…, or unset")


def join_relations(folder: Path) -> Relations:
    """Write the relations in `folder`, which another process has opened, and reads."""
    from clew.relations.sqlite_relations import SqliteRelations

    return SqliteRelations.join(folder)


def __getattr__(name: str) -> Any:
    if name != "checked":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = importlib.import_module("clew.relations.check").checked
    return found
