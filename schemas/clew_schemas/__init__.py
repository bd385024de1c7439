"""The words of Clew: what can be said about data and AI, in Python and as published contracts.

The registry, with the models of all aspects, is loaded when it is asked for: who reads a URN does not pay for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Record, Scope, event
from clew_schemas.resolve import Claim, resolve
from clew_schemas.urn import Urn

if TYPE_CHECKING:
    from clew_schemas.registry import Aspect, Registry

__all__ = [
    "Aspect",
    "Claim",
    "CrawlClose",
    "CrawlOpen",
    "CrawlPosition",
    "Event",
    "Group",
    "Receipt",
    "Record",
    "Registry",
    "Scope",
    "Urn",
    "event",
    "resolve",
]


def __getattr__(name: str) -> Any:
    if name not in ("Aspect", "Registry"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module("clew_schemas.registry"), name)
    return found
