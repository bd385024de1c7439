"""Values that are compared: what fits a condition, and the terms by which an engine finds it without reading documents.

A value is a number, or a text (`true` and `false` are texts). A text that reads as a number, such as a parameter that
its platform keeps as text, counts as that number too; one that reads as an ISO date counts as that moment too.

A term is 32 hexadecimal digits that stand for the name, alone where a document has the measure at all, else with the
kind of what follows: `n` or `d` and 16 digits that sort as numbers do, or `t` and 32 digits for a folded text. So all
terms are short whatever they stand for, and an order is a range of terms.
"""

from __future__ import annotations

import operator
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import isfinite

from clew.search.port import MOST_AMONG, Condition, Operator, SearchQuery, Value
from clew.search.stored import storable
from clew_schemas.errors import BadInput, TooLarge

MOST_VALUES = 2_000
"""Values of one document that are kept, all measures together."""

LONGEST_NAME = 500
LONGEST_TEXT = 1_000
"""Characters. A value under a longer name, or of a longer text, is not kept."""

MOST_CONDITIONS = 20
"""Conditions of one query."""

LEFT_OUT = "measures.left_out"
"""The measure that says how many values of a document are not kept, where there are any."""

OPERATORS: tuple[Operator, ...] = ("<", "<=", "=", "!=", ">=", ">")

_LAST = ("importance.", "note.")
"""Names of which one thing may have thousands: where not all values are kept, these go first."""

_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">=": operator.ge,
    ">": operator.gt,
}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_LONGEST_READ = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOWEST, _HIGHEST = "0" * 16, "f" * 16


@dataclass(frozen=True, slots=True)
class Span:
    """Terms from `low` to `high`, both included: `head` and 16 hexadecimal digits each."""

    head: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a condition asks of a document's terms: `one`, or one within `span`; and not the term `none`."""

    one: str | None = None
    span: Span | None = None
    none: str | None = None


def fits(measures: Mapping[str, Sequence[Value]], condition: Condition) -> bool:
    """Tell whether any value of the condition's name compares so; `!=`: whether there are values, and none is equal.

    This is what the engines' terms promise. Raises BadInput for a condition that can't be asked.
    """
    check(condition)
    values = measures.get(condition.name, ())
    if condition.op == "!=":
        return bool(values) and not any(_equal(value, condition.value) for value in values)
    if condition.op == "=":
        return any(_equal(value, condition.value) for value in values)
    kind, wanted = _ordered(condition)
    compares = _ORDER[condition.op]
    return any(read[0] == kind and compares(read[1], wanted) for read in map(reading, values) if read)


def check(condition: Condition) -> None:
    """Raise BadInput for an unknown operator, a number that is none, or an order of texts that are no dates."""
    if condition.op not in OPERATORS:
        raise BadInput(
            f"there is no operator {condition.op!r}", where="where", hint=f"There are {', '.join(OPERATORS)}"
        )
    value = condition.value
    if isinstance(value, int | float) and not isinstance(value, bool) and _finite(value) is None:
        raise BadInput(f"{condition.name} can't be compared with {str(value)[:40]}", where="where")
    if condition.op in _ORDER:
        _ordered(condition)


def check_query(query: SearchQuery) -> None:
    """Raise BadInput as `check` does, TooLarge for more conditions, or ids to be among, than a query may have."""
    if len(query.where) > MOST_CONDITIONS:
        raise TooLarge(f"{len(query.where)} conditions; at most {MOST_CONDITIONS} are asked at once", where="where")
    if query.among is not None and len(query.among) > MOST_AMONG:
        raise TooLarge(f"{len(query.among)} ids to be among; at most {MOST_AMONG} are taken", where="among")
    for condition in query.where:
        check(condition)


def reading(value: Value) -> tuple[str, float] | None:
    """Return the kind (`n`, or `d` with seconds since 1970) and number that a value counts as; None for a mere text."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, str):
        number = _finite(value)
        return None if number is None else ("n", number)
    return None if len(value) > _LONGEST_READ else _read(value)


def kept(found: Mapping[str, Sequence[Value]]) -> dict[str, list[Value]]:
    """Return what a document keeps of its measures, by name: distinct values within the limits of this module.

    When values are left out, `LEFT_OUT` says how many. Importances and notes are the first to go.
    """
    measures: dict[str, list[Value]] = {}
    count, left_out = 0, 0
    for name in sorted(found, key=lambda each: (each.startswith(_LAST), each)):
        values = list({_identity(value): value for value in found[name]}.values())
        fitting = [value for value in values if len(name) <= LONGEST_NAME and _is_storable(value)]
        fitting = fitting[: MOST_VALUES - count]
        count += len(fitting)
        left_out += len(values) - len(fitting)
        if fitting:
            measures[name] = fitting
    if left_out:
        measures[LEFT_OUT] = [left_out]
    return measures


def named(measures: Mapping[str, Sequence[Value]], conditions: Iterable[Condition]) -> dict[str, list[Value]]:
    """Return those of a document's measures that conditions ask for."""
    return {each.name: list(measures[each.name]) for each in conditions if each.name in measures}


def terms(measures: Mapping[str, Sequence[Value]]) -> list[str]:
    """Return the distinct terms of a document."""
    return list(dict.fromkeys(_terms(measures)))


def asked(condition: Condition) -> Asked:
    """Return a condition as a question about terms. Raises BadInput as `check` does."""
    check(condition)
    head = _head(condition.name)
    if condition.op == "=":
        return Asked(one=head + _equals(condition.value))
    if condition.op == "!=":
        return Asked(one=head, none=head + _equals(condition.value))
    kind, number = _ordered(condition)
    at = int(sortable(number), 16)
    if condition.op in ("<", "<="):
        return Asked(span=Span(head + kind, _LOWEST, _digits(at - (condition.op == "<"))))
    return Asked(span=Span(head + kind, _digits(at + (condition.op == ">")), _HIGHEST))


def sortable(number: float) -> str:
    """Return 16 hexadecimal digits that sort as finite numbers do; both zeros are one."""
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    return _digits(bits ^ (0xFFFF_FFFF_FFFF_FFFF if bits >> 63 else 1 << 63))


def text_of(value: Value) -> str | None:
    """Return what a value is as a text, None for a number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def _equal(value: Value, wanted: Value) -> bool:
    text = text_of(wanted)
    if text is None:
        return reading(value) == reading(wanted)
    own = text_of(value)
    return own is not None and _folded(own) == _folded(text)


def _ordered(condition: Condition) -> tuple[str, float]:
    """Return what values are put in order with. Raises BadInput for a text that is no date."""
    value = condition.value
    read = reading(value)
    if read is None or (isinstance(value, str) and read[0] != "d"):
        raise BadInput(
            f"{condition.name} {condition.op} {str(value)[:40]!r}: only numbers and dates have an order",
            where="where",
            hint="Texts are compared with = and !=; a date is written 2026-11-20",
        )
    return read


def _equals(value: Value) -> str:
    """Return the end of the term that equal values have."""
    text = text_of(value)
    if text is not None:
        return "t" + _hashed(_folded(text))
    read = reading(value)
    assert read is not None, "checked before"
    return read[0] + sortable(read[1])


def _terms(measures: Mapping[str, Sequence[Value]]) -> Iterator[str]:
    for name, values in measures.items():
        head = _head(name)
        if values:
            yield head
        for value in values:
            text, read = text_of(value), reading(value)
            if text is not None:
                yield head + "t" + _hashed(_folded(text))
            if read is not None:
                yield head + read[0] + sortable(read[1])


def _identity(value: Value) -> tuple[str, object]:
    text = text_of(value)
    return ("number", value) if text is None else (type(value).__name__, text)


def _is_storable(value: Value) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    # JSON of the stores has integers of 64 bits.
    return _finite(value) is not None and (isinstance(value, float) or -(2**63) <= value < 2**63)


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


@lru_cache(maxsize=16_384)
def _read(text: str) -> tuple[str, float] | None:
    if _NUMBER.fullmatch(text):
        number = _finite(float(text))
        return None if number is None else ("n", number)
    if _MOMENT.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return "d", (moment - _EPOCH).total_seconds()
    return None


def _folded(text: str) -> str:
    return text.casefold()


# Names repeat from document to document far more often than not.
@lru_cache(maxsize=16_384)
def _head(name: str) -> str:
    return _hashed(name)


def _hashed(text: str) -> str:
    return blake2b(storable(text).encode(), digest_size=16).hexdigest()


def _digits(number: int) -> str:
    return f"{number:016x}"
