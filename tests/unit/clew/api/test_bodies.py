"""Bodies: what is packed is unpacked, within limits."""

from __future__ import annotations

import pytest
import zstandard

from clew.api.bodies import unpacked
from clew.errors import BadInput, TooLarge


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
