"""The embedded graph: edges in numpy arrays, opened again as mapped files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock, RLock
from typing import Self

from clew.graph.lineage_index_state import IndexState, together
from clew.graph.port import Direction, EdgeItem, Edges, GraphChange, Ids, Interval, Nodes, Position
from clew.graph.snapshot import SnapshotStore
from clew_schemas.errors import Damaged


class _Shelf:
    """The folder's snapshots, and the one graph among those made from each other that may write them."""

    def __init__(self, folder: Path) -> None:
        self.store = SnapshotStore(folder)
        self.owner: LineageIndex | None = None
        self.lock = RLock()


class LineageIndex:
    """A `Graph` in memory. It is durable as of the last `save`: what came after is to be applied again.

    Writers take turns by one lock, which `save` holds while it writes files; `_state` and what it holds changes under
    a second one only, which every call holds briefly, so that readers never wait for a disk. The shelf's lock guards
    the folder between a graph and the one that is made to follow it.
    """

    name = "lineage index"

    def __init__(self, shelf: _Shelf, state: IndexState, damaged: str | None = None) -> None:
        self.damaged = damaged
        """What was wrong with the snapshot when it was opened. The graph was empty then, for the house to replay."""
        self._shelf = shelf
        self._state: IndexState | None = state
        self._unsaved = False
        self._writing = Lock()
        self._lock = Lock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index that was last saved in `folder`, of which the caller is the only user.

        It is empty if nothing was saved, or if what was saved is damaged: then `damaged` says how. Raises BadInput
        if a newer Clew wrote it.
        """
        shelf = _Shelf(folder)
        try:
            index = cls(shelf, _restored(shelf.store))
        except Damaged as error:
            index = cls(shelf, IndexState(), str(error))
        shelf.owner = index
        return index

    def position(self) -> Position:
        """Return how far the graph has come."""
        return self._opened().position

    def apply(self, epoch: str, changes: Sequence[GraphChange]) -> None:
        """Take whole commits; durable with the next `save`, and repeated by a replay until then."""
        with self._writing:
            state = self._opened()
            if state.position.epoch not in ("", epoch):
                raise ValueError(f"the graph is of epoch {state.position.epoch!r}, the commits are of {epoch!r}")
            for taken in together(change for change in changes if change.seq > state.position.seq):
                plan = state.plan(epoch, taken)
                with self._lock:
                    self._unsaved = True
                    state.commit(plan)

    def expand(self, ids: Ids, direction: Direction, types: frozenset[int], as_of: int | None = None) -> Edges:
        """Return the edges that leave the `ids`."""
        with self._lock:
            return self._opened().expand(ids, direction, types, as_of)

    def nodes(self, ids: Ids) -> Nodes:
        """Return what the graph keeps of these entities."""
        with self._lock:
            return self._opened().nodes.of(ids)

    def keys(self) -> dict[tuple[int, int], bytes]:
        """Return the digest of every key that has edges now."""
        with self._lock:
            return self._opened().digests()

    def edges_of(self, carrier: int, aspect: int) -> frozenset[EdgeItem]:
        """Return the edges that stand for one key, as the pool's items say."""
        with self._lock:
            return self._opened().edges_of(carrier, aspect)

    def replace(self, carrier: int, aspect: int, intervals: Sequence[Interval], digest: bytes) -> None:
        """Make these intervals all there is for a key."""
        with self._writing, self._lock:
            self._unsaved = True
            self._opened().replace(carrier, aspect, intervals, digest)

    def dump(self) -> Edges:
        """Return every interval, live and closed."""
        with self._lock:
            return self._opened().dump()

    def save(self) -> None:
        """Write a snapshot, packed, if there is something new; a graph that was not promoted yet writes none.

        Raises Unreachable if it can't be written: nothing is lost then, and the next `save` tries again.
        """
        with self._writing:
            self._save()

    def fresh(self) -> LineageIndex:
        """Return an empty index for the same folder. It lives in memory only until it is promoted."""
        return type(self)(self._shelf, IndexState())

    def promote(self) -> None:
        """Save this index in place of the one it was made from, whose `save` does nothing from now on."""
        with self._writing, self._shelf.lock:
            predecessor, self._shelf.owner = self._shelf.owner, self
            self._unsaved = True
            try:
                self._save()
            except BaseException:
                self._shelf.owner = predecessor
                raise

    def verify(self) -> list[str]:
        """Return what is wrong with the saved files and with the indexes in memory; nothing if all is well.

        Reads every byte. The items themselves are compared with the claims by whoever has those.
        """
        with self._writing:
            wrong = [f"{name} does not agree with the edges" for name in self._opened().disagreements()]
            try:
                with self._shelf.lock:
                    wrong += [f"{name} was altered since it was saved" for name in self._shelf.store.altered()]
            except Damaged as error:
                wrong.append(str(error))
            return wrong

    def close(self) -> None:
        """Save what is unsaved and let the arrays go. A question or change afterwards raises ValueError."""
        with self._writing:
            if self._state is not None:
                self._save()
            with self._lock:
                self._state = None

    def _opened(self) -> IndexState:
        if self._state is None:
            raise ValueError("the graph is closed")
        return self._state

    def _save(self) -> None:
        state = self._opened()
        with self._shelf.lock:
            if not self._unsaved or self._shelf.owner is not self:
                return
            state = state.packed()
            self._shelf.store.write(state.position.seq, state.facts(), state.arrays())
            with self._lock:
                self._state = state
                self._unsaved = False


def _restored(store: SnapshotStore) -> IndexState:
    found = store.read()
    if found is None:
        return IndexState()
    try:
        return IndexState.restored(found.facts, found.arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"the snapshot is not one of a lineage index: {error!r}", where=str(store.folder)) from error
