"""What a thing, and the newest point of a series, says that can be compared."""

from __future__ import annotations

import pytest

from clew_schemas.registry import Registry
from clew_schemas.searchable import SERIES, measures, point_measures


@pytest.mark.parametrize("aspect", sorted(SERIES))
def test_members_that_become_measures_are_members_of_the_series(aspect: str) -> None:
    known = Registry.built_in().get(aspect)
    assert known.mode == "series"
    assert set(SERIES[aspect]) <= set(known.document["properties"])


def test_what_is_missing_or_null_is_no_measure() -> None:
    newest = {
        "profile": {"rows": 5, "bytes": None},
        "usage": {"reads": 0, "lastRead": "2026-11-20T00:00:00Z", "users": []},
        "quality_result": {"status": "pass"},
        "metric": {"value": 1.0},
    }
    assert point_measures(newest) == {
        "rows": [5],
        "quality": ["pass"],
        "reads": [0],
        "last_read": ["2026-11-20T00:00:00Z"],
    }
    assert point_measures({}) == {}


def test_what_a_file_says_besides_is_compared_at_any_depth_and_in_lists() -> None:
    values = {"team": "delay", "stack": {"gpu": 2, "zones": ["a", "b", None, {"deep": True}]}}
    assert measures(Registry.built_in(), {"notes": {"values": values}}) == {
        "note.team": ["delay"],
        "note.stack.gpu": [2],
        "note.stack.zones": ["a", "b"],
        "note.stack.zones.deep": [True],
    }


def test_numbers_that_are_none_are_no_measures() -> None:
    said = {"metrics": {"values": {"rmse": 1.5, "loss": "NaN", "gain": "-Infinity"}}}
    assert measures(Registry.built_in(), said) == {"rmse": [1.5]}
