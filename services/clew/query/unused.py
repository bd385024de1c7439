"""Unused: what nobody reads, with the evidence that makes it safe to deprecate, and what can't be told.

Nothing flows out of it at column or dataset grain, and its reads are counted and were none. A test of it is no use.
Where nobody counts reads it is `unknown`, however lonely it stands.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.errors import BadInput
from clew.graph import Direction, Graph, Ids
from clew.ledger import LedgerReader
from clew.ledger.port import Point
from clew.query.answer import AsOf, Cut, Envelope, Gap, Viewer
from clew.query.describe import moment, parked_gaps
from clew.query.freshness import Freshness
from clew.query.known import Known
from clew.query.names import said
from clew.query.terms import MOST_UNUSED, UNREAD_DAYS, UNUSED_KINDS
from clew.query.usage import Reads, reads_since, users_of
from clew.query.views import Views
from clew.search import SearchQuery
from clew_schemas.edges import EdgeType
from clew_schemas.urn import any_of, rows_of

MAX_EXAMINED = 10_000

_POINTS = 500
_DAY = 24 * 3600 * 1_000_000
_USES = frozenset({int(EdgeType.FLOW), int(EdgeType.DATASET_FLOW), int(EdgeType.GAP)})
_MEMBERS = frozenset({int(EdgeType.MEMBER), int(EdgeType.NAMED)})


@dataclass(frozen=True, slots=True)
class Unused:
    """The answer: what is unused, then what can't be told, each with the largest first. The counts are over all that
    was examined, and of these `used` have a use."""

    envelope: Envelope
    days: int
    examined: int
    by_verdict: Mapping[str, int]
    bytes: int
    assets: Sequence[Mapping[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "days": self.days,
            "examined": self.examined,
            "byVerdict": dict(self.by_verdict),
            "bytes": self.bytes,
            "assets": list(self.assets),
        }


def unused(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    viewer: Viewer,
    *,
    now: int,
    days: int = UNREAD_DAYS,
    kinds: Sequence[str] = ("dataset",),
    namespaces: Sequence[str] = (),
    most: int = MOST_UNUSED,
    at_least: str | None = None,
) -> Unused:
    """Return what nobody read in the last `days` before `now` (microseconds UTC).

    `bytes` is the size of all that is unused. Raises BadInput for a kind that has no use to speak of.
    """
    other = sorted(set(kinds) - set(UNUSED_KINDS))
    if other:
        raise BadInput(f"a {other[0]} can't be unused", where="kind", hint=f"Kinds: {', '.join(UNUSED_KINDS)}")
    reached = [freshness.reach(view, at_least) for view in ("search", "graph")]
    began = time.perf_counter()
    graph, seq = views.graph, reached[1].seq
    filters = {"kind": list(kinds or ("dataset",)), **({"namespace": list(namespaces)} if namespaces else {})}
    found = views.search.search(SearchQuery("", filters, (), MAX_EXAMINED, 0))
    known = Known(ledger, seq)
    known.name(hit.id for hit in found.hits)
    idle = _without_use(ledger, graph, known, [hit.id for hit in found.hits], seq)
    known.learn(idle)
    assets = _judged(ledger, known, idle, now - days * _DAY)
    verdicts = [each["verdict"] for each in assets]
    counts = {"unused": verdicts.count("unused"), "unknown": verdicts.count("unknown")}
    counts["used"] = len(found.hits) - sum(counts.values())
    shown = [each for each in assets if each["verdict"] != "used"]
    shown.sort(key=lambda each: (each["verdict"] == "unknown", -(each["bytes"] or 0), each["urn"]))
    beyond = Cut("only so many are examined", found.total - len(found.hits))
    unnamed = Cut("only the largest are named", len(shown) - most)
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=max(each.behind for each in reached),
        frontier=[cut for cut in (beyond, unnamed) if cut.count > 0],
        gaps=[*_gaps(shown), *parked_gaps(ledger, {each["urn"] for each in shown})],
        engine=f"{views.search.name}, {graph.name}",
        hops=2,
        ms=(time.perf_counter() - began) * 1000,
    )
    size = sum(each["bytes"] or 0 for each in shown if each["verdict"] == "unused")
    return Unused(envelope, days, len(found.hits), counts, size, shown[:most])


def _without_use(ledger: LedgerReader, graph: Graph, known: Known, ids: Sequence[int], seq: int) -> list[int]:
    """Return those out of which nothing flows: neither from them, nor from their columns, nor from *any* of these."""
    own = np.array(sorted(ids), np.int64)
    datasets = [known.urn(each) for each in own.tolist() if known.entity(each).kind == "dataset"]
    derived = _known_ids(ledger, [any_of(urn) for urn in datasets] + [rows_of(urn) for urn in datasets])
    columns = np.unique(graph.expand(derived, Direction.UP, _MEMBERS, seq).src)
    parts = np.unique(np.concatenate([own, derived, columns]))
    edges = graph.expand(parts, Direction.DOWN, _USES, seq)
    source, target = graph.nodes(edges.src), graph.nodes(edges.dst)
    holder = np.where(source.parent > 0, source.parent, edges.src)
    into = np.where(target.parent > 0, target.parent, edges.dst)
    # A version flows into its model by being one of it, and a dataset that is built upon itself is no reader of it.
    counts = (holder != into) & ~((source.kind == "model_version") & (target.kind == "model"))
    used = set(holder[counts].tolist())
    return [each for each in own.tolist() if each not in used]


def _known_ids(ledger: LedgerReader, urns: Sequence[str]) -> Ids:
    return np.array(sorted(each for each in ledger.ids(urns) if each), np.int64)


def _judged(ledger: LedgerReader, known: Known, ids: Sequence[int], cutoff: int) -> list[dict[str, Any]]:
    """Return a verdict on each of these, with size, owners and what is known of reads."""
    newest = ledger.newest_points(ids, ["usage", "profile"])
    found = []
    for number in ids:
        points = ledger.points(number, "usage", _POINTS) if "usage" in newest.get(number, {}) else []
        found.append(_asset(known, number, newest.get(number, {}), reads_since(points, cutoff)))
    return found


def _asset(known: Known, number: int, newest: Mapping[str, Point], reads: Reads) -> dict[str, Any]:
    urn = known.urn(number)
    profile = newest["profile"].payload if "profile" in newest else {}
    size = profile.get("bytes")
    for aspect in ("stored_object", "model_version"):
        size = known.aspect(urn, aspect).get("size") if size is None else size
    verdict = {"read": "used", "unread": "unused", "unknown": "unknown"}[reads.state]
    return {
        "urn": urn,
        "kind": known.entity(number).kind,
        "name": said(urn),
        "verdict": verdict,
        "safeToDeprecate": verdict == "unused",
        "bytes": size,
        "rows": profile.get("rows"),
        "owners": known.owners(urn),
        "deprecated": "deprecation" in known.of(urn) or known.aspect(urn, "lifecycle").get("state") == "deprecated",
        "lastRead": _moment(reads.last_read),
        "unreadSince": _moment(reads.last_read or reads.known_from) if verdict == "unused" else None,
        "evidence": {
            "downstream": {"column": 0, "dataset": 0},
            "readsKnownFrom": _moment(reads.known_from),
            "readsKnownUntil": _moment(reads.known_until),
            "countedBy": newest["usage"].source if "usage" in newest else None,
            "lastUsers": users_of(newest["usage"].payload) if "usage" in newest else [],
            "unknown": reads.reason or None,
        },
    }


def _moment(micros: int | None) -> str | None:
    return None if micros is None else moment(micros)


def _gaps(assets: Iterable[Mapping[str, Any]]) -> list[Gap]:
    """Return one gap a reason for which a use can't be told."""
    reasons: dict[str, list[str]] = {}
    for each in assets:
        if each["verdict"] == "unknown":
            reasons.setdefault(each["evidence"]["unknown"], []).append(each["urn"])
    return [
        Gap("unknown_usage", urns[0] if len(urns) == 1 else "", f"{reason}: {len(urns)} without a use downstream")
        for reason, urns in sorted(reasons.items())
    ]
