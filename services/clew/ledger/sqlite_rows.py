"""Rows of the running transaction that wait to be written, many in one statement.

SQLite's driver gives the interpreter away at every step of a statement and has to win it back from whoever draws
views meanwhile: few large statements commit several times as fast as many small ones.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from clew.ledger.sqlite_tables import TABLES

_SIZES = (64, 8, 1)
"""Rows in one statement: few sizes, so that each statement is compiled once."""

_COLUMNS = {
    "entity": ("id", "parent", "name", "tail", "class"),
    "commits": ("seq", "time", "branch", "source", "grp", "author", "message", "cause"),
    "payload": ("id", "version", "body", "dict_id"),
    "claim": (
        *("id", "entity", "aspect", "source", "branch", "seq", "says", "denies"),
        *("says_hash", "denies_hash", "observed", "mark"),
    ),
    "fact": ("seq", "n", "claim", "op", "moved", "says", "denies", "observed", "ord"),
    "receipt": ("source", "grp", "body"),
}
_MOVED = ("seq", "says", "denies", "says_hash", "denies_hash", "observed", "mark")
_TO = {
    "claim": f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _MOVED)}",
    "receipt": " ON CONFLICT (source, grp) DO UPDATE SET body = excluded.body",
}

assert all(f"CREATE TABLE {table} " in TABLES for table in _COLUMNS)


def _insert(table: str, count: int) -> str:
    columns = _COLUMNS[table]
    values = ", ".join([f"({', '.join('?' * len(columns))})"] * count)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values}{_TO.get(table, '')}"


def _raise_marks(count: int) -> str:
    rows = ", ".join(["(?, ?)"] * count)
    return f"UPDATE claim SET mark = max(mark, v.column2) FROM (VALUES {rows}) v WHERE claim.id = v.column1"


_STATEMENTS = {(table, count): _insert(table, count) for table in _COLUMNS for count in _SIZES}
_MARKS = {count: _raise_marks(count) for count in _SIZES}


class WaitingRows:
    """What one transaction will have written. Of a claim only its last state is kept, of a mark the highest."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Sequence[Any]]] = {table: [] for table in _COLUMNS}
        self._claims: dict[int, Sequence[Any]] = {}
        self._marks: dict[int, bytes] = {}

    def add(self, table: str, row: Sequence[Any]) -> None:
        """Keep a row, its values in the order of the table's columns."""
        self._rows[table].append(row)

    def put_claim(self, row: Sequence[Any]) -> None:
        """Keep a claim as it is now; its first value is its id."""
        self._claims[row[0]] = row

    def raise_mark(self, claim: int, mark: bytes) -> None:
        """Raise the mark of a claim to at least this."""
        self._marks[claim] = max(mark, self._marks.get(claim, b""))

    def forget(self) -> None:
        """Drop all of it: the transaction is rolled back."""
        for rows in self._rows.values():
            rows.clear()
        self._claims.clear()
        self._marks.clear()

    def write(self, connection: sqlite3.Connection) -> None:
        """Write all of it, so that the transaction's own statements see it."""
        self._rows["claim"].extend(self._claims.values())
        for table, rows in self._rows.items():
            for count, values in _portions(rows) if rows else ():
                connection.execute(_STATEMENTS[table, count], values)
        for count, values in _portions(list(self._marks.items())):
            connection.execute(_MARKS[count], values)
        self.forget()


def _portions(rows: Sequence[Sequence[Any]]) -> list[tuple[int, list[Any]]]:
    """Return rows as flat lists of values, with how many rows each holds: one of `_SIZES`."""
    found, at = [], 0
    for size in _SIZES:
        while len(rows) - at >= size:
            found.append((size, [value for row in rows[at : at + size] for value in row]))
            at += size
    return found
