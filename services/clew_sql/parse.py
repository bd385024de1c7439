"""SQL text to statements: split at semicolons first, so that one bad statement does not hide the others."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from clew_sql.errors import SqlError

MAX_DEPTH: Final = 500
"""Brackets open at once; sqlglot's compiled parser overflows an 8 MB C stack, uncatchably, somewhere above 2,000."""

OPENING: Final = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
CLOSING: Final = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}


def dialect_named(name: str) -> Dialect:
    """sqlglot's dialect of that name. Raises `SqlError` if there is none."""
    try:
        return Dialect.get_or_raise(name)
    except ValueError as error:
        raise SqlError(str(error), hint="use a dialect name that sqlglot knows, such as duckdb or postgres") from error


def trees(sql: str, dialect: Dialect) -> Iterator[exp.Expr | SqlError]:
    """The statements of a text in order, a `SqlError` in the place of one that does not parse.

    Raises `SqlError` if the text cannot even be cut into words.
    """
    for tokens in _chunks(_tokens(sql, dialect)):
        try:
            yield from _parsed(tokens, sql, dialect)
        except SqlError as error:
            yield error


def _tokens(sql: str, dialect: Dialect) -> list[Token]:
    try:
        return dialect.tokenize(sql)
    except TokenError as error:
        raise SqlError(str(error), hint="look for a quote or comment that is not closed") from error


def _chunks(tokens: list[Token]) -> Iterator[list[Token]]:
    chunk: list[Token] = []
    for token in tokens:
        if token.token_type != TokenType.SEMICOLON:
            chunk.append(token)
        elif chunk:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _parsed(tokens: list[Token], sql: str, dialect: Dialect) -> Iterator[exp.Expr]:
    _check_depth(tokens)
    try:
        trees = dialect.parser().parse(tokens, sql)
    except ParseError as error:
        raise _located(error, tokens) from error
    except RecursionError as error:
        raise _too_deep(tokens[0]) from error
    yield from (tree for tree in trees if tree is not None)


def _check_depth(tokens: list[Token]) -> None:
    depth = 0
    for token in tokens:
        if token.token_type in OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(token)
        elif token.token_type in CLOSING:
            depth -= 1


def _too_deep(token: Token) -> SqlError:
    return SqlError(
        "nested too deeply to be read", line=token.line, column=token.col, hint="split it, for instance into CTEs"
    )


def _located(error: ParseError, tokens: list[Token]) -> SqlError:
    if not error.errors:
        return SqlError(str(error), line=tokens[0].line, column=tokens[0].col)
    first = error.errors[0]
    what = f"cannot parse: {first.get('description') or error} near {first.get('highlight') or 'the end'!r}"
    hint = "is the dialect right?"
    return SqlError(what, line=int(first.get("line") or 0), column=int(first.get("col") or 0), hint=hint)
