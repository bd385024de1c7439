"""What a search answers: how many words must match, the page of hits, and the counts of facets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from clew.search import measures, ranking, words
from clew.search import opensearch_query as asked
from clew.search.opensearch_store import WINDOW, facet
from clew.search.port import Hit, SearchQuery, SearchResult, Value
from clew.search.ranking import Tier
from clew.search.words import Wanted
from clew_schemas.errors import TooLarge

Answer = dict[str, Any]
Ask = Callable[[dict[str, Any]], Answer]

_TRIES: tuple[tuple[Tier, ...], ...] = ((Tier.EXACT,), tuple(Tier))
"""Words as typed mostly fill a page; only then prefixes and typos are looked for in every field, which costs more."""


def search(query: SearchQuery, ask: Ask, snapshot: Callable[[], AbstractContextManager[Ask]]) -> SearchResult:
    """Answer as the port promises, from one moment of the index. Facets are counted under all filters, their own too.

    `ask` answers one question; `snapshot` gives one that answers all from the same moment. Raises BadInput for an
    unknown facet, a negative limit or offset, a condition that can't be asked, what is over the limits of `words` and
    `measures`, and TooLarge for hits too deep.
    """
    asked.check(query)
    wanted = words.wanted(query.text)
    need, answer = _answer(query, wanted, ask)
    counts = {name: _terms(answer, name) for name in query.facets}
    if None in counts.values():
        with snapshot() as again:
            need, answer = _answer(query, wanted, again)
            for name in query.facets:
                found = _terms(answer, name)
                counts[name] = _pages(query, wanted, need, name, again) if found is None else found
    total = int(answer["hits"]["total"]["value"])
    _check_depth(query, total)
    facets = {name: dict(sorted((found or {}).items(), key=_by_count)) for name, found in counts.items()}
    return SearchResult(_hits(query, wanted, answer), total, facets, int(answer["aggregations"]["seq"]["value"] or 0))


def _answer(query: SearchQuery, wanted: Wanted, ask: Ask) -> tuple[int, Answer]:
    """Return how many words must match for something to be found, and what is answered then."""
    need, answer = 0, dict[str, Any]()
    for need in ranking.relaxed(len(wanted.words)):
        for tiers in _TRIES:
            answer = ask(asked.question(query, wanted, need, tiers))
            hits = answer["hits"]["hits"]
            if not hits or not query.text.strip() or asked.is_ranked(hits[-1]["_score"], tiers, wanted):
                break
        if answer["hits"]["total"]["value"]:
            break
    return need, answer


def _hits(query: SearchQuery, wanted: Wanted, answer: Answer) -> tuple[Hit, ...]:
    searched = bool(query.text.strip())
    return tuple(_hit(query, hit, wanted if searched else None) for hit in answer["hits"]["hits"])


def _hit(query: SearchQuery, hit: Mapping[str, Any], wanted: Wanted | None) -> Hit:
    """Return a hit; `wanted` is None when everything is found alike."""
    said, score = hit["fields"], float(hit["_score"])
    matched = asked.fields_of(hit.get("matched_queries", ()), asked.tier_of(score, wanted)) if wanted else ()
    urn, kind = (str(said.get(name, [""])[0]) for name in ("urn", "kind"))
    asked_for = measures.named(_measures(hit), query.where) if query.where else {}
    return Hit(int(said["id"][0]), urn, kind, score / ranking.SHOWN, matched, asked_for)


def _measures(hit: Mapping[str, Any]) -> Mapping[str, Sequence[Value]]:
    """Return a hit's measures; none for a document that a stranger's hand wrote."""
    document = hit["_source"].get("document")
    said = document.get("measures") if isinstance(document, dict) else None
    return {name: values for name, values in (said or {}).items() if isinstance(values, list)}


def _terms(answer: Answer, name: str) -> dict[str, int] | None:
    """Return the counts of a facet's values; None when there are more values than were counted."""
    found = answer["aggregations"][facet(name)]
    if found["sum_other_doc_count"]:
        return None
    return {bucket["key"]: bucket["doc_count"] for bucket in found["buckets"]}


def _pages(query: SearchQuery, wanted: Wanted, need: int, name: str, ask: Ask) -> dict[str, int]:
    """Return the counts of all of a facet's values, walked page by page."""
    counts: dict[str, int] = {}
    after = None
    while True:
        found = ask(asked.values(query, wanted, need, name, after))["aggregations"]["values"]
        counts |= {bucket["key"]["value"]: bucket["doc_count"] for bucket in found["buckets"]}
        after = found.get("after_key")
        if after is None:
            return counts


def _check_depth(query: SearchQuery, total: int) -> None:
    if min(query.offset + query.limit, total) > WINDOW and query.offset < total and query.limit:
        raise TooLarge(
            f"OpenSearch pages through the first {WINDOW} hits, and these are from {query.offset} of {total} on",
            where="offset",
            hint="Say more in the query, or filter",
        )


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
