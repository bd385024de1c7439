"""Canonical JSON: one spelling for one content, so that equal content has equal bytes.

UTF-8, no white space, object keys sorted by code point, floats in their shortest form that reads back the same,
integers within int64, no duplicate keys, no NaN or infinity (a field that needs them takes the strings
"NaN", "Infinity", "-Infinity" and says so in its schema).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from typing import Any

import orjson

from clew_schemas.errors import BadInput

MAX_DEPTH = 64
"""Deepest nesting of objects and arrays accepted."""

_INT64 = range(-(2**63), 2**63)
_HINT = 'Text is Unicode; what is no number is sent as a string: "NaN", "Infinity", "-Infinity"'
_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19
"""Only a number that has so many digits can leave int64."""


def dumps(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value; raise BadInput for what JSON can't say."""
    try:
        said = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"not a JSON value: {error}", hint=_HINT) from error
    if b"null" in said and not _is_finite(value):  # orjson writes null for what has no number
        raise BadInput("not a JSON value: NaN or an infinity", hint=_HINT)
    return said


def loads(data: bytes, where: str = "$") -> tuple[Any, bytes]:
    """Parse JSON strictly; return the value and its canonical bytes, or raise BadInput that names the place."""
    value, canonical = read(data, where)
    check_depth(value, canonical, where)
    return value, canonical


def read(data: bytes, where: str = "$") -> tuple[Any, bytes]:
    """As `loads`, however deep it is: for what is then found to be equal to something that was checked."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not valid JSON: {error}", where=where) from error
    try:
        canonical = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # all that parses can be written, unless it is too deep
        raise BadInput(f"JSON nested deeper than {MAX_DEPTH}", where=where) from error
    if _LONG_NUMBER in data.translate(_DIGITS_ALIKE) or (canonical != data and _may_hide_key(data, canonical)):
        _check_strictly(data, where)
    return value, canonical


def check_depth(value: Any, canonical: bytes, where: str = "$") -> None:
    """Raise BadInput when a value is nested too deep; `canonical` are its bytes."""
    if canonical.count(b"[") + canonical.count(b"{") > MAX_DEPTH:
        _check_depth(value, where)


def check_keys(data: bytes, where: str = "$") -> None:
    """Raise BadInput when a key stands twice in one object of good JSON."""
    json.loads(data, object_pairs_hook=lambda items: _once(items, where), parse_int=len)


def digest(data: bytes, key: bytes = b"") -> bytes:
    """Return the 16-byte BLAKE2b hash of `data`, keyed when `key` is given."""
    return hashlib.blake2b(data, digest_size=16, key=key).digest()


def _may_hide_key(data: bytes, canonical: bytes) -> bool:
    """Say whether a foreign spelling hides that a key stands twice: then a text is lost with it."""
    return _texts(data) != _texts(canonical)


def _texts(data: bytes) -> int:
    """Return twice how many texts good JSON has, keys included: they have the quotation marks that are not escaped."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")  # escaped backslashes first: none of them escapes
    return data.count(b'"')


def _check_strictly(data: bytes, where: str) -> None:
    def integer(text: str) -> int:
        number = int(text) if len(text) < 30 else 2**64
        if number not in _INT64:
            raise BadInput(f"the integer {text[:40]} is beyond int64", where=where, hint="Send it as a string")
        return number

    json.loads(data, object_pairs_hook=lambda items: _once(items, where), parse_int=integer)


def _once(items: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    seen = dict(items)
    if len(seen) != len(items):
        repeated = Counter(name for name, _ in items).most_common(1)[0][0]
        raise BadInput(f"the key {repeated[:80]!r} stands twice in one object", where=where, hint="Keep one of them")
    return seen


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


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
