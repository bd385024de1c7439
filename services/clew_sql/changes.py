"""UPDATE, MERGE, DELETE and upserts: assignments to columns of a table that is there already.

What a column was before flows into it too wherever no assignment reaches; that is so for every such statement and is
not told. What chooses the rows to change (WHERE, ON, WHEN … AND) is told as deciding rows.
"""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from clew_sql.catalog import Dataset
from clew_sql.errors import SqlError
from clew_sql.expressions import VALUE, decide, read
from clew_sql.flow import Flow, add_all
from clew_sql.gaps import COLUMN_COUNT, UNSUPPORTED_EXPRESSION, UNSUPPORTED_STATEMENT
from clew_sql.lineage import Lineage, Subtype
from clew_sql.reading import Reading, named_in
from clew_sql.relations import Field, Relation
from clew_sql.scope import Place, Scope
from clew_sql.sources import compared, place_one, read_from

EXCLUDED = "excluded"
"""The row that an upsert could not insert."""


def updated(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    scope = reading.scope(tree, tree)
    target = tree.this
    origin = tree.args.get("from_")
    aliased = _behind_alias(target, origin)
    if aliased is None:
        place_one(target, scope)
    if origin is not None:
        read_from(tree, scope)
    table = aliased or _assigned_table(tree, scope) or target
    dataset = reading.target(table)
    path = [reading.names.of(part).key for part in (target.parts if aliased is not None else [_alias(table)])]
    fields = list(_assigned(reading, tree.expressions, dataset, path, scope))
    if tree.args.get("where") is not None:
        decide(tree.args["where"].this, scope, Subtype.FILTER)
    return [_changed(reading, "UPDATE", dataset, reading.merged([], fields), scope)]


def deleted(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    scope = reading.scope(tree, tree)
    tables = tree.args.get("tables") or ()
    if not isinstance(tree.this, exp.Table):
        reading.gaps.add(UNSUPPORTED_STATEMENT, "DELETE without a table")
        return [reading.empty("DELETE")]
    place_one(tree.this, scope)
    for each in tree.args.get("using") or ():
        place_one(each, scope)
    if tree.args.get("where") is not None:
        decide(tree.args["where"].this, scope, Subtype.FILTER)
    target: exp.Expr = tree.this
    if tables:
        target = _behind_alias(tables[0], exp.From(this=tree.this.copy())) or tables[0]
    dataset = reading.target(target)
    return [_changed(reading, "DELETE", dataset, [], scope)]


def merged(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    scope = reading.scope(tree, tree)
    place_one(tree.this, scope)
    place_one(tree.args["using"], scope)
    target, source = scope.places[0], scope.places[-1]
    if isinstance(tree.args.get("on"), exp.Expr):
        decide(tree.args["on"], scope, Subtype.JOIN)
    elif not tree.args.get("using_cond"):
        raise SqlError("cannot parse: MERGE without ON")
    for column in tree.args.get("using_cond") or ():
        compared(reading.names.of(column), [target], [source], scope)
    dataset = reading.target(tree.this)
    fields: list[Field] = []
    for when in tree.args["whens"].expressions:
        if when.args.get("condition") is not None:
            decide(when.args["condition"], scope, Subtype.FILTER)
        fields = reading.merged(fields, _when(reading, when.args.get("then"), dataset, target, source, scope))
    return [_changed(reading, "MERGE", dataset, fields, scope)]


def on_conflict(
    reading: Reading, tree: exp.Expr, dataset: Dataset, relation: Relation, fields: list[Field]
) -> tuple[Relation, list[Field]]:
    """What an INSERT writes when the assignments of its ON CONFLICT or ON DUPLICATE KEY are taken in."""
    conflict = tree.args["conflict"]
    if not conflict.expressions:
        return relation, fields
    scope = reading.scope(tree, tree)
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    place_one(target, scope)
    scope.inputs.discard(dataset.name)
    names = {EXCLUDED, *(reading.names.of(each).key for each in _new_row(tree))}
    shown = Relation(fields, relation.rests)
    scope.places += [Place((name,), shown, hidden=True) for name in sorted(names)]
    if reading.dialect == "mysql" and isinstance(tree.expression, exp.Select):
        read_from(tree.expression, scope)
    assignments = [each.transform(_values_of) for each in conflict.expressions]
    path = [reading.names.of(_alias(target)).key]
    more = list(_assigned(reading, assignments, dataset, path, scope))
    if conflict.args.get("where") is not None:
        decide(conflict.args["where"].this, scope, Subtype.FILTER)
    add_all(scope.rows, relation.rows)
    merged_fields = reading.merged(fields, more)
    inputs = relation.inputs | (named_in(merged_fields, scope.rows) & {dataset.name}) | scope.inputs
    return Relation(relation.fields, relation.rests, scope.rows, inputs), merged_fields


def _new_row(tree: exp.Expr) -> Iterator[exp.Expr]:
    """MySQL's `VALUES (…) AS new`."""
    for holder in (tree, tree.expression):
        alias = holder.args.get("alias") if holder is not None else None
        if isinstance(alias, exp.TableAlias) and alias.this is not None:
            yield alias.this


def _values_of(node: exp.Expr) -> exp.Expr:
    """MySQL's `VALUES(a)` is the row that could not be inserted."""
    if isinstance(node, exp.Anonymous) and node.name.upper() == "VALUES" and len(node.expressions) == 1:
        column = node.expressions[0]
        return exp.Column(this=exp.to_identifier(column.name), table=exp.to_identifier(EXCLUDED))
    return node


def _changed(reading: Reading, kind: str, dataset: Dataset, fields: list[Field], scope: Scope) -> Lineage:
    """The answer; the table is an input of its own change where its columns are read."""
    inputs = set(scope.inputs)
    if dataset.name not in named_in(fields, scope.rows):
        inputs.discard(dataset.name)
    return reading.lineage(kind, Relation(fields, (), scope.rows, inputs), fields, dataset.name)


def _alias(table: exp.Expr) -> exp.Expr:
    alias = table.args.get("alias")
    name = alias.this if isinstance(alias, exp.TableAlias) else table.this
    assert isinstance(name, exp.Expr)
    return name


def _behind_alias(target: exp.Expr, origin: exp.Expr | None) -> exp.Expr | None:
    """The table that `UPDATE x … FROM t AS x` means."""
    if origin is None or not isinstance(target, exp.Table) or target.args.get("alias") is not None:
        return None
    for table in origin.find_all(exp.Table):
        if table.alias_or_name.lower() == target.name.lower() and not target.args.get("db"):
            return table
    return None


def _assigned_table(tree: exp.Expr, scope: Scope) -> exp.Expr | None:
    """In MySQL's UPDATE of a join: the table whose column is assigned first."""
    first = tree.expressions[0].this if tree.expressions else None
    name = first.args.get("table") if isinstance(first, exp.Column) else None
    if name is None or not tree.this.args.get("joins"):
        return None
    tables = (t for t in tree.this.find_all(exp.Table) if t.alias_or_name.lower() == name.name.lower())
    return next(tables, None)


def _assigned(
    reading: Reading, assignments: Sequence[exp.Expr], dataset: Dataset, path: Sequence[str], scope: Scope
) -> Iterator[Field]:
    """A column for each assignment of SET, those of `(a, b) = (…)` one by one."""
    for each in assignments:
        if not isinstance(each, exp.EQ):
            reading.gaps.add(UNSUPPORTED_EXPRESSION, "SET of what is no assignment")
            continue
        left = each.this.expressions if isinstance(each.this, exp.Tuple) else [each.this]
        right = each.expression
        if len(left) == 1 and not isinstance(each.this, exp.Tuple):
            yield _assignment(reading, left[0], _value(right, scope), right, dataset, path)
        elif isinstance(right, exp.Tuple):
            for column, value in zip(left, right.expressions, strict=False):
                yield _assignment(reading, column, _value(value, scope), value, dataset, path)
        else:
            yield from _from_query(reading, left, right, dataset, path, scope)


def _from_query(
    reading: Reading, left: list[exp.Expr], query: exp.Expr, dataset: Dataset, path: Sequence[str], scope: Scope
) -> Iterator[Field]:
    made = scope.context.query(query, scope.inside())
    scope.inputs |= made.inputs
    if len(made.fields) != len(left):
        reading.gaps.add(COLUMN_COUNT, f"{len(made.fields)} values for {len(left)} columns of {dataset.name}")
    for column, value in zip(left, made.fields, strict=False):
        flow = Flow()
        flow.take(value.flow)
        for (table, of, _), presence in made.rows.items():
            flow.indirect[(table, of, Subtype.CONDITIONAL)] = presence
        yield _assignment(reading, column, flow, value.expression or query, dataset, path)


def _value(expression: exp.Expr, scope: Scope) -> Flow:
    flow = Flow()
    read(expression, scope, flow, VALUE)
    return flow


def _assignment(
    reading: Reading, column: exp.Expr, flow: Flow, value: exp.Expr, dataset: Dataset, path: Sequence[str]
) -> Field:
    """The assigned column under the table's spelling; a field of a struct changes the column in part."""
    parts = [reading.names.of(part) for part in column.parts] if isinstance(column, exp.Column | exp.Dot) else []
    if not parts:
        parts = [reading.names.plain(column.name)]
    while len(parts) > 1 and parts[0].key in (*path, dataset.name.rsplit(".", 1)[-1]):
        parts = parts[1:]
    if len(parts) > 1:
        flow = flow.transformed()
    return reading.checked(Field(parts[0].shown, parts[0].key, flow, value), dataset)


def _when(
    reading: Reading, then: exp.Expr | None, dataset: Dataset, target: Place, source: Place, scope: Scope
) -> Iterator[Field]:
    if isinstance(then, exp.Update):
        assigned = then.args.get("expressions")
        if isinstance(assigned, exp.Star) or any(isinstance(e, exp.Star) for e in then.expressions):
            yield from _by_name(reading, source, dataset)
        else:
            yield from _assigned(reading, then.expressions, dataset, target.path[-1:], scope)
        if then.args.get("where") is not None:
            decide(then.args["where"].this, scope, Subtype.FILTER)
    elif isinstance(then, exp.Insert):
        yield from _insertion(reading, then, dataset, (target, source), scope)


def _insertion(
    reading: Reading, then: exp.Expr, dataset: Dataset, places: tuple[Place, Place], scope: Scope
) -> Iterator[Field]:
    target, source = places
    if not isinstance(then.expression, exp.Tuple):
        yield from _by_name(reading, source, dataset)
        return
    columns = then.this.expressions if isinstance(then.this, exp.Tuple | exp.Schema) else None
    values = then.expression.expressions
    named = list(columns) if columns else [exp.column(c, quoted=True) for c in dataset.columns or ()]
    if len(named) != len(values):
        reading.gaps.add(COLUMN_COUNT, f"{len(values)} values for {len(named)} columns of {dataset.name}")
    for column, value in zip(named, values, strict=False):
        yield _assignment(reading, column, _value(value, scope), value, dataset, target.path[-1:])
    if then.args.get("where") is not None:
        decide(then.args["where"].this, scope, Subtype.FILTER)


def _by_name(reading: Reading, source: Place, dataset: Dataset) -> Iterator[Field]:
    """`UPDATE SET *`, `INSERT *`, `INSERT ROW`: every column of the source into the one of its name."""
    for rest in source.relation.rests:
        reading.gaps.add(rest.code, f"the columns written are {rest.detail}")
    for column in source.relation.fields:
        yield reading.checked(column, dataset)
