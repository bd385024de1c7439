"""The home of an embedded house: a folder, locked by the one process that has it open."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clew.errors import Locked, Unreachable

RUN_FILE = "run.json"


class HomeLock:
    """Holds a home for this process until it is released or the process ends."""

    def __init__(self, home: Path) -> None:
        self.home = home
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = os.open(home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise Unreachable(
                f"the home can't be used: {error.strerror}", where=str(home), hint="Set CLEW_HOME to a folder of yours"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 32, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise Locked(
                f"another process ({holder or 'unknown'}) has this home open",
                where=str(home),
                hint="Use its API or CLI (clew finds it by run.json), or stop it",
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let others open the home."""
        os.close(self._descriptor)


def write_run_file(path: Path, said: Mapping[str, Any]) -> None:
    """Say where the running house is reached: `port`, `pid`, `token`. Readable by the owner only."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(dict(said), file)
    temporary.replace(path)


def read_run_file(home: Path) -> dict[str, Any] | None:
    """Return what the running house says of itself, or None when none runs."""
    try:
        said: dict[str, Any] = json.loads((home / RUN_FILE).read_text())
        os.kill(int(said["pid"]), 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    except PermissionError:
        return said
    except (ValueError, KeyError, TypeError):
        return None
    return said
