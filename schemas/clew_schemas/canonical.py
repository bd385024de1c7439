"""Canonical JSON: one spelling for one content, so that equal content has equal bytes.

UTF-8, no white space, object keys sorted by code point, floats in their shortest form that reads back the same,
integers within int64, no duplicate keys, no NaN or infinity (a field that needs them takes the strings
"NaN", "Infinity", "-Infinity" and says so in its schema).
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import orjson

from clew_schemas.errors import BadInput

MAX_DEPTH = 64
"""Deepest nesting of objects and arrays accepted."""

_INT64 = range(-(2**63), 2**63)
_LONG_NUMBER = re.compile(rb"\d{19}")


def dumps(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value; raise BadInput for what JSON can't say."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"not a JSON value: {error}") from error


def loads(data: bytes, where: str = "$") -> tuple[Any, bytes]:
    """Parse JSON strictly; return the value and its canonical bytes, or raise BadInput that names the place."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not valid JSON: {error}", where=where) from error
    canonical = dumps(value)
    if canonical != data or _LONG_NUMBER.search(data):
        # Only a foreign spelling can hide a repeated key; only a long number can leave int64.
        _check_strictly(data, where)
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _check_depth(value, where)
    return value, canonical


def digest(data: bytes, key: bytes = b"") -> bytes:
    """Return the 16-byte BLAKE2b hash of `data`, keyed when `key` is given."""
    return hashlib.blake2b(data, digest_size=16, key=key).digest()


def _check_strictly(data: bytes, where: str) -> None:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(items)
        if len(seen) != len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise BadInput(f"the key {twice!r} stands twice in one object", where=where)
        return seen

    def integer(text: str) -> int:
        number = int(text) if len(text) < 30 else 2**64
        if number not in _INT64:
            raise BadInput(f"the integer {text[:40]} is beyond int64", where=where, hint="Send it as a string")
        return number

    json.loads(data, object_pairs_hook=pairs, parse_int=integer)


def _check_depth(value: Any, where: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return
    raise BadInput(f"JSON nested deeper than {MAX_DEPTH}", where=where)
