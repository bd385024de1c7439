"""What a lineage index knows at one position: arrays in memory, without locks and files.

The pool holds every edge and when it stood. All else is an index into it, by source, by target and by key, and can be
made from it again. Edges that stand and edges that were closed are indexed apart, so that now costs no history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from clew.graph.adjacency import Adjacency, Places
from clew.graph.columns import Array, Columns
from clew.graph.edge_pool import DROPPED, EdgeBlock, EdgePool, KeyTable, NodeTable
from clew.graph.pool_edges import PoolEdges
from clew.graph.port import (
    COLUMNS,
    FOREVER,
    Direction,
    EdgeItem,
    Edges,
    GraphChange,
    Ids,
    Interval,
    KeyEdges,
    Node,
    Position,
    distinct,
)

_NO_ROWS = np.zeros(0, np.uint32)
_MANY = 100
"""Keys from which on readers are let in before the next commit."""


class KeyDiff(NamedTuple):
    """How the edges of one key change with a commit: rows of the pool that are closed, and edges that are opened."""

    seq: int
    key: KeyEdges
    closed: list[int]
    opened: Sequence[EdgeItem]


@dataclass(frozen=True, slots=True)
class Plan:
    """What commits do, worked out and checked before anything is touched."""

    position: Position
    nodes: Sequence[Node]
    diffs: Sequence[KeyDiff]
    opened: EdgeBlock
    """The opened edges of all diffs, in their order."""


class IndexState:
    """Tables, indexes and position. `now` and `was` hold two adjacencies each, by `Direction`."""

    def __init__(self) -> None:
        self.position = Position("", 0)
        self.pool = EdgePool()
        self.keys = KeyTable()
        self.nodes = NodeTable()
        self.now = (Adjacency(), Adjacency())
        self.was = (Adjacency(), Adjacency())
        self.standing = Adjacency()
        """The edges that stand, by the row of their key."""
        self.last_close = 0
        """No edge was closed after this seq."""

    def plan(self, epoch: str, changes: Sequence[GraphChange]) -> Plan:
        """Work out what commits do that follow each other and touch no key twice (see `together`); changes nothing.

        The last word on a key that one commit gives twice counts.
        """
        nodes = [node for change in changes for node in change.nodes]
        latest = [(change.seq, {key[:2]: key for key in change.keys}) for change in changes]
        diffs = self._diffs([(seq, key) for seq, keys in latest for key in keys.values()])
        opened = EdgeBlock([edge for diff in diffs for edge in diff.opened])
        return Plan(Position(epoch, changes[-1].seq), nodes, diffs, opened)

    def commit(self, plan: Plan) -> None:
        """Do what `plan` of this very state worked out."""
        self.nodes.put(plan.nodes)
        self._close(plan.diffs)
        keys: list[int] = []
        since: list[int] = []
        for seq, key, _, opened in plan.diffs:
            if key.edges:
                row = self.keys.obtain(key.carrier, key.aspect)
                self.keys.stamp(row, key.digest)
                keys += [row] * len(opened)
                since += [seq] * len(opened)
        if keys:
            self._link(self.pool.append(plan.opened, keys, since, FOREVER))
        self.position = plan.position

    def replace(self, carrier: int, aspect: int, intervals: Sequence[Interval], digest: bytes) -> None:
        """Make these intervals all there is for a key, whatever state its items are in."""
        stood = [each for each in sorted(set(intervals)) if each.since < each.until]
        block = EdgeBlock([each.edge for each in stood])
        key = self.keys.obtain(carrier, aspect)
        self._drop(key)
        self.keys.stamp(key, digest)
        until = np.array([each.until for each in stood], np.int64)
        self._link(self.pool.append(block, [key] * len(stood), [each.since for each in stood], until))
        self.last_close = max([self.last_close, *until[until < FOREVER].tolist()])

    def _diffs(self, keys: Sequence[tuple[int, KeyEdges]]) -> list[KeyDiff]:
        """Compare all these keys with what stands for them, which is read at once."""
        found = [self.keys.find(key.carrier, key.aspect) for _, key in keys]
        standing = [_NO_ROWS if row is None else self.standing.of(row) for row in found]
        every = np.concatenate([_NO_ROWS, *standing])
        rows, items = every.tolist(), self.pool.items(every)
        diffs, start = [], 0
        for (seq, key), end in zip(keys, accumulate(map(len, standing)), strict=True):
            known = items[start:end]
            closed = [row for row, item in zip(rows[start:end], known, strict=True) if item not in key.edges]
            diffs.append(KeyDiff(seq, key, closed, sorted(key.edges.difference(known))))
            start = end
        return diffs

    def _close(self, diffs: Sequence[KeyDiff]) -> None:
        rows = [row for diff in diffs for row in diff.closed]
        if not rows:
            return
        indexed = [self._unlink(row) for row in rows]
        self.pool.until[rows] = [diff.seq for diff in diffs for _ in diff.closed]
        if all(indexed):
            self._link(np.array(rows))
        else:
            self._reindex()
        self.last_close = max(self.last_close, *(diff.seq for diff in diffs if diff.closed))

    def _drop(self, key: int) -> None:
        rows = np.flatnonzero(self.pool.key[: self.pool.count] == key).tolist() + self._strays(key)
        indexed = [self._unlink(row) for row in rows]
        self.pool.until[rows] = DROPPED
        if not all(indexed):
            self._reindex()

    def _strays(self, key: int) -> list[int]:
        """Return the rows that were altered by hand: the index has them for this key, they name one that has not."""
        claimed = [(row, int(self.pool.key[row])) for row in self.standing.of(key).tolist()]
        return [row for row, other in claimed if other != key and row not in self.standing.of(other)]

    def _link(self, rows: Places) -> None:
        pool = self.pool
        stands = pool.until[rows] == FOREVER
        for (down, up), linked in ((self.now, rows[stands]), (self.was, rows[~stands])):
            down.add_all(pool.src[linked], linked)
            up.add_all(pool.dst[linked], linked)
        live = rows[stands]
        self.standing.add_all(pool.key[live], live)

    def _unlink(self, row: int) -> bool:
        """Take a row of the pool out of the indexes; False if one of them did not have it where it belongs."""
        pool = self.pool
        stands = pool.until[row] == FOREVER
        down, up = self.now if stands else self.was
        found = [down.remove(int(pool.src[row]), row), up.remove(int(pool.dst[row]), row)]
        if stands:
            found.append(self.standing.remove(int(pool.key[row]), row))
        return all(found)

    def _reindex(self) -> None:
        """Make the indexes from the pool again: after an edge was not where its item says that it belongs."""
        live, past = np.flatnonzero(self.pool.live()), np.flatnonzero(self.pool.past())
        self.now = self._both_ways(live)
        self.was = self._both_ways(past)
        self.standing = Adjacency.build(self.pool.key[live], live)

    def _both_ways(self, rows: Places) -> tuple[Adjacency, Adjacency]:
        return Adjacency.build(self.pool.src[rows], rows), Adjacency.build(self.pool.dst[rows], rows)

    def expand(self, ids: Ids, direction: Direction, types: frozenset[int], as_of: int | None) -> Edges:
        """Return what the port's `expand` promises."""
        ids = distinct(ids)
        wanted = _type_mask(types)
        found = self.now[direction].gather(ids)
        found = found[wanted[self.pool.type[found]]]
        if as_of is None or as_of >= self.position.seq:
            return self._edges(found)
        found = found[self.pool.since[found] <= as_of]
        if as_of < self.last_close:
            past = self.was[direction].gather(ids)
            past = past[(self.pool.since[past] <= as_of) & (as_of < self.pool.until[past])]
            found = np.concatenate([found, past[wanted[self.pool.type[past]]]])
        return self._edges(found)

    def digests(self) -> dict[tuple[int, int], bytes]:
        """Return the digest of every key that has edges now."""
        keys = self.keys
        rows = self.standing.occupied()
        names = zip(keys.carrier[rows].tolist(), keys.aspect[rows].tolist(), strict=True)
        return {name: keys.digest_of(row) for name, row in zip(names, rows.tolist(), strict=True)}

    def edges_of(self, carrier: int, aspect: int) -> frozenset[EdgeItem]:
        """Return the edges that stand for a key, as their items say."""
        key = self.keys.find(carrier, aspect)
        if key is None:
            return frozenset()
        rows = self.standing.of(key)
        genuine = (self.pool.key[rows] == key) & (self.pool.until[rows] == FOREVER)
        return frozenset(self.pool.items(rows[genuine]))

    def dump(self) -> Edges:
        """Return every interval."""
        every = self._edges(np.flatnonzero(self.pool.kept_rows()))
        return Edges(*(getattr(every, name) for name in COLUMNS))

    def disagreements(self) -> Iterator[str]:
        """Yield the name of each index that does not say what the pool says."""
        live, past = int(self.pool.live().sum()), int(self.pool.past().sum())
        for name, index, column, count in (
            ("now.down", self.now[0], self.pool.src, live),
            ("now.up", self.now[1], self.pool.dst, live),
            ("was.down", self.was[0], self.pool.src, past),
            ("was.up", self.was[1], self.pool.dst, past),
            ("standing", self.standing, self.pool.key, live),
        ):
            places, rows = index.entries()
            known = rows.max(initial=-1) < self.pool.count and np.bincount(rows).max(initial=0) <= 1
            if not known or len(rows) != count or not np.array_equal(column[rows], places):
                yield name

    def _edges(self, rows: Places) -> Edges:
        return PoolEdges(self.pool, self.keys, rows, self.position.seq)

    def packed(self) -> IndexState:
        """Return the same without dropped edges and gaps, the edges in the order of their sources.

        In that order what leaves a node lies together, and a large closure downstream takes a third of the time.
        The two share tables: go on with one of them only.
        """
        kept = np.flatnonzero(self.pool.kept_rows())
        order = kept[np.argsort(self.pool.src[kept], kind="stable")]
        renumbered = np.zeros(self.pool.count, np.int64)
        renumbered[order] = np.arange(len(order))
        state = copy(self)
        state.pool = self.pool.rearranged(order)
        state.keys = copy(self.keys)
        state.keys.by_carrier = self.keys.by_carrier.packed()
        state.now = (self.now[0].packed(renumbered), self.now[1].packed(renumbered))
        state.was = (self.was[0].packed(renumbered), self.was[1].packed(renumbered))
        state.standing = self.standing.packed(renumbered)
        return state

    def facts(self) -> dict[str, Any]:
        """Return what is no array, for `restored`."""
        return {"position": list(self.position), "kinds": self.nodes.kinds, "lastClose": self.last_close}

    def arrays(self) -> dict[str, Array]:
        """Return every array by a name that can be a file's, for `restored`. They are views, not copies."""
        parts: dict[str, Columns | Adjacency] = {
            "edges": self.pool,
            "keys": self.keys,
            "keys.by_carrier": self.keys.by_carrier,
            "nodes": self.nodes,
            "now.down": self.now[0],
            "now.up": self.now[1],
            "was.down": self.was[0],
            "was.up": self.was[1],
            "standing": self.standing,
        }
        return {f"{part}.{name}": array for part, held in parts.items() for name, array in held.arrays().items()}

    @classmethod
    def restored(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the state of which these are `facts()` and `arrays()`; it takes the arrays over.

        Raises KeyError, TypeError or ValueError if they are not of one.
        """

        def part(prefix: str) -> dict[str, Array]:
            names = (name.rpartition(".") for name in arrays)
            return {last: arrays[f"{first}.{last}"] for first, _, last in names if first == prefix}

        state = cls()
        epoch, seq = facts["position"]
        state.position = Position(str(epoch), int(seq))
        state.last_close = int(facts["lastClose"])
        state.pool = EdgePool(part("edges"))
        state.keys = KeyTable(part("keys"), Adjacency(part("keys.by_carrier")))
        state.nodes = NodeTable(part("nodes"), facts["kinds"])
        state.now = (Adjacency(part("now.down")), Adjacency(part("now.up")))
        state.was = (Adjacency(part("was.down")), Adjacency(part("was.up")))
        state.standing = Adjacency(part("standing"))
        return state


def together(changes: Iterable[GraphChange]) -> Iterator[list[GraphChange]]:
    """Yield commits by as many as one plan takes: none of them touches a key of another, and they are not very much."""
    taken: list[GraphChange] = []
    touched: set[tuple[int, int]] = set()
    for change in changes:
        keys = {key[:2] for key in change.keys}
        if taken and (len(touched) + len(keys) > _MANY or not touched.isdisjoint(keys)):
            yield taken
            taken, touched = [], set()
        taken.append(change)
        touched |= keys
    if taken:
        yield taken


@lru_cache(maxsize=64)
def _type_mask(types: frozenset[int]) -> NDArray[np.bool_]:
    mask = np.zeros(256, np.bool_)
    mask[[code for code in types if 0 <= code < 256]] = True
    return mask
