"""`clew glossary` and `clew domain`: the trees of terms and of domains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter
from rich.markup import escape
from rich.tree import Tree

from clew.api.orders import FellOrder, GrowOrder
from clew.cli import render
from clew.cli.options import Json, exit_for
from clew.cli.reach import reached
from clew.edits.intentions import validated
from clew.settings import Settings

glossary = typer.Typer(no_args_is_help=True, help="The terms of the business: a tree, with what uses each.")
domains = typer.Typer(no_args_is_help=True, help="The domains of the business: a tree, with how much lies in each.")

_order: TypeAdapter[GrowOrder] = TypeAdapter(GrowOrder)

Name = Annotated[str, typer.Argument(help="Its name or URN.")]
Parent = Annotated[str | None, typer.Option(help="What it lies below.")]
Message = Annotated[str | None, typer.Option("--message", "-m", help="Why; kept with the commit.")]


def _grow(kind: str, as_json: bool, **members: Any) -> None:
    order = validated(_order, members, "$")
    with reached(Settings.from_environment()) as house:
        answer = house.grow(kind, order)
    _say(answer, as_json)


def _say(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        render.print_json(answer)
    elif answer["undo"]:
        render.console.print(f"[dim]{answer['token']} · take it back: clew edit undo {answer['undo']}[/]")
    else:
        render.console.print("unchanged")


def _show(kind: str, as_json: bool) -> None:
    with reached(Settings.from_environment()) as house:
        answer = house.tree(kind)
    if as_json:
        render.print_json(answer)
    else:
        shown = Tree(f"{answer['total']} in all", hide_root=False, guide_style="dim")
        _hang(shown, answer["tree"])
        render.console.print(shown)
        render.envelope(answer)
    exit_for(answer)


def _hang(tree: Tree, branches: Sequence[dict[str, Any]]) -> None:
    for each in branches:
        text = (each["text"] or "no definition yet").split("\n")[0]
        counts = f"{each['uses']}" + (f", {each['usesBelow']} with what is below" if each["children"] else "")
        _hang(tree.add(f"[bold]{escape(each['name'])}[/] [cyan]{counts}[/] [dim]{escape(text)}[/]"), each["children"])


def _fell(kind: str, name: str, as_json: bool) -> None:
    with reached(Settings.from_environment()) as house:
        answer = house.fell(kind, FellOrder(name=name))
    _say(answer, as_json)


@glossary.command("tree")
def glossary_tree(as_json: Json = False) -> None:
    """Show the terms, with how much uses each."""
    _show("glossary_term", as_json)


@glossary.command("add")
def add_term(
    name: Name,
    definition: Annotated[str | None, typer.Option(help="What it means.")] = None,
    parent: Parent = None,
    synonym: Annotated[list[str] | None, typer.Option(help="Another word for it; may be given again.")] = None,
    abbreviation: Annotated[str | None, typer.Option(help="How it is shortened.")] = None,
    related: Annotated[list[str] | None, typer.Option(help="Another term to see; may be given again.")] = None,
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Make a term."""
    _grow(
        "glossary_term",
        as_json,
        name=name,
        create=True,
        definition=definition,
        parent=parent,
        synonyms=synonym,
        abbreviation=abbreviation,
        related=related,
        message=message,
    )


@glossary.command("define")
def define_term(
    name: Name,
    definition: Annotated[str | None, typer.Option(help="What it means.")] = None,
    synonym: Annotated[list[str] | None, typer.Option(help="All other words for it.")] = None,
    abbreviation: Annotated[str | None, typer.Option(help="How it is shortened.")] = None,
    related: Annotated[list[str] | None, typer.Option(help="All other terms to see.")] = None,
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Explain a term that is there."""
    _grow(
        "glossary_term",
        as_json,
        name=name,
        definition=definition,
        synonyms=synonym,
        abbreviation=abbreviation,
        related=related,
        message=message,
    )


@glossary.command("move")
def move_term(
    name: Name,
    parent: Annotated[str, typer.Argument(help="What it lies below from now on; '' for the top.")],
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Put a term elsewhere in the tree."""
    _grow("glossary_term", as_json, name=name, parent=parent, message=message)


@glossary.command("rename")
def rename_term(
    name: Name,
    title: Annotated[str, typer.Argument(help="The name to show from now on; the URN stays.")],
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Show a term under another name."""
    _grow("glossary_term", as_json, name=name, title=title, message=message)


@glossary.command("delete")
def delete_term(name: Name, as_json: Json = False) -> None:
    """Delete a term that nothing uses and under which nothing lies."""
    _fell("glossary_term", name, as_json)


@domains.command("tree")
def domain_tree(as_json: Json = False) -> None:
    """Show the domains, with how much lies in each."""
    _show("domain", as_json)


@domains.command("add")
def add_domain(
    name: Name,
    description: Annotated[str | None, typer.Option(help="What belongs there.")] = None,
    parent: Parent = None,
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Make a domain."""
    _grow("domain", as_json, name=name, create=True, definition=description, parent=parent, message=message)


@domains.command("describe")
def describe_domain(
    name: Name,
    description: Annotated[str, typer.Argument(help="What belongs there.")],
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Explain a domain that is there."""
    _grow("domain", as_json, name=name, definition=description, message=message)


@domains.command("move")
def move_domain(
    name: Name,
    parent: Annotated[str, typer.Argument(help="What it lies below from now on; '' for the top.")],
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Put a domain elsewhere in the tree."""
    _grow("domain", as_json, name=name, parent=parent, message=message)


@domains.command("rename")
def rename_domain(
    name: Name,
    title: Annotated[str, typer.Argument(help="The name to show from now on; the URN stays.")],
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Show a domain under another name."""
    _grow("domain", as_json, name=name, title=title, message=message)


@domains.command("delete")
def delete_domain(name: Name, as_json: Json = False) -> None:
    """Delete a domain in which nothing lies."""
    _fell("domain", name, as_json)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(glossary, name="glossary")
    app.add_typer(domains, name="domain")
