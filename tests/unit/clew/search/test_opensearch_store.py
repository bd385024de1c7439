"""What OpenSearch keeps."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.search import opensearch_store as store
from clew.search.port import FACETS, TEXT_FIELDS, Document, Position
from clew_schemas.errors import BadInput, Damaged

TEXT = st.text(st.characters(codec="utf-8"))
DOCUMENTS = st.builds(
    Document,
    id=st.integers(-(2**63), 2**63 - 1),
    urn=TEXT,
    kind=TEXT,
    texts=st.dictionaries(st.sampled_from(sorted(TEXT_FIELDS)), st.lists(TEXT)),
    facets=st.dictionaries(st.sampled_from(FACETS), st.lists(TEXT)),
    digest=st.binary(max_size=32),
    seq=st.integers(0, 2**63 - 1),
    policy_class=st.integers(0, 2**31),
)
FLIGHTS = Document(
    1, "urn:clew:dataset:(db,main.flights)", "dataset", {"name": ["main.flights"]}, {"tag": ["gold"]}, b"d", 3
)


def hit(document: Document, changed: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a document as the server gives it back, when somebody has changed this of it."""
    source = orjson.loads(orjson.dumps(store.encoded(document, 7) | (changed or {})))
    return {"_id": str(document.id), "_source": source}


@given(DOCUMENTS)
def test_a_document_reads_back_as_it_was_written_and_is_sound(document: Document) -> None:
    assert store.decoded(hit(document)) == document
    assert store.is_sound(hit(document), document)


@given(DOCUMENTS)
def test_all_fields_of_a_document_are_of_the_template(document: Document) -> None:
    fields = store.template("x-*")["template"]["mappings"]["properties"]
    encoded = store.encoded(document, 1)
    assert encoded.keys() <= fields.keys()
    assert encoded["facet"].keys() <= fields["facet"]["properties"].keys()


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "other words"},
        {"facet": {}},
        {"urn": "urn:other"},
        {"class": 1},
        {"id": 2},
        {"key": []},
        {"extra": 1},
        {"document": {**orjson.loads(orjson.dumps(store.encoded(FLIGHTS, 7)["document"])), "kind": "job"}},
    ],
)
def test_a_change_of_any_field_is_seen(changed: dict[str, Any]) -> None:
    found = hit(FLIGHTS, changed)
    assert not store.is_sound(found, store.decoded(found))
    told = store.altered(found)
    assert told is not None and told.id == 1 and told.digest == b""


def test_a_field_taken_away_is_seen() -> None:
    for name in store.encoded(FLIGHTS, 7).keys() - {"document"}:
        found = hit(FLIGHTS)
        del found["_source"][name]
        assert not store.is_sound(found, FLIGHTS), name


def test_a_copy_under_another_id_is_told_by_that() -> None:
    for id, told in (("9", 9), ("-9", -9), ("abc", 1)):
        found = {**hit(FLIGHTS), "_id": id}
        assert not store.is_sound(found, FLIGHTS)
        altered = store.altered(found)
        assert altered is not None and altered.id == told


def test_what_has_no_content_is_told_by_what_it_has() -> None:
    assert store.altered({"_id": "9", "_source": {"urn": "u"}}) == Document(9, "u", "", {}, {}, b"", 0)
    assert store.altered({"_id": "abc", "_source": {}}) is None
    sources: list[dict[str, Any]] = [{}, {"document": 1}, {"document": {}}, {"document": None}]
    for source in sources:
        with pytest.raises(Damaged):
            store.decoded({"_id": "1", "_source": source})


def test_a_document_with_unknown_fields_is_refused() -> None:
    with pytest.raises(BadInput, match="nam"):
        store.encoded(Document(1, "u", "k", {"nam": ["x"]}, {}, b"", 1), 1)


@pytest.mark.parametrize("texts", ["words", ["words"], {"name": 3}, {"name": [3]}, {"other": ["x"]}, None])
def test_a_document_of_a_wrong_shape_is_told_without_it(texts: object) -> None:
    found = hit(FLIGHTS)
    found["_source"]["document"]["texts"] = texts
    assert not store.is_sound(found, store.decoded(found))
    assert store.altered(found) == Document(1, FLIGHTS.urn, "dataset", {}, {}, b"", 0)


def test_a_position_reads_back_as_it_was_written() -> None:
    assert store.decoded_position(store.encoded_position(Position("e", 2**53))) == Position("e", 2**53)
    sources: list[dict[str, Any]] = [{}, {"position": {}}, {"position": {"epoch": "e", "seq": "x"}}]
    for source in sources:
        with pytest.raises(Damaged):
            store.decoded_position(source)


def test_a_format_is_a_number() -> None:
    said: list[object] = [{"format": 3}, {"format": "3"}, {}, None, []]
    assert [store.format_of(meta) for meta in said] == [3, 0, 0, 0, 0]
