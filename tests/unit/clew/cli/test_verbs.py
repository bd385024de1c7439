"""The table of verbs, which says where each is found."""

import subprocess
import sys
from typing import Any

import typer
from typer.testing import CliRunner

from clew.cli.main import VERBS, app

HEAVY = {"sqlglot", "httpx", "clew.house", "clew_connectors", "fastapi"}
"""What only some verbs need, or a house at one end of a wire."""


def test_every_verb_is_where_the_table_says_and_no_module_has_more() -> None:
    root: Any = typer.main.get_command(app)
    for verb in VERBS:
        assert root.get_command(None, verb) is not None, verb
    assert set(root.commands) == set(VERBS)


def test_a_mistyped_verb_is_told_the_like() -> None:
    done = CliRunner().invoke(app, ["lineag"])
    assert (done.exit_code, "lineage" in done.output) == (2, True)


def test_a_verb_does_not_load_what_only_others_need() -> None:
    look = (
        "import sys, clew.cli.main as m; m.typer.main.get_command(m.app).get_command(None, 'show'); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.split()
    assert "clew.cli.questions" in loaded
    assert HEAVY.isdisjoint(loaded)
