"""`clew` as a process of its own that need not import anything: one process has, once, and forks for each command.

That saves a second of each on a busy machine. Real starts are tried by `test_installed`, and wherever a house runs.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

STREAMS = ("in", "out", "err")
HEAVY = ("clew.check.gather", "clew.cli.local", "clew_connectors.run", "rich.table", "rich.tree", "typer.main")
"""What is imported beforehand: nothing that looks at the environment of its command then."""

LIMIT = 120
"""Seconds that a command may take."""


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
    with tempfile.TemporaryDirectory() as made:
        asked = {
            "words": words,
            "environment": dict(environment),
            "folder": str(folder or Path.cwd()),
            "file_size": file_size,
        }
        (Path(made) / "asked").write_text(json.dumps(asked))
        (Path(made) / "in").write_bytes(stdin)
        code = _parent().run(made)
        out, err = ((Path(made) / name).read_text() for name in STREAMS[1:])
    return subprocess.CompletedProcess(["clew", *words], code, out, err)


class _Parent:
    """The process that forks. Pipes tell it the folder of a command, and this one its exit code."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, folder: str) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(folder + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


_parent = cache(_Parent)


def _serve() -> None:
    """Fork for each folder that is told; a child leaves by the end of its command."""
    for module in HEAVY:
        importlib.import_module(module)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(Path(line.rstrip("\n")))
            importlib.import_module("clew.cli.main").main()
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(folder: Path) -> None:
    """Take the streams, words, environment and folder of a command."""
    asked = json.loads((folder / "asked").read_bytes())
    for number, name in enumerate(STREAMS):
        opened = os.open(folder / name, os.O_RDWR | os.O_CREAT | (os.O_APPEND if number else 0))
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0)  # the parent's has read ahead
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["clew", *asked["words"]]
    signal.alarm(LIMIT)
    if asked["file_size"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_size"], asked["file_size"]))


if __name__ == "__main__":
    _serve()
