"""Hearing of commits that other processes make: LISTEN on a connection and thread of its own.

PostgreSQL only; where the server knows no LISTEN, or the connection is lost, waits go on by polling. A listener is
a convenience: it loses nothing when it misses something.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable

import psycopg
from psycopg import sql

from clew.ledger.postgres_link import Connection, Link

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


def channel_of(epoch: str) -> str:
    """Return the channel on which commits of a ledger are told, the seq as payload."""
    return f"clew_{epoch}"


class Listener:
    """Calls `heard` with the seq of each commit that it is told of."""

    def __init__(self, link: Link, epoch: str, heard: Callable[[int], None]) -> None:
        self._link = link
        self._channel = channel_of(epoch)
        self._heard = heard
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wake_read, self._wake_write = os.pipe()

    def start(self) -> None:
        """Listen from now on, if not yet."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="clew-listen", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._stopping.set()
            os.write(self._wake_write, b"x")
        if self._thread is not None:
            self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                with self._link.connect() as connection:
                    connection.autocommit = True
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
                    self._tell_head(connection)
                    pause = _FIRST_PAUSE
                    self._follow(connection)
            except psycopg.Error:
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _tell_head(self, connection: Connection) -> None:
        row = connection.execute("SELECT seq FROM ledger_head").fetchone()
        self._heard(row[0] if row else 0)

    def _follow(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            for notice in connection.notifies(timeout=0):
                self._heard(int(notice.payload))
            select.select([connection.fileno(), self._wake_read], [], [])
