"""The error tree, for the house and its faces; it stands in `clew_schemas.errors`, where the doors of the words are."""

from clew_schemas.errors import (
    Ambiguous,
    BadInput,
    CallerError,
    ClewError,
    Conflict,
    Damaged,
    Forbidden,
    Locked,
    NotFound,
    OurError,
    Stale,
    TooLarge,
    Unauthenticated,
    Unreachable,
    WorldError,
)

__all__ = [
    "Ambiguous",
    "BadInput",
    "CallerError",
    "ClewError",
    "Conflict",
    "Damaged",
    "Forbidden",
    "Locked",
    "NotFound",
    "OurError",
    "Stale",
    "TooLarge",
    "Unauthenticated",
    "Unreachable",
    "WorldError",
]
