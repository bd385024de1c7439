"""The care of the house over REST."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from clew.api.stations import READY_WITHIN
from clew.house import House
from unit.clew.api.wire import FLIGHTS, group, says

NUMBER = 1_700_000_000_000_000


@pytest.fixture
def parked(local: TestClient) -> int:
    """A group of a crawl is parked; its number."""
    scope = {"prefixes": ["urn:clew:"], "aspects": ["documentation"]}
    local.post("/v1/crawls", json={"type": "crawl.open", "source": "crawler", "number": NUMBER, "scope": scope})
    bad = group(says(FLIGHTS, "documentation", {"txt": "?"}), source="crawler", crawl={"number": NUMBER, "sequence": 0})
    answer = local.post("/v1/groups", json=bad)
    assert (answer.status_code, answer.json()["receipts"][0]["status"]) == (200, "parked")
    (one,) = local.get("/v1/parked").json()["parked"]
    number: int = one["id"]
    return number


class TestHealth:
    def test_it_tells_positions_and_lag(self, local: TestClient, thread: str, house: House) -> None:
        before = local.get("/v1/health").json()
        assert (before["head"], before["lag"]["graph"], before["failing"]) == (1, 1, {})
        house.catch_up()
        assert set(local.get("/v1/health").json()["lag"].values()) == {0}

    def test_a_live_house_is_ready(self, local: TestClient) -> None:
        assert local.get("/health/live").json() == {"live": True}
        assert local.get("/health/ready").status_code == 200

    @pytest.mark.parametrize(
        ("said", "wrong"),
        [
            ({"failing": {"graph": "OSError: no space on /secret"}}, {"failing": ["graph"], "late": []}),
            ({"head": READY_WITHIN + 2}, {"failing": [], "late": ["graph"]}),
        ],
    )
    def test_one_that_fails_or_is_far_behind_is_not_ready(
        self, local: TestClient, house: House, monkeypatch: pytest.MonkeyPatch, said: Any, wrong: Any
    ) -> None:
        health = {"epoch": "e", "head": 1, "positions": {"graph": 1}, "failing": {}, **said}
        monkeypatch.setattr(house, "health", lambda: health)
        answer = local.get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, **wrong})


class TestParked:
    def test_it_is_listed_with_its_reasons(self, local: TestClient, parked: int) -> None:
        (one,) = local.get("/v1/parked").json()["parked"]
        assert (one["source"], one["urns"]) == ("crawler", [FLIGHTS])
        assert one["reasons"][0]["code"] == "bad_input"

    def test_a_replay_answers_with_its_receipt(self, steward: TestClient, parked: int) -> None:
        assert steward.post(f"/v1/parked/{parked}/replay").json()["receipt"]["status"] == "refused"
        assert steward.post("/v1/parked/99/replay").status_code == 404

    def test_it_can_be_forgotten(self, steward: TestClient, parked: int) -> None:
        assert steward.delete(f"/v1/parked/{parked}").json() == {"dropped": parked}
        assert steward.delete(f"/v1/parked/{parked}").status_code == 404
        assert steward.get("/v1/parked").json() == {"parked": []}
        assert steward.delete("/v1/parked/x").json()["error"]["where"] == "number"


class TestMending:
    def test_views_are_drawn_anew(self, steward: TestClient, thread: str) -> None:
        rebuilt = steward.post("/v1/admin/rebuild").json()["rebuilt"]
        assert [each["view"] for each in rebuilt] == ["graph", "search", "relations"]
        one = steward.post("/v1/admin/rebuild", json={"views": ["search"]}).json()["rebuilt"]
        assert [(each["view"], each["seq"]) for each in one] == [("search", 1)]

    @pytest.mark.parametrize("body", [{"views": ["cellar"]}, {"views": []}, {"view": ["graph"]}])
    def test_an_unknown_view_is_refused(self, steward: TestClient, body: Any) -> None:
        answer = steward.post("/v1/admin/rebuild", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")

    def test_the_doctor_finds_and_mends(self, steward: TestClient, house: House, thread: str) -> None:
        house.catch_up()
        (number,) = house.ledger.ids([FLIGHTS])
        house.views.search.replace([], [number])
        looked = steward.post("/v1/admin/doctor", json={"mend": False}).json()
        assert (len(looked["findings"]), looked["mended"]) == (1, 0)
        assert steward.post("/v1/admin/doctor").json()["mended"] == 1
        assert steward.post("/v1/admin/doctor").json()["findings"] == []
