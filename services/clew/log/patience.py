"""Trying again what the world failed at, less and less often."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from clew_schemas.errors import Unreachable

T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


def patiently(attempt: Callable[[], T], patience: float) -> T:
    """Return what `attempt` returns; while it raises Unreachable it is made again, for at most `patience` seconds."""
    end, pause = time.monotonic() + patience, _FIRST_PAUSE
    while True:
        try:
            return attempt()
        except Unreachable:
            if time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
