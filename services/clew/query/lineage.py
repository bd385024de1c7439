"""Lineage: what flows into a thing, or out of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.graph import Direction, Edges
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Cut, Envelope, Viewer
from clew.query.describe import past_gaps
from clew.query.freshness import Freshness
from clew.query.start import grain_of, starts_of, types_of
from clew.query.terms import Grain
from clew.query.unknown import gaps_of
from clew.query.views import Views
from clew.query.walk import Labels, Limits, Walk, walk
from clew_schemas.edges import INDIRECT, EdgeType, subtype_name

MAX_NAMED = 10_000
"""Nodes that an answer names; a larger one is cut there and says so."""


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """Lineage as parallel arrays. Edges point to nodes by position; the first `starts` nodes are the start."""

    envelope: Envelope
    start: str
    direction: str
    grain: str
    indirect: bool
    starts: int
    urns: Sequence[str]
    kinds: Sequence[str]
    depths: Sequence[int]
    edges: Sequence[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "start": self.start,
            "direction": self.direction,
            "grain": self.grain,
            "indirect": self.indirect,
            "starts": self.starts,
            "nodes": {"urn": list(self.urns), "kind": list(self.kinds), "depth": list(self.depths)},
            "edges": columnar(self.edges),
        }


EDGE_MEMBERS = ("src", "dst", "type", "subtype", "confidence", "carrier", "source")


def columnar(edges: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return edges as parallel lists: one small JSON object instead of thousands."""
    return {name: [edge[name] for edge in edges] for name in EDGE_MEMBERS}


def lineage(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    viewer: Viewer,
    *,
    direction: Direction,
    grain: Grain | None = None,
    indirect: bool = False,
    depth: int | None = None,
    at_least: str | None = None,
    as_of: int | None = None,
) -> LineageGraph:
    """Return everything upstream or downstream of a thing, now or as of a seq.

    Without `indirect`, only where values themselves flow.
    """
    reached = freshness.reach("graph", at_least, as_of)
    started = time.perf_counter()
    graph, seq = views.graph, reached.seq
    grain = grain_of(entity, grain)
    start = starts_of(ledger, graph, entity, grain, direction, seq)
    found = walk(
        graph,
        start,
        np.ones(len(start), np.uint8),
        direction,
        types_of(grain),
        spread_all if indirect else spread_direct,
        as_of=seq,
        limits=Limits(depth, MAX_NAMED),
    )
    nodes = graph.nodes(found.nodes)
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=reached.behind,
        frontier=cuts_of(ledger, found, depth),
        gaps=[*gaps_of(ledger, graph, found, nodes, seq, grain), *past_gaps(ledger, [entity], as_of)],
        engine=graph.name,
        hops=found.hops,
        ms=(time.perf_counter() - started) * 1000,
    )
    return _named(ledger, found, envelope, entity, grain, indirect, len(start))


def spread_all(labels: Labels, edges: Edges) -> Labels:
    """Every edge carries its origin's label on."""
    return labels


def spread_direct(labels: Labels, edges: Edges) -> Labels:
    """Only edges along which values flow carry a label on."""
    return np.where(edges.subtype & INDIRECT, 0, labels).astype(np.uint8)


def cuts_of(ledger: LedgerReader, found: Walk, depth: int | None) -> list[Cut]:
    """Return where a walk was cut, with a few of the things that were not followed."""
    if not len(found.unvisited):
        return []
    reason = f"depth {depth}" if depth is not None and found.hops >= depth else f"more than {MAX_NAMED} nodes"
    sample = [each.urn for each in ledger.entities(found.unvisited[:10].tolist()) if each is not None]
    return [Cut(reason, len(found.unvisited), tuple(sample))]


def _named(
    ledger: LedgerReader,
    found: Walk,
    envelope: Envelope,
    entity: Entity,
    grain: Grain,
    indirect: bool,
    starts: int,
) -> LineageGraph:
    known = ledger.entities(found.nodes.tolist())
    names = [each.urn if each else "" for each in known]
    # The ledger's kinds: a thing without any edge is not in the graph.
    kinds = [each.kind if each else "" for each in known]
    order = sorted(range(len(names)), key=lambda at: (int(found.depth[at]), names[at]))
    edges = edge_dicts(ledger, found.edges.where(found.carried > 0), found.nodes[order])
    return LineageGraph(
        envelope=envelope,
        start=entity.urn,
        direction=found.direction.name.lower(),
        grain=grain.value,
        indirect=indirect,
        starts=starts,
        urns=[names[at] for at in order],
        kinds=[kinds[at] for at in order],
        depths=found.depth[order].tolist(),
        edges=sorted(edges, key=lambda edge: tuple(str(value).rjust(6) for value in edge.values())),
    )


def edge_dicts(ledger: LedgerReader, edges: Edges, nodes: Any) -> list[dict[str, Any]]:
    """Return edges with the positions of their ends in `nodes`, and the names of what carries and says them."""
    order = np.argsort(nodes)
    ends = [order[np.searchsorted(nodes, each, sorter=order)] for each in (edges.src, edges.dst)] if len(nodes) else []
    carriers = np.unique(edges.carrier)
    urns = {each.id: each.urn for each in ledger.entities(carriers.tolist()) if each is not None}
    return [
        {
            "src": int(ends[0][at]),
            "dst": int(ends[1][at]),
            "type": EdgeType(int(edges.type[at])).name,
            "subtype": subtype_name(int(edges.subtype[at])),
            "confidence": int(edges.confidence[at]) / 100,
            "carrier": urns.get(int(edges.carrier[at])),
            "source": ledger.name_of("source", int(edges.source[at])),
        }
        for at in range(len(edges))
    ]
