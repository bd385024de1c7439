"""What is read from a DuckDB database, as plain data. Names are DuckDB's own, not escaped.

A schema is named by its path, since a schema may hold schemas (DuckDB 2): `("marts",)`, `("eu", "marts")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Database:
    """The database, under the name it attaches as: the stem of its file."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema of the database."""

    namespace: str
    database: str
    path: tuple[str, ...]
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column, with its type as DuckDB spells it."""

    name: str
    type: str
    nullable: bool
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to columns of another table, which DuckDB wants in the same schema."""

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `rows` is exact, as of `measured`: the time of the last write to the file, in UTC."""

    namespace: str
    database: str
    schema: tuple[str, ...]
    name: str
    comment: str | None
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    rows: int
    measured: datetime


@dataclass(frozen=True, slots=True)
class View:
    """A view, with the statement that DuckDB keeps for it.

    DuckDB looks for a name without a schema in the view's own schema, then in `main`; `from_main` names the
    relations of `main` that such a name can mean here, because the view's own schema has none of that name.
    """

    namespace: str
    database: str
    schema: tuple[str, ...]
    name: str
    comment: str | None
    columns: tuple[Column, ...]
    sql: str
    from_main: tuple[str, ...]


Item = Database | Schema | Table | View
