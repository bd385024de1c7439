"""From what people type to conditions: `rmse < 30000`, `param.algorithm = RandomForestRegressor`.

A condition is a name, one of `< <= = != >= >` (`==` is `=`) and a value. A name ends where an operator begins; one
that holds an operator, or begins or ends with a space, stands in double quotes, as in JSON. A value is a number, `true`
or `false`, a text in double quotes, or else a text as it stands, such as a name or a date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

import orjson

from clew.errors import BadInput
from clew.search import Condition
from clew.search.measures import check, reading
from clew.search.port import Operator, Value

LONGEST = 2_000
"""Characters of one condition."""

_OPERATOR = re.compile(r"<=|>=|!=|==|=|<|>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_HINT = 'A condition is written rmse < 30000, or "a name with < in it" = "a text"'


def conditions(texts: Sequence[str]) -> tuple[Condition, ...]:
    """Return the condition that each text states.

    Raises BadInput that says in which text (`where[0]`) and, as `position`, from which character on it is none.
    """
    return tuple(_condition(text, f"where[{at}]") for at, text in enumerate(texts))


def stated(condition: Condition) -> str:
    """Return the text that states a condition: the reverse of `conditions`."""
    return f"{_as_json(condition.name)} {condition.op} {_as_json(condition.value)}"


def _as_json(value: Value) -> str:
    return orjson.dumps(value).decode()


def _condition(text: str, where: str) -> Condition:
    if len(text) > LONGEST:
        raise _refused(f"a condition has {len(text)} characters; at most {LONGEST} are read", where, LONGEST)
    if not text.isascii() and (bad := _not_unicode(text)) is not None:
        raise _refused("what stands here is no Unicode", where, bad)
    name, at = _name(text, where)
    sign = _OPERATOR.match(text, at)
    if sign is None:
        raise _refused(f"an operator is missing after {name[:60]!r}", where, at)
    op = "=" if sign[0] == "==" else sign[0]
    start = _skip(text, sign.end())
    condition = Condition(name, cast(Operator, op), _value(text, start, where))
    try:
        check(condition)
    except BadInput as error:
        raise BadInput(error.what, where=where, hint=error.hint, position=start) from None
    return condition


def _name(text: str, where: str) -> tuple[str, int]:
    """Return the name that a text begins with, and where the operator should stand."""
    start = _skip(text, 0)
    if text[start : start + 1] == '"':
        name, end = _quoted(text, start, where)
        return name, _skip(text, end)
    sign = _OPERATOR.search(text, start)
    end = sign.start() if sign else len(text)
    name = text[start:end].rstrip()
    if not name:
        raise _refused("the name of a measure is missing", where, start)
    return name, end


def _value(text: str, start: int, where: str) -> Value:
    if text[start : start + 1] == '"':
        value, end = _quoted(text, start, where)
        if text[end:].strip():
            raise _refused("something stands after the value", where, _skip(text, end))
        return value
    said = text[start:].rstrip()
    if not said:
        raise _refused("the value is missing", where, start)
    if said in ("true", "false"):
        return said == "true"
    read = reading(said)
    return read[1] if read and read[0] == "n" else said


def _quoted(text: str, start: int, where: str) -> tuple[str, int]:
    """Return the text in quotes that begins at `start`, and where it ends."""
    found = _QUOTED.match(text, start)
    if found is None:
        raise _refused("the quotes are not closed", where, start)
    try:
        said: str = orjson.loads(found[0])
    except orjson.JSONDecodeError as error:
        raise _refused(f"what stands in quotes is no JSON: {error.msg}", where, start) from None
    return said, found.end()


def _not_unicode(text: str) -> int | None:
    """Return where the first lone surrogate stands, such as a shell makes of bytes that are no text."""
    return next((at for at, character in enumerate(text) if "\ud800" <= character <= "\udfff"), None)


def _skip(text: str, at: int) -> int:
    """Return where the next character stands that is no white space."""
    return at + len(text[at:]) - len(text[at:].lstrip())


def _refused(what: str, where: str, position: int) -> BadInput:
    return BadInput(f"{what} (character {position + 1})", where=where, hint=_HINT, position=position)
