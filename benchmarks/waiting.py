"""Waiting for the views of a running house."""

from __future__ import annotations

import time

from clew.house import House

ASKED = ("graph", "search")
"""What questions are answered from, and what the budget of ingest is about. The relations follow at leisure."""


def until_drawn(house: House, views: tuple[str, ...] = ASKED) -> None:
    """Wait until these views show all that is committed now."""
    head = house.ledger.head_seq()
    while any(house.freshness.positions()[name] < head for name in views):
        time.sleep(0.005)


def until_all_follow(house: House) -> None:
    """Wait until everything that follows the ledger has come to its end, what is derived included."""
    while any(at < house.ledger.head_seq() for at in house.freshness.positions().values()):
        time.sleep(0.005)
