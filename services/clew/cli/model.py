"""Verbs about what can be said: the kinds and aspects, and registering more of them."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from clew.cli import render
from clew.cli.options import Json
from clew.cli.reach import reached
from clew.errors import BadInput, NotFound
from clew.ledger.port import STEWARD
from clew.sdk.wire import refusal
from clew.settings import Settings
from clew_schemas import Group, Receipt, canonical
from clew_schemas.definitions import aspect_event, kind_event, withdrawal
from clew_schemas.event import Event

model = typer.Typer(no_args_is_help=True, help="What can be said: kinds and aspects, and registering more of them.")

Name = Annotated[str, typer.Argument(help="Small letters, digits and _, a letter first.")]


@model.command("list")
def list_model(
    every: Annotated[bool, typer.Option("--all", help="Also those that ship with Clew.")] = False,
    as_json: Json = False,
) -> None:
    """List the kinds and aspects that were registered here, or all."""
    with reached(Settings.from_environment()) as house:
        found = house.model()
    shown = {part: [each for each in found[part] if every or each["custom"]] for part in ("kinds", "aspects")}
    if as_json:
        render.print_json(shown)
        return
    render.console.print("[bold]kinds[/]")
    render.rows([_kind_row(each) for each in shown["kinds"]])
    render.console.print("[bold]aspects[/]")
    render.rows([_aspect_row(each) for each in shown["aspects"]])


@model.command("show")
def show_model(name: Annotated[str, typer.Argument(help="A kind or an aspect.")]) -> None:
    """Print a kind, or the JSON Schema document of an aspect, as JSON."""
    with reached(Settings.from_environment()) as house:
        found = house.model()
    aspect = next((each for each in found["aspects"] if each["name"] == name), None)
    kind = next((each for each in found["kinds"] if each["name"] == name), None)
    if aspect is None and kind is None:
        raise NotFound(f"no kind or aspect is called {name!r}", hint="See clew model list --all")
    render.print_json(aspect["document"] if aspect is not None else kind)


@model.command("add-kind")
def add_kind(
    name: Name,
    label: Annotated[str | None, typer.Option(help="How people call one: Spreadsheet.")] = None,
    plural: Annotated[str | None, typer.Option(help="How people call many: Spreadsheets.")] = None,
    description: Annotated[str | None, typer.Option(help="What such a thing is.")] = None,
    leaf: Annotated[bool, typer.Option("--leaf", help="A thread ends at such things by their nature.")] = False,
    as_json: Json = False,
) -> None:
    """Register a kind of thing. Things of it can be claimed at once, in a running house too."""
    given = {"label": label, "plural": plural, "description": description}
    says: dict[str, Any] = {member: value for member, value in given.items() if value is not None}
    _say(kind_event(name, {**says, "leaf": leaf}), f"kind {name}", as_json)


@model.command("add-aspect")
def add_aspect(
    file: Annotated[Path, typer.Argument(help="Its JSON Schema document; - reads standard input.")],
    as_json: Json = False,
) -> None:
    """Register an aspect, or a new version of one, from its JSON Schema document with the annotation x-clew."""
    name = "standard input" if str(file) == "-" else str(file)
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise BadInput(f"the file can't be read: {error.strerror}", where=name) from error
    event = aspect_event(canonical.loads(data, name)[0])
    _say(event, event.urn, as_json)


@model.command("remove-kind")
def remove_kind(name: Name, as_json: Json = False) -> None:
    """Withdraw a kind that nothing is claimed of."""
    _say(withdrawal("kind", name), f"kind {name} withdrawn", as_json)


@model.command("remove-aspect")
def remove_aspect(name: Name, as_json: Json = False) -> None:
    """Withdraw an aspect that is claimed of nothing; what was said with it stays readable."""
    _say(withdrawal("aspect", name), f"aspect {name} withdrawn", as_json)


def _say(event: Event, message: str, as_json: bool) -> None:
    with reached(Settings.from_environment()) as house:
        (receipt,) = house.propose([Group(STEWARD, uuid.uuid4().hex, (event,), message=message)])
    if receipt.status == "refused":
        raise refusal(receipt)
    if as_json:
        render.print_json(_builtins(receipt))
    else:
        render.console.print(f"{event.urn}: {receipt.status}", markup=False, highlight=False)


def _builtins(receipt: Receipt) -> dict[str, Any]:
    return {"id": receipt.id, "status": receipt.status, "token": receipt.token, "seq": receipt.seq}


def _kind_row(each: dict[str, Any]) -> dict[str, Any]:
    return {"name": each["name"], "label": each["label"] or "", "description": each["description"] or ""}


def _aspect_row(each: dict[str, Any]) -> dict[str, Any]:
    kinds = each["kinds"] if isinstance(each["kinds"], str) else ", ".join(each["kinds"])
    said = str(each["document"].get("description", "")).split("\n", 1)[0]
    return {
        "name": each["name"],
        "version": each["version"],
        "mode": each["mode"],
        "kinds": kinds,
        "description": said,
    }


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(model, name="model")
