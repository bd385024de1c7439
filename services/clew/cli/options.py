"""Options that many verbs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]

INCOMPLETE = 3
"""Exit code of an answer that is incomplete or stale."""


def exit_for(answer: Mapping[str, Any]) -> None:
    """End with the exit code that an answer deserves."""
    if not answer["complete"]:
        raise typer.Exit(INCOMPLETE)
