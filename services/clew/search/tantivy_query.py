"""What is asked, as tantivy's queries, built by hand: nothing that a person typed is parsed as a query language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock

import tantivy
from tantivy import Occur, Query

from clew.search import ranking, words
from clew.search.port import TEXT_FIELDS, SearchQuery
from clew.search.tantivy_store import IDENTIFIERS, STEMS, facet, stemmer
from clew.search.words import Wanted, Word

_KEYS = (("key", ranking.NAME), ("tail", ranking.TAIL), ("title_key", ranking.TITLE))


class Translator:
    """Builds queries for one schema. Safe to share between threads."""

    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema
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

    def questions(self, query: SearchQuery, wanted: Wanted) -> Iterator[Query]:
        """Yield what to ask, in turn, until something matches: with all words, and then with fewer."""
        limits = list(self._limits(query))
        if not query.text.strip():
            yield Query.boolean_query([(Occur.Must, self.everything()), *limits])
            return
        for need in ranking.relaxed(len(wanted.words)):
            text = self._text(query, wanted, need)
            yield Query.boolean_query([(Occur.Must, text), *limits])

    def fields_of(self, wanted: Wanted, ids: Iterable[int]) -> Query:
        """Return what scores these entities by the sum of 2 ** n, over the places n of the text fields with a word."""
        terms = list(dict.fromkeys(term for word in wanted.words for term in (word.whole, *word.parts)))
        asked = [(Occur.Must, _silent(Query.term_set_query(self._schema, "id", list(ids))))]
        for place, field in enumerate(TEXT_FIELDS):
            found = [(Occur.Should, self._in_field(field, term, 1.0)) for term in terms]
            asked.append((Occur.Should, Query.const_score_query(Query.boolean_query(found), float(2**place))))
        return Query.boolean_query(asked)

    def _text(self, query: SearchQuery, wanted: Wanted, need: int) -> Query:
        clauses = [(Occur.Should, self._word(word)) for word in wanted.words]
        found = Query.boolean_query(clauses, minimum_number_should_match=need) if clauses else Query.empty_query()
        bonus = list(self._bonus(wanted))
        if not query.stable:
            bonus += self._statistics(wanted)
        ranked = Query.boolean_query([(Occur.Must, found), *((Occur.Should, clause) for clause in bonus)])
        urn = Query.const_score_query(self._term("urn", _storable(query.text.strip())), float(ranking.URN))
        return Query.boolean_query([(Occur.Should, ranked), (Occur.Should, urn)])

    def _limits(self, query: SearchQuery) -> Iterator[tuple[Occur, Query]]:
        for name, values in query.filters.items():
            any_of = [_storable(value) for value in values]
            yield Occur.Must, _silent(Query.term_set_query(self._schema, facet(name), any_of))
        if query.classes is not None:
            yield Occur.Must, _silent(Query.term_set_query(self._schema, "class", sorted(query.classes)))

    def _word(self, word: Word) -> Query:
        whole = self._anywhere(word.whole, 1.0)
        if not word.parts:
            return whole
        share = ranking.PARTS / len(word.parts)
        parts = Query.boolean_query([(Occur.Must, self._anywhere(part, share)) for part in word.parts])
        return Query.disjunction_max_query([whole, parts])

    def _anywhere(self, term: str, share: float) -> Query:
        fields = [self._in_field(field, term, share) for field in TEXT_FIELDS]
        return Query.disjunction_max_query(fields, ranking.ELSEWHERE)

    def _in_field(self, field: str, term: str, share: float) -> Query:
        ways = ((ranking.score(field, match, share), found) for match, found in self._ways(field, term))
        return Query.disjunction_max_query([Query.const_score_query(found, float(score)) for score, found in ways])

    def _ways(self, field: str, term: str) -> Iterator[tuple[int, Query]]:
        yield ranking.EXACT, self._term(field, term)
        if field in IDENTIFIERS:
            yield ranking.PLURAL, self._term(field, words.singular(term))
        else:
            for stem in self._stem(term):
                yield ranking.PLURAL, self._term(STEMS, stem)
        if len(term) >= words.PREFIX_FROM:
            # Tantivy has no query for a prefix; one with no typo forgiven, open at its end, is that.
            yield ranking.PREFIX, Query.fuzzy_term_query(self._schema, field, term, 0, True, True)
        if words.typos(term):
            yield ranking.TYPO, Query.fuzzy_term_query(self._schema, field, term, words.typos(term), True, False)

    def _bonus(self, wanted: Wanted) -> Iterator[Query]:
        size = len(wanted.words)
        keys = [(self._term(field, wanted.key), bonus) for field, bonus in _KEYS]
        keys.append((self._term("alike", wanted.alike), ranking.ALIKE))
        yield Query.disjunction_max_query(
            [Query.const_score_query(found, float(bonus * size)) for found, bonus in keys]
        )

    def _statistics(self, wanted: Wanted) -> Iterator[Query]:
        """Yield BM25 of the exact words: rare words and short texts first, among what else counts alike."""
        for word in wanted.words:
            for field, weight in TEXT_FIELDS.items():
                yield Query.boost_query(self._term(field, word.whole), weight)

    def _term(self, field: str, value: str | int) -> Query:
        return Query.term_query(self._schema, field, value, "freq" if field in TEXT_FIELDS else "basic")

    def _analysed(self, term: str) -> tuple[str, ...]:
        with self._stemming:
            return tuple(self._stemmer.analyze(term))


def _silent(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def _storable(text: str) -> str:
    """Return `text` as it could stand in the index: lone surrogates, which can't, become question marks."""
    return text.encode("utf-8", "replace").decode()
