"""Bodies: what is packed is unpacked, within limits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import zstandard
from starlette.types import Message

from clew.api.app import create_app
from clew.api.bodies import unpacked
from clew.errors import BadInput, TooLarge
from clew.house import House
from clew.settings import Settings


@pytest.mark.parametrize("encoding", ["zstd", "ZSTD "])
def test_a_packed_body_is_unpacked(encoding: str) -> None:
    body = b'{"a": 1}' * 10_000
    assert unpacked(zstandard.compress(body), encoding) == body
    assert unpacked(body, "") is body


def test_a_body_that_unfolds_beyond_the_limit_is_refused_before_it_is_held() -> None:
    bomb = zstandard.compress(bytes(50_000_000))
    with pytest.raises(TooLarge):
        unpacked(bomb, "zstd", most=1_000_000)


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"plain", "zstd"), (b"plain", "br"), (zstandard.compress(b"x" * 99)[:-9], "zstd")]
)
def test_a_body_that_is_not_what_it_says_is_refused(body: bytes, encoding: str) -> None:
    with pytest.raises(BadInput) as raised:
        unpacked(body, encoding)
    assert raised.value.where == "Content-Encoding"


def test_who_gives_up_before_all_is_sent_leaves_no_error(tmp_path: Path) -> None:
    sent: list[Message] = []

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"content-length", b"100")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    with House(Settings(home=tmp_path / "home")) as house:
        asyncio.run(create_app(house)(scope, gone, send))
    assert sent[0]["status"] == 499
