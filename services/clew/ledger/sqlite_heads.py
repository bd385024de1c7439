"""The heads of many claims in one statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias

import orjson

from clew.ledger.codes import MAIN
from clew.ledger.decide import Head

HeadKey = tuple[int, int, int]
"""The numbers of entity, aspect and source."""


HeadRow: TypeAlias = tuple[int, int, int, int, int | None, int | None, bytes, bytes, bytes]
"""The numbers of entity and aspect, and the members of a `Head`."""


class KnownHeads(NamedTuple):
    """The heads that sources had about some entities, as read when the ledger had moved heads `moves` times."""

    moves: int
    entities: Mapping[int, Collection[int]]
    """By the number of a source, the entities of which all its heads are known."""
    rows: Mapping[int, Iterable[HeadRow]]
    """By the number of a source, its heads."""


# CROSS JOIN keeps the planner from walking through all claims of the source.
_HEADS = (
    "SELECT c.entity, c.aspect, c.id, c.seq, c.says, c.denies,"
    " coalesce(c.says_hash, x''), coalesce(c.denies_hash, x''), c.mark FROM json_each(?) j CROSS JOIN claim c"
    f" ON c.entity = j.value AND +c.source = ? AND c.branch = {MAIN}"
)


def read_heads(connection: sqlite3.Connection, source: int, entities: Iterable[int]) -> list[HeadRow]:
    """Return every head that a source has about these entities, as `connection` sees them."""
    return connection.execute(_HEADS, (orjson.dumps(list(entities)).decode(), source)).fetchall()


def by_key(source: int, rows: Iterable[HeadRow]) -> dict[HeadKey, Head]:
    """Return the heads of a source by their keys."""
    return {(row[0], row[1], source): Head(*row[2:]) for row in rows}
