"""Verbs that ask: search, show, lineage, impact, paths."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from clew.cli import render
from clew.cli.options import AsOf, Json, exit_for
from clew.cli.reach import reached
from clew.query.conditions import conditions
from clew.query.moments import no_search_of_the_past
from clew.query.terms import MOST_NAMED, NAMED, ChangeKind, Grain, Within
from clew.search.port import SearchQuery
from clew.settings import Settings

Name = Annotated[str, typer.Argument(help="A URN, or a name that ends in what you mean: flights.dep_delay")]


class Way(StrEnum):
    """Which way lineage is followed."""

    UP = "up"
    DOWN = "down"


def search(
    words: Annotated[list[str] | None, typer.Argument(help="Words to look for; none finds everything.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only of this kind; may be given again.")] = None,
    namespace: Annotated[list[str] | None, typer.Option(help="Only in this namespace.")] = None,
    owner: Annotated[list[str] | None, typer.Option(help="Only owned by this person or group.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag.")] = None,
    facet: Annotated[list[str] | None, typer.Option(help="Count the hits by this facet; default kind.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only where this holds: 'rmse < 30000', 'param.max_depth = 8'.")
    ] = None,
    downstream_of: Annotated[str | None, typer.Option(help="Only what values flow to from this thing.")] = None,
    upstream_of: Annotated[str | None, typer.Option(help="Only what values come from that flow to this thing.")] = None,
    limit: Annotated[int, typer.Option(help="How many hits to show.")] = 20,
    offset: Annotated[int, typer.Option(help="How many hits to pass over.")] = 0,
    as_of: Annotated[str | None, typer.Option("--as-of", hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Find things by words, typos and prefixes included, by what was measured, and by what they are made from."""
    if as_of is not None:
        raise no_search_of_the_past()
    given = {"kind": kind, "namespace": namespace, "owner": owner, "tag": tag}
    query = SearchQuery(
        text=" ".join(words or []),
        filters={name: values for name, values in given.items() if values},
        facets=tuple(facet or ["kind"]),
        limit=limit,
        offset=offset,
        where=conditions(where or ()),
    )
    with reached(Settings.from_environment()) as house:
        answer = house.find(query, Within(downstream_of, upstream_of))
    render.print_json(answer) if as_json else render.hits(answer)
    exit_for(answer)


def show(name: Name, as_of: AsOf = None, as_json: Json = False) -> None:
    """Show all that is known about one thing, or was, and who says so."""
    with reached(Settings.from_environment()) as house:
        answer = house.describe(name, as_of)
    render.print_json(answer) if as_json else render.description(answer)
    exit_for(answer)


def lineage(
    name: Name,
    direction: Annotated[Way, typer.Option(help="Which way to look.")] = Way.DOWN,
    grain: Annotated[Grain | None, typer.Option(help="Columns or whole datasets; by default as the name is.")] = None,
    indirect: Annotated[bool, typer.Option(help="Also what filters, joins, groups, orders.")] = False,
    depth: Annotated[int | None, typer.Option(min=1, help="How many steps at most.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show what flows into or out of a thing."""
    with reached(Settings.from_environment()) as house:
        answer = house.lineage(name, direction.value, grain.value if grain else None, indirect, depth, as_of)
    render.print_json(answer) if as_json else render.lineage(answer)
    exit_for(answer)


def impact(
    name: Name,
    change: Annotated[ChangeKind, typer.Option(help="What is to be done to it.")] = ChangeKind.DROP,
    named: Annotated[int, typer.Option(min=1, max=MOST_NAMED, help="How many assets to name in the JSON.")] = NAMED,
    most: Annotated[int, typer.Option(min=1, help="How many to show on the terminal.")] = 40,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show what a change would break: verdict, use, owner, and the path as proof."""
    with reached(Settings.from_environment()) as house:
        answer = house.impact(name, change.value, named, as_of)
    render.print_json(answer) if as_json else render.impact(answer, most)
    exit_for(answer)


def paths(
    start: Annotated[str, typer.Argument(metavar="FROM", help="Where the paths begin.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="Where they end.")],
    grain: Annotated[Grain | None, typer.Option(help="Columns or whole datasets.")] = None,
    indirect: Annotated[bool, typer.Option(help="Also through filters, joins, groups, orders.")] = False,
    most: Annotated[int, typer.Option(min=1, max=100, help="How many paths at most.")] = 10,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show how one thing reaches another."""
    with reached(Settings.from_environment()) as house:
        answer = house.paths(start, end, grain.value if grain else None, indirect, most, as_of)
    render.print_json(answer) if as_json else render.paths(answer)
    exit_for(answer)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    for verb in (search, show, lineage, impact, paths):
        app.command()(verb)
