"""Payloads at rest: canonical JSON, compressed with a dictionary where that makes it smaller."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

import orjson
import zstandard

from clew.ledger.dictionaries import NEWEST, prepared
from clew_schemas.errors import Damaged

_MAGIC = 0x28
"""First byte of every zstd frame. Canonical JSON of an aspect starts with `{`, so one byte tells them apart."""
_LEVEL = 3
_LARGEST = 16 * 1024 * 1024


class _Codecs(threading.local):
    """What a thread packs and unpacks with: making one costs as much as using it, and no two threads share one."""

    def __init__(self) -> None:
        self._decompressors = {0: zstandard.ZstdDecompressor()}

    @cached_property
    def compressor(self) -> zstandard.ZstdCompressor:
        """What packs."""
        return zstandard.ZstdCompressor(level=_LEVEL, dict_data=prepared(NEWEST, _LEVEL))

    def decompressor(self, dictionary: int) -> zstandard.ZstdDecompressor:
        """Return what unpacks frames made with a dictionary, 0 for none."""
        found = self._decompressors.get(dictionary)
        if found is None:
            found = zstandard.ZstdDecompressor(dict_data=prepared(dictionary, _LEVEL))
            self._decompressors[dictionary] = found
        return found


_codecs = _Codecs()


def pack(canonical: bytes) -> bytes:
    """Return the stored bytes of canonical JSON."""
    packed = _codecs.compressor.compress(canonical)
    return packed if len(packed) < len(canonical) else canonical


def unpack(stored: bytes) -> bytes:
    """Return the canonical JSON of stored bytes; raise Damaged when they don't read back."""
    if not stored or stored[0] != _MAGIC:
        return stored
    try:
        decompressor = _codecs.decompressor(zstandard.get_frame_parameters(stored).dict_id)
        return decompressor.decompress(stored, max_output_size=_LARGEST)
    except zstandard.ZstdError as error:
        raise Damaged(
            f"a stored payload does not unpack: {error}", hint="Restore the ledger from a backup or an export"
        ) from error


def dictionary_of(stored: bytes) -> int | None:
    """Return the number of the dictionary that stored bytes can't be read without, None for none."""
    if not stored or stored[0] != _MAGIC:
        return None
    return zstandard.get_frame_parameters(stored).dict_id or None


def read(stored: bytes) -> Any:
    """Return the JSON value of stored bytes."""
    return orjson.loads(unpack(stored))
