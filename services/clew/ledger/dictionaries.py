"""The dictionaries that payloads are compressed with. Releases carry them, under numbers that mean the same for ever.

A ledger keeps a copy of each that it uses, under its hash, so that it stays readable by itself.
`tools.train_dictionary` makes them, from published examples.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import zstandard

from clew_schemas.errors import Damaged

NEWEST = 1
"""The dictionary that payloads are written with."""


class Dictionary(NamedTuple):
    """A dictionary as a ledger keeps it. `number` is the one that zstd writes into each frame made with it."""

    number: int
    hash: bytes
    body: bytes


def path_of(number: int) -> Path:
    """Return where the dictionary lies that this release carries under a number."""
    return Path(__file__).with_name("dictionary") / f"payloads-{number}.zdict"


@cache
def carried(number: int) -> Dictionary:
    """Return a dictionary that this release carries; raise Damaged when there is none."""
    try:
        body = path_of(number).read_bytes()
    except OSError as error:
        raise Damaged(f"the dictionary {number} of payloads is not there", hint="Install Clew anew") from error
    return Dictionary(number, hashlib.sha256(body).digest(), body)


@cache
def prepared(number: int, level: int) -> zstandard.ZstdCompressionDict:
    """Return a dictionary ready to pack with at this level, and to unpack with; threads share it."""
    found = zstandard.ZstdCompressionDict(carried(number).body)
    found.precompute_compress(level=level)
    return found


def check(kept: Dictionary) -> None:
    """Raise Damaged unless a ledger's dictionary is the one that this release carries under its number."""
    if hashlib.sha256(kept.body).digest() != kept.hash or kept.hash != carried(kept.number).hash:
        raise Damaged(
            f"the ledger's dictionary {kept.number} is not the one that payloads were written with",
            hint="Restore the ledger from a backup or an export",
        )
