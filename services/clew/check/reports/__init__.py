"""The outcome of a check as text for those who read it: people, pull requests, CI servers, code scanners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clew.check.outcome import Outcome
from clew.check.reports import github, gitlab, json, junit, markdown, sarif, terminal
from clew.check.terms import Format

WRITERS: Final[dict[Format, Callable[[Outcome], str]]] = {
    Format.TEXT: terminal.written,
    Format.JSON: json.written,
    Format.MARKDOWN: markdown.written,
    Format.JUNIT: junit.written,
    Format.SARIF: sarif.written,
    Format.GITHUB: github.written,
    Format.GITLAB: gitlab.written,
}


def written(outcome: Outcome, form: Format) -> str:
    """Return an outcome in a format, ending in a newline."""
    return WRITERS[form](outcome)
