"""URNs: the laws of names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew_schemas.errors import BadInput
from clew_schemas.urn import (
    Urn,
    any_of,
    are_plain,
    check,
    column,
    dataset_of,
    dotted,
    dotted_name_of,
    kind_of,
    of_segments,
    rows_of,
    segment,
    unescape,
)

SEGMENT = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30).map(
    lambda text: __import__("unicodedata").normalize("NFC", text)
)


@given(SEGMENT, st.lists(SEGMENT, min_size=1, max_size=4), SEGMENT)
def test_any_name_goes_into_a_urn_and_comes_out_again(namespace: str, name: list[str], path: str) -> None:
    dataset = of_segments("dataset", namespace, *name)
    parsed = Urn.parse(dataset)
    assert str(parsed) == dataset
    assert unescape(parsed.namespace) == namespace
    assert [unescape(each) for each in parsed.name.split(".")] == name
    whole = Urn.parse(column(dataset, segment(path)))
    assert (whole.label, dataset_of(str(whole))) == (path, dataset)
    assert [dotted_name_of(str(each)) for each in (parsed, whole)] == [parsed.dotted_name, whole.dotted_name]


SPELT = st.sampled_from(
    [
        "urn:clew:",
        "dataset",
        "column",
        "any",
        "Job",
        ":",
        "(",
        ")",
        ",",
        "a",
        "x.y",
        " ",
        "%",
        "%2E",
        "%zz",
        "\n",
        "é",
        "e\u0301",
    ]
)


@given(st.one_of(st.lists(SPELT, max_size=9).map("".join), st.text(max_size=40)))
def test_checking_a_urn_says_what_parsing_it_says(inside: str) -> None:
    for text in (
        inside,
        f"urn:clew:column:({inside},t,c)",
        f"urn:clew:dataset:(x,{inside})",
        f"urn:clew:{inside}:(x,y)",
    ):
        assert _said(check, text) == _said(Urn.parse, text)


def _said(by: Callable[[str], object], text: str) -> str | None:
    try:
        by(text)
    except BadInput as error:
        return str(error)
    return None


def test_columns_and_derived_nodes_belong_to_their_dataset() -> None:
    dataset = "urn:clew:dataset:(postgres://db:5432,shop.public.orders)"
    for urn, kind in (
        (column(dataset, "id"), "column"),
        (any_of(dataset), "any"),
        (rows_of(dataset), "rows"),
    ):
        assert (kind_of(urn), dataset_of(urn)) == (kind, dataset)
    assert dataset_of(dataset) is None


def test_a_dot_inside_a_segment_is_no_separator() -> None:
    assert dotted("shop", "a.b", "c,d (e)%") == "shop.a%2Eb.c%2Cd %28e%29%25"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "orders",
        "urn:clew:dataset:(ns,name",
        "urn:clew:dataset:(ns,a,b)",
        "urn:clew:column:(ns,a)",
        "urn:clew:dataset:(ns,100%)",
        "urn:clew:dataset:(ns,cafe\u0301)",
        "urn:clew:dataset:(ns,a\nb)",
        "urn:clew:dataset:(ns," + "x" * 3000 + ")",
    ],
)
def test_bad_urns_are_refused_in_words(bad: str) -> None:
    with pytest.raises(BadInput) as caught:
        Urn.parse(bad)
    assert caught.value.what


@pytest.mark.parametrize(
    ("texts", "plain"),
    [
        (["urn:clew:dataset:(x,t)"], True),
        (["urn:clew:dataset:(x,t)", "urn:clew:column:(x,t,a)"], True),
        (["urn:clew:dataset:(x,t)\nurn:clew:dataset:(x,u)"], False),
        (["urn:clew:dataset:(x,t)", "urn:clew:dataset:(x,u)\n"], False),
        (["urn:clew:dataset:(x,t)", "urn:clew:column:(x,t)"], False),
        (["urn:clew:dataset:(x,t)", "nothing of the kind"], False),
        ([f"urn:clew:dataset:(x,{'t' * 5000})"], False),
        ([], False),
    ],
)
def test_urns_are_looked_at_together_as_each_alone(texts: list[str], plain: bool) -> None:
    assert are_plain(texts) is plain
