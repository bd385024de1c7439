"""The tape as server-sent events: frames, resumption, heartbeat. How it is served is shown in the flow tests."""

from __future__ import annotations

import asyncio
import json

import pytest
from anyio import CapacityLimiter
from starlette.testclient import TestClient

from clew.api.changes import frame, tape
from clew.house import House
from unit.clew.api.wire import BOARD, DELAYS, FLIGHTS, THREAD, group, says


async def first(house: House, after: int, most: int, heartbeat: float = 15.0) -> list[bytes]:
    """Return the first pieces of the tape."""
    pieces = []
    stream = tape(house.ledger, after, CapacityLimiter(1), heartbeat)
    async for piece in stream:
        pieces.append(piece)
        if len(pieces) == most:
            break
    return pieces


def test_a_commit_is_one_event_with_what_it_touched(house: House, thread: str) -> None:
    identity, kind, data, *_ = frame(house.ledger.tail(0)[0], house.ledger.epoch).decode().split("\n")
    assert (identity, kind) == (f"id: {thread}", "event: commit")
    said = json.loads(data.removeprefix("data: "))
    assert (said["seq"], said["source"]) == (1, "etl")
    assert {(each["urn"], each["aspect"]) for each in said["changes"]} == {
        (each["urn"], each["aspect"]) for each in THREAD["events"]
    }
    assert {"urn": BOARD, "aspect": "exposure"} in said["changes"]


def test_points_of_a_series_are_touched_too(house: House, local: TestClient) -> None:
    local.post("/v1/groups", json=group(says(FLIGHTS, "profile", {"rows": 7}, time="2026-01-01T00:00:00Z")))
    data = frame(house.ledger.tail(0)[0], "e").split(b"data: ")[1]
    assert json.loads(data)["changes"] == [{"urn": FLIGHTS, "aspect": "profile"}]


def test_it_begins_after_a_position_and_keeps_the_order(house: House, local: TestClient, thread: str) -> None:
    for number in range(3):
        note = says(DELAYS, "documentation", {"text": str(number)})
        local.post("/v1/groups", json=group(note, id=str(number)))
    pieces = asyncio.run(first(house, 1, 4))
    assert [piece.split(b"\n")[0] for piece in pieces[1:]] == [
        f"id: {house.ledger.epoch}-{seq}".encode() for seq in (2, 3, 4)
    ]


def test_silence_is_broken_by_a_heartbeat(house: House) -> None:
    opening, beat = asyncio.run(first(house, 0, 2, heartbeat=0.01))
    assert opening.startswith(b"retry:")
    assert beat.startswith(b":") and beat.endswith(b"\n\n")


@pytest.mark.parametrize("token", ["nonsense", "ffffffff-1"])
def test_a_foreign_token_is_refused_by_name(local: TestClient, token: str) -> None:
    for answer in (
        local.get("/v1/changes", params={"after": token}),
        local.get("/v1/changes", headers={"Last-Event-ID": token}),
    ):
        assert (answer.status_code, answer.json()["error"]["where"]) == (400, "after")
