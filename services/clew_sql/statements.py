"""One statement to its lineage: which table is written, and how the query's columns map to its columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from clew_sql.catalog import Catalog, Dataset, Schema
from clew_sql.flow import influences, output_column
from clew_sql.gaps import (
    COLUMN_COUNT,
    INTERNAL,
    TOO_DEEP,
    UNKNOWN_COLUMN,
    UNKNOWN_TARGET,
    UNSUPPORTED_EXPRESSION,
    UNSUPPORTED_STATEMENT,
    Gaps,
)
from clew_sql.lineage import GUESS, Lineage, OutputColumn
from clew_sql.names import Names
from clew_sql.queries import read_query, read_with
from clew_sql.relations import Field, Relation
from clew_sql.scope import Context, Scope


class Surroundings(NamedTuple):
    """What a caller knows about the names in the SQL."""

    schema: Schema
    default_db: str | None
    default_schema: str | None
    bindings: Mapping[str, str] | None


class Reader:
    """Reads the statements of one text in order; a table that one makes is known to the next."""

    def __init__(self, dialect: Dialect, name: str, around: Surroundings) -> None:
        self._dialect = name.split(",")[0].strip().lower()
        self._names = Names(dialect)
        self._gaps = Gaps()
        self._catalog = Catalog(self._names, self._gaps, *around)

    def lineage(self, tree: exp.Expr) -> Lineage:
        """Never raises: what goes wrong is in `unresolved`."""
        self._gaps.clear()
        try:
            return self._read(tree)
        except RecursionError:
            self._gaps.add(TOO_DEEP, "nested too deeply to be followed")
        except Exception as error:
            self._gaps.add(INTERNAL, f"{type(error).__name__}: {error}")
        return self._empty(_kind(tree), ())

    def failed(self, code: str, detail: str) -> Lineage:
        """The lineage of a statement that could not be read at all."""
        self._gaps.clear()
        self._gaps.add(code, detail)
        return self._empty("", ())

    def _empty(self, kind: str, outputs: tuple[str, ...]) -> Lineage:
        return Lineage(kind, (), outputs, (), (), self._gaps.all())

    def _read(self, tree: exp.Expr) -> Lineage:
        reader = next((read for kind, read in STATEMENTS if isinstance(tree, kind)), Reader._unsupported)
        return reader(self, tree)

    def _unsupported(self, tree: exp.Expr) -> Lineage:
        self._gaps.add(UNSUPPORTED_STATEMENT, f"{_kind(tree)} has no column lineage yet")
        return self._empty(_kind(tree), ())

    def _query(self, tree: exp.Expr) -> Lineage:
        into = tree.args.get("into")
        if into is not None:
            return self._written(into.this, tree, "SELECT INTO")
        relation = self._relation(tree)
        return self._lineage("SELECT", relation, relation.fields, None)

    def _create(self, tree: exp.Expr) -> Lineage:
        kind = f"CREATE {tree.args.get('kind') or ''}".strip()
        target = tree.this
        columns = target.expressions if isinstance(target, exp.Schema) else []
        table = target.this if isinstance(target, exp.Schema) else target
        query = tree.expression
        if isinstance(query, exp.Query) and isinstance(table, exp.Table):
            return self._written(table, query, kind, columns)
        if kind != "CREATE TABLE" or not isinstance(table, exp.Table) or query is not None:
            return self._unsupported(tree)
        dataset = self._target(table)
        self._catalog.learn(dataset.name, [c.name for c in columns if isinstance(c, exp.ColumnDef)])
        return self._empty(kind, (dataset.name,))

    def _written(self, table: exp.Table, query: exp.Expr, kind: str, columns: Sequence[exp.Expr] = ()) -> Lineage:
        """A table or view made of a query, its columns renamed if the statement lists names."""
        dataset = self._target(table)
        names = [self._names.of(c.this if isinstance(c, exp.ColumnDef) else c) for c in columns]
        relation = self._relation(query).renamed(names)
        if not relation.rests:
            self._catalog.learn(dataset.name, [f.name for f in relation.fields])
        return self._lineage(kind, relation, relation.fields, dataset.name)

    def _insert(self, tree: exp.Expr) -> Lineage:
        target = tree.this
        table = target.this if isinstance(target, exp.Schema) else target
        query = tree.expression
        if not isinstance(table, exp.Table):
            return self._unsupported(tree)
        dataset = self._target(table)
        if tree.args.get("conflict") is not None and tree.args["conflict"].expressions:
            self._gaps.add(UNSUPPORTED_EXPRESSION, "the assignments of ON CONFLICT DO UPDATE")
        if not isinstance(query, (exp.Query, exp.Values)):
            return self._empty("INSERT", (dataset.name,))
        relation = self._relation(query, tree)
        listed = target.expressions if isinstance(target, exp.Schema) else None
        return self._lineage("INSERT", relation, self._placed(relation, dataset, listed, tree), dataset.name)

    def _placed(
        self, relation: Relation, dataset: Dataset, listed: Sequence[exp.Expr] | None, tree: exp.Expr
    ) -> list[Field]:
        """The query's columns under the target's names: by position, or by name where the SQL says so."""
        known = {self._names.stored(c): c for c in dataset.columns or ()}
        if tree.args.get("by_name"):
            return [self._checked(f, known, dataset) for f in relation.fields]
        if listed is not None:
            names = [self._names.of(name) for name in listed]
            targets = [
                Field(n.shown, n.key, f.flow, f.expression) for n, f in zip(names, relation.fields, strict=False)
            ]
            self._count(relation, len(names), dataset, exact=True)
            return [self._checked(f, known, dataset) for f in targets]
        if dataset.columns is None:
            self._gaps.add(UNKNOWN_TARGET, f"columns of {dataset.name}: taken to be named as the query names them")
            return [f._replace(flow=f.flow.less_certain(GUESS)) for f in relation.fields]
        self._count(relation, len(dataset.columns), dataset, exact=False)
        pairs = zip(known.items(), relation.fields, strict=False)
        return [f._replace(name=name, key=key) for (key, name), f in pairs]

    def _checked(self, column: Field, known: Mapping[str, str], dataset: Dataset) -> Field:
        """Spelt as the target spells it; a target without that column is reported."""
        if not known:
            return column
        if column.key not in known:
            self._gaps.add(UNKNOWN_COLUMN, f"{column.name} is not in {dataset.name}")
        return column._replace(name=known.get(column.key, column.name))

    def _count(self, relation: Relation, expected: int, dataset: Dataset, exact: bool) -> None:
        """More values than columns is wrong; fewer only where the statement lists the columns it means."""
        given = len(relation.fields)
        if not relation.rests and (given > expected or (exact and given < expected)):
            self._gaps.add(COLUMN_COUNT, f"{given} values for {expected} columns of {dataset.name}")

    def _target(self, table: exp.Table) -> Dataset:
        return self._catalog.dataset([self._names.of(part) for part in table.parts])

    def _relation(self, query: exp.Expr, holder: exp.Expr | None = None) -> Relation:
        """Read the statement's query; `holder` is a statement with a WITH of its own in front."""
        context = Context(
            self._dialect, self._names, self._catalog, self._gaps, read_query, query.find(exp.Columns) is not None
        )
        scope = Scope(context, None, {})
        if holder is not None and holder.args.get("with_") is not None:
            read_with(holder, scope)
        return read_query(query, scope)

    def _lineage(self, kind: str, relation: Relation, fields: Sequence[Field], output: str | None) -> Lineage:
        for rest in relation.rests:
            self._gaps.add(rest.code, f"the output has {rest.detail}")
        return Lineage(
            kind,
            tuple(sorted(relation.inputs)),
            () if output is None else (output,),
            tuple(self._columns(fields)),
            influences(relation.rows),
            self._gaps.all(),
        )

    def _columns(self, fields: Sequence[Field]) -> list[OutputColumn]:
        """Public columns in order, a repeated name numbered."""
        seen: dict[str, int] = {}
        columns = []
        for column in fields:
            count = seen[column.key] = seen.get(column.key, 0) + 1
            name = f"{column.name}#{count}" if count > 1 else column.name
            columns.append(output_column(name, self._text(column), column.flow))
        return columns

    def _text(self, column: Field) -> str:
        if column.expression is None:
            return column.name
        try:
            return column.expression.sql(dialect=self._dialect, comments=False)
        except RecursionError:
            return "…"


def _kind(tree: exp.Expr) -> str:
    if isinstance(tree, exp.Command):
        return str(tree.this).upper()
    if isinstance(tree, exp.Create):
        return f"CREATE {tree.args.get('kind') or ''}".strip()
    return "SELECT" if isinstance(tree, (exp.Query, exp.Values)) else type(tree).__name__.upper()


STATEMENTS: Final[tuple[tuple[type[exp.Expr], Callable[[Reader, exp.Expr], Lineage]], ...]] = (
    (exp.Create, Reader._create),
    (exp.Insert, Reader._insert),
    (exp.Query, Reader._query),
    (exp.Values, Reader._query),
)
"""First match wins; all else is reported as unsupported."""
