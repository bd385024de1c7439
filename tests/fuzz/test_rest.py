"""Every route of the OpenAPI document, with what it allows and what it does not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from fuzz.door import ORDERS, Door, hold
from fuzz.ugly import TRIED, as_json, bodies, damaged, lines, spoiled, texts, tries
from unit.clew.api.wire import FLIGHTS, START

ENDLESS = {"/v1/changes"}
"""A stream without an end; its parameters are tried by themselves."""


@pytest.fixture(scope="module")
def described(door: Door) -> Any:
    """The routes as schemathesis reads them from the app's own document."""
    return schemathesis.openapi.from_asgi("/openapi.json", door.app)


def test_every_route_keeps_its_promises(door: Door, described: Any) -> None:
    seen = 0
    for found in described.get_all_operations():
        operation = found.ok()
        if operation.path in ENDLESS:
            continue
        seen += 1
        for mode, count in ((GenerationMode.POSITIVE, 6), (GenerationMode.NEGATIVE, 10)):
            _try(door, operation, mode, count)
    assert seen > 30


def _try(door: Door, operation: Any, mode: GenerationMode, count: int) -> None:
    @tries(count)
    @given(operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        TRIED["rest"] += 1
        answer = case.call(headers={"Authorization": f"Bearer {START}"})
        kind = ", ".join(answer.headers.get("content-type", []))
        hold(httpx.Response(answer.status_code, headers={"content-type": kind}, content=answer.content))

    with suppress(Unsatisfiable):  # a route that takes nothing takes nothing wrong
        one()


NUMBERS = ["-1", "0", "9" * 18, "9" * 19, "9" * 30, "9" * 5000, "1e5", "٣", "²", "", "nan", " 1"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_any_length_is_answered(door: Door, number: str) -> None:
    epoch = door.token.split("-")[0]
    for path in ("/v1/parked/{}/replay", "/v1/parked/{}"):
        for method in ("POST", "DELETE"):
            door.send("rest", method, path.format(quote(number)))
    for name in ("limit", "offset"):
        door.send("rest", "GET", "/v1/search", params={name: number})
    if len(number) != 18:  # these are answered after five seconds: such a commit may be on its way
        door.send("rest", "GET", "/v1/search", params={"atLeast": f"{epoch}-{number}"}) if number != "0" else None
    for at in (number, f"{epoch}-{number}"):
        door.send("rest", "GET", "/v1/compare", params={"a": FLIGHTS, "aAt": at})
    if len(number) > 18 or not number.isascii():
        assert door.send("rest", "GET", "/v1/changes", params={"after": f"{epoch}-{number}"}).status_code == 400


@tries(150)
@given(st.sampled_from(["impact", "lineage", "what-trained", "reproduce", "bottlenecks"]), texts())
def test_any_text_may_be_asked_for(door: Door, question: str, text: str) -> None:
    door.send("names", "GET", f"/v1/{question}", params={"of": _sendable(text)})


@tries(150)
@given(texts())
def test_any_text_may_stand_in_a_path(door: Door, text: str) -> None:
    for path in ("/v1/entities/", "/v1/sources/", "/v1/tokens/", "/v1/model/kinds/", "/v1/model/aspects/", "/"):
        door.send("rest", "DELETE" if path != "/v1/entities/" else "GET", path + quote(_sendable(text), safe=""))


@tries(250)
@given(texts(), st.lists(texts(), max_size=4), st.sampled_from(["tag", "kind", "facets", "namespace", "downstreamOf"]))
def test_any_text_may_be_searched_for(door: Door, text: str, where: list[str], facet: str) -> None:
    asked = {"q": _sendable(text), "where": list(map(_sendable, where)), facet: _sendable(text)}
    door.send("search", "GET", "/v1/search", params=asked)


OPERATORS = st.sampled_from(["<", "<=", "=", "==", "!=", ">", ">=", "<>", "=<", " "])


@tries(200)
@given(texts(), OPERATORS, texts())
def test_any_condition_may_be_asked(door: Door, name: str, operator: str, value: str) -> None:
    door.send("search", "GET", "/v1/search", params={"where": _sendable(f"{name}{operator}{value}")})


@tries(300)
@given(st.sampled_from(ORDERS).flatmap(lambda order: st.tuples(st.just(order[0]), spoiled(order[1]).map(as_json))))
def test_a_spoiled_order_is_answered(door: Door, order: tuple[str, bytes]) -> None:
    door.post("edits", *order)


@tries(100)
@given(st.sampled_from(ORDERS).flatmap(lambda each: st.tuples(st.just(each[0]), damaged(as_json(each[1])))))
def test_a_damaged_order_is_answered(door: Door, order: tuple[str, bytes]) -> None:
    door.post("edits", *order)


HEADERS = ["host", "origin", "cookie", "accept", "content-type", "content-length", "authorization", "last-event-id"]
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)


@tries(150)
@given(st.sampled_from(HEADERS), st.one_of(PLAIN, st.sampled_from(["[", "[::1", "9" * 5000, "q=nan", "*/*;q=1e999"])))
def test_any_header_may_be_sent(door: Door, name: str, value: str) -> None:
    TRIED["headers"] += 1
    for method, path in (("GET", "/v1/search"), ("GET", "/v1/nothing"), ("POST", "/graphql"), ("POST", "/v1/groups")):
        hold(door.local.request(method, path, headers={name: value.encode("latin-1")}, content=b"{}"))


def test_a_flood_of_headers_and_parameters_is_answered(door: Door) -> None:
    door.send("headers", "GET", "/v1/search", headers={f"x-{number}": "y" * 50 for number in range(3000)})
    door.send("headers", "GET", "/v1/search", headers={"cookie": "; ".join(f"a{n}=b" for n in range(5000))})
    for name in ("tag", "where", "facets", "nonsense", "limit"):
        door.send("rest", "GET", "/v1/search?" + "&".join(f"{name}={number}" for number in range(3000)))


def test_the_secret_of_a_request_is_not_said_back(door: Door) -> None:
    for secret in (START, START + "x"):
        hold(door.local.get("/v1/tokens", headers={"Authorization": f"Basic {secret}"}))
        hold(door.local.get("/v1/tokens", headers={"Cookie": f"clew_token={secret}"}))


def _sendable(text: str) -> str:
    """Return what a client makes of a text on its way into a URL, which may have 64 KiB."""
    return text.encode(errors="replace").decode()[:1200]


def test_the_corpus_is_read() -> None:
    assert len(lines("texts.txt")) > 90 and len(bodies("records.txt")) > 40
