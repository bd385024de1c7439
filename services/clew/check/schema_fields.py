"""A field of a schema, in whatever language the schema is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEEPEST: Final = 50
"""Levels of fields within fields that are read."""
MOST: Final = 20_000
"""Fields of one schema that are read."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its type as text, `says` what else decides which values it may have, other names and its number."""

    name: str
    type: str
    says: str = ""
    aliases: tuple[str, ...] = ()
    number: int | None = None
