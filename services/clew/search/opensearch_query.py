"""What is asked, as OpenSearch's queries, built by hand: nothing that a person typed is parsed as a query language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from clew.search import measures, ranking, words
from clew.search.opensearch_store import ANY, MEASURE, POSITION, STEMS, WINDOW, facet
from clew.search.port import FACETS, TEXT_FIELDS, Condition, SearchQuery
from clew.search.ranking import Tier
from clew.search.stored import storable
from clew.search.words import Wanted, Word
from clew_schemas.errors import BadInput

Clause = dict[str, Any]

MOST_LEAVES = 1_000
"""OpenSearch refuses a query of more than 1,024 terms, prefixes and the like, and we ask for the position too."""

BUCKETS = 60_000
"""How many values are counted at once, by all facets together; the server's limit is 65,535."""

VALUES = 10_000
"""How many values of one facet are walked at once where there are more."""

_KEYS = (("key", ranking.NAME), ("tail", ranking.TAIL), ("title_key", ranking.TITLE))
_LEAVES = frozenset({"term", "terms", "prefix", "fuzzy", "match", "ids", "exists", "range"})
_EVERY_TIER = tuple(Tier)
_LIKE_TANTIVY = 2.2
"""BM25's k1 + 1, a constant factor that Lucene leaves out and tantivy does not."""

_MARKER: Clause = {"ids": {"values": [POSITION]}}


def check(query: SearchQuery) -> None:
    """Raise BadInput for an unknown facet, a negative limit or offset, and as `measures.check_query` does."""
    strange = (set(query.facets) | query.filters.keys()) - set(FACETS)
    if strange:
        raise BadInput(f"there is no facet {min(strange)!r}", where="facets", hint=f"There are {', '.join(FACETS)}")
    if query.limit < 0 or query.offset < 0:
        raise BadInput("limit and offset are at least 0", where="limit" if query.limit < 0 else "offset")
    measures.check_query(query)


def question(query: SearchQuery, wanted: Wanted, need: int, tiers: Sequence[Tier] = _EVERY_TIER) -> Clause:
    """Return the question for a page of what has at least `need` of the words, its facets and the position.

    All matches are found and counted; they are ranked by `tiers`, and those of a freer tier have score 0. The
    position stands among what is found, so that it is of the same moment, but among neither hits nor counts.
    """
    marker = _constant(_MARKER, 0)
    first = min(query.offset, WINDOW)
    return {
        "query": _any_of([_found(query, wanted, need, tiers), marker]),
        "post_filter": {"bool": {"must_not": [_MARKER]}},
        "aggs": {"seq": {"max": {"field": "position.seq"}}, **_counted(query.facets)},
        "sort": [{"_score": "desc"}, {"urn": "asc"}],
        "from": first,
        "size": min(query.limit, WINDOW - first),
        "track_total_hits": True,
        "_source": ["document.measures"] if query.where else False,
        "docvalue_fields": ["id", "urn", "kind"],
    }


def values(query: SearchQuery, wanted: Wanted, need: int, name: str, after: Clause | None) -> Clause:
    """Return the question for the next values of a facet, in order, with their counts, after those before."""
    source = {"value": {"terms": {"field": facet(name)}}}
    pages = {"composite": {"sources": [source], "size": VALUES, **({"after": after} if after else {})}}
    return {"query": _limited(query, _matching(query, wanted, need)), "aggs": {"values": pages}, "size": 0}


def is_ranked(score: float, tiers: Sequence[Tier], wanted: Wanted) -> bool:
    """Tell whether a score is one of these tiers, which come first; a freer one's is below."""
    return tuple(tiers) == _EVERY_TIER or score >= ranking.floor(max(tiers), len(wanted.words))


def tier_of(score: float, wanted: Wanted) -> Tier:
    """Return the tier that a score is of: all that a tier adds to its floor is less than the next one's floor."""
    return next(tier for tier in Tier if score >= ranking.floor(tier, len(wanted.words)))


def named(tier: Tier, field: str, term: str) -> str:
    """Return the name of what asks for a term in a field."""
    return f"{tier.value} {field} {term}"


def fields_of(names: Iterable[str], tier: Tier) -> tuple[str, ...]:
    """Return the text fields in which a word was found in this tier, from the names of what matched."""
    found = {field for at, field, _ in (name.split(" ", 2) for name in names) if at == str(tier.value)}
    return tuple(field for field in TEXT_FIELDS if field in found)


def _found(query: SearchQuery, wanted: Wanted, need: int, tiers: Sequence[Tier]) -> Clause:
    """Return what is found, and scored by all text fields, or, where that were too large a query, by `ANY`."""
    matching = _matching(query, wanted, need)
    if not query.text.strip():
        return _limited(query, matching)
    scored: Clause = {}
    for fields in (tuple(TEXT_FIELDS), (ANY,)):
        scored = _scored(query, wanted, need, tiers, fields)
        if leaves([matching, scored, *_conditions(query)]) <= MOST_LEAVES:
            break
    return _limited(query, matching, scored)


def _limited(query: SearchQuery, matching: Clause, scored: Clause | None = None) -> Clause:
    # Only our documents have an id: not the position, not tombstones.
    limits = [matching, {"exists": {"field": "id"}}]
    limits += [{"terms": {facet(name): list(map(storable, any_of))}} for name, any_of in query.filters.items()]
    if query.classes is not None:
        limits.append({"terms": {"class": sorted(query.classes)}})
    if query.among is not None:
        limits.append({"terms": {"id": sorted(query.among)}})
    limits += _conditions(query)
    return {"bool": {"filter": limits, "should": [scored] if scored else []}}


def _conditions(query: SearchQuery) -> list[Clause]:
    return [clause for condition in query.where for clause in _condition(condition)]


def _condition(condition: Condition) -> Iterator[Clause]:
    said = measures.asked(condition)
    if said.one is not None:
        yield _term(MEASURE, said.one)
    if said.span is not None:
        head, low, high = said.span.head, said.span.low, said.span.high
        yield {"range": {MEASURE: {"gte": head + low, "lte": head + high}}}
    if said.none is not None:
        yield {"bool": {"must_not": [_term(MEASURE, said.none)]}}


def _matching(query: SearchQuery, wanted: Wanted, need: int) -> Clause:
    if not query.text.strip():
        return {"match_all": {}}
    found = [_at_least(need, [_compound(word, _anyhow, _any_of) for word in wanted.words])]
    return _any_of(found + _urn(query))


def _scored(query: SearchQuery, wanted: Wanted, need: int, tiers: Sequence[Tier], fields: Sequence[str]) -> Clause:
    """Return the best score of all tiers: each stands above all that a freer one can give."""
    ways = [_tier(query, wanted, need, tier, fields) for tier in tiers]
    size = len(wanted.words)
    urns = [_constant(urn, ranking.floor(None, size) + ranking.NAME * size) for urn in _urn(query)]
    return _best([*urns, *ways])


def _tier(query: SearchQuery, wanted: Wanted, need: int, tier: Tier, fields: Sequence[str]) -> Clause:
    def one(term: str, share: float) -> Clause:
        return _best([_in_field(field, term, tier, share) for field in fields], ranking.ELSEWHERE)

    found = _at_least(need, [_compound(word, one, _best) for word in wanted.words])
    floor = ranking.floor(tier, len(wanted.words))
    must = [found, _constant({"match_all": {}}, floor)] if floor else [found]
    if tier is not Tier.EXACT:
        return {"bool": {"must": must}}
    return {"bool": {"must": must, "should": [_bonus(wanted), *(() if query.stable else _statistics(wanted, fields))]}}


def _in_field(field: str, term: str, tier: Tier, share: float) -> Clause:
    weighed = field if field in TEXT_FIELDS else "prose"
    ways = [_constant(found, ranking.score(weighed, match, share)) for match, found in _ways(field, term, tier)]
    return _best(ways, name=named(tier, field, term))


def _ways(field: str, term: str, tier: Tier) -> Iterator[tuple[int, Clause]]:
    """Yield how a word may stand in a field, with what it counts then."""
    yield ranking.EXACT, _term(field, term)
    if words.singular(term) != term:
        yield ranking.PLURAL, _term(field, words.singular(term))
    if field in ("prose", ANY):
        yield ranking.PLURAL, {"match": {STEMS: {"query": term}}}
    if tier >= Tier.PREFIX and len(term) >= words.PREFIX_FROM:
        yield ranking.PREFIX, {"prefix": {field: {"value": term}}}
    if tier >= Tier.TYPO:
        for typos in range(1, words.typos(term) + 1):
            yield ranking.TYPO // typos, _fuzzy(field, term, typos)


def _anyhow(term: str, share: float) -> Clause:
    """Return what has a term in any field and any way, in few leaves: a word with most typos has fewer, too."""
    ways: list[Clause] = [
        {"terms": {ANY: list(dict.fromkeys((term, words.singular(term))))}},
        {"match": {STEMS: {"query": term}}},
    ]
    if len(term) >= words.PREFIX_FROM:
        ways.append({"prefix": {ANY: {"value": term}}})
    if words.typos(term):
        ways.append(_fuzzy(ANY, term, words.typos(term)))
    return _any_of(ways)


def _fuzzy(field: str, term: str, typos: int) -> Clause:
    # Rewritten so, all terms are found that are near enough; else only the fifty best.
    asked = {"value": term, "fuzziness": typos, "transpositions": True, "rewrite": "constant_score"}
    return {"fuzzy": {field: asked}}


def _bonus(wanted: Wanted) -> Clause:
    size = len(wanted.words)
    keys = [_constant(_term(field, wanted.key), bonus * size) for field, bonus in _KEYS]
    return _best([*keys, _constant(_term("alike", wanted.alike), ranking.ALIKE * size)])


def _statistics(wanted: Wanted, fields: Sequence[str]) -> Iterator[Clause]:
    """Yield BM25 of the exact words: rare words and short texts first, among what else counts alike."""
    for word in wanted.words:
        for field in fields:
            boost = TEXT_FIELDS.get(field, 1.0) * _LIKE_TANTIVY
            yield {"term": {field: {"value": word.whole, "boost": boost}}}


def _urn(query: SearchQuery) -> list[Clause]:
    text = query.text.strip()
    return [_term("urn", storable(text))] if text.startswith("urn:") else []


def _counted(names: Sequence[str]) -> Clause:
    """Return the counts of all values of the facets: exact on one shard, unless there are more than were asked for."""
    size = BUCKETS // max(1, len(names))
    return {facet(name): {"terms": {"field": facet(name), "size": size}} for name in names}


def _compound(word: Word, one: Callable[[str, float], Clause], either: Callable[[list[Clause]], Clause]) -> Clause:
    """Return a word's query, made by `one` of a term and its share in the score: as a whole, or by all of its parts."""
    whole = one(word.whole, 1.0)
    if not word.parts:
        return whole
    share = ranking.PARTS / len(word.parts)
    return either([whole, _at_least(len(word.parts), [one(part, share) for part in word.parts])])


def _term(field: str, value: str) -> Clause:
    return {"term": {field: {"value": value}}}


def _constant(found: Clause, score: float) -> Clause:
    return {"constant_score": {"filter": found, "boost": score}}


def _best(clauses: list[Clause], others: float = 0.0, name: str | None = None) -> Clause:
    return {"dis_max": {"queries": clauses, "tie_breaker": others, **({"_name": name} if name else {})}}


def _any_of(clauses: list[Clause]) -> Clause:
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _at_least(need: int, clauses: list[Clause]) -> Clause:
    if not clauses:
        return {"match_none": {}}
    if need == len(clauses):
        return {"bool": {"must": clauses}}
    return {"bool": {"should": clauses, "minimum_should_match": need}}


def leaves(clause: object) -> int:
    """Return how many leaves a query has, as OpenSearch counts them."""
    if isinstance(clause, dict):
        return sum(1 if key in _LEAVES else leaves(value) for key, value in clause.items())
    return sum(map(leaves, clause)) if isinstance(clause, list) else 0
