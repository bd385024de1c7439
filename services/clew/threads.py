"""Work that goes on beside the questions, each kind in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0


class Worker(threading.Thread):
    """Takes step after step. An error is said and tried again with back-off: nothing is passed over.

    `step` says whether there was anything to do; `rest` is called when there was not, and may wait a moment. `moved`
    is notified after each step that did something, and then as many seconds go by as `pause` says, so that what comes
    meanwhile is taken together and others get on. `failing` tells what it stands still for, None when it runs.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        rest: Callable[[], object],
        moved: threading.Condition,
        pause: Callable[[], float] = lambda: 0.0,
    ) -> None:
        super().__init__(name=f"clew-{name}", daemon=True)
        self.work = name
        self.failing: str | None = None
        self._step = step
        self._rest = rest
        self._moved = moved
        self._pause = pause
        self._stopping = threading.Event()

    def run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                self._work()
                self.failing, pause = None, _FIRST_PAUSE
            except Exception as error:
                self.failing = f"{type(error).__name__}: {error}"
                log.exception("%s stands still", self.work)
                self._stopping.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _work(self) -> None:
        while not self._stopping.is_set() and self._step():
            with self._moved:
                self._moved.notify_all()
            if pause := self._pause():
                self._stopping.wait(pause)
        if not self._stopping.is_set():
            self._rest()

    def stop(self) -> None:
        """Let the worker finish its step, and end; one that was never started needs nothing."""
        self._stopping.set()
        if self.ident is not None:
            self.join(timeout=30)
