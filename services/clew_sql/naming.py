"""The name a platform gives to an output column that the SQL leaves unnamed.

PostgreSQL's rule is `FigureColname` in its `parse_target.c`. DuckDB prints the expression back, and so do we, for the
common shapes; where its printing is finer than ours the name differs from DuckDB's, the position never does.
"""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

POSTGRES_LIKE: Final = frozenset({"postgres", "redshift"})
NO_NAME: Final = "?column?"
TYPES: Final = {"INT": "INTEGER", "TEXT": "VARCHAR"}
"""Types that DuckDB prints otherwise than sqlglot does."""


def unnamed(expression: exp.Expr, dialect: str) -> str:
    """The name for an expression without alias that is no plain column."""
    if dialect in POSTGRES_LIKE:
        return _postgres(expression) or NO_NAME
    if dialect == "duckdb":
        return _duckdb(expression)
    return expression.sql(dialect=dialect, comments=False)


def _postgres(node: exp.Expr) -> str:
    """PostgreSQL's name, empty if it would be the anonymous one."""
    if isinstance(node, (exp.Paren, exp.Filter, exp.WithinGroup, exp.Window, exp.IgnoreNulls, exp.Collate)):
        return _postgres(node.this)
    if isinstance(node, (exp.Column, exp.Dot)):
        return node.name
    if isinstance(node, exp.Cast):
        return _postgres(node.this) or node.to.sql("postgres").lower().split("(")[0]
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        return (_postgres(default) if isinstance(default, (exp.Column, exp.Cast)) else "") or "case"
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
        first = node.this.selects[0] if node.this.selects else node
        return first.alias if isinstance(first, exp.Alias) else _postgres(first) if first is not node else ""
    return _function_name(node, "postgres").lower() if isinstance(node, exp.Func) else ""


def _function_name(node: exp.Expr, dialect: str) -> str:
    text = node.sql(dialect=dialect, comments=False)
    head = text.split("(", 1)[0].split("[", 1)[0]
    return head if head.replace("_", "").replace(".", "").isalnum() else ""


def _duckdb(node: exp.Expr) -> str:
    for kind, printer in PRINTERS:
        if isinstance(node, kind):
            return printer(node)
    return node.sql(dialect="duckdb", comments=False)


def _call(node: exp.Expr) -> str:
    """`lower(a)`, arguments printed in turn; what DuckDB does not write as a call stays as it is."""
    text = node.sql(dialect="duckdb", comments=False)
    name = _function_name(node, "duckdb")
    arguments = list(node.iter_expressions())
    if not name or not text.endswith(")"):
        return text
    if f"{name}({', '.join(a.sql(dialect='duckdb', comments=False) for a in arguments)})" != text:
        return name.lower() + text[len(name) :]
    return f"{name.lower()}({', '.join(map(_duckdb, arguments))})"


def _count(node: exp.Expr) -> str:
    return "count_star()" if node.this is None or isinstance(node.this, exp.Star) else _call(node)


def _binary(node: exp.Expr) -> str:
    assert isinstance(node, exp.Binary)
    left, right = node.left, node.right
    text = node.sql(dialect="duckdb", comments=False)
    before, after = left.sql(dialect="duckdb", comments=False), right.sql(dialect="duckdb", comments=False)
    if not (text.startswith(before) and text.endswith(after)):
        return text
    return f"({_duckdb(left)}{text[len(before) : len(text) - len(after)]}{_duckdb(right)})"


def _not(node: exp.Expr) -> str:
    inner = node.this
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        return f"({_duckdb(inner.this)} IS NOT NULL)"
    return f"(NOT {_duckdb(inner)})"


def _cast(node: exp.Expr) -> str:
    kind = str(node.args["to"].sql(dialect="duckdb"))
    return f"CAST({_duckdb(node.this)} AS {TYPES.get(kind, kind)})"


def _over(node: exp.Expr) -> str:
    text, function = (n.sql(dialect="duckdb", comments=False) for n in (node, node.this))
    return _duckdb(node.this) + text[len(function) :] if text.startswith(function) else text


def _inner(node: exp.Expr) -> str:
    return _duckdb(node.this)


PRINTERS: Final[tuple[tuple[type[exp.Expr], Callable[[exp.Expr], str]], ...]] = (
    (exp.Paren, _inner),
    (exp.Window, _over),
    (exp.Count, _count),
    (exp.TryCast, lambda node: node.sql(dialect="duckdb", comments=False)),
    (exp.Cast, _cast),
    (exp.Not, _not),
    (exp.Neg, lambda node: f"(-({_duckdb(node.this)}))"),
    (exp.Dot, lambda node: node.sql(dialect="duckdb", comments=False)),
    (exp.Func, _call),
    (exp.Binary, _binary),
)
"""First match wins; what is not listed is printed by sqlglot."""
