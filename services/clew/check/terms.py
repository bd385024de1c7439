"""Words that the command line and a check share; light, since every command loads them."""

from __future__ import annotations

from enum import StrEnum


class Decision(StrEnum):
    """What a policy says of an asset."""

    FAIL = "fail"
    WARN = "warn"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    WAIVED = "waived"


class OnGap(StrEnum):
    """What an answer with gaps is worth: a failure, an answer that says so by its exit code, or a warning."""

    FAIL = "fail"
    INCOMPLETE = "incomplete"
    WARN = "warn"


class Format(StrEnum):
    """A way to write an outcome down."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
