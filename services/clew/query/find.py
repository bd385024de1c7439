"""Find: search by words, filters and facets."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.errors import BadInput
from clew.ledger import LedgerReader
from clew.query.answer import AsOf, Cut, Envelope, Viewer
from clew.query.freshness import Freshness
from clew.query.names import said
from clew.query.views import Views
from clew.search import Hit, SearchQuery
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
    ledger: LedgerReader, views: Views, freshness: Freshness, query: SearchQuery, viewer: Viewer, at_least: str | None
) -> Found:
    """Search. Hits beyond `limit` are named as such in `frontier` only when the caller can't page to them."""
    _check(query)
    reached = freshness.reach("search", at_least)
    started = time.perf_counter()
    search = views.search
    result = search.search(query)
    envelope = Envelope(
        as_of=AsOf(result.seq, ledger.time_of(result.seq), ledger.epoch),
        behind=reached.behind,
        frontier=[Cut("paging ends here", result.total - MAX_OFFSET)] if result.total > MAX_OFFSET else (),
        engine=search.name,
        ms=(time.perf_counter() - started) * 1000,
    )
    return Found(envelope, _described(ledger, result.hits), result.total, result.facets)


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
    claims = ledger.claims([hit.id for hit in hits])
    found = []
    for hit in hits:
        about = {
            name: resolve(claims[hit.id].get(name, ()), ledger.registry.get(name).resolution)
            for name in ("documentation", "ownership", "properties")
        }
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
            }
        )
    return found
