"""When something was seen: moments that never stand still, so that of two claims the later one wins."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

_TICK = timedelta(microseconds=1)


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
