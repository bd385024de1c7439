"""Writing facts: each record has its receipt, and a bad one costs nobody else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from clew.api.bodies import MAX_BODY, BodyLimit
from clew.api.records import RECORDS
from clew.house import House
from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Scope
from unit.clew.api.conftest import Connect
from unit.clew.api.wire import DELAYS, FLIGHTS, THREAD, columns, group, says

NOTE = says(FLIGHTS, "documentation", {"text": "Flights."})
NDJSON = {"Content-Type": "application/x-ndjson"}


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that one record was refused, with the receipt in the body; return the error."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["error"]["code"] == code
    assert body["receipts"][0]["status"] == "refused"
    assert body["receipts"][0]["errors"][0] == body["error"]
    error: dict[str, Any] = body["error"]
    return error


class TestGroups:
    def test_an_accepted_group_has_a_token_to_read_it_by(self, local: TestClient, house: House) -> None:
        (receipt,) = local.post("/v1/groups", json=THREAD).json()["receipts"]
        assert (receipt["status"], receipt["seq"], receipt["changed"]) == ("accepted", 1, len(THREAD["events"]))
        assert receipt["token"] == f"{house.ledger.epoch}-1"
        found = local.get("/v1/search", params={"q": "delay_board", "atLeast": receipt["token"]}).json()
        assert found["hits"][0]["kind"] == "dashboard"

    def test_a_repeat_answers_with_the_first_receipt(self, local: TestClient) -> None:
        local.post("/v1/groups", json=group(NOTE))
        (receipt,) = local.post("/v1/groups", json=group(NOTE)).json()["receipts"]
        assert (receipt["status"], receipt["repeated"]) == ("accepted", True)

    def test_a_bad_record_of_an_array_leaves_the_others(self, local: TestClient, house: House) -> None:
        bad = group(says(FLIGHTS, "no_such_aspect", {}), id="bad")
        malformed = {"source": "etl", "id": "odd", "event": []}
        other = group(says(DELAYS, "documentation", {"text": "Delays."}), id="last")
        answer = local.post("/v1/groups", json=[group(NOTE), bad, malformed, 7, other])
        assert answer.status_code == 200
        receipts = answer.json()["receipts"]
        assert [each["status"] for each in receipts] == ["accepted", "refused", "refused", "refused", "accepted"]
        assert [each["id"] for each in receipts] == ["g1", "bad", "odd", "", "last"]
        assert receipts[1]["errors"][0]["where"] == "events[0].aspect"
        assert house.ledger.head_seq() == 2

    def test_broken_utf8_in_one_item_leaves_the_others(self, local: TestClient) -> None:
        good, broken = json.dumps(group(NOTE)).encode(), json.dumps(group(NOTE, id="X")).encode()
        body = b"[" + broken.replace(b'"X"', b'"\xff"') + b"," + good + b"]"
        receipts = local.post("/v1/groups", content=body).json()["receipts"]
        assert [each["status"] for each in receipts] == ["refused", "accepted"]
        assert "not UTF-8" in receipts[0]["errors"][0]["what"]

    def test_ndjson_is_a_record_a_line(self, local: TestClient) -> None:
        lines = [json.dumps(group(NOTE)), "", "{not json", json.dumps(group(NOTE, id="two"))]
        answer = local.post("/v1/groups", content="\n".join(lines), headers=NDJSON)
        assert [each["status"] for each in answer.json()["receipts"]] == ["accepted", "refused", "unchanged"]

    def test_a_whole_crawl_goes_in_one_batch(self, local: TestClient) -> None:
        number = 1_700_000_000_000_000
        scope = {"prefixes": ["urn:clew:dataset:(duckdb://nyc,"], "aspects": ["documentation"]}
        crawl = [
            {"type": "crawl.open", "source": "crawler", "number": number, "scope": scope},
            group(NOTE, source="crawler", crawl={"number": number, "sequence": 0}),
            {"type": "crawl.close", "source": "crawler", "number": number, "events": 1},
        ]
        receipts = local.post("/v1/groups", json=crawl).json()["receipts"]
        assert [each["status"] for each in receipts] == ["opened", "accepted", "closed"]
        last = local.get("/v1/crawls", params={"source": "crawler"}).json()
        assert last == {"source": "crawler", "crawl": {"number": number, "state": "closed"}}

    def test_an_array_that_is_no_json_is_refused_whole(self, local: TestClient, house: House) -> None:
        answer = local.post("/v1/groups", content=b'[{"source": "etl"}, ')
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")
        assert house.ledger.head_seq() == 0

    def test_an_empty_batch_has_no_receipts(self, local: TestClient) -> None:
        assert local.post("/v1/groups", json=[]).json() == {"receipts": []}
        assert local.post("/v1/groups", content=b"", headers=NDJSON).json() == {"receipts": []}


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "where"),
        [
            (b"", "$"),
            (b"{", "$"),
            (b'{"source": "etl", "id": "\xff", "events": []}', "byte 25"),
            (json.dumps({"source": "etl", "id": "1"}).encode(), "$"),
            (json.dumps(group({"urn": FLIGHTS}, id="1")).encode(), "$.events[0]"),
            (json.dumps(group({**NOTE, "colour": 1}, id="1")).encode(), "$.events[0]"),
            (json.dumps(group(id="1")).encode(), "events"),
            (json.dumps(group(NOTE, id="")).encode(), "id"),
            (json.dumps(group(says("urn:clew:dataset:(x)", "tags", {}))).encode(), "events[0].urn"),
            (json.dumps(group(says("urn:clew:spoon:(x,y)", "tags", {}))).encode(), "events[0].urn"),
            (json.dumps(group(says(FLIGHTS, "no_such", {}))).encode(), "events[0].aspect"),
            (json.dumps(group(says(FLIGHTS, "run", {"status": "success"}))).encode(), "events[0].aspect"),
            (json.dumps(group(says(FLIGHTS, "documentation", {"txt": "x"}))).encode(), "events[0].payload"),
            (b"[" * 100_000 + b"]" * 100_000, "$"),
            (b'{"a":' * 100_000, "$"),
        ],
    )
    def test_it_is_refused_with_the_place(self, local: TestClient, house: House, body: bytes, where: str) -> None:
        answer = local.post("/v1/groups", content=body)
        error = answer.json()["error"] if answer.status_code != 200 else answer.json()["receipts"][0]["errors"][0]
        assert answer.status_code in (200, 400)
        assert error["code"] == "bad_input"
        assert error["where"].startswith(where)
        assert house.ledger.head_seq() == 0

    def test_an_event_from_next_year_is_refused(self, local: TestClient) -> None:
        moment = (datetime.now(UTC) + timedelta(days=365)).isoformat()
        error = refused(local.post("/v1/groups", json=group({**NOTE, "observed": moment})), 400, "bad_input")
        assert "clock" in error["hint"]

    @pytest.mark.parametrize("size", [950_000, 2_000_000])
    def test_an_event_over_the_limit_is_too_large(self, local: TestClient, size: int) -> None:
        big = says(FLIGHTS, "documentation", {"text": "x" * size})
        refused(local.post("/v1/groups", json=group(big)), 413, "too_large")

    def test_a_lost_precondition_is_a_conflict_with_the_etag_that_holds(self, local: TestClient) -> None:
        local.post("/v1/groups", json=group(NOTE))
        etag = local.get("/v1/entities/flights").json()["etags"]["documentation"]
        edit = says(FLIGHTS, "documentation", {"text": "New."})
        error = refused(local.post("/v1/groups", json=group({**edit, "ifMatch": ""}, id="2")), 409, "conflict")
        assert error["etag"] == etag
        assert local.post("/v1/groups", json=group({**edit, "ifMatch": etag}, id="3")).status_code == 200

    def test_a_malformed_source_name_is_not_registered(self, local: TestClient, house: House) -> None:
        refused(local.post("/v1/groups", json=group(NOTE, source="\u0000<script>")), 400, "bad_input")
        assert [source.name for source in house.ledger.sources()] == [
            "derived.evidence",
            "derived.query_log",
            "derived.sql",
            "steward",
        ]

    def test_a_secret_is_not_said_back(self, local: TestClient) -> None:
        answer = local.post("/v1/groups", json=group(says("urn:clew:dataset:(pg://u:hunter2@h,t)", "tags", {})))
        assert answer.status_code == 400
        assert "hunter2" not in answer.text

    def test_a_body_over_the_limit_is_refused_at_its_announcement(self, local: TestClient) -> None:
        answer = local.post("/v1/groups", content=b"{}", headers={"Content-Length": str(MAX_BODY + 1)})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

    def test_a_body_without_an_announcement_is_refused_when_it_gets_there(self, app: Any, connect: Connect) -> None:
        limited = connect(app=BodyLimit(app, most=1000))
        pieces = iter([b"x" * 600, b"x" * 600])
        assert limited.post("/v1/groups", content=pieces).status_code == 413
        assert limited.post("/v1/groups", content=iter([b"x" * 600])).status_code == 400


NUMBER = 1_700_000_000_000_000
OPEN: dict[str, Any] = {
    "type": "crawl.open",
    "source": "crawler",
    "number": NUMBER,
    "scope": {"prefixes": ["urn:clew:"], "aspects": ["documentation"]},
}


class TestCrawls:
    def test_it_opens_and_closes_and_says_so(self, local: TestClient) -> None:
        assert local.post("/v1/crawls", json=OPEN).json()["receipt"]["status"] == "opened"
        close = {"type": "crawl.close", "source": "crawler", "number": NUMBER, "events": 0}
        assert local.post("/v1/crawls", json=close).json()["receipt"]["status"] == "closed"

    def test_a_number_below_the_last_is_refused(self, local: TestClient) -> None:
        local.post("/v1/crawls", json=OPEN)
        answer = local.post("/v1/crawls", json={**OPEN, "number": NUMBER - 1})
        assert (answer.status_code, answer.json()["error"]["where"]) == (400, "number")
        assert answer.json()["receipt"]["status"] == "refused"

    def test_a_group_is_no_crawl_mark(self, local: TestClient, house: House) -> None:
        assert local.post("/v1/crawls", json=group(NOTE)).status_code == 400
        assert house.ledger.head_seq() == 0

    def test_the_last_crawl_of_nobody_is_not_found(self, local: TestClient) -> None:
        assert local.get("/v1/crawls", params={"source": "nobody"}).status_code == 404
        assert local.get("/v1/crawls").json()["error"]["where"] == "source"


class TestSources:
    def test_a_source_is_registered_by_an_admin(self, steward: TestClient, local: TestClient) -> None:
        new = {"name": "erp", "order": "crawl", "rank": 70}
        answer = steward.post("/v1/sources", json=new)
        assert answer.json()["source"] == {**new, "door": "connector", "retired": False}
        assert answer.json()["source"] in local.get("/v1/sources").json()["sources"]

    def test_its_order_stays(self, steward: TestClient) -> None:
        steward.post("/v1/sources", json={"name": "erp", "order": "crawl"})
        assert steward.post("/v1/sources", json={"name": "erp", "order": "time"}).status_code == 409

    @pytest.mark.parametrize("bad", [{"name": ""}, {"name": "<x>"}, {"rank": 100}, {"order": "chaos"}, {"door": "x"}])
    def test_nonsense_is_refused(self, steward: TestClient, bad: dict[str, Any]) -> None:
        answer = steward.post("/v1/sources", json={"name": "erp", "order": "time", **bad})
        assert (answer.status_code, answer.json()["error"]["where"]) == (400, next(iter(bad)))

    def test_a_retired_source_claims_nothing_any_more(self, steward: TestClient, local: TestClient) -> None:
        local.post("/v1/groups", json=group(says(FLIGHTS, "schema", columns("a"))))
        assert steward.delete("/v1/sources/etl").json()["receipt"]["retracted"] == 1
        assert local.get("/v1/entities/" + FLIGHTS).json()["aspects"] == {}
        assert local.post("/v1/groups", json=group(NOTE, id="2")).status_code == 400
        assert steward.delete("/v1/sources/nobody").status_code == 404


@pytest.mark.parametrize("struct", [Event, CrawlPosition, Group, Scope, CrawlOpen, CrawlClose])
def test_the_published_records_are_those_of_the_wire(struct: type[msgspec.Struct]) -> None:
    members = {each.encode_name: each.required for each in msgspec.structs.fields(struct)}
    tag = struct.__struct_config__.tag
    published = RECORDS[struct.__name__]
    assert set(published["properties"]) == {*members, *(["type"] if tag else [])}
    assert set(published["required"]) - {"type"} == {each for each, required in members.items() if required}
