"""Positions of Kafka in the ledger: moved by compare-and-set in a batch's own transaction, which fences zombies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from clew_schemas.errors import Conflict

Positions = Mapping[str, tuple[int, int]]
"""By `<topic>/<partition>`: the position that the caller started from, and the one after its batch."""


SWEPT = "swept:"
"""How the names of cursors begin that count the swept points of an aspect."""


class BadRecord(NamedTuple):
    """A record of Kafka that could not be taken, and all that is kept of it: where it stands, its hash, the reason.

    `position` is `<topic>/<partition>`, `hash` the SHA-256 of its value in hex. It shows as parked, with no source
    (nobody is known to have said it) and the group `<topic>/<partition>@<offset>`.
    """

    position: str
    offset: int
    hash: str
    reason: dict[str, Any]

    @property
    def place(self) -> str:
        return f"{self.position}@{self.offset}"


def cursor_of(name: str) -> str:
    """Return the name of the cursor that holds the position of `<topic>/<partition>`."""
    return f"kafka:{name}"


def check_positions(stored: Mapping[str, int], positions: Positions) -> None:
    """Raise Conflict unless each position still stands where the caller started from; `stored` is by cursor name."""
    for name, (expected, _) in positions.items():
        found = stored.get(cursor_of(name), 0)
        if found != expected:
            raise Conflict(
                f"the position of {name} is {found}, not {expected}: another committer went on from there",
                where=name,
                hint="Read the position again and go on from it",
                stored=found,
            )
