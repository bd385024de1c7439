"""Paths: how one thing reaches another, shortest first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.graph import Direction, Edges, distinct
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Envelope, Viewer
from clew.query.describe import past_gaps
from clew.query.freshness import Freshness
from clew.query.lineage import cuts_of, edge_dicts, spread_all, spread_direct
from clew.query.names import ranks_of
from clew.query.start import grain_of, starts_of, types_of
from clew.query.terms import Grain
from clew.query.unknown import gaps_of
from clew.query.views import Views
from clew.query.walk import Limits, walk

MAX_PATHS = 100
_MAX_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Paths:
    """Simple paths from one thing to another. `exhaustive` says whether these are all."""

    envelope: Envelope
    start: str
    end: str
    paths: Sequence[Sequence[dict[str, Any]]]
    exhaustive: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "from": self.start,
            "to": self.end,
            "exhaustive": self.exhaustive,
            "paths": [list(path) for path in self.paths],
        }


def paths(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    start: Entity,
    end: Entity,
    viewer: Viewer,
    *,
    grain: Grain | None = None,
    indirect: bool = False,
    most: int = 10,
    at_least: str | None = None,
    as_of: int | None = None,
) -> Paths:
    """Return up to `most` simple paths downstream from `start` to `end`, shortest first, now or as of a seq."""
    reached = freshness.reach("graph", at_least, as_of)
    began = time.perf_counter()
    graph, seq = views.graph, reached.seq
    if grain is None:
        both_sets = {grain_of(start, None), grain_of(end, None)} == {Grain.DATASET}
        grain = Grain.DATASET if both_sets else Grain.COLUMN
    origin = starts_of(ledger, graph, start, grain, Direction.DOWN, seq)
    spread = spread_all if indirect else spread_direct
    found = walk(
        graph,
        origin,
        np.ones(len(origin), np.uint8),
        Direction.DOWN,
        types_of(grain),
        spread,
        as_of=seq,
        limits=Limits(),
    )
    goal = {int(each) for each in starts_of(ledger, graph, end, grain, Direction.UP, seq)} - set(origin.tolist())
    followed = _one_a_pair(ledger, found.edges.where(found.carried > 0))
    chains, exhaustive = _simple_paths(
        followed.src.tolist(), followed.dst.tolist(), origin.tolist(), goal, min(most, MAX_PATHS)
    )
    steps = sorted({edge for chain in chains for edge in chain})
    shown = dict(zip(steps, edge_dicts(ledger, followed.where(np.array(steps, np.int64)), found.nodes), strict=True))
    names = ledger.entities(found.nodes.tolist()) if steps else []
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=reached.behind,
        frontier=cuts_of(ledger, found, None),
        gaps=[
            *gaps_of(ledger, graph, found, graph.nodes(found.nodes), seq, grain),
            *past_gaps(ledger, [start, end], as_of),
        ],
        engine=graph.name,
        hops=found.hops,
        ms=(time.perf_counter() - began) * 1000,
    )
    return Paths(
        envelope, start.urn, end.urn, [[_step(shown[edge], names) for edge in chain] for chain in chains], exhaustive
    )


def _one_a_pair(ledger: LedgerReader, edges: Edges) -> Edges:
    """Return one edge a pair of nodes, the most certain: several sources that say the same are no second path.

    Edges come in the order of the names of their ends, so that paths do too, whatever the engine.
    """
    ranks = ranks_of(ledger, distinct(np.concatenate([edges.src, edges.dst, edges.carrier])))
    src, dst, carrier = ranks(edges.src), ranks(edges.dst), ranks(edges.carrier)
    order = np.lexsort((edges.subtype, carrier, edges.type, -edges.confidence.astype(np.int16), dst, src))
    src, dst = src[order], dst[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (src[1:] != src[:-1]) | (dst[1:] != dst[:-1])
    return edges.where(order[first])


def _step(edge: dict[str, Any], names: Sequence[Entity | None]) -> dict[str, Any]:
    source, target = names[edge["src"]], names[edge["dst"]]
    rest = {name: value for name, value in edge.items() if name not in ("src", "dst")}
    return {"from": source.urn if source else None, "to": target.urn if target else None, **rest}


def _simple_paths(
    sources: Sequence[int], targets: Sequence[int], starts: Sequence[int], goal: set[int], most: int
) -> tuple[list[tuple[int, ...]], bool]:
    """Return paths as edge positions, shortest first, by widening search over nodes that can reach the goal."""
    leaving: dict[int, list[int]] = {}
    entering: dict[int, list[int]] = {}
    for at, (source, target) in enumerate(zip(sources, targets, strict=True)):
        leaving.setdefault(source, []).append(at)
        entering.setdefault(target, []).append(at)
    useful = set(goal)
    waiting = deque(goal)
    while waiting:
        for at in entering.get(waiting.popleft(), ()):
            if sources[at] not in useful:
                useful.add(sources[at])
                waiting.append(sources[at])
    found: list[tuple[int, ...]] = []
    queue = deque[tuple[int, tuple[int, ...], frozenset[int]]](
        (start, (), frozenset({start})) for start in starts if start in useful
    )
    steps = 0
    while queue:
        node, chain, seen = queue.popleft()
        if node in goal:
            found.append(chain)
            if len(found) == most:
                return found, not queue
            continue
        for at in leaving.get(node, ()):
            steps += 1
            target = targets[at]
            if target in useful and target not in seen:
                queue.append((target, (*chain, at), seen | {target}))
        if steps > _MAX_STEPS:
            return found, False
    return found, True
