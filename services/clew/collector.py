"""Python's cyclic garbage collector in a process that is a house."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 50
"""When a generation is collected: after so many new objects, or so many collections of the one before."""


def calm() -> None:
    """Let the collector look less often, and never again at what lives by now: in a process of the house's own.

    Rows and edges come by the hundred thousand and hold no cycles. With Python's own thresholds the collector walks
    through everything that lives so often that it takes a quarter of an ingest.
    """
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
