"""From statements found in code to events. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from clew_connectors.sql_in_code.records import Statement
from clew_schemas import urn
from clew_schemas.aspects import Properties, Query, SourceCode
from clew_schemas.event import Event, Scope, event


def scope(code: str) -> Scope:
    """Return what a crawl covers: the statements of the code."""
    return Scope((f"urn:clew:query:({urn.escape(code)},",), ("properties", "query", "source_code"))


def translate(statement: Statement) -> Sequence[Event]:
    """Return a statement's SQL and place."""
    place = statement.place
    inside = place.inside or "module"
    carrier = urn.of_segments("query", statement.code, place.file, inside, str(statement.number))
    query = Query(
        text=statement.text,
        dialect=statement.dialect,
        namespace=statement.namespace,
        default_database=statement.database,
        default_schema=statement.schema,
    )
    cell = {} if place.cell is None else {"cell": place.cell}
    where = f"cell {place.cell}, line {place.line}" if place.cell is not None else f"line {place.line}"
    return [
        event(carrier, "query", query),
        event(carrier, "source_code", SourceCode(path=place.file, entry_point=place.inside or None)),
        event(
            carrier,
            "properties",
            Properties(
                name=f"{place.file}, {where}",
                subtype="notebook cell" if place.cell is not None else "SQL string",
                custom={"line": place.line, "column": place.column, **cell},
            ),
        ),
    ]
