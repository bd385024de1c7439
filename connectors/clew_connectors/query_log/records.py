"""What is read of a query log: portions of statements as they were logged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it was run. Times are in µs UTC.

    Where the log only counts, `times` says how often, and `since` from when on, if the log does.
    """

    time: int
    text: str
    session: str | None = None
    user: str | None = None
    database: str | None = None
    schema: str | None = None
    times: int = 1
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """Statements of one hour, in order; `part` counts the portions of that hour. `counted`: the log only counts."""

    namespace: str
    log: str
    dialect: str
    hour: int
    part: int
    statements: tuple[Statement, ...]
    counted: bool = False
