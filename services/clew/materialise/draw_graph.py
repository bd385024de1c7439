"""From commits to changes of the graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

import orjson

from clew.graph import EdgeItem, GraphChange, KeyEdges, Node
from clew.ledger import Commit, LedgerReader
from clew_schemas.canonical import digest
from clew_schemas.edges import Edge, project
from clew_schemas.resolve import Claim
from clew_schemas.urn import dataset_of, kind_of

_SRC, _DST = itemgetter(0), itemgetter(1)


def draw(commits: Sequence[Commit], ledger: LedgerReader) -> list[GraphChange]:
    """Return what commits change in the graph: every (entity, aspect) they touch, with the edges that stand after."""
    projected: list[tuple[int, list[tuple[int, str, frozenset[Edge], bytes]]]] = []
    mentioned: dict[str, None] = {}
    for commit in commits:
        keys = []
        for change in commit.changes:
            aspect = ledger.registry.get(change.aspect)
            if not aspect.edges:
                continue
            edges = frozenset(project(aspect, change.urn, change.claims))
            keys.append((change.entity, change.aspect, edges, claims_digest(change.claims)))
            mentioned[change.urn] = None
            mentioned.update(dict.fromkeys(map(_SRC, edges)))
            mentioned.update(dict.fromkeys(map(_DST, edges)))
        projected.append((commit.seq, keys))
    return _numbered(projected, mentioned, ledger)


def _numbered(
    projected: Sequence[tuple[int, list[tuple[int, str, frozenset[Edge], bytes]]]],
    mentioned: dict[str, None],
    ledger: LedgerReader,
) -> list[GraphChange]:
    nodes = nodes_of(mentioned, ledger)
    number = {node.urn: ledger.node_of(node.id) for node in nodes}
    changes = []
    for seq, keys in projected:
        changes.append(
            GraphChange(
                seq,
                nodes,
                [
                    KeyEdges(entity, ledger.number_of("aspect", aspect), items_of(edges, number, ledger), hashed)
                    for entity, aspect, edges, hashed in keys
                ],
            )
        )
        nodes = []
    return changes


def nodes_of(urns: Iterable[str], ledger: LedgerReader) -> list[Node]:
    """Return the nodes of URNs that the ledger has numbered, each dataset before what belongs to it."""
    parent = {urn: dataset_of(urn) for urn in urns}
    for dataset in [each for each in parent.values() if each is not None and each not in parent]:
        parent[dataset] = None
    every = sorted(parent, key=lambda urn: parent[urn] is not None)
    number: dict[str | None, int] = {None: 0, **dict(zip(every, ledger.ids(every), strict=True))}
    return [Node(number[urn], urn, kind_of(urn), number[parent[urn]]) for urn in every]


def items_of(edges: Iterable[Edge], number: dict[str, int], ledger: LedgerReader) -> frozenset[EdgeItem]:
    """Return edges as the graph keeps them: by number. `number` has the nodes that their ends stand for."""
    sources: dict[str, int] = {}
    found = []
    for src, dst, kind, subtype, confidence, source in edges:
        speaker = sources.get(source)
        if speaker is None:
            speaker = sources[source] = ledger.number_of("source", source)
        found.append(EdgeItem(number[src], number[dst], int(kind), int(subtype), confidence, speaker))
    return frozenset(found)


def claims_digest(claims: Iterable[Claim]) -> bytes:
    """Return a hash of claims: the input of what is drawn from them."""
    said = [
        [claim.source, claim.rank, claim.says, "all" if claim.denies == "all" else sorted(claim.denies)]
        for claim in sorted(claims, key=lambda claim: claim.source)
    ]
    return digest(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))
