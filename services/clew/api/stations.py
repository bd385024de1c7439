"""What the API needs of the house behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, Protocol

from clew.ledger import Ledger
from clew.query.questions import Questions
from clew_schemas.event import Receipt

ViewName = Literal["graph", "search", "relations"]

READY_WITHIN = 1000
"""Commits that a follower may be behind in a house that calls itself ready."""


class Stations(Protocol):
    """The stations that requests reach: the ledger, the questions, and the care of the views."""

    @property
    def ledger(self) -> Ledger:
        """The one writer."""

    @property
    def questions(self) -> Questions:
        """All questions, bound to the ledger and its views."""

    def health(self) -> dict[str, Any]:
        """Return `epoch`, `head`, `positions` by follower, and `failing`: what stands still, and why."""

    def rebuild(self, names: Iterable[ViewName]) -> list[dict[str, Any]]:
        """Draw views anew beside the old ones; return what each took."""

    def replay(self, parked: int) -> Receipt:
        """Propose what was parked again."""

    def doctor(self, *, mend: bool = True) -> dict[str, Any]:
        """Compare the views with the ledger; mend what differs, unless told not to."""

    def backup(self) -> Iterator[bytes]:
        """Yield a backup of the embedded ledger, in pieces."""

    def export(self) -> Iterator[bytes]:
        """Yield the archive of the ledger, in pieces."""

    def sizes(self) -> dict[str, Any]:
        """Return rows and bytes of the ledger and of each view."""

    def sweep(self) -> dict[str, int]:
        """Delete the points that are past their retention; return how many by aspect."""


def health_of(stations: Stations) -> dict[str, Any]:
    """Return the house's health, with the `lag` of every follower in commits."""
    said = stations.health()
    return {**said, "lag": {name: said["head"] - at for name, at in said["positions"].items()}}
