"""SQL text to statements: split at semicolons first, so that one bad statement does not hide the others."""

import logging
from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from clew_sql.blocks import Part, is_routine, parts, routine_end
from clew_sql.errors import SeveralStatements, SqlError
from clew_sql.gaps import ROUTINE

# what could not be read is told in the answer; sqlglot's warnings quote the SQL, which may hold what no log should
logging.getLogger("sqlglot").setLevel(logging.ERROR)

MAX_DEPTH: Final = 500
"""Brackets open at once; sqlglot's compiled parser overflows an 8 MB C stack, uncatchably, somewhere above 2,000."""

MAX_LENGTH: Final = 20_000_000
"""Characters in one text; reading takes some 150 bytes of memory for each."""

OPENING: Final = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
CLOSING: Final = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}


class Routine(NamedTuple):
    """A procedure, function, trigger or block: its statements in order, and why others of it are left out."""

    kind: str
    statements: list["Statement"]
    reasons: list[tuple[str, str]]


Statement = exp.Expr | SqlError | Routine


def dialect_named(name: str) -> Dialect:
    """sqlglot's dialect of that name. Raises `SqlError` if there is none."""
    try:
        return Dialect.get_or_raise(name)
    except ValueError as error:
        raise SqlError(str(error), hint="use a dialect name that sqlglot knows, such as duckdb or postgres") from error


def trees(sql: str, dialect: Dialect) -> Iterator[Statement]:
    """The statements of a text in order, a `SqlError` in the place of one that does not parse.

    Raises `SqlError` if the text cannot even be cut into words.
    """
    if len(sql) > MAX_LENGTH:
        raise SqlError(f"{len(sql)} characters are more than {MAX_LENGTH}", hint="hand the script over in parts")
    for tokens in chunks(tokens_of(sql, dialect)):
        yield from _statements(tokens, sql, dialect)


def script_trees(sql: str, dialect: Dialect) -> Iterator[Statement]:
    """As `trees`, but where the text cannot be cut into words, only the part up to a line's end in `;` is lost."""
    try:
        tokens_of(sql[: MAX_LENGTH + 1], dialect)
    except SqlError:
        yield from _piece_by_piece(sql, dialect)
    else:
        yield from trees(sql, dialect)


def _piece_by_piece(sql: str, dialect: Dialect) -> Iterator[Statement]:
    pending, line, started = "", 1, 1
    for text in sql.splitlines(keepends=True):
        pending += text
        line += 1
        if text.rstrip().endswith(";"):
            yield from _piece(pending, started, dialect)
            pending, started = "", line
    if pending.strip():
        yield from _piece(pending, started, dialect)


def _piece(text: str, line: int, dialect: Dialect) -> Iterator[Statement]:
    """A part of a script, its errors placed by the line in the whole."""
    try:
        found = list(trees(text, dialect))
    except SqlError as error:
        found = [error]
    for each in found:
        if isinstance(each, SqlError):
            yield SqlError(each.what, line=max(1, each.line) + line - 1, column=max(1, each.column), hint=each.hint)
        else:
            yield each


def tokens_of(sql: str, dialect: Dialect) -> list[Token]:
    return list(_words_behind_end(_tokenized(sql, dialect), dialect))


def _tokenized(sql: str, dialect: Dialect) -> list[Token]:
    try:
        return dialect.tokenize(sql)
    except TokenError as error:
        raise SqlError(str(error), hint="look for a quote or comment that is not closed") from error


def _words_behind_end(tokens: list[Token], dialect: Dialect) -> Iterator[Token]:
    """T-SQL's tokenizer takes END for a command and what follows for its text: cut that into words too."""
    texts = [(iter(tokens), 0, 0)]
    before: list[Token | None] = [None]
    while texts:
        words, behind, line = texts[-1]
        token = next(words, None)
        if token is None:
            texts.pop()
            before.pop()
            continue
        last, before[-1] = before[-1], token
        ended = last is not None and last.token_type == TokenType.END and last.text.upper() == "END"
        if ended and token.token_type == TokenType.STRING:
            start = behind + token.start - len(token.text)
            texts.append((iter(_tokenized(token.text, dialect)), start, line + token.line - token.text.count("\n") - 1))
            before.append(None)
        elif len(texts) == 1:
            yield token
        else:
            yield Token(
                token.token_type, token.text, line + token.line, token.col, behind + token.start, behind + token.end
            )


def one_statement(sql: str, dialect: Dialect, hint: str = "") -> exp.Expr | Routine:
    """The one statement of a text.

    Raises `SqlError` for a text that does not parse or has none, `SeveralStatements` with the `hint` for one that has
    several.
    """
    found = list(trees(sql, dialect))
    failure = next((tree for tree in found if isinstance(tree, SqlError)), None)
    if failure is not None:
        raise failure
    if len(found) > 1:
        raise SeveralStatements(f"expected one statement, found {len(found)}", hint=hint)
    if not found:
        raise SqlError("expected one statement, found 0")
    assert not isinstance(found[0], SqlError)
    return found[0]


def table_named(text: str, dialect: Dialect) -> exp.Table:
    """The table that a text names. Raises `SqlError` where it is not made of names."""
    try:
        return exp.to_table(text, dialect=dialect)
    except (ParseError, TokenError, ValueError) as error:
        raise SqlError(f"cannot parse: {text[:80]!r} is no table's name") from error


def edits_of(star: exp.Expr, edit: str) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """What REPLACE or RENAME of a star changes: what stands before each AS, and the name behind it.

    sqlglot lets other things pass there. Raises `SqlError` for them.
    """
    for each in star.args.get(edit) or ():
        before, name = each.args.get("this"), each.args.get("alias")
        if not isinstance(before, exp.Expr) or not isinstance(name, exp.Expr):
            raise SqlError(f"cannot parse: a {edit.upper()} of * without AS")
        yield before, name


def body(text: str, kind: str, dialect: Dialect) -> Routine:
    """What stands in a routine's body that is given as text."""
    try:
        tokens = tokens_of(text, dialect)
    except SqlError as error:
        return Routine(kind, [error], [])
    return _routine(tokens, text, kind, dialect)


def chunks(tokens: list[Token]) -> Iterator[list[Token]]:
    """Statements as words: up to a semicolon, a routine up to the END of its body, a T-SQL batch up to its GO."""
    start = at = 0
    while at < len(tokens):
        if at == start and is_routine(tokens, at):
            end = routine_end(tokens, at)
            yield tokens[at:end]
            start = at = end
        elif tokens[at].token_type == TokenType.SEMICOLON or _is_go(tokens, at):
            if at > start:
                yield tokens[start:at]
            start = at = at + 1
        else:
            at += 1
    if start < len(tokens):
        yield tokens[start:]


def _is_go(tokens: list[Token], at: int) -> bool:
    """GO alone on its line."""
    if tokens[at].text.upper() != "GO" or tokens[at].token_type not in (TokenType.VAR, TokenType.COMMAND):
        return False
    before = at == 0 or tokens[at - 1].line < tokens[at].line
    return before and (at + 1 == len(tokens) or tokens[at + 1].line > tokens[at].line)


def _statements(tokens: list[Token], sql: str, dialect: Dialect) -> Iterator[Statement]:
    if is_routine(tokens, 0):
        kind = " ".join(token.text.upper() for token in tokens[:2])
        yield _routine(tokens, sql, kind, dialect)
        return
    try:
        yield from _parsed(tokens, sql, dialect)
    except SqlError as error:
        yield error


def _routine(tokens: list[Token], sql: str, kind: str, dialect: Dialect) -> Routine:
    found: list[Statement] = []
    reasons: list[tuple[str, str]] = []
    for part in parts(tokens):
        if part.reason:
            reasons.append((part.code, f"line {part.tokens[0].line}: {part.reason}"))
            continue
        try:
            found += _parsed(part.tokens, sql, dialect)
        except SqlError as error:
            where = part.tokens[0]
            reasons.append((ROUTINE, f"line {where.line}: {_words(part)} is not read: {error.what}"))
    return Routine(kind, found, list(dict.fromkeys(reasons)))


def _words(part: Part) -> str:
    return " ".join(token.text for token in part.tokens[:4])


def _parsed(tokens: list[Token], sql: str, dialect: Dialect) -> Iterator[exp.Expr]:
    _check_depth(tokens)
    try:
        trees = dialect.parser().parse(tokens, sql)
    except ParseError as error:
        raise _located(error, tokens) from error
    except RecursionError as error:
        raise _too_deep(tokens[0]) from error
    except Exception as error:
        # sqlglot meets some broken statements with errors of Python's own
        raise SqlError(f"cannot parse: {error}", line=tokens[0].line, column=tokens[0].col) from error
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
