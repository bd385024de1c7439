"""What can be read of one commit of the embedded index, while later ones are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import tantivy
from tantivy import DocAddress, Order, Query

from clew.search import measures, ranking, words
from clew.search.port import FACETS, TEXT_FIELDS, Document, Hit, Position, SearchQuery, SearchResult
from clew.search.ranking import Tier
from clew.search.stored import from_json
from clew.search.tantivy_query import Translator
from clew.search.tantivy_store import ORDER, decoded_position, facet, reading
from clew.search.words import Wanted
from clew_schemas.errors import BadInput, Damaged

_FEW = 64
_MANY = 576
"""Hits that are asked for at once where those with one score are to be put in order."""
_PAGE = 1_000
_BUCKETS = 65_000

Scored = tuple[float, DocAddress]


class View:
    """A reader of one commit. Safe to share between threads; what it answers never changes."""

    def __init__(self, searcher: tantivy.Searcher, translator: Translator) -> None:
        # tantivy's stubs leave out half of what its answers have.
        self._searcher: Any = searcher
        self._translator = translator
        # Never more hits than documents are asked for: tantivy makes room for all of them, or takes the process down.
        self._most: int = max(1, searcher.num_docs)
        self.position = self._read_position()

    def search(self, query: SearchQuery) -> SearchResult:
        """Answer as the port promises. Facets are counted under all filters, a facet's own too.

        Raises BadInput for an unknown facet, a negative limit or offset, a condition that can't be asked, and what is
        over the limits of `words` and `measures`.
        """
        _check(query)
        wanted = words.wanted(query.text)
        with reading():
            need, total, facets = self._count(query, wanted)
            hits = tuple(self._hits(query, wanted, need, total))
        return SearchResult(hits, total, facets, self.position.seq)

    def get(self, id: int) -> Document | None:
        """Return the stored document of an entity, or None."""
        with reading():
            found = self._searcher.search(self._translator.one(id), 1, count=False).hits
            return next(self._documents([address for _, address in found]), None)

    def dump(self) -> Iterator[Document]:
        """Yield every document, a second one of the same id too."""
        with reading():
            found = self._searcher.search(self._translator.everything(), self._most, count=False).hits
            for start in range(0, len(found), _PAGE):
                yield from self._documents([address for _, address in found[start : start + _PAGE]])

    def _read_position(self) -> Position:
        with reading():
            found = self._searcher.search(self._translator.marker(), 2).hits
            if len(found) > 1:
                raise Damaged("the search index has two positions", hint="Rebuild the index")
            return decoded_position(self._stored(found[0][1])) if found else Position("", 0)

    def _count(self, query: SearchQuery, wanted: Wanted) -> tuple[int, int, dict[str, dict[str, int]]]:
        """Return how many words must match for something to be found, how much is found then, and its facets."""
        need, total, facets = 0, 0, dict[str, dict[str, int]]()
        for need in ranking.relaxed(len(wanted.words)):
            total, facets = self._facets(self._translator.matching(query, wanted, need), query.facets)
            if total:
                break
        return need, total, facets

    def _hits(self, query: SearchQuery, wanted: Wanted, need: int, total: int) -> Iterator[Hit]:
        start, stop = query.offset, min(query.offset + query.limit, total)
        if start < stop and not query.text.strip():
            matching = self._translator.matching(query, wanted, need)
            yield from (
                self._hit(query, 0.0, address, ()) for _, address in self._by_urn(matching, start, stop - start)
            )
            return
        tiers = self._translator.tiers(query, wanted, need) if start < stop else ()
        for tier, question in tiers:
            found = self._searcher.search(question, stop + 1)
            low, high = max(start, 0), min(stop, found.count)
            if low < high:
                best = self._best(question, found.hits, high, found.count)
                yield from self._hits_of_tier(query, self._between(best, low, high), wanted, tier)
            start, stop = start - found.count, stop - found.count
            if stop <= 0:
                return

    def _best(self, question: Query, first: Sequence[Scored], stop: int, total: int) -> Sequence[Scored]:
        """Return the best hits by score, of which `first` are a beginning: all that may stand before `stop`.

        What ties with the last of them belongs to it; where that is too much, the first of it by URN.
        """
        last, best = first[stop - 1][0], first
        if best[-1][0] == last and len(best) < total:
            best = self._searcher.search(question, min(max(_MANY, 4 * stop), total), count=False).hits
        if best[-1][0] != last or len(best) >= total:
            return best
        better = [hit for hit in best if hit[0] > last]
        return [*better, *((last, address) for address in self._tied(question, best, stop - len(better)))]

    def _tied(self, question: Query, hits: Sequence[Scored], count: int) -> list[DocAddress]:
        """Return the first `count` by URN of what has the score of the last of these hits, of which they have some.

        What is beyond the `count`-th of those can't be among them. So the hits up to that one are looked at, and up to
        the `count`-th of these, until there are no more than fit into one look: with each look there are far fewer.
        """
        score, most = hits[-1][0], len(hits)
        while True:
            first = self._by_urn(self._among([address for each, address in hits if each == score]), 0, count)
            found = self._searcher.search(self._translator.up_to(question, first[-1][0]), most)
            hits = found.hits
            if found.count <= most or hits[-1][0] != score:
                return self._in_order([address for each, address in hits if each == score], count)

    def _between(self, hits: Sequence[Scored], start: int, stop: int) -> list[Scored]:
        """Return the hits from `start` to `stop` when those of one score are put in order of URN."""
        rows: list[Scored] = []
        at = 0
        for score, tied in groupby(hits, key=lambda hit: hit[0]):
            group = [address for _, address in tied]
            low, high = max(start - at, 0), min(stop - at, len(group))
            if low < high:
                rows += [(score, address) for address in self._in_order(group, high)[low:]]
            at += len(group)
            if at >= stop:
                break
        return rows

    def _in_order(self, group: list[DocAddress], count: int) -> list[DocAddress]:
        """Return the first `count` of a group of hits by URN: read from the store when they are few."""
        if len(group) == 1:
            return group
        if len(group) <= _FEW:
            return sorted(group, key=lambda address: str(self._searcher.doc(address).get_first("urn")))[:count]
        return [address for _, address in self._by_urn(self._among(group), 0, count)]

    def _among(self, group: list[DocAddress]) -> Query:
        return self._translator.among(self._searcher.fast_field_values("id", group))

    def _by_urn(self, question: Query, start: int, count: int) -> Sequence[tuple[str, DocAddress]]:
        """Return what matches in order of URN, from `start`, with what it is ordered by."""
        count = min(count, self._most)
        ordered: Sequence[tuple[str, DocAddress]] = self._searcher.search(
            question, count, count=False, order_by_field=ORDER, offset=start, order=Order.Asc
        ).hits
        return ordered

    def _hits_of_tier(self, query: SearchQuery, rows: list[Scored], wanted: Wanted, tier: Tier | None) -> Iterator[Hit]:
        floor = ranking.floor(tier, len(wanted.words))
        ids = self._searcher.fast_field_values("id", [address for _, address in rows])
        asked = self._translator.fields_of(wanted, ids, Tier.EXACT if tier is None else tier)
        found = self._searcher.search(asked, min(len(ids), self._most), count=False).hits
        matched = {_place(address): _fields(int(score)) for score, address in found}
        for score, address in rows:
            yield self._hit(query, score + floor, address, matched.get(_place(address), ()))

    def _hit(self, query: SearchQuery, score: float, address: DocAddress, matched: tuple[str, ...]) -> Hit:
        document = self._searcher.doc(address)
        (id,) = self._searcher.fast_field_values("id", [address])
        held = from_json(self._stored(address)).measures if query.where else {}
        asked_for = measures.named(held, query.where)
        return Hit(id, document.get_first("urn"), document.get_first("kind"), score / ranking.SHOWN, matched, asked_for)

    def _facets(self, matching: Query, names: Sequence[str]) -> tuple[int, dict[str, dict[str, int]]]:
        """Return how much matches, and the exact count of each value of the facets, the most frequent first."""
        size = {"size": _BUCKETS, "segment_size": _BUCKETS}
        asked: dict[str, Any] = {name: {"terms": {"field": facet(name), **size}} for name in names}
        try:
            found = self._searcher.aggregate(matching, asked | {"total": {"value_count": {"field": "id"}}})
            total = int(found["total"]["value"])
            pairs = {name: [(each["key"], each["doc_count"]) for each in found[name]["buckets"]] for name in names}
        except ValueError as error:
            if "bucket limit" not in str(error):
                raise
            # The walk over all values is slower, and knows no limit.
            total = self._searcher.search(matching, 1).count
            pairs = {name: self._searcher.terms_with_prefix(facet(name), "", matching) for name in names}
        counts = {name: dict(sorted(pairs[name], key=lambda pair: (-pair[1], pair[0]))) for name in names}
        return total, counts

    def _documents(self, addresses: list[DocAddress]) -> Iterator[Document]:
        """Yield documents: what is stored, under the id and class by which they are found."""
        ids, classes = (self._searcher.fast_field_values(field, addresses) for field in ("id", "class"))
        for address, id, policy_class in zip(addresses, ids, classes, strict=True):
            yield replace(from_json(self._stored(address)), id=id, policy_class=policy_class)

    def _stored(self, address: DocAddress) -> bytes:
        stored = self._searcher.doc(address).get_first("stored")
        if stored is None:
            raise Damaged("a document in the search index has no content", hint="Rebuild the index")
        return bytes(stored)


def _check(query: SearchQuery) -> None:
    strange = (set(query.facets) | query.filters.keys()) - set(FACETS)
    if strange:
        raise BadInput(f"there is no facet {min(strange)!r}", where="facets", hint=f"There are {', '.join(FACETS)}")
    if query.limit < 0 or query.offset < 0:
        raise BadInput("limit and offset are at least 0", where="limit" if query.limit < 0 else "offset")
    measures.check_query(query)


def _place(address: DocAddress) -> tuple[int, int]:
    return address.segment_ord, address.doc


def _fields(places: int) -> tuple[str, ...]:
    return tuple(field for place, field in enumerate(TEXT_FIELDS) if places & 1 << place)
