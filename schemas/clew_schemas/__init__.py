"""The words of Clew: what can be said about data and AI, in Python and as published contracts."""

from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Record, Scope, event
from clew_schemas.registry import Aspect, Registry
from clew_schemas.resolve import Claim, resolve
from clew_schemas.urn import Urn

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
