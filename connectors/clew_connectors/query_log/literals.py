"""SQL text without its literals: strings become `'?'`, numbers 0, comments go, spaces are one.

Words are told apart, nothing is parsed. What a literal says about the shape of the result stays: positions in GROUP BY
and ORDER BY, and paths into JSON such as `'$.a.b'`. Rows of VALUES and lists of IN are shortened to one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

BACKSLASH: Final = frozenset(
    "athena bigquery clickhouse databricks doris drill hive mysql redshift snowflake spark spark2".split()
)
"""Dialects in which a backslash in a string hides a quote."""
DOUBLE: Final = frozenset("bigquery databricks doris hive mysql spark spark2".split())
"""Dialects in which double quotes are around a string."""
HASH: Final = frozenset("bigquery doris mysql".split())
"""Dialects in which `#` begins a comment."""
DOLLAR: Final = frozenset("databricks duckdb materialize postgres redshift risingwave snowflake".split())
"""Dialects with strings between dollars."""

_JSON_PATH = re.compile(r"'\$[\w.\[\]*]{0,100}'")
_LITERAL = r"(?:[A-Z]+ )?'\?'|0|NULL|TRUE|FALSE"
_LIST = re.compile(rf"\bIN \((?:(?:{_LITERAL}), ?)+({_LITERAL})\)", re.IGNORECASE)
_ROWS = re.compile(
    rf"(\((?:(?:{_LITERAL})(?:, ?|(?=\))))+\))(?:, ?\((?:(?:{_LITERAL})(?:, ?|(?=\))))+\))+", re.IGNORECASE
)
_ENDS_LIST = frozenset("from having limit offset order qualify range rows select union where window".split())
_BEHIND_POSITION = frozenset("asc desc nulls first last".split())


@cache
def _words(dialect: str) -> re.Pattern[str]:
    inside = r"(?:[^'\\]|''|\\.|\\\Z)*+" if dialect in BACKSLASH else r"(?:[^']|'')*+"
    escaped = r"(?:[^'\\]|''|\\.|\\\Z)*+"
    double = r'"(?:[^"\\]|""|\\.|\\\Z)*+(?:"|\Z)'
    parts = [
        r"(?P<comment>--[^\n]*|/\*(?:.*?\*/|.*)" + (r"|\#[^\n]*)" if dialect in HASH else ")"),
        r"(?P<string>"
        + (r"\$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z)|" if dialect in DOLLAR else "")
        + (r"[rRbB]{0,2}'''.*?(?:'''|\Z)|[rRbB]{0,2}\"\"\".*?(?:\"\"\"|\Z)|" if dialect == "bigquery" else "")
        + rf"\b[eE]'{escaped}(?:'|\Z)|(?:\b(?:[rR][bB]?|[bB][rR]?|[nNxX]|[uU]&)|\b_\w+ ?)?'{inside}(?:'|\Z)"
        + (rf"|(?:\b(?:[rR][bB]?|[bB][rR]?))?{double})" if dialect in DOUBLE else ")"),
        r'(?P<quoted>"(?:[^"]|"")*+(?:"|\Z)|`[^`]*+(?:`|\Z)|(?<=[\s.,(=])\[[^\]\n\d][^\]\n]*+\])',
        r"(?P<word>[^\W\d][\w$\#@]*|[@\#:$][\w$\#@]+)",
        r"(?P<number>0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\w*|\.\d+(?:[eE][+-]?\d+)?)",
        r"(?P<space>\s+)",
        r"(?P<sign>.)",
    ]
    return re.compile("|".join(parts), re.DOTALL)


def blanked(sql: str, dialect: str) -> str:
    """Return the text without literals; time and length are linear in the length of `sql`."""
    made: list[str] = []
    places = _Positions()
    spaced = False
    for found in _words(dialect).finditer(sql):
        kind, text = found.lastgroup, found[0]
        if kind == "tag":
            kind = "string"
        if kind in ("comment", "space"):
            spaced = bool(made)
            continue
        if kind == "string":
            text = text if _JSON_PATH.fullmatch(text) else "'?'"
        elif kind == "number":
            text = text if places.counts(text) else "0"
        places.see(kind or "", text)
        if spaced:
            made.append(" ")
            spaced = False
        made.append(text)
    return _ROWS.sub(r"\1", _LIST.sub(r"IN (\1)", "".join(made)))


class _Positions:
    """Whether a number is a position in a GROUP BY or ORDER BY, told by the words before it."""

    def __init__(self) -> None:
        self._lists = [False]
        self._first = False

    def counts(self, number: str) -> bool:
        return self._lists[-1] and self._first and len(number) <= 3 and number.isdigit()

    def see(self, kind: str, text: str) -> None:
        word = text.lower() if kind == "word" else ""
        if text == "(":
            self._lists.append(False)
        elif text == ")" and len(self._lists) > 1:
            self._lists.pop()
        elif word == "by":
            self._lists[-1] = True
        elif word in _ENDS_LIST or text == ";":
            self._lists[-1] = False
        self._first = word == "by" or text == ","
