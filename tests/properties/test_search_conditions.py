"""Laws of searching by conditions: the embedded engine answers exactly as the reference does, totals and facets too."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clew.search import Condition, Document, SearchChange, SearchQuery, open_search
from clew.search.measures import OPERATORS, check, fits, kept
from clew.search.port import Value
from clew_schemas.errors import BadInput

NAMES = st.sampled_from(["rmse", "param.x", 'odd "<name>" ü'])
NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-3, 3))
TEXTS = st.one_of(
    st.text(max_size=4), st.sampled_from(["8", "Ridge", "RIDGE", "true", "2026-11-20", "2026-11-21T08:00"])
)
VALUES: st.SearchStrategy[Value] = st.one_of(NUMBERS, TEXTS, st.booleans())
MEASURES = st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), max_size=3)


def is_askable(condition: Condition) -> bool:
    try:
        check(condition)
    except BadInput:
        return False
    return True


CONDITIONS = st.builds(Condition, NAMES, st.sampled_from(OPERATORS), VALUES).filter(is_askable)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(MEASURES, min_size=1, max_size=12),
    st.lists(st.lists(CONDITIONS, min_size=1, max_size=3), min_size=1, max_size=8),
    st.frozensets(st.integers(0, 12)) | st.none(),
)
def test_what_is_found_is_what_fits(
    tmp_path_factory: pytest.TempPathFactory,
    said: list[dict[str, list[Value]]],
    wheres: list[list[Condition]],
    among: frozenset[int] | None,
) -> None:
    documents = [
        Document(
            id, f"urn:clew:run:(x,{id})", "run", {"name": [f"r{id}"]}, {"tag": [str(id % 2)]}, b"", 1, 0, kept(each)
        )
        for id, each in enumerate(said)
    ]
    index = open_search(None, tmp_path_factory.mktemp("index"))
    index.apply("e", SearchChange(1, documents))
    for where in wheres:
        expected = {
            each.id
            for each in documents
            if (among is None or each.id in among) and all(fits(each.measures, condition) for condition in where)
        }
        result = index.search(SearchQuery(facets=("tag",), where=where, among=among))
        assert {hit.id for hit in result.hits} == expected and result.total == len(expected)
        assert result.facets["tag"] == dict(Counter(str(id % 2) for id in expected))
    index.close()
