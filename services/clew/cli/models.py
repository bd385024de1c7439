"""Verbs about models, pipelines and use: what-trained, compare, reproduce, bottlenecks, unused."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli import render, render_models
from clew.cli.options import Json, exit_for
from clew.cli.questions import Name
from clew.cli.reach import reached
from clew.query.terms import MOST_DIFFERENCES, MOST_UNUSED, MOST_VERSIONS, RUNS, UNREAD_DAYS, UNUSED_KINDS
from clew.settings import Settings

Most = Annotated[int, typer.Option(min=1, max=1000, help="How many versions to tell of, the newest.")]


def what_trained(name: Name, most: Most = MOST_VERSIONS, as_json: Json = False) -> None:
    """Show how the versions behind a model, deployment, endpoint or prediction set came about, back to raw columns."""
    with reached(Settings.from_environment()) as house:
        answer = house.what_trained(name, most)
    render.print_json(answer) if as_json else render_models.what_trained(answer)
    exit_for(answer)


def reproduce(name: Name, most: Most = MOST_VERSIONS, as_json: Json = False) -> None:
    """Show what is known to rebuild the versions behind a model, step by step, and what is missing."""
    with reached(Settings.from_environment()) as house:
        answer = house.reproduce(name, most)
    render.print_json(answer) if as_json else render_models.reproduce(answer)
    exit_for(answer)


def compare(
    a: Annotated[str, typer.Argument(help="A run, a model version, a dataset, or anything else.")],
    b: Annotated[str | None, typer.Argument(help="Another of its kind; none: the same at another time.")] = None,
    a_at: Annotated[str | None, typer.Option(help="A as it was: a seq, a token or a time.")] = None,
    b_at: Annotated[str | None, typer.Option(help="B as it was.")] = None,
    most: Annotated[int, typer.Option(min=0, max=100_000, help="How many differences to list.")] = MOST_DIFFERENCES,
    as_json: Json = False,
) -> None:
    """Show what differs between two things, field by field."""
    with reached(Settings.from_environment()) as house:
        answer = house.compare(a, b, a_at, b_at, most)
    render.print_json(answer) if as_json else render_models.compare(answer)
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
    for verb in (what_trained, compare, reproduce, bottlenecks, unused):
        app.command()(verb)
