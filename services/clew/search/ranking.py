"""How much a match counts: constants, so that a score can be had without looking at any other document.

All scores are whole numbers: sums of them are exact in 32-bit floats, in whatever order an engine adds, and what
matches equally ties exactly. `SHOWN` of them make one point of the score that a reader sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from clew.search.port import TEXT_FIELDS

SHOWN = 1_000

EXACT = 100
PLURAL = 80
PREFIX = 30
TYPO = 10
"""What a word counts in a field, by how it was found; times the field's weight. A second typo halves it."""


class Tier(IntEnum):
    """How freely the words of a query are matched. What matches in a tier stands above all that needs a freer one."""

    EXACT = 0
    """Words as they were typed, or but for a plural."""
    PREFIX = 1
    """And words that begin so."""
    TYPO = 2
    """And words with a typing error."""


TIER = 6_000
"""What each word adds for each tier that was not needed: more than a word counts without `NAME` and the like."""

PARTS = 0.5
"""What a compound word counts when its parts are found one by one, against its being found as one."""

ELSEWHERE = 0.125
"""What the fields beside a word's best one add; a power of two, to stay exact."""

NAME = 10_000
TAIL = 9_000
ALIKE = 7_000
TITLE = 6_000
"""What each word adds of a query that is, as a whole, a name, its last segments, these but for plurals, or a title."""

_WEIGHTS: Mapping[str, int] = {field: round(weight * 10) for field, weight in TEXT_FIELDS.items()}


def score(field: str, match: int, share: float = 1.0) -> int:
    """Return what a word counts that was found in `field` in this way, as a `share` of a compound word."""
    return max(1, round(_WEIGHTS[field] * match * share))


def floor(tier: Tier | None, words: int) -> int:
    """Return what is added to all scores of a tier; None is above all tiers."""
    return (max(Tier) - (-1 if tier is None else tier)) * TIER * words


def relaxed(words: int) -> tuple[int, ...]:
    """Return how many of so many words must match: all; when nothing does, all but one; then half of them."""
    return tuple(dict.fromkeys((words, max(1, words - 1), max(1, (words + 1) // 2))))
