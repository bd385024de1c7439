"""The canonical form of a statement: two statements with equal forms mean the same. The reverse is not claimed.

What makes no difference to the form, each a proof and no guess:

- layout, comments, upper and lower case of keywords, brackets that bind what is bound anyway;
- names of tables with or without what the defaults fill in, columns with or without their table, where the schema or
  a single source leaves no doubt; names of table aliases and CTEs; a CTE or the same query in its place;
- `*` or the columns that a known schema lists for it, EXCLUDE, REPLACE and RENAME included;
- the order of AND, OR, the sides of `=` and `<>`, `a > b` or `b < a`, BETWEEN or two comparisons, lists behind IN;
- the order of sources that only inner joins connect, ON or WHERE there; one RIGHT JOIN or the LEFT JOIN it is;
- positions, aliases or expressions in GROUP BY and ORDER BY; the order of GROUP BY and PARTITION BY;
- a named window or what it stands for; CASE with a value or with conditions; `ELSE NULL`; `count(1)`.

What may choose among equals (LIMIT, windows, functions that nobody knows) keeps rows where they are. Names of the
result are part of the form, since whoever reads it names them.

    canonical_scope         what a name may mean at a place
    canonical_expressions   rules for expressions
    canonical_queries       rules for queries
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from clew_sql.canonical_expressions import Expressions
from clew_sql.canonical_queries import Queries
from clew_sql.canonical_scope import Shape
from clew_sql.catalog import Catalog, Schema
from clew_sql.effort import Effort, TooMuch
from clew_sql.errors import SqlError
from clew_sql.gaps import Gaps
from clew_sql.names import Names
from clew_sql.parse import Routine, Statement, dialect_named, one_statement, tokens_of

NAMED_ALIKE: Final = frozenset({"duckdb", "postgres", "redshift", "bigquery", "trino", "presto", "tsql"})
"""Dialects that name a nameless expression by what it is, or not at all; others take its text, blanks included."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the result: its name, the form of its value, its type where that is plain to see, else ""."""

    name: str
    form: str
    type: str


@dataclass(frozen=True, slots=True)
class Canonical:
    """What a statement means. `text` is equal for two statements only if they mean the same.

    `columns` are told apart where each is a value of its own over the rows that `frame` says, else None. `resolved`:
    every name in it is known to be a certain column of a certain table. `kind` as in `Lineage`.
    """

    text: str
    frame: str
    columns: tuple[Column, ...] | None
    resolved: bool


def canonical(
    sql: str,
    dialect: str,
    schema: Schema,
    default_db: str | None = None,
    default_schema: str | None = None,
    bindings: Mapping[str, str] | None = None,
    *,
    renamed: Mapping[str, Mapping[str, str]] | None = None,
    moved: Mapping[str, str] | None = None,
) -> Canonical:
    """Return the canonical form of one statement; the first six arguments as for `column_lineage`.

    With `renamed`, {dataset: {column: new name}}, and `moved`, {dataset: new name}, the statement is read as if stored
    columns and tables were called so. Templates are not rendered. Raises `SqlError` for text that does not parse, is
    not one statement, is nested too deeply, or stands for too much.
    """
    parsed = dialect_named(dialect)
    statement = one_statement(sql, parsed)
    names = Names(parsed, dialect.split(",")[0].strip().lower())
    renames, moves = renamed or {}, moved or {}
    effort = Effort()
    expressions = Expressions(names, effort, lambda table, column: renames.get(table, {}).get(column, column))
    catalog = Catalog(names, Gaps(), effort, schema, default_db, default_schema, bindings)
    expressions.queries = queries = Queries(names, catalog, expressions, moves)
    try:
        return _written(statement, queries, expressions, sql, names.dialect)
    except RecursionError as error:
        raise SqlError("nested too deeply to be compared", hint="split it, for instance into CTEs") from error
    except TooMuch as error:
        raise SqlError(f"too much to be compared: {error}", hint="split it, for instance into views") from error


def same_words(old: str, new: str, dialect: str) -> bool:
    """Whether two texts differ in layout and comments only. Templates in them must be the same to the letter.

    Raises `SqlError` for text that cannot be cut into words.
    """
    parsed = dialect_named(dialect)
    return _words(old, parsed) == _words(new, parsed)


def _words(text: str, dialect: object) -> list[tuple[str, str]]:
    if "{" in text:
        # a template may be anywhere, in a comment too: only blanks at the end of lines are known to say nothing
        return [("", line.rstrip()) for line in text.strip().splitlines() if line.strip()]
    return [(str(token.token_type), token.text) for token in tokens_of(text, dialect)]  # type: ignore[arg-type]


def _written(tree: Statement, queries: Queries, expressions: Expressions, sql: str, dialect: str) -> Canonical:
    if isinstance(tree, Routine | SqlError) or tree.find(exp.Command) is not None:
        words = "\0".join(token.text for token in tokens_of(sql, dialect_named(dialect)))
        text = f"words {hashlib.sha256(words.encode('utf-8', 'surrogatepass')).hexdigest()}"
        return Canonical(text, text, None, False)
    if isinstance(tree, exp.Query):
        return _of_query(tree, "", queries.query(tree, None, {}), queries, expressions, sql, dialect)
    query = tree.args.get("expression")
    if isinstance(tree, exp.Create) and isinstance(query, exp.Query) and not tree.args.get("with_"):
        others = {key: value for key, value in tree.args.items() if key != "expression"}
        made = f"CREATE{expressions._args(others, None)} AS "
        return _of_query(tree, made, queries.query(query, None, {}), queries, expressions, sql, dialect)
    text = expressions._plain(tree, None)
    return Canonical(text, text, None, False)


def _nameless(tree: exp.Expr, shape: Shape) -> bool:
    """Whether a column of the result may have no name but what an engine makes of its text."""
    if shape.columns is not None:
        return any(each.name.startswith("\0") for each in shape.columns)
    named = (exp.Alias, exp.Column, exp.Star)
    return any(not isinstance(each, named) for select in tree.find_all(exp.Select) for each in select.expressions)


def _of_query(
    tree: exp.Expr, made: str, shape: Shape, queries: Queries, expressions: Expressions, sql: str, dialect: str
) -> Canonical:
    text = made + shape.whole + "".join(f" unread {each}" for each in queries.unread)
    if _nameless(tree, shape) and dialect not in NAMED_ALIKE:
        text += " of " + hashlib.sha256(sql.strip().encode("utf-8", "surrogatepass")).hexdigest()
    columns = None
    if shape.columns is not None:
        columns = tuple(Column(each.name.removeprefix("\0"), each.form, each.kind) for each in shape.columns)
    return Canonical(text, made + shape.frame, columns, not expressions.loose)
