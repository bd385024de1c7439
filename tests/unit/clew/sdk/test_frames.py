"""Tables in memory: their columns, and a digest that tells contents apart."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clew.errors import BadInput
from clew.sdk.frames import frame_of, is_frame, names_of


def made(**changed: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3], "b.c": ["x", "y", None], **changed})


def test_a_table_is_described() -> None:
    frame = frame_of(made())
    assert [(each.name, each.path, each.nullable) for each in frame.columns] == [
        ("a", "a", False),
        ("b.c", "b%2Ec", True),
    ]
    assert frame.columns[0].type == "int64"
    assert frame.rows == 3
    assert len(frame.digest) == 16


def test_the_same_content_has_the_same_digest() -> None:
    assert frame_of(made()).digest == frame_of(made()).digest


@pytest.mark.parametrize(
    "other",
    [
        made(a=[1, 2, 4]),
        made(a=[3, 2, 1]),
        made(a=[1.0, 2.0, 3.0]),
        made().rename(columns={"a": "z"}),
        made().head(2),
        made(more=[1, 1, 1]),
        made()[["b.c", "a"]],
    ],
)
def test_any_change_changes_the_digest(other: pd.DataFrame) -> None:
    assert frame_of(other).digest != frame_of(made()).digest


def test_a_change_in_the_last_row_of_many_changes_the_digest() -> None:
    values = np.zeros(50_000)
    before = frame_of(pd.DataFrame({"a": values})).digest
    values[-1] = 1
    assert frame_of(pd.DataFrame({"a": values})).digest != before


def test_the_index_is_no_content() -> None:
    assert frame_of(made().set_axis([7, 8, 9])).digest == frame_of(made()).digest


@pytest.mark.parametrize(
    "odd",
    [
        [{"a": 1}, {"b": 2}, None],
        [[1], [2, 3], []],
        [threading.Lock(), object(), print],
        [None, None, None],
        [1, "x", 2.5],
    ],
)
def test_columns_of_anything_are_digested(odd: list[Any]) -> None:
    assert len(frame_of(made(odd=odd)).digest) == 16


def test_a_table_without_rows_or_columns_is_one() -> None:
    assert frame_of(made().head(0)).rows == 0
    assert frame_of(pd.DataFrame()).columns == ()


def test_columns_that_are_spelt_alike_are_refused() -> None:
    with pytest.raises(BadInput, match="two columns"):
        frame_of(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(BadInput, match="two columns"):
        frame_of(pd.DataFrame([[1, 2]], columns=["1", 1]))


@pytest.mark.parametrize("value", [None, 1, [1], {"a": [1]}, np.zeros(3)])
def test_what_is_no_table_is_refused(value: Any) -> None:
    assert not is_frame(value)
    assert names_of(value) is None
    with pytest.raises(BadInput, match="no table"):
        frame_of(value)


def test_a_digest_that_is_given_is_taken() -> None:
    assert frame_of(made(), "v1").digest == "v1"
