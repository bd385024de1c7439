"""Where a question about lineage starts: the nodes that a thing stands for, at the asked grain, met or not."""

from __future__ import annotations

import numpy as np

from clew.graph import Direction, Graph, Ids, Nodes, distinct
from clew.ledger import Entity, LedgerReader
from clew.query.terms import Grain
from clew_schemas.edges import EdgeType
from clew_schemas.urn import any_of, rows_of

COLUMN_TYPES = frozenset({EdgeType.FLOW, EdgeType.MEMBER, EdgeType.NAMED, EdgeType.ASSERTS})
DATASET_TYPES = frozenset({EdgeType.DATASET_FLOW})


def types_of(grain: Grain) -> frozenset[int]:
    """Return the edge types that lineage at a grain follows."""
    return frozenset(map(int, COLUMN_TYPES if grain == Grain.COLUMN else DATASET_TYPES))


def grain_of(entity: Entity, asked: Grain | None) -> Grain:
    """Return the asked grain, else the natural one: datasets and jobs at dataset grain, the rest at column grain."""
    if asked is not None:
        return asked
    return Grain.DATASET if entity.kind in ("dataset", "job", "task", "pipeline") else Grain.COLUMN


def starts_of(
    ledger: LedgerReader, graph: Graph, entity: Entity, grain: Grain, direction: Direction, as_of: int | None
) -> Ids:
    """Return the nodes from which to walk: the thing itself; a dataset's columns and derived nodes; what a carrier
    writes (downstream) or reads (upstream)."""
    own = np.array([ledger.node_of(entity.id)], np.int64)
    carried = carried_by(ledger, entity, direction, as_of)
    datasets = np.concatenate([own, carried])
    if grain == Grain.DATASET:
        holder = np.array([entity.parent], np.int64) if entity.kind == "column" else own[:0]
        return distinct(np.concatenate([datasets, holder]))
    parts = [datasets]
    for dataset in (entity, *ledger.entities(carried.tolist())):
        if dataset is not None and dataset.kind == "dataset":
            parts.append(parts_of(ledger, graph, dataset.urn, as_of))
    return distinct(np.concatenate(parts))


def parts_of(ledger: LedgerReader, graph: Graph, dataset: str, as_of: int | None) -> Ids:
    """Return the nodes of a dataset at column grain: `any`, `rows`, and every column known to hang on them."""
    derived = np.array([each for each in ledger.ids([any_of(dataset), rows_of(dataset)]) if each], np.int64)
    members = frozenset({int(EdgeType.MEMBER), int(EdgeType.NAMED)})
    below = graph.expand(derived, Direction.DOWN, members, as_of)
    above = graph.expand(derived, Direction.UP, members, as_of)
    return distinct(np.concatenate([derived, below.dst, above.src]))


def carried_by(ledger: LedgerReader, entity: Entity, direction: Direction, as_of: int | None) -> Ids:
    """Return what a carrier writes (downstream) or reads (upstream), by its claims; of other things nothing."""
    side = "outputs" if direction == Direction.DOWN else "inputs"
    urns = {
        urn
        for claim in ledger.claims([entity.id], as_of, ("lineage",))[entity.id].get("lineage", ())
        for urn in (claim.says or {}).get(side, ())
    }
    ids = [each for each in ledger.ids(sorted(urns)) if each]
    return np.array(ids, np.int64)


def met(ledger: LedgerReader, ids: Ids, nodes: Nodes) -> Nodes:
    """Return nodes with the ledger's word on those that the graph has not met, since nobody gave them an edge."""
    unmet = np.flatnonzero(nodes.kind == "")
    if not len(unmet):
        return nodes
    kind, parent = nodes.kind.astype(np.object_), nodes.parent.copy()
    for at, entity in zip(unmet.tolist(), ledger.entities(ids[unmet].tolist()), strict=True):
        if entity is not None:
            kind[at], parent[at] = entity.kind, entity.parent
    return Nodes(kind.astype(np.str_), parent, nodes.policy_class)
