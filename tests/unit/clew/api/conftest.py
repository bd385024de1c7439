"""A real house in a temporary home, and clients that stand before its API in different clothes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from clew.api.app import create_app
from clew.api.graphql.schema import build_schema
from clew.house import House
from clew.settings import Settings
from clew_schemas.registry import Registry
from unit.clew.api.wire import BASE, START, THREAD

Connect = Callable[..., TestClient]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path / "home")) as house:
        yield house


_build_once = cache(lambda: build_schema(Registry.built_in()))


@pytest.fixture
def app(house: House, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The app in front of the house. The schema is the same each time, and takes longer to build than most tests."""
    monkeypatch.setattr("clew.api.graphql.late.build_schema", lambda registry: _build_once())
    return create_app(house, start_token=START, user="ada")


@pytest.fixture
def connect(app: FastAPI) -> Connect:
    """Return a maker of clients: by default one on this machine, without a token."""

    def connect(token: str | None = None, *, app: FastAPI = app, address: str = "127.0.0.1", base: str = BASE) -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return TestClient(app, base_url=base, headers=headers, client=(address, 50_000), raise_server_exceptions=False)

    return connect


@pytest.fixture
def local(connect: Connect) -> TestClient:
    """A client on this machine without a token."""
    return connect()


@pytest.fixture
def steward(connect: Connect) -> TestClient:
    """A client with the start token."""
    return connect(START)


@pytest.fixture
def thread(local: TestClient) -> str:
    """The thread is written; its token."""
    answer = local.post("/v1/groups", json=THREAD)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["receipts"][0]["token"]
    return token
