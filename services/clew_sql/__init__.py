"""Column lineage from SQL. Pure: text and a schema in, facts out; imports nothing else of ours.

Read it in the order a statement takes:

    templates    Jinja left in the text -> plain SQL
    blocks       procedural SQL -> the plain statements in it
    parse        text -> syntax trees, one a statement (sqlglot's parser)
    names        which spellings are the same name
    catalog      which dataset a name stands for, and its columns
    statements   what is written, and how a query's columns map to it
    changes      UPDATE, MERGE, DELETE, upserts
    objects      tables as a whole: COPY, CLONE, RENAME, SWAP, DROP
    routines     bodies of procedures given as strings
    reading      what all of these share: target, query, answer
    queries      WITH, SELECT, set operations -> a relation
    sources      FROM -> the places that names refer to
    generators   UNNEST, EXPLODE, FLATTEN, table functions -> rows
    pivots       PIVOT, UNPIVOT
    projection   the SELECT list -> columns
    scope        a name -> what it is made of
    expressions  an expression -> what it is made of, one walk
    paths        fields within structs and JSON
    structs      fields of a struct by its type
    flow         how that composes and merges
    lineage      the answer
    mentions     the tables that a text names, where it does not parse

Beside that:

    canonical    a statement -> its canonical form: equal forms, equal meaning (with canonical_*)
    scripts      a script -> its statements as text; what a migration does to tables and columns
"""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from clew_sql.errors import SeveralStatements, SqlError
from clew_sql.lineage import (
    CERTAIN,
    GUESS,
    ONLY_CHOICE,
    Influence,
    Lineage,
    OutputColumn,
    Source,
    Subtype,
    Transformation,
    Unresolved,
)
from clew_sql.mentions import tables_mentioned as _mentioned
from clew_sql.parse import dialect_named, script_trees, trees
from clew_sql.statements import Reader, Surroundings
from clew_sql.templates import render

__all__ = [
    "CERTAIN",
    "GUESS",
    "ONLY_CHOICE",
    "Influence",
    "Lineage",
    "OutputColumn",
    "SeveralStatements",
    "Source",
    "SqlError",
    "Subtype",
    "Transformation",
    "Unresolved",
    "column_lineage",
    "reading_version",
    "script_lineage",
    "tables_mentioned",
]


def column_lineage(
    sql: str,
    dialect: str,
    schema: Mapping[str, Mapping[str, str]],
    default_db: str | None = None,
    default_schema: str | None = None,
    bindings: Mapping[str, str] | None = None,
) -> Lineage:
    """The lineage of one statement.

    `schema` is {table: {column: type}} with tables spelt `db.schema.table`, `schema.table` or `table`; it is asked for
    the tables that the statement names. `bindings` is {name in the SQL, of a table, file or CTE: dataset}: such a name
    stands for the dataset, and a CTE so named is not looked into.

    Raises `SqlError` if the text does not parse, `SeveralStatements` if it is more than one statement. Everything else
    that cannot be said is in `unresolved` of the answer.
    """
    parsed = dialect_named(dialect)
    rendered = render(sql)
    found = list(trees(rendered.sql, parsed))
    failure = next((tree for tree in found if isinstance(tree, SqlError)), None)
    if failure is not None:
        raise failure
    if len(found) > 1:
        raise SeveralStatements(f"expected one statement, found {len(found)}", hint="script_lineage reads several")
    if not found:
        raise SqlError("expected one statement, found 0")
    around = Surroundings(schema, default_db, default_schema, bindings)
    return Reader(parsed, dialect, around, rendered.guessed).lineage(found[0])


def script_lineage(
    sql: str,
    dialect: str,
    schema: Mapping[str, Mapping[str, str]],
    default_db: str | None = None,
    default_schema: str | None = None,
    bindings: Mapping[str, str] | None = None,
) -> Iterator[Lineage]:
    """The lineage of each statement in order, arguments as for `column_lineage`.

    Columns of a table or view that one statement makes are known to the later ones, under the new name after a RENAME
    or SWAP; a temporary table is read through to what it was made of. A statement that writes several tables comes as
    one `Lineage` for each, a routine as one for each statement of its body. A statement that does not parse comes as a
    `Lineage` with `parse_error` in `unresolved`.
    """
    parsed = dialect_named(dialect)
    rendered = render(sql)
    around = Surroundings(schema, default_db, default_schema, bindings)
    reader = Reader(parsed, dialect, around, rendered.guessed)
    for tree in script_trees(rendered.sql, parsed):
        yield from reader.lineages(tree)


def tables_mentioned(sql: str, dialect: str) -> tuple[str, ...]:
    """The names that stand where tables do, by the words alone, as written: for text that does not parse.

    CTEs are among them, and not every table need be. At most 200. Raises `SqlError` for an unknown dialect only.
    """
    return _mentioned(render(sql).sql, dialect_named(dialect))


@cache
def reading_version() -> int:
    """A number below 2^48 that changes when this package or sqlglot does, and with them what SQL may be read to say."""
    digest = sha256(f"sqlglot {version('sqlglot')}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:6])
