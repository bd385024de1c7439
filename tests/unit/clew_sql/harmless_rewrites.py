"""Rewrites that change nothing of what a query gives: the way people tidy SQL up. DuckDB says whether they do.

The first half is what `clew_sql.canonical` claims to see through; the second half is equally harmless, and proved by
nothing here.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

SCHEMA = {
    "t": {"i": "INTEGER", "k": "INTEGER", "a": "INTEGER", "b": "INTEGER", "c": "VARCHAR"},
    "u": {"i": "INTEGER", "x": "INTEGER", "y": "VARCHAR"},
    "v": {"y": "VARCHAR", "z": "INTEGER"},
}

QUERIES = [
    "SELECT a, b FROM t WHERE a > 1 AND b <= 4",
    "SELECT i, a + b AS s, c AS label FROM t WHERE c = 'x' OR a BETWEEN 1 AND 3",
    "SELECT k, sum(a) AS total, count(*) AS n FROM t WHERE b >= 1 GROUP BY k",
    "SELECT k, c, max(b) AS top FROM t GROUP BY k, c HAVING max(b) > 2 AND count(*) >= 1",
    "SELECT t.a, u.x FROM t JOIN u ON t.i = u.i WHERE u.x > 1",
    "SELECT t.k, sum(u.x) AS total FROM t JOIN u ON t.i = u.i AND t.a < u.x GROUP BY t.k",
    "SELECT t.a, u.x, v.z FROM t JOIN u ON t.i = u.i JOIN v ON u.y = v.y WHERE t.b <> 2",
    "SELECT t.i, u.x FROM t LEFT JOIN u ON t.i = u.i AND u.x > 2 WHERE t.a IS NOT NULL",
    "SELECT CASE WHEN a = 1 THEN 'one' WHEN a = 2 THEN 'two' ELSE 'many' END AS word, b FROM t",
    "SELECT CASE k WHEN 1 THEN b WHEN 2 THEN a END AS picked FROM t WHERE k IN (1, 2, 3)",
    "SELECT a FROM t WHERE i IN (SELECT i FROM u WHERE x > 1) AND b > 0",
    "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.i = t.i AND u.x > 1)",
    "WITH big AS (SELECT i, a, b FROM t WHERE a > 1) SELECT big.a, u.x FROM big JOIN u ON big.i = u.i",
    "WITH sums AS (SELECT k, sum(a) AS s FROM t GROUP BY k) SELECT k, s FROM sums WHERE s > 3",
    "SELECT k, a, row_number() OVER (PARTITION BY k, c ORDER BY i, a, b) AS r FROM t",
    "SELECT k, sum(b) OVER (PARTITION BY k) AS s FROM t WHERE a < 4",
    "SELECT DISTINCT k, c FROM t WHERE a >= 1",
    "SELECT a AS n FROM t WHERE k = 1 UNION ALL SELECT x AS n FROM u WHERE x > 2",
    "SELECT coalesce(a, 0) AS a0, abs(b) AS b0 FROM t WHERE NOT (a = 3)",
    "SELECT i, a FROM t WHERE a > 1 ORDER BY i, a, b",
    "SELECT k, a + b * 2 AS v, coalesce(c, 'none') AS w FROM t WHERE a IN (1, 2) OR b IN (3, 4)",
    "SELECT u.y, count(*) AS n FROM u LEFT JOIN v ON u.y = v.y WHERE u.x >= 1 GROUP BY u.y",
]

Rewrite = Callable[[str], "str | None"]
"""The same query written differently, None where the rewrite says nothing of it."""


def _tree(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, read="duckdb")


def _written(tree: exp.Expr, before: str) -> str | None:
    said = tree.sql(dialect="duckdb")
    return said if said != _tree(before).sql(dialect="duckdb") else None


def _each(
    sql: str, kind: type[exp.Expr] | tuple[type[exp.Expr], ...], change: Callable[[exp.Expr], exp.Expr]
) -> str | None:
    tree = _tree(sql)
    for node in list(tree.find_all(kind)):
        made = change(node)
        if made is not node and node is not tree:
            node.replace(made)
    return _written(tree, sql)


def pretty(sql: str) -> str:
    return "-- tidied\n" + _tree(sql).sql(dialect="duckdb", pretty=True) + "\n-- the end"


def shouted(sql: str) -> str:
    words = {"SELECT", "FROM", "WHERE", "AND", "OR", "JOIN", "ON", "GROUP", "BY", "AS", "LEFT", "ORDER", "IN", "WITH"}
    return " ".join(word.lower() if word in words else word for word in sql.split(" "))


def bracketed(sql: str) -> str | None:
    return _each(sql, (exp.EQ, exp.GT, exp.LT, exp.GTE, exp.LTE, exp.NEQ), lambda node: exp.paren(node.copy()))


def other_aliases(sql: str) -> str | None:
    tree = _tree(sql)
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if not table.alias and table.name not in ctes:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(f"the_{table.name}")))
    for column in tree.find_all(exp.Column):
        if column.table and column.table not in ctes:
            column.set("table", exp.to_identifier(f"the_{column.table}"))
    return _written(tree, sql)


def qualified(sql: str) -> str | None:
    schema = {"d": {"main": SCHEMA}}
    made = qualify(_tree(sql), dialect="duckdb", schema=schema, db="main", catalog="d", quote_identifiers=False)
    return _written(made, sql)


def within_a_cte(sql: str) -> str | None:
    return (
        None
        if "ORDER BY i" in sql or sql.startswith("WITH")
        else f"WITH inner_query AS ({sql}) SELECT * FROM inner_query"
    )


def without_ctes(sql: str) -> str | None:
    tree = _tree(sql)
    clause = tree.args.get("with_")
    if clause is None:
        return None
    bodies = {cte.alias: cte.this for cte in clause.expressions}
    tree.set("with_", None)
    for table in list(tree.find_all(exp.Table)):
        if table.name in bodies:
            table.replace(
                exp.Subquery(this=bodies[table.name].copy(), alias=exp.TableAlias(this=exp.to_identifier(table.name)))
            )
    return _written(tree, sql)


def other_order_of_conditions(sql: str) -> str | None:
    return _each(
        sql, (exp.And, exp.Or), lambda node: type(node)(this=node.expression.copy(), expression=node.this.copy())
    )


def other_sides(sql: str) -> str | None:
    return _each(
        sql, (exp.EQ, exp.NEQ), lambda node: type(node)(this=node.expression.copy(), expression=node.this.copy())
    )


def flipped(sql: str) -> str | None:
    other = {exp.GT: exp.LT, exp.LT: exp.GT, exp.GTE: exp.LTE, exp.LTE: exp.GTE}
    return _each(
        sql, tuple(other), lambda node: other[type(node)](this=node.expression.copy(), expression=node.this.copy())
    )


def other_order_of_joins(sql: str) -> str | None:
    tree = _tree(sql)
    joins = tree.args.get("joins") or []
    if len(joins) != 1 or joins[0].args.get("side"):
        return None
    start = tree.args["from_"]
    first, second = start.this.copy(), joins[0].this.copy()
    start.set("this", second)
    joins[0].set("this", first)
    return _written(tree, sql)


def conditions_in_where(sql: str) -> str | None:
    tree = _tree(sql)
    joins = tree.args.get("joins") or []
    if not joins or any(join.args.get("side") for join in joins):
        return None
    moved = [join.args["on"].copy() for join in joins]
    for join in joins:
        join.set("on", None)
        join.set("kind", "CROSS")
    assert isinstance(tree, exp.Select)
    return _written(tree.where(*moved, copy=False), sql)


def turned_outer_join(sql: str) -> str | None:
    tree = _tree(sql)
    joins = tree.args.get("joins") or []
    if len(joins) != 1 or joins[0].args.get("side") != "LEFT":
        return None
    start = tree.args["from_"]
    first, second = start.this.copy(), joins[0].this.copy()
    start.set("this", second)
    joins[0].set("this", first)
    joins[0].set("side", "RIGHT")
    return _written(tree, sql)


def two_comparisons(sql: str) -> str | None:
    def split(node: exp.Expr) -> exp.Expr:
        low, high = node.args["low"].copy(), node.args["high"].copy()
        return exp.paren(
            exp.and_(exp.GTE(this=node.this.copy(), expression=low), exp.LTE(this=node.this.copy(), expression=high))
        )

    return _each(sql, exp.Between, split)


def negated(sql: str) -> str | None:
    return _each(
        sql,
        exp.NEQ,
        lambda node: exp.Not(this=exp.paren(exp.EQ(this=node.this.copy(), expression=node.expression.copy()))),
    )


def searched_case(sql: str) -> str | None:
    def searched(node: exp.Expr) -> exp.Expr:
        value = node.args.get("this")
        if value is None:
            return node
        ifs = [
            exp.If(this=exp.EQ(this=value.copy(), expression=each.this.copy()), true=each.args["true"].copy())
            for each in node.args["ifs"]
        ]
        return exp.Case(ifs=ifs, default=node.args.get("default") or exp.Null())

    return _each(sql, exp.Case, searched)


def by_position(sql: str) -> str | None:
    tree = _tree(sql)
    group = tree.args.get("group")
    if group is None:
        return None
    said = [each.unalias().sql() for each in tree.selects]
    group.set("expressions", [exp.Literal.number(said.index(each.sql()) + 1) for each in group.expressions])
    return _written(tree, sql)


def other_order_of_keys(sql: str) -> str | None:
    tree = _tree(sql)
    for node in tree.find_all(exp.Group):
        node.set("expressions", list(reversed(node.expressions)))
    for node in tree.find_all(exp.Window):
        node.set("partition_by", list(reversed(node.args.get("partition_by") or [])))
    return _written(tree, sql)


def named_window(sql: str) -> str | None:
    tree = _tree(sql)
    window = tree.find(exp.Window)
    if window is None:
        return None
    definition = {key: value for key, value in window.args.items() if key in ("partition_by", "order", "spec")}
    tree.set(
        "windows", [exp.Window(this=exp.to_identifier("w"), **{key: _copied(each) for key, each in definition.items()})]
    )
    window.replace(exp.Window(this=window.this.copy(), alias=exp.to_identifier("w"), over="OVER"))
    return _written(tree, sql)


def _copied(value: object) -> object:
    if isinstance(value, list):
        return [each.copy() for each in value]
    return value.copy() if isinstance(value, exp.Expr) else value


def other_list(sql: str) -> str | None:
    def turned(node: exp.Expr) -> exp.Expr:
        if node.expressions:
            node.set("expressions", list(reversed(node.expressions)))
        return node

    return _each(sql, exp.In, turned)


def counted_ones(sql: str) -> str | None:
    return _each(sql, exp.Count, lambda node: exp.Count(this=exp.Literal.number(1)))


def sum_turned(sql: str) -> str | None:
    return _each(sql, exp.Add, lambda node: exp.Add(this=node.expression.copy(), expression=node.this.copy()))


def listed_as_or(sql: str) -> str | None:
    def either(node: exp.Expr) -> exp.Expr:
        if not node.expressions:
            return node
        return exp.paren(exp.or_(*[exp.EQ(this=node.this.copy(), expression=each.copy()) for each in node.expressions]))

    return _each(sql, exp.In, either)


def grouped_for_distinct(sql: str) -> str | None:
    tree = _tree(sql)
    if not isinstance(tree, exp.Select) or tree.args.get("distinct") is None:
        return None
    tree.set("distinct", None)
    tree.set("group", exp.Group(expressions=[each.copy() for each in tree.selects]))
    return _written(tree, sql)


def turned_union(sql: str) -> str | None:
    tree = _tree(sql)
    if not isinstance(tree, exp.Union):
        return None
    return _written(exp.Union(this=tree.expression.copy(), expression=tree.this.copy(), distinct=False), sql)


def filtered_within(sql: str) -> str | None:
    tree = _tree(sql)
    where = tree.args.get("where")
    if where is None or tree.args.get("joins") or tree.args.get("with_") or where.find(exp.Query):
        return None
    start = tree.args["from_"]
    inner = exp.select("*").from_(start.this.copy()).where(where.this.copy())
    tree.set("where", None)
    start.set("this", exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(start.this.name))))
    return _written(tree, sql)


def conditions_twice_denied(sql: str) -> str | None:
    return _each(
        sql, exp.Where, lambda node: exp.Where(this=exp.Not(this=exp.paren(exp.Not(this=exp.paren(node.this.copy())))))
    )


def exists_for_in(sql: str) -> str | None:
    if "IN (SELECT i FROM u" not in sql:
        return None
    return sql.replace("i IN (SELECT i FROM u WHERE x > 1)", "EXISTS (SELECT 1 FROM u WHERE u.i = t.i AND x > 1)")


def case_for_coalesce(sql: str) -> str | None:
    def branches(node: exp.Expr) -> exp.Expr:
        present = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
        return exp.Case(ifs=[exp.If(this=present, true=node.this.copy())], default=node.expressions[0].copy())

    return _each(sql, exp.Coalesce, branches)


SEEN_THROUGH: tuple[Rewrite, ...] = (
    pretty, shouted, bracketed, other_aliases, qualified, within_a_cte, without_ctes, other_order_of_conditions,
    other_sides, flipped, other_order_of_joins, conditions_in_where, turned_outer_join, two_comparisons, negated,
    searched_case, by_position, other_order_of_keys, named_window, other_list, counted_ones,
)  # fmt: skip
NOT_SEEN_THROUGH: tuple[Rewrite, ...] = (
    sum_turned, listed_as_or, grouped_for_distinct, turned_union, filtered_within, conditions_twice_denied,
    exists_for_in, case_for_coalesce,
)  # fmt: skip
