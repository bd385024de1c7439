"""Values as aspects carry them: whatever a script hands in, made a scalar, a number, or words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clew.errors import BadInput
from clew.sdk.naming import plain
from clew_schemas import numerals
from clew_schemas.numerals import Number

Scalar = str | int | float | bool | None

LONGEST = 2_000
"""Characters of a parameter that are kept."""
DEEPEST = 8
_SAFE = 2**53


def number(value: Any, where: str) -> Number:
    """Return a number of any library as JSON carries it; raise BadInput for what is none."""
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"{printed(value)[:200]} is no number", where=where) from error
    return numerals.number(real)


def scalar(value: Any) -> Scalar:
    """Return a value as a scalar: numbers of libraries as Python's, everything that is none as it prints."""
    if type(value) is str:
        return _words(value)
    if value is None or type(value) is bool:
        return value
    if hasattr(value, "item") and getattr(value, "size", 1) == 1:
        try:
            value = value.item()
        except Exception:
            return _words(printed(value))
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return int(value) if abs(value) < _SAFE else str(value)
    if isinstance(value, float):
        return number(value, "")
    return _words(value if isinstance(value, str) else printed(value))


def flat(values: Mapping[Any, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Scalar]]:
    """Yield named scalars; a mapping within is named with a dot: `{"tree": {"depth": 3}}` gives `tree.depth`."""
    for name, value in values.items():
        full = prefix + plain(name)
        if isinstance(value, Mapping) and value and depth < DEEPEST:
            yield from flat(value, full + ".", depth + 1)
        else:
            yield full, scalar(value)


def printed(value: Any) -> str:
    """Return how a value prints, or its type where it does not even do that."""
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


def _words(text: str) -> str:
    return str(text)[:LONGEST].encode("utf-8", "replace").decode()
