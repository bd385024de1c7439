"""Heads of claims as of any seq, and the payloads that they point to: few statements, however many there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from clew.ledger.codes import MAIN
from clew.ledger.sqlite_store import marks

# Numbers come as one JSON list: a statement with a mark for each would be prepared anew for every length.
# CROSS JOIN keeps the planner from reading the other table first.
_HEADS = (
    "SELECT c.id, c.entity, c.aspect, c.source, c.seq, c.says, c.denies, c.observed FROM json_each(?) j"
    f" CROSS JOIN claim c ON c.entity = j.value WHERE c.branch = {MAIN}"
)
_PAYLOADS = "SELECT p.id, p.version, p.body FROM json_each(?) j CROSS JOIN payload p ON p.id = j.value"


class ClaimHead(NamedTuple):
    """A claim on main by its numbers, as it stood at one moment."""

    id: int
    entity: int
    aspect: int
    source: int
    seq: int
    says: int | None
    denies: int | None
    observed: int


def heads(connection: sqlite3.Connection, entities: Sequence[int], aspects: Sequence[int] = ()) -> list[ClaimHead]:
    """Return the newest heads of all claims about these entities, or only about these aspects of them."""
    among = f" AND c.aspect IN ({marks(aspects)})" if aspects else ""
    rows = connection.execute(f"{_HEADS}{among}", (orjson.dumps(entities).decode(), *aspects))
    return list(map(ClaimHead._make, rows))


def standing(connection: sqlite3.Connection, head: ClaimHead, as_of: int | None) -> ClaimHead | None:
    """Return a head as it stood at a seq; None when the claim was not live then."""
    if as_of is not None and head.seq > as_of:
        past = connection.execute(
            "SELECT seq, says, denies, observed FROM fact WHERE claim = ? AND seq <= ? AND moved = 1"
            " ORDER BY seq DESC, n DESC LIMIT 1",
            (head.id, as_of),
        ).fetchone()
        if past is None:
            return None
        head = ClaimHead(*head[:4], *past)
    return None if head.says is None and head.denies is None else head


def stored_payloads(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, tuple[int, bytes]]:
    """Return version and stored bytes of payloads by number; one that is missing is not among them."""
    wanted = orjson.dumps(sorted(set(numbers))).decode()
    return {number: (version, body) for number, version, body in connection.execute(_PAYLOADS, (wanted,))}
