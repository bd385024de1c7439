"""A tape in memory: a small real one, for tests of who reads it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from clew.ledger import Commit
from clew.log import changes
from clew.log.record import LogRecord
from clew_schemas.registry import Registry
from clew_schemas.wire import frame

REGISTRY = Registry.built_in()


def commit(seq: int) -> Commit:
    return Commit(seq, seq * 1000, "main", "s", f"g{seq}", None, None, 0, (), ())


def record(offset: int, mark: tuple[str, int] | None, most: int = changes.MAX_BYTES) -> LogRecord:
    """Return the record of a commit, or one that is no commit."""
    if mark is None:
        return LogRecord("changes", 0, offset, b"?", b"junk", {})
    value = frame(1, changes.to_avro(commit(mark[1]), REGISTRY, most))
    return LogRecord("changes", 0, offset, mark[0].encode(), value, {"ce_id": f"{mark[0]}-{mark[1]}".encode()})


class ListTape:
    """Records of a list, some offsets of which may be missing; see `Tape`. The list may grow."""

    def __init__(self, records: Sequence[LogRecord]) -> None:
        self.records = records
        self.at = 0
        self.seeks = 0
        self.closed = False

    def bounds(self) -> tuple[int, int]:
        return (self.records[0].offset, self.records[-1].offset + 1) if self.records else (0, 0)

    def seek(self, offset: int) -> None:
        self.at = offset
        self.seeks += 1

    def next(self, timeout: float = 0.0) -> LogRecord | None:
        end = time.monotonic() + timeout
        while True:
            found = next((each for each in self.records if each.offset >= self.at), None)
            if found is not None:
                self.at = found.offset + 1
                return found
            if time.monotonic() >= end:
                return None
            time.sleep(0.001)

    def close(self) -> None:
        self.closed = True
