"""Find: search by words, filters, conditions and facets, among everything or within a lineage."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clew.errors import BadInput
from clew.graph import Direction
from clew.ledger import LedgerReader
from clew.query.answer import AsOf, Cut, Envelope, Gap, Viewer
from clew.query.closure import Closure, closure
from clew.query.freshness import Freshness
from clew.query.names import entity_named, said
from clew.query.terms import EVERYWHERE, Within
from clew.query.views import Views
from clew.search import Condition, Hit, Search, SearchQuery
from clew.search.measures import LEFT_OUT, MOST_VALUES
from clew.search.port import FACETS
from clew_schemas.resolve import resolve

MAX_LIMIT = 1000
MAX_OFFSET = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search: hits in order, what each is, counts by facet, how many match in all."""

    envelope: Envelope
    hits: Sequence[Mapping[str, Any]]
    total: int
    facets: Mapping[str, Mapping[str, int]]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "total": self.total,
            "hits": list(self.hits),
            "facets": {name: dict(counts) for name, counts in self.facets.items()},
        }


def find(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    query: SearchQuery,
    viewer: Viewer,
    at_least: str | None,
    within: Within = EVERYWHERE,
) -> Found:
    """Search. Hits beyond `limit` are named as such in `frontier` only when the caller can't page to them.

    What the lineage that `within` names may lack stands in `frontier` and `gaps`, and so do measures that are not kept.
    """
    _check(query)
    reached = freshness.reach("search", at_least)
    started = time.perf_counter()
    search = views.search
    lineages = _within(ledger, views, freshness, query, within, at_least)
    query = replace(query, among=_common([each for _, _, each in lineages]))
    result = search.search(query)
    seq = min([result.seq, *(seq for seq, _, _ in lineages)])
    paging = [Cut("paging ends here", result.total - MAX_OFFSET)] if result.total > MAX_OFFSET else []
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=max([reached.behind, *(behind for _, behind, _ in lineages)]),
        frontier=[*paging, *(cut for _, _, each in lineages for cut in each.cuts)],
        gaps=[*_left_out(search, query), *(gap for _, _, each in lineages for gap in each.gaps)],
        engine=search.name,
        hops=max([0, *(each.hops for _, _, each in lineages)]),
        ms=(time.perf_counter() - started) * 1000,
    )
    return Found(envelope, _described(ledger, result.hits), result.total, result.facets)


def _within(
    ledger: LedgerReader, views: Views, freshness: Freshness, query: SearchQuery, within: Within, at_least: str | None
) -> list[tuple[int, int, Closure]]:
    """Return each lineage that hits must lie in, with the seq that it is as of, and how far that is behind."""
    found = []
    for name, direction in ((within.downstream_of, Direction.DOWN), (within.upstream_of, Direction.UP)):
        if name is not None:
            entity = entity_named(ledger, name)
            seq, behind = freshness.reach("graph", at_least)
            kinds = query.filters.get("kind", ())
            found.append((seq, behind, closure(ledger, views.graph, entity, direction, seq, kinds)))
    return found


def _common(lineages: Sequence[Closure]) -> frozenset[int] | None:
    """Return the ids that lie in all lineages; None when there is none to lie in."""
    return frozenset.intersection(*(each.ids for each in lineages)) if lineages else None


def _left_out(search: Search, query: SearchQuery) -> list[Gap]:
    """Return a gap when something fits but for its conditions, and has measures that are not kept."""
    if not query.where:
        return []
    rest = replace(query, where=(Condition(LEFT_OUT, ">", 0),), facets=(), limit=0, offset=0)
    count = search.search(rest).total
    said = f"of {count} things that may fit, not all measures are kept: at most {MOST_VALUES} values of bounded length"
    return [Gap("measures_left_out", "", said)] if count else []


def _check(query: SearchQuery) -> None:
    if not 0 <= query.limit <= MAX_LIMIT:
        raise BadInput(f"limit {query.limit} is not between 0 and {MAX_LIMIT}", where="limit")
    if not 0 <= query.offset <= MAX_OFFSET:
        raise BadInput(
            f"offset {query.offset} is not between 0 and {MAX_OFFSET}", where="offset", hint="Narrow the search"
        )
    unknown = sorted({*query.filters, *query.facets} - set(FACETS))
    if unknown:
        raise BadInput(f"no facet is called {unknown[0]!r}", where="filters", hint=f"Facets: {', '.join(FACETS)}")


def _described(ledger: LedgerReader, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """Return hits with the first line of their documentation and their owners."""
    shown = ("documentation", "ownership", "properties")
    claims = ledger.claims([hit.id for hit in hits], aspects=shown)
    found = []
    for hit in hits:
        about = {name: resolve(claims[hit.id].get(name, ()), ledger.registry.get(name).resolution) for name in shown}
        text = (about["documentation"] or {}).get("text", "")
        found.append(
            {
                "urn": hit.urn,
                "kind": hit.kind,
                "name": said(hit.urn),
                "title": (about["properties"] or {}).get("name"),
                "summary": text.strip().split("\n", 1)[0][:200] or None,
                "owners": [each["owner"] for each in (about["ownership"] or {}).get("owners", ())],
                "score": round(hit.score, 4),
                "matched": list(hit.matched),
                "measures": {name: list(values) for name, values in hit.measures.items()},
            }
        )
    return found
