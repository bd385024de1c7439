"""The tape: the one partition of changes, as who reads it sees it. Records are found by the seq in their headers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from clew.log.record import LogRecord

_WINDOW = 1000
"""Records at the end of the tape that are looked through for the last one published."""


class Mark(NamedTuple):
    """Which commit a record of the tape is about."""

    epoch: str
    seq: int


def mark_of(record: LogRecord) -> Mark | None:
    """Return which commit a record is about, None for what is no commit."""
    epoch, _, seq = record.headers.get("ce_id", b"").decode(errors="replace").rpartition("-")
    return Mark(epoch, int(seq)) if epoch and seq.isascii() and seq.isdigit() else None


class Tape(Protocol):
    """A reader of the tape. Threads do not share it at one time."""

    def bounds(self) -> tuple[int, int]:
        """Return the offset of the first record, and that after the last."""

    def seek(self, offset: int) -> None:
        """Go on from `offset`."""

    def next(self, timeout: float = 0.0) -> LogRecord | None:
        """Return the next record, None when the end is reached and nothing came within `timeout` seconds.

        Raises Unreachable when there is a record and Kafka does not give it.
        """

    def close(self) -> None:
        """Let go of Kafka."""


def seek_after(tape: Tape, after: Mark) -> None:
    """Go to the first record of an epoch that is after a seq, found by halving; to the end when there is none."""
    low, high = tape.bounds()
    while low < high:
        middle = (low + high) // 2
        tape.seek(middle)
        record = tape.next()
        if record is None or record.offset >= high:
            high = middle
            continue
        mark = mark_of(record)
        if mark is None or mark.epoch != after.epoch or mark.seq <= after.seq:
            low = record.offset + 1
        else:
            high = middle
    tape.seek(low)


def last_published(tape: Tape, epoch: str) -> int:
    """Return the newest seq of an epoch up to which the tape has every commit, 0 when it has none.

    Publishers begin after a seq that is on the tape, so the first record of any window has all before it somewhere.
    """
    low, high = tape.bounds()
    window = _WINDOW
    while low < high:
        start = max(low, high - window)
        last = _unbroken(tape, start, high, epoch)
        if last or start == low:
            return last
        window *= 10
    return 0


def _unbroken(tape: Tape, start: int, end: int, epoch: str) -> int:
    last = 0
    tape.seek(start)
    while (record := tape.next()) is not None:
        mark = mark_of(record)
        if mark is not None and mark.epoch == epoch:
            if last and mark.seq > last + 1:
                break
            last = max(last, mark.seq)
        if record.offset + 1 >= end:
            break
    return last
