"""How the graph reaches its Neo4j: the URL, transactions, and what goes wrong with them said in words.

A password is used to connect and is nowhere else: not in an error, not in a log, not in `where`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from neo4j import Driver, GraphDatabase, ManagedTransaction, NotificationMinimumSeverity, Record, Session
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError

from clew_schemas.errors import BadInput, ClewError, Damaged, Forbidden, NotFound, Unreachable
from clew_schemas.scrub import BLANK, scrub

T = TypeVar("T")

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
DEFAULT_GRAPH = "clew"

_RETRY_SECONDS = 5.0
"""How long a transaction is tried again while the server says that it may go well, or says nothing."""
_HINT = "CLEW_GRAPH is bolt://user:password@host:7687/database; write @ : / % in a password as %40 %3A %2F %25"


class Address(NamedTuple):
    """What a URL says. `where` is the same without the password, for errors."""

    server: str
    user: str
    password: str
    database: str | None
    graph: str
    where: str


def address_of(url: str) -> Address:
    """Take a URL apart: `bolt://user:password@host:port/database?graph=name`; raises BadInput, which does not cite it.

    The database is optional, and so is the name of the graph, by which several houses share a database.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        names = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise _no_url() from None
    graph = names.pop("graph", [DEFAULT_GRAPH])[-1]
    database = unquote(parts.path.strip("/"))
    plain = parts.netloc.count("@") < 2 and "/" not in database and not parts.fragment and not names
    if parts.scheme not in SCHEMES or not host or not plain or not re.fullmatch(r"[A-Za-z0-9_.-]+", graph):
        raise _no_url()
    server = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port or 7687}"
    user = unquote(parts.username or "")
    where = server.replace("://", f"://{user}@", 1) if user else server
    where += f"/{database}" if database else ""
    return Address(server, user, unquote(parts.password or ""), database or None, graph, where)


class Link:
    """The way to one database, shared by the graphs in it. It connects when it is first used."""

    def __init__(self, url: str) -> None:
        self._address = address_of(url)
        self.graph = self._address.graph
        self.where = self._address.where
        self._driver = self._made()
        self._holders = 0
        self._lock = Lock()

    def hold(self) -> None:
        """Count one more user of the link."""
        with self._lock:
            self._holders += 1

    def release(self) -> None:
        """Count one less; the last one closes the connections."""
        with self._lock:
            self._holders -= 1
            if not self._holders:
                self._driver.close()

    def connect(self, patience: float) -> None:
        """Wait until the server answers, so many seconds, asking less and less often; then raise Unreachable.

        A password that is refused is no better a second later: that is Forbidden at once.
        """
        end, pause = time.monotonic() + patience, 0.1
        while True:
            try:
                return self.alone("RETURN 1")
            except Unreachable:
                if time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def read(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Do `work` in a reading transaction, and again if the server asks for that."""
        with self.translating(), self._session() as session:
            return session.execute_read(work)

    def write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Do `work` in a transaction, and again if the server asks for that: all of it is kept, or nothing."""
        with self.translating(), self._session() as session:
            return session.execute_write(work)

    def alone(self, text: str, **parameters: Any) -> None:
        """Run a statement that stands outside of transactions: of the schema, or one that makes its own."""
        with self.translating(), self._session() as session:
            session.run(text, parameters).consume()

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise the driver's errors as ours."""
        try:
            yield
        except (DriverError, Neo4jError, OSError) as error:
            raise self._translated(error) from None

    def _made(self) -> Driver:
        address = self._address
        try:
            return GraphDatabase.driver(
                address.server,
                auth=(address.user, address.password) if address.user else None,
                user_agent="clew",
                connection_timeout=5.0,
                liveness_check_timeout=30.0,
                max_transaction_retry_time=_RETRY_SECONDS,
                initial_retry_delay=0.02,  # a read that met a change of a node's chain is to be repeated at once
                notifications_min_severity=NotificationMinimumSeverity.OFF,
            )
        except (ConfigurationError, ValueError):
            raise _no_url() from None

    def _session(self) -> Session:
        return self._driver.session(database=self._address.database, fetch_size=-1)

    def _translated(self, error: Exception) -> ClewError:
        code = (error.code or "") if isinstance(error, Neo4jError) else ""
        said = self._said(error)
        if isinstance(error, AuthError) or code.startswith("Neo.ClientError.Security."):
            return Forbidden(
                f"Neo4j refuses this user or password: {said}",
                where=self.where,
                hint="Mend user and password in CLEW_GRAPH",
            )
        if code == "Neo.ClientError.Database.DatabaseNotFound":
            return NotFound(f"no such database: {said}", where=self.where, hint="Mend the database in CLEW_GRAPH")
        if not code or code.startswith("Neo.TransientError."):
            return Unreachable(
                f"Neo4j can't be reached or can't do it now: {said}",
                where=self.where,
                hint="Start the server, or check host, port and memory",
            )
        return Damaged(
            f"Neo4j could not do it: {said}",
            where=self.where,
            hint="Nothing of this was kept; look into the server's log",
        )

    def _said(self, error: Exception) -> str:
        primary = error.message if isinstance(error, Neo4jError) else None
        lines = (primary or str(error) or type(error).__name__).strip().splitlines()
        said = scrub(lines[0])
        return said.replace(self._address.password, BLANK) if self._address.password else said


def run(tx: ManagedTransaction, text: str, **parameters: Any) -> Record | None:
    """Run a statement that gives at most one record, and return it."""
    return tx.run(text, parameters).single(strict=False)


def _no_url() -> BadInput:
    return BadInput("not a URL of a Neo4j database", where="CLEW_GRAPH", hint=_HINT)
