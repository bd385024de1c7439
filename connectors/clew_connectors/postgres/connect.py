"""Opens one read-only look at a database, and says in words of ours what the driver's errors mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import IsolationLevel
from psycopg.rows import TupleRow

from clew_connectors.postgres.config import PostgresConfig
from clew_schemas.errors import BadInput, ClewError, Forbidden, NotFound, Unauthenticated, Unreachable

Connection = psycopg.Connection[TupleRow]

OLDEST = 120000
"""The oldest server that is read: its catalog knows generated columns."""

_CREDENTIALS = "Check `user` and `password`, or `url`, in the recipe"
_FIRST = re.compile(r".*?(?:FATAL:|ERROR:|failed: )\s*(?=\S)", re.DOTALL)

_REFUSALS: tuple[tuple[str, type[ClewError], str, str], ...] = (
    ("password authentication failed", Unauthenticated, "PostgreSQL knows no such user and password", _CREDENTIALS),
    ("authentication failed for user", Unauthenticated, "PostgreSQL does not let this user in", _CREDENTIALS),
    ("no password supplied", Unauthenticated, "PostgreSQL asks for a password", _CREDENTIALS),
    (
        "no pg_hba.conf entry",
        Forbidden,
        "PostgreSQL lets nobody in from here as this user, to this database, in this way",
        "Ask for a line in its pg_hba.conf, or try another `ssl_mode`",
    ),
    ("permission denied for database", Forbidden, "this user may not connect to the database", "GRANT CONNECT to it"),
    ("is not permitted to log in", Forbidden, "this role may not log in", "ALTER ROLE … LOGIN, or use another"),
    ("SSL", BadInput, "the connection can't be secured as asked", "Check `ssl_mode` and `ssl_root_certificate`"),
    ("certificate", BadInput, "the connection can't be secured as asked", "Check `ssl_root_certificate`"),
    (
        "too many",
        Unreachable,
        "PostgreSQL has no connection left for this user",
        "Try again later, or raise its limit of connections",
    ),
    ("connection slots", Unreachable, "PostgreSQL has no connection left for this user", "Try again later"),
    ("starting up", Unreachable, "PostgreSQL is starting up", "Try again in a moment"),
    ("shutting down", Unreachable, "PostgreSQL is shutting down", "Try again when it is back"),
)
"""What connecting may meet: a piece of the server's words, whose fault it is, what to say, what to do."""

_MISSING_DATABASE = re.compile(r'database ".*" does not exist')
_AWAY = "Check that the server runs, and `host` and `port` in the recipe"


@contextmanager
def opened(config: PostgresConfig) -> Iterator[Connection]:
    """Yield a connection within one read-only transaction that sees one moment of the database.

    Raises Unreachable, Unauthenticated, Forbidden, NotFound or BadInput, also for what happens inside.
    """
    try:
        with _connected(config) as connection:
            yield connection
    except psycopg.Error as error:
        raise translated(error, config) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            "the catalog holds a name or comment that is not UTF-8",
            where=config.address,
            hint="The database has the encoding SQL_ASCII; rename what is spelt in another one",
        ) from error


@contextmanager
def _connected(config: PostgresConfig) -> Iterator[Connection]:
    try:
        connection = psycopg.connect(
            **config.connection | {"connect_timeout": config.connect_timeout},
            client_encoding="utf8",
            application_name="clew",
            prepare_threshold=None,  # a pooler may hand each transaction to another server process
        )
    except psycopg.Error as error:
        raise _refused(str(error), config) from error
    try:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        _require_version(connection, config)
        set_local(connection, "statement_timeout", config.statement_timeout)
        set_local(connection, "lock_timeout", max(config.lock_timeout, SHORTEST_WAIT))
        yield connection
    finally:
        connection.close()


SHORTEST_WAIT = 0.05
"""Seconds to wait for a lock at least; zero would mean for ever."""


def set_local(connection: Connection, name: str, seconds: float) -> None:
    """Set a timeout for the rest of the transaction."""
    connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, f"{max(1, round(seconds * 1000))}ms"))


def _require_version(connection: Connection, config: PostgresConfig) -> None:
    if connection.info.server_version < OLDEST:
        version = connection.info.parameter_status("server_version")
        raise BadInput(
            f"PostgreSQL {version} is too old to be read", where=config.address, hint="Version 12 or newer is read"
        )


def _refused(said: str, config: PostgresConfig) -> ClewError:
    """Return why there is no connection; the driver has only the server's words for it."""
    where = config.address
    if _MISSING_DATABASE.search(said):
        return NotFound("there is no such database", where=where, hint="Check `database`, or the end of `url`")
    for piece, error, what, hint in _REFUSALS:
        if piece in said:
            return error(what, where=where, hint=hint)
    return Unreachable(f"PostgreSQL can't be reached: {_told(said)}", where=where, hint=_AWAY)


def _told(said: str) -> str:
    """Return the last and most telling part of what libpq says, on one line."""
    return _FIRST.sub("", said).split("\n", 1)[0].strip() or "no reason given"


def translated(error: psycopg.Error, config: PostgresConfig) -> ClewError:
    """Return in words of ours what a question to the catalog met."""
    said: Any = error.diag.message_primary or _told(str(error))
    where = config.address
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Unreachable(
            f"PostgreSQL took longer than {config.statement_timeout:g} s over one question",
            where=where,
            hint="Raise `statement_timeout`, or crawl when the server is less busy",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return Forbidden(
            f"the user may not read the catalog: {said}",
            where=where,
            hint="Every user may by default; GRANT SELECT on what is named",
        )
    return Unreachable(f"PostgreSQL gave up reading: {said}", where=where, hint="Try again; its log says more")
