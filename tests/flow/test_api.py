"""The API on a real server, with followers beside: write, hear of it, read it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn

from clew.api.app import create_app
from clew.house import House
from clew.settings import Settings
from unit.clew.api.wire import BOARD, DELAYS, DEP_DELAY, START, THREAD, group, says


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A house that runs, behind uvicorn on a port of its own."""
    with House(Settings(home=tmp_path / "home")) as house, socket.socket() as listening:
        house.start()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        app = create_app(house, start_token=START, user="ada")
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def commits(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (id, data) of each event of a stream."""
    identity = ""
    for line in lines:
        if line.startswith("id: "):
            identity = line.removeprefix("id: ")
        elif line.startswith("data: "):
            yield identity, json.loads(line.removeprefix("data: "))


def test_a_write_is_heard_and_read_everywhere_alike(url: str) -> None:
    note = says(DELAYS, "documentation", {"text": "Said before anybody listened."})
    assert httpx.post(f"{url}/v1/groups", json=group(note, id="before")).status_code == 200
    with httpx.Client(base_url=url, timeout=30) as client, client.stream("GET", "/v1/changes") as tape:
        assert tape.headers["content-type"].startswith("text/event-stream")
        lines = tape.iter_lines()
        assert next(lines).startswith("retry:")
        token = client.post("/v1/groups", json=THREAD).json()["receipts"][0]["token"]
        heard, said = next(commits(lines))
        assert heard == token
        assert {"urn": BOARD, "aspect": "exposure"} in said["changes"]
        asked = {"of": DEP_DELAY, "change": "drop", "atLeast": token}
        rest = client.get("/v1/impact", params=asked).json()
        query = """query($of: String!, $t: String) { impact(of: $of, change: drop, atLeast: $t) {
            complete total byVerdict assets { urn verdict path } } }"""
        body = {"query": query, "variables": {"of": DEP_DELAY, "t": token}}
        graphql = client.post("/graphql", json=body).json()["data"]["impact"]
    assert graphql["complete"] is rest["complete"] is True
    assert graphql["byVerdict"] == rest["byVerdict"]
    assert graphql["assets"] == [{name: each[name] for name in ("urn", "verdict", "path")} for each in rest["assets"]]
    assert BOARD in {each["urn"] for each in rest["assets"]}


def test_a_listener_that_comes_back_misses_nothing(url: str) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        tokens = []
        for number in range(3):
            note = says(DELAYS, "documentation", {"text": f"Version {number}."})
            tokens += [client.post("/v1/groups", json=group(note, id=str(number))).json()["receipts"][0]["token"]]
        with client.stream("GET", "/v1/changes", headers={"Last-Event-ID": tokens[0]}) as tape:
            events = commits(tape.iter_lines())
            assert [next(events)[0], next(events)[0]] == tokens[1:]
        with client.stream("GET", "/v1/changes", params={"after": tokens[1]}) as tape:
            assert next(commits(tape.iter_lines()))[0] == tokens[2]


def test_many_listeners_keep_nobody_from_asking(url: str) -> None:
    with httpx.Client(base_url=url, timeout=30, limits=httpx.Limits(max_connections=200)) as client:
        tapes = [client.stream("GET", "/v1/changes") for _ in range(70)]
        try:
            for tape in tapes:
                tape.__enter__()
            assert client.get("/v1/health").status_code == 200
        finally:
            for tape in tapes:
                tape.__exit__(None, None, None)


def test_a_urn_is_a_path_whatever_stands_in_it(url: str) -> None:
    odd = "urn:clew:dataset:(s3://bucket/a b,x%2Ey%2Cz/ü?#)"
    with httpx.Client(base_url=url) as client:
        assert client.post("/v1/groups", json=group(says(odd, "tags", {"tags": []}))).status_code == 200
        for safe in ("", "/:(),"):
            assert client.get("/v1/entities/" + quote(odd, safe=safe)).json()["urn"] == odd


def test_the_server_knows_who_is_near(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        assert client.get("/v1/search").status_code == 200
        assert client.get("/v1/search", headers={"Host": "evil.example"}).status_code == 403
        assert client.get("/v1/tokens").status_code == 403
        assert client.get("/v1/tokens", headers={"Authorization": f"Bearer {START}"}).status_code == 200
