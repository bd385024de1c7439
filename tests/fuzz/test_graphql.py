"""GraphQL at the door: queries, mutations and variables, bombs of depth, of aliases, of fragments."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.door import Door
from fuzz.ugly import as_json, bodies, damaged, spoiled, texts, tries, values
from unit.clew.api.wire import FLIGHTS, group, says

QUERIES = tuple(each.decode() for each in bodies("queries.txt"))
ASKED = {"query": QUERIES[2], "variables": {"of": FLIGHTS}, "operationName": None, "extensions": {}}
PROPOSED = {"query": QUERIES[8], "variables": {"g": [group(says(FLIGHTS, "documentation", {"text": "x"}), id="q")]}}


def ask(door: Door, query: str, variables: Any = None) -> httpx.Response:
    return door.post("graphql", "/graphql", as_json({"query": query, "variables": variables}))


@pytest.mark.parametrize("query", QUERIES)
def test_each_saved_query_is_answered(door: Door, query: str) -> None:
    for variables in ({"of": FLIGHTS, "g": []}, {}, {"of": 1}, {"of": None, "g": 1e999}):
        ask(door, query, variables)
    door.send("graphql", "GET", "/graphql", params={"query": query, "variables": '{"of": "flights"}'})


@tries(200)
@given(st.sampled_from(QUERIES).map(str.encode).flatmap(damaged))
def test_a_damaged_query_is_answered(door: Door, query: bytes) -> None:
    ask(door, query.decode(errors="surrogateescape"))


@tries(200)
@given(st.sampled_from([ASKED, PROPOSED]).flatmap(spoiled))
def test_a_spoiled_request_is_answered(door: Door, request_: Any) -> None:
    door.post("graphql", "/graphql", as_json(request_))


@tries(150)
@given(st.sampled_from(QUERIES), st.dictionaries(st.sampled_from(["of", "g", "x"]), values(), max_size=3))
def test_any_variables_are_answered(door: Door, query: str, variables: dict[str, Any]) -> None:
    ask(door, query, variables)


@tries(100)
@given(st.one_of(values().map(as_json), st.binary(max_size=20)), texts())
def test_any_cursor_is_answered(door: Door, cursor: bytes, text: str) -> None:
    query = "query($a: String) { search(after: $a) { totalCount pageInfo { endCursor } } }"
    for each in (urlsafe_b64encode(cursor).decode(), text):
        ask(door, query, {"a": each})


FRAGMENTS = "".join(f"fragment f{n} on Query{{...f{n + 1} ...f{n + 1}}} " for n in range(150))
BOMBS = {
    "fields in fields": "{a" * 900 + "}" * 900,
    "lists in lists": "{search(text:" + "[" * 1500 + "){totalCount}}",
    "objects in objects": "{search(filters:" + "{kind:" * 600 + "){totalCount}}",
    "types in types": "query($a:" + "[" * 900 + "Int" + "]" * 900 + "){health}",
    "inline fragments": '{node(id:"x"){' + "...on Node{" * 480 + "id" + "}" * 482,
    "fragments that double": "{...f0}" + FRAGMENTS + "fragment f150 on Query{health}",
    "one field again and again": "{" + "health " * 1900 + "}",
    "aliases": "{" + " ".join(f"a{n}:health" for n in range(600)) + "}",
    "unknown fields": "{" + " ".join(f"x{n}" for n in range(1900)) + "}",
    "a long name": "{" + "a" * 99_000 + "}",
    "a megabyte": "{" + "a " * 500_000 + "}",
    "a long number": "{search(first:" + "9" * 5000 + "){totalCount}}",
    "a long number as JSON": "mutation{propose(groups:" + "9" * 5000 + "){id}}",
    "comments": "{health}" + "#" * 99_000,
    "directives": "{health " + "@include(if:true) " * 250 + "}",
    "operations": " ".join(f"query q{n}{{health}}" for n in range(300)),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_a_bounded_time(door: Door, bomb: str) -> None:
    began = time.monotonic()
    ask(door, BOMBS[bomb])
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("depth", [100, 250, 1000, 100_000])
def test_variables_nested_deeply_are_answered(door: Door, depth: int) -> None:
    body = b'{"query":"mutation($g:JSON!){propose(groups:$g){id errors}}","variables":{"g":%b%b}}'
    door.post("graphql", "/graphql", body % (b"[" * depth, b"]" * depth))


def test_long_texts_in_variables_are_refused_in_words(door: Door) -> None:
    for query in (
        "query($t: String!) { search(text: $t) { totalCount } }",
        "query($t: String!) { search(where: [$t]) { totalCount } }",
        "query($t: String!) { entity(name: $t) { urn } }",
        "query($t: String!) { lineage(of: $t) { complete } }",
    ):
        for text in ("x" * 1_000_000, "x." * 400_000, "urn:clew:" + "x" * 500_000, "a@b." * 200_000):
            said = ask(door, query, {"t": text})
            assert said.json()["errors"] and len(said.content) < 5000


def test_as_many_groups_as_at_the_other_door_may_be_proposed(door: Door) -> None:
    said = ask(door, QUERIES[8], {"g": [1] * 10_001}).json()
    assert said["errors"][0]["extensions"]["code"] == "too_large"


def test_what_is_no_number_is_not_said_as_null(door: Door) -> None:
    said = ask(door, f'mutation{{upsert(urn:"{FLIGHTS}",aspect:"properties",payload:{{rows:1e999}}){{id}}}}').json()
    assert said["errors"][0]["message"] == "not a JSON value: NaN or an infinity"
