"""Moments: when something was seen, never twice the same, so that the later of two claims wins; and as of when it is
asked."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

_TICK = timedelta(microseconds=1)

Moment = int | str | date
"""As of when: a seq, a token, a text such as "2h", a `datetime` (in UTC if it has no zone), or a `date` (its end)."""


def told(moment: Moment | None) -> str | None:
    """Return a moment as the house reads it."""
    return moment.isoformat() if isinstance(moment, date) else None if moment is None else str(moment)


class Clock:
    """Gives each caller a later moment than any before, in UTC."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        """Return the time, at least a microsecond after the last one returned."""
        with self._lock:
            self._last = max(datetime.now(UTC), self._last + _TICK)
            return self._last

    def after_fork(self) -> None:
        """Begin with a lock of one's own."""
        self._lock = threading.Lock()
