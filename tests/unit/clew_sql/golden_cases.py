"""Golden cases: each `.sql` file under `tests/golden/sql` holds SQL with the lineage expected of it.

    -- case: what is shown
    -- dialect: duckdb
    -- table: db.schema.t (a, b, c VARCHAR)      a table of the schema; a type left out is INTEGER
    -- default: db.schema
    -- bind: name = dataset
    -- not run: why DuckDB cannot run it
    -- script: several statements, their facts each under `# KIND`
    SELECT …
    --> out db.schema.v                           every fact of the answer, one a line, in the order of the answer
    --> in db.schema.t
    --> col total <- AGGREGATION db.schema.t.b, WINDOW db.schema.t.a
    --> row FILTER db.schema.t.c presence
    --> gap unknown_column

What stands before a file's first case holds for all of its cases; the file is named after the construct that it shows.
Direct sources come before influences; `at address.city` is the path into a struct; `presence`, `masks` and a confidence
below 1 follow the source they belong to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clew_sql import Influence, Lineage, Source, column_lineage, script_lineage

FOLDER = Path(__file__).parents[2] / "golden" / "sql"


@dataclass
class Case:
    file: str
    name: str
    dialect: str = "duckdb"
    default: tuple[str | None, str | None] = (None, None)
    schema: dict[str, dict[str, str]] = field(default_factory=dict)
    bindings: dict[str, str] = field(default_factory=dict)
    sql: str = ""
    expected: list[str] = field(default_factory=list)
    runs: bool = True
    script: bool = False

    def lineage(self) -> Lineage:
        return column_lineage(self.sql, self.dialect, self.schema, *self.default, self.bindings)

    def told(self) -> list[str]:
        """What is expected to equal `expected`; of a script, `#` and the kind head each statement's facts."""
        if not self.script:
            return told(self.lineage())
        answers = script_lineage(self.sql, self.dialect, self.schema, *self.default, self.bindings)
        return [line for answer in answers for line in (f"# {answer.kind}", *told(answer))]


def _columns(text: str) -> Iterator[str]:
    """The text between the commas that stand in no bracket."""
    start = depth = 0
    for at, character in enumerate(text + ","):
        depth += (character in "(<") - (character in ")>")
        if character == "," and not depth:
            yield text[start:at]
            start = at + 1


def _table(text: str) -> tuple[str, dict[str, str]]:
    name, _, columns = text.partition("(")
    words = [column.strip().partition(" ") for column in _columns(columns.strip()[:-1])]
    return name.strip(), {column: kind or "INTEGER" for column, _, kind in words if column}


def _read(path: Path) -> Iterator[Case]:
    case: Case | None = None
    shared: list[tuple[str, str]] = []
    for line in path.read_text().splitlines():
        key, _, value = line.removeprefix("-- ").partition(": ") if line.startswith("-- ") else ("", "", "")
        if key == "case":
            if case is not None:
                yield case
            case = Case(path.stem, value)
            for known, said in shared:
                _head(case, known, said)
        elif case is None:
            shared += [(key, value)] * bool(key)
        elif not _head(case, key, value):
            if line.startswith("--> "):
                case.expected.append(line.removeprefix("--> "))
            else:
                case.sql += line + "\n"
    if case is not None:
        yield case


def _head(case: Case, key: str, value: str) -> bool:
    """Take a line of a case's head in; False if it is none."""
    if key == "dialect":
        case.dialect = value
    elif key == "default":
        db, _, schema = value.rpartition(".")
        case.default = (db or None, schema or None)
    elif key == "table":
        case.schema.update([_table(value)])
    elif key == "not run":
        case.runs = False
    elif key == "script":
        case.script = True
    elif key == "bind":
        name, _, dataset = value.partition(" = ")
        case.bindings[name] = dataset
    else:
        return False
    return True


def _source(source: Source) -> str:
    words = [source.transformation, f"{source.table}.{source.column}"]
    words += [f"at {'|'.join(source.paths)}"] * bool(source.paths)
    words += ["presence"] * source.presence + ["masks"] * source.masks
    return " ".join(words + [str(source.confidence)] * (source.confidence < 1))


def _influence(influence: Influence) -> str:
    of = f"{influence.table}.{influence.column}" if influence.column else influence.table
    return " ".join([influence.subtype, of] + ["presence"] * influence.presence)


def told(lineage: Lineage) -> list[str]:
    lines = [f"out {table}" for table in lineage.outputs]
    lines += [f"in {table}" for table in lineage.inputs]
    for column in lineage.columns:
        parts = [*map(_source, column.sources), *map(_influence, column.influences)]
        lines.append(f"col {column.name}" + (" <- " + ", ".join(parts) if parts else ""))
    lines += [f"row {_influence(influence)}" for influence in lineage.rows]
    return lines + [f"gap {code}" for code in dict.fromkeys(gap.code for gap in lineage.unresolved)]


CASES = [case for path in sorted(FOLDER.glob("*.sql")) for case in _read(path)]
