"""What one process of a house on servers registers, every other process knows, none of them started again."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from tools.servers import NAMES, Server, start

from clew.api.app import create_app
from clew.house import House
from clew.ledger import Source
from clew.log.keys import KeyFolder
from clew.settings import KEYS, Role
from clew_schemas import Group
from clew_schemas.definitions import kind_event
from contracts.definition_contract import AMOUNT, CELL, CELL_FLOW, flow, second
from real.test_roles import RoleProcess, settings_of

SOURCE = "sheets"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, Server]]:
    """Servers of their own: the roles keep to the default names of topics, tables, generations."""
    found = start(NAMES, tmp_path / "servers", own=True, brief=True)
    yield found
    for server in found.values():
        server.discard()


class ApiProcess(RoleProcess):
    """The role `api` in a process, asked over HTTP."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port: int = taken.getsockname()[1]
        super().__init__("api", environment, folder, port=self.port)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=60)

    def ask(self, query: str) -> Any:
        answer = self.client.post("/graphql", json={"query": query}).json()
        assert "errors" not in answer, answer
        return answer["data"]


def until(holds: Callable[[], bool], what: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (httpx.HTTPError, AssertionError, KeyError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_process_learns_what_one_registers(servers: dict[str, Server], tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings, environment = settings_of(servers, home)
    keys = KeyFolder(home / KEYS)
    with House(settings, frozenset({Role.API})) as house:
        house.ledger.register(Source(SOURCE, "time"))
        house.ledger.set_public_key(SOURCE, keys.generate(SOURCE))
        mine = TestClient(create_app(house, start_token="clew_start"), headers={"Authorization": "Bearer clew_start"})
        other = ApiProcess(environment, tmp_path)
        roles = [RoleProcess(role, environment, tmp_path) for role in ("committer", "materialiser")]
        assert house.log is not None
        door = house.log.door(keys)
        try:
            until(lambda: other.ask('{ __type(name: "Cell") { name } }')["__type"] is None, "the API answers")
            _check(house, mine, other, door)
        finally:
            door.close()
            for role in (other, *roles):
                role.kill()


def _check(house: House, mine: TestClient, other: ApiProcess, door: Any) -> None:
    assert mine.post("/v1/model/kinds", json={"name": "cell"}).status_code == 200
    assert mine.post("/v1/model/aspects", json=CELL_FLOW).status_code == 200
    # the other API, at once
    assert other.ask('{ __type(name: "Cell") { fields { name } } }')["__type"] is not None
    # the committer, through Kafka
    door.propose([Group(SOURCE, "cells", (flow(formula="=B1*2", feeds=[AMOUNT]),))])
    until(lambda: house.ledger.receipt(SOURCE, "cells") is not None, "the committer took it")
    receipt = house.ledger.receipt(SOURCE, "cells")
    assert receipt is not None and receipt.status == "accepted", receipt
    # the materialiser, in graph and index
    of = json.dumps(CELL)
    until(lambda: AMOUNT in str(other.ask(f"{{ impact(of: {of}) {{ assets {{ urn }} }} }}")), "impact crosses it")
    found = other.client.get("/v1/search", params={"q": "B1", "facets": "kind"}).json()
    assert found["facets"]["kind"] == {"cell": 1}
    # a new version by the other process, known to the committer
    assert mine.post("/v1/model/aspects", json=second(note={"type": "string"})).status_code == 200
    door.propose([Group(SOURCE, "noted", (flow(feeds=[AMOUNT], note="checked"),))])
    until(lambda: house.ledger.receipt(SOURCE, "noted") is not None, "the committer took it")
    receipt = house.ledger.receipt(SOURCE, "noted")
    assert receipt is not None and receipt.status == "accepted", receipt
    # what can be said is not changed through Kafka
    parked = len(house.ledger.parked())
    door.propose([Group(SOURCE, "kind", (kind_event("paper", {}),))])
    until(lambda: len(house.ledger.parked()) == parked + 1, "the definition is parked")
    assert "paper" not in mine.get("/v1/model").text
