"""FROM: tables, CTEs, subqueries, table functions and joins become places in the scope."""

import re
from collections.abc import Callable
from typing import Final

from sqlglot import exp

from clew_sql.expressions import decide, read
from clew_sql.flow import Flow, add_all, add_as
from clew_sql.gaps import UNKNOWN_COLUMN, UNSUPPORTED_QUERY
from clew_sql.generators import file, function, lateral, unnested
from clew_sql.lineage import Subtype
from clew_sql.names import Name
from clew_sql.pivots import pivoted, reshaped
from clew_sql.projection import starred
from clew_sql.relations import Field, Relation, Rest, sourceless
from clew_sql.scope import Place, Scope

FILE_NAME: Final = re.compile(r"[/*]|\.(csv|tsv|parquet|json|jsonl|ndjson|xlsx|arrow)(\.\w+)?$", re.IGNORECASE)
"""What DuckDB takes for a file when it stands for a table."""

FORMATS: Final = frozenset("avro binaryfile csv delta iceberg json orc parquet text".split())
"""What stands before the path where Spark reads files as a table."""


def read_from(select: exp.Expr, scope: Scope) -> None:
    """Place everything that FROM and its joins name, left to right, so that lateral references find their left."""
    origin = select.args.get("from_")
    if origin is not None:
        place_one(origin.this, scope)
    for join in select.args.get("joins") or ():
        _join(join, scope)
    for view in select.args.get("laterals") or ():
        place_one(view, scope)


def place_one(node: exp.Expr, scope: Scope) -> None:
    """Place one item of FROM with the joins that hang on it."""
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        _add_bracketed(node, scope)
    else:
        reader = next((r for kind, r in READERS if isinstance(node, kind)), _unsupported)
        place = _named(node, reader(node, scope), scope)
        place = pivoted(node, place, scope)
        scope.places.append(place)
        scope.context.effort.spend(len(place.relation.rows) + len(place.relation.inputs))
        add_all(scope.rows, place.relation.rows)
        scope.inputs |= place.relation.inputs
    for join in node.args.get("joins") or ():
        _join(join, scope)


def _add_bracketed(node: exp.Subquery, scope: Scope) -> None:
    """`(a JOIN b)`: the tables stay visible by their names, unless the bracket has an alias."""
    if node.args.get("alias") is None:
        place_one(node.this, scope)
        return
    inner = Scope(scope.context, scope.parent, scope.ctes)
    place_one(node.this, inner)
    relation = starred(inner)
    scope.places.append(_named(node, relation, scope))
    add_all(scope.rows, relation.rows)
    scope.inputs |= relation.inputs


def _named(node: exp.Expr, relation: Relation, scope: Scope) -> Place:
    """The relation under its alias, its columns renamed if the alias lists names."""
    names = scope.context.names
    alias = node.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.args.get("columns"):
        scope.context.effort.spend(len(relation.fields))
        relation = relation.renamed([names.of(_identifier(c)) for c in alias.args["columns"]])
    if isinstance(alias, exp.TableAlias) and alias.this is not None:
        return Place((names.of(alias.this).key,), relation)
    if isinstance(node, exp.Final):
        return _named(node.this, relation, scope)
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        parts = [names.of(part) for part in node.parts]
        is_cte = len(parts) == 1 and parts[0].key in scope.ctes
        return Place(tuple(n.key for n in (parts if is_cte else scope.context.catalog.filled(parts))), relation)
    return Place(("",), relation)


def _identifier(column: exp.Expr) -> exp.Expr:
    """The name in an alias list, which may come with a type as in `AS t(a int)`."""
    return column.this if isinstance(column, exp.ColumnDef) else column


def _table(node: exp.Expr, scope: Scope) -> Relation:
    assert isinstance(node, exp.Table)
    if node.args.get("rows_from"):
        return _unsupported(node, scope)
    if not isinstance(node.this, (exp.Identifier, exp.Dot)):
        return function(node, node.this, scope)
    parts = [scope.context.names.of(part) for part in node.parts]
    if len(parts) == 1:
        cte = scope.ctes.get(parts[0].key)
        if cte is not None:
            return cte
        if scope.context.dialect == "duckdb" and FILE_NAME.search(parts[0].text):
            return file(parts[0].text, scope)
    if len(parts) == 2 and parts[0].text.lower() in FORMATS and FILE_NAME.search(parts[1].text):
        return file(parts[1].text, scope)
    catalog = scope.context.catalog
    return catalog.relation(catalog.dataset(parts))


def _subquery(node: exp.Expr, scope: Scope) -> Relation:
    """What it sees: in DuckDB what is left of it, LATERAL or not; elsewhere what is around the query."""
    lateral = scope.context.dialect == "duckdb"
    around = scope if lateral else Scope(scope.context, scope.parent, scope.ctes)
    inner = around.inside() if lateral else around
    return derived(scope.context.query(node, inner), scope)


def derived(relation: Relation, scope: Scope) -> Relation:
    """A query's result as a table. Repeated names become `a`, `a_1` in DuckDB; elsewhere they stay as they are."""
    scope.context.effort.spend(len(relation.fields))
    if scope.context.dialect != "duckdb" or len({f.key for f in relation.fields}) == len(relation.fields):
        return relation
    seen: dict[str, int] = {}
    fields = []
    for column in relation.fields:
        count = seen[column.key] = seen.get(column.key, -1) + 1
        suffix = f"_{count}" if count else ""
        fields.append(column._replace(name=column.name + suffix, key=column.key + suffix))
    return relation.with_fields(fields)


def _unnest(node: exp.Expr, scope: Scope) -> Relation:
    return unnested(node, node, scope)


def _from_rows(node: exp.Expr, scope: Scope) -> Relation:
    """`TABLE(f(…))`."""
    return function(node, node.this, scope)


def _final(node: exp.Expr, scope: Scope) -> Relation:
    """ClickHouse's `t FINAL`."""
    return _table(node.this, scope)


def pivot(node: exp.Expr, scope: Scope) -> Relation:
    """DuckDB's `PIVOT t ON …`."""
    inner = Scope(scope.context, scope.parent, scope.ctes)
    place_one(node.this, inner)
    scope.inputs |= inner.inputs
    return reshaped(node, inner.places[0], inner)


def _array_joined(node: exp.Expr, scope: Scope) -> Relation:
    """ClickHouse's ARRAY JOIN: the elements under the alias; without one they take the place of the list."""
    value = node.this if isinstance(node, exp.Alias) else node
    flow = Flow()
    read(value, scope, flow)
    name = scope.context.names.of(node.args["alias"] if isinstance(node, exp.Alias) else node.this)
    made = Field(name.shown, name.key, flow.within(("[]",)), value)
    if isinstance(node, exp.Column):
        scope.merged[name.key] = made
        return Relation([])
    return Relation([made])


def values(node: exp.Expr, scope: Scope) -> Relation:
    """Named by the alias, else as the platform does: col0… in DuckDB, column1… in PostgreSQL."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    flows = [Flow() for _ in rows[0]] if rows else []
    for row in rows:
        for value, flow in zip(row, flows, strict=False):
            read(value, scope, flow)
    pattern, first = ("col", 0) if scope.context.dialect == "duckdb" else ("column", 1)
    names = (scope.context.names.plain(f"{pattern}{n + first}") for n in range(len(flows)))
    shown = rows[0] if len(rows) == 1 else [None] * len(flows)
    return Relation([Field(n.shown, n.key, f, e) for n, f, e in zip(names, flows, shown, strict=False)])


def _unsupported(node: exp.Expr, scope: Scope) -> Relation:
    rest = Rest(sourceless, UNSUPPORTED_QUERY, f"columns of {node.sql(dialect=scope.context.dialect)}")
    scope.context.gaps.add(rest.code, rest.detail)
    return Relation([], (rest,))


def _join(join: exp.Expr, scope: Scope) -> None:
    """Place the right side, then read what the join compares, which decides the rows."""
    before = len(scope.places)
    place_one(join.this, scope)
    left, right = scope.places[:before], scope.places[before:]
    if join.args.get("on") is not None:
        decide(join.args["on"], scope, Subtype.JOIN)
    if join.args.get("match_condition") is not None:
        decide(join.args["match_condition"], scope, Subtype.JOIN)
    names = [scope.context.names.of(name) for name in join.args.get("using") or ()]
    if str(join.args.get("method") or "").upper() == "NATURAL":
        names += _common(left, right, scope)
    for name in names:
        _merge(name, str(join.args.get("side") or "").upper(), left, right, scope)
    if str(join.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
        for place in right:
            place.hidden = True


def _common(left: list[Place], right: list[Place], scope: Scope) -> list[Name]:
    """The columns that a NATURAL join compares."""
    for place in (*left, *right):
        scope.context.effort.spend(1 + len(place.relation.fields))
        for rest in place.relation.rests:
            scope.context.gaps.add(rest.code, f"a NATURAL join compares columns by name: {rest.detail}")
    there = {f.key for place in right for f in place.relation.fields}
    here = dict.fromkeys(f.key for place in left if not place.hidden for f in place.relation.fields)
    return [scope.context.names.plain(key) for key in here if key in there]


def _merge(name: Name, side: str, left: list[Place], right: list[Place], scope: Scope) -> None:
    """USING makes one column of two: the left one, of a right join the right one, of a full join either."""
    both = compared(name, left, right, scope)
    if both:
        scope.merged[name.key] = _merged(both, side)
    for place in right:
        place.dropped.add(name.key)


def compared(name: Name, left: list[Place], right: list[Place], scope: Scope) -> list[Field]:
    """The columns that USING compares, which decide the rows: the left one, then the right one."""
    scope.context.effort.spend(len(left) + len(right))
    found = (scope.merged.get(name.key) or _column_in(left, name), _column_in(right, name))
    both = [column for column in found if column is not None]
    if len(both) < 2:
        scope.context.gaps.add(UNKNOWN_COLUMN, f"{name.text} of USING is not on both sides of the join")
    for column in both:
        scope.context.effort.spend(column.flow.facts)
        add_as(scope.rows, column.flow, Subtype.JOIN)
    return both


def _column_in(places: list[Place], name: Name) -> Field | None:
    found = [f for place in places if (f := place.relation.find(name)) is not None]
    offers = found or [f for place in places if (f := place.relation.guess(name)) is not None]
    return offers[0] if offers else None


def _merged(both: list[Field], side: str) -> Field:
    if side == "FULL" and len(both) == 2:
        flow = Flow()
        for column in both:
            flow.take(column.flow)
        return both[0]._replace(flow=flow, expression=None)
    return both[-1] if side == "RIGHT" else both[0]


Reads = Callable[[exp.Expr, Scope], Relation]
READERS: Final[tuple[tuple[type[exp.Expr], Reads], ...]] = (
    (exp.Table, _table),
    (exp.Unnest, _unnest),
    (exp.Lateral, lateral),
    (exp.TableFromRows, _from_rows),
    (exp.Pivot, pivot),
    (exp.Final, _final),
    (exp.Alias, _array_joined),
    (exp.Column, _array_joined),
    (exp.Values, values),
    (exp.Subquery, _subquery),
    (exp.Query, _subquery),
)
"""First match wins: `Subquery` before `Query`, which it is too."""
