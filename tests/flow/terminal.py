"""`clew` as a process of its own that need not import anything: one process has, once, and forks for each command.

That saves a second of each on a busy machine. `clew()` runs a command, `for_shells()` is where shells find one.
Real starts are tried by `test_installed`, and wherever a house runs: `clew up` is never forked.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

HEAVY = ("clew.check.gather", "clew.cli.local", "clew_connectors.run", "rich.table", "rich.tree", "typer.main")
"""What is imported beforehand: nothing that looks at the environment of its command then."""

LIMIT = 120
"""Seconds that a command may take."""

SHELL_COMMAND = """\
#!{python} -IS
import json, os, socket, sys
if sys.argv[1:2] == ["up"]:
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
asked = {{"words": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd(), "file_size": None}}
with socket.socket(socket.AF_UNIX) as parent:
    parent.connect({place!r})
    socket.send_fds(parent, [b" "], [0, 1, 2])
    parent.sendall(json.dumps(asked).encode())
    parent.shutdown(socket.SHUT_WR)
    sys.exit(int(parent.recv(16)))
"""


def clew(
    *words: str,
    environment: Mapping[str, str],
    folder: Path | None = None,
    stdin: bytes = b"",
    file_size: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, with these words; a negative exit code is the signal that ended it.

    `file_size`: bytes that a file may have, so that a disk seems full.
    """
    asked = {
        "words": words,
        "environment": dict(environment),
        "folder": str(folder or Path.cwd()),
        "file_size": file_size,
    }
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        read.write(stdin)
        read.seek(0)
        with socket.socket(socket.AF_UNIX) as parent:
            parent.connect(_parent())
            socket.send_fds(parent, [b" "], [read.fileno(), out.fileno(), err.fileno()])
            parent.sendall(json.dumps(asked).encode())
            parent.shutdown(socket.SHUT_WR)
            code = int(parent.recv(16))
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(["clew", *words], code, *said)


@cache
def for_shells() -> Path:
    """Return a folder with a command `clew`, to be the first of a shell's PATH."""
    command = Path(_parent()).with_name("clew")
    real = str(Path(sys.executable).with_name("clew"))
    command.write_text(SHELL_COMMAND.format(python=sys.executable, real=real, place=_parent()))
    command.chmod(0o700)
    return command.parent


@cache
def _parent() -> str:
    """Start the process that forks, and return where it listens; it ends with this one."""
    folder = Path(tempfile.mkdtemp(prefix="clew-terminal-"))
    place = folder / "socket"
    process = subprocess.Popen([sys.executable, __file__, str(place)], stdin=subprocess.PIPE)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(process.kill)
    while not place.exists():
        assert process.poll() is None
        time.sleep(0.02)
    return str(place)


def _serve(place: Path) -> None:
    """Fork for each command that comes: once to wait for its end and tell it, and there again to run it."""
    for module in HEAVY:
        importlib.import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits for a command is waited for by nobody
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{place}.new")
        listening.listen(16)
        Path(f"{place}.new").rename(place)
        while True:
            told, _ = listening.accept()
            if os.fork():
                told.close()
                continue
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _, streams, _, _ = socket.recv_fds(told, 1, 3)
            asked = json.loads(told.makefile("rb").read())
            if child := os.fork():
                _, status = os.waitpid(child, 0)
                told.sendall(str(os.waitstatus_to_exitcode(status)).encode())
                os._exit(0)
            listening.close()
            told.close()
            _become(asked, streams)
            importlib.import_module("clew.cli.main").main()
            return


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """Take the streams, words, environment and folder of a command."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["clew", *asked["words"]]
    signal.alarm(LIMIT)
    if asked["file_size"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_size"], asked["file_size"]))


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
