"""What a lineage graph can do. The port keeps nothing but ids; names are the ledger's.

Nodes are entities, by the int64 id that the ledger gave them. Edges belong to a key, (carrier, aspect): what the
claims about that aspect of that carrier say. `now` holds one live item an edge, `was` its closed intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Codes = NDArray[np.uint8]

FOREVER = 2**62
"""`until` of an edge that is live."""


class Direction(IntEnum):
    """Which way to follow an edge: `DOWN` from its source to its target, `UP` the other way."""

    DOWN = 0
    UP = 1


class Position(NamedTuple):
    """How far a view has come: it holds every commit of this epoch up to `seq`."""

    epoch: str
    seq: int


class EdgeItem(NamedTuple):
    """One edge of a key. `type` and `subtype` are the codes of `clew_schemas.edges`; `confidence` is in percent."""

    src: int
    dst: int
    type: int
    subtype: int
    confidence: int
    source: int


edge_item: Callable[[tuple[int, int, int, int, int, int]], EdgeItem] = partial(tuple.__new__, EdgeItem)
"""What `EdgeItem._make` does, in two thirds of its time."""


class Interval(NamedTuple):
    """An edge, and the seqs between which it stood: from `since` until before `until` (FOREVER: it stands)."""

    edge: EdgeItem
    since: int
    until: int


class Node(NamedTuple):
    """What the graph keeps of an entity: its kind, the dataset that a column, `any` or `rows` belongs to (else 0),
    and its policy class."""

    id: int
    urn: str
    kind: str
    parent: int = 0
    policy_class: int = 0


class KeyEdges(NamedTuple):
    """All edges that stand for one key; `digest` is the hash of the claims they were projected from."""

    carrier: int
    aspect: int
    edges: frozenset[EdgeItem]
    digest: bytes


class GraphChange(NamedTuple):
    """What one commit changes: nodes seen for the first time, and the keys whose edges are these from now on."""

    seq: int
    nodes: Sequence[Node]
    keys: Sequence[KeyEdges]


@dataclass(frozen=True)
class Edges:
    """Edges as parallel arrays of one length. `since` and `until` bound the interval in which each stood.

    An engine may fetch an array when it is first asked for: most questions need a few of them.
    """

    src: Ids
    dst: Ids
    type: Codes
    subtype: Codes
    confidence: Codes
    carrier: Ids
    aspect: Ids
    source: Ids
    since: Ids
    until: Ids

    def __len__(self) -> int:
        return len(self.src)

    def where(self, mask: NDArray[np.bool_] | Ids) -> Edges:
        """Return the edges for which `mask` holds, or those at these positions."""
        return Edges(*(getattr(self, name)[mask] for name in COLUMNS))

    def followed_by(self, others: Sequence[Edges]) -> Edges:
        """Return these edges and then those of the others."""
        return Edges(*(np.concatenate([getattr(each, name) for each in (self, *others)]) for name in COLUMNS))


def distinct(ids: NDArray[Any]) -> NDArray[Any]:
    """Return each number once, ascending: np.unique, by sorting, which takes a tenth of the time of its hashing."""
    if bool((ids[1:] > ids[:-1]).all()):
        return ids
    ids = np.sort(ids)
    found: NDArray[Any] = ids[changes(ids)]
    return found


def changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each of some sorted values whether it differs from the one before."""
    differs = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=differs[1:])
    return differs


def among(ids: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each number whether it is among `others`, which ascend: np.isin, without its overhead."""
    if not len(others):
        return np.zeros(len(ids), np.bool_)
    found: NDArray[np.bool_] = others.take(others.searchsorted(ids), mode="clip") == ids
    return found


COLUMNS = tuple(each.name for each in fields(Edges))
_CODES, _WIDE = np.zeros(0, np.uint8), np.zeros(0, np.int64)
NO_EDGES = Edges(_WIDE, _WIDE, _CODES, _CODES, _CODES, _WIDE, _WIDE, _WIDE, _WIDE, _WIDE)


def joined(parts: Sequence[Edges]) -> Edges:
    """Return the edges of all parts, one after the other."""
    if len(parts) < 2:
        return parts[0] if parts else NO_EDGES
    return parts[0].followed_by(parts[1:])


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes as parallel arrays, in the order asked. An unknown id has kind "" and parent 0."""

    kind: NDArray[np.str_]
    parent: Ids
    policy_class: Ids


class Graph(Protocol):
    """A lineage graph. One writer at a time; readers at any time, each call sees one consistent state."""

    name: str
    """What `explain` calls the engine."""

    def position(self) -> Position:
        """Return how far the graph has come; ("", 0) when it is empty."""

    def apply(self, epoch: str, changes: Sequence[GraphChange]) -> None:
        """Take whole commits in seq order, with the position, as one durable step or as one that replay repeats.

        For each key, edges that stand and are not given any more are closed at the commit's seq, new ones opened at
        it. A commit at or below the position is passed over. Raises ValueError for another epoch than the graph's.
        """

    def expand(self, ids: Ids, direction: Direction, types: frozenset[int], as_of: int | None = None) -> Edges:
        """Return the edges of these types that leave the `ids` in this direction, in no particular order.

        `as_of` is a seq at or below the position; None means now. Each edge comes once, whatever `ids` repeats.
        """

    def nodes(self, ids: Ids) -> Nodes:
        """Return what the graph keeps of these entities."""

    def keys(self) -> dict[tuple[int, int], bytes]:
        """Return the digest of every key that has edges now, as stored with them."""

    def edges_of(self, carrier: int, aspect: int) -> frozenset[EdgeItem]:
        """Return the edges that stand for one key, read from the items themselves."""

    def replace(self, carrier: int, aspect: int, intervals: Sequence[Interval], digest: bytes) -> None:
        """Make these intervals, whole history included, all there is for a key: the mending of one key."""

    def dump(self) -> Edges:
        """Return every interval, live and closed; for digests and tests."""

    def save(self) -> None:
        """Make what was applied durable, so that opening again does not replay it. Engines that always are, pass."""

    def fresh(self) -> Graph:
        """Return an empty graph beside this one, for a rebuild. This one goes on answering."""

    def promote(self) -> None:
        """Make this graph, made by `fresh`, the one that the next open finds, and drop its predecessor's store."""

    def close(self) -> None:
        """Release what the engine holds; nothing applied is lost that `position` of the next open claims."""
