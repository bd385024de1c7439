"""A document in an engine's store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.search.port import FACETS, TEXT_FIELDS, Document
from clew.search.stored import from_json, to_json
from clew_schemas.errors import Damaged

TEXT = st.text(st.characters(codec="utf-8"))
IDS = st.integers(-(2**63), 2**63 - 1)

DOCUMENTS = st.builds(
    Document,
    id=IDS,
    urn=TEXT,
    kind=TEXT,
    texts=st.dictionaries(st.sampled_from(sorted(TEXT_FIELDS)), st.lists(TEXT)),
    facets=st.dictionaries(st.sampled_from(FACETS), st.lists(TEXT)),
    digest=st.binary(max_size=32),
    seq=IDS,
    policy_class=IDS,
)


@given(DOCUMENTS)
def test_a_document_reads_back_as_it_was_written(document: Document) -> None:
    assert from_json(to_json(document)) == document


@pytest.mark.parametrize(
    "stored", [b"", b"[]", b"{}", b'{"digest": "zz"}', b'{"digest": "00", "other": 1}', b"null", b"\xff"]
)
def test_what_is_no_document_is_damage(stored: bytes) -> None:
    with pytest.raises(Damaged):
        from_json(stored)
