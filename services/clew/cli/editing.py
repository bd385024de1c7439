"""`clew edit`: people's edits. The value comes first, then the things; or a filter chooses them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import typer
from pydantic import TypeAdapter
from rich.markup import escape

from clew.api.orders import EditOrder, FlowOrder, UndoOrder
from clew.cli import render
from clew.cli.options import Json
from clew.cli.reach import reached
from clew.edits.intentions import validated
from clew.errors import BadInput
from clew.settings import Settings
from clew_schemas.urn import Urn

edits = typer.Typer(
    no_args_is_help=True,
    help="Edit what is known of things, as steward: the value first, then the things. With a filter (--where, --kind,"
    " --filter, --if) it says what it would do; --yes does it.",
)

_order: TypeAdapter[EditOrder] = TypeAdapter(EditOrder)
_flow: TypeAdapter[FlowOrder] = TypeAdapter(FlowOrder)

Things = Annotated[list[str] | None, typer.Argument(metavar="THING", help="URNs, or names such as flights.")]
Words = Annotated[str | None, typer.Option("--where", help="Instead of things: all that these words find.")]
Kind = Annotated[list[str] | None, typer.Option("--kind", help="Of what is found, only of this kind.")]
Filter = Annotated[
    list[str] | None, typer.Option("--filter", help="Of what is found, only with FACET=VALUE, such as namespace=x.")
]
If = Annotated[list[str] | None, typer.Option("--if", help="Of what is found, only where: 'rmse < 30000'.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it to all that the filter chooses.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
IfMatch = Annotated[str | None, typer.Option(help="Only if the aspect still has this etag; of one thing.")]
Message = Annotated[str | None, typer.Option("--message", "-m", help="Why; kept with the commit.")]


def _edit(intention: dict[str, Any], options: Options) -> None:
    """Send one intention for what the options choose, and print what came of it."""
    things = options.things or []
    where = _where(options.words, options.kind, options.filters, options.conditions)
    if bool(things) == (where is not None):
        raise BadInput("name things, or choose them by a filter", hint="See clew edit --help")
    order: dict[str, Any] = {
        "edit": {name: value for name, value in intention.items() if value is not None},
        "ifMatch": options.if_match,
        "message": options.message,
        "dryRun": options.dry_run or (where is not None and not options.yes),
    }
    if where is not None:
        order["where"] = where
    elif len(things) == 1:
        order["of"] = things[0]
    else:
        order["things"] = things
    with reached(Settings.from_environment()) as house:
        answer = house.edit(validated(_order, order, "$"))
    _print(answer, options.as_json)


def _where(
    words: str | None, kind: list[str] | None, filters: list[str] | None, conditions: list[str] | None
) -> dict[str, Any] | None:
    if words is None and not kind and not filters and not conditions:
        return None
    by_facet: dict[str, list[str]] = {"kind": kind} if kind else {}
    for each in filters or ():
        facet, equals, value = each.partition("=")
        if not equals or not value:
            raise BadInput(f"{each!r} is no filter", where="--filter", hint="Write FACET=VALUE: tag=PII")
        by_facet.setdefault(facet, []).append(value)
    return {"text": words or "", "filters": by_facet, "conditions": conditions or []}


def _print(answer: dict[str, Any], as_json: bool) -> None:
    """Print what an edit did; end with 1 when some of many were refused."""
    if as_json:
        render.print_json(answer)
    else:
        _say(answer)
    if answer["refusedCount"]:
        raise typer.Exit(1)


def _say(answer: dict[str, Any]) -> None:
    changes = "would change" if answer["dryRun"] else "changed"
    refused = f", {answer['refusedCount']} refused" if answer["refusedCount"] else ""
    render.console.print(f"{changes} {answer['changed']} of {answer['total']}{refused}", highlight=False)
    if answer["dryRun"]:
        for step in answer["first"]:
            name = render.name_of(step["urn"])
            render.console.print(
                f"  {escape(name)} {step['aspect']}: {_short(step['was'])} → {_short(step['becomes'])}"
            )
        if answer["changed"]:
            render.console.print("[dim]nothing was written; without --dry-run, or with --yes for a filter, it is[/]")
    for urn in answer["created"]:
        kind = Urn.parse(urn).kind.replace("_", " ")
        render.console.print(f"[dim]new {kind}: {escape(Urn.parse(urn).label)}[/]", highlight=False)
    for each in answer["refused"][:20]:
        render.problems.print(f"  {each['item']}: {each['what']}", markup=False, highlight=False)
    if answer["undo"]:
        render.console.print(f"[dim]{answer['token']} · take it back: clew edit undo {answer['undo']}[/]")


def _short(document: Any) -> str:
    if document is None:
        return "nothing"
    said = ", ".join(f"{name} {_value(value)}" for name, value in document.items())
    return escape(said if len(said) < 120 else said[:119] + "…")


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, dict):
        return " ".join(_value(each) for each in value.values())
    text = str(value)
    return render.name_of(text) if text.startswith("urn:clew:") else text


class Options(NamedTuple):
    """What every verb that edits things takes, beside its value."""

    things: list[str] | None
    words: str | None
    kind: list[str] | None
    filters: list[str] | None
    conditions: list[str] | None
    yes: bool
    dry_run: bool
    if_match: str | None
    message: str | None
    as_json: bool


def _shared(
    things: Things = None,
    words: Words = None,
    kind: Kind = None,
    filters: Filter = None,
    conditions: If = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Carry the parameters that every verb has."""


def verb(name: str) -> Callable[[Callable[..., dict[str, Any]]], None]:
    """Return a decorator that makes a verb of what returns an intention: its parameters, then those of all verbs."""

    def decorate(intend: Callable[..., dict[str, Any]]) -> None:
        own = inspect.signature(intend, eval_str=True).parameters
        shared = inspect.signature(_shared, eval_str=True).parameters

        def run(**given: Any) -> None:
            _edit(intend(**{each: given[each] for each in own}), Options(**{each: given[each] for each in shared}))

        run.__doc__ = intend.__doc__
        keyword = inspect.Parameter.KEYWORD_ONLY
        every = [each.replace(kind=keyword) for each in [*own.values(), *shared.values()]]
        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        edits.command(name)(run)

    return decorate


Text = Annotated[str, typer.Argument(help="What it is, in Markdown.")]
Owner = Annotated[str, typer.Argument(help="ada@example.com, group:data-team, or a URN.")]
Tag = Annotated[str, typer.Argument(help="The tag; a new one comes into being.")]
Term = Annotated[str, typer.Argument(help="The term of the glossary.")]


@verb("describe")
def _describe(text: Text) -> dict[str, Any]:
    """Say what things are."""
    return {"op": "describe", "text": text}


@verb("add-owner")
def _add_owner(owner: Owner, role: Annotated[str, typer.Option(help="In which role.")] = "owner") -> dict[str, Any]:
    """Name an owner of things."""
    return {"op": "add_owner", "owner": owner, "role": role}


@verb("remove-owner")
def _remove_owner(
    owner: Owner, role: Annotated[str | None, typer.Option(help="In this role only.")] = None
) -> dict[str, Any]:
    """Say that somebody is no owner of things, whoever said so."""
    return {"op": "remove_owner", "owner": owner, "role": role}


@verb("add-tag")
def _add_tag(tag: Tag) -> dict[str, Any]:
    """Put a tag on things."""
    return {"op": "add_tag", "tag": tag}


@verb("remove-tag")
def _remove_tag(tag: Annotated[str, typer.Argument(help="The tag.")]) -> dict[str, Any]:
    """Take a tag off things, whoever put it there."""
    return {"op": "remove_tag", "tag": tag}


@verb("add-term")
def _add_term(term: Term) -> dict[str, Any]:
    """Say which term things stand for."""
    return {"op": "add_term", "term": term}


@verb("remove-term")
def _remove_term(term: Term) -> dict[str, Any]:
    """Say that things don't stand for a term, whoever said so."""
    return {"op": "remove_term", "term": term}


@verb("set-domain")
def _set_domain(
    domain: Annotated[str, typer.Argument(help="The domain; a new one comes into being.")],
) -> dict[str, Any]:
    """Put things into a domain."""
    return {"op": "set_domain", "domain": domain}


@verb("set-tier")
def _set_tier(
    tier: Annotated[str, typer.Argument(help="How much depends on it, 1 being the most.")],
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
) -> dict[str, Any]:
    """Say how much depends on things."""
    return {"op": "set_tier", "tier": tier, "reason": reason}


@verb("certify")
def _certify(
    status: Annotated[str, typer.Option(help="certified, provisional or rejected.")] = "certified",
    by: Annotated[str | None, typer.Option(help="Who stands for it.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when: 2027-06-30.")] = None,
    note: Annotated[str | None, typer.Option(help="On what ground.")] = None,
) -> dict[str, Any]:
    """Stand for things, or reject them."""
    return {"op": "certify", "status": status, "by": by, "until": until, "note": note}


@verb("deprecate")
def _deprecate(
    note: Annotated[str | None, typer.Option(help="Why.")] = None,
    removal: Annotated[str | None, typer.Option(help="When it will be gone: 2027-06-30.")] = None,
    replaced_by: Annotated[str | None, typer.Option(help="What to use instead.")] = None,
) -> dict[str, Any]:
    """Say that things should not be used any more."""
    return {"op": "deprecate", "note": note, "removal": removal, "replacedBy": replaced_by}


@verb("undeprecate")
def _undeprecate() -> dict[str, Any]:
    """Say that things may be used, whoever deprecated them."""
    return {"op": "undeprecate"}


@verb("set-retention")
def _set_retention(
    days: Annotated[int, typer.Argument(min=0, help="For how many days data is kept.")],
    basis: Annotated[str | None, typer.Option(help="The law, contract or rule that says so.")] = None,
    action: Annotated[str | None, typer.Option(help="What happens then: delete, archive or anonymise.")] = None,
) -> dict[str, Any]:
    """Say how long data is kept."""
    return {"op": "set_retention", "days": days, "basis": basis, "action": action}


@verb("retract")
def _retract(aspect: Annotated[str, typer.Argument(help="The aspect: tags, tier, …")]) -> dict[str, Any]:
    """Withdraw what stewards say and deny of an aspect."""
    return {"op": "retract", "aspect": aspect}


Start = Annotated[str, typer.Argument(metavar="FROM", help="Where it flows from: a thing or a column.")]
End = Annotated[str, typer.Argument(metavar="TO", help="Where it flows to.")]
Carrier = Annotated[str | None, typer.Option(help="The thing that carries it, such as a job.")]


@edits.command("add-lineage")
def add_lineage(
    start: Start,
    end: End,
    carrier: Carrier = None,
    name: Annotated[str | None, typer.Option(help="The name of the job by hand; default: one for each pair.")] = None,
    subtype: Annotated[str, typer.Option(help="IDENTITY, TRANSFORMATION or AGGREGATION.")] = "TRANSFORMATION",
    note: Annotated[str | None, typer.Option(help="Why it is believed, as evidence.")] = None,
    dry_run: DryRun = False,
    message: Message = None,
    as_json: Json = False,
) -> None:
    """State by hand that data flows from one thing or column to another."""
    said = {"from": start, "to": end, "carrier": carrier, "name": name, "subtype": subtype, "note": note}
    _send_flow({**said, "dryRun": dry_run, "message": message}, as_json)


@edits.command("deny-lineage")
def deny_lineage(
    start: Start,
    end: End,
    carrier: Carrier = None,
    dry_run: DryRun = False,
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Say that data does not flow so, whoever states it."""
    said = {"from": start, "to": end, "carrier": carrier, "deny": True}
    _send_flow({**said, "dryRun": dry_run, "message": message}, as_json)


def _send_flow(said: dict[str, Any], as_json: bool) -> None:
    with reached(Settings.from_environment()) as house:
        answer = house.flow(validated(_flow, said, "$"))
    _print(answer, as_json)


@edits.command()
def undo(
    edit: Annotated[str, typer.Argument(help="The edit's name, its token, or the id of its group.")],
    dry_run: DryRun = False,
    message: Message = None,
    as_json: Json = False,
) -> None:
    """Take an edit back, where nobody changed the same since."""
    with reached(Settings.from_environment()) as house:
        answer = house.undo(UndoOrder(undo=edit, dry_run=dry_run, message=message))
    _print(answer, as_json)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(edits, name="edit")
