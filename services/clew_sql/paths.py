"""Paths into structs and JSON values, as far as the SQL writes them out. Elements are counted from 0."""

import re
from typing import Final

from sqlglot import exp

EXTRACTS: Final[tuple[type[exp.Expr], ...]] = (
    exp.Bracket,
    exp.JSONExtract,
    exp.JSONExtractScalar,
    exp.JSONBExtract,
    exp.JSONBExtractScalar,
)
STEPS: Final = re.compile(r"\[(\d+|\*)\]|\[?[\"']([^\"']+)[\"']\]?|([^.\[\]\"'$]+)")


def steps_of(node: exp.Expr) -> tuple[list[str], list[exp.Expr]]:
    """The steps that one extraction takes, and what it computes them from where it does."""
    if isinstance(node, exp.Dot):
        return [node.expression.name], []
    keys = node.expressions if isinstance(node, exp.Bracket) else [node.expression, *node.expressions]
    steps: list[str] = []
    computed: list[exp.Expr] = []
    for key in keys:
        if isinstance(key, exp.JSONPath):
            steps += _of_json_path(key)
        elif isinstance(key, exp.Literal):
            steps += _of_literal(key, int(node.args.get("offset") or 0))
        elif isinstance(key, exp.Expr):  # none where sqlglot lets an argument be missing
            steps.append("[]")
            computed.append(key)
    return steps, computed


def spelt_out(path: str) -> list[str]:
    """The steps of a JSON path in text, such as `$.a[0].b`."""
    return [f"[{index}]" if index else quoted or plain for index, quoted, plain in STEPS.findall(path)]


def _of_literal(key: exp.Literal, first: int) -> list[str]:
    if not key.is_string:
        return [f"[{int(key.name) - first if key.is_int else key.name}]"]
    return spelt_out(key.name) if key.name.startswith("$") else [key.name]


def _of_json_path(path: exp.JSONPath) -> list[str]:
    steps = []
    for part in path.expressions:
        if isinstance(part, exp.JSONPathKey):
            steps.append(str(part.this))
        elif not isinstance(part, exp.JSONPathRoot):
            index = part.this if isinstance(part, exp.JSONPathSubscript) else ""
            steps.append(f"[{index if isinstance(index, (int, str)) else ''}]")
    return steps
