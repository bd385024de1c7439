"""The client: a house to speak with, and the runs of a script to record in it."""

from __future__ import annotations

import atexit
import getpass
import hashlib
import os
import re
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from clew.errors import BadInput
from clew.sdk.datasets import Dataset
from clew.sdk.doors import Door, HomeDoor, UrlDoor
from clew.sdk.embedded import open_home
from clew.sdk.house_client import HouseClient
from clew.sdk.naming import Names, plain, source_of
from clew.sdk.runs import Run, Status, log_dataset
from clew.sdk.spool import LIMIT, Spool
from clew.settings import Settings

EXIT_SECONDS = 5.0
"""How long the end of the process waits for the house; what is left then goes to disk."""


class Client(HouseClient):
    """A house, as a script sees it. Made by `clew.connect`; safe to use from several threads.

    What is said through `emit` and through runs goes out in the background and never raises, unless `strict`.
    Questions first wait for what this client has said, and are answered with it in view.
    """

    def __init__(self, door: Door, spool: Spool, **said: Any) -> None:
        super().__init__(door, spool, **said)
        self._runs: dict[str, Run] = {}
        _clients.add(self)

    def run(
        self,
        name: str,
        *,
        model: str | None = None,
        experiment: str | None = None,
        seeds: Mapping[str, int] | None = None,
        tags: Sequence[str] = (),
        describe_environment: bool = True,
    ) -> Run:
        """Begin a run; as a block, it ends with it: `success`, or `failed` with the exception, which goes on its way.

        Without a block it ends with `end()`, or with the process. `model` is what its model versions are versions of,
        `seeds` what its randomness began with. Inside the block of another run, it is contained in that one.

        >>> with client.run("train-delays", model="delays", seeds={"numpy": 7}) as run:
        ...     run.log_metric("rmse", 12.5)
        >>> client.describe(run.urn).aspects["run"]["status"]
        'success'
        """
        run = Run(
            self,
            name,
            model=model,
            experiment=experiment,
            seeds=seeds,
            tags=tags,
            describe_environment=describe_environment,
        )
        self._runs[run.urn] = run
        return run

    def log_dataset(
        self,
        table: Any,
        name: str,
        *,
        role: str | None = None,
        source: str | None = None,
        sql: str | None = None,
        dialect: str = "ansi",
        namespace: str | None = None,
        digest: str | None = None,
    ) -> Dataset | None:
        """Say what a pandas DataFrame is, outside of any run: schema, size, a digest of its content, where it is from.

        Returns what `Run.use` takes; None, with the reason in `errors`, when it can't be described.

        >>> client.log_dataset(trips, "trips").urn
        'urn:clew:dataset:(sdk://docs,trips...)'
        """
        try:
            return log_dataset(
                self,
                table,
                name,
                role=role,
                source=source,
                sql=sql,
                dialect=dialect,
                namespace=namespace,
                digest=digest,
            )
        except Exception as error:
            self.mishap(error)
            return None

    @property
    def open_run(self) -> Run | None:
        """The newest run that was begun and has not ended."""
        return next(reversed(self._runs.values()), None)

    def ended(self, run: Run) -> None:
        """Take note that a run has ended."""
        self._runs.pop(run.urn, None)

    def close(self, timeout: float = 30.0) -> None:
        """Send what waits within `timeout` seconds, put the rest on disk, let go of the house.

        Runs that are open are ended as `aborted`.
        """
        self.end_runs("aborted", "the client was closed before the run ended")
        super().close(timeout)

    def end_runs(self, status: Status, message: str | None = None) -> None:
        """End all runs that are open, the newest first."""
        for run in reversed(list(self._runs.values())):
            run.end(status, message)

    def after_fork(self) -> None:
        """Begin anew in a child process: open runs are the parent's to end."""
        self._runs = {}
        super().after_fork()


def connected(
    url: str | None = None,
    home: str | Path | None = None,
    token: str | None = None,
    *,
    project: str | None = None,
    source: str | None = None,
    namespace: str | None = None,
    strict: bool = False,
    spool_limit: int = LIMIT,
) -> Client:
    """Return a client of a house. Nothing is opened or asked yet: a house that is away is no reason to fail.

    `url` (else CLEW_URL) names a house that runs somewhere, `token` (else CLEW_TOKEN) opens it; on the same machine
    none is needed. Without a URL it is the house of `home` (else CLEW_HOME, else `.clew`): the one that `clew up` runs
    there, else one that is opened in this process. `project` (else CLEW_PROJECT, else the user's name) is in whose
    name things are said: the source `sdk:<project>`, the namespace `sdk://<project>`. `spool_limit` bounds what waits
    on disk, in bytes. Raises BadInput for a URL that is none.
    """
    url = url or (os.environ.get("CLEW_URL") if home is None else None) or None
    project = project or os.environ.get("CLEW_PROJECT") or _user()
    door: Door
    if url is not None:
        door = UrlDoor(_checked(url), token or os.environ.get("CLEW_TOKEN"))
        folder = Path.home() / ".clew" / "spool" / _folder_of(url)
    else:
        at = Path(home) if home is not None else Settings.from_environment().home
        door = HomeDoor(at.absolute(), open_home)
        folder = at.absolute() / "spool"
    return Client(
        door,
        Spool(folder, spool_limit),
        source=source or source_of(project),
        names=Names(namespace or f"sdk://{plain(project)}"),
        strict=strict,
    )


def _checked(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise BadInput(f"{url[:200]!r} is no address of a house", where="url", hint="Such as http://127.0.0.1:7400")
    return url


def _folder_of(url: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", urlsplit(url).netloc.rpartition("@")[2])
    return f"{readable}-{hashlib.sha256(url.rstrip('/').encode()).hexdigest()[:8]}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


_clients: weakref.WeakSet[Client] = weakref.WeakSet()
_ENDING: list[Callable[[], object]] = []


def at_exit(work: Callable[[], object]) -> None:
    """Have `work()` done before the clients are closed at the end of the process."""
    _ENDING.append(work)


def _end() -> None:
    for work in _ENDING:
        work()
    deadline = time.monotonic() + EXIT_SECONDS
    for client in list(_clients):
        client.close(max(deadline - time.monotonic(), 0.1))


def _after_fork() -> None:
    for client in list(_clients):
        client.after_fork()


atexit.register(_end)
os.register_at_fork(after_in_child=_after_fork)
