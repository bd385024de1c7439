"""Numbers as contracts want them: JSON has no NaN and no infinity, so that these are words."""

from __future__ import annotations

import math
from typing import Literal

Number = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number as JSON can carry it: NaN and infinities as words."""


def number(value: float) -> Number:
    """Return a float as it is, or `NaN`, `Infinity`, `-Infinity` for one that is none."""
    if math.isfinite(value):
        return float(value)
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
