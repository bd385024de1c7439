"""Small questions to servers, with the standard library."""

from __future__ import annotations

import json
import socket
import struct
import urllib.request
from http.client import HTTPException
from typing import Any

PATIENCE = 5.0

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""The loopback interface is asked directly, whatever proxy the environment names."""


def get(url: str) -> Any:
    """The JSON at a URL; OSError when there is no good answer."""
    try:
        with _DIRECT.open(url, timeout=PATIENCE) as answer:
            return json.load(answer)
    except (HTTPException, ValueError) as error:
        raise OSError(f"{url}: {error}") from error


def kafka(port: int) -> bool:
    """Whether a Kafka broker tells its API versions."""
    api_versions, version, correlation, no_client = 18, 0, 7, -1
    request = struct.pack(">hhih", api_versions, version, correlation, no_client)
    answer = _exchange(port, struct.pack(">i", len(request)) + request, 10)
    return answer[4:] == struct.pack(">ih", correlation, 0)


def bolt(port: int) -> bool:
    """Whether a Neo4j agrees on a version of Bolt."""
    hello = bytes.fromhex("6060b017") + bytes.fromhex("00080805" + "00000000" * 3)
    return any(_exchange(port, hello, 4))


def _exchange(port: int, request: bytes, size: int) -> bytes:
    """Send a request and receive the first `size` bytes of the answer, fewer when the other side ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        with connection.makefile("rb") as answer:
            return answer.read(size)
