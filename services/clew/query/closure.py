"""All that lies upstream or downstream of a thing, as ids that a search can be restricted to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from clew.graph import Direction, Graph, Ids, Nodes
from clew.ledger import Entity, LedgerReader
from clew.query.answer import Cut, Gap
from clew.query.lineage import spread_direct
from clew.query.start import starts_of, types_of
from clew.query.terms import Grain
from clew.query.unknown import gaps_of
from clew.query.walk import Limits, Walk, walk
from clew.search.port import MOST_AMONG
from clew_schemas.kinds import DERIVED_KINDS

MOST_NODES = 200_000
"""Nodes at column grain that are followed."""


@dataclass(frozen=True, slots=True)
class Closure:
    """What lies on one side of a thing. `cuts` and `gaps` say what it may lack."""

    ids: frozenset[int]
    cuts: tuple[Cut, ...]
    gaps: tuple[Gap, ...]
    hops: int


def closure(
    ledger: LedgerReader,
    graph: Graph,
    entity: Entity,
    direction: Direction,
    as_of: int,
    kinds: Collection[str] = (),
    *,
    nodes: int = MOST_NODES,
    most: int = MOST_AMONG,
) -> Closure:
    """Return what values flow to from a thing, or come from, at column grain.

    That is what was reached (columns, features, model versions, …), the datasets of columns that were reached, and
    what carries the flow (jobs, runs). The thing itself, its columns, and its dataset are not among it. `kinds`, when
    given, are the only ones wanted. Of more than `most` ids the columns are left out first, and the cut says so.
    """
    start = starts_of(ledger, graph, entity, Grain.COLUMN, direction, as_of)
    labels = np.ones(len(start), np.uint8)
    types = types_of(Grain.COLUMN)
    found = walk(graph, start, labels, direction, types, spread_direct, as_of=as_of, limits=Limits(None, nodes))
    reached = graph.nodes(found.nodes)
    wanted = _wanted(ledger, entity, found, reached, kinds)
    side = f"{direction.name.lower()}stream of {entity.urn}"
    cuts = _cuts_of_walk(ledger, found, f"more than {nodes} nodes {side}")
    if len(wanted) > most:
        cuts.append(Cut(f"more than {most} things {side}; ask for fewer kinds", len(wanted) - most))
    gaps = gaps_of(ledger, graph, found, reached, as_of)
    return Closure(frozenset(wanted[:most]), tuple(cuts), tuple(gaps), found.hops)


def _wanted(ledger: LedgerReader, entity: Entity, found: Walk, reached: Nodes, kinds: Collection[str]) -> list[int]:
    """Return the ids on the other side, things and datasets before columns."""
    own = (found.nodes == entity.id) | (reached.parent == entity.id)
    is_column = reached.kind == "column"
    things = found.nodes[~own & ~is_column & ~np.isin(reached.kind, list(DERIVED_KINDS))]
    parents = reached.parent[~own & (reached.parent > 0)]
    carriers = found.edges.carrier[found.carried > 0]
    beside: Ids = np.setdiff1d(np.union1d(np.union1d(things, parents), carriers), [entity.id, entity.parent])
    columns = found.nodes[~own & is_column] if not kinds or "column" in kinds else found.nodes[:0]
    if not kinds:
        return [*beside.tolist(), *columns.tolist()]
    fitting = [each.id for each in ledger.entities(beside.tolist()) if each is not None and each.kind in kinds]
    return [*fitting, *columns.tolist()]


def _cuts_of_walk(ledger: LedgerReader, found: Walk, reason: str) -> list[Cut]:
    if not len(found.unvisited):
        return []
    sample = [each.urn for each in ledger.entities(found.unvisited[:10].tolist()) if each is not None]
    return [Cut(reason, len(found.unvisited), tuple(sample))]
