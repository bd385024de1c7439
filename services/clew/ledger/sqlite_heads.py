"""The heads of many claims in one statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import orjson

from clew.ledger.codes import MAIN
from clew.ledger.decide import Head

HeadKey = tuple[int, int, int]
"""The numbers of entity, aspect and source."""


class KnownHeads(NamedTuple):
    """The heads that sources had about some entities, as read when no transaction ran and `turns` had passed."""

    turns: int
    entities: Mapping[int, Collection[int]]
    """By the number of a source, the entities of which all its heads are known."""
    heads: Mapping[HeadKey, Head]


# CROSS JOIN keeps the planner from walking through all claims of the source.
_HEADS = (
    "SELECT c.entity, c.aspect, c.id, c.seq, c.says, c.denies,"
    " coalesce(c.says_hash, x''), coalesce(c.denies_hash, x''), c.mark FROM json_each(?) j CROSS JOIN claim c"
    f" ON c.entity = j.value AND +c.source = ? AND c.branch = {MAIN}"
)


def read_heads(connection: sqlite3.Connection, source: int, entities: Iterable[int]) -> dict[HeadKey, Head]:
    """Return every head that a source has about these entities, as `connection` sees them."""
    rows = connection.execute(_HEADS, (orjson.dumps(list(entities)).decode(), source))
    return {(row[0], row[1], source): Head(*row[2:]) for row in rows.fetchall()}
