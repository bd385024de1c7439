"""Verbs that keep what a house holds: backup, restore, export, import; sizes and sweep."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from clew.cli import render
from clew.cli.options import Json
from clew.cli.reach import reached
from clew.disk import sync
from clew.errors import Conflict, Locked, NotFound, Unreachable
from clew.home import read_run_file
from clew.settings import Settings

STREAM = "-"


def backup(
    file: Annotated[str, typer.Argument(help="The new file to write; - for standard output.")],
) -> None:
    """Copy the embedded ledger as of one commit, while it is written or at rest. Access tokens go along, as hashes."""
    with reached(Settings.from_environment()) as house:
        size = _write(file, house.backup())
    _told(file, size)


def restore(
    file: Annotated[str, typer.Argument(help="A backup; - for standard input.")],
    home: Annotated[Path, typer.Option(help="The home to put it into; it holds no ledger yet.")],
    as_json: Json = False,
) -> None:
    """Put a backup into an empty home, checked to the last byte, under a new epoch."""
    from clew.care import restored

    with _opened(file) as stream:
        done = restored(stream, home)
    if as_json:
        render.print_json(done)
    else:
        said = f"restored {done['bytes']:,} bytes; epoch {done['epoch']}, before {done['epochBefore']}"
        render.console.print(said, markup=False, highlight=False)


def export(
    file: Annotated[str, typer.Argument(help="The new file to write; - for standard output.")],
) -> None:
    """Write the whole ledger, of any engine, as one archive. No access tokens are in it."""
    with reached(Settings.from_environment()) as house:
        size = _write(file, house.export())
    _told(file, size)


def import_(
    file: Annotated[str, typer.Argument(help="An archive; - for standard input.")],
    as_json: Json = False,
) -> None:
    """Fill an empty ledger (CLEW_HOME or CLEW_LEDGER) from an archive: all of it, or nothing."""
    from clew.care import imported

    settings = replace(Settings.from_environment(), log=None)
    if os.environ.get("CLEW_URL") or read_run_file(settings.home) is not None:
        raise Locked("a house runs here", where=str(settings.home), hint="Stop it; import opens the ledger for itself")
    with _opened(file) as stream:
        done = imported(stream, settings)
    if as_json:
        render.print_json(done)
    else:
        rows = sum(done["rows"].values())
        said = f"imported {rows:,} rows to commit {done['head']}; epoch {done['epoch']}, before {done['epochBefore']}"
        render.console.print(said, markup=False, highlight=False)


def sizes(as_json: Json = False) -> None:
    """Say what takes how much room: by aspect, source, table and view. Reads every row."""
    with reached(Settings.from_environment()) as house:
        found = house.sizes()
    if as_json:
        render.print_json(found)
        return
    ledger = found["ledger"]
    for title in ("aspects", "sources", "tables"):
        _table(title.removesuffix("s"), ledger[title])
    _table("view", {name: {"bytes": size} for name, size in found["views"].items()})
    payloads = ledger["payloads"]
    said = (
        f"{ledger['bytes']:,} bytes for {ledger['factsAndPoints']:,} facts and points"
        f" ({ledger['bytesPerFact']} each); payloads {payloads['stored']:,} stored, {payloads['unpacked']:,} unpacked"
    )
    render.console.print(said, markup=False, highlight=False)


def sweep(as_json: Json = False) -> None:
    """Delete points of series past their retention; the newest of each stays. `clew up` does it once a day."""
    with reached(Settings.from_environment()) as house:
        swept = house.sweep()
    if as_json:
        render.print_json(swept)
    else:
        render.rows([{"aspect": name, "swept": number} for name, number in swept.items()])


def _table(title: str, found: dict[str, Any]) -> None:
    render.rows([{title: name, **held} for name, held in found.items()])
    render.console.print()


def _told(file: str, size: int) -> None:
    if file != STREAM:
        render.console.print(f"{file}: {size:,} bytes", markup=False, highlight=False)


def _write(file: str, pieces: Iterable[bytes]) -> int:
    """Write pieces to a new file, which has its name when it is whole and durable; return its size."""
    if file == STREAM:
        return sum(map(sys.stdout.buffer.write, pieces))
    target = Path(file)
    if target.exists():
        raise Conflict("the file exists", where=file, hint="Name another, or move it away")
    part = target.with_name(f"{target.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as into:
            size = sum(map(into.write, pieces))
            sync(into)
        part.rename(target)
    except OSError as error:
        raise Unreachable(
            f"the file can't be written: {error.strerror}", where=file, hint="Check disk space and permissions"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return size


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == STREAM:
        yield sys.stdin.buffer
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below; only its opening is translated
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=file) from error
    except OSError as error:
        raise Unreachable(f"the file can't be read: {error.strerror}", where=file) from error
    with stream:
        yield stream


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    for verb in (backup, restore, export, sizes, sweep):
        app.command()(verb)
    app.command("import")(import_)
