"""From commits to changes of the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import orjson

from clew.graph import EdgeItem, GraphChange, KeyEdges, Node, edge_item
from clew.ledger import Commit, LedgerReader
from clew_schemas.canonical import digest
from clew_schemas.edges import Edge, projected
from clew_schemas.resolve import Claim
from clew_schemas.urn import dataset_of, kind_of

Ends = tuple[Sequence[Any], ...]
"""The fields of edges, each as a sequence of its own: source, target, type, subtype, confidence, speaker."""


class Given:
    """The nodes that a graph was given already: a node never changes, and most that a commit mentions are known."""

    def __init__(self) -> None:
        self._given = np.zeros(0, np.bool_)

    def add(self, changes: Iterable[GraphChange]) -> None:
        """Take it that the graph has these changes."""
        numbers = np.array([node.id for change in changes for node in change.nodes], np.int64)
        if not len(numbers):
            return
        last = int(numbers.max())
        if last >= len(self._given):
            grown = np.zeros(last + last // 4 + 1, np.bool_)
            grown[: len(self._given)] = self._given
            self._given = grown
        self._given[numbers] = True

    def others(self, urns: Iterable[str], numbers: Sequence[int]) -> Iterator[str]:
        """Yield those of some URNs, of which these are the numbers, whose nodes were not given."""
        at = np.array(numbers, np.int64)
        known = at < len(self._given)
        known[known] = self._given[at[known]]
        return compress(urns, (~known).tolist())


class _Key(NamedTuple):
    entity: int
    aspect: str
    edges: Ends
    digest: bytes


def draw(commits: Sequence[Commit], ledger: LedgerReader, given: Given | None = None) -> list[GraphChange]:
    """Return what commits change in the graph: every (entity, aspect) they touch, with the edges that stand after, and
    the nodes that they mention but those that were `given`."""
    drawn: list[tuple[int, list[_Key]]] = []
    mentioned: dict[str, None] = {}
    for commit in commits:
        keys = []
        for change in commit.changes:
            aspect = ledger.registry.get(change.aspect)
            if not aspect.edges:
                continue
            edges = columns_of(projected(aspect, change.urn, change.claims))
            keys.append(_Key(change.entity, change.aspect, edges, claims_digest(change.claims)))
            mentioned[change.urn] = None
            for ends in edges[:2]:
                mentioned.update(dict.fromkeys(ends))
        drawn.append((commit.seq, keys))
    return _numbered(drawn, mentioned, ledger, given or Given())


def _numbered(
    drawn: Sequence[tuple[int, list[_Key]]], mentioned: dict[str, None], ledger: LedgerReader, given: Given
) -> list[GraphChange]:
    numbers = ledger.ids(list(mentioned))
    nodes = nodes_of(given.others(mentioned, numbers), ledger)
    number = dict(zip(mentioned, map(ledger.node_of, numbers), strict=True))
    changes = []
    for seq, keys in drawn:
        said = []
        for entity, aspect, edges, hashed in keys:
            items = items_of(edges, number, ledger)
            said.append(KeyEdges(entity, ledger.number_of("aspect", aspect), items, hashed))
        changes.append(GraphChange(seq, nodes, said))
        nodes = []
    return changes


def nodes_of(urns: Iterable[str], ledger: LedgerReader) -> list[Node]:
    """Return the nodes of URNs that the ledger has numbered, each dataset before what belongs to it."""
    parent = {urn: dataset_of(urn) for urn in urns}
    for dataset in [each for each in parent.values() if each is not None and each not in parent]:
        parent[dataset] = None
    every = sorted(parent, key=lambda urn: parent[urn] is not None)
    number: dict[str | None, int] = {None: 0, **dict(zip(every, ledger.ids(every), strict=True))}
    parents = [number[parent[urn]] for urn in every]
    return list(map(Node, map(number.__getitem__, every), every, map(kind_of, every), parents))


def columns_of(edges: Iterable[Edge]) -> Ends:
    """Return the fields of edges, for `items_of`; nothing at all where there are no edges."""
    return tuple(zip(*edges, strict=True))


def items_of(edges: Ends, number: Mapping[str, int], ledger: LedgerReader) -> frozenset[EdgeItem]:
    """Return edges as the graph keeps them: by number. `number` has the nodes that their ends stand for."""
    if not edges:
        return frozenset()
    src, dst, kind, subtype, confidence, source = edges
    speaker = {each: ledger.number_of("source", each) for each in dict.fromkeys(source)}
    numbered = map(number.__getitem__, src), map(number.__getitem__, dst)
    said = map(int, kind), map(int, subtype), confidence, map(speaker.__getitem__, source)
    return frozenset(map(edge_item, zip(*numbered, *said, strict=True)))


def claims_digest(claims: Iterable[Claim]) -> bytes:
    """Return a hash of claims: the input of what is drawn from them."""
    said = [
        [claim.source, claim.rank, claim.says, "all" if claim.denies == "all" else sorted(claim.denies)]
        for claim in sorted(claims, key=lambda claim: claim.source)
    ]
    return digest(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
