"""Lends the search index and the relations of an embedded house to a process of their own, once there is much to draw.

All threads of a Python process share one interpreter: what followers do keeps writers and questions waiting. Search
and relations only read the ledger, and nobody else writes their stores. So, when `ENOUGH` work was done on them here, a
process that does nothing else draws them; here they are read meanwhile. For the graph, which stays here, it works out
what changes (`drawn_ahead`). When that process ends, for whatever reason, all is followed here again.

Both sides say lines of JSON. This one says `{"home", "epoch", "changes"}` first, the last being the descriptor of a
pipe for what changes in the graph; `{"head", "graph"}`, how far the ledger and the graph have come, whenever the
ledger has moved and every half second; `{"end"}` at last. The other one says `{"ready"}` when it could begin,
`{"drawn": view}` after each step, and `{"failing": {view: error}}` whenever that changes. When this one is silent for
good, the other one is gone.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from clew.graph import GraphChange
from clew.ledger import LedgerReader
from clew.materialise.drawn_ahead import DrawnAhead
from clew.materialise.follower import Follower
from clew.materialise.views import Views

log = logging.getLogger(__name__)

ENOUGH = 1.0
"""Seconds of CPU time in a minute that are spent on drawing, from which on a process of its own pays."""
_MINUTE = 60.0
_IDLE = 300.0
"""Seconds without anything drawn after which the process is ended."""
_STUCK = 120.0
"""The same where there is something to draw."""
_AGAIN = 4.0
"""How many times as much is drawn here before the next one is started, when one has ended by itself."""
_MOST = 16.0
"""Seconds of CPU time in a minute that are enough in any case: a house under load gets there."""
_LISTEN = 0.5
_GATHER, _GATHERED_FROM = 0.02, 8
"""Seconds between two messages about the ledger's head at most, and how many commits it has moved by from which on they
are so far apart: fewer have come at leisure, and the next is told the sooner."""
_PATIENCE = 30.0
"""Seconds that the other process gets to finish what it is at."""
_COMMAND = (sys.executable or "python3", "-P", "-m", "clew.drawing")


@runtime_checkable
class Lendable(Protocol):
    """A view that another process can write for a while."""

    def release(self) -> None:
        """Let another process write from now on; here it is only read until `take_back`."""

    def refresh(self) -> None:
        """See what the other process has committed."""

    def take_back(self) -> None:
        """See what the other process, which has ended, has left, and write here again."""


class Lent:
    """A follower whose view may be lent: it follows while it is not."""

    def __init__(self, follower: Follower, process: DrawingProcess) -> None:
        self.name = follower.name
        self.pause = follower.pause
        self.between_steps = threading.Lock()
        self._follower = follower
        self._process = process

    def position(self) -> int:
        return self._follower.position()

    def step(self) -> bool:
        with self.between_steps:
            if self._process.draws:
                return False
            begun = time.thread_time()
            busy = self._follower.step()
            spent = time.thread_time() - begun
        if busy:
            self._process.note(spent)
        return busy

    def rest(self) -> None:
        self._process.wait_for_end(_LISTEN)
        self._follower.rest()


class DrawingProcess:
    """The process that draws, whenever there is one.

    `keeps` is a descriptor that it holds open as long as it lives: the lock of the home, so that nobody opens a home
    that is still being written. `failing` tells, by view, what keeps it from drawing.
    """

    def __init__(
        self,
        home: Path,
        keeps: int,
        ledger: LedgerReader,
        views: Views,
        followers: Sequence[Follower],
        moved: threading.Condition,
    ) -> None:
        self.followers = [Lent(each, self) for each in followers]
        self.failing: Mapping[str, str] = {}
        self._home, self._keeps = home, keeps
        self._ledger = ledger
        self._views = views
        self._moved = moved
        self._changing = threading.RLock()
        self._saying = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._changes: DrawnAhead | None = None
        self._ending = False
        self._here = threading.Event()
        self._here.set()
        self._held = 0
        self._spent, self._since, self._enough = 0.0, 0.0, ENOUGH
        self._drew = 0.0

    @property
    def draws(self) -> bool:
        """Whether the process draws now, and so nobody else."""
        return not self._here.is_set()

    def wait_for_end(self, timeout: float) -> None:
        """Wait until nobody else draws, at most so many seconds."""
        self._here.wait(timeout)

    def ahead(self, seq: int) -> Sequence[GraphChange]:
        """Return what changes in the graph with commits after a seq, as far as the process has worked it out."""
        changes = self._changes
        return changes.take(seq) if changes is not None and self.draws else ()

    def note(self, seconds: float) -> None:
        """Take into account what was spent on drawing here; start the process when it was enough."""
        now = time.monotonic()
        with self._changing:
            if now - self._since > _MINUTE:
                self._spent, self._since = 0.0, now
            self._spent += seconds
            if self._process is None and not self._held and self._spent >= self._enough:
                self._start()

    @contextmanager
    def called_back(self) -> Iterator[None]:
        """While inside, everything is drawn, and may be written, here."""
        with self._changing:
            self._held += 1
        try:
            self._end()
            yield
        finally:
            with self._changing:
                self._held -= 1

    def close(self) -> None:
        """Let the process finish its steps and end; there will be no other."""
        with self._changing:
            self._held += 1
        self._end()

    # -- its beginning and its end

    def _start(self) -> None:
        here, there = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(self._keeps, there),
                bufsize=0,
                start_new_session=True,  # what a terminal tells its processes is meant for the house
            )
        except OSError as error:
            log.warning("no process of its own for search and relations: %s", error)
            os.close(here)
            self._need_more()
            return
        finally:
            os.close(there)
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
        self._changes = DrawnAhead(here)
        self._say(process, {"home": str(self._home), "epoch": self._ledger.epoch, "changes": there})
        listener = threading.Thread(target=self._listen, args=(process,), name="clew-drawing", daemon=True)
        listener.start()
        self._process, self._listener = process, listener

    def _need_more(self) -> None:
        self._enough = min(self._enough * _AGAIN, max(_MOST, ENOUGH))

    def _end(self) -> None:
        with self._changing:
            process, listener = self._process, self._listener
            self._ending = process is not None
        if process is None or listener is None:
            return
        self._say(process, {"end": True})
        listener.join(_PATIENCE)
        if listener.is_alive():
            log.warning("the process that draws search and relations does not end: it is killed")
            process.kill()
            listener.join()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Do what the process says, until it says nothing more."""
        assert process.stdout is not None
        try:
            for line in process.stdout:
                self._heed(process, json.loads(line))
        except Exception:
            log.exception("what the process that draws says can't be followed: it is ended")
            process.kill()
        finally:
            self._take_back(process.wait())

    def _heed(self, process: subprocess.Popen[bytes], said: Mapping[str, Any]) -> None:
        if "ready" in said:
            with self._between_steps():
                for view in self._lendable():
                    view.release()
                self._drew = time.monotonic()
                self._here.clear()
            threading.Thread(target=self._tell, args=(process,), name="clew-head", daemon=True).start()
        elif "drawn" in said:
            self._drew = time.monotonic()
            getattr(self._views, said["drawn"]).refresh()
            with self._moved:
                self._moved.notify_all()
        elif "failing" in said:
            self.failing = said["failing"]

    def _take_back(self, code: int) -> None:
        with self._between_steps(), self._changing:
            if not self._ending:
                log.warning("the process that drew search and relations has ended (%d): they are drawn here", code)
                self._need_more()
            for view in self._lendable():
                try:
                    view.take_back()
                except Exception:
                    log.exception("what the process that drew has left can't be read")
            if self._changes is not None:
                self._changes.close()
            self._process, self._changes = None, None
            self._ending, self._spent, self.failing = False, 0.0, {}
            self._here.set()

    @contextmanager
    def _between_steps(self) -> Iterator[None]:
        with ExitStack() as stack:
            for each in self.followers:
                stack.enter_context(each.between_steps)
            yield

    def _lendable(self) -> Iterator[Lendable]:
        for each in self.followers:
            view: Lendable = getattr(self._views, each.name)
            yield view

    # -- what is said to it

    def _tell(self, process: subprocess.Popen[bytes]) -> None:
        """Say how far the ledger has come, as long as the process draws."""
        told = 0
        while self.draws and self._process is process:
            head = self._ledger.head_seq()
            idle = time.monotonic() - self._drew
            if idle > _IDLE or (idle > _STUCK and any(each.position() < head for each in self.followers)):
                self._end()
                return
            if not self._say(process, {"head": head, "graph": self._views.graph.position().seq}):
                return
            time.sleep(_GATHER * min(1.0, (head - told) / _GATHERED_FROM))
            told = head
            self._ledger.wait(head + 1, _LISTEN)

    def _say(self, process: subprocess.Popen[bytes], what: Mapping[str, Any]) -> bool:
        """Say something; a process that has not listened for thousands of lines is killed. Its listener hears of it."""
        assert process.stdin is not None
        line = json.dumps(what).encode() + b"\n"
        try:
            with self._saying:
                said = process.stdin.write(line) == len(line)
        except OSError:
            return False
        if not said:
            log.warning("the process that draws search and relations does not listen: it is killed")
            process.kill()
        return said
