"""The fields of a struct, as the type in the schema writes them."""

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from clew_sql.names import Names
from clew_sql.relations import Field


class Structs:
    """Reads types of a dialect; each spelling once."""

    def __init__(self, dialect: Dialect, names: Names) -> None:
        self._dialect = dialect
        self._names = names
        self._types: dict[str, exp.DataType | None] = {}

    def fields(self, column: Field) -> list[Field]:
        """The fields of a struct, or of the structs in a list; [] if the type is unknown or has none."""
        kind = self._type(column.kind)
        while kind is not None and kind.this in (exp.DType.ARRAY, exp.DType.LIST):
            kind = next((e for e in kind.expressions if isinstance(e, exp.DataType)), None)
        if kind is None or kind.this not in exp.DataType.STRUCT_TYPES:
            return []
        return [self._field(column, each) for each in kind.expressions if isinstance(each, exp.ColumnDef)]

    def _field(self, column: Field, definition: exp.ColumnDef) -> Field:
        name = self._names.plain(definition.name)
        kind = definition.args["kind"].sql(dialect=self._dialect) if definition.args.get("kind") else ""
        flow = column.flow.within((name.text,)) if column.plain else column.flow.transformed()
        return Field(name.shown, name.key, flow, None, kind)

    def _type(self, kind: str) -> exp.DataType | None:
        if not any(bracket in kind for bracket in "(<["):
            return None
        if kind not in self._types:
            try:
                self._types[kind] = exp.DataType.build(kind, dialect=self._dialect)
            except (SqlglotError, ValueError):
                self._types[kind] = None
        return self._types[kind]
