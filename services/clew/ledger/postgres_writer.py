"""Transactions under the head lock: one at a time in the ledger, whoever runs them, and each kept exactly once.

Read committed, with the lock on the row of `ledger_head` as what makes commits serial. A transaction is one pipeline;
its COMMIT is sent with its last writes. When the connection is lost before that, nothing stands and the work is done
again on a new one; when it is lost in COMMIT, the batch that this writer stored tells what became of it.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import time
from collections.abc import Callable
from typing import LiteralString, TypeVar

import psycopg

from clew.ledger.postgres_link import Connection, Link, is_transient
from clew_schemas.errors import Unreachable

T = TypeVar("T")
Head = tuple[int, int, int, int]
"""Seq and time of the newest commit, and the last numbers given to a claim and to a crawl."""

_LOCK: LiteralString = "SELECT seq, time, claims, crawls FROM ledger_head WHERE id = 1 FOR UPDATE"
_MARK: LiteralString = """
INSERT INTO writer (id, batch) VALUES (%s, %s)
ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, seen = excluded.seen
"""
_FORGET: LiteralString = "DELETE FROM writer WHERE id = %s"
_FORGET_LOST: LiteralString = "DELETE FROM writer WHERE seen < now() - interval '7 days'"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_LONGEST_LOCK = 30.0
"""Seconds for which the head lock is waited for."""


class Writer:
    """The one writing connection of a process. It is not shared: its caller holds a lock of its own.

    `patience` is for how many seconds a server that went away is waited for before Unreachable is raised.
    """

    def __init__(self, link: Link, patience: float) -> None:
        self._link = link
        self._patience = patience
        self._id = secrets.token_hex(8)
        self._batch = 0
        self._asked = False
        self._connection: Connection | None = None

    def before_lock(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` does, each statement a transaction of its own; it may be done twice."""
        return self._persist(lambda: work(self._open()))

    def under_lock(self, work: Callable[[Connection, Head], T]) -> T:
        """Return what `work` does in one transaction under the head lock, once that is durable.

        `work` is done again when nothing of it was kept, so it changes nothing outside but what it sets anew.
        Raises Unreachable when the server stays away, and the driver's errors: then nothing was kept.
        """
        self._batch += 1
        self._asked = False
        done: list[T] = []
        return self._persist(lambda: self._once(work, done))

    def _once(self, work: Callable[[Connection, Head], T], done: list[T]) -> T:
        if self._asked:
            if self._was_kept():
                return done[-1]
            self._asked = False
        connection = self._open()
        with connection.pipeline():
            connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            head = connection.execute(_LOCK).fetchone()
            assert head is not None, "the head row is made with the tables"
            done.append(work(connection, (head[0], head[1], head[2], head[3])))
            connection.execute(_MARK, (self._id, self._batch))
            self._asked = True
            connection.execute("COMMIT")
        return done[-1]

    def _was_kept(self) -> bool:
        """Say whether the batch whose COMMIT got no answer stands; the lock waits for a server still at it."""
        connection = self._open()
        with connection.transaction():
            connection.execute(_LOCK)
            row = connection.execute("SELECT batch FROM writer WHERE id = %s", (self._id,)).fetchone()
        return row is not None and row[0] == self._batch

    def _persist(self, attempt: Callable[[], T]) -> T:
        begun = time.monotonic()
        end, lock_end = begun + self._patience, begun + _LONGEST_LOCK
        pause = _FIRST_PAUSE
        while True:
            try:
                return attempt()
            except psycopg.errors.LockNotAvailable as error:
                self._drop()
                if not self._link.end_silent_writers() and time.monotonic() > lock_end:
                    raise self._link.translated(error) from None
            except (psycopg.Error, Unreachable) as error:
                if not self._goes_on(error, end):
                    raise
            except BaseException:
                self._drop()
                raise
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads writers, guards nothing
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _goes_on(self, error: Exception, end: float) -> bool:
        """Drop the connection; say whether to try once more, and raise in words when the server stays away."""
        lost = self._is_lost(error)
        self._drop()
        if lost and time.monotonic() < end:
            return True
        if lost and self._asked:
            raise Unreachable(
                "the ledger's server went away while it committed; whether this was kept is not known",
                where=self._link.where,
                hint="Send it again with the same group ids: what was kept is answered with its receipt",
            ) from None
        if lost:
            raise self._link.translated(error) from None
        return False

    def _is_lost(self, error: Exception) -> bool:
        """Say whether it was the connection that failed: no word from the server that it was the work."""
        if isinstance(error, Unreachable) or self._connection is None or self._connection.closed:
            return True
        if not isinstance(error, psycopg.Error) or error.sqlstate is not None:
            return is_transient(error)
        told = isinstance(error, psycopg.OperationalError) and not isinstance(error, psycopg.errors.PipelineAborted)
        return told or self._asked

    def _open(self) -> Connection:
        if self._connection is None:
            with self._link.translating():
                self._connection = self._link.connect_writer()
                self._connection.execute(_FORGET_LOST)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Close the connection; this writer's mark is not needed any more."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):  # else it is forgotten by its age
                self._connection.execute(_FORGET, (self._id,))
            self._drop()
