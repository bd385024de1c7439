"""What waits on disk while the house is away: append-only files of checksummed lines, sent and removed later.

A line is `<crc32> <sizes> <group>`: the checksum of what follows as 8 hexadecimal digits, the numbers of events of the
group's units (negative for loose ones), the group itself. Each process writes files of its own and holds a lock on
them while it lives; what a process left behind is taken over by whoever connects next.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from clew.sdk.batches import Batch, batch_of

log = logging.getLogger("clew")

LIMIT = 256 * 1024 * 1024
"""Most bytes that wait on disk for one house, of all processes together, unless told otherwise."""
SUFFIX = ".spool"


class Spool:
    """The batches that wait for one house, in the order in which they were kept. Not for several threads at once."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder = folder
        self.limit = limit
        self.damaged = 0
        """Lines that could not be read back."""
        self._own: _File | None = None
        self._reading: _File | None = None

    def append(self, batch: Batch) -> bool:
        """Keep a batch, durably; return False when the limit is reached. Raises OSError when the disk does."""
        line = _line(batch)
        if self.used() + len(line) > self.limit:
            return False
        if self._own is None:
            self._own = _File.create(self.folder)
        self._own.append(line)
        return True

    def used(self) -> int:
        """Return how many bytes wait on disk."""
        return sum(_size_of(path) for path in self._paths())

    def pending(self) -> bool:
        """Say whether something waits that this process may send."""
        return self._next_file() is not None

    def read(self, most: int) -> list[Batch]:
        """Return the next batches, up to `most` events of them, at least one; [] when nothing waits.

        They are read again until `done` is called.
        """
        file = self._next_file()
        if file is None:
            return []
        batches: list[Batch] = []
        count = 0
        for batch, end in file.batches(self):
            batches.append(batch)
            file.read_to = end
            count += batch.count
            if count >= most:
                break
        if not batches:
            self._remove(file)
            return self.read(most)
        return batches

    def done(self) -> None:
        """Forget what was read last: it has arrived."""
        file = self._reading
        if file is None:
            return
        file.done_to = file.read_to
        if file.done_to >= file.size():
            self._remove(file)

    def _next_file(self) -> _File | None:
        if self._reading is None:
            for path in self._paths():
                own = self._own is not None and path == self._own.path
                self._reading = self._own if own else _File.adopt(path)
                if self._reading is not None:
                    break
        return self._reading

    def _remove(self, file: _File) -> None:
        file.path.unlink(missing_ok=True)
        file.close()
        self._reading = None
        if file is self._own:
            self._own = None

    def _paths(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.iterdir() if path.suffix == SUFFIX)
        except OSError:
            return []

    def forget(self) -> None:
        """Let go of all files, so that another process may send what they hold."""
        for file in {self._own, self._reading} - {None}:
            assert file is not None
            file.close()
        self._own = self._reading = None


class _File:
    """One file of the spool, locked by this process."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.done_to = self.read_to = 0
        self._file = file

    @classmethod
    def create(cls, folder: Path) -> _File:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(3).hex()}{SUFFIX}"
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND
        file = os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        return cls(path, file)

    @classmethod
    def adopt(cls, path: Path) -> _File | None:
        """Return a file that another process left behind, None while one holds it."""
        try:
            file = path.open("r+b", buffering=0)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        if not path.exists():  # somebody sent and removed it between the two calls
            file.close()
            return None
        return cls(path, file)

    def append(self, line: bytes) -> None:
        before = self.size()
        try:
            view = memoryview(line)
            while view:
                view = view[self._file.write(view) :]
            os.fsync(self._file.fileno())
        except OSError:
            os.ftruncate(self._file.fileno(), before)
            raise

    def size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def batches(self, spool: Spool) -> Iterator[tuple[Batch, int]]:
        """Yield the batches that are not done, each with where it ends; what can't be read is counted and passed."""
        self.read_to = self.done_to
        with self.path.open("rb") as reader:
            reader.seek(self.done_to)
            for line in reader:
                start, self.read_to = self.read_to, self.read_to + len(line)
                batch = _read(line)
                if batch is None:
                    spool.damaged += 1
                    log.warning("%s: a damaged line of %d bytes at %d is passed over", self.path, len(line), start)
                    continue
                yield batch, self.read_to

    def close(self) -> None:
        self._file.close()


def _line(batch: Batch) -> bytes:
    sizes = ",".join(map(str, batch.sizes()))
    said = sizes.encode() + b" " + batch.body()
    return b"%08x %s\n" % (zlib.crc32(said), said)


def _read(line: bytes) -> Batch | None:
    """Return the batch of a line, None for one that is torn or damaged."""
    if not line.endswith(b"\n") or line[8:9] != b" ":
        return None
    said = line[9:-1]
    if line[:8] != b"%08x" % zlib.crc32(said):
        return None
    sizes, _, body = said.partition(b" ")
    try:
        return batch_of(body, [int(each) for each in sizes.split(b",")])
    except (ValueError, msgspec.DecodeError):
        return None


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
