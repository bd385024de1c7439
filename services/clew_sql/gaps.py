"""Why part of a statement's lineage is missing: the stable reason codes and the list they are gathered in."""

from typing import Final

from clew_sql.lineage import Unresolved

AMBIGUOUS_COLUMN: Final = "ambiguous_column"
AMBIGUOUS_TABLE: Final = "ambiguous_table"
COLUMN_COUNT: Final = "column_count"
DYNAMIC_SQL: Final = "dynamic_sql"
FILE_SOURCE: Final = "file_source"
FILE_TARGET: Final = "file_target"
INTERNAL: Final = "internal"
PARSE_ERROR: Final = "parse_error"
ROUTINE: Final = "routine"
SEVERAL_OUTPUTS: Final = "several_outputs"
TABLE_FUNCTION: Final = "table_function"
TEMPLATE: Final = "template"
TOO_DEEP: Final = "too_deep"
TOO_LARGE: Final = "too_large"
UNKNOWN_COLUMN: Final = "unknown_column"
UNKNOWN_RELATION: Final = "unknown_relation"
UNKNOWN_TABLE: Final = "unknown_table"
UNKNOWN_TARGET: Final = "unknown_target"
UNSUPPORTED_EXPRESSION: Final = "unsupported_expression"
UNSUPPORTED_QUERY: Final = "unsupported_query"
UNSUPPORTED_STATEMENT: Final = "unsupported_statement"


MOST_DETAIL: Final = 1000
"""Characters of a detail. Names may be of any length, and stand in many of them."""


class Gaps:
    """Gathers gaps in the order met, each once."""

    def __init__(self) -> None:
        self._met: dict[Unresolved, None] = {}

    def add(self, code: str, detail: str) -> None:
        self._met[Unresolved(code, detail if len(detail) <= MOST_DETAIL else f"{detail[: MOST_DETAIL - 1]}…")] = None

    def clear(self) -> None:
        self._met.clear()

    def all(self) -> tuple[Unresolved, ...]:
        return tuple(self._met)
