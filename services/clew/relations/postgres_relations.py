"""The relations in PostgreSQL: a schema of their own in the ledger's database, open to any client that may read it.

Several processes may draw: each change is taken in one transaction that holds the row of the position. What people ask
runs in a read-only transaction, with a statement timeout, no other schema on its path, and, where the database has a
role `clew_reader` that Clew's user is a member of, as that role.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import psycopg
import sqlglot
from psycopg import conninfo, sql
from psycopg.raw_cursor import RawServerCursor

from clew.errors import BadInput, ClewError, Damaged, Forbidden, Locked, TooLarge, Unreachable
from clew.relations import writing
from clew.relations.check import parameter_places
from clew.relations.places import place_in
from clew.relations.port import (
    Bounds,
    KeyRows,
    NodeRow,
    Position,
    RelationsChange,
    Row,
    Selected,
    Stop,
    Value,
)
from clew.relations.tables import FORMAT, definitions
from clew_schemas.scrub import BLANK, scrub

READER = "clew_reader"
"""A role that administrators may make: it is granted the relations and nothing else."""
_AT_ONCE = 4
_PATIENCE = 5.0
_PAGE = 1000
_AGAIN = 0.1
"""Seconds between two cancels of one stop."""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,50}")
_CURSOR = "clew_sql"
_MEMORY = "32MB"
_CONNECTION = psycopg.Connection[Row]


class PostgresRelations:
    """See `Relations`."""

    name = "postgres relations"
    dialect = "postgres"

    def __init__(self, url: str, schema: str, damaged: str | None = None) -> None:
        self.damaged = damaged
        self._url = url
        self._schema = schema
        self._password = str(conninfo.conninfo_to_dict(_plain(url)).get("password") or "")
        self._asking = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.RLock()
        self._kept: psycopg.Connection[Row] | None = None

    @classmethod
    def open(cls, url: str, schema: str | None = None) -> PostgresRelations:
        """Open the relations in `schema`, making it where it is missing; another format's are replaced by empty ones.

        Raises Unreachable when the server is away, Forbidden when the user may not make a schema, BadInput for a name
        that is none.
        """
        opened = cls(url, schema or "")
        if not schema:
            with opened._transaction() as connection:
                row = connection.execute("SELECT current_schema()").fetchone()
            ledger = str(row[0]) if row and row[0] else "public"
            opened._schema = "clew_relations" if ledger == "public" else f"{ledger}_relations"
        if not _NAME.fullmatch(opened._schema):
            raise BadInput(
                f"{opened._schema[:60]!r} is no name for a schema",
                where="CLEW_RELATIONS_SCHEMA",
                hint="Small letters, digits and _, such as clew_relations",
            )
        opened._make_sure()
        return opened

    def _make_sure(self) -> None:
        with self._transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"clew {self._schema}",))
            form = self._format(connection)
            if form != FORMAT:
                if form is not None:
                    self.damaged = f"format {form}, this Clew draws {FORMAT}"
                self._make(connection)

    def _format(self, connection: _CONNECTION) -> int | None:
        """Return the format of the relations that stand there, None when there are none."""
        there = connection.execute(
            "SELECT to_regclass(%s) IS NOT NULL", (f"{self._schema}.stored_position",)
        ).fetchone()
        if not there or not there[0]:
            return None
        row = connection.execute("SELECT format FROM stored_position").fetchone()
        return int(row[0] or 0) if row else 0

    def _make(self, connection: _CONNECTION) -> None:
        name = sql.Identifier(self._schema)
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        for statement in definitions("postgres"):
            connection.execute(statement)
        self._grant(connection)

    def _grant(self, connection: _CONNECTION) -> None:
        """Let the readers' role read, where there is one."""
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)).fetchone():
            name, role = sql.Identifier(self._schema), sql.Identifier(READER)
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, role))
            connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(name, role))

    # -- drawing

    def position(self) -> Position:
        with self._transaction() as connection:
            return self._position(connection)

    def _position(self, connection: _CONNECTION, *, hold: bool = False) -> Position:
        row = connection.execute(f"SELECT epoch, seq FROM stored_position{' FOR UPDATE' if hold else ''}").fetchone()
        if row is None:
            raise Damaged("the relations have no position", where=self._schema, hint="clew rebuild relations")
        return Position(str(row[0]), int(row[1] or 0))

    def apply(self, epoch: str, change: RelationsChange) -> None:
        with self._transaction() as connection:
            position = self._position(connection, hold=True)
            if position.seq and position.epoch != epoch:
                raise ValueError(f"relations of epoch {position.epoch} take no commits of {epoch}")
            if change.seq <= position.seq:
                return
            store = _PostgresStore(connection)
            writing.write_nodes(store, change.nodes)
            writing.write_items(store, change.keys)
            writing.write_logs(store, change.logs)
            connection.execute("UPDATE stored_position SET epoch = %s, seq = %s", (epoch, change.seq))

    def mend_items(self, nodes: Sequence[NodeRow], keys: Sequence[KeyRows]) -> None:
        with self._transaction() as connection:
            self._position(connection, hold=True)
            writing.respell_nodes(_PostgresStore(connection), nodes)
            writing.write_items(_PostgresStore(connection), keys)

    def mend_logs(self, first: int, last: int, logs: Mapping[str, Sequence[Row]]) -> None:
        with self._transaction() as connection:
            self._position(connection, hold=True)
            writing.clear_logs(_PostgresStore(connection), first, last)
            writing.write_logs(_PostgresStore(connection), logs)

    def items_of(self, entities: Sequence[int]) -> dict[str, list[Row]]:
        with self._transaction() as connection:
            return writing.read_items(_PostgresStore(connection), entities)

    def entities(self) -> Iterable[int]:
        with self._transaction() as connection:
            return writing.read_entities(_PostgresStore(connection))

    def logs_between(self, first: int, last: int) -> dict[str, list[Row]]:
        with self._transaction() as connection:
            return writing.read_logs(_PostgresStore(connection), first, last)

    # -- asking

    def select(self, text: str, parameters: Mapping[str, Value], bounds: Bounds, stop: Stop | None = None) -> Selected:
        if not self._asking.acquire(timeout=_PATIENCE):
            raise Locked(f"{_AT_ONCE} queries run already", where="query", hint="Ask again in a moment")
        try:
            with (
                self._translated(),
                self._connect() as connection,
                _cancelled_by(stop or Stop(), connection),
            ):
                return self._select(connection, text, parameters, bounds)
        except psycopg.Error as error:
            raise self._refused(error, text, parameters, bounds, stop) from None
        finally:
            self._asking.release()

    def _select(self, connection: _CONNECTION, text: str, parameters: Mapping[str, Value], bounds: Bounds) -> Selected:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        self._on_path(connection)
        position = self._position(connection)
        self._restrict(connection, bounds)
        spelt, values = _numbered(text, parameters)
        with RawServerCursor(connection, _CURSOR) as cursor:
            cursor.execute(spelt, values)
            names = tuple(each.name for each in cursor.description or ())
            rows, cut = _taken(cursor, bounds)
        return Selected(names, rows, cut, position)

    def _restrict(self, connection: _CONNECTION, bounds: Bounds) -> None:
        set_one = "SELECT set_config(%s, %s, true)"
        connection.execute(set_one, ("statement_timeout", f"{max(1, int(bounds.seconds * 1000))}ms"))
        connection.execute(set_one, ("work_mem", _MEMORY))
        connection.execute(set_one, ("max_parallel_workers_per_gather", "0"))
        member = "SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = %s"
        row = connection.execute(member, (READER,)).fetchone()
        if row and row[0]:
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(READER)))

    # -- standing beside

    def fresh(self) -> PostgresRelations:
        beside = PostgresRelations(self._url, f"{self._schema}_next")
        with beside._transaction() as connection:
            beside._make(connection)
        return beside

    def promote(self) -> None:
        lasting = self._schema.removesuffix("_next")
        with self._transaction() as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(lasting)))
            renamed = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
            connection.execute(renamed.format(sql.Identifier(self._schema), sql.Identifier(lasting)))
        self._schema = lasting

    def close(self) -> None:
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    # -- connections

    def _connect(self) -> _CONNECTION:
        given = {"connect_timeout": 10, "application_name": "clew relations", "client_encoding": "utf8"}
        connection: _CONNECTION = psycopg.connect(_plain(self._url), **cast(dict[str, Any], given))
        return connection

    def _on_path(self, connection: _CONNECTION) -> None:
        connection.execute("SELECT set_config('search_path', %s, true)", (self._schema,))

    @contextmanager
    def _transaction(self) -> Iterator[_CONNECTION]:
        """Yield the one connection of the follower and its care, inside a transaction; a lost one is made anew."""
        with self._lock, self._translated():
            if self._kept is None or self._kept.closed:
                self._kept = self._connect()
            connection = self._kept
            try:
                with connection.transaction():
                    if self._schema:
                        self._on_path(connection)
                    yield connection
            except psycopg.OperationalError:
                connection.close()
                self._kept = None
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise what is wrong with server or store as ours; what is wrong with a query goes on as it is."""
        try:
            yield
        except psycopg.errors.QueryCanceled:
            raise
        except psycopg.errors.InsufficientPrivilege as error:
            raise Forbidden(
                f"the database refuses: {self._words(error)}",
                where=self._schema,
                hint=f"GRANT CREATE ON DATABASE … TO Clew's user, or CREATE SCHEMA {self._schema} AUTHORIZATION for it",
            ) from None
        except psycopg.OperationalError as error:
            raise Unreachable(
                f"the relations' server can't be reached: {self._words(error)}",
                where="CLEW_LEDGER",
                hint="Start the server, or check host and port",
            ) from None
        except psycopg.errors.UndefinedTable as error:
            if "stored_" not in str(error):
                raise
            raise Damaged(
                f"a relation is gone: {self._words(error)}", where=self._schema, hint="clew rebuild"
            ) from None

    def _refused(
        self, error: psycopg.Error, text: str, parameters: Mapping[str, Value], bounds: Bounds, stop: Stop | None
    ) -> ClewError:
        if isinstance(error, psycopg.errors.QueryCanceled):
            if stop is not None and stop.stopped:
                return BadInput("the query was stopped", where="query")
            return TooLarge(
                f"the query takes longer than {bounds.seconds:g} s",
                where="query",
                hint="Ask for less: WHERE, or a depth",
            )
        place = "query"
        if error.diag.statement_position:
            place = _place(text, int(error.diag.statement_position) - 1 - len(_DECLARED))
        hint = error.diag.message_hint or "docs/sql.md describes the relations"
        return BadInput(f"PostgreSQL refuses the query: {self._words(error)[:300]}", where=place, hint=hint[:300])

    def _words(self, error: psycopg.Error) -> str:
        lines = (error.diag.message_primary or str(error) or type(error).__name__).strip().splitlines()
        said = scrub(lines[0])
        return said.replace(self._password, BLANK) if self._password else said


_DECLARED = f'DECLARE "{_CURSOR}" CURSOR FOR '


class _PostgresStore:
    """See `writing.Store`."""

    mark = "%s"

    def __init__(self, connection: _CONNECTION) -> None:
        self._connection = connection

    def read(self, sql: str, values: Sequence[Any]) -> list[Row]:
        return self._connection.execute(sql, tuple(values)).fetchall()

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def _plain(url: str) -> str:
    return f"postgresql://{url.partition('://')[2]}"


def _numbered(text: str, parameters: Mapping[str, Value]) -> tuple[str, list[Value]]:
    """Return the query with $1, $2, … for its parameters, and their values in that order."""
    order: dict[str, int] = {}
    said, at = "", 0
    for name, start, end in parameter_places(sqlglot.tokenize(text, read="postgres")):
        number = order.setdefault(name, len(order) + 1)
        said += f"{text[at:start]}${number}"
        at = end
    return said + text[at:], [_asked(parameters[name]) for name in order]


def _place(text: str, offset: int) -> str:
    """Return the place of an offset in the query as it ran; parameters before it moved it by a little."""
    moved = 0
    order: dict[str, int] = {}
    for name, start, end in parameter_places(sqlglot.tokenize(text, read="postgres")):
        number = order.setdefault(name, len(order) + 1)
        if start + moved >= offset:
            break
        moved += len(f"${number}") - (end - start)
    return place_in(text, max(0, min(len(text), offset - moved)))


def _asked(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value


@contextmanager
def _cancelled_by(stop: Stop, connection: _CONNECTION) -> Iterator[None]:
    """While inside, a stop cancels what runs, and goes on cancelling: a cancel between two statements is lost."""
    ended = threading.Event()

    def cancel() -> None:
        while not ended.is_set():
            with suppress(psycopg.Error):
                connection.cancel_safe()
            ended.wait(_AGAIN)

    cancelling = threading.Thread(target=cancel, daemon=True)

    def begin() -> None:
        if cancelling.ident is None:
            cancelling.start()

    try:
        with stop.ending(begin):
            yield
    finally:
        ended.set()
        if cancelling.is_alive():
            cancelling.join()


def _taken(cursor: RawServerCursor[Row], bounds: Bounds) -> tuple[list[Row], str | None]:
    rows: list[Row] = []
    size = 0
    while page := cursor.fetchmany(min(_PAGE, bounds.rows + 1 - len(rows))):
        for row in page:
            if len(rows) >= bounds.rows:
                return rows, "rows"
            plain = tuple(map(_plain_value, row))
            size += sum(len(value) if isinstance(value, str) else 8 for value in plain)
            if size > bounds.bytes:
                return rows, "bytes"
            rows.append(plain)
    return rows, None


def _plain_value(value: Any) -> Value:
    """Return a value as SQLite gives it: whole numbers of a sum as integers, means as floats, yes and no as 1 and 0."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
