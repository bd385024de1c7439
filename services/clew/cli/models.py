"""Verbs about models, pipelines and use: what-trained, compare, reproduce, bottlenecks, unused."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli import render, render_diff, render_models
from clew.cli.options import AsOf, Json, exit_for
from clew.cli.questions import Name
from clew.cli.reach import reached
from clew.errors import BadInput
from clew.query.terms import (
    DEPTH,
    MOST_DIFFERENCES,
    MOST_UNUSED,
    MOST_VERSIONS,
    RUNS,
    UNREAD_DAYS,
    UNUSED_KINDS,
    Grain,
)
from clew.settings import Settings

Most = Annotated[int, typer.Option(min=1, max=1000, help="How many versions to tell of, the newest.")]


def what_trained(name: Name, most: Most = MOST_VERSIONS, as_of: AsOf = None, as_json: Json = False) -> None:
    """Show how the versions behind a model, deployment, endpoint or prediction set came about, back to raw columns."""
    with reached(Settings.from_environment()) as house:
        answer = house.what_trained(name, most, as_of)
    render.print_json(answer) if as_json else render_models.what_trained(answer)
    exit_for(answer)


def reproduce(name: Name, most: Most = MOST_VERSIONS, as_of: AsOf = None, as_json: Json = False) -> None:
    """Show what is known to rebuild the versions behind a model, step by step, and what is missing."""
    with reached(Settings.from_environment()) as house:
        answer = house.reproduce(name, most, as_of)
    render.print_json(answer) if as_json else render_models.reproduce(answer)
    exit_for(answer)


def compare(
    a: Annotated[str, typer.Argument(help="A run, a model version, a dataset, or anything else.")],
    b: Annotated[str | None, typer.Argument(help="Another of its kind; none: the same at another time.")] = None,
    a_at: Annotated[str | None, typer.Option(help="A as of a moment, as --as-of takes one.")] = None,
    b_at: Annotated[str | None, typer.Option(help="B as of a moment.")] = None,
    most: Annotated[int, typer.Option(min=0, max=100_000, help="How many differences to list.")] = MOST_DIFFERENCES,
    as_json: Json = False,
) -> None:
    """Show what differs between two things, field by field."""
    with reached(Settings.from_environment()) as house:
        answer = house.compare(a, b, a_at, b_at, most)
    render.print_json(answer) if as_json else render_models.compare(answer)
    exit_for(answer)


def diff(
    name: Annotated[str, typer.Argument(help="What may have changed: a URN or a short name.")],
    other: Annotated[str | None, typer.Argument(help="Another of its kind: then it is `clew compare`.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="MOMENT", help="Since when: a seq, a token, a time, 2h, yesterday.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="MOMENT", help="Until when; default now.")] = None,
    grain: Annotated[Grain, typer.Option(help="The grain of the lineage around it.")] = Grain.COLUMN,
    indirect: Annotated[bool, typer.Option(help="Also edges of filters, joins, groups, orders.")] = False,
    depth: Annotated[int, typer.Option(min=0, help="How many steps of lineage around it.")] = DEPTH,
    most: Annotated[int, typer.Option(min=0, max=100_000, help="How many differences to list.")] = MOST_DIFFERENCES,
    as_json: Json = False,
) -> None:
    """Show what changed of a thing and of the lineage around it between two moments, and who said so."""
    if other is not None:
        compare(name, other, start, end, most, as_json)
        return
    if start is None:
        raise BadInput("since when?", where="--from", hint="clew diff NAME --from yesterday; two things: clew diff A B")
    with reached(Settings.from_environment()) as house:
        answer = house.diff(name, start, end, grain.value, indirect, depth, most)
    render.print_json(answer) if as_json else render_diff.diff(answer)
    exit_for(answer)


def bottlenecks(
    name: Name,
    runs: Annotated[int, typer.Option(min=1, max=1000, help="How many runs of each step count, the newest.")] = RUNS,
    as_json: Json = False,
) -> None:
    """Show which steps of a pipeline are slow or fail, and its critical path."""
    with reached(Settings.from_environment()) as house:
        answer = house.bottlenecks(name, runs)
    render.print_json(answer) if as_json else render_models.bottlenecks(answer)
    exit_for(answer)


def unused(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Unread for so many days.")] = UNREAD_DAYS,
    kind: Annotated[
        list[str] | None, typer.Option(help=f"Only of this kind; may be given again: {', '.join(UNUSED_KINDS)}.")
    ] = None,
    namespace: Annotated[list[str] | None, typer.Option(help="Only in this namespace.")] = None,
    most: Annotated[int, typer.Option(min=0, max=10_000, help="How many to name.")] = MOST_UNUSED,
    as_json: Json = False,
) -> None:
    """Show what nobody reads, with the evidence, and of what that can't be told."""
    with reached(Settings.from_environment()) as house:
        answer = house.unused(days, kind or (), namespace or (), most)
    render.print_json(answer) if as_json else render_models.unused(answer)
    exit_for(answer)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    for verb in (what_trained, compare, diff, reproduce, bottlenecks, unused):
        app.command()(verb)
