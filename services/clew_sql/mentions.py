"""The tables that a text names, by its words alone: for text that does not parse, and to fetch schemas ahead."""

from collections.abc import Iterator
from typing import Final

from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

from clew_sql.errors import SqlError
from clew_sql.parse import tokens_of

BEFORE: Final = frozenset("FROM INTO JOIN TABLE UPDATE USING VIEW MERGE WITH EXISTS OVERWRITE STRAIGHT_JOIN".split())
"""Words behind which a table may stand; `TABLE IF NOT EXISTS t` ends in one too."""
NAMES: Final = (TokenType.VAR, TokenType.IDENTIFIER)
MOST: Final = 200


def tables_mentioned(sql: str, dialect: Dialect) -> tuple[str, ...]:
    """The dotted names that stand where tables do, as written, each once and at most 200; CTEs are among them."""
    try:
        tokens = tokens_of(sql, dialect)
    except SqlError:
        tokens = _by_lines(sql, dialect)
    found: dict[str, None] = {}
    for name in _names(tokens):
        found[name] = None
        if len(found) == MOST:
            break
    return tuple(found)


def _by_lines(sql: str, dialect: Dialect) -> list[Token]:
    """The words of those lines that can be cut into words by themselves, of others those up to the first quote."""
    tokens: list[Token] = []
    for line in sql.splitlines()[:10_000]:
        for part in (line, line.partition("'")[0]):
            try:
                tokens += tokens_of(part, dialect)
                break
            except SqlError:
                continue
    return tokens


def _names(tokens: list[Token]) -> Iterator[str]:
    at, listed = 0, False
    while at < len(tokens):
        word = tokens[at].text.upper()
        plain = tokens[at].token_type != TokenType.IDENTIFIER
        if plain and (word in BEFORE or (word == "," and listed)):
            name, at = _dotted(tokens, at + 1)
            # a comma behind `FROM a x` goes on with the list
            listed = bool(name) and (word in ("FROM", ",", "USING"))
            if name:
                yield name
        elif tokens[at].token_type in NAMES or word == "AS":
            at += 1
        else:
            listed, at = False, at + 1


def _dotted(tokens: list[Token], at: int) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(tokens) and _may_name(tokens[at]):
        parts.append(tokens[at].text)
        if at + 1 >= len(tokens) or tokens[at + 1].token_type != TokenType.DOT:
            return ".".join(parts), at + 1
        at += 2
    return ".".join(parts), at


def _may_name(token: Token) -> bool:
    """A name, or a word that a table may well be called."""
    quoted = token.token_type == TokenType.IDENTIFIER
    return quoted or (token.text.replace("#", "").isidentifier() and token.text.upper() not in RESERVED)


RESERVED: Final = frozenset(
    "ALL AND AS BY CASE CREATE DELETE DISTINCT ELSE END EXCEPT FALSE FROM GROUP HAVING IF IN INNER INSERT INTERSECT"
    " INTO IS JOIN LATERAL LEFT LIKE LIMIT NOT NULL ON ONLY OR ORDER OUTER REPLACE RIGHT SELECT SET TABLE THEN TRUE"
    " UNION UNNEST UPDATE USING VALUES VIEW WHEN WHERE WITH".split()
)
