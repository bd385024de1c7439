"""A house with its API in front, that counts what it is sent and is examined when it was sent enough."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient

from clew.api.app import create_app
from clew.house import House
from clew_schemas import canonical
from fuzz.ugly import SECRET, TRIED
from unit.clew.api.wire import BASE, DELAYS, FLIGHTS, START, THREAD, group, says

_EDITS: list[dict[str, Any]] = [
    {"of": FLIGHTS, "edit": {"op": "describe", "text": "x"}, "read": {"text": "y"}},
    {"things": [FLIGHTS, "nyc"], "edit": {"op": "add_tag", "tag": "pii"}, "dryRun": False},
    {"where": {"text": "flights", "filters": {"kind": ["dataset"]}}, "edit": {"op": "add_owner", "owner": "a@b.c"}},
]
ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/edits/lineage", {"from": f"{FLIGHTS}", "to": "delays", "note": "seen", "deny": False}),
    ("/v1/edits/undo", {"undo": "edit-0123456789abcdef0123456789abcdef"}),
    ("/v1/glossary", {"name": "Delay", "create": True, "definition": "late", "synonyms": ["lag"], "related": []}),
    ("/v1/domains", {"name": "Ops", "create": True, "parent": "", "definition": "all"}),
    ("/v1/sources", {"name": "new", "order": "time", "rank": 50, "door": "connector"}),
    ("/v1/tokens", {"name": "t", "scopes": ["read"], "source": ""}),
    ("/v1/admin/doctor", {"mend": True}),
    ("/v1/model/kinds", {"name": "gadget", "label": "Gadget", "leaf": False}),
    *(("/v1/edits", each) for each in _EDITS),
]
"""Good bodies of what writes beside events, with their paths."""


class Log(logging.Handler):
    """Keeps what the house logs."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


class Door:
    """A client with the start token, and one without."""

    def __init__(self, house: House, log: Log) -> None:
        self.house = house
        self.app: FastAPI = create_app(house, start_token=START, user="ada")
        self.steward = self._client({"Authorization": f"Bearer {START}"})
        self.local = self._client({})
        self.log = log
        answer = self.local.post("/v1/groups", json=THREAD)
        self.token: str = answer.json()["receipts"][0]["token"]

    def _client(self, headers: dict[str, str]) -> TestClient:
        return TestClient(
            self.app, base_url=BASE, headers=headers, client=("127.0.0.1", 50_000), raise_server_exceptions=False
        )

    def send(self, door: str, method: str, path: str, **said: Any) -> httpx.Response:
        """Send one input and hold the answer to what is promised."""
        TRIED[door] += 1
        answer: httpx.Response = self.steward.request(method, path, **said)
        hold(answer)
        return answer

    def post(self, door: str, path: str, body: bytes, content_type: str = "application/json") -> httpx.Response:
        """Post one body."""
        return self.send(door, "POST", path, content=body, headers={"Content-Type": content_type})

    def examine(self) -> None:
        """The house goes on: a write is seen, the doctor finds nothing, no view stands still, nothing leaked."""
        note = group(says(DELAYS, "documentation", {"text": "Said afterwards."}), id="afterwards")
        receipt = self.local.post("/v1/groups", json=note).json()["receipts"][0]
        assert receipt["status"] in ("accepted", "unchanged"), receipt
        asked = {"of": FLIGHTS, "atLeast": receipt["token"]}
        assert self.local.get("/v1/lineage", params=asked).status_code == 200
        report = self.house.doctor()
        assert (report["findings"], report["failing"]) == ([], {}), report
        said = "\n".join(self.log.said)
        assert SECRET not in said and START not in said
        assert "Traceback" not in said, said[-3000:]


def hold(answer: httpx.Response) -> None:
    """Check one answer: no fault of ours, JSON that reads back, errors with code, what, and where or a hint."""
    status, text = answer.status_code, answer.text
    assert START not in text and SECRET not in text
    if status >= 500:
        assert status == 503 and answer.json()["error"]["code"] == "stale", f"{status} {text[:500]}"
    if "json" not in answer.headers.get("content-type", ""):
        assert status < 400, f"{status} {text[:500]}"
        return
    for error in errors_of(json.loads(text)):
        assert error.get("code") and error.get("what"), error
        assert error["code"] not in ("internal", "damaged"), error
        assert error.get("where") or error.get("hint"), error
    assert status < 400 or errors_of(json.loads(text))


def errors_of(said: Any) -> list[dict[str, Any]]:
    """Return every error of an answer: of REST, of GraphQL, and those that receipts carry."""
    if not isinstance(said, dict):
        return []
    found = [said["error"]] if isinstance(said.get("error"), dict) and "code" in said["error"] else []
    for each in said.get("errors") or () if isinstance(said.get("errors"), list) else ():
        if "message" in each:
            place = each.get("locations") or each.get("path")
            found.append({"where": place, "what": each["message"], **(each.get("extensions") or {})})
    receipts = said.get("receipts") or ([said["receipt"]] if isinstance(said.get("receipt"), dict) else [])
    return found + [error for receipt in receipts for error in receipt.get("errors", ())]


def is_strict(body: bytes) -> bool:
    """Say whether bytes are JSON without doubled keys, odd numbers or depth."""
    try:
        canonical.loads(body)
    except canonical.BadInput:
        return False
    return True
