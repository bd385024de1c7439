"""Whether the embedded ledger's file still holds what was written: every page, every number, every stored content."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from clew.ledger import payloads
from clew_schemas.canonical import digest
from clew_schemas.errors import Damaged

_MOST = 20
"""Damages of one sort that are told; whoever has more needs a backup, and no longer list."""

_CONTENTS = (
    "SELECT e.urn, a.name, s.name, c.{part}_hash, p.body FROM claim c JOIN named e ON e.id = c.entity"
    " JOIN aspect a ON a.id = c.aspect JOIN source s ON s.id = c.source LEFT JOIN payload p ON p.id = c.{part}"
    " WHERE c.{part} IS NOT NULL"
)


def damages(connection: sqlite3.Connection, hash_key: bytes) -> list[str]:
    """Return what does not read back as it was written, [] when all is well. Reads every byte of the file.

    Contents are compared with the keyed hash that stands beside each head; older facts only by the pages they are on.
    """
    try:
        found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MOST})") if row[0] != "ok"]
        if not found:
            found = [*_missing(connection), *_altered(connection, hash_key)]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    return found


def _missing(connection: sqlite3.Connection) -> Iterator[str]:
    there, last = connection.execute("SELECT count(*), coalesce(max(seq), 0) FROM commits").fetchone()
    if there != last:
        yield f"{last - there} of {last} commits are missing"


def _altered(connection: sqlite3.Connection, hash_key: bytes) -> Iterator[str]:
    told = 0
    for part in ("says", "denies"):
        for urn, aspect, source, hashed, body in connection.execute(_CONTENTS.format(part=part)):
            why = _why_not(body, hashed, hash_key)
            if why and told < _MOST:
                told += 1
                yield f"{aspect} of {urn}, as {source} {part} it, {why}"


def _why_not(body: bytes | None, hashed: bytes, hash_key: bytes) -> str | None:
    if body is None:
        return "is missing"
    try:
        same = digest(payloads.unpack(body), hash_key) == hashed
    except Damaged as error:
        return error.what
    return None if same else "is not what was written"
