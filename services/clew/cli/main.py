"""`clew`: the verbs. Exit codes mean the same for each.

0 done · 1 failed, or policy says no · 2 usage or bad input · 3 answered but incomplete or stale ·
4 not found or ambiguous · 5 unreachable or locked
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import orjson
import typer

from clew import __version__
from clew.cli import access, editing, keeping, model, models, questions, running, sql, trees, writing
from clew.cli.render import problems
from clew.errors import ClewError

app = typer.Typer(
    name="clew",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Metadata for data and AI: what flows where, what breaks, who owns it. "
    "Exit codes: 0 done, 1 failed, 2 bad input, 3 incomplete or stale, 4 not found or ambiguous, 5 unreachable.",
)
for module in (running, writing, questions, models, sql, keeping):
    module.add_to(app)
app.add_typer(access.tokens, name="token")
app.add_typer(access.sources, name="source")
app.add_typer(access.parked, name="parked")
app.add_typer(model.model, name="model")
app.add_typer(editing.edits, name="edit")
app.add_typer(trees.glossary, name="glossary")
app.add_typer(trees.domains, name="domain")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"clew {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Metadata for data and AI."""


def main() -> None:
    """Run the command line; errors go to standard error, in JSON where `--json` was asked for."""
    try:
        app()
    except ClewError as error:
        _say(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _say(error: ClewError) -> None:
    if "--json" in sys.argv:
        document: dict[str, Any] = {"error": error.to_dict()}
        sys.stderr.write(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")
        return
    problems.print(f"[bold red]error:[/] {error.what}", highlight=False, markup=True)
    if error.where:
        problems.print(f"  where: {error.where}", markup=False, highlight=False)
    for value in ("read", "now"):
        if error.details.get(value) is not None:
            said = orjson.dumps(error.details[value]).decode()
            problems.print(f"  {value}:{' ' * (6 - len(value))}{said}", markup=False, highlight=False)
    if error.hint:
        problems.print(f"  hint:  {error.hint}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
