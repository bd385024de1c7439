"""What is checked of a record, and before what."""

from __future__ import annotations

import httpx
import pytest

from clew.errors import BadInput, Forbidden, Unreachable
from clew.log.keys import SigningKey
from clew.log.record import LogRecord, signature_headers
from clew.log.schema_ids import SchemaIds
from clew.log.verify import verified
from clew_schemas import Group, event
from clew_schemas.wire import PROPOSALS, frame, to_avro

KEY = SigningKey.generate()
SAID = Group("shop", "g", (event("urn:clew:dataset:(a,b)", "documentation", {"text": "a"}),))
VALUE = frame(1, to_avro(SAID))


def record(value: bytes = VALUE, key: bytes = b"shop") -> LogRecord:
    headers = {name: said for name, said in signature_headers(KEY, "t", key, value) if isinstance(said, bytes)}
    return LogRecord("t", 3, 9, key, value, headers)


def key_of(source: str) -> bytes | None:
    return KEY.public if source in ("shop", "steward") else None


def schemas(asked: list[str], status: int = 200) -> SchemaIds:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(status, json={"schema": PROPOSALS.text})

    return SchemaIds("http://r", httpx.MockTransport(answer))


def test_a_good_record_is_the_proposal_that_was_signed() -> None:
    assert verified(record(), key_of, schemas([])) == SAID


@pytest.mark.parametrize(
    "broken",
    [
        record()._replace(headers={}),
        record()._replace(topic="u"),
        record()._replace(key=b"other"),
        record()._replace(value=VALUE + b"x"),
        record()._replace(headers={**record().headers, "clew-sig": b"\0" * 64}),
        record()._replace(headers={**record().headers, "clew-key": b"0" * 32}),
        record(key=b"steward"),
        record(key=b"derived.sql"),
        record(key=b"shop\0more"),
    ],
)
def test_what_nobody_signed_is_not_parsed_and_the_registry_is_not_asked(broken: LogRecord) -> None:
    asked: list[str] = []
    with pytest.raises(Forbidden):
        verified(broken, key_of, schemas(asked))
    assert asked == []


@pytest.mark.parametrize("broken", [record()._replace(key=None), record()._replace(value=None), record(key=b"\xff")])
def test_what_has_no_source_or_nothing_to_say_is_bad_input(broken: LogRecord) -> None:
    with pytest.raises(BadInput):
        verified(broken, key_of, schemas([]))


def test_a_registry_that_is_away_says_nothing_about_the_record() -> None:
    with pytest.raises(Unreachable):
        verified(record(), key_of, schemas([], status=503))


def test_a_signature_can_not_be_moved_between_topic_and_key() -> None:
    moved = record()._replace(topic="t\0shop", key=b"")
    with pytest.raises(BadInput):
        verified(moved, key_of, schemas([]))
