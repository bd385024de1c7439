"""The verb that asks in SQL: a query as words, from a file, or from standard input."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.markup import escape
from rich.table import Table

from clew.cli import render
from clew.cli.options import Json, exit_for
from clew.cli.reach import reached
from clew.errors import BadInput
from clew.query.sql import MOST_ROWS, MOST_SECONDS, ROWS, SECONDS
from clew.relations.port import MAX_CHARACTERS
from clew.relations.tables import RELATIONS
from clew.settings import Settings


def sql(
    query: Annotated[str | None, typer.Argument(help="One SELECT; - or nothing reads standard input.")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the query from this file.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="name=value for :name; numbers as JSON: depth=3.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="How many rows at most.")] = ROWS,
    seconds: Annotated[float, typer.Option(min=0.001, max=MOST_SECONDS, help="How long it may take.")] = SECONDS,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print rows as CSV.")] = False,
    tables: Annotated[bool, typer.Option("--tables", help="List the relations and their columns.")] = False,
    as_json: Json = False,
) -> None:
    """Ask what stands now in SQL: entities, columns, edges, claims, commits, runs, metrics and more."""
    if tables:
        _say_relations(as_json)
        return
    text = _text(query, file)
    with reached(Settings.from_environment()) as house:
        answer = house.sql(text, _values(parameter or []), limit, seconds)
    if as_json:
        render.print_json(answer)
    elif as_csv:
        _csv(answer)
    else:
        _table(answer)
    exit_for(answer)


def _text(query: str | None, file: Path | None) -> str:
    if file is not None and query is not None:
        raise BadInput("a query and a file", where="--file", hint="Give one of them")
    if file is not None:
        try:
            with file.open(encoding="utf-8") as opened:
                return opened.read(MAX_CHARACTERS + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"the file can't be read: {error}", where=str(file), hint="Give a text file") from error
    if query is not None and query != "-":
        return query
    if sys.stdin.isatty():
        raise BadInput("there is no query", where="query", hint="clew sql 'SELECT urn, kind FROM entities LIMIT 10'")
    try:
        return sys.stdin.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise BadInput(f"the query is no text: {error}", where="standard input") from error


def _values(said: list[str]) -> dict[str, Any]:
    """Return parameters; a value that reads as a JSON scalar is one, any other is a text."""
    values: dict[str, Any] = {}
    for each in said:
        name, equals, value = each.partition("=")
        if not equals or not name.isidentifier():
            raise BadInput(f"{each[:60]!r} is no parameter", where="--parameter", hint="Write name=value")
        try:
            read = orjson.loads(value)
        except orjson.JSONDecodeError:
            read = value
        values[name] = value if isinstance(read, dict | list) else read
    return values


def _say_relations(as_json: bool) -> None:
    if as_json:
        render.print_json({name: dict(each.columns) for name, each in RELATIONS.items()})
        return
    render.rows(
        [
            {"relation": name, "columns": ", ".join(f"{column} {kind}" for column, kind in each.columns.items())}
            for name, each in RELATIONS.items()
        ]
    )


def _csv(answer: Mapping[str, Any]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer["columns"])
    writer.writerows(answer["rows"])
    sys.stdout.flush()
    for cut in answer["frontier"]:
        render.problems.print(f"cut: {cut['reason']}", markup=False)


def _table(answer: Mapping[str, Any]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in answer["columns"]:
        table.add_column(escape(name), overflow="fold")
    for row in answer["rows"]:
        table.add_row(*("[dim]null[/]" if value is None else escape(str(value)) for value in row))
    render.console.print(table)
    render.console.print(f"[dim]{answer['count']} rows[/]")
    render.envelope(answer)


def add_to(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command()(sql)
