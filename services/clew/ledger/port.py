"""What the ledger promises: the one writer, and how others read it.

Writers call `propose`. Readers (followers, reactors, queries) use the part of the port above it, `LedgerReader`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from clew.ledger.archive import Archive, Snapshot
from clew.ledger.positions import BadRecord
from clew.ledger.sizes import Sizes
from clew_schemas.event import Receipt, Record
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim

Scope = Literal["read", "write", "admin"]
OrderMode = Literal["crawl", "time"]

STEWARD = "steward"
DERIVED = "derived."
"""How the names of the house's own sources begin: nobody else writes for them."""
DERIVED_SQL = f"{DERIVED}sql"
DERIVED_EVIDENCE = f"{DERIVED}evidence"
DERIVED_QUERY_LOG = f"{DERIVED}query_log"


class Source(NamedTuple):
    """An authority that makes claims. `order` says by what its events are ordered; `rank` how much it is trusted."""

    name: str
    order: OrderMode
    rank: int = 50
    door: str = "connector"
    retired: bool = False


class Entity(NamedTuple):
    """An interned entity. `parent` is the id of the dataset that a column, `any` or `rows` belongs to, else 0."""

    id: int
    urn: str
    kind: str
    parent: int
    policy_class: int


entity: Callable[[tuple[int, str, str, int, int]], Entity] = partial(tuple.__new__, Entity)
"""What `Entity._make` does, in two thirds of its time."""


@dataclass(frozen=True, slots=True)
class Change:
    """One (entity, aspect) that a commit touched, with every live claim about it as of that commit."""

    branch: str
    entity: int
    urn: str
    aspect: str
    sources: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One row of a series aspect. `time` is in microseconds UTC."""

    entity: int
    urn: str
    aspect: str
    source: str
    name: str
    time: int
    step: int
    payload: dict[str, Any]
    seq: int


@dataclass(frozen=True, slots=True)
class Commit:
    """One accepted group, or what a crawl's close retracted. `time` is in microseconds UTC.

    `cause` is the seq that a derived commit answers to, 0 for any other.
    """

    seq: int
    time: int
    branch: str
    source: str
    group: str
    author: str | None
    message: str | None
    cause: int
    changes: tuple[Change, ...]
    points: tuple[Point, ...]


class Fact(NamedTuple):
    """One line of an aspect's history: who said what, when, and why.

    `moved` is False for late news that changed no head."""

    seq: int
    n: int
    time: int
    source: str
    author: str | None
    op: str
    moved: bool
    says: dict[str, Any] | None
    denies: Any
    message: str | None = None


class Parked(NamedTuple):
    """A group or a crawl's close that was kept aside, with the reason. `time` is in microseconds UTC."""

    id: int
    source: str
    group: str
    crawl: int | None
    time: int
    reasons: tuple[dict[str, Any], ...]
    urns: tuple[str, ...]


class TokenRow(NamedTuple):
    """An access token as it is kept: a name, the hash of the secret, what it may do, and for whom it writes."""

    name: str
    hash: str
    scopes: tuple[Scope, ...]
    source: str
    created: int
    revoked: bool


class LedgerReader(Protocol):
    """The reading part of the ledger."""

    epoch: str
    """New on every restore or migration: positions of another epoch mean nothing here."""
    registry: Registry
    """The kinds and aspects in force: one object, kept up to date by this ledger."""

    def learn(self) -> int:
        """Take in what other processes have defined since; return the seq of the newest definition."""

    def head_seq(self) -> int:
        """Return the seq of the newest commit, 0 when there is none."""

    def time_of(self, seq: int) -> int:
        """Return the commit time of `seq` in microseconds UTC, 0 for seq 0."""

    def seq_at(self, time: int) -> int:
        """Return the newest seq committed at or before `time` (microseconds UTC)."""

    def wait(self, seq: int, timeout: float) -> bool:
        """Wait until `seq` is committed, at most `timeout` seconds; say whether it is."""

    def tail(self, after: int, limit: int = 100, *, fresh: bool = False, claims: bool = True) -> list[Commit]:
        """Return up to `limit` commits after the seq `after`, in order, without a gap.

        Without `claims`, what changed may come without the claims that stand after it.

        Points that were measured again since, or swept, are missing from their commits when they are read `fresh`;
        otherwise they may still be among them.
        """

    def claims(
        self, entities: Iterable[int], as_of: int | None = None, aspects: Collection[str] | None = None
    ) -> dict[int, dict[str, tuple[Claim, ...]]]:
        """Return the live claims of entities on main, by id and aspect, now or as of a seq; all, or of these aspects.

        Each entity is among the keys, also one of which nothing is claimed.
        """

    def history(self, entity: int, aspect: str) -> list[Fact]:
        """Return all facts about (entity, aspect) on main, oldest first."""

    def change_seqs(self, entity: int, aspect: str) -> list[int]:
        """Return the seqs at which a head of (entity, aspect) moved, ascending."""

    def points(self, entity: int, aspect: str, limit: int = 100, as_of: int | None = None) -> list[Point]:
        """Return the newest points of a series, newest first, of those committed as of a seq.

        A point that was measured again since `as_of` is not among them: only the last measure of it is kept.
        """

    def newest_points(
        self, entities: Iterable[int], aspects: Sequence[str], as_of: int | None = None
    ) -> dict[int, dict[str, Point]]:
        """Return, by entity and series, the newest point by time, step and source, of those committed as of a seq.

        An entity without points is left out. A point that was measured again since `as_of` counts as of then.
        """

    def ids(self, urns: Sequence[str]) -> list[int]:
        """Return the id of each URN, 0 for one that nobody ever named."""

    def entities(self, ids: Sequence[int]) -> list[Entity | None]:
        """Return the entity of each id, in the order asked."""

    def number_of(self, table: Literal["aspect", "source"], name: str) -> int:
        """Return the small number that views store for an aspect or a source, 0 for one that never spoke."""

    def name_of(self, table: Literal["aspect", "source"], number: int) -> str:
        """Return the aspect or source of a number; the reverse of `number_of`."""

    def find(self, name: str, limit: int = 50) -> list[Entity]:
        """Return entities whose dotted name is, or ends in, `name` (case matters not), shortest first.

        Nodes that Clew derives, `any` and `rows`, are not among them: nobody asks for them by name.
        """

    def live_keys(self) -> Iterable[tuple[int, str]]:
        """Yield every (entity, aspect) on main that has a live claim, in order of entity."""

    def node_of(self, entity: int) -> int:
        """Return the node that an entity stands for. The identity, until aliases are built."""

    def parked(self) -> list[Parked]:
        """Return what is parked, oldest first."""

    def receipt(self, source: str, group: str) -> Receipt | None:
        """Return the receipt of a group that was accepted, unchanged or parked; None for one that never arrived."""

    def sources(self) -> list[Source]:
        """Return every registered source, by name."""

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        """Return number and state (open, closed, parked, cancelled) of a source's newest crawl."""

    def derived_after(self, cause: int) -> int:
        """Return the newest seq of a derived commit whose cause is at or before `cause`, 0 for none."""

    def cursor(self, name: str) -> int:
        """Return the stored position of a reactor, 0 when it never stored one."""

    def position(self, name: str) -> int:
        """Return the stored position of a Kafka `<topic>/<partition>`, 0 when none was stored."""

    def public_key(self, source: str) -> bytes | None:
        """Return the Ed25519 public key that a source signs with, None when it has none or is unknown."""

    def heads_digest(self) -> str:
        """Return the SHA-256 of all live claims on every branch: equal digests, equal truth."""

    def stats(self) -> Mapping[str, int]:
        """Return counts (entities, claims, facts, commits, parked, bytes) of what is stored."""


class JoinedLedger(LedgerReader, Protocol):
    """An embedded ledger that another process has open, and writes."""

    def heard(self, head: int) -> None:
        """Take it from the process that writes that the ledger has come to the seq `head`."""

    def close(self) -> None:
        """Close every thread's connection."""


@runtime_checkable
class RenewsEpoch(Protocol):
    """A ledger whose file can lose its end, as one on a server doesn't by itself."""

    def renew_epoch(self) -> None:
        """Begin a new epoch: tokens and positions of before mean nothing any more, since their numbers come again."""


class Ledger(LedgerReader, Protocol):
    """The one writer."""

    def propose(
        self,
        records: Sequence[Record],
        *,
        door: str = "direct",
        waits: bool = True,
        cause: int = 0,
        positions: Mapping[str, tuple[int, int]] | None = None,
        bad: Sequence[BadRecord] = (),
    ) -> list[Receipt]:
        """Commit groups and crawl marks; return one receipt each, in order, when what they say is durable.

        Each group is accepted or not as a whole; a bad one leaves the others untouched. It is refused, with nothing
        kept, where somebody waits for the answer, and parked where nobody does or it belongs to a crawl. `cause`
        marks derived groups with the seq they answer to. Raises Unreachable when the store can't be written.

        `positions` is for the committer behind Kafka: by `<topic>/<partition>` the position it started from and the
        one after these records. They are moved in the one transaction that holds all of the records (so keep these to
        about 500 events); when a position stands elsewhere, Conflict is raised and nothing of the call is kept.
        `bad` comes with positions: records that could not even be read; in the same transaction each is parked.
        """

    def register(self, source: Source) -> Source:
        """Make a source known, or return it as it is known; raise Conflict when its order mode would change."""

    def set_public_key(self, source: str, key: bytes | None) -> None:
        """Keep the raw 32 bytes of a source's Ed25519 public key, or None: it may not sign any more.

        Raises NotFound for an unknown source, BadInput for what is no key.
        """

    def retire(self, name: str, author: str | None = None) -> Receipt:
        """Withdraw every claim of a source in one commit; it may claim nothing any more."""

    def replay(self, parked: int) -> Receipt:
        """Propose a parked group again, or close a parked crawl in spite of its guard.

        Raises NotFound for an unknown number, BadInput for a bad record of Kafka: the log has it, not the ledger.
        """

    def drop_parked(self, parked: int) -> None:
        """Forget a parked group for good."""

    def set_cursor(self, name: str, seq: int) -> None:
        """Store the position of a reactor."""

    def put_token(self, row: TokenRow) -> None:
        """Keep a token, or change it."""

    def tokens(self) -> list[TokenRow]:
        """Return every kept token."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Hold one state of the whole ledger, for an archive; writers go on meanwhile. Any thread may read it."""

    def sizes(self) -> Sizes:
        """Return rows and bytes by aspect, source and table. Reads every row: seconds for millions."""

    def sweep(self, aspect: str, before: int, portion: int = 500) -> int:
        """Delete the points of a series that are of before `before` (µs UTC); return how many.

        The newest point of each name that a source measures of a thing stays: it is what is known. Deleted in
        transactions of at most `portion` points, so that writers wait for one at most; counted in `swept`.
        """

    def swept(self) -> Mapping[str, int]:
        """Return how many points were swept so far, by aspect."""

    def adopt(self, archive: Archive) -> str:
        """Fill this ledger, which is empty, from an archive, in one transaction; return its new epoch.

        Numbers, times, authors, marks and history are those of the archive; access tokens of this ledger stay. Nothing
        is visible before all of it was read and checked. Close the ledger afterwards, and open it anew; nobody else
        has it open meanwhile. Raises Conflict when it is not empty, Damaged for a broken archive, BadInput for one
        that this Clew does not know.
        """

    def close(self) -> None:
        """Release the store."""
