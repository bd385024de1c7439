"""The running transaction of the embedded ledger, as records are taken into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import orjson

from clew.ledger.crawls import Crawls
from clew.ledger.decide import Outcome
from clew.ledger.definitions import CURSOR
from clew.ledger.positions import Positions, check_positions, cursor_of
from clew.ledger.prepare import PreparedGroup
from clew.ledger.sqlite_crawls import SqliteCrawlStore
from clew.ledger.sqlite_group import GroupWriter, SqliteWorld
from clew.ledger.sqlite_heads import KnownHeads
from clew.ledger.sqlite_store import SqliteStore
from clew.ledger.taking import ParkedRow
from clew_schemas.registry import Registry

_AMONG = "IN (SELECT value FROM json_each(?))"


class SqliteBook:
    """What the running transaction offers; see `Book`."""

    def __init__(self, store: SqliteStore, registry: Registry, etag: Callable[[int, str], str]) -> None:
        self._store = store
        self.registry = registry
        self.crawls = Crawls(SqliteCrawlStore(store), registry)
        self.world = SqliteWorld(store, self.crawls, etag)
        self._receipts: dict[tuple[str, str], bytes] = {}

    def begin(self, prepared: Sequence[PreparedGroup], known: KnownHeads | None = None) -> None:
        """Read in one go what the groups of a new transaction will ask for; see `SqliteWorld.begin`."""
        named: dict[str, list[str]] = {}
        for each in prepared:
            named.setdefault(each.group.source, []).append(each.group.id)
        self.world.begin(prepared, known)
        self._receipts.clear()
        for source, ids in named.items():
            # One alone is found without the table that SQLite makes of a list.
            which = ("= ?", ids[0]) if len(ids) == 1 else (_AMONG, orjson.dumps(ids).decode())
            rows = self._store.connection.execute(
                f"SELECT grp, body FROM receipt WHERE source = ? AND grp {which[0]}",
                (self._store.number("source", source), which[1]),
            )
            self._receipts.update(((source, group), body) for group, body in rows)

    @property
    def token(self) -> str:
        return self._store.token

    def now(self) -> int:
        return self._store.clock()

    def receipt_of(self, source: str, group: str) -> bytes | None:
        return self._receipts.get((source, group))

    def keep_receipt(self, source: str, group: str, body: bytes) -> None:
        self._receipts[source, group] = body
        self._store.rows.add("receipt", (self._store.number("source", source), group, body))

    def park(self, row: ParkedRow) -> None:
        self._store.connection.execute(
            "INSERT INTO parked (source, grp, crawl, time, reasons, urns, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.source, row.group, row.crawl, self._store.clock(), row.reasons, row.urns, row.body),
        )

    def write(self, prepared: PreparedGroup, outcome: Outcome, cause: int) -> int | None:
        return GroupWriter(self._store, self.crawls, self.world, prepared, outcome).write(cause)

    def mark_defined(self, seq: int) -> None:
        self._store.connection.execute("INSERT OR REPLACE INTO cursor (name, seq) VALUES (?, ?)", (CURSOR, seq))

    def move_positions(self, positions: Positions) -> None:
        """Move positions of Kafka; raise Conflict when one does not stand where the caller started from."""
        check_positions(self._stored(positions), positions)
        self._store.connection.executemany(
            "INSERT OR REPLACE INTO cursor (name, seq) VALUES (?, ?)",
            [(cursor_of(name), new) for name, (_, new) in positions.items()],
        )

    def _stored(self, positions: Positions) -> Mapping[str, int]:
        rows = (
            self._store.connection.execute("SELECT name, seq FROM cursor WHERE name = ?", (cursor_of(name),)).fetchone()
            for name in positions
        )
        return {row[0]: row[1] for row in rows if row is not None}
