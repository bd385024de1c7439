"""The tape for followers: a ledger whose `tail` and `wait` come from Kafka, and all else from the ledger itself.

The tape is a faster way to the same commits, never another truth: what it holds no more, or not whole, or not yet
although the ledger has had it for a while, is read from the ledger; so is all while Kafka is away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeVar

from clew.ledger import Commit, Entity, LedgerReader, Parked, Source
from clew.ledger.port import Fact, Point
from clew.log import changes
from clew.log.port import Tally
from clew.log.record import LogRecord
from clew.log.tape import Mark, Tape, mark_of, seek_after
from clew_schemas.errors import CallerError, Damaged, WorldError
from clew_schemas.event import Receipt
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim
from clew_schemas.wire import unframe

log = logging.getLogger(__name__)

T = TypeVar("T")

_CURSORS = 8
"""Readers of the tape that are kept open: one for each follower, and some for those who come and go."""
_AWAY = 5.0
"""Seconds for which the ledger is read after Kafka failed, before Kafka is asked again."""
_SKIP = 10_000
"""Records passed over in one call before it returns empty-handed."""


class Cursor:
    """A reader of the tape that stands after one seq. Whoever holds it has it alone."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.after = 0
        self.held: LogRecord | None = None
        self.quiet_since: float | None = None

    def place(self, epoch: str, after: int) -> None:
        """Go to where the tape goes on after a seq."""
        seek_after(self.tape, Mark(epoch, after))
        self.after, self.held, self.quiet_since = after, None, None

    def next(self, timeout: float = 0.0) -> LogRecord | None:
        """Return the next record, the one that was held back first."""
        held, self.held = self.held, None
        return held or self.tape.next(timeout)


class KafkaTail:
    """A reader of the ledger; see `LedgerReader`, and `Tail` of the log's port. Threads may share it.

    `patience` is for how many seconds the ledger may be ahead of a silent tape before it is read directly.
    """

    def __init__(self, ledger: LedgerReader, open_tape: Callable[[], Tape], patience: float = 2.0) -> None:
        self.epoch = ledger.epoch
        self.registry: Registry = ledger.registry
        self._ledger = ledger
        self._open_tape = open_tape
        self._patience = patience
        self._lock = threading.Lock()
        self._cursors: list[Cursor] = []
        self._newest = 0
        self._away_until = float("-inf")
        self._counts = {"tape": 0, "ledger": 0}

    # -- from the tape

    def tail(self, after: int, limit: int = 100, *, fresh: bool = False, claims: bool = True) -> list[Commit]:
        self.learn()
        if fresh:
            return self._ledger.tail(after, limit, fresh=True)
        commits = self._from_tape(after, lambda cursor: self._following(cursor, limit))
        return self._from_ledger(after, limit) if commits is None else commits

    def wait(self, seq: int, timeout: float) -> bool:
        """Wait until the tape has `seq`, at most `timeout` seconds; say whether it has."""
        reached = self._from_tape(seq - 1, lambda cursor: self._reaches(cursor, seq, timeout))
        return self._ledger.wait(seq, timeout) if reached is None else reached

    def health(self) -> Tally:
        lag = max(0, self._ledger.head_seq() - self._newest)
        return Tally(lag, {"seq": self._newest}, dict(self._counts))

    def close(self) -> None:
        with self._lock:
            cursors, self._cursors = self._cursors, []
        for cursor in cursors:
            cursor.tape.close()

    def _from_tape(self, after: int, read: Callable[[Cursor], T]) -> T | None:
        """Return what `read` gives at a cursor after a seq, None while Kafka is away."""
        if time.monotonic() < self._away_until:
            return None
        cursor = None
        try:
            cursor = self._cursor(after)
            found = read(cursor)
        except BaseException as error:
            if cursor is not None:
                cursor.tape.close()
            if not isinstance(error, WorldError):
                raise
            log.warning("the tape can't be read, the ledger is: %s", error)
            self._away_until = time.monotonic() + _AWAY
            return None
        self._put_back(cursor)
        return found

    def _from_ledger(self, after: int, limit: int) -> list[Commit]:
        found = self._ledger.tail(after, limit)
        self._saw(found[-1].seq if found else 0, "ledger", len(found))
        return found

    def _cursor(self, after: int) -> Cursor:
        """Return a cursor after a seq: the one that stands there, or one that is sent there."""
        with self._lock:
            cursor = next((each for each in self._cursors if each.after == after), None)
            if cursor is not None:
                self._cursors.remove(cursor)
                return cursor
            spare = self._cursors.pop(0) if len(self._cursors) >= _CURSORS else None
        cursor = spare or Cursor(self._open_tape())
        try:
            cursor.place(self.epoch, after)
        except BaseException:
            cursor.tape.close()
            raise
        return cursor

    def _put_back(self, cursor: Cursor) -> None:
        with self._lock:
            self._cursors.append(cursor)

    def _following(self, cursor: Cursor, limit: int) -> list[Commit]:
        """Return the commits after the cursor's seq that the tape has in one run, or what the ledger has instead."""
        found: list[Commit] = []
        for _ in range(limit + _SKIP):
            record = cursor.next() if len(found) < limit else None
            if record is None:
                break
            mark, wanted = mark_of(record), cursor.after + len(found) + 1
            if mark is None or mark.epoch != self.epoch or mark.seq < wanted:
                continue
            if mark.seq > wanted:
                cursor.held = record
                break
            found.append(self._commit(record, mark))
        if found:
            cursor.quiet_since = None
            self._saw(found[-1].seq, "tape", len(found))
        elif cursor.held is not None or self._waits_in_vain(cursor):
            found = self._from_ledger(cursor.after, limit)
        cursor.after = found[-1].seq if found else cursor.after
        return found

    def _waits_in_vain(self, cursor: Cursor) -> bool:
        """Say whether the ledger has been ahead for longer than patience goes."""
        if self._ledger.head_seq() <= cursor.after:
            cursor.quiet_since = None
            return False
        if cursor.quiet_since is None:
            cursor.quiet_since = time.monotonic()
        return time.monotonic() - cursor.quiet_since >= self._patience

    def _reaches(self, cursor: Cursor, seq: int, timeout: float) -> bool:
        end = time.monotonic() + timeout
        while (record := cursor.next(max(0.0, end - time.monotonic()))) is not None:
            mark = mark_of(record)
            if mark is not None and mark.epoch == self.epoch and mark.seq >= seq:
                cursor.held = record
                return True
        return False

    def _commit(self, record: LogRecord, mark: Mark) -> Commit:
        """Return the commit of a record, from the ledger where the record does not hold all of it."""
        commit = self._read(record)
        if commit is not None and commit.seq == mark.seq:
            return commit
        found = self._ledger.tail(mark.seq - 1, 1)
        if not found or found[0].seq != mark.seq:
            raise Damaged(f"the tape tells of commit {mark.seq}, which the ledger does not have", where=record.position)
        self._counts["ledger"] += 1
        return found[0]

    def _read(self, record: LogRecord) -> Commit | None:
        try:
            return changes.from_avro(unframe(record.value or b"")[1], self.registry)
        except (CallerError, KeyError) as error:
            log.warning("%s@%d is read from the ledger: %s", record.position, record.offset, error)
            return None

    def _saw(self, seq: int, way: Literal["tape", "ledger"], commits: int) -> None:
        self._newest = max(self._newest, seq)
        self._counts[way] += commits

    # -- from the ledger

    def learn(self) -> int:
        return self._ledger.learn()

    def head_seq(self) -> int:
        return self._ledger.head_seq()

    def time_of(self, seq: int) -> int:
        return self._ledger.time_of(seq)

    def seq_at(self, time: int) -> int:
        return self._ledger.seq_at(time)

    def claims(
        self, entities: Iterable[int], as_of: int | None = None, aspects: Collection[str] | None = None
    ) -> dict[int, dict[str, tuple[Claim, ...]]]:
        return self._ledger.claims(entities, as_of, aspects)

    def history(self, entity: int, aspect: str) -> list[Fact]:
        return self._ledger.history(entity, aspect)

    def change_seqs(self, entity: int, aspect: str) -> list[int]:
        return self._ledger.change_seqs(entity, aspect)

    def points(self, entity: int, aspect: str, limit: int = 100, as_of: int | None = None) -> list[Point]:
        return self._ledger.points(entity, aspect, limit, as_of)

    def newest_points(
        self, entities: Iterable[int], aspects: Sequence[str], as_of: int | None = None
    ) -> dict[int, dict[str, Point]]:
        return self._ledger.newest_points(entities, aspects, as_of)

    def ids(self, urns: Sequence[str]) -> list[int]:
        return self._ledger.ids(urns)

    def entities(self, ids: Sequence[int]) -> list[Entity | None]:
        return self._ledger.entities(ids)

    def number_of(self, table: Literal["aspect", "source"], name: str) -> int:
        return self._ledger.number_of(table, name)

    def name_of(self, table: Literal["aspect", "source"], number: int) -> str:
        return self._ledger.name_of(table, number)

    def find(self, name: str, limit: int = 50) -> list[Entity]:
        return self._ledger.find(name, limit)

    def live_keys(self) -> Iterable[tuple[int, str]]:
        return self._ledger.live_keys()

    def node_of(self, entity: int) -> int:
        return self._ledger.node_of(entity)

    def receipt(self, source: str, group: str) -> Receipt | None:
        return self._ledger.receipt(source, group)

    def parked(self) -> list[Parked]:
        return self._ledger.parked()

    def sources(self) -> list[Source]:
        return self._ledger.sources()

    def last_crawl(self, source: str) -> tuple[int, str] | None:
        return self._ledger.last_crawl(source)

    def derived_after(self, cause: int) -> int:
        return self._ledger.derived_after(cause)

    def cursor(self, name: str) -> int:
        return self._ledger.cursor(name)

    def position(self, name: str) -> int:
        return self._ledger.position(name)

    def public_key(self, source: str) -> bytes | None:
        return self._ledger.public_key(source)

    def heads_digest(self) -> str:
        return self._ledger.heads_digest()

    def stats(self) -> Mapping[str, int]:
        return self._ledger.stats()
