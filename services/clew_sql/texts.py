"""What is asked of a text of SQL: its lineage, or the tables that it names."""

from collections.abc import Iterator, Mapping

from clew_sql.lineage import Lineage
from clew_sql.mentions import tables_mentioned as _mentioned
from clew_sql.parse import dialect_named, one_statement, script_trees
from clew_sql.statements import Reader, Surroundings
from clew_sql.templates import render


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
    statement = one_statement(rendered.sql, parsed, hint="script_lineage reads several")
    around = Surroundings(schema, default_db, default_schema, bindings)
    return Reader(parsed, dialect, around, rendered.guessed).lineage(statement)


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
