"""Small numbers that every engine stores in place of words. They stand in homes and databases and never change."""

from __future__ import annotations

OPS = {"upsert": 1, "retract": 2, "deny": 3}
OP_NAMES = {number: name for name, number in OPS.items()}

MAIN = 1
"""The number of the branch `main`."""

PAGE_KEYS = 4096
"""Claims on one page of the set of what a crawl named."""


def payload_number(seq: int, n: int) -> int:
    """Return the number of the payload that fact `n` of commit `seq` brought."""
    return (seq << 20) + n
