"""The embedded ledger's care: how large what is, and the sweeping of old points."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from clew.ledger.positions import SWEPT
from clew.ledger.sizes import CLAIMS, CONTENTS, Sizes, Table, by_aspect_and_source

_KEY = "entity, aspect, source, name, time, step"
# A series' newest point stays. Pages by key, so that one sweep looks at every point once.
_OLD = f"""
SELECT {_KEY} FROM point p WHERE p.aspect = ?1 AND p.time < ?2
AND (entity, source, name, time, step) > (?3, ?4, ?5, ?6, ?7)
AND EXISTS (SELECT 1 FROM point q WHERE q.entity = p.entity AND q.aspect = p.aspect AND q.source = p.source
  AND q.name = p.name AND (q.time, q.step) > (p.time, p.step))
ORDER BY entity, source, name, time, step LIMIT ?8
"""
_DELETE = """
DELETE FROM point WHERE entity = ? AND aspect = ? AND source = ? AND name = ? AND time = ? AND step = ?
RETURNING payload
"""
_COUNT = "INSERT INTO cursor (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = seq + ?2"
_FIRST = (0, 0, "", -(2**63), -(2**63))


def sizes(connection: sqlite3.Connection) -> Sizes:
    """Return rows and bytes of what `connection` sees."""
    held = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    tables = {
        name: Table(_rows(connection, name) if kinds.get(name) == "table" else None, size)
        for name, size in held.items()
    }
    (number, stored) = connection.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM payload").fetchone()
    pages, page = (connection.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_count", "page_size"))
    aspects, sources = by_aspect_and_source(connection.execute(CONTENTS), connection.execute(CLAIMS))
    return Sizes(pages * page, number, stored, tables, aspects, sources)


def _rows(connection: sqlite3.Connection, name: str) -> int:
    number: int = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
    return number


def sweep(
    reading: Callable[[], AbstractContextManager[sqlite3.Connection]],
    writing: Callable[[], AbstractContextManager[sqlite3.Connection]],
    aspect: tuple[str, int],
    before: int,
    portion: int,
) -> int:
    """Delete old points, a portion a transaction; `aspect` is name and number. See `Ledger.sweep`."""
    name, number = aspect
    swept = 0
    for keys in _portions(reading, number, before, portion):
        with writing() as connection:
            gone = [row for key in keys for row in connection.execute(_DELETE, key).fetchall()]
            connection.executemany("DELETE FROM payload WHERE id = ?", gone)
            connection.execute(_COUNT, (SWEPT + name, len(gone)))
        swept += len(gone)
    return swept


def _portions(
    reading: Callable[[], AbstractContextManager[sqlite3.Connection]], aspect: int, before: int, portion: int
) -> Iterator[list[tuple[object, ...]]]:
    after: tuple[object, ...] = _FIRST
    while True:
        with reading() as connection:
            keys = connection.execute(_OLD, (aspect, before, *after, portion)).fetchall()
        if keys:
            yield keys
        if len(keys) < portion:
            return
        entity, _, *rest = keys[-1]
        after = (entity, *rest)
