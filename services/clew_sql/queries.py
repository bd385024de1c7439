"""Queries: WITH, SELECT and set operations become relations.

What decides the rows of a CTE or subquery in FROM decides the rows of the query around it, in the same subtype.
"""

from collections.abc import Iterator

from sqlglot import exp

from clew_sql.expressions import decide
from clew_sql.flow import Flow, Indirect, add_all, add_as, add_indirect, rows_as
from clew_sql.gaps import COLUMN_COUNT, UNSUPPORTED_QUERY
from clew_sql.lineage import GUESS, Subtype
from clew_sql.names import Name
from clew_sql.projection import project
from clew_sql.relations import Field, Relation, Rest, sourceless
from clew_sql.scope import AliasUse, Scope
from clew_sql.sources import derived, pivot, read_from, values

UNMARKED_RECURSION = frozenset({"tsql", "oracle", "snowflake"})
MAX_ROUNDS = 50
"""A recursive CTE is read until nothing new is learnt; facts only grow, so this is never reached in earnest."""


def read_query(node: exp.Expr, scope: Scope) -> Relation:
    """The relation that a query makes, read in a fresh `scope` that knows what is around it."""
    read_with(node, scope)
    if isinstance(node, exp.Subquery):
        return _bracketed(node, scope)
    if isinstance(node, exp.Select):
        return _select(node, scope)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, scope)
    if isinstance(node, exp.Values):
        made = values(node, scope)
        return _ordered(node, Relation(made.fields, (), scope.rows, scope.inputs), scope)
    if isinstance(node, exp.Pivot):
        made = pivot(node, scope)
        return _ordered(node, made, scope)
    if isinstance(node, exp.Table):
        return _select(exp.Select(expressions=[exp.Star()], from_=exp.From(this=node)), scope)
    return _unsupported(node, scope)


def _unsupported(node: exp.Expr, scope: Scope) -> Relation:
    what = type(node).__name__.upper()
    scope.context.gaps.add(UNSUPPORTED_QUERY, f"{what} in the place of a query")
    return Relation([], (Rest(sourceless, UNSUPPORTED_QUERY, f"columns of {what}"),))


def _bracketed(node: exp.Subquery, scope: Scope) -> Relation:
    """`(SELECT …) ORDER BY …`: what stands behind the bracket sees the output columns."""
    inner = Scope(scope.context, scope.parent, scope.ctes)
    return _ordered(node, read_query(node.this, inner), scope)


def read_with(node: exp.Expr, scope: Scope) -> None:
    """Read the CTEs in front of a query or statement into the scope, each seeing those before it."""
    clause = node.args.get("with_")
    if clause is None:
        return
    scope.ctes = dict(scope.ctes)
    for cte in clause.expressions:
        name = scope.context.names.of(cte.args["alias"].this)
        recursive = bool(clause.args.get("recursive")) or _names_itself(cte, name, scope)
        scope.ctes[name.key] = _cte(cte, name, recursive, scope)


def _names_itself(cte: exp.Expr, name: Name, scope: Scope) -> bool:
    """Some dialects leave RECURSIVE out."""
    if scope.context.dialect not in UNMARKED_RECURSION or not isinstance(cte.this, exp.SetOperation):
        return False
    return any(scope.context.names.of(table.this).key == name.key for table in cte.this.find_all(exp.Table))


def _cte(cte: exp.Expr, name: Name, recursive: bool, scope: Scope) -> Relation:
    """A binding of the CTE's name makes it that dataset, and its body is not walked."""
    bound = scope.context.catalog.bound(name.text)
    if bound is not None:
        return scope.context.catalog.relation(bound)
    columns = [scope.context.names.of(c) for c in cte.args["alias"].args.get("columns") or ()]
    body = cte.this.unnest() if isinstance(cte.this, exp.Subquery) else cte.this
    if recursive and isinstance(body, exp.SetOperation):
        return _recursive(body, name, columns, scope)
    return derived(read_query(cte.this, _around(scope)), scope).renamed(columns)


def _around(scope: Scope) -> Scope:
    """A scope for a CTE's body: it sees CTEs before it and what is around the query, not the query's own FROM."""
    return Scope(scope.context, scope.parent, scope.ctes)


def _recursive(body: exp.SetOperation, name: Name, columns: list[Name], scope: Scope) -> Relation:
    """The base is read once, the recursive parts until they add nothing to any column."""
    inner = _around(scope)
    read_with(body, inner)
    parts = list(_parts(body))
    result = _copied(derived(read_query(parts[0][1], _around(inner)), scope).renamed(columns), scope)
    for _ in range(MAX_ROUNDS):
        before = [f.flow.size() for f in result.fields], len(result.rows)
        inner.ctes = {**inner.ctes, name.key: result}
        for operation, part in parts[1:]:
            assert operation is not None
            _combine(result, read_query(part, _around(inner)), operation, scope)
            if operation.args.get("distinct"):
                _group_by_all(result, result.rows, scope)
        if before == ([f.flow.size() for f in result.fields], len(result.rows)):
            break
    return result


def _select(select: exp.Select, scope: Scope) -> Relation:
    read_from(select, scope)
    for window in select.args.get("windows") or ():
        scope.windows[scope.context.names.of(window.this).key] = window
    made = project(list(select.expressions), scope)
    relation = Relation(made.fields, tuple(made.rests), scope.rows, scope.inputs)
    _rows(select, relation, scope)
    return relation


def _rows(select: exp.Select, relation: Relation, scope: Scope) -> None:
    """The clauses that decide the rows, each with its own rule on output names."""
    scope.alias_use = AliasUse.AFTER if scope.context.lateral_aliases else AliasUse.NEVER
    for clause in ("prewhere", "where"):
        if select.args.get(clause) is not None:
            decide(select.args[clause].this, scope, Subtype.FILTER)
    scope.alias_use = AliasUse.AFTER
    for clause in ("having", "qualify"):
        if select.args.get(clause) is not None:
            decide(select.args[clause].this, scope, Subtype.FILTER)
    _hierarchy(select, scope)
    _group(select, relation, scope)
    _distinct(select, relation, scope)
    _order(select, relation, scope)


def _hierarchy(select: exp.Select, scope: Scope) -> None:
    """CONNECT BY joins a table to itself, START WITH chooses where to begin."""
    connect = select.args.get("connect")
    if connect is not None:
        decide(connect.args["connect"], scope, Subtype.JOIN)
        if connect.args.get("start") is not None:
            decide(connect.args["start"], scope, Subtype.FILTER)


def _group(select: exp.Select, relation: Relation, scope: Scope) -> None:
    group = select.args.get("group")
    if group is None:
        return
    if group.args.get("all"):
        scope.context.effort.spend(_facts(relation))
        for column in relation.fields:
            if not column.flow.aggregates:
                add_as(scope.rows, column.flow, Subtype.GROUP_BY)
    for key in group.iter_expressions():
        _by(key, relation, scope, Subtype.GROUP_BY)


def _by(key: exp.Expr, relation: Relation, scope: Scope, subtype: Subtype) -> None:
    """A key of GROUP BY or ORDER BY: a position in the output or an expression."""
    position = int(key.name) if isinstance(key, exp.Literal) and key.is_int else 0
    if not position:
        decide(key, scope, subtype)
    elif position <= len(relation.fields):
        scope.context.effort.spend(relation.fields[position - 1].flow.facts)
        add_as(scope.rows, relation.fields[position - 1].flow, subtype)
    elif relation.rests:
        _report_rests(relation, scope, f"{subtype} {position}")


def _report_rests(relation: Relation, scope: Scope, where: str) -> None:
    for rest in relation.rests:
        scope.context.gaps.add(rest.code, f"{where}: {rest.detail}")


def _distinct(select: exp.Select, relation: Relation, scope: Scope) -> None:
    """DISTINCT groups by what is selected, DISTINCT ON by what it lists."""
    distinct = select.args.get("distinct")
    if distinct is None:
        return
    on = distinct.args.get("on")
    if on is None:
        _group_by_all(relation, scope.rows, scope)
        return
    for key in on.expressions if isinstance(on, exp.Tuple) else [on]:
        _by(key, relation, scope, Subtype.GROUP_BY)


def _group_by_all(relation: Relation, rows: Indirect, scope: Scope) -> None:
    scope.context.effort.spend(_facts(relation))
    for column in relation.fields:
        add_as(rows, column.flow, Subtype.GROUP_BY)


def _order(node: exp.Expr, relation: Relation, scope: Scope) -> None:
    for limit in (node.args.get("limit"), node.args.get("offset")):
        if limit is not None:
            # a number needs no lineage; a subquery here decides how many rows there are
            decide(limit, scope, Subtype.FILTER)
    order = node.args.get("order")
    if order is None:
        return
    for column in relation.fields:
        scope.aliases.setdefault(column.key, column)
    for key in order.expressions:
        if isinstance(key.this, exp.Var) and key.this.name.upper() == "ALL":
            scope.context.effort.spend(_facts(relation))
            for column in relation.fields:
                add_as(scope.rows, column.flow, Subtype.SORT)
            continue
        # an output's name comes first where it stands alone; within an expression PostgreSQL means the column
        alone = isinstance(key.this, exp.Column) or scope.context.lateral_aliases
        scope.alias_use = AliasUse.FIRST if alone else AliasUse.AFTER
        _by(key.this, relation, scope, Subtype.SORT)


def _ordered(node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
    """ORDER BY and LIMIT behind a set operation or bracket, which see the output columns only."""
    if not any(node.args.get(key) for key in ("order", "limit", "offset")):
        return relation
    scope.rows, scope.inputs = dict(relation.rows), set(relation.inputs)
    scope.aliases = {f.key: f for f in relation.fields}
    scope.alias_use = AliasUse.FIRST
    _order(node, relation, scope)
    return Relation(relation.fields, relation.rests, scope.rows, scope.inputs)


def _parts(node: exp.SetOperation) -> Iterator[tuple[exp.SetOperation | None, exp.Expr]]:
    """The operands of a chain, left to right, each with the operation that takes it in (None for the first)."""
    chain: list[exp.SetOperation] = []
    current: exp.Expr = node
    while isinstance(current, exp.SetOperation) and (current is node or not _has_own_clauses(current)):
        chain.append(current)
        current = current.this
    yield None, current
    yield from ((operation, operation.expression) for operation in reversed(chain))


def _has_own_clauses(node: exp.Expr) -> bool:
    return any(node.args.get(key) for key in ("with_", "order", "limit", "offset"))


def _set_operation(node: exp.SetOperation, scope: Scope) -> Relation:
    result: Relation | None = None
    distinct = False
    for operation, part in _parts(node):
        read_part = read_query(part, _around(scope))
        if result is None or operation is None:
            result = _copied(read_part, scope)
            continue
        if distinct and not operation.args.get("distinct"):
            _group_by_all(result, result.rows, scope)
        _combine(result, read_part, operation, scope)
        distinct = bool(operation.args.get("distinct"))
    assert result is not None
    if distinct:  # once for all that were distinct in a row: each takes in what those before grouped by
        _group_by_all(result, result.rows, scope)
    return _ordered(node, result, scope)


def _copied(relation: Relation, scope: Scope) -> Relation:
    """The same facts in containers of its own, to be added to."""
    scope.context.effort.spend(_facts(relation))
    fields = [f._replace(flow=_copied_flow(f.flow)) for f in relation.fields]
    return Relation(fields, relation.rests, dict(relation.rows), set(relation.inputs))


def _facts(relation: Relation) -> int:
    return len(relation.rows) + sum(column.flow.facts for column in relation.fields)


def _copied_flow(flow: Flow) -> Flow:
    return Flow(dict(flow.direct), dict(flow.indirect), flow.aggregates)


def _combine(left: Relation, right: Relation, operation: exp.SetOperation, scope: Scope) -> None:
    """Take the right operand into the left.

    UNION and INTERSECT: values of both. EXCEPT: the right side only decides which rows stay, so it is FILTER. Without
    ALL the result is to be grouped by all its columns then.
    """
    scope.context.effort.spend(len(right.inputs) + _facts(right))
    left.inputs |= right.inputs
    if isinstance(operation, exp.Except):
        _subtract(left, right)
    else:
        _unite(left, right, operation, scope)
        add_all(left.rows, right.rows)
    left.widened()


def _subtract(left: Relation, right: Relation) -> None:
    for column in right.fields:
        add_as(left.rows, column.flow, Subtype.FILTER)
    rows_as(left.rows, right.rows, Subtype.FILTER)
    for table in right.inputs:
        add_indirect(left.rows, (table, None, Subtype.FILTER), True)


def _unite(left: Relation, right: Relation, operation: exp.SetOperation, scope: Scope) -> None:
    if left.rests or right.rests:
        _unite_unlisted(left, right, scope)
    elif operation.args.get("by_name"):
        _unite_by_name(left, right)
    else:
        if len(left.fields) != len(right.fields):
            counts = f"{len(left.fields)} and {len(right.fields)} columns"
            scope.context.gaps.add(COLUMN_COUNT, f"{operation.key.upper()} of {counts}")
        for mine, theirs in zip(left.fields, right.fields, strict=False):
            mine.flow.take(theirs.flow)


def _unite_by_name(left: Relation, right: Relation) -> None:
    mine = {f.key: f for f in left.fields}
    for theirs in right.fields:
        if theirs.key in mine:
            mine[theirs.key].flow.take(theirs.flow)
        else:
            left.fields.append(theirs._replace(flow=_copied_flow(theirs.flow)))


def _unite_unlisted(left: Relation, right: Relation, scope: Scope) -> None:
    """Positions cannot be told where a star is over an unknown table: columns are matched by name, as a guess."""
    first = Relation(list(left.fields), left.rests)

    def supply(name: Name) -> Field | None:
        scope.context.effort.spend(4)
        offers = [f for side in (first, right) if (f := side.supply(name)) is not None]
        flow = Flow()
        for offer in offers:
            flow.take(offer.flow.less_certain(GUESS))
        return offers[0]._replace(flow=flow) if offers else None

    rest = (left.rests or right.rests)[0]
    left.rests = (Rest(supply, rest.code, rest.detail),)
    for mine in left.fields:
        offer = right.supply(Name(mine.name, mine.key, mine.name, False))
        if offer is not None:
            mine.flow.take(offer.flow.less_certain(GUESS))
