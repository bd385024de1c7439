"""What reading any statement takes: its target, its query, and the answer put together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from clew_sql.catalog import Catalog, Dataset, Schema
from clew_sql.effort import Effort
from clew_sql.errors import SqlError
from clew_sql.flow import Flow, Indirect, influences, output_column
from clew_sql.gaps import COLUMN_COUNT, UNKNOWN_COLUMN, UNKNOWN_TARGET, Gaps
from clew_sql.lineage import GUESS, Lineage, OutputColumn
from clew_sql.names import Listed, Names
from clew_sql.queries import read_query, read_with
from clew_sql.relations import Field, Relation
from clew_sql.scope import Context, Scope
from clew_sql.structs import Structs

_OF_OUTPUT, _CHARACTERS = 2, 20
"""Steps for a fact of the answer, and characters of it for a step."""

TEMPORARY = (exp.TemporaryProperty, exp.VolatileProperty, exp.GlobalProperty)


class Surroundings(NamedTuple):
    """What a caller knows about the names in the SQL."""

    schema: Schema
    default_db: str | None
    default_schema: str | None
    bindings: Mapping[str, str] | None


class Reading:
    """One text being read: names, tables made so far, gaps of the statement at hand.

    `in_routine` says that the statement stands in a procedure, where `SELECT … INTO` fills a variable.
    """

    def __init__(self, dialect: Dialect, name: str, around: Surroundings) -> None:
        self.parsed = dialect
        self.dialect = name.split(",")[0].strip().lower()
        self.names = Names(dialect, self.dialect)
        self.gaps = Gaps()
        self.effort = Effort()
        self.catalog = Catalog(self.names, self.gaps, self.effort, *around)
        self.in_routine = False
        self._target: tuple[tuple[str, ...] | None, Listed] | None = None
        self._structs = Structs(dialect, self.names)

    def target(self, table: exp.Expr | None) -> Dataset:
        """The dataset that a statement writes. Raises `SqlError` where no table stands, which sqlglot lets pass."""
        if not isinstance(table, exp.Table):
            raise SqlError("cannot parse: no table is named where one is written")
        return self.catalog.dataset([self.names.of(part) for part in table.parts])

    def scope(self, query: exp.Expr, holder: exp.Expr | None = None) -> Scope:
        """A scope for a statement's query; `holder` is a statement with a WITH of its own in front."""
        expands = query.find(exp.Columns) is not None
        context = Context(
            self.dialect, self.names, self.catalog, self.gaps, self.effort, read_query, expands, self._structs
        )
        scope = Scope(context, None, {})
        if holder is not None and holder.args.get("with_") is not None:
            read_with(holder, scope)
        return scope

    def relation(self, query: exp.Expr, holder: exp.Expr | None = None) -> Relation:
        return read_query(query, self.scope(query, holder))

    def empty(self, kind: str, outputs: tuple[str, ...] = (), inputs: tuple[str, ...] = ()) -> Lineage:
        return Lineage(kind, inputs, outputs, (), (), self.gaps.all())

    def lineage(
        self, kind: str, relation: Relation, fields: Sequence[Field], output: str | None, temporary: bool = False
    ) -> Lineage:
        """The answer for a relation that becomes `output`, its columns named by `fields`."""
        for rest in relation.rests:
            self.gaps.add(rest.code, f"the output has {rest.detail}")
        if output is not None and not temporary and self.catalog.held(output) is not None:
            self._into_held(output, relation, fields)
            temporary = True
        outputs = () if output is None else (output,)
        columns = tuple(self._columns(fields))
        self.effort.spend(len(relation.rows))
        inputs = tuple(sorted(relation.inputs))
        return Lineage(kind, inputs, outputs, columns, influences(relation.rows), self.gaps.all(), temporary)

    def _into_held(self, output: str, relation: Relation, fields: Sequence[Field]) -> None:
        """More was written into a temporary table: who reads it reads this too."""
        held = self.catalog.held(output)
        assert held is not None
        merged = self.merged(list(held.fields), fields)
        rows = dict(held.rows)
        rows.update(relation.rows)
        self.catalog.hold(output, Relation(merged, held.rests, rows, held.inputs | relation.inputs))

    def merged(self, fields: Sequence[Field], more: Iterable[Field]) -> list[Field]:
        """The columns of two writes into one table: what either is made of."""
        self.effort.spend(len(fields))
        by_key = {f.key: f for f in fields}
        for each in more:
            old = by_key.get(each.key)
            if old is None:
                by_key[each.key] = each
                continue
            self.effort.spend(old.flow.facts + each.flow.facts)
            flow = Flow()
            flow.take(old.flow)
            flow.take(each.flow)
            by_key[each.key] = old._replace(flow=flow, expression=old.expression or each.expression)
        return list(by_key.values())

    def placed(
        self, relation: Relation, dataset: Dataset, listed: Sequence[exp.Expr] | None, tree: exp.Expr
    ) -> list[Field]:
        """The query's columns under the target's names: by position, or by name where the SQL says so."""
        if tree.args.get("by_name"):
            return [self.checked(f, dataset) for f in relation.fields]
        if listed is not None:
            names = [self.names.of(name) for name in listed]
            targets = [
                Field(n.shown, n.key, f.flow, f.expression) for n, f in zip(names, relation.fields, strict=False)
            ]
            self.count(relation, len(names), dataset, exact=True)
            return [self.checked(f, dataset) for f in targets]
        if dataset.columns is None:
            self.gaps.add(UNKNOWN_TARGET, f"columns of {dataset.name}: taken to be named as the query names them")
            return [f._replace(flow=f.flow.less_certain(GUESS)) for f in relation.fields]
        self.count(relation, len(dataset.columns), dataset, exact=False)
        pairs = zip(self._listed(dataset).by_key.items(), relation.fields, strict=False)
        return [f._replace(name=name, key=key) for (key, name), f in pairs]

    def checked(self, column: Field, dataset: Dataset) -> Field:
        """Spelt as the target spells it; a target without that column is reported."""
        if not dataset.columns:
            return column
        listed = self._listed(dataset)
        key = listed.key_of(column.key)
        if key is None:
            self.gaps.add(UNKNOWN_COLUMN, f"{column.name} is not in {dataset.name}")
            return column
        return column._replace(name=listed.by_key[key], key=key)

    def _listed(self, dataset: Dataset) -> Listed:
        """The columns of a target by their keys; those of the target that was asked for last are kept."""
        if self._target is None or self._target[0] is not dataset.columns:
            self.effort.spend(len(dataset.columns or ()))
            self._target = dataset.columns, Listed(self.names, dataset.columns or ())
        return self._target[1]

    def count(self, relation: Relation, expected: int, dataset: Dataset, exact: bool) -> None:
        """More values than columns is wrong; fewer only where the statement lists the columns it means."""
        given = len(relation.fields)
        if not relation.rests and (given > expected or (exact and given < expected)):
            self.gaps.add(COLUMN_COUNT, f"{given} values for {expected} columns of {dataset.name}")

    def _columns(self, fields: Sequence[Field]) -> list[OutputColumn]:
        """Public columns in order, a repeated name numbered."""
        seen: dict[str, int] = {}
        texts: dict[int, str] = {}
        columns = []
        for column in fields:
            count = seen[column.key] = seen.get(column.key, 0) + 1
            name = f"{column.name}#{count}" if count > 1 else column.name
            if (text := texts.get(id(column.expression))) is None or column.expression is None:
                text = texts[id(column.expression)] = self._text(column)
            self.effort.spend(_OF_OUTPUT * column.flow.facts + len(text) // _CHARACTERS)
            columns.append(output_column(name, text, column.flow))
        return columns

    def _text(self, column: Field) -> str:
        if column.expression is None:
            return column.name
        try:
            # a plain reference is written as it is; all else is copied, since writing may change the tree
            plain = isinstance(column.expression, exp.Column)
            return column.expression.sql(dialect=self.dialect, comments=False, copy=not plain)
        except (RecursionError, ValueError):  # sqlglot can read some paths into JSON that it can't write
            return "…"


def is_temporary(table: exp.Expr, properties: exp.Expr | None) -> bool:
    """Whether a CREATE or SELECT INTO makes a table that ends with the session."""
    name = table.this
    if isinstance(name, exp.Identifier) and name.args.get("temporary"):
        return True
    return properties is not None and any(isinstance(each, TEMPORARY) for each in properties.expressions)


def named_in(fields: Iterable[Field], rows: Indirect) -> set[str]:
    """The tables that columns and rows come from."""
    found = {table for table, _, _ in rows}
    for field in fields:
        found |= {table for table, _ in field.flow.direct} | {table for table, _, _ in field.flow.indirect}
    return found
