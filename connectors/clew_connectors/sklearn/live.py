"""Reads a fitted estimator that is at hand, by its attributes alone: no class is imported, no method is called."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from clew_connectors.sklearn.describe import described
from clew_connectors.sklearn.fitted import Fitted, Named
from clew_connectors.sklearn.pipeline import PipelineDescription
from clew_schemas.errors import BadInput

COMPUTED = ("feature_importances_", "coef_", "feature_names_in_")
"""Attributes that some classes compute when they are asked; reading them changes nothing."""
DEEPEST = 12
"""Levels of objects within objects that are looked at."""


def describe(estimator: object, names: Sequence[str] | None = None) -> PipelineDescription:
    """Return what a fitted estimator or pipeline has learned; it is not changed.

    `names` are its columns, for one that was fitted without. Raises BadInput for what is no estimator.

    >>> describe(object())
    Traceback (most recent call last):
    clew_schemas.errors.BadInput: object is no estimator of scikit-learn's kind. It has neither fit nor transform
    """
    kind = type(estimator)
    if not _is_estimator(estimator):
        raise BadInput(
            f"{kind.__name__} is no estimator of scikit-learn's kind", hint="It has neither fit nor transform"
        )
    return described(_fitted(estimator, 0), names)


def _is_estimator(value: object) -> bool:
    return not isinstance(value, type) and any(hasattr(value, name) for name in ("fit", "transform"))


def _fitted(estimator: object, depth: int) -> Fitted:
    held = dict(getattr(estimator, "__dict__", {}))
    for name in COMPUTED:
        found = held.get(name)
        if found is None and name not in held:
            found = _computed(estimator, name)
        if found is not None:
            held[name] = found
    if held.get("feature_importances_") is not None:
        held.pop("estimators_", None)  # what would be read of the trees is known already
    attributes = {name: _value(value, depth + 1) for name, value in held.items()}
    if type(estimator).__module__.startswith("sklearn."):
        attributes.setdefault("_sklearn_version", getattr(sys.modules.get("sklearn"), "__version__", None))
    return Fitted(type(estimator).__name__, type(estimator).__module__, attributes)


def _computed(estimator: object, name: str) -> Any:
    try:
        return getattr(estimator, name, None)
    except Exception:
        # An estimator that was not fitted raises its own kind of error, which is not ours to import.
        return None


def _value(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, str | int | float | bool | slice):
        return value
    if hasattr(value, "tolist") and not isinstance(value, type):
        return value
    if depth > DEEPEST:
        return Named(type(value).__name__, type(value).__module__)
    if isinstance(value, Mapping):
        return {str(key): _value(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        members = [_value(each, depth + 1) for each in value]
        return tuple(members) if isinstance(value, tuple) else members
    if _is_estimator(value):
        return _fitted(value, depth)
    if callable(value):
        return Named(getattr(value, "__qualname__", type(value).__name__), getattr(value, "__module__", None) or "")
    return Named(type(value).__name__, type(value).__module__)
