"""Impact: what breaks if this is dropped, renamed or retyped; each affected asset with verdict, path, owner, use.

Verdicts, from the strongest:

- `breaks`: SQL names what is not there any more, or reads what such SQL builds.
- `may_break`: it uses any column of the dataset, the edge is not certain, or a type changes under it.
- `changes`: its content changes, nothing fails.
- `informed`: it only asks whether there is a value; its people should know.

Drop and rename: SQL that names the column breaks, and what flows from it; a use of *any* may break; a test on the
column breaks. Retype: every use may break, but one that only asks for presence. An edge of confidence below 1 never
gives more than *may break*. Carriers (a dbt model's job) are listed, though the walk steps over them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clew.graph import Direction, Edges, Ids, Nodes, distinct
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Envelope, Viewer
from clew.query.describe import past_gaps, resolved
from clew.query.freshness import Freshness
from clew.query.lineage import cuts_of
from clew.query.names import said
from clew.query.proof import Proofs
from clew.query.start import starts_of, types_of
from clew.query.terms import NAMED, ChangeKind, Grain, Verdict
from clew.query.unknown import gaps_of
from clew.query.views import Views
from clew.query.walk import Labels, Limits, Walk, walk
from clew_schemas.edges import INDIRECT, PRESENCE, EdgeType, Subtype, subtype_name
from clew_schemas.kinds import DERIVED_KINDS

DIRECT, INFORMED, CHANGES, MAY_BREAK, BREAKS = 1, 2, 4, 8, 16
"""Bits of a label, the stronger verdict the higher. DIRECT: reached by values flowing, all the way."""

_VERDICTS = {BREAKS: Verdict.BREAKS, MAY_BREAK: Verdict.MAY_BREAK, CHANGES: Verdict.CHANGES, INFORMED: Verdict.INFORMED}
_ANY, _GAP = int(Subtype.ANY), int(EdgeType.GAP)
_NOT_DIRECT, _NOT_BREAKS = np.uint8(0xFF ^ DIRECT), np.uint8(0xFF ^ BREAKS)
_ABOUT = ("exposure", "properties", "ownership")
_VERDICT_BITS = BREAKS | MAY_BREAK | CHANGES | INFORMED


@dataclass(frozen=True, slots=True)
class Impact:
    """The answer: affected assets, the strongest first; counts by verdict and by kind over all of them."""

    envelope: Envelope
    start: str
    change: ChangeKind
    assets: Sequence[Mapping[str, Any]]
    total: int
    by_verdict: Mapping[str, int]
    by_kind: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "start": self.start,
            "change": self.change.value,
            "total": self.total,
            "byVerdict": dict(self.by_verdict),
            "byKind": dict(self.by_kind),
            "assets": list(self.assets),
        }


def impact(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    viewer: Viewer,
    change: ChangeKind,
    *,
    at_least: str | None = None,
    as_of: int | None = None,
    named: int = NAMED,
) -> Impact:
    """Return what a change to `entity` does to everything downstream of it, now or as of a seq."""
    reached = freshness.reach("graph", at_least, as_of)
    started = time.perf_counter()
    graph, seq = views.graph, reached.seq
    start = starts_of(ledger, graph, entity, Grain.COLUMN, Direction.DOWN, seq)
    found = walk(
        graph,
        start,
        np.full(len(start), BREAKS | DIRECT if change != ChangeKind.RETYPE else MAY_BREAK | DIRECT, np.uint8),
        Direction.DOWN,
        types_of(Grain.COLUMN) | {int(EdgeType.GAP)},
        spread_retype if change == ChangeKind.RETYPE else spread_drop,
        as_of=seq,
        limits=Limits(),
    )
    nodes = graph.nodes(found.nodes)
    affected = _affected(found, nodes, entity)
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=reached.behind,
        frontier=cuts_of(ledger, found, None),
        gaps=[*gaps_of(ledger, graph, found, nodes, seq), *past_gaps(ledger, [entity], as_of)],
        engine=graph.name,
        hops=found.hops,
        ms=(time.perf_counter() - started) * 1000,
    )
    chosen = affected.strongest(named)
    return Impact(
        envelope,
        entity.urn,
        change,
        list(_named(ledger, found, affected, chosen, seq)),
        len(affected.ids),
        affected.by_verdict(),
        _by_kind(ledger, views, affected.ids),
    )


def spread_drop(labels: Labels, edges: Edges) -> Labels:
    """Drop and rename. A use of any column, an uncertain edge and unread SQL weaken *breaks* to *may break*."""
    weak = (edges.subtype == _ANY) | (edges.confidence < 100) | (edges.type == _GAP)
    weakened = np.flatnonzero(weak & ((labels & BREAKS) > 0))
    if len(weakened):
        labels = labels.copy()
        labels[weakened] = (labels[weakened] & _NOT_BREAKS) | MAY_BREAK
    return _kept_direct(labels, edges)


def spread_retype(labels: Labels, edges: Edges) -> Labels:
    """Retype. Every use may break, but one that only asks for presence, which ends the thread."""
    presence = (edges.subtype & PRESENCE) > 0
    stops = (labels & MAY_BREAK) == 0
    carried = np.where(presence, (labels & DIRECT) | INFORMED, labels)
    return _kept_direct(np.where(stops, 0, carried).astype(np.uint8), edges)


def _kept_direct(labels: Labels, edges: Edges) -> Labels:
    ends = edges.type == _GAP
    kept: Labels = np.where(((edges.subtype & INDIRECT) > 0) | ends, labels & _NOT_DIRECT, labels)
    gaps = np.flatnonzero(ends)
    # What lies behind a carrier that is not understood is unknown, not affected: the gap says so.
    kept[gaps[edges.src[gaps] == edges.carrier[gaps]]] = 0
    return kept


@dataclass(frozen=True, slots=True)
class _Affected:
    """Affected assets as parallel arrays: ids, labels, and the edge that proves it (position in the walk's edges)."""

    ids: Ids
    labels: Labels
    via: NDArray[np.int64]
    depth: NDArray[np.int32]

    def strongest(self, most: int) -> NDArray[np.int64]:
        """Return positions of the strongest, nearest assets first."""
        strength = self.labels & _VERDICT_BITS
        order = np.lexsort((self.ids, self.depth, -strength.astype(np.int16)))
        chosen: NDArray[np.int64] = order[:most]
        return chosen

    def by_verdict(self) -> dict[str, int]:
        highest = [verdict_of(int(label)).value for label in distinct(self.labels)]
        counts = dict.fromkeys((each.value for each in Verdict), 0)
        for label, name in zip(distinct(self.labels), highest, strict=True):
            counts[name] += int(np.count_nonzero(self.labels == label))
        return {name: count for name, count in counts.items() if count}


def verdict_of(label: int) -> Verdict:
    """Return the strongest verdict of a label."""
    return next(verdict for bit, verdict in _VERDICTS.items() if label & bit)


def _affected(found: Walk, nodes: Nodes, entity: Entity) -> _Affected:
    """Return what to list: reached nodes that are assets, and the carriers of the edges that were followed."""
    listed = found.depth > 0  # the starts are not affected, they change
    for kind in DERIVED_KINDS:
        listed &= nodes.kind != kind
    ids, labels, via, depth = (each[listed] for each in (found.nodes, found.labels, found.via, found.depth))
    carriers = _carriers(found, entity)
    known = np.isin(carriers.ids, ids)
    return _Affected(
        np.concatenate([ids, carriers.ids[~known]]),
        np.concatenate([labels, carriers.labels[~known]]),
        np.concatenate([via, carriers.via[~known]]),
        np.concatenate([depth, carriers.depth[~known]]),
    )


def _carriers(found: Walk, entity: Entity) -> _Affected:
    """Return the carriers of edges that data flows along, each with the strongest label that one of them carries."""
    edges = found.edges
    used = np.flatnonzero((found.carried > 0) & (edges.type == EdgeType.FLOW) & (edges.carrier != edges.dst))
    used = used[(edges.carrier[used] != entity.id) & (edges.carrier[used] != edges.src[used])]
    labels = found.carried[used]
    # The strongest verdict wins, a direct use before an indirect one, then the first hop that carried it.
    direct, strength = labels & DIRECT, (labels & _VERDICT_BITS).astype(np.int16)
    order = np.lexsort((used, -direct.astype(np.int16), -strength))
    ids, first = np.unique(edges.carrier[used][order], return_index=True)
    edge = used[order][first]
    origin = found.place_of(edges.src[edge])
    return _Affected(ids, found.carried[edge], edge, found.depth[origin] + 1)


def _named(
    ledger: LedgerReader, found: Walk, affected: _Affected, chosen: NDArray[np.int64], as_of: int
) -> Iterator[dict[str, Any]]:
    """Yield the chosen assets with name, verdict, use, path, owners and tier; equals by name, not by number."""
    proofs = Proofs(ledger, found).paths(affected.ids[chosen], affected.via[chosen])
    paths = dict(zip(chosen.tolist(), proofs, strict=True))
    about = _About(ledger, affected.ids[chosen], found, paths.values(), as_of)
    strength = affected.labels & _VERDICT_BITS
    ordered = sorted(
        paths, key=lambda at: (-int(strength[at]), int(affected.depth[at]), about.entity(int(affected.ids[at])).urn)
    )
    for at, path in ((at, paths[at]) for at in ordered):
        number, label = int(affected.ids[at]), int(affected.labels[at])
        entity = about.entity(number)
        yield {
            "urn": entity.urn,
            "kind": entity.kind,
            "name": about.title(number) or said(entity.urn),
            "verdict": verdict_of(label).value,
            "use": "direct" if label & DIRECT else "indirect",
            "hops": len(path),
            "owners": about.owners(entity),
            "tier": about.tier(entity),
            "path": [about.step(edge) for edge in path],
        }


class _About:
    """Names, owners and tiers of what an answer mentions, fetched once."""

    def __init__(
        self, ledger: LedgerReader, assets: Ids, found: Walk, paths: Iterable[Sequence[int]], as_of: int
    ) -> None:
        steps = sorted({edge for path in paths for edge in path})
        edges = found.edges.where(np.array(steps, np.int64))
        mentioned = distinct(np.concatenate([assets, edges.src, edges.dst, edges.carrier])).tolist()
        self._known = {each.id: each for each in ledger.entities(mentioned) if each is not None}
        self._steps = dict(zip(steps, self._told(ledger, edges), strict=True))
        own = set(assets.tolist())
        claimed = ledger.claims(own | {self._known[each].parent for each in own} - {0}, as_of, _ABOUT)
        self._aspects = {number: resolved(ledger, claims) for number, claims in claimed.items() if claims}

    def _told(self, ledger: LedgerReader, edges: Edges) -> Iterator[dict[str, Any]]:
        columns = ("src", "dst", "type", "subtype", "carrier", "source", "confidence")
        for src, dst, kind, subtype, carrier, source, confidence in zip(
            *(getattr(edges, name).tolist() for name in columns), strict=True
        ):
            yield {
                "from": self._known[src].urn,
                "to": self._known[dst].urn,
                "type": EdgeType(kind).name,
                "subtype": subtype_name(subtype),
                "carrier": self._known[carrier].urn,
                "source": ledger.name_of("source", source),
                "confidence": confidence / 100,
            }

    def entity(self, number: int) -> Entity:
        return self._known[number]

    def title(self, number: int) -> str | None:
        aspects = self._aspects.get(number, {})
        title: str | None = aspects.get("exposure", {}).get("label") or aspects.get("properties", {}).get("name")
        return title

    def owners(self, entity: Entity) -> list[dict[str, str]]:
        """Return the owners of a thing; a column has those of its dataset."""
        own = self._aspects.get(entity.id, {}).get("ownership")
        inherited = self._aspects.get(entity.parent, {}).get("ownership") if entity.parent else None
        return list((own or inherited or {}).get("owners", ()))

    def tier(self, entity: Entity) -> str | None:
        for number in (entity.id, entity.parent):
            tier = self._aspects.get(number, {}).get("properties", {}).get("tier")
            if tier:
                return str(tier)
        return None

    def step(self, edge: int) -> dict[str, Any]:
        return self._steps[edge]


def _by_kind(ledger: LedgerReader, views: Views, ids: Ids) -> dict[str, int]:
    return dict(sorted(Counter(views.graph.nodes(ids).kind.tolist()).items()))
