"""What an expression is made of.

One walk over the syntax with a stack of its own, so that ten thousand terms need no deep recursion. Each node type
has a handler that says in which role its children are read:

- CASE, IF, `FILTER (WHERE …)`, and the second argument of `arg_max`: conditions are CONDITIONAL, branches direct.
- A window's PARTITION BY, ORDER BY and frame, and an aggregate's own ORDER BY: WINDOW.
- `count(x)`, `x IS NULL`: direct, but only presence matters.
- A scalar subquery: its value is direct, and what decides its rows is CONDITIONAL; if nothing is selected from it, as
  in `EXISTS` or `(SELECT count(*) …)`, the mere rows of its tables are.

Once a role is set, by the clause or by a handler, all below keeps it.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from sqlglot import exp

from clew_sql.flow import (
    AGGREGATED,
    IDENTITY,
    TRANSFORMED,
    Flow,
    Trace,
    add_all,
    add_as,
    add_direct,
    add_indirect,
    rows_as,
)
from clew_sql.functions import is_aggregate, is_hash
from clew_sql.gaps import UNKNOWN_COLUMN, UNSUPPORTED_EXPRESSION
from clew_sql.lineage import Subtype
from clew_sql.paths import EXTRACTS, steps_of
from clew_sql.relations import Field, Relation
from clew_sql.scope import Scope


class Role(NamedTuple):
    """In which part an expression is read: `subtype` None is for the value itself.

    `shadow` are names bound within the expression; `columns` is what `COLUMNS(…)` stands for this time; `windowed` says
    that the next aggregate belongs to a window and makes no group.
    """

    subtype: Subtype | None = None
    rank: int = IDENTITY
    presence: bool = False
    masks: bool = False
    windowed: bool = False
    shadow: frozenset[str] = frozenset()
    columns: Field | None = None

    def at_least(self, rank: int) -> "Role":
        return self if self.rank >= rank else self._replace(rank=rank)

    def deciding(self, subtype: Subtype) -> "Role":
        """The role of what decides within this one."""
        return self._replace(subtype=self.subtype or subtype, presence=False, masks=False)


Children = Iterable[tuple[exp.Expr, Role]]
Handler = Callable[[exp.Expr, Role, Scope, Flow], Children]

VALUE: Final = Role()
NODES: Final = 2
"""Nodes of the syntax that are read in one step."""


def read(expression: exp.Expr, scope: Scope, into: Flow, role: Role = VALUE) -> None:
    """Add to `into` what the expression is made of."""
    stack: list[tuple[exp.Expr, Role]] = [(expression, role)]
    nodes = 0
    while stack:
        nodes += 1
        node, role = stack.pop()
        handler = HANDLERS.get(type(node)) or _handler_for(node)
        stack.extend(handler(node, role, scope, into))
    scope.context.effort.spend(nodes // NODES)


def decide(expression: exp.Expr, scope: Scope, subtype: Subtype) -> None:
    """Add what the expression is made of to what decides the scope's rows."""
    read(expression, scope, Flow({}, scope.rows), Role(subtype))


def use(field: Field, role: Role, scope: Scope, into: Flow) -> None:
    """Add a resolved column in a role."""
    scope.context.effort.spend(field.flow.facts)
    if role.subtype is not None:
        add_as(into.indirect, field.flow, role.subtype, role.presence)
        return
    for key, trace in field.flow.direct.items():
        add_direct(into.direct, key, _composed(trace, role))
    add_all(into.indirect, field.flow.indirect)


def _composed(trace: Trace, role: Role) -> Trace:
    return Trace(
        max(trace.rank, role.rank),
        trace.presence or role.presence,
        trace.masks or role.masks,
        trace.confidence,
        trace.paths,
    )


def _handler_for(node: exp.Expr) -> Handler:
    """Which handler a type without one of its own gets; remembered for types that answer always alike."""
    if isinstance(node, exp.Anonymous):
        return _function
    handler: Handler
    if isinstance(node, exp.Query):
        handler = _scalar
    elif is_aggregate(node) or is_hash(node):
        handler = _function
    else:
        handler = _any
    HANDLERS[type(node)] = handler
    return handler


def _children(node: exp.Expr, role: Role) -> Children:
    return [(child, role) for child in node.iter_expressions()]


def _nothing(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    return ()


def _same(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    return _children(node, role)


def _any(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    return _children(node, role.at_least(TRANSFORMED))


def _value_of(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """`name := value`: the name is no column."""
    return [(node.expression, role)]


def _column(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    assert isinstance(node, exp.Column)
    if isinstance(node.this, exp.Star):
        return ()
    _reference(node.parts, role, scope, into)
    return ()


def _reference(parts: Iterable[exp.Expr], role: Role, scope: Scope, into: Flow) -> None:
    path = [scope.context.names.of(part) for part in parts]
    if path[0].key not in role.shadow:
        found = scope.column(path)
        if found is not None:
            use(found, role, scope, into)


def _dot(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """`(t).a.b` is the reference `t.a.b` in PostgreSQL's spelling; `f(x).a` is a field of a computed value."""
    parts: list[exp.Expr] = []
    current = node
    while isinstance(current, exp.Dot) and isinstance(current.expression, exp.Identifier):
        parts.insert(0, current.expression)
        current = current.this
    base = current.unnest()
    if parts and isinstance(base, EXTRACTS):
        return _extracted(node, role, scope, into)
    if not parts or not isinstance(base, exp.Column) or isinstance(base.this, exp.Star):
        return _any(node, role, scope, into)
    _reference((*base.parts, *parts), role, scope, into)
    return ()


def _is_step(node: exp.Expr) -> bool:
    """`.a` behind an extraction, as in `xs[1].a`."""
    return (
        isinstance(node, exp.Dot)
        and isinstance(node.expression, exp.Identifier)
        and isinstance(node.this.unnest(), (*EXTRACTS, exp.Dot))
        and _base(node) is not None
    )


def _base(node: exp.Expr) -> exp.Expr | None:
    """The extraction that a chain of dots hangs on."""
    while isinstance(node, exp.Dot):
        node = node.this.unnest()
    return node if isinstance(node, EXTRACTS) else None


def _extracted(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """`j -> '$.a.b'`, `s['a']`, `xs[1]`: a path into the value, as far as it is written out."""
    path: list[str] = []
    beside: list[exp.Expr] = []
    current = node
    while isinstance(current, EXTRACTS) or _is_step(current):
        steps, computed = steps_of(current)
        path[:0], beside = steps, beside + computed
        current = current.this.unnest()
    value = role.at_least(TRANSFORMED)
    inner = Flow()
    read(current, scope, inner, VALUE._replace(shadow=role.shadow, columns=role.columns))
    pure = isinstance(current, (exp.Column, exp.Dot)) and path and inner.direct
    use(Field("", "", inner.within(tuple(path)) if pure else inner), value, scope, into)
    into.aggregates |= inner.aggregates
    return [(each, value) for each in beside]


def _positional(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """DuckDB's `#2`: the second column of FROM."""
    listed = [column for _, column in scope.star()]
    position = int(node.name) if node.name.isdigit() else 0
    if 0 < position <= len(listed):
        use(listed[position - 1], role, scope, into)
    else:
        scope.context.gaps.add(UNKNOWN_COLUMN, f"#{node.name} of the FROM clause")
    return ()


def _columns(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    if role.columns is not None:
        use(role.columns, role, scope, into)
    else:
        scope.context.gaps.add(UNSUPPORTED_EXPRESSION, f"{node.sql()} outside of the SELECT list")
    return ()


def _function(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    if is_aggregate(node):
        into.aggregates |= not role.windowed
        return _children(node, role.at_least(AGGREGATED)._replace(windowed=False))
    return _children(node, role.at_least(TRANSFORMED)._replace(masks=role.masks or is_hash(node)))


def _count(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    into.aggregates |= not role.windowed
    presence = role.presence or not isinstance(node.this, exp.Distinct)
    return _children(node, role.at_least(AGGREGATED)._replace(windowed=False, presence=presence))


def _arg_max(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    into.aggregates |= not role.windowed
    value = role.at_least(AGGREGATED)._replace(windowed=False)
    by = node.args.get("expression")
    children = [(node.this, value)] if isinstance(node.this, exp.Expr) else []
    return children if by is None else [*children, (by, value.deciding(Subtype.CONDITIONAL))]


def _is(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    role = role.at_least(TRANSFORMED)
    if isinstance(node.expression, exp.Null):
        return [(node.this, role._replace(presence=True))]
    return _children(node, role)


def _case(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    branch, condition = role.at_least(TRANSFORMED), role.deciding(Subtype.CONDITIONAL)
    children = [(node.this, condition)] if isinstance(node.this, exp.Expr) else []
    for choice in node.args.get("ifs") or ():
        children += [(choice.this, condition), (choice.args["true"], branch)]
    default = node.args.get("default")
    return [*children, (default, branch)] if default is not None else children


def _decode(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """`DECODE(x, 1, a, 2, b, rest)`: what is compared is CONDITIONAL."""
    branch, condition = role.at_least(TRANSFORMED), role.deciding(Subtype.CONDITIONAL)
    compared, *pairs = node.expressions
    last = len(pairs) - 1
    values = [(each, branch if at % 2 or at == last else condition) for at, each in enumerate(pairs)]
    return [(compared, condition), *values]


def _combined(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """ClickHouse's combinators: the last argument of `sumIf` and its like is a condition."""
    into.aggregates |= not role.windowed
    value = role.at_least(AGGREGATED)._replace(windowed=False)
    children = [(each, value) for each in node.expressions]
    if str(node.this).endswith("If") and children:
        children[-1] = (children[-1][0], value.deciding(Subtype.CONDITIONAL))
    return children


def _if(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    branch = role.at_least(TRANSFORMED)
    branches = [(b, branch) for key in ("true", "false") if (b := node.args.get(key)) is not None]
    return [(node.this, role.deciding(Subtype.CONDITIONAL)), *branches]


def _filter(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    return [(node.this, role), (node.expression.this, role.deciding(Subtype.CONDITIONAL))]


def _within_group(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """`percentile_cont(0.5) WITHIN GROUP (ORDER BY x)` aggregates x; it is no mere order."""
    value = role.at_least(AGGREGATED)
    return [(node.this, role), *((ordered.this, value) for ordered in node.expression.expressions)]


def _order(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """An aggregate's own ORDER BY."""
    value = [(node.this, role)] if isinstance(node.this, exp.Expr) else []
    return value + [(ordered, role.deciding(Subtype.WINDOW)) for ordered in node.expressions]


def _window(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    deciding = role.deciding(Subtype.WINDOW)
    return [
        (node.this, role.at_least(TRANSFORMED)._replace(windowed=True)),
        *((part, deciding) for part in _window_parts(node, scope)),
    ]


def _window_parts(window: exp.Expr, scope: Scope) -> list[exp.Expr]:
    """PARTITION BY, ORDER BY and frame, those of the named windows it builds on included."""
    parts: list[exp.Expr] = []
    seen: set[str] = set()
    current: exp.Expr | None = window
    while current is not None:
        scope.context.effort.spend(1)
        parts += current.args.get("partition_by") or []
        parts += [part for key in ("order", "spec") if isinstance(part := current.args.get(key), exp.Expr)]
        alias = current.args.get("alias")
        name = scope.context.names.of(alias).key if isinstance(alias, exp.Expr) else ""
        current = None if name in seen else scope.windows.get(name)
        seen.add(name)
    return parts


def _frame(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    return [(end, role) for key in ("start", "end") if isinstance(end := node.args.get(key), exp.Expr)]


def _lambda(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    bound = frozenset(scope.context.names.of(parameter).key for parameter in node.expressions)
    return [(node.this, role._replace(shadow=role.shadow | bound))]


def _comprehension(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    """`[x + 1 FOR x IN xs IF x > y]`: xs is the value, the condition is CONDITIONAL, x is nobody's column."""
    names = [part for part in (node.expression, node.args.get("position")) if isinstance(part, exp.Expr)]
    inner = role._replace(shadow=role.shadow | {scope.context.names.of(name).key for name in names})
    children = [(node.this, inner), (node.args["iterator"], role)]
    condition = node.args.get("condition")
    return [*children, (condition, inner.deciding(Subtype.CONDITIONAL))] if condition is not None else children


def _scalar(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    relation = scope.context.query(node, scope.inside())
    for rest in relation.rests:
        scope.context.gaps.add(rest.code, f"a subquery selects {rest.detail}")
    for column in relation.fields:
        use(column, role, scope, into)
    valueless = not any(column.flow.direct for column in relation.fields)
    _rows(relation, role, scope, into, mere_rows=valueless or role.subtype is not None)
    return ()


def _exists(node: exp.Expr, role: Role, scope: Scope, into: Flow) -> Children:
    if not isinstance(node.this, exp.Query):
        return _any(node, role, scope, into)
    relation = scope.context.query(node.this, scope.inside())
    _rows(relation, role, scope, into, mere_rows=True)
    return ()


def _rows(relation: Relation, role: Role, scope: Scope, into: Flow, mere_rows: bool) -> None:
    scope.inputs |= relation.inputs
    subtype = role.subtype or Subtype.CONDITIONAL
    scope.context.effort.spend(len(relation.rows) + len(relation.inputs))
    rows_as(into.indirect, relation.rows, subtype)
    if mere_rows:
        for table in relation.inputs:
            add_indirect(into.indirect, (table, None, subtype), True)


HANDLERS: Final[dict[type[exp.Expr], Handler]] = {
    exp.Alias: _same,
    exp.ArgMax: _arg_max,
    exp.ArgMin: _arg_max,
    exp.Boolean: _nothing,
    exp.Case: _case,
    exp.Column: _column,
    exp.Columns: _columns,
    exp.CombinedAggFunc: _combined,
    exp.Comprehension: _comprehension,
    exp.Count: _count,
    exp.DataType: _nothing,
    exp.DecodeCase: _decode,
    exp.Distinct: _same,
    exp.Dot: _dot,
    exp.Exists: _exists,
    exp.Filter: _filter,
    exp.Identifier: _nothing,
    exp.If: _if,
    exp.IgnoreNulls: _same,
    exp.Is: _is,
    exp.Kwarg: _value_of,
    exp.Lambda: _lambda,
    exp.Literal: _nothing,
    exp.Null: _nothing,
    exp.Order: _order,
    exp.Ordered: _same,
    exp.Paren: _same,
    exp.PositionalColumn: _positional,
    **dict.fromkeys(EXTRACTS, _extracted),
    exp.PropertyEQ: _value_of,
    exp.RespectNulls: _same,
    exp.Star: _nothing,
    exp.Var: _nothing,
    exp.Window: _window,
    exp.WindowSpec: _frame,
    exp.WithinGroup: _within_group,
}
"""By node type; the types not listed are given theirs by `_handler_for` when first met."""
