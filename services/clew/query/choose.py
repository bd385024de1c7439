"""Choose: what a filter selects, and who states an edge; for edits of many things, and of single edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clew.errors import BadInput
from clew.graph import Direction
from clew.ledger import LedgerReader
from clew.query.freshness import Freshness
from clew.query.views import Views
from clew.search import SearchQuery
from clew.search.port import FACETS
from clew_schemas.edges import EdgeType

_FLOWS = frozenset({int(EdgeType.FLOW), int(EdgeType.DATASET_FLOW)})


def chosen(ledger: LedgerReader, views: Views, freshness: Freshness, query: SearchQuery, most: int) -> list[str]:
    """Return the URNs of all that a search matches, by what is committed now.

    Raises BadInput when these are more than `most` or the search asks nothing, Stale when the index does not get there.
    """
    if not (query.text.strip() or query.filters or query.where):
        raise BadInput("a filter that asks nothing would choose everything", where="where", hint="Filter by kind, say")
    unknown = sorted(set(query.filters) - set(FACETS))
    if unknown:
        raise BadInput(f"no facet is called {unknown[0]!r}", where="where", hint=f"Facets: {', '.join(FACETS)}")
    freshness.reach("search", _now(ledger))
    found = views.search.search(replace(query, facets=(), limit=most, offset=0))
    if found.total > most:
        raise BadInput(
            f"the filter chooses {found.total} things, {most} at most are edited at once",
            where="where",
            hint="Narrow the filter, and edit part by part",
        )
    return [hit.urn for hit in found.hits]


def stating(ledger: LedgerReader, views: Views, freshness: Freshness, src: str, dst: str) -> Sequence[tuple[str, str]]:
    """Return (carrier, aspect) of every claim by which data flows from one thing to another, by name."""
    freshness.reach("graph", _now(ledger))
    start, end = ledger.ids([src, dst])
    if not start or not end:
        return []
    edges = views.graph.expand(np.array([start], np.int64), Direction.DOWN, _FLOWS)
    edges = edges.where(edges.dst == end)
    pairs = sorted(set(zip(edges.carrier.tolist(), edges.aspect.tolist(), strict=True)))
    carriers = ledger.entities([carrier for carrier, _ in pairs])
    return sorted(
        (carrier.urn, ledger.name_of("aspect", aspect))
        for carrier, (_, aspect) in zip(carriers, pairs, strict=True)
        if carrier is not None
    )


def _now(ledger: LedgerReader) -> str:
    """Return the token of what is committed: an edit is made of what stands, not of what a view still shows."""
    return f"{ledger.epoch}-{ledger.head_seq()}"
