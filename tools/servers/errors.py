"""What can go wrong with a server, in words."""

from __future__ import annotations

from pathlib import Path


class ServerError(Exception):
    """A server could not be had: the text says which, why and what to do."""


def tail(path: Path, lines: int = 30) -> str:
    """The last lines of a log, for an error's text; says so where there are none."""
    try:
        text = path.read_text(errors="replace").rstrip()
    except FileNotFoundError:
        text = ""
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"
