"""How the ledger reaches its PostgreSQL: connections, and what goes wrong with them said in words.

A password is used to connect and is nowhere else: not in an error, not in a log, not in `where`. Connections keep
settings of their own session, so a pooler between must pool sessions, not transactions.
"""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import conninfo
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from clew_schemas.errors import BadInput, ClewError, Damaged, Forbidden, Locked, NotFound, TooLarge, Unreachable
from clew_schemas.scrub import BLANK, scrub

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]

_POOL, _OVERFLOW = 4, 12
_DEFAULTS = {
    "connect_timeout": "10",
    "application_name": "clew",
    "client_encoding": "utf8",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_SETTINGS: LiteralString = """
SELECT set_config('plan_cache_mode', 'force_custom_plan', false),
  CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""
_WRITER_SETTINGS: LiteralString = """
SELECT set_config('idle_in_transaction_session_timeout', '15s', false), set_config('lock_timeout', '5s', false)
"""
_SILENT = 10
"""Seconds without a word after which a writer that holds the lock is taken for gone."""
_END_SILENT: LiteralString = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
  AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - make_interval(secs => %s)
  AND pid IN (SELECT pid FROM pg_locks WHERE relation = to_regclass('ledger_head') AND mode = 'RowShareLock')
"""
_HINT = "CLEW_LEDGER is postgresql://user:password@host:5432/database; write @ : / % in a password as %40 %3A %2F %25"
_READ_ONLY = "25006"
"""A server that takes no writes: a standby, until it is promoted."""
_REFUSED = ("password", "no pg_hba.conf entry", "is not permitted to log in", "authentication failed")


class Link:
    """The way to one database. Raises BadInput for a URL that is none; connects to nothing by itself."""

    def __init__(self, url: str) -> None:
        self._conninfo = _parsed(url)
        self._password = str(self._conninfo.get("password") or "")
        parts = {key: str(self._conninfo.get(key) or "") for key in ("user", "host", "port", "dbname")}
        user = f"{parts['user']}@" if parts["user"] else ""
        port = f":{parts['port']}" if parts["port"] else ""
        self.where = f"postgresql://{user}{parts['host']}{port}/{parts['dbname']}"

    def connect(self) -> Connection:
        """Return a new connection for reading and small writes."""
        connection: Connection = psycopg.connect(**{**_DEFAULTS, **self._conninfo})
        connection.execute(_SETTINGS)
        connection.commit()
        return connection

    def connect_writer(self) -> Connection:
        """Return a new connection for what happens under the head lock, each statement by itself until BEGIN.

        The server ends it when it says nothing for 15 s between pipelines; within one no timeout of the server runs,
        and others end it: see `end_silent_writers`.
        """
        connection = self.connect()
        connection.autocommit = True
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        connection.execute(_WRITER_SETTINGS)
        return connection

    def end_silent_writers(self, silent: float = _SILENT) -> int:
        """End the connections of writers that hold the head lock and say nothing, and return how many there were.

        A process that was stopped, or whose machine is gone, in the middle of a pipeline would keep everybody waiting
        for ever: PostgreSQL's timeouts count between pipelines only. Its transaction was not committed; if it wakes, it
        finds its connection closed and begins again.
        """
        connection = self.connect()
        try:
            ended = connection.execute(_END_SILENT, (silent,)).fetchall()
            connection.commit()
        finally:
            connection.close()
        return len(ended)

    def engine(self) -> Engine:
        """Return a small pool; a pooled connection that the server has left is replaced when it is taken out."""
        engine = create_engine(
            "postgresql+psycopg://",
            creator=self.connect,
            pool_size=_POOL,
            max_overflow=_OVERFLOW,
            pool_use_lifo=True,
            hide_parameters=True,
            use_native_hstore=False,
        )
        event.listen(engine, "checkout", _check_alive)
        return engine

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise the driver's errors as ours."""
        try:
            yield
        except (psycopg.Error, DBAPIError, PoolTimeout) as error:
            raise self.translated(error) from None

    def translated(self, error: Exception) -> ClewError:
        """Return an error in words: who must act, and nothing of a statement's values or the password."""
        if isinstance(error, ClewError):
            return error
        if isinstance(error, PoolTimeout):
            return Unreachable("every connection to the ledger is in use", where=self.where, hint="Try again")
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = self._said(cause)
        state = getattr(cause, "sqlstate", None) or ""
        if isinstance(cause, psycopg.OperationalError) or state == _READ_ONLY:
            return self._unreachable(said, state)
        if state == "42501":
            return Forbidden(f"the database refuses: {said}", where=self.where, hint="Grant the user what it needs")
        return Damaged(
            f"the ledger's database could not do it: {said}",
            where=self.where,
            hint="Nothing of this was kept; look into the server's log",
        )

    def _unreachable(self, said: str, state: str) -> ClewError:
        if state.startswith("54"):
            return TooLarge(f"over a limit of the database: {said}", where=self.where, hint="Send less in one piece")
        if state in ("28P01", "28000") or any(each in said for each in _REFUSED):
            return Forbidden(
                f"the ledger's server refuses this user or password: {said}",
                where=self.where,
                hint="Mend user and password in CLEW_LEDGER",
            )
        if state == "3D000" or ('database "' in said and "does not exist" in said):
            return NotFound(f"no such database: {said}", where=self.where, hint="Create it: createdb")
        if state == "55P03":
            return Locked(
                "another writer holds the ledger's lock for too long", where=self.where, hint="Try again; look for it"
            )
        return Unreachable(
            f"the ledger's server can't be reached or can't write: {said}",
            where=self.where,
            hint="Start the server, or check host, port and disk",
        )

    def _said(self, error: object) -> str:
        primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        lines = (primary or str(error) or type(error).__name__).strip().splitlines()
        said = scrub(lines[0])
        return said.replace(self._password, BLANK) if self._password else said


def is_transient(error: Exception) -> bool:
    """Say whether the same may go well on a new connection: the server went, or it asked to try again."""
    if not isinstance(error, psycopg.Error):
        return False
    state = error.sqlstate or ""
    return state.startswith(("08", "57P")) or state in ("40001", "40P01", "53300", "25P03", _READ_ONLY)


def _parsed(url: str) -> dict[str, Any]:
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg") or rest.partition("?")[0].count("@") > 1:
        raise BadInput("not a URL of a PostgreSQL database", where="CLEW_LEDGER", hint=_HINT)
    try:
        found = conninfo.conninfo_to_dict(f"postgresql://{rest}")
    except psycopg.ProgrammingError:
        raise BadInput("not a URL of a PostgreSQL database", where="CLEW_LEDGER", hint=_HINT) from None
    ports = str(found.get("port") or "").split(",")
    if "@" in str(found.get("dbname") or "") or not all(port.isdigit() or not port for port in ports):
        raise BadInput("not a URL of a PostgreSQL database", where="CLEW_LEDGER", hint=_HINT)
    return dict(found)


def _check_alive(connection: Any, record: object, proxy: object) -> None:
    """An idle connection that has something to read has been told goodbye."""
    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise DisconnectionError
