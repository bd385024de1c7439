"""Options that many verbs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="MOMENT",
        help="As it was: a seq, a token, a time, a date (its end, UTC), or 2h, 3d, yesterday.",
    ),
]

INCOMPLETE = 3
"""Exit code of an answer that is incomplete or stale."""


def exit_for(answer: Mapping[str, Any]) -> None:
    """End with the exit code that an answer deserves."""
    if not answer["complete"]:
        raise typer.Exit(INCOMPLETE)
