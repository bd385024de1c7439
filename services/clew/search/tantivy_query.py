"""What is asked, as tantivy's queries, built by hand: nothing that a person typed is parsed as a query language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from threading import Lock

import tantivy
from tantivy import Occur, Query

from clew.search import measures, ranking, words
from clew.search.measures import Span
from clew.search.port import TEXT_FIELDS, Condition, SearchQuery
from clew.search.ranking import Tier
from clew.search.tantivy_store import ANY, MEASURE, ORDER, STEMS, facet, stemmer
from clew.search.words import Wanted, Word

_DIGITS = "0123456789abcdef"
_KEYS = (("key", ranking.NAME), ("tail", ranking.TAIL), ("title_key", ranking.TITLE))


class Translator:
    """Builds queries for one index. Safe to share between threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._parse: Callable[[str], Query] = index.parse_query
        self._stemmer = stemmer()
        self._stemming = Lock()
        self._stem = lru_cache(maxsize=4_096)(self._analysed)

    def everything(self) -> Query:
        """Return what all documents match, at score 0, and the position does not."""
        return Query.boolean_query(
            [(Occur.Must, _silent(Query.all_query())), (Occur.MustNot, self._term("marker", 1))],
        )

    def marker(self) -> Query:
        """Return what only the position matches."""
        return self._term("marker", 1)

    def one(self, id: int) -> Query:
        """Return what the document of an entity matches."""
        return self._term("id", id)

    def among(self, ids: Iterable[int]) -> Query:
        """Return what these entities match, at score 0."""
        return _silent(Query.term_set_query(self._schema, "id", list(ids)))

    def up_to(self, question: Query, place: str) -> Query:
        """Return what matches `question`, with its score, and comes by URN not after `place`, a value of `ORDER`."""
        # Tantivy makes no range of texts but from its language of queries; a place is made of hexadecimal digits.
        return Query.boolean_query(
            [(Occur.Must, question), (Occur.Must, _silent(self._parse(f"{ORDER}:[* TO {place}]")))]
        )

    def matching(self, query: SearchQuery, wanted: Wanted, need: int) -> Query:
        """Return what all that is found matches, at score 0: documents with at least `need` of the words."""
        if not query.text.strip():
            return self._limited(query, self.everything())
        found = [(Occur.Should, self._match(wanted, need, max(Tier)))]
        found += [(Occur.Should, _silent(urn)) for urn in self._urn(query)]
        return self._limited(query, Query.boolean_query(found))

    def tiers(self, query: SearchQuery, wanted: Wanted, need: int) -> Iterator[tuple[Tier | None, Query]]:
        """Yield what is found by tiers, the best first, each without what those before it hold, and scored."""
        above = self._urn(query)
        for urn in above:
            yield None, self._limited(query, urn)
        for tier in Tier:
            yield tier, self._limited(query, self._ranked(query, wanted, need, tier), above)
            above = [*above[:1], self._match(wanted, need, tier)]

    def fields_of(self, wanted: Wanted, ids: Iterable[int], tier: Tier) -> Query:
        """Return what scores these entities by the sum of 2 ** n, over the places n of the text fields with a word.

        In its tier, that is: where a word stands as typed, it is not looked for with typos.
        """
        terms = list(dict.fromkeys(term for word in wanted.words for term in (word.whole, *word.parts)))
        asked = [(Occur.Must, _silent(Query.term_set_query(self._schema, "id", list(ids))))]
        for place, field in enumerate(TEXT_FIELDS):
            ways = [found for term in terms for _, found in self._ways(field, term, tier)]
            asked.append((Occur.Should, Query.const_score_query(_any_of(ways), float(2**place))))
        return Query.boolean_query(asked)

    def _limited(self, query: SearchQuery, found: Query, without: Iterable[Query] = ()) -> Query:
        clauses = [(Occur.Must, found), *((Occur.MustNot, other) for other in without)]
        for name, values in query.filters.items():
            any_of = [_storable(value) for value in values]
            clauses.append((Occur.Must, _silent(Query.term_set_query(self._schema, facet(name), any_of))))
        if query.classes is not None:
            clauses.append((Occur.Must, _silent(Query.term_set_query(self._schema, "class", sorted(query.classes)))))
        if query.among is not None:
            clauses.append((Occur.Must, _silent(Query.term_set_query(self._schema, "id", sorted(query.among)))))
        for condition in query.where:
            clauses += self._condition(condition)
        return Query.boolean_query(clauses)

    def _condition(self, condition: Condition) -> Iterator[tuple[Occur, Query]]:
        said = measures.asked(condition)
        if said.one is not None:
            yield Occur.Must, _silent(self._term(MEASURE, said.one))
        if said.span is not None:
            # Tantivy has no range of terms of a text; a pattern of the digits between is that, exactly.
            yield Occur.Must, _silent(Query.regex_query(self._schema, MEASURE, _pattern(said.span)))
        if said.none is not None:
            yield Occur.MustNot, self._term(MEASURE, said.none)

    def _urn(self, query: SearchQuery) -> list[Query]:
        text = query.text.strip()
        return [self._term("urn", _storable(text))] if text.startswith("urn:") else []

    def _match(self, wanted: Wanted, need: int, tier: Tier) -> Query:
        def one(term: str, share: float) -> Query:
            return _any_of([found for _, found in self._ways(ANY, term, tier)][_covered(term, tier) :])

        return _silent(_at_least(need, [_compound(word, one, _any_of) for word in wanted.words]))

    def _ranked(self, query: SearchQuery, wanted: Wanted, need: int, tier: Tier) -> Query:
        def one(term: str, share: float) -> Query:
            fields = [self._in_field(field, term, tier, share) for field in TEXT_FIELDS]
            return Query.disjunction_max_query(fields, ranking.ELSEWHERE)

        found = _at_least(need, [_compound(word, one, Query.disjunction_max_query) for word in wanted.words])
        if tier is not Tier.EXACT:
            return found
        bonus = [self._bonus(wanted), *(() if query.stable else self._statistics(wanted))]
        return Query.boolean_query([(Occur.Must, found), *((Occur.Should, clause) for clause in bonus)])

    def _in_field(self, field: str, term: str, tier: Tier, share: float) -> Query:
        ways = ((ranking.score(field, match, share), found) for match, found in self._ways(field, term, tier))
        return Query.disjunction_max_query([Query.const_score_query(found, float(score)) for score, found in ways])

    def _ways(self, field: str, term: str, tier: Tier) -> Iterator[tuple[int, Query]]:
        """Yield how a word may stand in a field, with what it counts then."""
        yield ranking.EXACT, self._term(field, term)
        if words.singular(term) != term:
            yield ranking.PLURAL, self._term(field, words.singular(term))
        if field in ("prose", ANY):
            yield ranking.PLURAL, self._term(STEMS, self._stem(term))
        if tier >= Tier.PREFIX and len(term) >= words.PREFIX_FROM:
            # Tantivy has no query for a prefix; one with no typo forgiven, open at its end, is that.
            yield ranking.PREFIX, Query.fuzzy_term_query(self._schema, field, term, 0, True, True)
        if tier >= Tier.TYPO:
            for typos in range(1, words.typos(term) + 1):
                yield ranking.TYPO // typos, Query.fuzzy_term_query(self._schema, field, term, typos, True, False)

    def _bonus(self, wanted: Wanted) -> Query:
        keys = [(self._term(field, wanted.key), bonus) for field, bonus in _KEYS]
        keys.append((self._term("alike", wanted.alike), ranking.ALIKE))
        size = len(wanted.words)
        return Query.disjunction_max_query([Query.const_score_query(key, float(bonus * size)) for key, bonus in keys])

    def _statistics(self, wanted: Wanted) -> Iterator[Query]:
        """Yield BM25 of the exact words: rare words and short texts first, among what else counts alike."""
        for word in wanted.words:
            for field, weight in TEXT_FIELDS.items():
                yield Query.boost_query(self._term(field, word.whole), weight)

    def _term(self, field: str, value: str | int) -> Query:
        return Query.term_query(self._schema, field, value, "freq" if field in TEXT_FIELDS else "basic")

    def _analysed(self, word: str) -> str:
        with self._stemming:
            return str(self._stemmer.analyze(word)[0])


def _compound(word: Word, one: Callable[[str, float], Query], either: Callable[[list[Query]], Query]) -> Query:
    """Return a word's query, made by `one` of a term and its share in the score: as a whole, or by all of its parts."""
    whole = one(word.whole, 1.0)
    if not word.parts:
        return whole
    share = ranking.PARTS / len(word.parts)
    return either([whole, _at_least(len(word.parts), [one(part, share) for part in word.parts])])


def _covered(term: str, tier: Tier) -> int:
    """Return how many of the first ways are among what the freer ones find: the word itself begins with itself."""
    return 1 if tier >= Tier.PREFIX and len(term) >= words.PREFIX_FROM else 0


def _any_of(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _at_least(need: int, queries: list[Query]) -> Query:
    if need == len(queries):
        return Query.boolean_query([(Occur.Must, query) for query in queries])
    return Query.boolean_query([(Occur.Should, query) for query in queries], minimum_number_should_match=need)


def _pattern(span: Span) -> str:
    return span.head + _between(span.low, span.high)


def _between(low: str, high: str) -> str:
    """Return a regular expression for the strings of as many hexadecimal digits, from `low` to `high`."""
    if low == "0" * len(low) and high == "f" * len(high):
        return "[0-9a-f]*" if low else ""
    if low[0] == high[0]:
        return low[0] + _between(low[1:], high[1:])
    rest = len(low) - 1
    ways = [low[0] + _between(low[1:], "f" * rest), high[0] + _between("0" * rest, high[1:])]
    inner = _DIGITS[_DIGITS.index(low[0]) + 1 : _DIGITS.index(high[0])]
    if inner:
        ways.append(f"[{inner}]{_between('0' * rest, 'f' * rest)}")
    return f"({'|'.join(ways)})"


def _silent(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def _storable(text: str) -> str:
    """Return `text` as it could stand in the index: lone surrogates, which can't, become question marks."""
    return text.encode("utf-8", "replace").decode()
