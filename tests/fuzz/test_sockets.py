"""A house that listens, and clients that speak no HTTP, break off, or take their time."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from fuzz.ugly import as_json
from unit.clew.api.wire import THREAD

MB = 1024 * 1024


@dataclass(frozen=True)
class Listening:
    port: int
    pid: int
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def head(self, line: str, *more: str) -> bytes:
        return "\r\n".join((line, f"Host: 127.0.0.1:{self.port}", *more, "", "")).encode()

    def answers(self, said: bytes, *, breaks_off: bool = False) -> list[int]:
        """Send bytes, and return the status of each answer that came before the house hung up."""
        with self.connect() as connection:
            connection.sendall(said)
            if breaks_off:
                connection.shutdown(socket.SHUT_WR)
            read = b""
            try:
                while piece := connection.recv(65536):
                    read += piece
            except ConnectionResetError:  # it hung up on what was still on its way
                pass
        return [int(part[:3]) for part in read.split(b"HTTP/1.1 ")[1:]]

    def commits(self) -> int:
        """How far the ledger is, by an answer of the house: it is still there."""
        with self.connect() as connection:
            connection.sendall(self.head("GET /v1/search?q=x HTTP/1.1", "Connection: close"))
            read = b"".join(iter(lambda: connection.recv(65536), b""))
        seq: int = json.loads(read.partition(b"\r\n\r\n")[2])["asOf"]["seq"]
        return seq

    def memory(self) -> int:
        """Bytes that the house holds."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    home = tmp_path_factory.mktemp("listening")
    log, run_file = home / "log", home / "run.json"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("clew"), "up", "--port", "0"],
            env={**os.environ, "CLEW_HOME": str(home)},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    while not run_file.exists():
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    yield Listening(json.loads(run_file.read_text())["port"], process.pid, log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert "Traceback" not in log.read_text()


POST = "POST /v1/groups HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"
GROUP = as_json(THREAD)
WRONG = {
    "noise": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
    "a NUL in the path": b"GET /v1/\0search HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET /v1/search HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /v1/groups HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length below zero": b"POST /v1/groups HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_no_http_is_refused_and_hung_up(house: Listening, said: str) -> None:
    assert house.answers(WRONG[said]) == [400]
    assert house.commits() == 0


def test_a_header_without_an_end_is_hung_up(house: Listening) -> None:
    assert house.answers(b"GET /v1/search HTTP/1.1\r\nX: " + b"a" * 2 * MB) in ([400], [])
    assert house.commits() == 0


@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n", b"f" * 30 + b"\r\n", b"-1\r\n", b"2\r\n{}xx"])
def test_chunks_that_are_none_end_the_request(house: Listening, chunk: bytes) -> None:
    assert house.answers(house.head(POST, CHUNKED) + chunk) == [400]
    assert house.commits() == 0


def test_a_request_that_breaks_off_anywhere_commits_nothing(house: Listening) -> None:
    whole = house.head(POST, f"Content-Length: {len(GROUP)}") + GROUP
    chunked = house.head(POST, CHUNKED) + f"{len(GROUP):x}\r\n".encode() + GROUP + b"\r\n0\r\n"
    for said in (whole, chunked):
        for end in (*range(1, len(said), len(said) // 12), len(said) - 1):
            assert house.answers(said[:end], breaks_off=True) == []
    assert house.commits() == 0


def test_a_body_without_an_end_is_refused_at_the_limit_and_not_held(house: Listening) -> None:
    before = house.memory()
    with house.connect() as connection:
        connection.sendall(house.head(POST, CHUNKED))
        connection.setblocking(False)
        piece = left = b"100000\r\n" + b"a" * MB + b"\r\n"
        answer, pieces = b"", 0
        while not answer and pieces < 1000:
            with suppress(BlockingIOError):
                left = left[connection.send(left) :]
            if not left:
                left, pieces = piece, pieces + 1
            with suppress(BlockingIOError):
                answer = connection.recv(100)
    assert answer.startswith(b"HTTP/1.1 413")
    assert house.memory() - before < 150 * MB
    assert house.commits() == 0


def test_who_takes_their_time_keeps_nobody_waiting(house: Listening) -> None:
    asked = house.head("GET /health HTTP/1.1")
    last = house.head("GET /health HTTP/1.1", "Connection: close")
    with ExitStack() as stack:
        for at in range(200):
            connection = stack.enter_context(house.connect())
            connection.sendall((house.head(POST, "Content-Length: 1000") + b"{")[: 20 + at])
        assert house.answers(asked * 49 + last) == [200] * 50
        assert house.commits() == 0


@pytest.mark.slow
def test_who_never_ends_is_hung_up_on(house: Listening) -> None:
    whole = house.head(POST, "Content-Length: 1000") + b"{"
    with ExitStack() as stack:
        connections = [stack.enter_context(house.connect()) for _ in range(200)]
        for at, connection in enumerate(connections):
            connection.sendall(whole[: 20 + at % (len(whole) - 20)])
            connection.settimeout(100)
        for connection in connections:
            read = b"".join(iter(partial(connection.recv, 65536), b""))
            assert read.startswith(b"HTTP/1.1 408"), read
    assert house.commits() == 0
