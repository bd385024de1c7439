"""Many lines in order, with bounded memory: sorted runs on disk, merged as they are read."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

HELD = 4 * 1024 * 1024
"""Bytes of lines that are held in memory; more go to a temporary file."""
_OBJECT = 64
"""Bytes that a line takes beside its own."""


def in_order(lines: Iterable[bytes], held: int = HELD) -> Iterator[bytes]:
    """Yield lines in byte order. None of them has a line feed in it."""
    runs: list[IO[bytes]] = []
    try:
        run: list[bytes] = []
        size = 0
        for line in lines:
            run.append(bytes(memoryview(line)))  # a copy: what encoders hand out may lie in a much larger block
            size += len(line) + _OBJECT
            if size > held:
                runs.append(_kept(run))
                run, size = [], 0
        run.sort()
        yield from heapq.merge(run, *map(_read, runs)) if runs else run
    finally:
        for each in runs:
            each.close()


def _kept(run: list[bytes]) -> IO[bytes]:
    run.sort()
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever merges
    file.writelines(line + b"\n" for line in run)
    file.seek(0)
    return file


def _read(file: IO[bytes]) -> Iterator[bytes]:
    return (line[:-1] for line in file)
