"""Whatever a script hands in becomes a number, a scalar or words."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from clew.errors import BadInput
from clew.sdk.naming import MAX_NAME, Names, plain, source_of
from clew.sdk.values import LONGEST, flat, number, scalar
from clew_schemas.urn import Urn


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, 1.0),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (Decimal("1.5"), 1.5),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (np.float64("-inf"), "-Infinity"),
        ("2.5", 2.5),
    ],
)
def test_numbers_of_any_library_are_numbers(value: Any, said: float | str) -> None:
    assert number(value, "x") == said


@pytest.mark.parametrize("value", ["much", None, object(), [1], 1j, 10**400])
def test_what_is_no_number_is_bad_input(value: Any) -> None:
    with pytest.raises(BadInput, match="no number"):
        number(value, "metric x")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("text", "text"),
        (True, True),
        (np.bool_(True), True),
        (None, None),
        (np.int32(3), 3),
        (np.array([7]), 7),
        (float("nan"), "NaN"),
        (2**70, str(2**70)),
        (date(2026, 1, 2), "2026-01-02"),
        ([1, 2], "[1, 2]"),
        ("\ud800", "?"),
        (Unprintable(), "<Unprintable>"),
    ],
)
def test_anything_becomes_a_scalar(value: Any, said: Any) -> None:
    assert scalar(value) == said
    assert type(scalar(value)) is type(said)


def test_what_cannot_be_pickled_counts_as_it_prints() -> None:
    assert "lock" in str(scalar(threading.Lock()))
    assert "lambda" in str(scalar(lambda: 0))


def test_long_texts_are_cut() -> None:
    assert len(str(scalar("x" * 10**6))) == LONGEST


def test_mappings_are_named_with_dots_and_a_circle_ends() -> None:
    assert dict(flat({"tree": {"depth": 3, "leaf": {"min": 1}}, "n": 2, "empty": {}})) == {
        "tree.depth": 3,
        "tree.leaf.min": 1,
        "n": 2,
        "empty": "{}",
    }
    circle: dict[str, Any] = {}
    circle["self"] = circle
    assert len(dict(flat(circle))) == 1


@pytest.mark.parametrize(
    "name", ["a,b", "a(b)", "50%", "a.b", "ä\u0308", "a\nb", "", " ", "\x00", "x" * 5000, "\ud800", "日本語", 7, None]
)
def test_every_name_makes_a_urn(name: Any) -> None:
    names = Names("sdk://p")
    for urn in (names.run(name), names.feature(name, name, name), names.endpoint(name), names.dataset(name, "d")):
        assert str(Urn.parse(urn)) == urn


def test_names_stay_apart() -> None:
    names = Names("sdk://p")
    assert names.model_version("a.b", "c") != names.model_version("a", "b.c")
    assert len(plain("x" * 5000)) == MAX_NAME


@pytest.mark.parametrize("project", ["anna", "Müller & Söhne", "a\nb", "x" * 500])
def test_every_project_makes_a_source_that_the_ledger_takes(project: str) -> None:
    import re

    from clew.api.writing import SOURCE_NAME

    assert re.fullmatch(SOURCE_NAME, source_of(project))
