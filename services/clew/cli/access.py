"""Verbs about who may write: token and source; and about what was kept aside: parked."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from clew.cli import render
from clew.cli.options import Json
from clew.cli.reach import reached
from clew.ledger.port import STEWARD, Scope
from clew.settings import KEYS, Settings

tokens = typer.Typer(no_args_is_help=True, help="Access tokens.")
sources = typer.Typer(no_args_is_help=True, help="Sources: the authorities that make claims.")
parked = typer.Typer(no_args_is_help=True, help="Groups that were kept aside, with the reason.")


class TokenScope(StrEnum):
    """What a token allows."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Order(StrEnum):
    """By what a source's events are ordered."""

    CRAWL = "crawl"
    TIME = "time"


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="A name for it: who or what uses it.")],
    scope: Annotated[list[TokenScope] | None, typer.Option(help="read, write, admin; default read.")] = None,
    source: Annotated[str, typer.Option(help="The source it writes for.")] = STEWARD,
    as_json: Json = False,
) -> None:
    """Make a token. The secret is shown this once; only its hash is kept."""
    scopes: list[Scope] = [each.value for each in scope or [TokenScope.READ]]
    with reached(Settings.from_environment()) as house:
        made = house.create_token(name, scopes, source)
    render.print_json(made) if as_json else print(made["secret"])


@tokens.command("list")
def list_tokens(as_json: Json = False) -> None:
    """List tokens, without their secrets."""
    with reached(Settings.from_environment()) as house:
        found = house.tokens()
    render.print_json(found) if as_json else render.rows(found)


@tokens.command("revoke")
def revoke_token(name: Annotated[str, typer.Argument(help="Which one.")]) -> None:
    """Make a token useless at once."""
    with reached(Settings.from_environment()) as house:
        house.revoke_token(name)


@sources.command("add")
def add_source(
    name: Annotated[str, typer.Argument(help="Its name.")],
    order: Annotated[Order, typer.Option(help="crawl for connectors, time for single events.")] = Order.TIME,
    rank: Annotated[int, typer.Option(min=0, max=99, help="How much it is trusted; connectors have 50.")] = 50,
) -> None:
    """Make a source known."""
    with reached(Settings.from_environment()) as house:
        house.register(name, order=order.value, door="cli", rank=rank)


@sources.command("key")
def make_key(
    name: Annotated[str, typer.Argument(help="The source that shall sign with it.")],
    order: Annotated[Order, typer.Option(help="How its events are ordered, if it is not known yet.")] = Order.CRAWL,
    rank: Annotated[int, typer.Option(min=0, max=99, help="How much it is trusted, if it is not known yet.")] = 50,
) -> None:
    """Make the key by which a source signs what it sends through Kafka; only the public part goes to the ledger."""
    from clew.log.keys import KeyFolder

    settings = Settings.from_environment()
    folder = KeyFolder(settings.home / KEYS)
    with reached(settings) as house:
        house.register(name, order=order.value, door="connector", rank=rank)
        house.set_public_key(name, folder.generate(name))
    render.console.print(f"{folder.path_of(name)}", markup=False)


@sources.command("list")
def list_sources(as_json: Json = False) -> None:
    """List the sources."""
    with reached(Settings.from_environment()) as house:
        found = house.sources()
    render.print_json(found) if as_json else render.rows(found)


@sources.command("retire")
def retire_source(name: Annotated[str, typer.Argument(help="Which one.")], as_json: Json = False) -> None:
    """Withdraw everything a source claims, in one commit."""
    with reached(Settings.from_environment()) as house:
        receipt = house.retire(name)
    render.print_json(receipt) if as_json else render.rows([receipt])


@parked.command("list")
def list_parked(as_json: Json = False) -> None:
    """List what is parked, with the reasons."""
    with reached(Settings.from_environment()) as house:
        found = house.parked()
    render.print_json(found) if as_json else render.rows(found)


@parked.command("replay")
def replay_parked(number: Annotated[int, typer.Argument(help="Its number.")], as_json: Json = False) -> None:
    """Propose a parked group again, or close a parked crawl in spite of its guard."""
    with reached(Settings.from_environment()) as house:
        receipt = house.replay(number)
    render.print_json(receipt) if as_json else render.rows([receipt])
    if receipt["status"] in ("refused", "parked"):
        raise typer.Exit(1)


@parked.command("drop")
def drop_parked(number: Annotated[int, typer.Argument(help="Its number.")]) -> None:
    """Forget a parked group for good."""
    with reached(Settings.from_environment()) as house:
        house.drop(number)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(tokens, name="token")
    app.add_typer(sources, name="source")
    app.add_typer(parked, name="parked")
