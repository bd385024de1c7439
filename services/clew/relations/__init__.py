"""What stands now, as relations that are asked in SQL: a port, and engines behind it."""

from __future__ import annotations

from pathlib import Path

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
