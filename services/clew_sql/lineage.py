"""The answer: where each output column comes from, and what decides the output's rows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Transformation(StrEnum):
    """How a source's value reaches an output column; along a path the later member wins."""

    IDENTITY = "IDENTITY"
    TRANSFORMATION = "TRANSFORMATION"
    AGGREGATION = "AGGREGATION"


class Subtype(StrEnum):
    """How a column influences without being the value.

    JOIN, FILTER, GROUP_BY and SORT decide about rows; WINDOW and CONDITIONAL about one output column.
    """

    JOIN = "JOIN"
    FILTER = "FILTER"
    GROUP_BY = "GROUP_BY"
    SORT = "SORT"
    WINDOW = "WINDOW"
    CONDITIONAL = "CONDITIONAL"


CERTAIN: Final = 1.0
"""Found in a known schema."""
ONLY_CHOICE: Final = 0.7
"""The schema is not known, but no other table could have the column."""
GUESS: Final = 0.4
"""Another reading is possible: matched by name under stars over unknown tables, a name that the query around has too,
or a target whose columns are not known."""


@dataclass(frozen=True, slots=True)
class Source:
    """A column whose value reaches the output column.

    `presence`: only whether it is null matters, as in `count(x)`. `masks`: it gets there through a hash only.
    `paths`: the fields within a struct or JSON value that are read (`address.city`, `[0].price`), sorted; empty if
    it is the whole column.
    """

    table: str
    column: str
    transformation: Transformation
    confidence: float
    presence: bool
    masks: bool
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Influence:
    """A column, or with `column` None the mere rows of a table, that decides without being the value."""

    table: str
    column: str | None
    subtype: Subtype
    presence: bool


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of the result; `name` is unique in the result (a repeated one is `name#2`).

    `expression` is the SQL that makes the value, read through plain references; `sources` and `influences` are
    sorted; the only subtypes among `influences` are WINDOW and CONDITIONAL.
    """

    name: str
    expression: str
    sources: tuple[Source, ...]
    influences: tuple[Influence, ...]

    @property
    def masks(self) -> bool:
        """Every value that reaches the column does so through a hash."""
        return bool(self.sources) and all(source.masks for source in self.sources)

    @property
    def confidence(self) -> float:
        """The level of the least certain source; a column without sources is certain to have none."""
        return min((source.confidence for source in self.sources), default=CERTAIN)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Something the lineage leaves out: a stable `code` (see `gaps.py`) and a sentence for a reader."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """The lineage of one statement.

    `inputs` (all that is read) and `outputs` are table names, sorted; a written table is an input where its own columns
    are read too. `columns` keeps the order of the result. `rows` holds what decides the output's rows beyond the fact
    that rows of every input flow to rows of the output. `kind` names the statement ("SELECT", "CREATE VIEW", "INSERT",
    "MERGE", …). `temporary`: the output is gone when the session ends.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    columns: tuple[OutputColumn, ...]
    rows: tuple[Influence, ...]
    unresolved: tuple[Unresolved, ...]
    temporary: bool = False

    def to_dict(self) -> dict[str, object]:
        """`{"inputs": [table], "outputs": [table], "columns": {column: [[table, column], …]}}`, direct sources only."""
        columns = {c.name: [[s.table, s.column] for s in c.sources] for c in self.columns}
        return {"inputs": list(self.inputs), "outputs": list(self.outputs), "columns": columns}
