"""SQL among the strings of Python code, by how it begins. Pure; nothing is run, and no SQL is parsed.

Strings that are put together where they stand are one text: neighbours, sums of literals, f-strings, `.format` and `%`.
What is filled in at run time becomes `{{ expression }}`, parameters of the database API become `?`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from clew_connectors.sql_in_code.records import Place
from clew_schemas.errors import BadInput

Found = tuple[str, Place]

MOST_CHARACTERS: Final = 200_000
_COMMENTS: Final = r"\A(?:\s++|--[^\n]*+|/\*.*?\*/|\()*+"
_BEGINS: Final = re.compile(
    _COMMENTS + r"(?:"
    r"SELECT\b.*?\bFROM\b"
    r"|WITH\s+(?:RECURSIVE\s+)?[\w\"`\[\]{}. ]+?(?:\([^)]*\)\s*)?\s*AS\s*(?:(?:NOT\s+)?MATERIALIZED\s*)?\("
    r"|INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?(?:INTO|OVERWRITE)\s+\S"
    r"|REPLACE\s+INTO\s+\S|UPDATE\s+\S+\s+(?:\S+\s+)?SET\b|DELETE\s+FROM\s+\S|MERGE\s+INTO\s+\S"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:\w+\s+){0,3}?(?:TABLE|VIEW)\s+\S"
    r"|(?:DROP|ALTER|TRUNCATE)\s+TABLE\s+\S|COPY\s+INTO\s+\S|COPY\s+\S+\s+(?:FROM|TO)\b"
    r")",
    re.IGNORECASE | re.DOTALL,
)
_SHOUTED: Final = re.compile(
    _COMMENTS + r"(?:SELECT|WITH|INSERT|REPLACE|UPDATE|DELETE|MERGE|CREATE|DROP|ALTER|TRUNCATE|COPY)\b", re.DOTALL
)
_CALLS: Final = re.compile(
    r"execute|executemany|executescript|query|sql|read_sql|read_sql_query|run_query|text|raw|fetch\w*|"
    r"get_pandas_df|get_records|get_first|\w*sql\w*|\w*query\w*",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(r"sql|query|statement|stmt|ddl|dml|select|insert", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"('(?:[^']|'')*')|%(?:\((\w+)\))?s\b")
_FIELD: Final = re.compile(r"\{(\w*)(?:[!:][^{}]*)?\}")
_MAGIC: Final = re.compile(r"\A\s*%%(?:sql|bigquery|snowflake|postgres|duckdb|sparksql)\b[^\n]*\n", re.IGNORECASE)
_LINE_MAGIC: Final = re.compile(r"^(\s*)(?:[\w, ]+=\s*)?%(?:sql|sparksql)\s+(.+)$", re.IGNORECASE | re.MULTILINE)
_OTHER_MAGIC: Final = re.compile(r"^(\s*)[%!?].*$", re.MULTILINE)


def in_python(source: str, file: str, cell: int | None = None) -> Iterator[Found]:
    """Yield the SQL in Python source, in order; raise BadInput for what is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        where = f"{file}, {'' if cell is None else f'cell {cell}, '}line {line or 1}"
        raise BadInput(f"not Python: {said}", where=where, hint="Is it written for another version?") from error
    yield from _Strings(file, cell).found(tree)


def in_notebook(data: str, file: str) -> Iterator[Found | BadInput]:
    """Yield the SQL of a notebook's cells: of Python, and of cells and lines that a magic says are SQL.

    A cell that can't be read comes as the reason. Raises BadInput for what is no notebook.
    """
    try:
        cells = json.loads(data)["cells"]
        sources = [(number, _source(each)) for number, each in enumerate(cells, 1) if each["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput("not a notebook", where=file, hint="Version 4 of the format is read") from error
    for number, source in sources:
        magic = _MAGIC.match(source)
        if magic:
            body = source[magic.end() :]
            yield body, Place(file, "", 2, 1, number)
            continue
        for line in _LINE_MAGIC.finditer(source):
            yield line[2].strip(), Place(file, "", source.count("\n", 0, line.start(2)) + 1, 1, number)
        if source.lstrip().startswith("%%"):
            continue
        try:
            yield from in_python(_OTHER_MAGIC.sub(r"\1pass", _LINE_MAGIC.sub(r"\1pass", source)), file, number)
        except BadInput as error:
            yield error


def _source(cell: Any) -> str:
    said = cell["source"]
    return said if isinstance(said, str) else "".join(said)


class _Strings:
    """A walk over a tree in the order of the text, that knows which function it is in."""

    def __init__(self, file: str, cell: int | None) -> None:
        self._file = file
        self._cell = cell

    def found(self, tree: ast.AST) -> Iterator[Found]:
        stack: list[tuple[ast.AST, str, bool]] = [(tree, "", False)]
        while stack:
            node, inside, likely = stack.pop()
            text = _text(node)
            if text is not None:
                assert isinstance(node, ast.expr)
                if reads_as_sql(text, likely):
                    yield text, Place(self._file, inside, node.lineno, node.col_offset + 1, self._cell)
                continue
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inside = f"{inside}.{node.name}" if inside else node.name
            children = [child for child in ast.iter_child_nodes(node) if not _is_prose(child)]
            stack.extend((child, inside, _likely(node, child)) for child in reversed(children))


def _is_prose(node: ast.AST) -> bool:
    """A string that stands as a statement: documentation."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _likely(node: ast.AST, child: ast.AST) -> bool:
    """Whether what stands here is SQL by the name that it is given or handed to."""
    if isinstance(node, ast.Call) and child is not node.func:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return _CALLS.fullmatch(name) is not None
    if isinstance(node, ast.keyword):
        return _NAMED.search(node.arg or "") is not None
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(_NAMED.search(getattr(each, "id", getattr(each, "attr", ""))) for each in targets)
    return False


def reads_as_sql(text: str, likely: bool = False) -> bool:
    """Whether a text begins as SQL does. Prose may too: so it is in capitals, over several lines, or `likely`."""
    if len(text) > MOST_CHARACTERS or not _BEGINS.match(text):
        return False
    return likely or _SHOUTED.match(text) is not None or "\n" in text.strip()


def _text(node: ast.AST) -> str | None:
    """The text that an expression makes, as far as it stands in the code; None for any other expression."""
    raw = _raw(node)
    if raw is None:
        return None
    return _PARAMETER.sub(lambda found: found[1] or "?", raw).strip()


def _raw(node: ast.AST, depth: int = 0) -> str | None:
    if depth > 100:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(each) for each in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _raw(node.left, depth + 1), _raw(node.right, depth + 1)
        if left is None and right is None:
            return None
        return (_filled(node.left) if left is None else left) + (_filled(node.right) if right is None else right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _raw(node.left, depth + 1)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _called(node, node.func, depth)
    return None


def _called(node: ast.Call, function: ast.Attribute, depth: int) -> str | None:
    text = _raw(function.value, depth + 1) if isinstance(function.value, ast.Constant | ast.JoinedStr) else None
    if text is None:
        return None
    if function.attr == "format":
        return _FIELD.sub(lambda found: f"{{{{ {found[1] or 'value'} }}}}", text)
    return text if function.attr in ("strip", "lstrip", "rstrip") and not node.args else None


def _part(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return _filled(node.value) if isinstance(node, ast.FormattedValue) else ""


def _filled(node: ast.AST) -> str:
    """What stands for a value of run time: the name of it, where it is a plain one."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else "value"
    return f"{{{{ {name} }}}}"
