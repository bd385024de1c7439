"""Kinds and aspects registered at the door, and payloads checked by schemas that mean ill."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import given

from fuzz.door import Door
from fuzz.ugly import as_json, damaged, spoiled, tries
from unit.clew.api.wire import FLIGHTS, group, says

GOOD = {
    "type": "object",
    "required": ["of"],
    "properties": {
        "of": {"type": "string", "pattern": "^urn:"},
        "names": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/name"}},
        "size": {"type": "number", "minimum": 0},
    },
    "patternProperties": {"^x-": {"type": "string"}},
    "additionalProperties": False,
    "$defs": {"name": {"type": "string", "maxLength": 20}},
    "x-clew": {
        "name": "spare_part",
        "version": 1,
        "mode": "state",
        "kinds": ["dataset"],
        "resolution": {"rule": "union", "list": "names", "key": ["name"]},
        "edges": [{"type": "DEPENDS_ON", "to": "of"}],
        "search": [{"path": "size", "field": "measure"}],
    },
}


def register(door: Door, name: str, **members: Any) -> httpx.Response:
    document = {"type": "object", "x-clew": {"name": name, "version": 1, "mode": "state", "kinds": "*"}, **members}
    return door.post("definitions", "/v1/model/aspects", as_json(document))


def say(door: Door, aspect: str, payload: Any) -> dict[str, Any]:
    """Say the aspect of a dataset; return its receipt."""
    said = group(says(FLIGHTS, aspect, payload), id=str(time.monotonic()))
    answer = door.post("definitions", "/v1/groups", as_json(said))
    assert len(answer.content) < 20_000
    receipt: dict[str, Any] = answer.json()["receipts"][0]
    return receipt


@tries(250)
@given(spoiled(GOOD))
def test_a_spoiled_document_is_answered(door: Door, document: Any) -> None:
    door.post("definitions", "/v1/model/aspects", as_json(document))


@tries(100)
@given(damaged(json.dumps(GOOD).encode()))
def test_a_damaged_document_is_answered(door: Door, document: bytes) -> None:
    door.post("definitions", "/v1/model/aspects", document)


@tries(150)
@given(spoiled({"of": FLIGHTS, "names": ["a", "b"], "size": 7, "x-a": "b"}))
def test_a_spoiled_payload_is_answered(door: Door, payload: Any) -> None:
    door.post("definitions", "/v1/model/aspects", as_json(GOOD | {"x-clew": {**_NAMED, "name": "spare"}}))
    say(door, "spare", payload)


_NAMED = {"version": 1, "mode": "state", "kinds": "*"}


def test_a_pattern_is_searched_for_in_linear_time(door: Door) -> None:
    assert register(door, "slow", properties={"a": {"pattern": "^(a+)+$"}}).status_code == 200
    assert say(door, "slow", {"a": "a" * 100_000 + "b"})["status"] == "refused"
    assert say(door, "slow", {"a": "a" * 100_000})["status"] == "accepted"
    assert register(door, "slow_keys", patternProperties={"^(a+)+$": {}}, additionalProperties=False).status_code == 200
    assert say(door, "slow_keys", {"a" * 5000 + "b": 1})["status"] == "refused"
    assert say(door, "slow_keys", {"a" * 5000: 1})["status"] == "accepted"


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "("])
def test_a_pattern_that_might_take_for_ever_is_refused(door: Door, pattern: str) -> None:
    assert register(door, "looking", properties={"a": {"pattern": pattern}}).status_code == 400
    assert register(door, "looking", patternProperties={pattern: {}}).status_code == 400


@pytest.mark.parametrize("dialect", [{}, {"$schema": "https://json-schema.org/draft/2020-12/schema"}])
def test_references_that_double_are_followed_so_far(door: Door, dialect: dict[str, str]) -> None:
    name = f"doubling{len(dialect)}"
    steps = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2, **dialect} for n in range(40)}
    made = register(door, name, **{"$defs": {**steps, "d40": {}}, "$ref": "#/$defs/d0", **dialect})
    assert made.status_code == 200
    assert say(door, name, {"a": 1})["errors"][0]["what"].endswith("takes too much work")


def test_references_in_a_circle_are_refused_or_answered(door: Door) -> None:
    register(door, "circle", **{"$ref": "#"})
    register(door, "ring", properties={"a": {"$ref": "#/properties/a"}})
    register(door, "word", properties={"a": {"$ref": "#/type"}})
    for aspect in ("circle", "ring", "word"):
        say(door, aspect, {"a": 1})


def test_many_elements_are_compared_in_bounded_time(door: Door) -> None:
    mixed = [each for number in range(20_000) for each in (number, str(number))]
    assert register(door, "needing", required=mixed).status_code == 400
    assert register(door, "different", properties={"a": {"uniqueItems": True}}).status_code == 200
    objects = [each for number in range(20_000) for each in ({"a": number}, number)]
    assert say(door, "different", {"a": objects})["status"] == "accepted"
    assert say(door, "different", {"a": [*objects, 7]})["status"] == "refused"


@pytest.mark.parametrize("version", [0, -1, 1.5, True, 10_001, 2**31, 2**63 - 1, 10**30])
def test_a_version_out_of_bounds_is_refused_at_once(door: Door, version: Any) -> None:
    said = {**_NAMED, "name": "versioned", "version": version}
    assert door.post("definitions", "/v1/model/aspects", as_json({"type": "object", "x-clew": said})).status_code == 400


def test_a_long_payload_is_not_quoted_in_whole(door: Door) -> None:
    register(door, "texts", properties={"a": {"type": "string"}})
    assert say(door, "texts", {"a": ["x"] * 100_000})["status"] == "refused"


def test_text_that_is_no_unicode_is_refused(door: Door) -> None:
    said = door.post("definitions", "/v1/model/kinds", b'{"name":"broken","label":"\\ud800"}')
    assert said.status_code == 400
