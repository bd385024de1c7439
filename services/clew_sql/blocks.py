"""Procedural SQL as words: where a routine ends, and which plain statements stand in its body.

Control flow (IF, LOOP, WHILE, FOR, CASE, EXCEPTION) is looked through: each statement counts as if it ran. What
computes SQL as text, or opens a cursor over what only run time knows, is a part with a reason.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlglot.tokenizer_core import Token, TokenType

from clew_sql.gaps import DYNAMIC_SQL

DATA: Final = frozenset(
    "SELECT INSERT UPDATE DELETE MERGE WITH CREATE DROP ALTER TRUNCATE COPY REPLACE REFRESH USE RENAME UNLOAD".split()
)
"""Words that begin a statement of data."""

ROUTINES: Final = frozenset("PROCEDURE PROC FUNCTION TRIGGER PACKAGE".split())
ENDS: Final = frozenset("THEN ELSE LOOP DO BEGIN REPEAT".split())
"""Words behind which a statement may begin."""
LEFT_OVER: Final = frozenset("END TRY CATCH ELSE ATOMIC".split())
"""Words of control flow that may stay before a statement."""
BEFORE_BODY: Final = frozenset("AS IS BEGIN".split())


class Part(NamedTuple):
    """The words of one statement; `reason` says why it can't be read, under `code`."""

    tokens: list[Token]
    code: str = ""
    reason: str = ""


def is_routine(tokens: list[Token], at: int) -> bool:
    """Whether a routine or block whose body is not a string begins here."""
    words = [token.text.upper() for token in tokens[at : at + 7]]
    if not words:
        return False
    if words[0] in ("CREATE", "ALTER"):
        return not ROUTINES.isdisjoint(words[1:5]) and _has_open_body(tokens, at)
    if words[0] == "BEGIN":
        return len(words) > 1 and words[1] in DATA | {"LET", "IF", "FOR", "WHILE", "TRY", "DECLARE", "RETURN"}
    return words[0] in ("DECLARE", "IF", "WHILE") and _block_follows(tokens, at)


def _has_open_body(tokens: list[Token], at: int) -> bool:
    """BEGIN before any semicolon: the body is words and not a string."""
    for token in tokens[at:]:
        if token.token_type == TokenType.SEMICOLON or token.token_type in STRINGS:
            return False
        if token.text.upper() == "BEGIN":
            return True
    return False


def _block_follows(tokens: list[Token], at: int) -> bool:
    """DECLARE … BEGIN, where only declarations stand before BEGIN."""
    for token in tokens[at + 1 :]:
        word = token.text.upper()
        if word == "BEGIN":
            return True
        if word in DATA - {"SELECT", "WITH"}:
            return False
    return False


STRINGS: Final = {TokenType.HEREDOC_STRING, TokenType.RAW_STRING, TokenType.STRING}


def routine_end(tokens: list[Token], start: int) -> int:
    """The position behind the END that closes the routine which begins at `start`."""
    depth, seen, at = 0, False, start
    while at < len(tokens):
        word = tokens[at].text.upper()
        if word in ("BEGIN", "CASE") and not _is_transaction(tokens, at):
            depth += 1
            seen = seen or word == "BEGIN"
        elif word == "END":
            after = tokens[at + 1].text.upper() if at + 1 < len(tokens) else ""
            if after in ("IF", "LOOP", "WHILE", "FOR", "REPEAT"):
                at += 2
                continue
            depth -= 1
            if after in ("CASE", "TRY", "CATCH"):
                at += 1
            if seen and depth <= 0:
                return _behind(tokens, at + 1)
        at += 1
    return len(tokens)


def _is_transaction(tokens: list[Token], at: int) -> bool:
    after = tokens[at + 1].text.upper() if at + 1 < len(tokens) else ""
    return tokens[at].text.upper() == "BEGIN" and after in ("TRANSACTION", "TRAN", ";", "WORK")


def _behind(tokens: list[Token], at: int) -> int:
    """Behind `END name;`, and behind `BEGIN CATCH` that follows `END TRY`."""
    while at < len(tokens) and tokens[at].token_type == TokenType.VAR and tokens[at].text.upper() != "GO":
        at += 1
    return at + 1 if at < len(tokens) and tokens[at].token_type == TokenType.SEMICOLON else at


def parts(tokens: list[Token]) -> Iterator[Part]:
    """The plain statements of a body in order."""
    for chunk in _cut(_inner(tokens)):
        yield from _part(chunk)


def _inner(tokens: list[Token]) -> list[Token]:
    """The body without a CREATE … AS in front of it."""
    if not tokens or tokens[0].text.upper() not in ("CREATE", "ALTER"):
        return tokens
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0 and at > 2 and token.text.upper() in BEFORE_BODY:
            return tokens[at + 1 :]
    return tokens


def _cut(tokens: list[Token]) -> Iterator[list[Token]]:
    """Where a statement may begin, after a semicolon, THEN, BEGIN …, or, without semicolons, at its first word."""
    chunk: list[Token] = []
    depth = cases = 0
    for at, token in enumerate(tokens):
        word = token.text.upper()
        plain = token.token_type not in STRINGS and token.token_type != TokenType.IDENTIFIER
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if token.token_type == TokenType.SEMICOLON:
            yield chunk
            chunk, depth, cases = [], 0, 0
            continue
        in_data = bool(chunk) and chunk[0].text.upper() in DATA
        if plain and word == "CASE" and in_data:
            cases += 1
        if plain and depth == 0 and not cases:
            if word in ENDS and not (in_data and word in ("DO",)) and not _of_merge(chunk):
                yield chunk
                chunk = []
                continue
            if in_data and _begins_anew(tokens, at, chunk):
                yield chunk
                chunk = []
        if plain and word == "END" and cases:
            cases -= 1
        chunk.append(token)
    yield chunk


def _of_merge(chunk: list[Token]) -> bool:
    return bool(chunk) and any(token.text.upper() == "MERGE" for token in chunk)


def _begins_anew(tokens: list[Token], at: int, chunk: list[Token]) -> bool:
    """T-SQL leaves semicolons out: a statement's first word at the start of a line, where the last can have ended."""
    word = tokens[at].text.upper()
    if word not in DATA | {"SET", "EXEC", "EXECUTE", "DECLARE", "PRINT", "RETURN", "IF", "END", "WHILE", "COMMIT"}:
        return False
    if tokens[at].line == tokens[at - 1].line and word != "END":
        return False
    first, before = chunk[0].text.upper(), tokens[at - 1].text.upper()
    if word == "SELECT":
        joined = before in ("ALL", "UNION", "EXCEPT", "INTERSECT", "AS", "DISTINCT") or tokens[at - 1].token_type in (
            TokenType.R_PAREN,
        )
        return not joined and not (first in ("INSERT", "WITH", "CREATE") and not _has_select(chunk))
    if word in ("INSERT", "UPDATE", "DELETE", "MERGE") and first == "WITH":
        return _has_select(chunk) and before != ")"
    return not (word == "SET" and first in ("UPDATE", "MERGE", "ALTER")) and not (first == "MERGE" and word != "END")


def _has_select(chunk: list[Token]) -> bool:
    depth = 0
    for token in chunk:
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth == 0 and token.text.upper() == "SELECT":
            return True
    return False


def _part(chunk: list[Token]) -> Iterator[Part]:
    """The statement within a chunk, behind what control flow puts before it."""
    while chunk and chunk[0].text.upper() in LEFT_OVER:
        chunk = chunk[1:]
    words = [token.text.upper() for token in chunk]
    if not words:
        return
    first = words[0]
    if first == "PERFORM":
        select = chunk[0]
        yield Part([Token(TokenType.SELECT, "SELECT", select.line, select.col, select.start, select.end), *chunk[1:]])
    elif first in DATA:
        yield Part(chunk)
    elif first in ("EXECUTE", "EXEC") and _is_dynamic(chunk):
        yield Part(chunk, DYNAMIC_SQL, "SQL that is computed as text")
    elif first in ("EXECUTE", "EXEC", "CALL"):
        yield Part(chunk)
    else:
        yield from _queries_in(chunk, words)


def _is_dynamic(chunk: list[Token]) -> bool:
    rest = [token.text.upper() for token in chunk[1:]]
    if rest[:1] == ["IMMEDIATE"] or rest[:1] == ["("] or "SP_EXECUTESQL" in rest[:3]:
        return True
    return any(token.token_type in STRINGS for token in chunk[1:2])


def _queries_in(chunk: list[Token], words: list[str]) -> Iterator[Part]:
    """A query in a declaration, an assignment, a RETURN, an IF EXISTS or a FOR."""
    for at, word in enumerate(words):
        if word not in ("SELECT", "WITH"):
            continue
        if at and chunk[at - 1].token_type == TokenType.L_PAREN:
            end = _closing(chunk, at - 1)
            yield Part(chunk[at:end])
        elif words[0] in ("FOR", "RETURN", "LET", "DECLARE", "OPEN", "CURSOR") or "CURSOR" in words[:at]:
            yield Part(chunk[at:])
        else:
            continue
        return


def _closing(chunk: list[Token], opening: int) -> int:
    depth = 0
    for at in range(opening, len(chunk)):
        depth += (chunk[at].token_type == TokenType.L_PAREN) - (chunk[at].token_type == TokenType.R_PAREN)
        if depth == 0:
            return at
    return len(chunk)
