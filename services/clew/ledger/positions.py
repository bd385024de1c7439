"""Positions of Kafka in the ledger: moved by compare-and-set in a batch's own transaction, which fences zombies."""

from __future__ import annotations

from collections.abc import Mapping

from clew_schemas.errors import Conflict

Positions = Mapping[str, tuple[int, int]]
"""By `<topic>/<partition>`: the position that the caller started from, and the one after its batch."""


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
