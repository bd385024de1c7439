"""Groups and crawls at the door: each record in has a receipt out, whatever stands in it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.api.bodies import MAX_RECORDS
from clew_schemas.event import MAX_BYTES
from fuzz.door import Door
from fuzz.ugly import SECRET, as_json, bodies, damaged, good_events, spoiled, texts, tries, values
from unit.clew.api.wire import DELAYS, FLIGHTS, group, says

GOOD = st.sampled_from(good_events()).map(lambda event: group(event, id="good", source="fuzz"))
CRAWL = {
    "type": "crawl.open",
    "source": "crawler",
    "number": 1_750_000_000_000_000,
    "scope": {"prefixes": ["urn:clew:dataset:(a"], "aspects": ["documentation"]},
    "guard": 0.4,
}
SEEN = {"accepted", "unchanged", "parked", "refused", "opened", "closed", "queued"}


def receipts_of(door: Door, body: bytes, content_type: str = "application/json") -> list[dict[str, Any]]:
    answer = door.post("events", "/v1/groups", body, content_type)
    receipts: list[dict[str, Any]] = answer.json().get("receipts", [])
    assert all(each["status"] in SEEN for each in receipts)
    return receipts


@pytest.mark.parametrize("record", bodies("records.txt"), ids=range(len(bodies("records.txt"))))
def test_each_saved_record_has_a_receipt_or_an_error(door: Door, record: bytes) -> None:
    for path in ("/v1/groups", "/v1/crawls"):
        answer = door.post("events", path, record)
        assert {"receipts", "receipt", "error"} & set(answer.json())


@tries(250)
@given(GOOD.flatmap(spoiled))
def test_a_spoiled_group_has_one_receipt(door: Door, record: Any) -> None:
    if not isinstance(record, list):
        assert len(receipts_of(door, as_json(record))) == 1


@tries(150)
@given(GOOD.map(as_json).flatmap(damaged))
def test_a_damaged_group_is_taken_or_refused(door: Door, body: bytes) -> None:
    door.post("events", "/v1/groups", body)


@tries(80)
@given(st.just(CRAWL).flatmap(spoiled))
def test_a_spoiled_crawl_mark_has_a_receipt(door: Door, record: Any) -> None:
    assert "receipt" in door.post("crawls", "/v1/crawls", as_json(record)).json()


@tries(40)
@given(st.lists(st.one_of(GOOD, GOOD.flatmap(spoiled), values()).map(as_json), max_size=8))
def test_a_batch_has_as_many_receipts_as_records(door: Door, records: list[bytes]) -> None:
    assert len(receipts_of(door, b"\n".join(records), "application/x-ndjson")) == len(records)


@tries(25)
@given(st.lists(st.one_of(GOOD, values().filter(lambda each: each == each)), max_size=5), texts())
def test_a_content_type_that_lies_costs_no_receipt(door: Door, records: list[Any], content_type: str) -> None:
    said = content_type.encode("ascii", "ignore").decode().strip().replace("\n", "").replace("\r", "").replace("\0", "")
    door.send("events", "POST", "/v1/groups", content=as_json(records), headers={"Content-Type": said})


def test_a_key_that_stands_twice_is_refused_and_nothing_of_it_is_dropped(door: Door) -> None:
    event = json.dumps(says(FLIGHTS, "documentation", {"text": "long enough to be cut out"}))
    for body in (
        f'{{"source":"a","id":"1","events":[{event}],"events":[{event}]}}',
        f'{{"source":"a","source":"b","id":"1","events":[{event}]}}',
        f'{{"source":"a","id":"1","events":[{event[:-1]},"payload":{{"text":"another one"}}}}]}}',
        f'{{"source":"a","id":"1","events":[{event[:-1]},"p\\u0061yload":{{"text":"another one"}}}}]}}',
    ):
        (receipt,) = receipts_of(door, body.encode())
        assert receipt["status"] == "refused" and "stands twice" in receipt["errors"][0]["what"]


def test_a_number_that_no_float_holds_is_refused_and_not_kept_as_null(door: Door) -> None:
    body = as_json(group(says("urn:clew:run:(x,1)", "parameters", {"values": {"a": 7}}), id="inf"))
    (receipt,) = receipts_of(door, body.replace(b"7", b"1e999"))
    assert receipt["status"] == "refused" and "number is infinity" in receipt["errors"][0]["what"]


def test_no_escape_hides_a_password(door: Door) -> None:
    text = r'{"text":"postgres:\/\/u:S@h and \u003ftok\u0065n=S"}'.replace("S", SECRET)
    body = as_json(group(says(FLIGHTS, "documentation", 0), id="escaped")).replace(b": 0", b": " + text.encode())
    assert receipts_of(door, body)[0]["status"] == "accepted"
    door.send("events", "GET", f"/v1/entities/{FLIGHTS}")


@pytest.mark.parametrize("piece", ["a", "a:", "://", "://a:", '"', '"token"', "?token=", "&secret", "\\\\", "[", "("])
def test_the_longest_text_is_read_in_bounded_time(door: Door, piece: str) -> None:
    text = (piece * MAX_BYTES)[: MAX_BYTES // 3] + " :// token"
    began = time.monotonic()
    receipts_of(door, as_json(group(says(DELAYS, "documentation", {"text": text}), id=f"long {piece}")))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"events":[', '[{"events":['])
def test_a_depth_bomb_is_refused(door: Door, opening: str) -> None:
    for depth in (100, 1100, 300_000):
        assert door.post("events", "/v1/groups", opening.encode() * depth).status_code in (400, 413)


def test_more_records_than_can_be_answered_are_refused_at_once(door: Door) -> None:
    for body, content_type in ((b"1\n", "application/x-ndjson"), (b"[1" + b",1" * MAX_RECORDS + b"]", "")):
        many = body * (MAX_RECORDS + 1) if content_type else body
        assert door.post("events", "/v1/groups", many, content_type).status_code == 413
