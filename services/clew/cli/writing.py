"""Verbs that write: ingest (a connector's crawl) and emit (groups, or one edit of a person)."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import orjson
import typer

from clew.cli import render
from clew.cli.options import Json
from clew.cli.reach import reached
from clew.errors import BadInput, Stale
from clew.ledger.port import STEWARD
from clew.settings import KEYS, Settings
from clew_schemas import Group, Receipt, Record, event
from clew_schemas.event import decode


def ingest(
    recipes: Annotated[
        list[Path], typer.Argument(metavar="RECIPE...", help="Recipes in YAML, run one after the other.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the groups as JSON lines; write nothing.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the recipe can be run.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait until the ledger has what Kafka was given.")] = 0,
    as_json: Json = False,
) -> None:
    """Run connectors: what they notice becomes facts, what is gone is retracted."""
    from clew_connectors.dry_run import DryRun
    from clew_connectors.recipe import load
    from clew_connectors.run import run

    loaded = [load(path) for path in recipes]
    if check:
        _check(loaded, as_json)
        return
    if dry_run:
        for recipe in loaded:
            run(recipe, DryRun(sys.stdout))
        return
    summaries = []
    settings = Settings.from_environment()
    with _sink(settings) as sink:
        for recipe in loaded:
            summary = run(recipe, sink)
            summaries.append(msgspec.to_builtins(summary))
            if not as_json:
                _print_summary(summaries[-1])
    if settings.log and wait:
        _await_crawls(settings, summaries, wait)
    if as_json:
        render.print_json(summaries)
    if any(not each["closed"] or each["parked"] or each["refused"] for each in summaries):
        raise typer.Exit(1)


@contextmanager
def _sink(settings: Settings) -> Iterator[Any]:
    """Yield where connectors write: Kafka when there is a log, else the house."""
    if settings.log is None:
        with reached(settings) as house:
            yield house
        return
    from clew.log import open_log
    from clew.log.keys import KeyFolder

    door = open_log(settings.log).door(KeyFolder(settings.home / KEYS))
    try:
        yield door
    finally:
        door.close()


def _await_crawls(settings: Settings, summaries: list[dict[str, Any]], seconds: float) -> None:
    """Wait until each crawl has ended in the ledger; raise Stale when one has not in time."""
    deadline = time.monotonic() + seconds
    with reached(settings) as house:
        for summary in summaries:
            while house.last_crawl(summary["source"]) != (summary["crawl"], "closed"):
                if time.monotonic() > deadline:
                    found = house.last_crawl(summary["source"])
                    raise Stale(
                        f"the crawl {summary['crawl']} of {summary['source']} has not ended in the ledger",
                        where=f"its newest crawl is {found}",
                        hint="See clew parked list, and the committer's health",
                    )
                time.sleep(0.1)


def _check(loaded: list[Any], as_json: bool) -> None:
    problems = [problem for recipe in loaded for problem in recipe.connector.check(recipe.config)]
    if as_json:
        render.print_json([problem.to_dict() for problem in problems])
    for problem in problems if not as_json else ():
        render.problems.print(str(problem), markup=False)
    if problems:
        raise typer.Exit(problems[0].exit_code)
    if not as_json:
        render.console.print("ready")


def _print_summary(summary: dict[str, Any]) -> None:
    names = ("queued",) if summary["queued"] else ("changed", "unchanged", "retracted")
    said = ", ".join(f"{summary[name]} {name}" for name in (*names, "parked", "refused"))
    render.console.print(
        f"[bold]{summary['source']}[/]: {summary['events']} events in {summary['groups']} groups"
        f" ({said}) in {summary['seconds']:.1f} s"
    )
    for held in summary["held"]:
        for error in held["errors"]:
            render.problems.print(f"  {held['id']} {held['status']}: {error['what']}", markup=False)
    for warning in summary["warned"]:
        render.problems.print(f"  warning: {warning['what']}", markup=False)


def emit(
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Groups as JSON or JSON lines; - reads standard input.")
    ] = None,
    urn: Annotated[str | None, typer.Option(help="An edit of yours: of which thing,")] = None,
    aspect: Annotated[str | None, typer.Option(help="which aspect,")] = None,
    payload: Annotated[str | None, typer.Option(help="what you say, as JSON.")] = None,
    op: Annotated[str, typer.Option(help="upsert, retract or deny.")] = "upsert",
    if_match: Annotated[str | None, typer.Option(help="Only if the aspect still has this etag.")] = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Why.")] = None,
    as_json: Json = False,
) -> None:
    """Write groups of events from a file, or one edit as a steward."""
    if (file is None) == (urn is None):
        raise BadInput("give either --file, or --urn with --aspect", hint="See clew emit --help")
    records = _read(file) if file is not None else [_edit(urn or "", aspect, payload, op, if_match, message)]
    with reached(Settings.from_environment()) as house:
        receipts = house.propose(records)
    if as_json:
        render.print_json([msgspec.to_builtins(receipt) for receipt in receipts])
    else:
        _print_receipts(receipts)
    if any(receipt.status in ("refused", "parked") for receipt in receipts):
        raise typer.Exit(2)


def _edit(
    urn: str, aspect: str | None, payload: str | None, op: str, if_match: str | None, message: str | None
) -> Group:
    if aspect is None or op not in ("upsert", "retract", "deny"):
        raise BadInput("an edit needs --aspect, and --op upsert, retract or deny", where="--aspect, --op")
    edit = event(urn, aspect, op=op, if_match=if_match)
    if payload is not None:
        edit = msgspec.structs.replace(edit, payload=msgspec.Raw(payload.encode()))
    return Group(STEWARD, str(uuid.uuid4()), (edit,), message=message)


def _read(file: Path) -> list[Record]:
    """Return the records of a file: one JSON document, an array, or JSON lines."""
    name = "standard input" if str(file) == "-" else str(file)
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise BadInput(f"the file can't be read: {error.strerror}", where=name) from error
    parts = _parts(data)
    records = []
    for number, part in enumerate(parts, 1):
        try:
            records.append(decode(part))
        except BadInput as error:
            error.where = f"{name}, record {number}: {error.where}"
            raise
    if not records:
        raise BadInput("there is no record in it", where=name)
    return records


def _parts(data: bytes) -> list[bytes]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return [line for line in data.splitlines() if line.strip()]
    if isinstance(document, list):
        return [orjson.dumps(each) for each in document]
    return [data]


def _print_receipts(receipts: list[Receipt]) -> None:
    for receipt in receipts:
        render.console.print(f"{receipt.id}: {receipt.status} {receipt.token}", markup=False)
        for error in receipt.errors:
            where, hint = error.get("where", ""), error.get("hint", "")
            render.problems.print(f"  {error['what']} (at {where}) {hint}", markup=False)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.command()(ingest)
    app.command()(emit)
