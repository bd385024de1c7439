"""Rows made out of values: UNNEST, EXPLODE, FLATTEN, OPENJSON, JSON_TABLE, table functions and files."""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from clew_sql.expressions import VALUE, read
from clew_sql.flow import TRANSFORMED, Flow
from clew_sql.functions import is_connection, is_file_reader
from clew_sql.gaps import FILE_SOURCE, TABLE_FUNCTION
from clew_sql.names import Name
from clew_sql.paths import spelt_out
from clew_sql.relations import Field, Relation, Rest, sourceless
from clew_sql.scope import Scope

FLATTENED: Final = ("SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS")
"""What Snowflake's FLATTEN returns; SEQ and INDEX only count."""

EXPLODES: Final = (exp.Explode, exp.Posexplode, exp.Inline)
POSITIONED: Final = (exp.Posexplode, exp.PosexplodeOuter)

SERIES: Final[dict[type[exp.Expr], Callable[[exp.Expr], str]]] = {
    exp.GenerateSeries: lambda node: "range" if node.args.get("is_end_exclusive") else "generate_series",
    exp.ExplodingGenerateSeries: lambda node: "generate_series",
    exp.GenerateDateArray: lambda node: "unnest",
}
"""Table functions of one column, with the name it has if no alias says otherwise."""


def unnested(unnest: exp.Expr, holder: exp.Expr, scope: Scope) -> Relation:
    """One column for each list, and one for WITH ORDINALITY or OFFSET, which has no source. `holder` has the alias."""
    fields = [_elements(argument, holder, scope) for argument in unnest.expressions]
    structs = _fields_of_structs(unnest, holder, fields, scope)
    offset = unnest.args.get("offset")
    counted = []
    if offset:
        plain = "offset" if scope.context.dialect == "bigquery" else "ordinality"
        name = scope.context.names.of(offset) if isinstance(offset, exp.Expr) else scope.context.names.plain(plain)
        counted.append(Field(name.shown, name.key, Flow()))
    return Relation((structs or fields) + counted, catch=fields[0] if len(fields) == 1 else None)


def _elements(argument: exp.Expr, holder: exp.Expr, scope: Scope) -> Field:
    """The elements of a list: a path into the column where it is a plain one."""
    name = _alias_name(holder, scope) or scope.context.names.plain("unnest")
    if not isinstance(argument, (exp.Column, exp.Dot)):
        return Field(name.shown, name.key, _made_of([argument], scope), argument)
    flow = Flow()
    read(argument, scope, flow)
    return Field(name.shown, name.key, flow.within(("[]",)))


def _fields_of_structs(unnest: exp.Expr, holder: exp.Expr, elements: list[Field], scope: Scope) -> list[Field]:
    """BigQuery and Trino make one column of each field where a list's type says that it holds structs."""
    argument = unnest.expressions[0] if len(unnest.expressions) == 1 else None
    if scope.context.dialect not in ("bigquery", "trino", "presto") or not isinstance(argument, exp.Column):
        return []
    if scope.context.dialect == "bigquery" and _alias_columns(holder):
        # the alias names the element, and its fields are behind a dot
        return []
    stored = scope.column([scope.context.names.of(part) for part in argument.parts])
    return [] if stored is None else scope.context.structs.fields(elements[0]._replace(kind=stored.kind))


def lateral(node: exp.Expr, scope: Scope) -> Relation:
    inner = node.this
    if isinstance(inner, exp.Subquery):
        return scope.context.query(inner, scope.inside())
    return unnested(inner, node, scope) if isinstance(inner, exp.Unnest) else function(node, inner, scope)


def function(node: exp.Expr, called: exp.Expr, scope: Scope) -> Relation:
    """A table function's columns are made of its arguments."""
    if is_file_reader(called):
        return file(_path_of(called), scope)
    if is_connection(called):
        return file(f"{called.name}(…)", scope)
    if isinstance(called, exp.Var):
        return file(called.name, scope)
    if isinstance(called, EXPLODES):
        return _exploded(node, called, scope)
    defined = _defined(called, scope)
    if defined is not None:
        return defined
    flow = _made_of(_arguments(called), scope)
    series = SERIES.get(type(called))
    if series is not None:
        name = _alias_name(node, scope) or scope.context.names.plain(series(called))
        return Relation([Field(name.shown, name.key, flow)], catch=Field("", "", flow))
    columns = _alias_columns(node)
    if columns:
        return Relation([Field("", "", flow, called) for _ in columns])
    detail = f"columns of {called.sql(dialect=scope.context.dialect)}"
    rest = Rest(lambda name: Field(name.shown, name.key, flow), TABLE_FUNCTION, detail)
    return Relation([], (rest,))


def file(path: str, scope: Scope) -> Relation:
    """A file or stage is a dataset only if a binding says which."""
    dataset = scope.context.catalog.bound(path)
    if dataset is not None:
        return scope.context.catalog.relation(dataset)
    scope.context.gaps.add(FILE_SOURCE, f"reads {path}, which no binding names")
    return Relation([], (Rest(sourceless, FILE_SOURCE, f"columns of {path}"),))


def _exploded(node: exp.Expr, called: exp.Expr, scope: Scope) -> Relation:
    """EXPLODE gives `col`, or `key` and `value` of a map; POSEXPLODE a position before; FLATTEN its six columns."""
    names = scope.context.names
    arguments = [argument for argument in _arguments(called) if not isinstance(argument, (exp.Boolean, exp.Var))]
    element = _elements(arguments[0], node, scope) if arguments else Field("", "", Flow())
    if scope.context.dialect == "snowflake":
        return _flattened(arguments, element, scope)
    count = len(_alias_columns(node))
    before = [Field("pos", names.stored("pos"), Flow())] if isinstance(called, POSITIONED) else []
    plain = "col" if scope.context.dialect in ("spark", "databricks", "hive") else element.name
    width = max(1, count - len(before))
    if isinstance(called, exp.Inline) and not count:
        structs = scope.context.structs.fields(element)
        return Relation(structs or [element], catch=element)
    shown = ("key", "value") if width == 2 else (plain,) * width
    return Relation([*before, *(element._replace(name=n, key=names.stored(n)) for n in shown)], catch=element)


def _flattened(arguments: list[exp.Expr], element: Field, scope: Scope) -> Relation:
    whole = _made_of(arguments[:1], scope)
    flows = {"VALUE": element.flow, "THIS": whole, "KEY": whole, "PATH": whole}
    made = [Field(n, n, flows.get(n, Flow()), None if n == "VALUE" else exp.Null()) for n in FLATTENED]
    return Relation(made)


def _defined(called: exp.Expr, scope: Scope) -> Relation | None:
    """OPENJSON … WITH, JSON_TABLE, XMLTABLE: each column has its own path into the argument."""
    definitions = _definitions(called)
    argument = called.this if isinstance(called, (exp.OpenJSON, exp.JSONTable)) else None
    if isinstance(called, exp.XMLTable):
        argument = next(iter(called.args.get("passing") or ()), None)
    if not definitions or argument is None:
        return None
    flow = Flow()
    read(argument, scope, flow)
    base = spelt_out(called.args["path"].name) if isinstance(called.args.get("path"), exp.Literal) else []
    plain = isinstance(argument, (exp.Column, exp.Dot))
    fields = []
    for definition in definitions:
        name = scope.context.names.of(definition.this)
        path = definition.args.get("path")
        steps = [*base, *(spelt_out(path.name) if isinstance(path, exp.Literal) else [name.text])]
        counts = definition.args.get("ordinality")
        made = Flow() if counts else flow.within(tuple(steps)) if plain else flow.transformed()
        fields.append(Field(name.shown, name.key, made))
    return Relation(fields)


def _definitions(called: exp.Expr) -> list[exp.Expr]:
    if isinstance(called, exp.OpenJSON):
        return list(called.expressions)
    if isinstance(called, exp.JSONTable):
        return [column for column in _flat(called.args["schema"]) if isinstance(column.this, exp.Expr)]
    if isinstance(called, exp.XMLTable):
        return [column for column in called.args.get("columns") or () if isinstance(column, exp.ColumnDef)]
    return []


def _flat(schema: exp.Expr) -> list[exp.Expr]:
    """The columns of a JSON_TABLE, those of NESTED ones in their place."""
    columns: list[exp.Expr] = []
    for each in schema.expressions:
        nested = each.args.get("nested_schema")
        columns += _flat(nested) if nested is not None else [each]
    return columns


def _alias_columns(node: exp.Expr) -> list[exp.Expr]:
    alias = node.args.get("alias")
    return list(alias.args.get("columns") or ()) if isinstance(alias, exp.TableAlias) else []


def _alias_name(node: exp.Expr, scope: Scope) -> Name | None:
    """BigQuery writes the alias of an UNNEST as a column's."""
    alias = node.args.get("alias")
    if not isinstance(alias, exp.TableAlias):
        return None
    if alias.this is not None:
        return scope.context.names.of(alias.this)
    columns = alias.args.get("columns") or ()
    return scope.context.names.of(columns[0]) if scope.context.dialect == "bigquery" and columns else None


def _made_of(arguments: list[exp.Expr], scope: Scope) -> Flow:
    flow = Flow()
    for argument in arguments:
        read(argument, scope, flow, VALUE.at_least(TRANSFORMED))
    return flow


def _arguments(called: exp.Expr) -> list[exp.Expr]:
    """The values of the arguments; a name given as `name = value` or `name => value` is no comparison."""
    return [
        a.expression if isinstance(a, exp.Kwarg) or (isinstance(a, exp.EQ) and isinstance(a.this, exp.Column)) else a
        for a in called.iter_expressions()
    ]


def _path_of(called: exp.Expr) -> str:
    literal = called.find(exp.Literal)
    return literal.name if literal is not None else called.sql()
