"""Commands that the web UI tells its reader to run are verbs of the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer.main

from clew.cli.main import VERBS, app

SOURCE = Path(__file__).parents[3] / "services" / "web" / "src"


def test_commands_that_the_ui_names_are_verbs() -> None:
    root: Any = typer.main.get_command(app)
    named = [
        words
        for path in [*SOURCE.rglob("*.tsx"), *SOURCE.rglob("*.ts")]
        for words in re.findall(r"(?:[`\">]|with: )clew ([a-z-]+) ?([a-z-]*)", path.read_text())
    ]
    assert len(named) > 4
    for verb, sub in named:
        assert verb in VERBS, f"clew {verb}"
        below = getattr(root.get_command(None, verb), "commands", None)
        assert below is None or sub in below, f"clew {verb} {sub}"
