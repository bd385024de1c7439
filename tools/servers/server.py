"""One server: its address and, where it is our own child, its life."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.servers.errors import ServerError, tail
from tools.servers.place import Place

PATIENCE = 180.0
"""Seconds to get ready in: on a busy machine a JVM takes minutes, and Kafka over one after a kill."""

LAST_WORDS = 60.0
"""Seconds to end in after being asked to."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a prepared server is started and known: the same at every start, so that a restart finds its data."""

    place: Place
    command: tuple[str, ...]
    url: str
    says: str
    """What it writes into its log once it has its port: proof that it is our child who answers there."""
    answers: Callable[[], bool]
    """Asks it a small real question; False or OSError while it is not ready."""
    stop_signal: signal.Signals = signal.SIGTERM


class Server:
    """A server under its name, at its URL.

    `url` is in the form that Clew's settings take; `address` is its host and port; `env` holds the variables that point
    Clew and its tests to it. A server that the environment gave has no `pids`, and is left alone by `stop`.
    """

    def __init__(self, name: str, url: str, recipe: Recipe | None = None) -> None:
        self.name = name
        self.url = url
        self.env: dict[str, str] = {}
        self._recipe = recipe
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def address(self) -> str:
        """`host:port`, the first one where the URL names several."""
        return self.url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2].split(",")[0]

    @property
    def log(self) -> Path | None:
        """The file that holds the server's output, where it is our own."""
        return self._recipe.place.log if self._recipe else None

    @property
    def pids(self) -> tuple[int, ...]:
        """The server's process and those it started, first the one that stands for it; empty when it is down."""
        return _family(self._child.pid) if self._child and self._child.poll() is None else ()

    def launch(self) -> None:
        """Start the process; `wait` says when it is ready."""
        recipe = self._own()
        if self.pids:
            raise ServerError(f"{self.name} is running")
        self._log_start = recipe.place.log.stat().st_size if recipe.place.log.exists() else 0
        self._child = recipe.place.spawn(recipe.command)

    def wait(self, patience: float = PATIENCE) -> None:
        """Wait until our own child answers; ServerError with the log's end when it ends or time is up."""
        recipe = self._own()
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.check()
            if self._answers(recipe) and self.pids:
                return
            time.sleep(0.1)
        self.kill()
        raise ServerError(self._failure(f"was not ready within {patience:.0f} s"))

    def check(self) -> None:
        """ServerError with the log's end when our own child has ended by itself."""
        if not self.pids:
            raise ServerError(self._failure(f"ended with {self._child.returncode if self._child else None}"))

    def stop(self) -> None:
        """Ask it to end and wait; kill it when it does not within a minute. A server that is down stays so."""
        if not self.pids or not self._child:
            return
        self._child.send_signal(self._own().stop_signal)
        try:
            self._child.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it and all it started, as `kill -9` would, and wait until they are gone."""
        self._own()
        pids = self.pids
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._child:
            self._child.wait()
        while any(_alive(pid) for pid in pids):
            time.sleep(0.01)

    def discard(self) -> None:
        """Let go of it without ceremony: kill it where it is our own."""
        if self._recipe:
            self.kill()

    def restart(self) -> None:
        """Start it again on the same data and ports, stopping it first if it runs; returns when it is ready."""
        self.stop()
        self.launch()
        self.wait()

    def _own(self) -> Recipe:
        if self._recipe is None:
            raise ServerError(f"{self.name} at {self.address} was given by the environment: it is not ours to handle")
        return self._recipe

    def _answers(self, recipe: Recipe) -> bool:
        with recipe.place.log.open("rb") as log:
            log.seek(self._log_start)
            if recipe.says.encode() not in log.read():
                return False
        try:
            return recipe.answers()
        except OSError:
            return False

    def _failure(self, what: str) -> str:
        log = self._own().place.log
        return f"{self.name} {what}; the end of {log}:\n{tail(log)}"


def _family(pid: int) -> tuple[int, ...]:
    """A process and its descendants."""
    try:
        children = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return (pid,)
    return (pid, *(each for child in " ".join(children).split() for each in _family(int(child))))


def _alive(pid: int) -> bool:
    """Whether the process still runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
