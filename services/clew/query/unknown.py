"""Gaps: what is not known within what a walk reached."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from clew.graph import Direction, Edges, Graph, Ids, Nodes, among, distinct
from clew.ledger import LedgerReader
from clew.query.answer import Gap
from clew.query.describe import parked_gaps
from clew.query.start import met
from clew.query.terms import Grain
from clew_schemas.edges import EdgeType, Subtype
from clew_schemas.urn import any_of, rows_of

_OF_COLUMNS = frozenset(
    {
        "ambiguous_column",
        "column_count",
        "no_column",
        "no_signature",
        "unknown_column",
        "unsupported_expression",
    }
)
"""Reasons for which no dataset can be missing."""
_MEMBER, _NAMED = int(EdgeType.MEMBER), int(EdgeType.NAMED)
_MOST = 200
"""Gaps that an answer lists one by one; beyond that it says how many more there are."""


class Reached(Protocol):
    """What was reached by a walk, or otherwise: nodes, and at least the edges by which columns hang on them."""

    @property
    def nodes(self) -> Ids:
        """What was reached."""

    @property
    def edges(self) -> Edges:
        """The edges that were looked at."""

    @property
    def direction(self) -> Direction:
        """Which way."""


def gaps_of(
    ledger: LedgerReader,
    graph: Graph,
    walk: Reached,
    nodes: Nodes,
    as_of: int | None,
    grain: Grain = Grain.COLUMN,
) -> list[Gap]:
    """Return the gaps of what was reached, in a stable order. At dataset grain columns that are not known are none."""
    nodes = met(ledger, walk.nodes, nodes)
    found = [
        *_undescribed(ledger, graph, walk, nodes, as_of),
        *_unresolved(ledger, graph, walk, nodes, as_of, grain),
        *parked_gaps(ledger, _urns(ledger, _with_parents(walk.nodes, nodes)), as_of),
    ]
    found = sorted(set(found), key=lambda gap: (gap.code, gap.urn, gap.detail))
    if len(found) > _MOST:
        more = Gap("more", "", f"{len(found) - _MOST} further gaps are not listed")
        return [*found[:_MOST], more]
    return found


def _undescribed(ledger: LedgerReader, graph: Graph, walk: Reached, nodes: Nodes, as_of: int | None) -> Iterable[Gap]:
    """Columns that no schema lists, and datasets that have no schema at all."""
    columns = walk.nodes[nodes.kind == "column"]
    member = walk.edges.type == _MEMBER
    listed = walk.edges.src[member] if walk.direction == Direction.DOWN else walk.edges.dst[member]
    loose = columns[~among(columns, distinct(listed))]
    # A column at the rim of a cut walk was never asked: ask now.
    if len(loose):
        edges = graph.expand(loose, walk.direction, frozenset({EdgeType.MEMBER}), as_of)
        loose = loose[~among(loose, distinct(edges.src if walk.direction == Direction.DOWN else edges.dst))]
    datasets = _with_parents(walk.nodes, nodes, kinds=("dataset", "column", "any", "rows"))
    if len(datasets):
        described = graph.expand(datasets, Direction.DOWN, frozenset({EdgeType.DESCRIBED}), as_of)
        bare = datasets[~among(datasets, distinct(described.src))]
    else:
        bare = datasets
    for entity in ledger.entities(bare.tolist()):
        if entity is not None:
            yield Gap("undescribed_dataset", entity.urn, "no source describes its columns")
    for entity in ledger.entities(loose.tolist()):
        if entity is not None and entity.parent not in bare:
            yield Gap("undescribed_column", entity.urn, "lineage names it, no source's schema lists it")


def _unresolved(
    ledger: LedgerReader, graph: Graph, walk: Reached, nodes: Nodes, as_of: int | None, grain: Grain
) -> Iterable[Gap]:
    """Carriers that read or write what was reached, and whose lineage is not known at this grain."""
    doors = _doors(walk, nodes) if grain == Grain.COLUMN else _doors_of_datasets(ledger, walk, nodes)
    if not len(doors):
        return
    edges = graph.expand(doors, walk.direction, frozenset({EdgeType.GAP}), as_of)
    if not len(edges):
        return
    carriers, first = np.unique(edges.carrier, return_index=True)
    for entity, at in zip(ledger.entities(carriers.tolist()), first.tolist(), strict=True):
        if entity is None:
            continue
        if edges.subtype[at] == Subtype.NO_COLUMNS:
            if grain == Grain.COLUMN:
                yield Gap("no_column_lineage", entity.urn, "its lineage is known at dataset grain only")
        elif (said := list(_said(ledger, entity.id, as_of, grain))) or grain == Grain.COLUMN:
            yield Gap("unresolved", entity.urn, "; ".join(said[:5]) or "a part of it is not understood")


def _said(ledger: LedgerReader, carrier: int, as_of: int | None, grain: Grain) -> Iterable[str]:
    """Yield what a carrier's sources left out, as far as it matters at a grain."""
    for claim in ledger.claims([carrier], as_of, ("lineage",))[carrier].get("lineage", ()):
        for each in (claim.says or {}).get("unresolved", ()):
            if grain == Grain.COLUMN or each["code"] not in _OF_COLUMNS:
                yield f"{each['code']}: {each.get('detail') or ''}".rstrip(": ")


def _doors(walk: Reached, nodes: Nodes) -> Ids:
    """Return where gaps hang: `any` (downstream) or `rows` of each dataset reached, and things without columns."""
    kinds = walk.edges.type
    member = (kinds == _MEMBER) | (kinds == _NAMED)
    ends = walk.edges.dst[member] if walk.direction == Direction.DOWN else walk.edges.src[member]
    kind = "any" if walk.direction == Direction.DOWN else "rows"
    own = nodes.kind != "column"
    for other in {"dataset", "any", "rows"} - {kind}:
        own &= nodes.kind != other
    return distinct(np.concatenate([ends, walk.nodes[own]]))


def _doors_of_datasets(ledger: LedgerReader, walk: Reached, nodes: Nodes) -> Ids:
    """Return the same of a walk from dataset to dataset, which met no derived nodes."""
    derived = any_of if walk.direction == Direction.DOWN else rows_of
    datasets = ledger.entities(walk.nodes[nodes.kind == "dataset"].tolist())
    numbers = ledger.ids([derived(each.urn) for each in datasets if each is not None])
    return np.union1d(walk.nodes[nodes.kind != "dataset"], np.array([each for each in numbers if each], np.int64))


def _with_parents(ids: Ids, nodes: Nodes, kinds: tuple[str, ...] = ()) -> Ids:
    """Return what was reached: datasets for their columns and derived nodes, else (without `kinds`) the node too."""
    parents = nodes.parent[nodes.parent > 0]
    own = ids[nodes.kind == "dataset"] if kinds else ids
    return distinct(np.concatenate([own, parents]))


def _urns(ledger: LedgerReader, ids: Ids) -> set[str]:
    if not ledger.parked():
        return set()
    return {entity.urn for entity in ledger.entities(ids.tolist()) if entity is not None}
