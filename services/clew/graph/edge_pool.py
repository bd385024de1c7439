"""The tables of the lineage index: every edge and when it stood, the keys they belong to, and the nodes they join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clew.graph.adjacency import Adjacency, Numbers, Places
from clew.graph.columns import Array, Columns
from clew.graph.port import FOREVER, Codes, EdgeItem, Ids, Node, Nodes, edge_item

DROPPED = -1
"""`until` of an edge that was taken out, history included; it stays in its place until the pool is packed."""


class EdgePool(Columns):
    """Edges in the order they came; an edge is known by its row. Only `until` ever changes."""

    layout: ClassVar[Mapping[str, str]] = {
        "src": "u4",
        "dst": "u4",
        "type": "u1",
        "subtype": "u1",
        "confidence": "u1",
        "source": "u4",
        "key": "u4",
        "since": "i8",
        "until": "i8",
    }
    src: Numbers
    dst: Numbers
    type: Codes
    subtype: Codes
    confidence: Codes
    source: Numbers
    key: Numbers
    since: Ids
    until: Ids

    def append(self, edges: EdgeBlock, keys: Sequence[int], since: Sequence[int] | int, until: Array | int) -> Places:
        """Add edges, the first of them to the key `keys[0]`, and return their rows."""
        end = self.count + len(edges)
        self.reserve(end)
        place = slice(self.count, end)
        for name, column in edges.columns.items():
            getattr(self, name)[place] = column
        self.key[place] = keys
        self.since[place] = since
        self.until[place] = until
        self.count = end
        return np.arange(place.start, end)

    def items(self, rows: Array) -> list[EdgeItem]:
        """Return the edges of these rows."""
        columns = [getattr(self, name)[rows].tolist() for name in EdgeItem._fields]
        return list(map(edge_item, zip(*columns, strict=True)))

    def live(self) -> NDArray[np.bool_]:
        """Say for every row whether it stands now."""
        return np.equal(self.until[: self.count], FOREVER)

    def past(self) -> NDArray[np.bool_]:
        """Say for every row whether it stood once and was closed."""
        return self.kept_rows() & ~self.live()

    def kept_rows(self) -> NDArray[np.bool_]:
        """Say for every row whether it was not dropped."""
        return np.not_equal(self.until[: self.count], DROPPED)


class EdgeBlock:
    """Edges on their way into the pool, as columns. Raises ValueError for one that the pool can't hold."""

    def __init__(self, items: Sequence[EdgeItem]) -> None:
        columns = zip(*items, strict=True) if items else [()] * len(EdgeItem._fields)
        try:
            self.columns = {
                name: np.array(column, EdgePool.layout[name])
                for name, column in zip(EdgeItem._fields, columns, strict=True)
            }
        except OverflowError as error:
            raise ValueError("an edge has an id outside 0 to 2**32 - 1, or a code outside 0 to 255") from error

    def __len__(self) -> int:
        return len(self.columns["src"])


class KeyTable(Columns):
    """The keys, each known by its row, with the digest last stored. A key stays when its last edge is closed."""

    layout: ClassVar[Mapping[str, str]] = {"carrier": "u4", "aspect": "u4", "digest_length": "u1", "digest": "(16,)u1"}
    carrier: Numbers
    aspect: Numbers
    digest_length: Codes
    digest: Codes

    def __init__(self, arrays: Mapping[str, Array] | None = None, by_carrier: Adjacency | None = None) -> None:
        super().__init__(arrays)
        self.by_carrier = by_carrier or Adjacency()

    def find(self, carrier: int, aspect: int) -> int | None:
        """Return the row of a key, None for one that never had edges."""
        for row in self.by_carrier.of(carrier).tolist():
            if self.aspect[row] == aspect:
                return int(row)
        return None

    def obtain(self, carrier: int, aspect: int) -> int:
        """Return the row of a key, a new one if need be."""
        row = self.find(carrier, aspect)
        if row is None:
            row, self.count = self.count, self.count + 1
            self.reserve(self.count)
            self.carrier[row], self.aspect[row] = carrier, aspect
            self.by_carrier.add(carrier, row)
        return row

    def stamp(self, row: int, digest: bytes) -> None:
        """Store the digest of a key, of up to 255 bytes."""
        width = len(digest)
        if width > self.digest.shape[1]:
            self.digest = np.pad(self.digest, ((0, 0), (0, width - self.digest.shape[1])))
        self.digest_length[row] = width
        self.digest[row, :width] = np.frombuffer(digest, np.uint8)

    def digest_of(self, row: int) -> bytes:
        """Return the digest as it was stored."""
        return self.digest[row, : int(self.digest_length[row])].tobytes()


class NodeTable(Columns):
    """What is kept of each node; its row is its id. Kind 0 is a node that nobody named yet."""

    layout: ClassVar[Mapping[str, str]] = {"kind": "u2", "parent": "u4", "policy_class": "u4"}
    kind: NDArray[np.uint16]
    parent: Numbers
    policy_class: Numbers

    def __init__(self, arrays: Mapping[str, Array] | None = None, kinds: Sequence[str] = ("",)) -> None:
        super().__init__(arrays)
        self.kinds = list(kinds)
        self._codes = {name: code for code, name in enumerate(self.kinds)}

    def put(self, nodes: Sequence[Node]) -> None:
        """Keep nodes, in place of what was kept of them."""
        if not nodes:
            return
        ids, _, kinds, parents, classes = zip(*nodes, strict=True)
        self.count = max(self.count, max(ids) + 1)
        self.reserve(self.count)
        for name in dict.fromkeys(kinds):
            if name not in self._codes:
                self._codes[name] = len(self.kinds)
                self.kinds.append(name)
        rows = list(ids)
        self.kind[rows] = [self._codes[name] for name in kinds]
        self.parent[rows], self.policy_class[rows] = parents, classes

    def of(self, ids: Ids) -> Nodes:
        """Return what is kept of these nodes, in their order."""
        known = (ids >= 0) & (ids < self.count)
        columns: tuple[Array, ...] = (self.kind, self.parent, self.policy_class)
        if known.all():
            kind, parent, policy_class = (column[ids].astype(np.int64) for column in columns)
        else:
            kind, parent, policy_class = np.zeros((3, len(ids)), np.int64)
            for into, column in zip((kind, parent, policy_class), columns, strict=True):
                into[known] = column[ids[known]]
        return Nodes(np.array(self.kinds)[kind], parent, policy_class)
