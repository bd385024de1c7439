"""What OpenSearch is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.search import opensearch_query as asked
from clew.search import ranking, words
from clew.search.measures import MOST_CONDITIONS
from clew.search.port import TEXT_FIELDS, Condition, SearchQuery
from clew.search.ranking import Tier
from clew_schemas.errors import TooLarge

BUILT_OF = {
    *("query", "bool", "must", "must_not", "should", "filter", "minimum_should_match", "constant_score", "boost"),
    *("dis_max", "queries", "tie_breaker", "_name", "match_all", "match_none"),
    *("term", "terms", "prefix", "fuzzy", "match", "ids", "exists", "range"),
}
"""All that a query may be built of: none of it parses a text as a language."""


MOST_WHERE = [Condition(f"m{at}", "!=", "x") for at in range(MOST_CONDITIONS)]


def question(text: str, **said: Any) -> dict[str, Any]:
    query = SearchQuery(text, **said)
    wanted = words.wanted(text)
    return asked.question(query, wanted, len(wanted.words))


def keys(clause: object) -> Iterator[str]:
    """Yield the words of the query language in a query: all keys, but for what stands within a leaf."""
    if isinstance(clause, dict):
        for key, value in clause.items():
            yield key
            if key not in ("term", "terms", "prefix", "fuzzy", "match", "ids", "exists", "range"):
                yield from keys(value)
    elif isinstance(clause, list):
        for each in clause:
            yield from keys(each)


def unnamed(clause: object) -> object:
    if isinstance(clause, dict):
        return {key: unnamed(value) for key, value in clause.items() if key != "_name"}
    return [unnamed(each) for each in clause] if isinstance(clause, list) else clause


@given(st.text(st.characters(codec=None), max_size=200), st.booleans())
def test_any_text_makes_a_question_of_bounded_size_and_known_words(text: str, stable: bool) -> None:
    try:
        body = question(text, stable=stable, filters={"tag": [text]}, classes=frozenset({1, 2}), where=MOST_WHERE)
    except TooLarge:
        return
    assert set(keys(body["query"])) <= BUILT_OF
    assert asked.leaves(body["query"]) <= 1_024
    orjson.dumps(body)


def test_a_question_of_the_most_words_is_still_taken() -> None:
    body = question(" ".join(f"word{chr(97 + at // 26)}{chr(97 + at % 26)}ies" for at in range(48)))
    assert 500 < asked.leaves(body["query"]) <= asked.MOST_LEAVES + 3


def test_leaves_are_counted_wherever_they_stand() -> None:
    leaf: dict[str, Any] = {"term": {"term": {"value": "prefix"}}}
    assert asked.leaves(leaf) == 1
    assert asked.leaves({"bool": {"must": [leaf, {"dis_max": {"queries": [leaf, leaf]}}], "filter": leaf}}) == 4


def test_a_stable_question_has_no_statistics() -> None:
    def scored(clause: object) -> Iterator[object]:
        if isinstance(clause, dict):
            if "boost" in clause and "value" in clause:
                yield clause
            yield from (found for value in clause.values() for found in scored(value))
        elif isinstance(clause, list):
            yield from (found for each in clause for found in scored(each))

    assert list(scored(question("flight delay")["query"]))
    assert not list(scored(question("flight delay", stable=True)["query"]))


def test_pages_never_go_over_the_window() -> None:
    for limit, offset in ((20, 0), (10**12, 0), (20, 9_990), (20, 10_000), (5, 10**12)):
        body = question("flight", limit=limit, offset=offset)
        assert body["from"] + body["size"] <= 10_000
        assert body["size"] == limit or body["from"] + body["size"] == 10_000


def test_facets_share_the_servers_limit() -> None:
    body = question("flight", facets=("kind", "tag", "owner"))
    sizes = [each["terms"]["size"] for name, each in body["aggs"].items() if name != "seq"]
    assert len(sizes) == 3 and sum(sizes) < 65_535


@pytest.mark.parametrize("count", [1, 2, 48])
def test_a_tier_is_told_from_the_score(count: int) -> None:
    wanted = words.Wanted(tuple(words.Word(str(at)) for at in range(count)))
    best, *others = sorted((ranking.score(field, ranking.EXACT) for field in TEXT_FIELDS), reverse=True)
    everywhere = sum(others) * ranking.ELSEWHERE
    for tier in Tier:
        floor = ranking.floor(tier, count)
        for score in (floor + 1, floor + count * (best + everywhere)):
            assert asked.tier_of(score, wanted) is tier
    assert asked.is_ranked(ranking.floor(Tier.EXACT, count), (Tier.EXACT,), wanted)
    assert not asked.is_ranked(ranking.floor(Tier.EXACT, count) - 1, (Tier.EXACT,), wanted)
    assert asked.is_ranked(0, tuple(Tier), wanted)


def test_fields_are_told_from_the_names_of_what_matched() -> None:
    names = [asked.named(Tier.PREFIX, "prose", "x"), asked.named(Tier.PREFIX, "name", "y")]
    names += [asked.named(Tier.TYPO, "code", "x"), asked.named(Tier.PREFIX, "any", "x")]
    assert asked.fields_of(names, Tier.PREFIX) == ("name", "prose")
    assert asked.fields_of(names, Tier.TYPO) == ("code",)
    assert asked.fields_of([], Tier.EXACT) == ()


def test_what_cannot_be_stored_is_asked_for_as_it_would_be_stored() -> None:
    body = question("urn:\ud800", filters={"tag": ["a\ud800"]})
    assert b"a?" in orjson.dumps(body) and b"urn:?" in orjson.dumps(body)


def test_names_change_nothing_but_what_is_told() -> None:
    body = question("flight")
    assert asked.leaves(unnamed(body["query"])) == asked.leaves(body["query"])
