"""The ledger on PostgreSQL as a whole: held for an archive, filled from one; how large what is, and sweeping."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from clew.ledger.archive import Archive, Member, Row
from clew.ledger.payloads import dictionary_of
from clew.ledger.port import DERIVED, STEWARD
from clew.ledger.positions import SWEPT
from clew.ledger.postgres_link import Connection, Link
from clew.ledger.postgres_names import tail_of
from clew.ledger.postgres_tables import urn_hash
from clew.ledger.sizes import CLAIMS, CONTENTS, Sizes, Table, by_aspect_and_source
from clew.ledger.standing import HeadRow, heads_digest
from clew_schemas.errors import Conflict, Damaged
from clew_schemas.registry import Registry

_FETCHED = 2000
"""Rows that a server-side cursor hands over at once."""
_TEXT_KEYS = frozenset({"grp", "name"})
_BOOLEANS = frozenset({"retired", "moved"})
_FILLED = ("entity", "commits", "payload", "claim", "fact", "point", "receipt", "crawl", "parked")
_PRESET = ("branch", "aspect", "source", "cursor")
_NUMBERED = ("aspect", "source", "entity", "parked")
_HEADS: LiteralString = """
SELECT b.name, e.urn, a.name, s.name, ps.version, ps.body, pd.version, pd.body FROM claim c
JOIN branch b ON b.id = c.branch JOIN entity e ON e.id = c.entity
JOIN aspect a ON a.id = c.aspect JOIN source s ON s.id = c.source
LEFT JOIN payload ps ON ps.id = c.says LEFT JOIN payload pd ON pd.id = c.denies
WHERE c.says IS NOT NULL OR c.denies IS NOT NULL
"""
_HEAD_ROW: LiteralString = """
UPDATE ledger_head SET seq = (SELECT coalesce(max(seq), 0) FROM commits),
  time = (SELECT coalesce(max(time), 0) FROM commits), claims = (SELECT coalesce(max(id), 0) FROM claim),
  crawls = (SELECT coalesce(max(id), 0) FROM crawl) WHERE id = 1
"""
_TABLES: LiteralString = """
SELECT c.relname, c.relkind = 'r', pg_relation_size(c.oid)
  + CASE WHEN c.reltoastrelid <> 0 THEN pg_total_relation_size(c.reltoastrelid) ELSE 0 END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'i')
"""
# A series' newest point stays. Pages by key, so that one sweep looks at every point once.
_OLD: LiteralString = """
SELECT entity, aspect, source, name, time, step FROM point p WHERE p.aspect = %s AND p.time < %s
AND (entity, source, name COLLATE "C", time, step) > (%s, %s, %s COLLATE "C", %s, %s)
AND EXISTS (SELECT 1 FROM point q WHERE q.entity = p.entity AND q.aspect = p.aspect AND q.source = p.source
  AND q.name = p.name AND (q.time, q.step) > (p.time, p.step))
ORDER BY entity, source, name COLLATE "C", time, step LIMIT %s
"""
_DELETE: LiteralString = """
DELETE FROM point p USING unnest(%s::bigint[], %s::int[], %s::int[], %s::text[], %s::bigint[], %s::bigint[])
  AS v (entity, aspect, source, name, time, step)
WHERE (p.entity, p.aspect, p.source, p.name, p.time, p.step) = (v.entity, v.aspect, v.source, v.name, v.time, v.step)
RETURNING p.payload
"""
_COUNT: LiteralString = """
INSERT INTO cursor (name, seq) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET seq = cursor.seq + excluded.seq
"""
_FIRST = (0, 0, "", -(2**63), -(2**63))


class PostgresSnapshot:
    """A read-only transaction of repeatable read on a connection of its own; see `Snapshot`."""

    def __init__(self, connection: Connection, registry: Registry) -> None:
        self._connection = connection
        self.registry = registry
        self.epoch: str = self._one("SELECT value FROM meta WHERE key = 'epoch'")
        self.hash_key = bytes.fromhex(self._one("SELECT value FROM meta WHERE key = 'hash_key'"))
        self.head: int = self._one("SELECT seq FROM ledger_head WHERE id = 1")

    def _one(self, sql: LiteralString) -> Any:
        row = self._connection.execute(sql).fetchone()
        assert row is not None, "made with the tables"
        return row[0]

    def rows(self, member: Member) -> Iterator[Row]:
        columns = ", ".join(f"{each}::int" if each in _BOOLEANS else each for each in member.columns)
        keys = ", ".join(f'{each} COLLATE "C"' if each in _TEXT_KEYS else each for each in member.key)
        return _streamed(self._connection, f"SELECT {columns} FROM {member.name} ORDER BY {keys}")

    def heads_digest(self) -> str:
        return digest_of_heads(self._connection, self.registry)


@contextmanager
def held(link: Link, registry: Registry) -> Iterator[PostgresSnapshot]:
    """Hold the ledger that `link` leads to as it is now."""
    with link.translating():
        connection = link.connect()
        try:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield PostgresSnapshot(connection, registry)
        finally:
            connection.close()


def digest_of_heads(connection: Connection, registry: Registry) -> str:
    """Return the SHA-256 of the live claims that the transaction of `connection` sees."""
    return heads_digest(map(_as_head, _streamed(connection, _HEADS)), registry)


def _as_head(row: Row) -> HeadRow:
    said, denied = (None if row[at + 1] is None else (row[at], row[at + 1]) for at in (4, 6))
    return (row[0], row[1], row[2], row[3], said, denied)


def _streamed(connection: Connection, sql: str) -> Iterator[Row]:
    """Yield rows that stay on the server until they are asked for."""
    with connection.cursor(name=f"rows_{secrets.token_hex(4)}", binary=True) as cursor:
        cursor.itersize = _FETCHED
        yield from cursor.execute(sql)


def fill(connection: Connection, archive: Archive, registry: Registry, learn: Any) -> str:
    """Fill an empty ledger from `archive` in the running transaction; return its new epoch."""
    connection.execute("SELECT seq FROM ledger_head WHERE id = 1 FOR UPDATE")
    _check_empty(connection)
    for name in _PRESET:
        _do(connection, f"DELETE FROM {name}")
    for member, rows in archive.members():
        _insert(connection, member, rows)
    connection.execute(_HEAD_ROW)
    for name in _NUMBERED:
        _do(
            connection,
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), greatest(1, (SELECT max(id) FROM {name})))",
        )
    epoch = secrets.token_hex(4)
    for key, value in (("hash_key", archive.header.hash_key.hex()), ("epoch", epoch)):
        connection.execute("UPDATE meta SET value = %s WHERE key = %s", (value, key))
    learn(connection)
    archive.check(lambda: digest_of_heads(connection, registry), registry)
    return epoch


def _check_empty(connection: Connection) -> None:
    for name in _FILLED:
        if _do(connection, f"SELECT 1 FROM {name} LIMIT 1").fetchone():
            raise _not_empty(f"it has rows of {name}")
    for (name,) in connection.execute("SELECT name FROM source").fetchall():
        if name != STEWARD and not name.startswith(DERIVED):
            raise _not_empty(f"it knows the source {name}")


def _not_empty(why: str) -> Conflict:
    return Conflict(
        f"an archive goes into an empty ledger only: {why}",
        hint="Name another home (CLEW_HOME) or another database (CLEW_LEDGER)",
    )


def _insert(connection: Connection, member: Member, rows: Iterator[Row]) -> None:
    columns = list(member.columns)
    if member.name == "entity":
        columns += ["hash", "tail"]
        rows = ((*row, urn_hash(row[1]), tail_of(row[1])) for row in rows)
    elif member.name == "payload":
        columns.append("dict_id")
        rows = ((*row, dictionary_of(row[-1])) for row in rows)
    sql = f"COPY {member.name} ({', '.join(columns)}) FROM STDIN"
    try:
        with connection.cursor() as cursor, cursor.copy(sql) as into:
            for row in rows:
                into.write_row(row)
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise Damaged(
            f"the archive does not hold together here: {error.diag.message_primary or error}",
            where=f"the member {member.name}",
        ) from None


def _do(connection: Connection, sql: str) -> psycopg.Cursor[Row]:
    return connection.execute(sql)


def sizes(connection: Connection) -> Sizes:
    """Return rows and bytes of what the transaction of `connection` sees."""
    tables = {
        name: Table(_do(connection, f'SELECT count(*) FROM "{name}"').fetchall()[0][0] if is_table else None, size)
        for name, is_table, size in connection.execute(_TABLES).fetchall()
    }
    (counted,) = connection.execute("SELECT count(*), coalesce(sum(length(body)), 0)::bigint FROM payload").fetchall()
    contents = _streamed(connection, CONTENTS)
    aspects, sources = by_aspect_and_source(contents, connection.execute(CLAIMS).fetchall())
    return Sizes(sum(each.bytes for each in tables.values()), counted[0], counted[1], tables, aspects, sources)


def sweep(connection: Connection, aspect: tuple[str, int], before: int, portion: int) -> int:
    """Delete old points, a portion a transaction; `aspect` is name and number. See `Ledger.sweep`."""
    name, number = aspect
    swept = 0
    after: Row = _FIRST
    while True:
        with connection.transaction():
            keys = connection.execute(_OLD, (number, before, *after, portion)).fetchall()
            gone = connection.execute(_DELETE, [list(column) for column in zip(*keys, strict=True)]) if keys else None
            if gone is not None:
                payloads = [row[0] for row in gone.fetchall()]
                connection.execute("DELETE FROM payload WHERE id = ANY(%s)", (payloads,))
                connection.execute(_COUNT, (SWEPT + name, len(payloads)))
                swept += len(payloads)
        if len(keys) < portion:
            return swept
        entity, _, *rest = keys[-1]
        after = (entity, *rest)
