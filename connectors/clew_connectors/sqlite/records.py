"""What is read from a SQLite database, as plain data. Names are SQLite's own, not escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Database:
    """The database of the file, which SQLite calls `main`."""

    namespace: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with its type as it was declared; None where it was declared without one."""

    name: str
    type: str | None
    nullable: bool
    generated: Literal["virtual", "stored"] | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to columns of another table."""

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An index that somebody made; a column that is computed has no name."""

    name: str
    columns: tuple[str | None, ...]
    unique: bool
    partial: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `module` is that of a virtual one.

    `rows` is exact where it was counted, `bytes` counts the pages of the table without its indexes; both are as of
    `measured`, the time of the last write to the file, in UTC.
    """

    namespace: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    measured: datetime
    without_rowid: bool = False
    strict: bool = False
    module: str | None = None
    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A view, with the statement that SQLite keeps for it. No columns: it reads something that is gone.

    `dotted` names the relations with a dot in their name that the statement may mean.
    """

    namespace: str
    name: str
    columns: tuple[Column, ...]
    sql: str
    dotted: tuple[str, ...] = ()


Item = Database | Table | View
