"""`clew`: the verbs. Exit codes mean the same for each.

0 done · 1 failed, or policy says no · 2 usage or bad input · 3 answered but incomplete or stale ·
4 not found or ambiguous · 5 unreachable or locked
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import typer
from typer.core import TyperGroup

from clew import __version__
from clew.cli.render import problems
from clew.collector import calm
from clew.errors import ClewError

VERBS: Mapping[str, str] = {
    **dict.fromkeys(("up", "serve", "rebuild", "doctor"), "running"),
    **dict.fromkeys(("ingest", "emit"), "writing"),
    **dict.fromkeys(("search", "show", "lineage", "impact", "paths"), "questions"),
    "check": "check",
    **dict.fromkeys(("what-trained", "compare", "diff", "reproduce", "bottlenecks", "unused"), "models"),
    "sql": "sql",
    **dict.fromkeys(("backup", "restore", "export", "sizes", "sweep", "import"), "keeping"),
    **dict.fromkeys(("token", "source", "parked"), "access"),
    "model": "model",
    "edit": "editing",
    **dict.fromkeys(("glossary", "domain"), "trees"),
}
"""By verb, the module that adds it: imported when the verb is asked for, so that none pays for the others."""


class Verbs(TyperGroup):
    """The verbs of the command line, by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        # an unknown name is compared with those of all
        for verb in [cmd_name] if cmd_name in VERBS else VERBS:
            if verb not in self.commands:
                part = typer.Typer()
                importlib.import_module(f"clew.cli.{VERBS[verb]}").add_to(part)
                self.commands.update(typer.main.get_group(part).commands)
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    name="clew",
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Metadata for data and AI: what flows where, what breaks, who owns it. "
    "Exit codes: 0 done, 1 failed, 2 bad input, 3 incomplete or stale, 4 not found or ambiguous, 5 unreachable.",
)


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
    calm()
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
