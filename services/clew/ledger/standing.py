"""From stored content to what stands: shared by engines, so that equal truth reads and digests alike in each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from clew.ledger import payloads
from clew.ledger.runs import in_order
from clew_schemas.canonical import digest, dumps
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim, Denials, resolve

HeadRow = tuple[str, str, str, str, tuple[int, bytes] | None, tuple[int, bytes] | None]
"""Branch, URN, aspect, source, and the stored payloads (version, body) of what is said and denied."""


def denials(body: Any) -> Denials:
    """Return what the payload of a denial denies."""
    return "all" if body.get("all") else frozenset(body["keys"])


def said(registry: Registry, aspect: str, version: int, body: bytes) -> Any:
    """Return the value of a stored payload as the aspect's present version has it."""
    return registry.get(aspect).current(payloads.read(body), version)


def etag(registry: Registry, aspect: str, claims: Iterable[Claim]) -> str:
    """Return the etag of an aspect as its claims resolve, "" when they say nothing."""
    document = resolve(claims, registry.get(aspect).resolution)
    return "" if document is None else digest(dumps(document)).hex()


def heads_digest(rows: Iterable[HeadRow], registry: Registry) -> str:
    """Return the SHA-256 over all live claims, in no order. It holds a few megabytes, however many there are."""
    digest = hashlib.sha256()
    before = b""
    for line in in_order(_head_line(row, registry) for row in rows):
        digest.update(before + line)
        before = b"\n"
    return digest.hexdigest()


def _head_line(row: HeadRow, registry: Registry) -> bytes:
    branch, urn, aspect, source, says, denies = row
    content = [None if says is None else said(registry, aspect, *says)]
    content.append(None if denies is None else payloads.read(denies[1]))
    return orjson.dumps([branch, urn, aspect, source, *content], option=orjson.OPT_SORT_KEYS)
