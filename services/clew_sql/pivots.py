"""PIVOT and UNPIVOT: columns made of rows, and rows made of columns.

A pivoted column is what its aggregate is made of, where the pivoted value is CONDITIONAL; the columns neither
aggregated nor pivoted stay, and group. An unpivoted value is any of the columns listed; its name column has no source.
"""

from itertools import product
from math import prod

from sqlglot import exp

from clew_sql.expressions import VALUE, read
from clew_sql.flow import Flow, Indirect, add_as
from clew_sql.gaps import UNSUPPORTED_QUERY
from clew_sql.lineage import ONLY_CHOICE, Subtype
from clew_sql.names import Name
from clew_sql.naming import unnamed
from clew_sql.relations import Field, Relation, Rest
from clew_sql.scope import Place, Scope


def pivoted(node: exp.Expr, place: Place, scope: Scope) -> Place:
    """The place with the PIVOTs and UNPIVOTs behind it done, under the name that the last of them gives."""
    for pivot in node.args.get("pivots") or ():
        relation = reshaped(pivot, place, scope)
        alias = pivot.args.get("alias")
        path = place.path
        if isinstance(alias, exp.TableAlias) and alias.this is not None:
            path = (scope.context.names.of(alias.this).key,)
            relation = relation.renamed([scope.context.names.of(c) for c in alias.args.get("columns") or ()])
        place = Place(path, relation)
    return place


def reshaped(pivot: exp.Expr, place: Place, scope: Scope) -> Relation:
    """What one PIVOT or UNPIVOT makes of a relation."""
    inner = Scope(scope.context, scope.parent, scope.ctes, [place])
    return _unpivot(pivot, place, inner) if pivot.args.get("unpivot") else _pivot(pivot, place, inner)


def _pivot(pivot: exp.Expr, place: Place, scope: Scope) -> Relation:
    lists = list(pivot.args.get("fields") or pivot.expressions or ())
    aggregates = list((pivot.expressions if pivot.args.get("fields") else pivot.args.get("using")) or ())
    # DuckDB counts where nothing is said
    aggregates = aggregates or [exp.Count(this=exp.Star())]
    over = [each.this if isinstance(each, exp.In) else each for each in lists]
    made = [_aggregated(aggregate, over, scope) for aggregate in aggregates]
    used = _keys(over, scope) | {key for aggregate in aggregates for key in _keys([aggregate], scope)}
    group = pivot.args.get("group")
    wanted = _keys(group.expressions, scope) if group is not None else None
    stay = [f for f in place.relation.fields if (f.key not in used if wanted is None else f.key in wanted)]
    rows: Indirect = dict(place.relation.rows)
    for column in stay:
        add_as(rows, column.flow, Subtype.GROUP_BY)
    names = _names(pivot, lists, aggregates, scope)
    rests = [_without(rest, used) for rest in place.relation.rests] if wanted is None else []
    if names is None:
        rests.append(_any_of(made, "columns of a PIVOT over values that only the data knows"))
    fields = [
        Field(n.shown, n.key, made[at % len(made)], aggregates[at % len(made)]) for at, n in enumerate(names or ())
    ]
    return Relation(stay + fields, tuple(rests), rows, place.relation.inputs)


def _aggregated(aggregate: exp.Expr, over: list[exp.Expr], scope: Scope) -> Flow:
    flow = Flow()
    read(aggregate, scope, flow)
    for column in over:
        read(column, scope, flow, VALUE.deciding(Subtype.CONDITIONAL))
    return flow


def _keys(nodes: list[exp.Expr], scope: Scope) -> set[str]:
    """The columns that expressions name, by the keys they have in the relation."""
    names = [scope.context.names.of(c.this) for node in nodes for c in node.find_all(exp.Column)]
    found = [(name, scope.places[0].relation.find(name)) for name in names]
    return {name.key if column is None else column.key for name, column in found}


def _names(pivot: exp.Expr, lists: list[exp.Expr], aggregates: list[exp.Expr], scope: Scope) -> list[Name] | None:
    """The names of the pivoted columns, value by value; None where the values stand nowhere in the SQL."""
    if not all(isinstance(each, exp.In) and each.expressions for each in lists):
        return None
    choices = [[_value(value) for value in each.expressions] for each in lists]
    if None in [value for choice in choices for value in choice]:
        return None
    scope.context.effort.spend(prod(map(len, choices)) * max(1, len(aggregates)))
    values = ["_".join(str(each) for each in chosen) for chosen in product(*choices)]
    given = pivot.args.get("columns") or ()
    if len(given) == len(values) * max(1, len(aggregates)):
        return [scope.context.names.of(name) for name in given]
    ends = [_end(aggregate, len(aggregates), scope) for aggregate in aggregates] or [""]
    return [scope.context.names.plain(value + end) for value in values for end in ends]


def _value(node: exp.Expr) -> str | None:
    if isinstance(node, (exp.PivotAlias, exp.Alias)):
        return str(node.args["alias"].name)
    if isinstance(node, (exp.Literal, exp.Column, exp.Boolean)):
        return node.name if not isinstance(node, exp.Boolean) else str(node.this).lower()
    return None


def _end(aggregate: exp.Expr, count: int, scope: Scope) -> str:
    if isinstance(aggregate, exp.Alias):
        return f"_{aggregate.alias}"
    return f"_{unnamed(aggregate, scope.context.dialect)}" if count > 1 else ""


def _unpivot(pivot: exp.Expr, place: Place, scope: Scope) -> Relation:
    names = scope.context.names
    labels, values, groups = _told(pivot)
    rows: Indirect = dict(place.relation.rows)
    made: list[Field] = []
    for at, label in enumerate(values):
        flow = Flow()
        for group in groups:
            if at < len(group):
                read(group[at], scope, flow)
        if not pivot.args.get("include_nulls"):
            add_as(rows, flow, Subtype.FILTER, presence=True)
        name = names.of(label) if isinstance(label, exp.Expr) else names.plain(label)
        made.append(Field(name.shown, name.key, flow))
    named = [names.of(label) if isinstance(label, exp.Expr) else names.plain(label) for label in labels]
    label_fields = [Field(name.shown, name.key, Flow()) for name in named]
    used = {key for group in groups for key in _keys(group, scope)}
    stay = [f for f in place.relation.fields if f.key not in used]
    values_first = pivot.args.get("value_columns_first") or scope.context.dialect in ("bigquery", "tsql")
    new = made + label_fields if values_first else label_fields + made
    rests = tuple(_without(rest, used) for rest in place.relation.rests)
    return Relation(stay + new, rests, rows, place.relation.inputs)


def _told(pivot: exp.Expr) -> tuple[list[exp.Expr | str], list[exp.Expr | str], list[list[exp.Expr]]]:
    """The name columns, the value columns, and the groups of columns that become values."""
    fields = pivot.args.get("fields")
    if fields:
        values = [v for e in pivot.expressions for v in (e.expressions if isinstance(e, exp.Tuple) else [e])]
        return [f.this for f in fields], values, [_group(each) for f in fields for each in f.expressions]
    into = pivot.args.get("into")
    groups = [_group(each) for each in pivot.expressions]
    if into is None or not isinstance(into.this, exp.Expr):
        return ["name"], ["value"], groups
    return [into.this], list(into.expressions), groups


def _group(node: exp.Expr) -> list[exp.Expr]:
    inner = node.this if isinstance(node, (exp.PivotAlias, exp.Alias)) else node
    return list(inner.expressions) if isinstance(inner, exp.Tuple) else [inner]


def _without(rest: Rest, used: set[str]) -> Rest:
    return rest._replace(supply=lambda name: None if name.key in used else rest.supply(name))


def _any_of(flows: list[Flow], detail: str) -> Rest:
    together = Flow()
    for flow in flows:
        together.take(flow.less_certain(ONLY_CHOICE))
    return Rest(lambda name: Field(name.shown, name.key, together), UNSUPPORTED_QUERY, detail)
