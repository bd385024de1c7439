"""The home of an embedded house: a folder, locked by the one process that has it open."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clew.errors import Locked, Unreachable

RUN_FILE = "run.json"
_ORPHANED = 10.0
"""Seconds that what a dead house has left running gets to end; it does so at once."""


class HomeLock:
    """Holds a home for this process until it is released or the process ends.

    `descriptor` may be handed to a process that writes the home, too: the home is then held until both have ended.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.descriptor = os.open(home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise Unreachable(
                f"the home can't be used: {error.strerror}", where=str(home), hint="Set CLEW_HOME to a folder of yours"
            ) from error
        self._take()
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def _take(self) -> None:
        end = time.monotonic() + _ORPHANED
        while True:
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                holder = os.pread(self.descriptor, 32, 0).decode(errors="replace").strip()
                if time.monotonic() > end or not _is_gone(holder):
                    os.close(self.descriptor)
                    if _is_gone(holder):
                        what = f"process {holder} has ended, and one that it started still has this home open"
                        hint = "End it: pgrep -f clew.drawing"
                    else:
                        what = f"another process ({holder or 'unknown'}) has this home open"
                        hint = "Use its API or CLI (clew finds it by run.json), or stop it"
                    raise Locked(what, where=str(self.home), hint=hint) from error
            time.sleep(0.01)

    def release(self) -> None:
        """Let others open the home."""
        os.close(self.descriptor)


def _is_gone(pid: str) -> bool:
    """Say whether a process has surely ended, be it that nobody has asked yet how."""
    try:
        os.kill(int(pid), 0)
        return Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except ProcessLookupError:
        return True
    except (ValueError, OverflowError, OSError, IndexError):
        return False


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
