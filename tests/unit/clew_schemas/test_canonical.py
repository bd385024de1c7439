"""Canonical JSON: equal content, equal bytes; what JSON can't say is refused."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew_schemas.canonical import digest, dumps, loads
from clew_schemas.errors import BadInput

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_spelling_of_a_value_has_the_same_canonical_bytes(value: object) -> None:
    canonical = dumps(value)
    for spelling in (json.dumps(value), json.dumps(value, indent=3, ensure_ascii=False)):
        again, found = loads(spelling.encode())
        assert found == canonical
        assert again == value
    assert loads(canonical) == (value, canonical)


def test_keys_are_sorted_by_code_point_and_there_is_no_white_space() -> None:
    assert dumps({"b": 1, "a": [1.5, None], "é": "x", "Z": True}) == '{"Z":true,"a":[1.5,null],"b":1,"é":"x"}'.encode()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b'{"a":1,"a":2}', "stands twice"),
        (b'{"x":{"a":1, "a":1}}', "stands twice"),
        (rb'{"te\u0078t":"\n","text":"\n"}', "stands twice"),
        (rb'{"a":"\"\"","a":"\\"}', "stands twice"),
        (b"9223372036854775808", "beyond int64"),
        (b"-9223372036854775809", "beyond int64"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":1', "not valid JSON"),
        (b'"\\ud800"', "not valid JSON"),
        (b"[" * 200 + b"]" * 200, "nested deeper"),
        (b"[" * 5000 + b"]" * 5000, "not valid JSON"),
    ],
)
def test_what_has_no_canonical_form_is_refused(bad: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        loads(bad)


@given(st.lists(st.tuples(st.text('"\\a', max_size=3), st.text('"\\n/\u00e9\n', max_size=4)), max_size=5), st.randoms())
def test_a_key_that_stands_twice_is_found_whatever_is_escaped(pairs: list[tuple[str, str]], random: Random) -> None:
    def spelt(text: str) -> str:
        escaped = "".join(f"\\u{ord(each):04x}" for each in text)
        return random.choice([json.dumps(text), json.dumps(text, ensure_ascii=False), f'"{escaped}"'])

    data = f"{{{', '.join(f'{spelt(key)}: {spelt(value)}' for key, value in pairs)}}}".encode()
    if len(dict(pairs)) == len(pairs):
        assert loads(data)[0] == dict(pairs)
    else:
        with pytest.raises(BadInput, match="stands twice"):
            loads(data)


def test_hashes_are_keyed() -> None:
    assert digest(b"x", b"one") != digest(b"x", b"two")
