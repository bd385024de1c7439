"""The ways into a house: by its URL, by the home in which one runs, or by opening the home in this process."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import httpx

from clew.errors import Unreachable
from clew.home import read_run_file

_TIMEOUT = httpx.Timeout(120.0, connect=2.0)


class Door(Protocol):
    """A way into one house. Requests may come from several threads."""

    name: str
    """How messages call the house."""

    def request(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Return the answer; raise httpx.HTTPError or Unreachable when there is none."""

    def after_fork(self) -> None:
        """Forget, in a child process, what belongs to its parent."""

    def close(self) -> None:
        """Let go of the house."""


class Closable(Protocol):
    """What is open, and can be closed."""

    def close(self) -> None:
        """Let go of everything."""


class UrlDoor:
    """A house by its URL."""

    def __init__(self, url: str, token: str | None) -> None:
        self.name = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = self._connected()
        self._parents: list[httpx.Client] = []

    def _connected(self) -> httpx.Client:
        return httpx.Client(base_url=self.name, headers=self._headers, timeout=_TIMEOUT, trust_env=False)

    def request(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self._client.request(method, path, **request)

    def after_fork(self) -> None:
        # The parent's sockets are kept, unused: closing them here would say goodbye in the parent's name.
        self._parents.append(self._client)
        self._client = self._connected()

    def close(self) -> None:
        self._client.close()


class HomeDoor:
    """The house of a home: the one that runs there, else one that is opened in this process.

    Where a house was found running, it is waited for when it is gone, at whatever port it comes back: opening the home
    would keep it from starting again.
    """

    def __init__(self, home: Path, opening: Callable[[Path], EmbeddedHouse]) -> None:
        self.name = str(home)
        self._home = home
        self._opening = opening
        self._lock = threading.Lock()
        self._running: UrlDoor | None = None
        self._embedded: EmbeddedHouse | None = None
        self._met = False
        self._pid = os.getpid()
        self._forked = False

    def request(self, method: str, path: str, **request: Any) -> httpx.Response:
        door = self._found()
        try:
            return door.request(method, path, **request)
        except httpx.TransportError:
            with self._lock:
                if door is self._running:
                    self._running = None
            raise

    def _found(self) -> UrlDoor | EmbeddedHouse:
        with self._lock:
            if self._embedded is None and self._running is None:
                self._find()
            found = self._embedded or self._running
            assert found is not None
            return found

    def _find(self) -> None:
        said = read_run_file(self._home)
        if said is not None:
            self._running, self._met = UrlDoor(f"http://127.0.0.1:{said['port']}", said.get("token")), True
        elif self._met:
            raise Unreachable("the house of this home is not running", where=self.name, hint="Start it: clew up")
        elif self._forked:
            raise Unreachable("the house is open in the parent process", where=self.name)
        else:
            self._embedded = self._opening(self._home)

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        if self._running is not None:
            self._running.after_fork()
        self._forked = self._forked or self._embedded is not None
        self._embedded = None

    def close(self) -> None:
        with self._lock:
            for each in (self._running, self._embedded):
                if each is not None:
                    each.close()
            self._running = self._embedded = None


class EmbeddedHouse:
    """A house in this process, spoken to by its own API without a socket: same answers, same errors."""

    def __init__(self, house: Closable, app: Any, token: str) -> None:
        self._house = house
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="clew-embedded", daemon=True)
        self._thread.start()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://localhost",
            headers={"Authorization": f"Bearer {token}"},
            timeout=None,  # noqa: S113 - nothing is between the two that could be waited for in vain
        )

    def request(self, method: str, path: str, **request: Any) -> httpx.Response:
        response: httpx.Response = self._done(self._client.request(method, path, **request))
        return response

    def _done(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        with suppress(RuntimeError):
            self._done(self._client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._house.close()
