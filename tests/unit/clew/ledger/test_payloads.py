"""Payloads at rest, with and without dictionaries."""

from __future__ import annotations

import hashlib
import threading

import pytest
import zstandard

from clew.ledger import dictionaries, payloads
from clew.ledger.dictionaries import NEWEST, Dictionary
from clew_schemas.canonical import dumps
from clew_schemas.errors import Damaged

SCHEMA = dumps({"columns": [{"name": f"c{n}", "nullable": True, "type": "VARCHAR"} for n in range(9)]})


def test_what_is_packed_comes_back_smaller_than_without_a_dictionary() -> None:
    stored = payloads.pack(SCHEMA)
    assert payloads.unpack(stored) == SCHEMA
    assert payloads.dictionary_of(stored) == NEWEST
    assert len(stored) < 0.7 * len(zstandard.ZstdCompressor(level=3).compress(SCHEMA))


def test_what_was_packed_before_there_were_dictionaries_is_read() -> None:
    stored = zstandard.ZstdCompressor(level=3).compress(SCHEMA)
    assert payloads.dictionary_of(stored) is None
    assert payloads.unpack(stored) == SCHEMA


def test_what_gets_no_smaller_is_kept_as_it_is() -> None:
    assert payloads.pack(b'{"a":1}') == b'{"a":1}'
    assert payloads.dictionary_of(b'{"a":1}') is None


def test_threads_that_pack_and_unpack_at_once_read_the_same() -> None:
    found: list[bool] = []

    def work() -> None:
        found.append(all(payloads.unpack(payloads.pack(SCHEMA)) == SCHEMA for _ in range(500)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [True] * 4


def test_a_frame_of_a_dictionary_that_is_not_there_is_said() -> None:
    other = zstandard.train_dictionary(1024, [b'{"n":%d,"x":"abcdefgh"}' % n for n in range(2000)], dict_id=999)
    stored = zstandard.ZstdCompressor(dict_data=other).compress(SCHEMA)
    with pytest.raises(Damaged, match="dictionary 999"):
        payloads.unpack(stored)


def test_a_kept_dictionary_that_was_altered_is_found() -> None:
    kept = dictionaries.carried(NEWEST)
    dictionaries.check(kept)
    with pytest.raises(Damaged, match="dictionary 1"):
        dictionaries.check(kept._replace(body=kept.body + b"\0"))
    body = b"of somebody else"
    with pytest.raises(Damaged, match="dictionary 1"):
        dictionaries.check(Dictionary(NEWEST, hashlib.sha256(body).digest(), body))


def test_the_first_dictionary_is_the_one_that_homes_were_written_with() -> None:
    expected = "161b60eb64fbeefb3bcf7c601d376c84ab089f2d3ee1f0acf6d9c8633e453212"
    assert dictionaries.carried(1).hash.hex() == expected
