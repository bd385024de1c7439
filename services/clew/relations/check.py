"""What `clew sql` takes: one SELECT over the published relations, made of nothing but what stands on a list.

The syntax tree is checked node by node against the list, so what nobody thought of is refused. The engines open their
stores read-only besides.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

from clew.errors import BadInput, OurError, TooLarge
from clew.relations.port import MAX_CHARACTERS, MAX_PARAMETERS, Value
from clew.relations.tables import RELATIONS

T = TypeVar("T")

MAX_TOKENS = 5_000
MAX_WAITING_JOINS = 8
_STACK = 128 * 1024 * 1024
"""Bytes of stack for the parser, which goes down a level a bracket or NOT; 5,000 levels take a fifth of it."""

SYNTAX = frozenset(
    """
    select union intersect except subquery with cte values tuple table tablealias identifier column star alias aliases
    from join where group having order ordered limit limitoptions offset fetch distinct literal null boolean placeholder
    paren and or not eq neq gt gte lt lte is in between like ilike escape exists nullsafeeq nullsafeneq
    add sub mul div intdiv mod neg dpipe cast datatype datatypeparam case if window windowspec filter var dot
    rowsfrom withingroup
    """.split()
)
FUNCTIONS = frozenset(
    """
    count sum avg min max coalesce nullif lower upper length substring trim replace abs round
    rownumber rank denserank percentrank cumedist ntile lag lead firstvalue lastvalue nthvalue
    """.split()
)
"""Functions that mean the same in both engines, as sqlglot calls them."""
OF_ENGINE: Mapping[str, frozenset[str]] = {
    "sqlite": frozenset(
        """
        groupconcat jsonextract jsonextractscalar jsonpath jsonpathroot jsonpathkey jsonpathsubscript jsonpathwildcard
        strposition timetostr tsordstotimestamp date datetime currentdate currenttimestamp currenttime unixtotime
        floor ceil sign glob concat coalesce
        instr typeof total unicode julianday strftime json_array_length json_type iif ifnull
        hex lowerhex concatws
        """.split()
    ),
    "postgres": frozenset(
        """
        groupconcat stringagg jsonextract jsonextractscalar jsonbextract jsonbextractscalar jsonpath jsonpathroot
        jsonpathkey jsonpathsubscript strposition timestamptrunc datetrunc extract currentdate currenttimestamp interval
        intervalspan floor ceil sign concat concatws greatest least left right percentilecont percentiledisc stddev
        stddevpop stddevsamp variance logicaland logicalor splitpart tochar sqrt pow ln exp attimezone
        json_array_length jsonb_array_length timetostr
        """.split()
    ),
}
"""What one engine takes besides: outside of the common subset."""
CASTS = frozenset(
    "text varchar char int bigint smallint double float decimal boolean date timestamp timestamptz json jsonb".split()
)


class Checked(NamedTuple):
    """A query that may be run. `tokens` are its words with their places, for who must respell parameters."""

    text: str
    tokens: list[Token]
    parameters: frozenset[str]


def checked(text: str, dialect: str, parameters: Mapping[str, Value]) -> Checked:
    """Return the query, if it is one SELECT, WITH … SELECT or VALUES over published relations with these parameters.

    Raises BadInput with place and hint for anything else, TooLarge beyond 100,000 characters or 5,000 words.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(
            f"the query has {len(text):,} characters, at most {MAX_CHARACTERS:,} are taken",
            where="query",
            hint="Ask for less at once, or give long lists as parameters",
        )
    if "\0" in text:
        raise BadInput("the query holds a NUL character", where="query")
    tokens, tree = _parsed(text.rstrip().rstrip(";"), dialect)
    allowed = SYNTAX | FUNCTIONS | OF_ENGINE[dialect]
    names = {_named(each) for each in tree.find_all(exp.CTE)}
    asked: set[str] = set()
    for node in tree.walk():
        _check_node(node, allowed, names)
        if isinstance(node, exp.Placeholder):
            asked.add(_parameter(node))
    _check_parameters(asked, parameters)
    return Checked(text.rstrip().rstrip(";"), tokens, frozenset(asked))


def _parsed(text: str, dialect: str) -> tuple[list[Token], exp.Expr]:
    def work() -> tuple[list[Token], list[exp.Expr | None]]:
        tokens = sqlglot.tokenize(text, read=dialect)
        if len(tokens) > MAX_TOKENS:
            raise TooLarge(
                f"the query has {len(tokens):,} words, at most {MAX_TOKENS:,} are taken", where="query", hint="Ask less"
            )
        _check_comments_closed(text, tokens)
        _check_joins(tokens)
        return tokens, sqlglot.parse(text, read=dialect)

    try:
        tokens, statements = _on_a_deep_stack(work)
    except ParseError as error:
        raise _syntax_error(error) from None
    except TokenError as error:
        raise BadInput(f"the query can't be read: {str(error).splitlines()[0]}", where="query") from None
    except RecursionError:
        raise BadInput("the query is nested too deep", where="query", hint="Use WITH instead of subqueries") from None
    except (SqlglotError, ValueError) as error:
        raise BadInput(f"the query can't be read: {str(error)[:200]}", where="query") from None
    found = [each for each in statements if each is not None]
    if not found:
        raise BadInput("there is no query", where="query", hint="Such as: SELECT urn, kind FROM entities LIMIT 10")
    if len(found) > 1:
        raise BadInput(f"{len(found)} statements; one is taken", where="query", hint="Send one SELECT at a time")
    tree = found[0]
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery | exp.Values):
        raise BadInput(
            f"{_first_word(tokens)} is no query: the relations are read-only",
            where=_place(tokens[0].line, tokens[0].col, len(tokens[0].text)),
            hint="SELECT, WITH … SELECT or VALUES; edits go through clew edit and clew emit",
        )
    return tokens, tree


def _check_joins(tokens: list[Token]) -> None:
    """Refuse many joins in a row without a condition: the parser tries every way in which they could nest."""
    waiting = 0
    for before, token in zip([tokens[0], *tokens], tokens, strict=False) if tokens else ():
        if token.token_type == TokenType.JOIN and before.token_type != TokenType.CROSS:
            waiting += 1
        elif token.token_type in (TokenType.ON, TokenType.USING):
            waiting = max(0, waiting - 1)
        if waiting > MAX_WAITING_JOINS:
            raise BadInput(
                "too many joins wait for their condition",
                where=_place(token.line, token.col, len(token.text)),
                hint="Write ON or USING behind each JOIN, or CROSS JOIN",
            )


def _check_comments_closed(text: str, tokens: list[Token]) -> None:
    """Refuse a comment with no end: engines differ in what they make of it."""
    if tokens and text.count("/*") != text.count("*/") and "/*" in text[tokens[-1].end :]:
        raise BadInput("a comment has no end", where="query", hint="Close it with */")


def _on_a_deep_stack(work: Callable[[], T]) -> T:
    """Return what `work` returns, run in a thread whose stack the parser can't overflow."""
    done: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:
            failed.append(error)

    with _one_at_a_time:
        before = threading.stack_size(_STACK)
        try:
            thread = threading.Thread(target=run, name="clew-sql-parse", daemon=True)
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if failed:
        raise failed[0]
    if not done:
        raise OurError("the query's parser ended without an answer", where="query")
    return done[0]


_one_at_a_time = threading.Lock()


def _check_node(node: exp.Expr, allowed: frozenset[str], names: set[str]) -> None:
    key = node.name.casefold() if isinstance(node, exp.Anonymous) else node.key
    if key not in allowed:
        raise _refused(node, key)
    if isinstance(node, exp.Table):
        _check_table(node, names)
    elif isinstance(node, exp.Cast):
        kind = node.to.this
        name = kind.name.casefold() if isinstance(kind, exp.DType) else str(kind)
        if name not in CASTS:
            raise BadInput(
                f"a cast to {name[:60]} is not taken", where="query", hint=f"Cast to one of: {', '.join(sorted(CASTS))}"
            )
    elif isinstance(node, exp.With) and node.recursive and node.args.get("search"):
        raise BadInput("SEARCH and CYCLE are not taken", where="query", hint="UNION (not ALL) ends at cycles by itself")
    elif isinstance(node, exp.Select | exp.SetOperation):
        for part in ("locks", "into", "sample", "laterals", "connect", "pivots", "hint"):
            if node.args.get(part):
                raise BadInput(f"{part.removesuffix('s').upper()} is not taken", where="query", hint="Leave it out")


def _named(query: exp.CTE) -> str:
    """Return the name of a WITH query; one that a table of the engine bears could hide that table from the check."""
    name = query.alias_or_name.casefold()
    if name.startswith(("pg_", "sqlite_", "stored_")):
        raise BadInput(f"WITH may not name a query {name[:60]!r}", where=_place_of(query), hint="Choose another name")
    return name


def _check_table(table: exp.Table, names: set[str]) -> None:
    place = _place_of(table)
    if not isinstance(table.this, exp.Identifier):
        raise BadInput("a function is no relation here", where=place, hint=_listing())
    if table.args.get("db") or table.args.get("catalog"):
        raise BadInput(
            f"relations are named without a schema: {table.name[:60]!r}", where=place, hint=f"Write {table.name[:60]}"
        )
    name = table.name.casefold()
    if name in names or name in RELATIONS:
        return
    near = difflib.get_close_matches(name, RELATIONS, 1)
    hint = f"Did you mean {near[0]}? {_listing()}" if near else _listing()
    raise BadInput(f"there is no relation {table.name[:60]!r}", where=place, hint=hint, relations=sorted(RELATIONS))


def _listing() -> str:
    return f"The relations are {', '.join(sorted(RELATIONS))}"


def _refused(node: exp.Expr, key: str) -> BadInput:
    if isinstance(node, exp.Func):
        name = key if isinstance(node, exp.Anonymous) else node.sql_name().lower()
        return BadInput(
            f"the function {name[:60]} is not taken", where=_place_of(node), hint="docs/sql.md lists functions"
        )
    if isinstance(node, exp.DML | exp.DDL | exp.Into):
        return BadInput(
            f"{key.upper()} writes: the relations are read-only", where="query", hint="Only SELECT is taken"
        )
    return BadInput(f"{key.upper()[:60]} is not taken", where=_place_of(node), hint="docs/sql.md says what is")


def _parameter(node: exp.Placeholder) -> str:
    name = node.this
    if not isinstance(name, str) or not name.isidentifier():
        raise BadInput("a parameter has no name", where="query", hint="Write :name, and give it in parameters")
    return name


def _check_parameters(asked: set[str], given: Mapping[str, Value]) -> None:
    if missing := sorted(asked - given.keys()):
        raise BadInput(
            f"no value is given for :{missing[0]}", where=f"parameters.{missing[0]}", hint="Give each its value"
        )
    if extra := sorted(given.keys() - asked):
        raise BadInput(
            f"the query has no parameter :{extra[0][:60]}",
            where=f"parameters.{extra[0][:60]}",
            hint="Write it as :name",
        )
    if len(given) > MAX_PARAMETERS:
        raise TooLarge(f"{len(given)} parameters, at most {MAX_PARAMETERS} are taken", where="parameters")
    for name, value in given.items():
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise BadInput(f":{name} is beyond 64 bits", where=f"parameters.{name}")
        if isinstance(value, str) and "\0" in value:
            raise BadInput(f":{name} holds a NUL character", where=f"parameters.{name}")


def parameter_places(tokens: list[Token]) -> list[tuple[str, int, int]]:
    """Return (name, start, end) of each `:name` of a query, in order; `end` is behind it."""
    found = []
    for at in range(len(tokens) - 1):
        token, after = tokens[at], tokens[at + 1]
        if (
            token.token_type in (TokenType.COLON, TokenType.PLACEHOLDER)
            and token.text == ":"
            and after.start == token.end + 1
        ):
            found.append((after.text, token.start, after.end + 1))
    return found


def _syntax_error(error: ParseError) -> BadInput:
    first: dict[str, Any] = error.errors[0] if error.errors else {}
    what = str(first.get("description") or "it does not read as SQL").rstrip(".")
    near = str(first.get("highlight") or "").strip()[:60]
    place = "query"
    if first.get("line"):
        place = _place(int(first["line"]), int(first.get("col") or 1), len(near))
    said = f"{what[:1].lower()}{what[1:]}"
    return BadInput(f"the query can't be read: {said[:200]}", where=place, hint=f"Look near {near!r}" if near else None)


def _place(line: int, last: int, width: int) -> str:
    """Return a place; sqlglot counts to the last character of a word."""
    return f"line {line}, column {max(1, last - max(width, 1) + 1)}"


def _place_of(node: exp.Expr) -> str:
    for each in node.walk():
        line, col = each.meta.get("line"), each.meta.get("col")
        if line and col:
            width = int(each.meta.get("end") or 0) - int(each.meta.get("start") or 0) + 1
            return _place(int(line), int(col), width)
    return "query"


def _first_word(tokens: list[Token]) -> str:
    return tokens[0].text.upper()[:30] if tokens else "this"
