"""Changes of SQL that change what it means: a comparison's edge, a join's kind, a constant, the branches of a CASE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp


@dataclass(frozen=True)
class Mutant:
    kind: str
    sql: str


Change = Callable[[exp.Expr], "exp.Expr | None"]
"""What a node becomes, None where the change says nothing of it. The node may be changed in place."""

EDGES = {exp.LT: exp.LTE, exp.LTE: exp.LT, exp.GT: exp.GTE, exp.GTE: exp.GT}
AGGREGATES = {exp.Sum: exp.Max, exp.Max: exp.Min, exp.Min: exp.Max, exp.Avg: exp.Sum}


def _edge(node: exp.Expr) -> exp.Expr | None:
    other = EDGES.get(type(node))
    return other(this=node.this, expression=node.expression) if other else None


def _equality(node: exp.Expr) -> exp.Expr | None:
    return exp.NEQ(this=node.this, expression=node.expression) if type(node) is exp.EQ else None


def _join(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Join) or node.args.get("kind") in ("CROSS", "SEMI", "ANTI") or node.args.get("method"):
        return None
    if not node.args.get("on") and not node.args.get("using"):
        return None
    node.set("side", None if node.args.get("side") == "LEFT" else "LEFT")
    node.set("kind", None)
    return node


def _distinct(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Select) or node.args.get("distinct") is None:
        return None
    node.set("distinct", None)
    return node


def _distinct_count(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Count) or not isinstance(node.this, exp.Distinct) or len(node.this.expressions) != 1:
        return None
    node.set("this", node.this.expressions[0])
    return node


def _constant(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Literal) or isinstance(node.parent, exp.Count | exp.DataTypeParam):
        return None
    if node.find_ancestor(exp.Exists) or isinstance(node.parent, exp.JSONPathKey | exp.Interval):
        return None
    if node.is_string:
        return exp.Literal.string(f"{node.this}x")
    if isinstance(node.parent, exp.Ordered | exp.Group) or not str(node.this).isdigit():
        return None
    return exp.Literal.number(int(node.this) + 1)


def _branches(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Case):
        return None
    ends = [each.args["true"] for each in node.args["ifs"]]
    last = node.args.get("default")
    if len(ends) > 1 and ends[0] != ends[1]:
        first, second = node.args["ifs"][:2]
        one, other = ends[0].copy(), ends[1].copy()
        first.set("true", other)
        second.set("true", one)
        return node
    if last is None or last == ends[0] or isinstance(last, exp.Null):
        return None
    one, other = ends[0].copy(), last.copy()
    node.args["ifs"][0].set("true", other)
    node.set("default", one)
    return node


def _connective(node: exp.Expr) -> exp.Expr | None:
    if type(node) is exp.And and node.this != node.expression:
        return exp.Or(this=node.this, expression=node.expression)
    return exp.And(this=node.this, expression=node.expression) if type(node) is exp.Or else None


def _arithmetic(node: exp.Expr) -> exp.Expr | None:
    other = {exp.Add: exp.Sub, exp.Sub: exp.Add, exp.Mul: exp.Add}.get(type(node))
    return other(this=node.this, expression=node.expression) if other else None


def _aggregate(node: exp.Expr) -> exp.Expr | None:
    other = AGGREGATES.get(type(node))
    return other(this=node.this) if other and not node.args.get("expressions") else None


def _rows_counted(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Count) or not isinstance(node.this, exp.Column):
        return None
    node.set("this", exp.Star())
    return node


def _union(node: exp.Expr) -> exp.Expr | None:
    if type(node) is not exp.Union:
        return None
    node.set("distinct", not node.args.get("distinct"))
    return node


def _conjunct(node: exp.Expr) -> exp.Expr | None:
    return node.this if type(node) is exp.And and node.this != node.expression else None


def _condition(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Select) or node.args.get("where") is None:
        return None
    node.set("where", None)
    return node


def _presence(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Is) or isinstance(node.parent, exp.Not):
        return None
    return exp.Not(this=node.copy())


def _direction(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Ordered):
        return None
    node.set("desc", not node.args.get("desc"))
    return node


def _grouping(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Group) or len(node.expressions) < 2:
        return None
    node.set("expressions", node.expressions[:-1])
    return node


def _partition(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Window) or not node.args.get("partition_by"):
        return None
    node.set("partition_by", node.args["partition_by"][1:])
    return node


def _default(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Coalesce) or len(node.expressions) != 1:
        return None
    return node.expressions[0]


def _column(node: exp.Expr) -> exp.Expr | None:
    """Another column of the same query in the place of this one."""
    if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier) or node.find_ancestor(exp.Star):
        return None
    select = node.find_ancestor(exp.Select)
    if select is None or isinstance(node.parent, exp.Select):
        return None
    if node.find_ancestor(exp.Order) and any(each.alias == node.name for each in select.selects):
        return None  # ORDER BY means the output there, which may be the other column under this name
    names = sorted({each.name for each in select.find_all(exp.Column) if isinstance(each.this, exp.Identifier)})
    others = [name for name in names if name.lower() != node.name.lower()]
    if not others:
        return None
    node.this.set("this", others[0])
    return node


CHANGES: dict[str, Change] = {
    "edge": _edge,
    "equality": _equality,
    "join": _join,
    "distinct": _distinct,
    "distinct count": _distinct_count,
    "constant": _constant,
    "branches": _branches,
    "connective": _connective,
    "arithmetic": _arithmetic,
    "aggregate": _aggregate,
    "rows counted": _rows_counted,
    "union": _union,
    "conjunct": _conjunct,
    "condition": _condition,
    "presence": _presence,
    "direction": _direction,
    "grouping": _grouping,
    "partition": _partition,
    "default": _default,
    "column": _column,
}


def mutants(sql: str, dialect: str) -> Iterator[Mutant]:
    """Yield every mutant of a statement, one change each."""
    before = sqlglot.parse_one(sql, read=dialect)
    said = before.sql(dialect=dialect)
    count = sum(1 for _ in before.walk())
    for kind, change in CHANGES.items():
        for at in range(count):
            tree = before.copy()
            node = next(node for number, node in enumerate(tree.walk()) if number == at)
            if _unused(node):
                continue
            made = change(node)
            if made is None:
                continue
            if made is not node:
                tree = made if node is tree else node.replace(made.copy()).root()
            written = tree.sql(dialect=dialect)
            if written != said:
                yield Mutant(kind, written)


def _unused(node: exp.Expr) -> bool:
    """Whether it stands in a template or command, where a change of the tree is none of the text."""
    return node.find_ancestor(exp.Command) is not None
