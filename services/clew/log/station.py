"""A thread that runs one station of the log."""

from __future__ import annotations

import logging
import threading

from clew.log.port import Station
from clew_schemas.errors import ClewError

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0


class StationThread(threading.Thread):
    """Runs one station. An error is said, and the step made again with back-off: nothing is passed over."""

    def __init__(self, station: Station) -> None:
        super().__init__(name=f"clew-{station.name}", daemon=True)
        self.station = station
        self.failing: str | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                self.station.step()
                self.failing, pause = None, _FIRST_PAUSE
            except Exception as error:
                self._say(error)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        self.station.close()

    def _say(self, error: Exception) -> None:
        said = str(error) if isinstance(error, ClewError) else f"{type(error).__name__}: {error}"
        if said != self.failing:
            log.error("the %s stands still: %s", self.station.name, said, exc_info=not isinstance(error, ClewError))
        self.failing = said

    def stop(self) -> None:
        """Let the station finish its step, and end."""
        self._stopping.set()
        self.join(timeout=60)
