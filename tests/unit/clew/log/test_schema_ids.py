"""The registry's client, against answers a registry may give."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from clew.errors import BadInput, ClewError, Conflict, Forbidden, NotFound, Unreachable
from clew.log.patience import patiently
from clew.log.schema_ids import SchemaIds
from clew_schemas.wire import CHANGES, PROPOSALS

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, asked: list[httpx.Request] | None = None) -> SchemaIds:
    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return answer(request)

    return SchemaIds("http://me:hunter2@registry:8081/apis/ccompat/v7", httpx.MockTransport(handle))


def test_a_schema_is_registered_under_its_topics_values() -> None:
    asked: list[httpx.Request] = []
    assert client(lambda _: httpx.Response(200, json={"id": 7}), asked).register("a.b", PROPOSALS) == 7
    assert str(asked[0].url).endswith("/apis/ccompat/v7/subjects/a.b-value/versions")
    assert PROPOSALS.text.encode()[:3] not in asked[0].content[:3]
    assert b"clew.wire.v1" in asked[0].content


def test_an_id_is_asked_for_once() -> None:
    asked: list[httpx.Request] = []
    schemas = client(lambda _: httpx.Response(200, json={"schema": PROPOSALS.text}), asked)
    for _ in range(3):
        schemas.check(5, PROPOSALS)
    with pytest.raises(BadInput, match="the schema 5 is not that of changes"):
        schemas.check(5, CHANGES)
    assert len(asked) == 1


def test_an_unknown_id_is_asked_for_again_it_may_be_registered_later() -> None:
    known: list[bool] = []

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"schema": PROPOSALS.text}) if known else httpx.Response(404, json={"e": 1})

    schemas = client(answer)
    with pytest.raises(NotFound, match="no schema 5"):
        schemas.check(5, PROPOSALS)
    known.append(True)
    schemas.check(5, PROPOSALS)


def away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (away, Unreachable),
        (lambda _: httpx.Response(503), Unreachable),
        (lambda _: httpx.Response(429), Unreachable),
        (lambda _: httpx.Response(401), Forbidden),
        (lambda _: httpx.Response(409, json={}), Conflict),
        (lambda _: httpx.Response(404, text="<html>"), BadInput),
        (lambda _: httpx.Response(200, text="<html>"), BadInput),
        (lambda _: httpx.Response(200, json=[1]), BadInput),
    ],
)
def test_each_failure_is_in_our_words_and_tells_no_password(answer: Answer, kind: type[ClewError]) -> None:
    with pytest.raises(kind) as caught:
        client(answer).register("t", PROPOSALS)
    assert type(caught.value) is kind
    assert "hunter2" not in repr(caught.value.to_dict())


def test_a_wrong_address_is_not_an_unknown_schema() -> None:
    with pytest.raises(BadInput, match="no schema registry answers there"):
        client(lambda _: httpx.Response(404, text="<html>")).schema(1)


def test_what_the_world_fails_at_is_tried_again_and_what_is_wrong_is_not() -> None:
    tries: list[int] = []

    def attempt() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise Unreachable("away")
        return len(tries)

    assert patiently(attempt, 60) == 3
    with pytest.raises(Unreachable):
        patiently(lambda: client(away).register("t", PROPOSALS), 0)

    def wrong() -> None:
        tries.append(1)
        raise BadInput("wrong")

    with pytest.raises(BadInput):
        patiently(wrong, 60)
    assert len(tries) == 4
