"""A fitted object, wherever it was read from: its class and its attributes. Both readers give this."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clew_connectors.sklearn.pipeline import Value

NOT_CHOSEN = frozenset({"estimator_params"})
"""Attributes that look like parameters by their names and are none."""
LONGEST = 200
"""Characters of a parameter that is spelt out."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """An object with attributes.

    Their values are scalars, None, lists, tuples, dicts, slices, `Fitted`, `Named`, and arrays: whatever has a
    `tolist`, and is only loaded when that is called.
    """

    kind: str
    module: str
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def get(self, name: str) -> Any:
        """Return an attribute, with arrays as lists, None when there is none."""
        return plain(self.attributes.get(name))

    @property
    def known(self) -> bool:
        """Say whether the class is scikit-learn's own, so that its name says what it does."""
        return self.module == "sklearn" or self.module.startswith("sklearn.")

    def parameters(self) -> tuple[tuple[str, Value | None], ...]:
        """Return what was chosen before fitting: by scikit-learn's convention, attributes without an underscore."""
        chosen = [name for name in self.attributes if name[:1] != "_" and name[-1:] != "_" and name not in NOT_CHOSEN]
        named = [(name, self.attributes[name]) for name in chosen]
        return tuple((name, said) for name, value in named for known, said in [_said(plain(value))] if known)


@dataclass(frozen=True, slots=True)
class Named:
    """A function or type that is only known by name."""

    kind: str
    module: str


def plain(value: Any) -> Any:
    """Return `value` with an array as a list of Python's own values."""
    return value.tolist() if hasattr(value, "tolist") and not isinstance(value, type) else value


def listed(value: Any) -> list[Any] | None:
    """Return a sequence as a list, None for anything else."""
    value = plain(value)
    return list(value) if isinstance(value, list | tuple) else None


def scalar(value: Any) -> Value | None:
    """Return a scalar; None for null, NaN and whatever is no scalar."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, str | int | float | bool) else None


def _said(value: Any) -> tuple[bool, Value | None]:
    """Return whether a parameter can be said, and in which form."""
    if value is None or isinstance(value, str | bool | int):
        return True, value
    if isinstance(value, float):
        return True, value if math.isfinite(value) else str(value)
    if isinstance(value, Named):
        return True, f"{value.module}.{value.kind}"
    if isinstance(value, list | tuple) and all(isinstance(each, str | int | float | bool) for each in value):
        text = ", ".join(map(str, value))
        return len(text) <= LONGEST, text
    return False, None
