"""The embedded ledger: SQLite in WAL mode, synchronous FULL, one writer, group commit.

Whoever holds the lock commits for all who wait: their groups share one transaction and one fsync.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from clew.ledger import sqlite_care
from clew.ledger.archive import Archive
from clew.ledger.clock import now_micros
from clew.ledger.definitions import defines
from clew.ledger.group_commit import GroupCommit
from clew.ledger.port import DERIVED, DERIVED_EVIDENCE, DERIVED_QUERY_LOG, DERIVED_SQL, STEWARD, Source, TokenRow
from clew.ledger.positions import BadRecord, Positions
from clew.ledger.prepare import PreparedGroup, Standing, prepare
from clew.ledger.signing import check_public_key
from clew.ledger.sqlite_archive import copy, fill, renew_epoch
from clew.ledger.sqlite_book import SqliteBook
from clew.ledger.sqlite_check import damages
from clew.ledger.sqlite_heads import HeadRow, KnownHeads, read_heads
from clew.ledger.sqlite_reader import RESTORE, SqliteReader
from clew.ledger.sqlite_store import SqliteStore
from clew.ledger.standing import etag
from clew.ledger.taking import Item, note, read_parked, take
from clew_schemas.errors import ClewError, Conflict, Damaged, NotFound, Unreachable
from clew_schemas.event import Group, Receipt, Record
from clew_schemas.registry import Registry

_MANY = 8
"""Events from which on it pays to read first what the heads say: fewer are prepared as quickly."""


class SqliteLedger(SqliteReader):
    """The embedded ledger; see `Ledger`."""

    def __init__(self, path: Path, registry: Registry, clock: Callable[[], int], synchronous: str) -> None:
        super().__init__(path, registry)
        self._clock = clock
        self._store = SqliteStore(path, clock, synchronous)
        self._book = SqliteBook(self._store, registry, self._etag)
        self._known: KnownHeads | None = None
        """What was read last of heads before the lock."""
        self._group_commit = GroupCommit(self._commit_batch, self._translated)
        self.epoch = self._store.epoch
        self._head = self._store.seq

    @classmethod
    def open(
        cls,
        path: Path,
        registry: Registry | None = None,
        clock: Callable[[], int] = now_micros,
        synchronous: str = "FULL",
    ) -> SqliteLedger:
        """Open the ledger in the file `path`, creating it when it is new.

        Raises Damaged when the file is not a ledger or reads back wrong, BadInput when a newer Clew wrote it,
        Unreachable when it can't be opened. `synchronous` is for tests that show what FULL is for.
        """
        try:
            ledger = cls(path, registry or Registry.built_in(), clock, synchronous)
            ledger.register(Source(STEWARD, "time", 100, "direct"))
            for name in (DERIVED_SQL, DERIVED_EVIDENCE, DERIVED_QUERY_LOG):
                ledger.register(Source(name, "time", 30, "reactor"))
            ledger.registry.renewing = ledger.learn
            ledger.learn()
        except sqlite3.OperationalError as error:
            raise Unreachable(f"the ledger can't be opened: {error}", where=str(path)) from error
        except sqlite3.DatabaseError as error:
            raise Damaged(f"the ledger is damaged: {error}", where=str(path), hint=RESTORE) from error
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
        groups = [record for record in records if isinstance(record, Group)]
        standing = self._standing(groups) if sum(len(each.events) for each in groups) >= _MANY else {}
        items = [self._item(record, waits, cause, standing.get(record.source)) for record in records]
        if positions is None:
            return self._group_commit.receipts(items)
        return self._group_commit.receipts_together(items, lambda batch: self._commit_batch(batch, positions, bad))

    def _standing(self, groups: Sequence[Group]) -> dict[str, Standing]:
        """Return, by source, what its heads say now of the things in its groups; it may change before the lock."""
        named: dict[str, dict[str, None]] = {}
        for group in groups:
            named.setdefault(group.source, {}).update(dict.fromkeys([event.urn for event in group.events]))
        moves = self._store.moves
        found: dict[str, Standing] = {}
        entities: dict[int, Mapping[int, str]] = {}
        read: dict[int, list[HeadRow]] = {}
        for source, urns in named.items():
            number = self.number_of("source", source)
            known = {entity: urn for urn, entity in zip(urns, self.ids(list(urns)), strict=True) if entity}
            if not number or not known:
                continue
            with self._reading() as connection:
                rows = read_heads(connection, number, known)
            entities[number], read[number] = known, rows
            aspects = {aspect: self.name_of("aspect", aspect) for aspect in {row[1] for row in rows}}
            found[source] = Standing(
                moves,
                {
                    (known[entity], aspects[aspect]): (claim, hashed, mark)
                    for entity, aspect, claim, _, says, _, hashed, _, mark in rows
                    if says is not None
                },
            )
        self._known = KnownHeads(moves, entities, read)
        return found

    def _item(
        self,
        record: Record,
        waits: bool,
        cause: int,
        standing: Standing | None = None,
        *,
        replayed: bool = False,
    ) -> Item:
        prepared = None
        if isinstance(record, Group):
            prepared = self._prepared(record, standing)
            waits = waits and record.crawl is None
        return Item(record, prepared, waits, cause, replayed, prepare=self._prepared)

    def _prepared(self, group: Group, standing: Standing | None = None) -> PreparedGroup:
        return prepare(group, self.registry, self._store.hash_key, self._clock(), standing)

    def _commit_batch(
        self, batch: list[Item], positions: Positions | None = None, bad: Sequence[BadRecord] = ()
    ) -> None:
        with self._store.transaction():
            self._read_anew(batch)
            if positions:
                self._book.move_positions(positions)
            self._book.begin([item.prepared for item in batch if item.prepared is not None], self._known)
            for item in batch:
                item.receipt = take(item, self._book)
            for each in bad:
                note(each, self._book)
        if any(item.defines for item in batch):
            self.learn()
        self._announce()

    def _read_anew(self, batch: Sequence[Item]) -> None:
        """Prepare again what was read by other definitions than are in force now: only this process makes any."""
        words = self.registry.seq
        for item in batch:
            if isinstance(item.record, Group) and item.prepared is not None and item.prepared.words != words:
                item.prepared = self._prepared(item.record)

    def _translated(self, error: Exception) -> ClewError:
        if isinstance(error, ClewError):
            return error
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            return Damaged(f"the ledger is damaged: {error}", where=str(self.path), hint=RESTORE)
        kind = Unreachable if isinstance(error, sqlite3.OperationalError) else Damaged
        return kind(
            f"the ledger could not write: {error}",
            where=str(self.path),
            hint="Check disk space and permissions; nothing of this group was kept",
        )

    def _announce(self) -> None:
        """Let readers see what stands now, and wake who waits for it: nobody, where nothing was committed."""
        if self._head == self._store.seq:
            return
        with self._committed:
            self._head = self._store.seq
            self._committed.notify_all()

    def _etag(self, entity: int, aspect: str) -> str:
        number = self._store.number("aspect", aspect)
        rows = self.claims_in(self._store.connection, [entity], None, [number]) if number else ()
        return etag(self.registry, aspect, (claim for _, _, claim in rows))

    # -- sources, parked groups, cursors, tokens

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._group_commit.lock:
            try:
                with self._store.transaction():
                    yield self._store.connection
            except sqlite3.Error as error:
                raise self._translated(error) from error
            self._announce()

    def register(self, source: Source) -> Source:
        known = next((each for each in self.sources() if each.name == source.name), None)
        if known is None:
            with self._writing() as connection:
                connection.execute(
                    "INSERT INTO source (name, ord, rank, door) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (source.name, source.order, source.rank, source.door),
                )
            return source
        if known.order != source.order:
            raise Conflict(
                f"the source {source.name!r} is ordered by {known.order}, and stays so",
                hint="Use another name for another kind of source",
            )
        return known

    def set_public_key(self, source: str, key: bytes | None) -> None:
        check_public_key(key)
        with self._writing() as connection:
            changed = connection.execute("UPDATE source SET public_key = ? WHERE name = ?", (key, source)).rowcount
        if not changed:
            raise NotFound(f"no source {source!r} to give a key to", hint="See clew source list")

    def retire(self, name: str, author: str | None = None) -> Receipt:
        if name == STEWARD or name.startswith(DERIVED) or name not in {source.name for source in self.sources()}:
            raise NotFound(f"no source {name!r} to retire", hint="See clew source list")
        with self._writing() as connection:
            number = self._store.number("source", name)
            rows = connection.execute(
                "SELECT id FROM claim WHERE source = ? AND (says IS NOT NULL OR denies IS NOT NULL)", (number,)
            ).fetchall()
            seq = self._store.retract(name, [row[0] for row in rows], "retired", b"") if rows else None
            connection.execute("UPDATE source SET retired = 1 WHERE id = ?", (number,))
            self._book.crawls.cancel(name)
            return Receipt("retired", "accepted" if seq else "unchanged", self._store.token, seq, retracted=len(rows))

    def replay(self, parked: int) -> Receipt:
        body = self._one("SELECT body FROM parked WHERE id = ?", parked)
        record = read_parked(body, parked)
        (receipt,) = self._group_commit.receipts([self._item(record, False, 0, replayed=True)])
        if receipt.status in ("accepted", "unchanged", "closed"):
            self.drop_parked(parked)
        return receipt

    def drop_parked(self, parked: int) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM parked WHERE id = ?", (parked,))

    def set_cursor(self, name: str, seq: int) -> None:
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO cursor (name, seq) VALUES (?, ?)", (name, seq))

    def put_token(self, row: TokenRow) -> None:
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO token (name, hash, scopes, source, created, revoked) VALUES (?, ?, ?, ?, ?, ?)",
                (row.name, row.hash, " ".join(row.scopes), row.source, row.created, int(row.revoked)),
            )

    def damages(self) -> list[str]:
        """Return what of the file does not read back as it was written, [] when all is well; reads every byte."""
        with self._reading() as connection:
            return damages(connection, self._store.hash_key)

    # -- the whole

    def sweep(self, aspect: str, before: int, portion: int = 500) -> int:
        number = self.number_of("aspect", aspect)
        if not number:
            return 0
        swept = sqlite_care.sweep(self._reading, self._writing, (aspect, number), before, portion)
        if swept:
            self._forget_recent()
        return swept

    def adopt(self, archive: Archive) -> str:
        with self._group_commit.lock:
            try:
                return fill(self._store, archive, self.registry, self._learn_from)
            except sqlite3.Error as error:
                raise self._translated(error) from error

    def copy_to(self, target: Path) -> None:
        """Copy the whole ledger, as of one commit, to the new file `target`; who writes goes on writing."""
        copy(self.path, target)

    def renew_epoch(self) -> None:
        """Begin a new epoch: tokens and positions of before mean nothing any more, since their numbers come again."""
        with self._writing() as connection:
            self.epoch = self._store.epoch = renew_epoch(connection)

    def close(self) -> None:
        with self._group_commit.lock:
            self._store.close()
        super().close()
