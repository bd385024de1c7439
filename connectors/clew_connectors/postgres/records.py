"""What is read from a PostgreSQL database, as plain data. Names are PostgreSQL's own, not escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Facts = tuple[tuple[str, str | int | bool], ...]
"""Further facts about a thing by name, in order."""


@dataclass(frozen=True, slots=True)
class Database:
    """The database itself."""

    namespace: str
    name: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class Role:
    """Who owns something; who can log in is taken for a person, any other role for a group."""

    name: str
    logs_in: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema of the database."""

    namespace: str
    database: str
    name: str
    comment: str | None
    owner: Role | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view by name."""

    namespace: str
    database: str
    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with its type as PostgreSQL spells it; `facts` are default, identity and generation."""

    name: str
    type: str
    nullable: bool
    comment: str | None
    facts: Facts = ()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to columns of another table."""

    columns: tuple[str, ...]
    table: Relation
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a table as the last ANALYZE or VACUUM left it, at `time`: rows are an estimate, bytes without indexes."""

    rows: int | None
    bytes: int
    time: datetime


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What ANALYZE found in a sample of a column, at `time`; `frequent` stays empty unless values are asked for."""

    column: str
    null_share: float
    distinct: float | None
    width: int
    frequent: tuple[str, ...]
    time: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a table was read and written since `since`, at a time that the server's own statistics give."""

    since: datetime | None
    reads: int
    writes: int
    last_read: datetime | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL text. `schema` completes names without one; `bindings` are names that only a lookup by hand can tell."""

    text: str
    schema: str
    bindings: tuple[tuple[str, Relation], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view of any sort, in PostgreSQL's word for it (`subtype`); `sql` is a view's definition.

    A partition that is told apart from its table names it in `partition_of`, with the columns they share.
    """

    relation: Relation
    subtype: str
    comment: str | None
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    facts: Facts
    owner: Role | None
    sql: Sql | None
    partition_of: Relation | None
    size: Size | None
    statistics: tuple[ColumnStatistics, ...]
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Routine:
    """A function or procedure: `signature` is its name with the types of its arguments, which tells overloads apart.

    `body` is its text in `language`; where that is SQL, `sql` is what it runs.
    """

    relation: Relation
    signature: str
    subtype: str
    language: str
    comment: str | None
    returns: str | None
    owner: Role | None
    body: str
    sql: Sql | None


Item = Database | Schema | Table | Routine
