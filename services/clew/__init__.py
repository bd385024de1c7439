"""Clew: an event-driven metadata graph for data and AI.

`import clew` costs next to nothing: the SDK is loaded when something of it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clew.sdk import (
        Client,
        Dataset,
        Event,
        Group,
        Receipt,
        Run,
        Stats,
        aspects,
        capture,
        connect,
        current_run,
        default_client,
        deploy,
        emit,
        event,
        flush,
        log_dataset,
        log_metric,
        log_metrics,
        log_model,
        log_params,
        run,
        urn,
        use,
    )

__version__ = "0.1.0"

__all__ = [
    "Client",
    "Dataset",
    "Event",
    "Group",
    "Receipt",
    "Run",
    "Stats",
    "aspects",
    "capture",
    "connect",
    "current_run",
    "default_client",
    "deploy",
    "emit",
    "event",
    "flush",
    "log_dataset",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_params",
    "run",
    "urn",
    "use",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module("clew.sdk"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
