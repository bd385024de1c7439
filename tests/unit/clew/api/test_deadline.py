"""Clients that do not finish their requests are hung up on; who is only slow, or waits for the house, is not."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from clew.api.deadline import DeadlineProtocol

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
KIB = 1024


class Hasty(DeadlineProtocol):
    head_seconds = body_seconds = 0.4


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body; at /later after a pause, at /refused without reading."""
    if scope["path"] == "/later":
        await asyncio.sleep(1)
    taken, more = 0, scope["path"] != "/refused"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        taken, more = taken + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"%9d" % taken})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(
        app, http=Hasty, lifespan="off", log_level="error", timeout_keep_alive=30, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


def until_hung_up(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def post(path: str, length: int, *more: str) -> bytes:
    return "\r\n".join((f"POST {path} HTTP/1.1", "Host: a", f"Content-Length: {length}", *more, "", "")).encode()


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield connection


@pytest.mark.parametrize(
    ("said", "where"),
    [
        (b"G", "head"),
        (GET[:-2], "head"),
        (post("/echo", 3), "body"),
        (post("/echo", 3) + b"{}", "body"),
        (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "body"),
    ],
)
def test_half_a_request_is_answered_and_hung_up(connection: socket.socket, said: bytes, where: str) -> None:
    connection.sendall(said)
    head, _, body = until_hung_up(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    error = json.loads(body)["error"]
    assert (error["code"], error["where"]) == ("too_slow", where)
    assert error["hint"]


def test_who_says_nothing_is_hung_up_without_a_word(connection: socket.socket) -> None:
    assert until_hung_up(connection) == b""


def test_the_clock_of_a_head_is_not_set_back_by_its_bytes(connection: socket.socket) -> None:
    connection.settimeout(0.05)
    answer = b""
    for byte in b"GET /echo HTTP/1.1\r\nX-Long: " + b"x" * 400:
        connection.send(bytes([byte]))
        try:
            answer = connection.recv(12)
        except TimeoutError:
            continue
        break
    assert answer == b"HTTP/1.1 408"


def test_a_body_that_comes_slowly_but_comes_is_taken(connection: socket.socket) -> None:
    connection.sendall(post("/echo", 12, "Connection: close"))
    for _ in range(12):
        time.sleep(0.1)
        connection.sendall(b"x")
    assert until_hung_up(connection).endswith(b"\r\n\r\n       12")


def test_the_next_request_of_a_connection_has_a_clock_too(connection: socket.socket) -> None:
    connection.sendall(GET + GET[:9])
    read = until_hung_up(connection)
    assert [part[:3] for part in read.split(b"HTTP/1.1 ")[1:]] == [b"200", b"408"]


def test_between_two_requests_nothing_is_owed(connection: socket.socket) -> None:
    connection.sendall(GET)
    read = b""
    while not read.endswith(b"\r\n\r\n        0"):
        read += connection.recv(KIB)
    time.sleep(1)
    connection.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert until_hung_up(connection).startswith(b"HTTP/1.1 200")


def test_a_house_that_does_not_read_on_is_no_fault_of_the_client(connection: socket.socket) -> None:
    size = 300 * KIB
    connection.sendall(post("/later", size, "Connection: close") + b"x" * size)
    assert until_hung_up(connection).endswith(b"\r\n\r\n%9d" % size)


def test_who_waits_to_be_told_to_go_on_has_a_clock_from_then(connection: socket.socket) -> None:
    connection.sendall(post("/later", 3, "Expect: 100-continue"))
    read = until_hung_up(connection)
    assert [part[:3] for part in read.split(b"HTTP/1.1 ")[1:]] == [b"100", b"408"]


def test_an_answer_that_came_before_the_body_ended_stays_the_only_one(connection: socket.socket) -> None:
    connection.sendall(post("/refused", 3))
    read = until_hung_up(connection)
    assert [part[:3] for part in read.split(b"HTTP/1.1 ")[1:]] == [b"200"]
