"""JSON Schema in bounded time: what a registered schema may cost to check, whatever it and the payload say.

`jsonschema` searches with a regular expression that can take forever, compares each element with each, and follows
references that double at every step. Here patterns run in time linear in the text (the Rust engine of pydantic: no
look-around, no back reference), elements are compared by their canonical bytes, and every step is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Annotated, Any

import attrs
import orjson
from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError as NoPattern

MAX_STEPS = 500_000
"""Keywords, with the members that they list, that one check may look at: some seconds of work."""

_steps: ContextVar[list[int]] = ContextVar("steps")


class TooMuchWork(Exception):
    """Raised when a check has taken `MAX_STEPS`."""


def is_pattern(pattern: str) -> bool:
    """Say whether a pattern can be searched for in linear time."""
    try:
        _matcher(pattern)
    except NoPattern:
        return False
    return True


def validator(document: Mapping[str, Any], *, formats: bool = False) -> Any:
    """Return a validator of `jsonschema` for a document of the draft 2020-12, all of whose patterns are good ones."""
    kind = _kind()
    return kind(dict(document), format_checker=kind.FORMAT_CHECKER if formats else None)


def errors(checker: Any, value: Any) -> Iterator[Any]:
    """Yield the errors that a validator finds in a value; raise TooMuchWork."""
    _steps.set([MAX_STEPS])
    yield from checker.iter_errors(value)


@cache
def _kind() -> Any:
    from jsonschema import Draft202012Validator, validators  # a house without registered aspects does without

    own: dict[str, Callable[..., Any]] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    known = {**Draft202012Validator.VALIDATORS, **own}
    counted = {name: _counted(check) for name, check in known.items()}
    made: Any = validators.extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]
    made.evolve = attrs.evolve  # its own one leaves this kind for the one that a part names with `$schema`
    return made


def _counted(check: Callable[..., Any]) -> Callable[..., Any]:
    def counted(checker: Any, said: Any, instance: Any, schema: Any) -> Iterator[Any]:
        left = _steps.get()
        left[0] -= 1 + (len(said) if isinstance(said, list | dict) else 0)
        if left[0] < 0:
            raise TooMuchWork
        yield from check(checker, said, instance, schema) or ()

    return counted


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> TypeAdapter[str]:
    return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])


def _found(pattern: str, text: str) -> bool:
    try:
        _matcher(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


def _mismatch(message: str) -> Any:
    from jsonschema import ValidationError as Mismatched

    return Mismatched(message)


def _pattern(checker: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not _found(pattern, instance):
        yield _mismatch(f"{instance[:200]!r} does not match {pattern[:200]!r}")


def _pattern_properties(checker: Any, said: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    for pattern, below in said.items() if isinstance(instance, dict) else ():
        for name, value in instance.items():
            if _found(pattern, name):
                yield from checker.descend(value, below, path=name, schema_path=pattern)


def _additional_properties(checker: Any, said: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    others = [
        name
        for name in instance
        if name not in schema.get("properties", {}) and not any(_found(pattern, name) for pattern in patterns)
    ]
    if isinstance(said, dict):
        for name in others:
            yield from checker.descend(instance[name], said, path=name)
    elif not said and others:
        listed = ", ".join(repr(name[:80]) for name in others[:5])
        were = "were" if others[1:] else "was"
        yield _mismatch(f"Additional properties are not allowed ({listed} {were} unexpected)")


def _unique_items(checker: Any, said: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if said and isinstance(instance, list):
        different = {orjson.dumps(each, option=orjson.OPT_SORT_KEYS) for each in instance}
        if len(different) != len(instance):
            yield _mismatch("an element stands twice where all are different")
