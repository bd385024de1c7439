"""The ledger on PostgreSQL: many processes may propose, one at a time commits.

Records are prepared and their names numbered outside; then one transaction takes the short lock on the head row, reads
what the whole batch needs, decides in memory, writes by a statement a table, and commits.

What `propose`, `tail` and `heads` say to the server is plain SQL (arrays by `unnest`, `ON CONFLICT`, `FOR UPDATE`),
so that CockroachDB can hold the ledger. PostgreSQL's own are the advisory lock of a migration, LISTEN and NOTIFY,
`plan_cache_mode`, and table sizes in `stats`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import LiteralString

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from clew.ledger import postgres_archive
from clew.ledger import postgres_tables as tables
from clew.ledger.archive import Archive
from clew.ledger.clock import now_micros
from clew.ledger.definitions import defines, take_in
from clew.ledger.group_commit import GroupCommit
from clew.ledger.port import DERIVED, DERIVED_EVIDENCE, DERIVED_QUERY_LOG, DERIVED_SQL, STEWARD, Source, TokenRow
from clew.ledger.positions import BadRecord, Positions, check_positions, cursor_of
from clew.ledger.postgres_book import PostgresBook
from clew.ledger.postgres_link import Connection as Driver
from clew.ledger.postgres_link import Link
from clew.ledger.postgres_reader import PostgresReader, definitions, newest_definition
from clew.ledger.postgres_schema import bring_up_to_date
from clew.ledger.postgres_state import read_crawls
from clew.ledger.postgres_storable import why_not_storable, with_limits
from clew.ledger.postgres_writer import Head, Writer
from clew.ledger.prepare import PreparedGroup, prepare
from clew.ledger.signing import check_public_key
from clew.ledger.taking import Item, note, read_parked
from clew_schemas.errors import Conflict, NotFound
from clew_schemas.event import Group, Receipt, Record
from clew_schemas.registry import Registry

PATIENCE = 15.0
"""Seconds for which a write waits for a server that went away."""

_POSITIONS: LiteralString = "SELECT name, seq FROM cursor WHERE name = ANY(%s::text[])"
_MOVE: LiteralString = """
INSERT INTO cursor (name, seq) SELECT * FROM unnest(%s::text[], %s::bigint[])
ON CONFLICT (name) DO UPDATE SET seq = excluded.seq
"""
_LIVE: LiteralString = "SELECT id FROM claim WHERE source = %s AND (says IS NOT NULL OR denies IS NOT NULL) ORDER BY id"


class _OtherWords(Exception):
    """Others have defined something since these records were read."""


class PostgresLedger(PostgresReader):
    """The ledger on PostgreSQL; see `Ledger`."""

    def __init__(self, link: Link, registry: Registry, clock: Callable[[], int], patience: float) -> None:
        super().__init__(link, registry)
        self._clock = clock
        self._hash_key = bytes.fromhex(self._meta("hash_key"))
        self._writer = Writer(link, patience)
        self._group_commit = GroupCommit(self._commit_batch, link.translated)

    @classmethod
    def open(
        cls,
        url: str,
        registry: Registry | None = None,
        clock: Callable[[], int] = now_micros,
        patience: float = PATIENCE,
    ) -> PostgresLedger:
        """Open the ledger in the database that `url` names, making or migrating its tables where needed.

        `postgresql://user:password@host:port/database`; `?options=-csearch_path%3Dname` puts it into a schema of its
        own. Raises Unreachable when the server is away, Forbidden for a wrong password, NotFound for a missing
        database, BadInput for a URL that is none or a ledger that a newer Clew wrote.
        """
        link = Link(url)
        bring_up_to_date(link)
        ledger = cls(link, registry or Registry.built_in(), clock, patience)
        try:
            ledger.register(Source(STEWARD, "time", 100, "direct"))
            for name in (DERIVED_SQL, DERIVED_EVIDENCE, DERIVED_QUERY_LOG):
                ledger.register(Source(name, "time", 30, "reactor"))
            ledger.registry.renewing = ledger._look_for_definitions
            ledger.learn()
        except BaseException:
            ledger.close()
            raise
        return ledger

    # -- proposing

    def propose(
        self,
        records: Sequence[Record],
        *,
        door: str = "direct",
        waits: bool = True,
        cause: int = 0,
        positions: Positions | None = None,
        bad: Sequence[BadRecord] = (),
    ) -> list[Receipt]:
        if len(records) > 1 and positions is None and any(map(defines, records)):
            # What comes after a definition is read by it.
            return [receipt for each in records for receipt in self.propose([each], waits=waits, cause=cause)]
        items = [self._item(record, waits, cause) for record in records]
        if positions is None:
            return self._group_commit.receipts(items)
        return self._group_commit.receipts_together(items, lambda batch: self._commit_batch(batch, positions, bad))

    def _item(self, record: Record, waits: bool, cause: int, *, replayed: bool = False) -> Item:
        prepared = None
        if isinstance(record, Group):
            prepared = self._prepared(record)
            waits = waits and record.crawl is None
        item = Item(record, prepared, waits, cause, replayed)
        error = why_not_storable(record)
        if error is not None:
            name = record.id if isinstance(record, Group) else f"crawl {record.number}"
            item.receipt = Receipt(name, "refused", f"{self.epoch}-{self.head_seq()}", errors=(error.to_dict(),))
            item.done.set()
        return item

    def _commit_batch(
        self, items: list[Item], positions: Positions | None = None, bad: Sequence[BadRecord] = ()
    ) -> None:
        while True:
            try:
                self._commit_as_read(items, positions, bad)
            except _OtherWords:
                self._look_for_definitions()
            else:
                break
        if any(item.defines for item in items):
            self._look_for_definitions()

    def _commit_as_read(self, items: list[Item], positions: Positions | None, bad: Sequence[BadRecord]) -> None:
        """Commit records that were read by the definitions in force; raise _OtherWords when there are others."""
        words = self._read_anew(items)
        ids = self._writer.before_lock(lambda connection: self._number(connection, items))

        def work(connection: Driver, head: Head) -> int:
            is_known = head[0] == self._learned
            if self.registry.seq != words or not (is_known or newest_definition(connection) <= words):
                raise _OtherWords
            book = PostgresBook(connection, self._names, self.registry, self._clock, self.epoch, head)
            if positions:
                _move_positions(connection, positions)
            book.take_all(items, ids)
            for each in bad:
                note(each, book)
            if bad:
                book.flush()
            book.finish()
            return book.seq

        seq = self._writer.under_lock(work)
        if not any(item.defines for item in items):
            self._learned = max(self._learned, seq)
        self._heard(seq)

    def _read_anew(self, items: Sequence[Item]) -> int:
        """Prepare again what was read by other definitions than are in force now; return the seq of the newest."""
        words = self.registry.seq
        while True:
            for item in items:
                if isinstance(item.record, Group) and item.prepared is not None and item.prepared.words != words:
                    item.prepared = self._prepared(item.record)
            if words == self.registry.seq:
                return words
            words = self.registry.seq

    def _prepared(self, group: Group) -> PreparedGroup:
        return with_limits(prepare(group, self.registry, self._hash_key, self._clock()))

    def _number(self, connection: Driver, items: Sequence[Item]) -> dict[str, int]:
        """Number what good groups name, and look up the numbers of what others do."""
        good = [item.prepared for item in items if item.prepared is not None and not item.prepared.errors]
        self._names.intern_aspects(connection, (event.aspect.name for each in good for event in each.events))
        if not all(self._names.number("source", item.record.source) for item in items):
            self._names.meet(connection, "source")
        ids = self._names.intern(connection, (urn for each in good for urn in each.urns))
        bad = (item.record for item in items if item.prepared is not None and item.prepared.errors)
        named = (event.urn for record in bad if isinstance(record, Group) for event in record.events)
        return {**ids, **self._names.look_up(connection, named)}

    # -- sources, parked groups, cursors, tokens

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that needs no seq and so no head lock."""
        with self._link.translating(), self._engine.begin() as connection:
            yield connection

    def register(self, source: Source) -> Source:
        row = {"name": source.name, "ord": source.order, "rank": source.rank, "door": source.door}
        with self._writing() as connection:
            connection.execute(insert(tables.source).values(row).on_conflict_do_nothing())
            column = tables.source.c
            known = select(column.name, column.ord, column.rank, column.door, column.retired)
            found = Source(*connection.execute(known.where(column.name == source.name)).one())
        if found.order != source.order:
            raise Conflict(
                f"the source {source.name!r} is ordered by {found.order}, and stays so",
                hint="Use another name for another kind of source",
            )
        return found

    def set_public_key(self, source: str, key: bytes | None) -> None:
        check_public_key(key)
        with self._writing() as connection:
            changed = connection.execute(
                update(tables.source).where(tables.source.c.name == source).values(public_key=key)
            ).rowcount
        if not changed:
            raise NotFound(f"no source {source!r} to give a key to", hint="See clew source list")

    def retire(self, name: str, author: str | None = None) -> Receipt:
        if name == STEWARD or name.startswith(DERIVED) or name not in {source.name for source in self.sources()}:
            raise NotFound(f"no source {name!r} to retire", hint="See clew source list")
        number = self.number_of("source", name)

        def work(connection: Driver, head: Head) -> Receipt:
            book = PostgresBook(connection, self._names, self.registry, self._clock, self.epoch, head)
            live = [row[0] for row in connection.execute(_LIVE, (number,)).fetchall()]
            seq = book.retract(name, live, "retired", b"") if live else None
            connection.execute("UPDATE source SET retired = true WHERE id = %s", (number,))
            book.state.crawls = read_crawls(connection, [number], [])
            book.crawls.cancel(name)
            book.flush()
            book.finish()
            return Receipt("retired", "accepted" if seq else "unchanged", book.token, seq, retracted=len(live))

        with self._group_commit.lock, self._link.translating():
            receipt = self._writer.under_lock(work)
        self._heard(receipt.seq or 0)
        return receipt

    def replay(self, parked: int) -> Receipt:
        body = self._one(select(tables.parked.c.body).where(tables.parked.c.id == parked))
        record = read_parked(body, parked)
        (receipt,) = self._group_commit.receipts([self._item(record, False, 0, replayed=True)])
        if receipt.status in ("accepted", "unchanged", "closed"):
            self.drop_parked(parked)
        return receipt

    def drop_parked(self, parked: int) -> None:
        with self._writing() as connection:
            connection.execute(delete(tables.parked).where(tables.parked.c.id == parked))

    def set_cursor(self, name: str, seq: int) -> None:
        row = insert(tables.cursor).values(name=name, seq=seq)
        with self._writing() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"seq": seq}))

    def put_token(self, row: TokenRow) -> None:
        values = {**row._asdict(), "scopes": " ".join(row.scopes)}
        with self._writing() as connection:
            connection.execute(
                insert(tables.token).values(values).on_conflict_do_update(index_elements=["name"], set_=values)
            )

    # -- the whole

    def sweep(self, aspect: str, before: int, portion: int = 500) -> int:
        number = self.number_of("aspect", aspect)
        with self._link.translating(), closing(self._link.connect()) as connection:
            return postgres_archive.sweep(connection, (aspect, number), before, portion) if number else 0

    def adopt(self, archive: Archive) -> str:
        def learn(connection: Driver) -> None:
            seq, rows = definitions(connection)
            if seq > self.registry.seq:
                take_in(self.registry, seq, rows)

        with (
            self._group_commit.lock,
            self._link.translating(),
            closing(self._link.connect()) as connection,
            connection.transaction(),
        ):
            return postgres_archive.fill(connection, archive, self.registry, learn)

    def close(self) -> None:
        with self._group_commit.lock:
            self._writer.close()
        super().close()


def _move_positions(connection: Driver, positions: Positions) -> None:
    """Move positions of Kafka; raise Conflict when one does not stand where the caller started from."""
    names = [cursor_of(name) for name in positions]
    check_positions({row[0]: row[1] for row in connection.execute(_POSITIONS, (names,)).fetchall()}, positions)
    connection.execute(_MOVE, (names, [new for _, new in positions.values()]))
