"""One statement to its lineage: which table is written, and how the query's columns map to its columns."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from clew_sql.changes import deleted, merged, on_conflict, updated
from clew_sql.effort import TooMuch
from clew_sql.errors import SqlError
from clew_sql.gaps import (
    FILE_TARGET,
    INTERNAL,
    PARSE_ERROR,
    SEVERAL_OUTPUTS,
    TEMPLATE,
    TOO_DEEP,
    TOO_LARGE,
    UNSUPPORTED_STATEMENT,
)
from clew_sql.lineage import Lineage
from clew_sql.objects import (
    ASIDE,
    WITHOUT_DATA,
    altered,
    aside,
    cloned,
    commanded,
    copied,
    declared,
    dropped,
    executed,
    gap,
    renamed,
    truncated,
    used,
    without_partitions,
)
from clew_sql.parse import Routine, Statement
from clew_sql.reading import Reading, Surroundings, is_temporary
from clew_sql.routines import body_of

__all__ = ["Reader", "Surroundings"]


_MOST_GUESSES = 50
"""Templates that each statement of a text says were guessed."""


class Reader:
    """Reads the statements of one text in order; a table that one makes is known to the next."""

    def __init__(self, dialect: Dialect, name: str, around: Surroundings, guessed: Sequence[str] = ()) -> None:
        self._reading = Reading(dialect, name, around)
        more = len(guessed) - _MOST_GUESSES
        self._guessed = [*guessed[:_MOST_GUESSES], *([f"and {more} more"] if more > 0 else [])]

    def lineages(self, statement: Statement) -> list[Lineage]:
        """One for each table written; what stands in a routine, statement by statement. Never raises."""
        if isinstance(statement, SqlError):
            return [self.failed(PARSE_ERROR, str(statement))]
        if isinstance(statement, Routine):
            return self._routine(statement)
        self._begin()
        try:
            found = self._read(statement)
        except SqlError as error:
            found = [self.failed(PARSE_ERROR, str(error), kind(statement))]
        except RecursionError:
            found = [self.failed(TOO_DEEP, "nested too deeply to be followed", kind(statement))]
        except TooMuch as error:
            found = [self.failed(TOO_LARGE, str(error), kind(statement))]
        except Exception as error:
            found = [self.failed(INTERNAL, f"{type(error).__name__}: {error}", kind(statement))]
        body = body_of(statement, self._reading)
        return found if body is None else self._routine(body)

    def lineage(self, statement: Statement) -> Lineage:
        """The lineage of a statement as one; a statement that writes several tables says so."""
        found = self.lineages(statement)
        return found[0] if len(found) == 1 else _together(found)

    def failed(self, code: str, detail: str, what: str = "") -> Lineage:
        """The lineage of a statement that could not be read at all."""
        self._begin()
        self._reading.gaps.add(code, detail)
        return self._reading.empty(what)

    def _begin(self) -> None:
        self._reading.gaps.clear()
        self._reading.effort.begin()
        for each in self._guessed:
            self._reading.gaps.add(TEMPLATE, each)

    def _routine(self, routine: Routine) -> list[Lineage]:
        """The statements of a body in order; what the body has that is no plain statement is said."""
        before = self._reading.in_routine
        self._reading.in_routine = True
        found = [each for statement in routine.statements for each in self.lineages(statement)]
        self._reading.in_routine = before
        found = [each for each in found if each.inputs or each.outputs or each.unresolved]
        if routine.reasons:
            self._begin()
            for code, detail in routine.reasons:
                self._reading.gaps.add(code, detail)
            found.append(self._reading.empty(routine.kind))
        return found or [self._reading.empty(routine.kind)]

    def _read(self, tree: exp.Expr) -> list[Lineage]:
        read = next((read for kind_, read in STATEMENTS if isinstance(tree, kind_)), _unsupported)
        return read(self._reading, tree)


def _together(found: list[Lineage]) -> Lineage:
    """Several writes as one answer: their columns one after another, repeated names numbered."""
    outputs = tuple(sorted({output for each in found for output in each.outputs}))
    gaps = list(dict.fromkeys(gap for each in found for gap in each.unresolved))
    if len(outputs) > 1:
        gaps.append(gap(SEVERAL_OUTPUTS, f"columns of {', '.join(outputs)} in one row; a script tells them apart"))
    seen: dict[str, int] = {}
    columns = []
    for column in (column for each in found for column in each.columns):
        plain = column.name.split("#")[0]
        seen[plain] = seen.get(plain, 0) + 1
        columns.append(renamed(column, plain if seen[plain] == 1 else f"{plain}#{seen[plain]}"))
    inputs = tuple(sorted({table for each in found for table in each.inputs}))
    rows = tuple(dict.fromkeys(row for each in found for row in each.rows))
    return Lineage(found[0].kind if found else "", inputs, outputs, tuple(columns), rows, tuple(gaps))


def _unsupported(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    reading.gaps.add(UNSUPPORTED_STATEMENT, f"{kind(tree)} has no column lineage yet")
    return [reading.empty(kind(tree))]


def _query(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    into = tree.args.get("into")
    if into is not None and not reading.in_routine and isinstance(into.this, exp.Table):
        temporary = bool(into.args.get("temporary")) or is_temporary(into.this, None)
        return [_written(reading, into.this, tree, "SELECT INTO", (), temporary)]
    if reading.in_routine and into is not None and isinstance(into.this, exp.Table) and is_temporary(into.this, None):
        return [_written(reading, into.this, tree, "SELECT INTO", (), True)]
    relation = reading.relation(tree)
    return [reading.lineage("SELECT", relation, relation.fields, None)]


def _create(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    what = kind(tree)
    target = tree.this
    columns = target.expressions if isinstance(target, exp.Schema) else []
    table = target.this if isinstance(target, exp.Schema) else target
    query = tree.expression
    if isinstance(table, exp.UserDefinedFunction | exp.StoredProcedure):
        return [reading.empty(what)]
    if not isinstance(table, exp.Table):
        return [reading.empty(what)] if what in ASIDE else _unsupported(reading, tree)
    properties = tree.args.get("properties")
    temporary = is_temporary(table, properties)
    if tree.args.get("clone") is not None:
        return [cloned(reading, table, tree.args["clone"].this, what)]
    if isinstance(query, exp.Table) and reading.dialect != "clickhouse":
        return [cloned(reading, table, query, what, properties)]
    if isinstance(query, exp.Query | exp.Values | exp.Pivot | exp.Table):
        if properties is not None and (to := properties.find(exp.ToTableProperty)) is not None:
            return _inserted(reading, to.this, query, tree, None, what)
        return [_written(reading, table, query, what, columns, temporary)]
    if what not in ("CREATE TABLE", "CREATE VIEW") or query is not None:
        return _unsupported(reading, tree)
    return [declared(reading, table, columns, properties, what, temporary)]


def _written(
    reading: Reading, table: exp.Expr, query: exp.Expr, what: str, columns: Sequence[exp.Expr], temporary: bool
) -> Lineage:
    """A table or view made of a query, its columns renamed if the statement lists names."""
    dataset = reading.target(table)
    names = [reading.names.of(c.this if isinstance(c, exp.ColumnDef) else c) for c in columns]
    relation = reading.relation(query).renamed(names)
    answer = reading.lineage(what, relation, relation.fields, dataset.name, temporary)
    reading.catalog.forget(dataset.name)
    if temporary:
        reading.catalog.hold(dataset.name, relation)
    elif not relation.rests:
        reading.catalog.learn(dataset.name, [f.name for f in relation.fields])
    return answer


def _insert(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    target = tree.this
    table = target.this if isinstance(target, exp.Schema) else target
    query = tree.expression
    what = "INSERT OVERWRITE" if tree.args.get("overwrite") else "INSERT"
    if isinstance(table, exp.Directory):
        relation = reading.relation(query, tree)
        reading.gaps.add(FILE_TARGET, f"writes to {table.this.name}, which is no table")
        return [reading.lineage(what, relation, relation.fields, None)]
    if not isinstance(table, exp.Table):
        return _unsupported(reading, tree)
    if not isinstance(query, exp.Query | exp.Values | exp.Table | exp.Pivot):
        return [reading.empty(what, (reading.target(table).name,))]
    listed = target.expressions if isinstance(target, exp.Schema) else None
    return _inserted(reading, table, query, tree, listed, what)


def _inserted(
    reading: Reading, table: exp.Expr, query: exp.Expr, tree: exp.Expr, listed: Sequence[exp.Expr] | None, what: str
) -> list[Lineage]:
    dataset = reading.target(table)
    relation = reading.relation(query, tree)
    into = without_partitions(reading, table, dataset)
    fields = reading.placed(relation, into, listed, tree)
    if tree.args.get("conflict") is not None:
        relation, fields = on_conflict(reading, tree, dataset, relation, fields)
    return [reading.lineage(what, relation, fields, dataset.name)]


def _several(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """Oracle's and Snowflake's INSERT ALL, Hive's FROM … INSERT …: one answer for each table."""
    made = []
    source = tree.args["source"]
    for each in tree.expressions:
        insert = each.this if isinstance(each, exp.ConditionalInsert) else each
        made.append(_one_of_several(reading, each, insert, source))
    return made


def _one_of_several(reading: Reading, each: exp.Expr, insert: exp.Expr, source: exp.Expr) -> Lineage:
    if isinstance(insert.expression, exp.Select):
        query = insert.expression.copy()
        query.set("from_", exp.From(this=source.copy()))
    else:
        aliased = source if isinstance(source, exp.Subquery) else exp.Subquery(this=source.copy())
        values = insert.expression.expressions[0].expressions if insert.expression is not None else [exp.Star()]
        query = exp.Select(expressions=[v.copy() for v in values], from_=exp.From(this=aliased.copy()))
    if isinstance(each, exp.ConditionalInsert) and each.args.get("expression") is not None:
        query.set("where", exp.Where(this=each.args["expression"].copy()))
    target = insert.this
    table = target.this if isinstance(target, exp.Schema) else target
    listed = target.expressions if isinstance(target, exp.Schema) else None
    what = "INSERT OVERWRITE" if insert.args.get("overwrite") else "INSERT"
    return _inserted(reading, table, query, insert, listed, what)[0]


def _exported(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """BigQuery's EXPORT DATA."""
    if not isinstance(tree.this, exp.Query):
        reading.gaps.add(UNSUPPORTED_STATEMENT, "EXPORT DATA without a query")
        return [reading.empty("EXPORT")]
    relation = reading.relation(tree.this)
    reading.gaps.add(FILE_TARGET, "writes to files that no binding names")
    return [reading.lineage("EXPORT", relation, relation.fields, None)]


def kind(tree: exp.Expr) -> str:
    """The statement's name: "SELECT", "CREATE VIEW", "MERGE", …"""
    if isinstance(tree, exp.Command):
        return str(tree.this).upper()
    if isinstance(tree, exp.Create | exp.Drop | exp.Alter):
        return f"{type(tree).__name__.upper()} {tree.args.get('kind') or ''}".strip()
    return "SELECT" if isinstance(tree, exp.Query | exp.Values | exp.Pivot) else type(tree).__name__.upper()


Reads = Callable[[Reading, exp.Expr], list[Lineage]]
STATEMENTS: Final[tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], Reads], ...]] = (
    (exp.Create, _create),
    (exp.Insert, _insert),
    (exp.MultitableInserts, _several),
    (exp.Update, updated),
    (exp.Merge, merged),
    (exp.Delete, deleted),
    (exp.Copy, copied),
    (exp.Drop, dropped),
    (exp.Alter, altered),
    (exp.TruncateTable, truncated),
    (exp.Export, _exported),
    (exp.Use, used),
    (exp.Command, commanded),
    (exp.Execute, executed),
    (WITHOUT_DATA, aside),
    ((exp.Query, exp.Values, exp.Pivot), _query),
)
"""First match wins; all else is reported as unsupported."""
