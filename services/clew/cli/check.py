"""The verb that says, before a merge, what a change breaks: `clew check`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clew.check.terms import Format, OnGap
from clew.cli import render
from clew.cli.options import Json
from clew.errors import BadInput, Unreachable
from clew.home import read_run_file
from clew.settings import Settings

if TYPE_CHECKING:
    from clew.check.catalog import Catalog
    from clew.check.outcome import Outcome


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options, as they were given."""

    base: str | None
    head: str | None
    old: Path | None
    new: Path | None
    dataset: str | None
    migrations: tuple[Path, ...]


def check(
    base: Annotated[str | None, typer.Option(help="Compare with this git revision: main, HEAD~1, a commit.")] = None,
    head: Annotated[str | None, typer.Option(help="Of this revision; default: the work tree.")] = None,
    old: Annotated[Path | None, typer.Option(help="dbt's target folder before, or a schema or SQL file.")] = None,
    new: Annotated[Path | None, typer.Option(help="The same, after.")] = None,
    dataset: Annotated[str | None, typer.Option(help="What a schema or SQL file describes or builds.")] = None,
    migration: Annotated[list[Path] | None, typer.Option(help="A migration script; may be given again.")] = None,
    config: Annotated[Path | None, typer.Option(help="The rules; default: clew.yml at the root.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the outcome.")] = Format.TEXT,
    output: Annotated[
        list[str] | None,
        typer.Option(help="FORMAT=FILE: also write it there; may be given again."),
    ] = None,
    on_gap: Annotated[OnGap | None, typer.Option(help="What gaps are worth: exit code 1, 3, or 0.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Namespace of the datasets, as the catalog has it.")] = None,
    dialect: Annotated[str | None, typer.Option(help="Dialect of SQL files: duckdb, snowflake, …")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no catalog: what is in the files is all.")] = False,
    as_json: Json = False,
) -> None:
    """Say what a change of SQL, dbt models, schemas or tables breaks, before it is merged; fail by the rules."""
    from clew.check.reports import terminal, written

    asked = _Asked(base, head, old, new, dataset, tuple(migration or ()))
    files = [_destination(each) for each in output or ()]
    given = {"namespace": namespace, "dialect": dialect, "on_gap": on_gap}
    with _catalog(offline) as catalog:
        found = _checked(asked, config, given, catalog)
    for known, path in files:
        _write(path, written(found, known))
    form = Format.JSON if as_json else form
    if form == Format.TEXT:
        for style, line in terminal.lines(found):
            render.console.print(line, style=style or None, markup=False, highlight=False, soft_wrap=True)
    else:
        typer.echo(written(found, form), nl=False)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


def _checked(asked: _Asked, config: Path | None, given: dict[str, str | None], catalog: Catalog) -> Outcome:
    from clew.check.files import Setting
    from clew.check.gather import Compared, between_files, between_trees, of_scripts, of_trees
    from clew.check.outcome import outcome
    from clew.check.project import EMPTY
    from clew.check.rules import read_rules

    folder = _root(asked)
    rules = read_rules(config, folder)
    rules = rules.model_copy(update={name: value for name, value in given.items() if value is not None})
    setting = Setting.of(rules, catalog)
    if asked.old is not None and asked.new is not None:
        compared = between_files(asked.old, asked.new, asked.dataset, rules, setting)
        if asked.base is not None:
            compared = compared.beside(of_trees(folder, asked.base, asked.head, rules, setting))
    elif asked.base is not None:
        compared = between_trees(folder, asked.base, asked.head, rules, setting)
    elif asked.migrations:
        compared = Compared(EMPTY, EMPTY, ("now", "after the scripts"))
    else:
        raise BadInput(
            "nothing to compare",
            where="clew check",
            hint="Give --base REVISION, or --old and --new, or --migration FILE",
        )
    compared = compared.beside(of_scripts(asked.migrations, setting))
    today = datetime.now(UTC).date()
    return outcome(
        compared.before, compared.after, compared.found, catalog, rules, today, compared.names, compared.gaps
    )


def _root(asked: _Asked) -> Path:
    from clew.check.revisions import root_of

    if (asked.old is None) != (asked.new is None):
        raise BadInput("--old and --new belong together", where="clew check")
    if asked.head is not None and asked.base is None:
        raise BadInput("--head needs --base", where="clew check")
    return root_of(Path.cwd()) if asked.base is not None else Path.cwd()


@contextmanager
def _catalog(offline: bool) -> Iterator[Catalog]:
    """Yield the house that the settings name, none where there is none, since a check makes no home."""
    from clew.check.catalog import NoCatalog
    from clew.cli.check_catalog import HouseCatalog
    from clew.cli.reach import reached

    settings = Settings.from_environment()
    url = os.environ.get("CLEW_URL")
    known = bool(url or settings.ledger or read_run_file(settings.home) or any(settings.home.glob("*")))
    if offline or not known:
        yield NoCatalog()
        return
    where = url or ("the catalog" if settings.ledger else f"the home {settings.home}")
    with reached(settings) as house:
        yield HouseCatalog(house, where)


def _destination(said: str) -> tuple[Format, Path]:
    form, _, file = said.partition("=")
    if not file or form not in set(Format):
        raise BadInput(
            f"{said!r} is not FORMAT=FILE",
            where="--output",
            hint=f"Formats are {', '.join(each.value for each in Format)}",
        )
    return Format(form), Path(file)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise Unreachable(f"the file can't be written: {error.strerror}", where=str(path)) from error


def add_to(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command()(check)
