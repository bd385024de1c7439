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

from clew.graph import Direction, Edges, Graph, Ids, Nodes, changes, distinct
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Envelope, Viewer
from clew.query.describe import past_gaps, resolved
from clew.query.freshness import Freshness
from clew.query.lineage import cuts_of
from clew.query.names import Named, said
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
_ANY, _FLOW, _GAP = int(Subtype.ANY), int(EdgeType.FLOW), int(EdgeType.GAP)
_TO_MAY_BREAK = 1
"""By how many bits BREAKS is shifted to become MAY_BREAK."""
_CODES = np.arange(256)
# The bits of a label that pass an edge, by each of its codes: one look-up a code is all that a walk can afford.
_KEPT_BY_SUBTYPE = ~np.where(_CODES == _ANY, BREAKS, np.where(_CODES & INDIRECT, DIRECT, 0)).astype(np.uint8)
_KEPT_BY_TYPE = ~np.where(_CODES == _GAP, BREAKS | DIRECT, 0).astype(np.uint8)
_KEPT_BY_CONFIDENCE = ~np.where(_CODES < 100, BREAKS, 0).astype(np.uint8)
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
    affected = _affected(graph, found, nodes, entity)
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
        affected.by_kind(),
    )


def spread_drop(labels: Labels, edges: Edges) -> Labels:
    """Drop and rename. A use of any column, an uncertain edge and unread SQL weaken *breaks* to *may break*."""
    kept = _KEPT_BY_SUBTYPE[edges.subtype] & _KEPT_BY_TYPE[edges.type] & _KEPT_BY_CONFIDENCE[edges.confidence]
    spread: Labels = (labels & kept) | ((labels & ~kept & BREAKS) >> _TO_MAY_BREAK)
    return _without_gaps_behind_carriers(spread, edges)


def spread_retype(labels: Labels, edges: Edges) -> Labels:
    """Retype. Every use may break, but one that only asks for presence, which ends the thread."""
    presence = (edges.subtype & PRESENCE) > 0
    stops = (labels & MAY_BREAK) == 0
    carried = np.where(presence, (labels & DIRECT) | INFORMED, labels)
    kept = _KEPT_BY_SUBTYPE[edges.subtype] & _KEPT_BY_TYPE[edges.type] | ~np.uint8(DIRECT)
    return _without_gaps_behind_carriers(np.where(stops, 0, carried & kept).astype(np.uint8), edges)


def _without_gaps_behind_carriers(labels: Labels, edges: Edges) -> Labels:
    """What lies behind a carrier that is not understood is unknown, not affected: the gap says so."""
    (gaps,) = (edges.type == _GAP).nonzero()
    if len(gaps):
        among = edges.where(gaps)
        labels[gaps[among.src == among.carrier]] = 0
    return labels


@dataclass(frozen=True, slots=True)
class _Affected:
    """Affected assets as parallel arrays: ids, kinds, labels, and the edge that proves it (position in the walk's
    edges)."""

    ids: Ids
    kinds: NDArray[np.str_]
    labels: Labels
    via: NDArray[np.int64]
    depth: NDArray[np.int32]

    def strongest(self, most: int) -> NDArray[np.int64]:
        """Return positions of the strongest, nearest assets first."""
        strength = self.labels & _VERDICT_BITS
        order = np.lexsort((self.ids, self.depth, ~strength))
        chosen: NDArray[np.int64] = order[:most]
        return chosen

    def by_verdict(self) -> dict[str, int]:
        counts = dict.fromkeys((each.value for each in Verdict), 0)
        for label, count in enumerate(np.bincount(self.labels).tolist()):
            if count:
                counts[verdict_of(label).value] += count
        return {name: count for name, count in counts.items() if count}

    def by_kind(self) -> dict[str, int]:
        return dict(sorted(Counter(self.kinds.tolist()).items()))


def verdict_of(label: int) -> Verdict:
    """Return the strongest verdict of a label."""
    for bit, verdict in _VERDICTS.items():
        if label & bit:
            return verdict
    raise ValueError(f"the label {label} has no verdict")


def _affected(graph: Graph, found: Walk, nodes: Nodes, entity: Entity) -> _Affected:
    """Return what to list: reached nodes that are assets, and the carriers of the edges that were followed."""
    listed = found.depth > 0  # the starts are not affected, they change
    for kind in DERIVED_KINDS:
        listed &= nodes.kind != kind
    carriers = _carriers(graph, found, entity)
    place = found.place_of(carriers.ids)
    unlisted = (place < 0) | ~listed[place]
    return _Affected(
        np.concatenate([found.nodes[listed], carriers.ids[unlisted]]),
        np.concatenate([nodes.kind[listed], carriers.kinds[unlisted]]),
        np.concatenate([found.labels[listed], carriers.labels[unlisted]]),
        np.concatenate([found.via[listed], carriers.via[unlisted]]),
        np.concatenate([found.depth[listed], carriers.depth[unlisted]]),
    )


def _carriers(graph: Graph, found: Walk, entity: Entity) -> _Affected:
    """Return the carriers of edges that data flows along, each with the strongest label that one of them carries."""
    edges = found.edges
    by_another = (edges.carrier != edges.dst) & (edges.carrier != edges.src) & (edges.carrier != entity.id)
    (used,) = ((found.carried > 0) & (edges.type == _FLOW) & by_another).nonzero()
    # The strongest verdict wins, a direct use before an indirect one, then the first hop that carried it.
    carriers, label = edges.carrier[used], found.carried[used]
    order = np.lexsort((~(label & DIRECT), ~(label & _VERDICT_BITS), carriers))
    carriers = carriers[order]
    first = changes(carriers)
    ids, edge = carriers[first], used[order[first]]
    origin = found.place_of(edges.src[edge])
    return _Affected(ids, graph.nodes(ids).kind, found.carried[edge], edge, found.depth[origin] + 1)


def _named(
    ledger: LedgerReader, found: Walk, affected: _Affected, chosen: NDArray[np.int64], as_of: int
) -> Iterator[dict[str, Any]]:
    """Yield the chosen assets with name, verdict, use, path, owners and tier; equals by name, not by number."""
    ids, labels, depth = affected.ids[chosen], affected.labels[chosen], affected.depth[chosen]
    named = Named(ledger)
    paths = Proofs(ledger, named, found).paths(ids, affected.via[chosen])
    about = _About(ledger, named, ids, found, paths, as_of)
    entities = map(about.entity, ids.tolist())
    assets = zip(((~(labels & _VERDICT_BITS)).tolist()), depth.tolist(), entities, labels.tolist(), paths, strict=True)
    verdicts = {label: verdict_of(label).value for label in distinct(labels).tolist()}
    for _, _, entity, label, path in sorted(assets, key=lambda asset: (asset[0], asset[1], asset[2].urn)):
        yield {
            "urn": entity.urn,
            "kind": entity.kind,
            "name": about.title(entity.id) or said(entity.urn),
            "verdict": verdicts[label],
            "use": "direct" if label & DIRECT else "indirect",
            "hops": len(path),
            "owners": about.owners(entity),
            "tier": about.tier(entity),
            "path": about.steps(path),
        }


class _About:
    """Names, owners and tiers of what an answer mentions, fetched once."""

    def __init__(
        self,
        ledger: LedgerReader,
        named: Named,
        assets: Ids,
        found: Walk,
        paths: Iterable[Sequence[int]],
        as_of: int,
    ) -> None:
        steps = sorted({edge for path in paths for edge in path})
        edges = found.edges.where(np.array(steps, np.int64))
        mentioned = distinct(np.concatenate([assets, edges.src, edges.dst, edges.carrier])).tolist()
        self._known = {each.id: each for each in named.entities(mentioned) if each is not None}
        self._steps = dict(zip(steps, self._told(ledger, edges), strict=True))
        own = set(assets.tolist())
        claimed = ledger.claims(own | {self._known[each].parent for each in own} - {0}, as_of, _ABOUT)
        self._aspects = {number: resolved(ledger, claims) for number, claims in claimed.items() if claims}

    def _told(self, ledger: LedgerReader, edges: Edges) -> Iterator[dict[str, Any]]:
        columns = ("src", "dst", "type", "subtype", "carrier", "source", "confidence")
        values = {name: getattr(edges, name).tolist() for name in columns}
        types = {each: EdgeType(each).name for each in set(values["type"])}
        subtypes = {each: subtype_name(each) for each in set(values["subtype"])}
        sources = {each: ledger.name_of("source", each) for each in set(values["source"])}
        for src, dst, kind, subtype, carrier, source, confidence in zip(*values.values(), strict=True):
            yield {
                "from": self._known[src].urn,
                "to": self._known[dst].urn,
                "type": types[kind],
                "subtype": subtypes[subtype],
                "carrier": self._known[carrier].urn,
                "source": sources[source],
                "confidence": confidence / 100,
            }

    def entity(self, number: int) -> Entity:
        return self._known[number]

    def title(self, number: int) -> str | None:
        aspects = self._aspects.get(number)
        if aspects is None:
            return None
        title: str | None = aspects.get("exposure", {}).get("label") or aspects.get("properties", {}).get("name")
        return title

    def owners(self, entity: Entity) -> list[dict[str, str]]:
        """Return the owners of a thing; a column has those of its dataset."""
        for number in (entity.id, entity.parent):
            if number in self._aspects and (ownership := self._aspects[number].get("ownership")):
                return list(ownership.get("owners", ()))
        return []

    def tier(self, entity: Entity) -> str | None:
        for number in (entity.id, entity.parent):
            if number in self._aspects and (tier := self._aspects[number].get("properties", {}).get("tier")):
                return str(tier)
        return None

    def steps(self, path: Sequence[int]) -> list[dict[str, Any]]:
        return [self._steps[edge] for edge in path]
