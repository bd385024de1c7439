"""A small process that outlives its parent to leave nothing behind, however the parent ended.

It reads lines from its standard input: `watch PID`, a process to kill, and `scratch PATH`, a folder to remove. It acts
when the input ends, which is when the parent has gone. A death signal from the kernel would not do: that one is tied to
the thread that started the child, and kills servers when a thread of a pool ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_one_at_a_time = threading.Lock()


def watch(pid: int) -> None:
    """Have the process killed when this one has gone."""
    _tell(f"watch {pid}")


def scratch(path: Path) -> None:
    """Have the folder removed when this process has gone."""
    _tell(f"scratch {path}")


def _tell(line: str) -> None:
    with _one_at_a_time:
        pipe = _guard(os.getpid()).stdin
        assert pipe is not None
        pipe.write(line + "\n")
        pipe.flush()


@cache
def _guard(_owner: int) -> subprocess.Popen[str]:
    """The guard of this process; a forked child gets one of its own."""
    command = [sys.executable, "-I", __file__]
    null = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=null, stderr=null, text=True, start_new_session=True)


def main(lines: Iterable[str]) -> None:
    """Take note of every line; at their end kill the processes, see them gone and remove the folders."""
    processes: list[int] = []
    folders: list[str] = []
    for line in lines:  # ends with the parent
        kind, _, what = line.rstrip("\n").partition(" ")
        if kind == "scratch":
            folders.append(what)
        else:
            with contextlib.suppress(ProcessLookupError):
                processes.append(os.pidfd_open(int(what)))  # holds on to this process, not to its number
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGKILL)
    for process in processes:
        select.select([process], [], [], 30)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.stdin)
