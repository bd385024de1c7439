"""What the log promises: groups go in, are committed in order of their source, and whole commits come out.

Kafka never decides order or atomicity: the ledger does. With the embedded engines there is no log at all: `propose`
commits at once, and followers read the ledger's own tail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from clew.ledger import Ledger, LedgerReader
from clew_schemas.event import Receipt, Record


@dataclass(frozen=True, slots=True)
class Tally:
    """How a station stands. `lag` is what it has still to take: records for the committer, commits for the others.

    None while that is not known. `positions` are offsets by `<topic>/<partition>` or the last seq as `seq`; `counts`
    say what became of records since the station was made.
    """

    lag: int | None = None
    positions: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


class Signer(Protocol):
    """What signs for one source."""

    fingerprint: str
    """The name of the public key."""

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature of some bytes."""


class Keys(Protocol):
    """Where a door finds the key of a source."""

    def of(self, source: str) -> Signer:
        """Return what signs for a source; raise NotFound when there is no key of it."""


class Door(Protocol):
    """A sink that answers when the log has what it was given; what the ledger makes of it comes later."""

    def register(self, name: str, *, order: str = "crawl", door: str = "connector", rank: int = 50) -> object:
        """Raise NotFound unless this door can sign for the source; the ledger learns of sources elsewhere."""

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        """Return one receipt each, `queued`, when the log has acknowledged all; `refused` for what is over a limit.

        Raises Unreachable when it has not: then some may have gone in, and may be sent again under the same ids.
        """

    def close(self) -> None:
        """Let go of the log."""


class Station(Protocol):
    """Something that runs beside: it takes what there is, and rests when there is nothing.

    One thread runs it. After any error `step` may be called again, and goes on from what is stored.
    """

    name: str

    def step(self) -> bool:
        """Take what there is, waiting a moment for it; say whether there was any."""

    def health(self) -> Tally:
        """Return how it stands; any thread may ask."""

    def close(self) -> None:
        """Let go of the log; what was taken stays taken."""


class Committer(Station, Protocol):
    """Commits what the log holds. Several stand by for each other: every record is committed once."""

    def leads(self) -> bool:
        """Say whether this one holds the first partition, and so is the one to publish."""


class Tail(LedgerReader, Protocol):
    """A ledger read as before, its tail from the log."""

    def health(self) -> Tally:
        """Return how far the tape was read."""

    def close(self) -> None:
        """Let go of the log; the ledger stays open."""


class Log(Protocol):
    """A log, and its stations. Each of them lets go of the log by itself; `close` ends what they share."""

    def door(self, keys: Keys) -> Door:
        """Return a door that signs with these keys."""

    def committer(self, ledger: Ledger) -> Committer:
        """Return a station that commits proposals into `ledger`."""

    def publisher(self, ledger: LedgerReader, may_publish: Callable[[], bool] = lambda: True) -> Station:
        """Return a station that publishes the commits of `ledger` while `may_publish`."""

    def tail(self, ledger: LedgerReader) -> Tail:
        """Return `ledger` with its `tail` and `wait` from the tape."""

    def replay_bad(self, ledger: Ledger, place: str) -> Receipt:
        """Read a bad record again, at `<topic>/<partition>@<offset>`, and propose it; it is parked no more if taken.

        Raises what is wrong with it still, or NotFound when the log holds it no more.
        """

    def close(self) -> None:
        """Let go of what the stations share; they are closed before."""
