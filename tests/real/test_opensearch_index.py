"""The index on a real OpenSearch: the embedded engine's answers, a stranger's hand, races, kills, and a server away."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opensearchpy import OpenSearch
from tools.servers import Server

from clew.search import opensearch_index, opensearch_query, opensearch_view
from clew.search.opensearch_bulk import Bulk
from clew.search.opensearch_index import OpenSearchIndex
from clew.search.port import Document, Position, Search, SearchChange, SearchQuery
from clew.search.stored import to_json
from clew.search.tantivy_index import TantivyIndex
from clew_schemas.errors import BadInput, OurError, Stale, TooLarge, Unreachable
from contracts.search_contract import document

ROOT = Path(__file__).parents[2]
Name = Callable[[], str]


@pytest.fixture(scope="session")
def bare(opensearch: Server) -> Iterator[OpenSearch]:
    """A client that knows nothing of Clew."""
    with OpenSearch(opensearch.url) as client:
        yield client


@pytest.fixture(scope="session")
def new_name(bare: OpenSearch) -> Iterator[Name]:
    """Give names for the indexes of a test; what was made under them goes at the end."""
    names: list[str] = []

    def name() -> str:
        names.append(uuid4().hex)
        return names[-1]

    yield name
    for each in names:
        bare.indices.delete(index=f"clew-{each}-*")
        bare.indices.delete_index_template(name=f"clew-{each}", params={"ignore": 404})


@pytest.fixture
def name(new_name: Name) -> str:
    return new_name()


@pytest.fixture
def url(opensearch: Server, name: str) -> str:
    return f"{opensearch.url}?index={name}"


@pytest.fixture
def index(url: str) -> Iterator[OpenSearchIndex]:
    index = OpenSearchIndex.open(url)
    yield index
    index.close()


def things(count: int, word: str = "thing") -> list[Document]:
    return [document(id, f"a.{word}_{id}", tag=[word]) for id in range(1, count + 1)]


def held(index: Search) -> dict[int, Document]:
    """Return all documents by id, no id twice."""
    documents = list(index.dump())
    assert len({each.id for each in documents}) == len(documents)
    return {each.id: each for each in documents}


def by_id(documents: Sequence[Document]) -> dict[int, Document]:
    return {each.id: each for each in documents}


# The embedded engine's answers.

VOCABULARY = (
    "flight delay carrier origin weather airport order customer payment invoice product session user event click"
    " revenue churn retention model feature score daily monthly raw stage mart country city store price amount"
    " currency category interval task batch stream sensor device energy usage quality policy account balance risk"
    " loan credit address phone warehouse inventory supplier Größe cafés 2024 s3 h3"
).split()
ORDINARY = [
    *("custmer", "flght delay", "warehose", "inventoyr", "retnetion", "payemnt amuont"),
    *("cust", "reven", "flight_del", "in", "pay", "stre sens"),
    *("flights", "categories", "invoices", "policies", "carrier", "deliveries"),
    *("flight delay", "daily revenue", "churn model", "credit risk score", "order of the customer"),
    *("customer_order", "customerOrder", "marts.flight", "FLIGHT-DELAY", "grosse", "s3 2024", "h3"),
    *("churn zzzzz", "yyyyy zzzzz", "c", "!?", ""),
]
FILTERS: list[dict[str, list[str]]] = [{}, {"kind": ["dataset"], "tag": ["gold", "pii"]}]


def plural(word: str) -> str:
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


def corpus(count: int) -> list[Document]:
    """Return documents of names, titles, columns, prose and code, the same each time."""
    random = Random(20)

    def identifier() -> str:
        parts = random.choices(VOCABULARY, k=random.randint(1, 3))
        parts[-1] = plural(parts[-1]) if random.random() < 0.3 else parts[-1]
        return "_".join(parts) if random.random() < 0.7 else parts[0] + "".join(part.title() for part in parts[1:])

    def prose() -> str:
        some = random.choices([*VOCABULARY, "the", "of", "computed", "containing", "with"], k=random.randint(3, 25))
        return " ".join(plural(word) if random.random() < 0.3 else word for word in some).capitalize() + "."

    def one(id: int) -> Document:
        kind = random.choice(["dataset", "dataset", "job", "dashboard"])
        name = f"{random.choice(['main', 'raw', 'marts'])}.{identifier()}_{random.randint(1, 30)}"
        said = {"columns": [identifier() for _ in range(random.randint(0, 15))]}
        said |= {"title": [prose()[:20]]} if random.random() < 0.3 else {}
        said |= {"prose": [prose()]} if random.random() < 0.6 else {}
        said |= {"code": [f"select {identifier()} from {identifier()}"]} if random.random() < 0.3 else {}
        said |= {"tag": sorted(set(random.choices(["gold", "pii", "beta", f"t{id % 90}"], k=random.randint(0, 3))))}
        said |= {"owner": [f"user{random.randint(1, 20)}@x.org"], "namespace": [f"db{id % 4}"]}
        return replace(document(id, name, kind, id % 3, **said), urn=f"urn:clew:{kind}:(db,{name}.{id})")

    return [one(id) for id in range(1, count + 1)]


@pytest.fixture(scope="session")
def both(
    opensearch: Server, new_name: Name, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TantivyIndex, OpenSearchIndex]]:
    """Both engines with the same documents, some of which were changed and some dropped."""
    documents = corpus(1_200)
    embedded = TantivyIndex.open(tmp_path_factory.mktemp("tantivy"))
    served = OpenSearchIndex.open(f"{opensearch.url}?index={new_name()}")
    engines: list[Search] = [embedded, served]
    for engine in engines:
        engine.apply("e", SearchChange(1, things(1_250, "old")))
        engine.apply("e", SearchChange(2, documents, gone=range(1_201, 1_251)))
    yield embedded, served
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("filters", FILTERS, ids=["all", "filtered"])
@pytest.mark.parametrize("text", ORDINARY)
def test_stable_answers_are_those_of_the_embedded_engine_to_the_last_score(
    both: tuple[TantivyIndex, OpenSearchIndex], text: str, filters: dict[str, list[str]]
) -> None:
    query = SearchQuery(text, filters, ("kind", "tag", "owner"), limit=2_000, stable=True)
    embedded, served = (engine.search(query) for engine in both)
    assert served == embedded
    restricted = replace(query, classes=frozenset({0, 2}), offset=3, limit=20)
    assert both[1].search(restricted) == both[0].search(restricted)


@pytest.mark.parametrize("filters", FILTERS, ids=["all", "filtered"])
@pytest.mark.parametrize("text", ORDINARY)
def test_plain_answers_have_the_hits_the_counts_and_the_first_hit_of_the_embedded_engine(
    both: tuple[TantivyIndex, OpenSearchIndex], text: str, filters: dict[str, list[str]]
) -> None:
    """Below the first, what counts alike is ordered by BM25, which each engine reckons from statistics of its own."""
    query = SearchQuery(text, filters, ("kind", "tag", "owner"), limit=2_000)
    embedded, served = (engine.search(query) for engine in both)
    assert {hit.id for hit in served.hits} == {hit.id for hit in embedded.hits}
    assert (served.total, served.facets, served.seq) == (embedded.total, embedded.facets, embedded.seq)
    assert [hit.id for hit in served.hits[:1]] == [hit.id for hit in embedded.hits[:1]]


STEMMED_FURTHER = {
    "organization": "organ",
    "internal": "intern",
    "interval": "interv",
    "university": "univers",
    "lateral": "later",
    "pasted": "past",
    "evening": "even",
    "emergency": "emerg",
    "added": "ad",
}
"""Words whose stems differ: OpenSearch 2 has Snowball's English as it was before it kept these apart, tantivy after.
Of 98,667 words there were 33, all beginning like one of these, and one on -ogist."""


def test_only_listed_stems_differ_from_the_embedded_engine(
    both: tuple[TantivyIndex, OpenSearchIndex], index: OpenSearchIndex, bare: OpenSearch
) -> None:
    ordinary = [word.lower() for each in VOCABULARY for word in (each, plural(each))]
    words = [*STEMMED_FURTHER, *(word for word in ordinary if not word.startswith("interval"))]
    asked = {"analyzer": "clew_stems", "text": " ".join(words)}
    tokens = [token["token"] for token in bare.indices.analyze(index=index._name, body=asked)["tokens"]]
    stemmer = both[0]._translator._stem
    differing = {word: token for word, token in zip(words, tokens, strict=True) if token != stemmer(word)}
    assert differing == STEMMED_FURTHER


# What only this engine has.


def test_hits_too_deep_are_refused_in_words(
    both: tuple[TantivyIndex, OpenSearchIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (opensearch_view, opensearch_query):
        monkeypatch.setattr(module, "WINDOW", 1_000)
    served = both[1]
    assert len(served.search(SearchQuery(limit=1_000)).hits) == 1_000
    assert len(served.search(SearchQuery(limit=0, offset=1_100)).hits) == 0
    assert served.search(SearchQuery(limit=9, offset=1_200)).hits == ()
    for query in (SearchQuery(limit=1_001), SearchQuery(offset=995, limit=6), SearchQuery(offset=1_199, limit=1)):
        with pytest.raises(TooLarge, match="first 1000 hits"):
            served.search(query)


def test_more_values_than_are_counted_at_once_are_counted(
    both: tuple[TantivyIndex, OpenSearchIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = SearchQuery("flight", facets=("tag", "kind", "owner"))
    whole = both[1].search(query)
    monkeypatch.setattr(opensearch_query, "BUCKETS", 12)
    monkeypatch.setattr(opensearch_query, "VALUES", 7)
    asked: list[Any] = []
    monkeypatch.setattr(opensearch_query, "values", _kept(asked, opensearch_query.values))
    assert both[1].search(query) == whole
    assert len(asked) > 10 and len(whole.facets["tag"]) > 50


def _kept(into: list[Any], asks: Callable[..., Any]) -> Callable[..., Any]:
    def ask(*arguments: Any) -> Any:
        into.append(asks(*arguments))
        return into[-1]

    return ask


def test_a_query_of_very_many_words_is_answered(both: tuple[TantivyIndex, OpenSearchIndex]) -> None:
    """Their hits are those of the embedded engine; ranked without fields, so that these are not told, nor scores."""
    for text in (" ".join(VOCABULARY[:40]) + " carier", " ".join(f"{word}xyzwv" for word in VOCABULARY[:45])):
        embedded, served = (engine.search(SearchQuery(text, limit=2_000, stable=True)) for engine in both)
        assert {hit.id for hit in served.hits} == {hit.id for hit in embedded.hits}
        assert (served.total, served.facets) == (embedded.total, embedded.facets)


TEXTS = st.one_of(
    st.text(st.characters(codec=None), max_size=60),
    st.lists(st.sampled_from([*VOCABULARY[:8], '"', "(", "*", "~", ":", "\\", " ", "\x00"]), max_size=20).map("".join),
    st.text(st.sampled_from("aß\u0390ﷺ"), min_size=200, max_size=900),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.booleans())
def test_any_text_is_answered_as_by_the_embedded_engine(
    both: tuple[TantivyIndex, OpenSearchIndex], text: str, stable: bool
) -> None:
    query = SearchQuery(text, limit=2_000, stable=stable)
    try:
        embedded = both[0].search(query)
    except BadInput:
        with pytest.raises(BadInput):
            both[1].search(query)
        return
    served = both[1].search(query)
    assert {hit.id for hit in served.hits} == {hit.id for hit in embedded.hits}
    assert (served.total, served.facets) == (embedded.total, embedded.facets)


# A stranger's hand.


def test_what_is_kept_can_be_read_without_clew(index: OpenSearchIndex, bare: OpenSearch, name: str) -> None:
    index.apply("e", SearchChange(3, things(2), gone=[7]))
    found = bare.search(index=f"clew-{name}", body={"query": {"term": {"facet.tag": "thing"}}, "sort": ["id"]})
    assert [hit["_source"]["document"]["urn"] for hit in found["hits"]["hits"]] == [each.urn for each in things(2)]
    assert bare.get(index=f"clew-{name}", id="position")["_source"]["position"] == {"epoch": "e", "seq": 3}
    assert to_json(things(1)[0]).startswith(b'{"id":1,"urn":')


def change(document: Document) -> dict[str, Any]:
    said = {"id": document.id, "urn": document.urn, "kind": document.kind, "texts": {"name": ["changed"]}}
    return {"document": {**said, "facets": {}, "digest": "00", "seq": 1, "policy_class": 0}}


@pytest.mark.parametrize("hand", ["content", "words", "facets", "hidden", "whole", "deleted", "copied", "foreign"])
def test_what_a_strangers_hand_did_is_seen_by_dump_and_mended_by_replace(
    index: OpenSearchIndex, bare: OpenSearch, name: str, hand: str
) -> None:
    documents = things(3)
    index.apply("e", SearchChange(3, documents))
    where: dict[str, Any] = {"index": f"clew-{name}", "params": {"refresh": "true"}}
    copy = bare.get(index=f"clew-{name}", id="2")["_source"]
    for _ in range(5):  # each raises the version, above the seq of what comes next
        match hand:
            case "content":
                bare.update(id="2", body={"doc": change(documents[1])}, **where)
            case "words":
                bare.update(id="2", body={"doc": {"name": f"changed {uuid4()}", "any": "changed"}}, **where)
            case "facets":
                bare.update(id="2", body={"doc": {"facet": {"owner": [str(uuid4())]}}}, **where)
            case "hidden":
                bare.update(id="2", body={"doc": {"class": 99, "at": 10**6}}, **where)
            case "whole":
                bare.index(id="2", body={"name": "changed"}, **where)
            case "deleted":
                bare.delete(id="2", **{**where, "params": {"refresh": "true", "ignore": 404}})
            case "copied":
                bare.index(id="stranger", body=copy, **where)
            case "foreign":
                bare.index(id="77", body={"id": 77, "urn": "urn:x", "name": "changed"}, **where)
    seen = {each.id: each for each in index.dump()}
    differing = {id for id in seen.keys() | {1, 2, 3} if seen.get(id) != by_id(documents).get(id)}
    assert differing == ({77} if hand == "foreign" else {2})

    index.replace([each for each in documents if each.id in differing], [id for id in differing if id == 77])
    assert held(index) == by_id(documents)
    assert index.search(SearchQuery("changed")).total == 0
    assert index.search(SearchQuery("thing", facets=("owner",), classes=frozenset({0}))).total == 3
    index.apply("e", SearchChange(4, things(3, "next")))
    assert held(index) == by_id(things(3, "next")), "what was mended is moved on"


def test_a_version_that_a_stranger_raised_holds_no_change_up(
    index: OpenSearchIndex, bare: OpenSearch, name: str
) -> None:
    index.apply("e", SearchChange(3, things(3)))
    for number in range(9):
        bare.update(index=f"clew-{name}", id="2", body={"doc": {"urn": f"changed{number}"}})
        bare.delete(index=f"clew-{name}", id="3", params={"ignore": 404})
    index.apply("e", SearchChange(4, things(3, "next")))
    assert held(index) == by_id(things(3, "next"))


# Two writers.


def test_a_late_writer_moves_nothing_back(url: str, index: OpenSearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had read the position before the other went on, and writes after."""
    late = OpenSearchIndex.open(url)
    index.apply("e", SearchChange(1, things(4)))
    write = Bulk.write

    def overtaken(bulk: Bulk, *arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(Bulk, "write", write)
        index.apply("e", SearchChange(5, things(2, "new"), gone=[3]))
        write(bulk, *arguments, **named)

    monkeypatch.setattr(Bulk, "write", overtaken)
    late.apply("e", SearchChange(2, things(3, "stale"), gone=[4]))
    expected = by_id(things(2, "new"))
    assert held(index) == expected, "1 and 2 stay new, 3 stays gone, and 4 goes"
    assert index.position() == late.position() == Position("e", 5)
    assert index.search(SearchQuery("stale")).total == 0 and index.get(3) is None
    late.close()


def test_writers_that_race_end_in_the_same_as_one(url: str) -> None:
    """Each takes all changes, in batches of its own sizes, all at once."""
    random = Random(4)
    changes = [(seq, random.randint(1, 30), random.random() < 0.3) for seq in range(1, 61)]
    expected: dict[int, Document] = {}
    for seq, id, gone in changes:
        expected.pop(id, None)
        if not gone:
            expected[id] = document(id, f"a.thing_{seq}")

    def batch(first: int, last: int) -> SearchChange:
        latest: dict[int, Document | None] = {}
        for seq, id, gone in changes[first:last]:
            latest[id] = None if gone else document(id, f"a.thing_{seq}")
        documents = [each for each in latest.values() if each]
        return SearchChange(last, documents, [id for id, each in latest.items() if each is None])

    def follow(size: int) -> None:
        index = OpenSearchIndex.open(url)
        while (at := index.position().seq) < len(changes):
            index.apply("e", batch(at, min(at + size, len(changes))))
        index.close()

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(follow, size) for size in (3, 5, 7)]:
            done.result()
    index = OpenSearchIndex.open(url)
    assert held(index) == expected and index.position() == Position("e", 60)
    index.close()


def test_an_index_never_holds_two_epochs(url: str) -> None:
    first, second = OpenSearchIndex.open(url), OpenSearchIndex.open(url)
    taken = []

    def take(index: OpenSearchIndex, epoch: str) -> None:
        with suppress(ValueError):
            index.apply(epoch, SearchChange(1, things(5, f"of{epoch}")))
            taken.append(epoch)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, (first, second), ("e", "f")))
    (epoch,) = taken
    assert first.position() == Position(epoch, 1) and held(first) == by_id(things(5, f"of{epoch}"))
    first.close()
    second.close()


def test_processes_that_open_at_once_share_one_index(url: str, bare: OpenSearch, name: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: OpenSearchIndex.open(url), range(4)))
    assert list(bare.indices.get_alias(name=f"clew-{name}")) == [f"clew-{name}-1"]
    opened[0].apply("e", SearchChange(1, things(1)))
    assert all(held(each) == by_id(things(1)) for each in opened)
    for each in opened:
        each.close()


def test_tombstones_go_after_a_day(index: OpenSearchIndex, bare: OpenSearch, name: str) -> None:
    now = 1_000_000.0
    index._clock = lambda: now
    index.apply("e", SearchChange(1, things(3)))
    index.apply("e", SearchChange(2, (), gone=[1]))

    def graves() -> int:
        return int(bare.count(index=f"clew-{name}", body={"query": {"exists": {"field": "gone"}}})["count"])

    assert graves() == 1
    now += opensearch_index.TOMBSTONES_LIVE + 1
    index.apply("e", SearchChange(3, (), gone=[2]))
    index.apply("e", SearchChange(4, ()))
    assert graves() == 1
    assert held(index).keys() == {3}


# Rebuilding.


def test_reads_go_on_while_another_index_takes_the_place(url: str) -> None:
    index, stop, seen = OpenSearchIndex.open(url), Event(), set[int]()
    index.apply("e", SearchChange(1, things(40)))

    def read() -> None:
        while not stop.is_set():
            found = index.search(SearchQuery("thing", limit=100))
            seen.add(found.total)
            assert found.total == len(found.hits) == sum(found.facets["kind"].values())
            assert index.position().seq in (1, 2)
            assert index.get(1) is not None

    with ThreadPoolExecutor(2) as pool:
        reading = [pool.submit(read) for _ in range(2)]
        try:
            for seq in (1, 2, 2):
                fresh = index.fresh()
                fresh.apply("e", SearchChange(seq, things(40 + seq)))
                assert index.search(SearchQuery("thing", limit=0)).total != 0
                fresh.promote()
                fresh.close()
        finally:
            stop.set()
        for each in reading:
            each.result()
    assert seen <= {40, 41, 42} and index.search(SearchQuery("thing")).total == 42
    index.close()


def test_a_writer_learns_of_an_index_that_is_behind_what_it_was_told(url: str) -> None:
    """It had drawn from 20 on, and what took the place is at 18: applied, its change would leave out 19 and 20."""
    follower, other = OpenSearchIndex.open(url), OpenSearchIndex.open(url)
    follower.apply("e", SearchChange(20, things(2)))
    assert follower.position().seq == 20
    fresh = other.fresh()
    fresh.apply("e", SearchChange(18, things(1)))
    fresh.promote()
    with pytest.raises(Stale, match="replaced by one at 18"):
        follower.apply("e", SearchChange(25, []))
    assert follower.position() == Position("e", 18)
    follower.apply("e", SearchChange(25, things(2)))
    assert held(other) == by_id(things(2)) and other.position().seq == 25
    for each in (follower, other, fresh):
        each.close()


def test_a_rebuild_that_a_newer_one_dropped_is_told_and_leaves_nothing(
    index: OpenSearchIndex, bare: OpenSearch, name: str
) -> None:
    index.apply("e", SearchChange(1, things(1)))
    dropped = index.fresh()
    newer = index.fresh()
    with pytest.raises(Stale):
        dropped.apply("e", SearchChange(2, things(2)))
    with pytest.raises(Stale):
        dropped.promote()
    assert set(bare.indices.get(index=f"clew-{name}-*")) == {f"clew-{name}-1", f"clew-{name}-3"}
    newer.apply("e", SearchChange(2, things(3)))
    newer.promote()
    newer.promote()
    assert set(bare.indices.get(index=f"clew-{name}-*")) == {f"clew-{name}-3"}
    assert held(index) == by_id(things(3))
    for each in (dropped, newer):
        each.close()


def test_a_writer_of_an_index_that_goes_meanwhile_makes_no_other(
    url: str, index: OpenSearchIndex, bare: OpenSearch, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.apply("e", SearchChange(1, things(1)))
    write = Bulk.write

    def overtaken(bulk: Bulk, *arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(Bulk, "write", write)
        fresh = index.fresh()
        fresh.apply("e", SearchChange(1, things(1)))
        fresh.promote()
        fresh.close()
        write(bulk, *arguments, **named)

    monkeypatch.setattr(Bulk, "write", overtaken)
    with pytest.raises(Stale, match="while it was written"):
        index.apply("e", SearchChange(2, things(2)))
    assert set(bare.indices.get(index=f"clew-{name}-*")) == {f"clew-{name}-2"}
    index.apply("e", SearchChange(2, things(2)))
    assert held(index) == by_id(things(2))


def test_an_index_of_a_newer_clew_is_refused_and_kept(
    url: str, index: OpenSearchIndex, bare: OpenSearch, name: str
) -> None:
    index.apply("e", SearchChange(1, things(1)))
    bare.indices.put_mapping(index=f"clew-{name}", body={"_meta": {"format": 99}})
    with pytest.raises(BadInput, match=r"format 99, and this Clew reads 2.*newer Clew"):
        OpenSearchIndex.open(url)
    assert held(index) == by_id(things(1))


def test_a_template_of_a_newer_clew_is_refused(url: str, index: OpenSearchIndex, bare: OpenSearch, name: str) -> None:
    template = {"index_patterns": [f"clew-{name}-*"], "priority": 500, "_meta": {"format": 3}}
    bare.indices.put_index_template(name=f"clew-{name}", body=template)
    with pytest.raises(BadInput, match="format 3"):
        OpenSearchIndex.open(url)


def test_an_index_of_an_older_format_is_begun_anew(
    url: str, index: OpenSearchIndex, bare: OpenSearch, name: str
) -> None:
    index.apply("e", SearchChange(1, things(1)))
    bare.indices.put_mapping(index=f"clew-{name}", body={"_meta": {"format": 1}})
    again = OpenSearchIndex.open(url)
    assert again.damaged and "older format" in again.damaged
    assert again.position() == Position("", 0) and held(again) == {}
    again.close()
    third = OpenSearchIndex.open(url)
    assert third.damaged is None
    third.close()


def test_a_closed_index_says_so(url: str) -> None:
    index = OpenSearchIndex.open(url)
    index.close()
    index.close()
    for use in (index.position, lambda: index.search(SearchQuery()), lambda: index.get(1), index.fresh):
        with pytest.raises(OurError, match="closed"):
            use()
    with pytest.raises(OurError, match="closed"):
        index.replace(things(1), [])


# A process that dies.

KILLED = """
import os, signal, sys
from clew.search import opensearch_bulk
from clew.search.opensearch_index import OpenSearchIndex
from clew.search.port import SearchChange
from contracts.search_contract import document

url, last = sys.argv[1], int(sys.argv[2])
opensearch_bulk.CHUNK_DOCUMENTS = 10
index = OpenSearchIndex.open(url)
send, sent = index._link.client.transport.perform_request, 0

def perform(*arguments, **named):
    global sent
    answer, sent = send(*arguments, **named), sent + 1
    if sent == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

index._link.client.transport.perform_request = perform
index.apply("e", SearchChange(2, [document(id, f"a.next_{id}", tag=["next"]) for id in range(1, 41)], gone=[41, 42]))
"""


def test_what_was_killed_in_the_middle_shows_nothing_and_is_taken_again(url: str, index: OpenSearchIndex) -> None:
    """It asks for the position, sends five bulks of ten, and stores the position: killed after each of these."""
    index.apply("e", SearchChange(1, things(42)))
    environment = {"PYTHONPATH": ":".join(str(ROOT / each) for each in ("services", "schemas", "tests"))}
    for last in (1, 2, 4, 6, 7):
        command = [sys.executable, "-c", KILLED, url, str(last)]
        died = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr
        finished = last == 7
        assert index.position() == Position("e", 2 if finished else 1)
        assert held(index) == by_id(things(40, "next") if finished else things(42))
        assert index.search(SearchQuery("next")).total == (40 if finished else 0)


# A server that is away.


class Wire:
    """A wire to the server that can be cut, and that can lose answers to what went through."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut = False
        self.lose: bytes | None = None
        """The beginning of a request whose answer is lost, once."""
        self.lost = 0
        Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.cut = True
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        told = Event()
        told.set()
        with near, suppress(OSError), socket.create_connection(self._server) as far:
            Thread(target=self._answer, args=(far, near, told), daemon=True).start()
            while (said := near.recv(1 << 16)) and not self.cut:
                if self.lose and said.startswith(self.lose):
                    told.clear()
                    self._answer_is_lost(near, far, said)
                    return
                far.sendall(said)

    def _answer_is_lost(self, near: socket.socket, far: socket.socket, said: bytes) -> None:
        """Let the server have all of it and do it, and cut the wire before it can tell."""
        self.lose, self.lost = None, self.lost + 1
        near.settimeout(0.3)
        far.sendall(said)
        with suppress(TimeoutError):
            while more := near.recv(1 << 16):
                far.sendall(more)
        near.shutdown(socket.SHUT_RDWR)

    def _answer(self, far: socket.socket, near: socket.socket, told: Event) -> None:
        with suppress(OSError):
            while (said := far.recv(1 << 16)) and not self.cut:
                if told.is_set():
                    near.sendall(said)


@pytest.fixture
def wire(opensearch: Server) -> Iterator[Wire]:
    wire = Wire(opensearch.url)
    yield wire
    wire.close()


def test_a_server_that_goes_away_is_unreachable_and_then_there_again(wire: Wire, name: str) -> None:
    index = OpenSearchIndex.open(f"{wire.url}?index={name}")
    index.apply("e", SearchChange(1, things(2)))
    wire.cut = True
    for use in (
        index.position,
        lambda: index.search(SearchQuery("thing")),
        lambda: list(index.dump()),
        lambda: index.apply("e", SearchChange(2, things(3))),
        lambda: index.replace(things(1), []),
        index.fresh,
    ):
        with pytest.raises(Unreachable, match="can't be reached"):
            use()
    wire.cut = False
    assert index.position() == Position("e", 1) and held(index) == by_id(things(2))
    index.apply("e", SearchChange(2, things(3)))
    assert held(index) == by_id(things(3))
    index.close()


@pytest.mark.parametrize("request_line", ["POST /{door}/_bulk", "PUT /{door}/_doc/position"])
def test_an_answer_that_is_lost_does_no_harm(wire: Wire, name: str, request_line: str) -> None:
    """The server has done it, and the driver asks for the same again."""
    index = OpenSearchIndex.open(f"{wire.url}?index={name}")
    index.apply("e", SearchChange(1, things(2)))
    wire.lose = request_line.format(door=f"clew-{name}-1-writes").encode()
    index.apply("e", SearchChange(2, things(3, "next"), gone=[2]))
    assert wire.lost == 1
    assert index.position() == Position("e", 2) and held(index) == by_id(things(3, "next"))
    index.close()
