"""What knows GraphQL takes long to load: it is, when the first schema is built or the first request executed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clew.api.graphql.execution import executed
    from clew.api.graphql.schema import build_schema

__all__ = ["build_schema", "executed"]

_HOMES = {"build_schema": "clew.api.graphql.schema", "executed": "clew.api.graphql.execution"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return found
