"""What the second process has worked out for the graph, on its way into the house through a pipe.

The graph is in the memory of the house, and only there it changes. What goes before is most of the work: reading
commits, making edges of claims, numbering both ends. It is worked out ahead, a portion of commits at a time; whatever
of it is late, lost or no longer of use, the house works out by itself.
"""

from __future__ import annotations

import os
import select
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from clew.graph import GraphChange
from clew.ledger import Commit, LedgerReader
from clew.materialise.draw_graph import Given, draw
from clew.materialise.follower import graph_pause

_BATCH = 100
"""Commits read at a time."""
_PORTION = 200
"""Changes from which on what was worked out is sent, so that nobody waits long for a portion."""
_PATIENCE, _WITHOUT = 1.0, 10.0
"""Seconds that the house waits for a portion, and those in which it waits for none after one did not come."""
_LOOK = 0.2
"""Seconds after which one that waits for a reader looks whether it is to end."""
_MOST = 1 << 18
"""Bytes read at a time."""
_LENGTH = struct.Struct("<I")


class Portion(NamedTuple):
    """Changes of the commits that follow the seq `after`, without a gap."""

    after: int
    changes: list[GraphChange]

    def following(self, seq: int) -> list[GraphChange]:
        """Return the changes of the commits after a seq, and with the first of them the nodes of all."""
        found = [change for change in self.changes if change.seq > seq]
        if 0 < len(found) < len(self.changes):
            found[0] = found[0]._replace(nodes=[node for change in self.changes for node in change.nodes])
        return found


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Portion).decode


class Ahead:
    """Works out changes in the second process and writes them into the pipe, a step at a time."""

    name = "graph"

    def __init__(self, ledger: LedgerReader, pipe: int) -> None:
        self._ledger = ledger
        self._pipe = pipe
        self._given = Given()
        self._at = self._drawn = 0
        self.pause = 0.0
        self._ended = threading.Event()
        os.set_blocking(pipe, False)

    def heard(self, seq: int) -> None:
        """Take it that the graph has come to a seq: what lies before is of no use any more."""
        self._drawn = seq

    def position(self) -> int:
        """Return the seq after which the next portion begins: there is no use in what the graph has."""
        return max(self._at, self._drawn)

    def step(self) -> bool:
        """Work out the next commits and send them; say whether there were any. Raises OSError when nobody reads."""
        after = self.position()
        commits = self._ledger.tail(after, _BATCH)
        for taken in _portions(commits):
            changes = draw(taken, self._ledger, self._given)
            if not self._send(_encode(Portion(after, changes))):
                return False
            self._given.add(changes)
            after = self._at = taken[-1].seq
        self.pause = graph_pause(len(commits))
        return bool(commits)

    def end(self) -> None:
        """Send no more: a step that waits for a reader leaves."""
        self._ended.set()

    def _send(self, body: bytes) -> bool:
        left = memoryview(_LENGTH.pack(len(body)) + body)
        while left:
            if self._ended.is_set():
                return False
            try:
                left = left[os.write(self._pipe, left) :]
            except BlockingIOError:
                _ready(self._pipe, select.POLLOUT, _LOOK)
        return True


def _portions(commits: Sequence[Commit]) -> Iterator[Sequence[Commit]]:
    taken: list[Commit] = []
    size = 0
    for commit in commits:
        taken.append(commit)
        size += len(commit.changes)
        if size >= _PORTION:
            yield taken
            taken, size = [], 0
    if taken:
        yield taken


class DrawnAhead:
    """The house's end of the pipe."""

    def __init__(self, pipe: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pipe = pipe
        self._clock = clock
        self._lock = threading.Lock()
        self._bytes = bytearray()
        self._next: Portion | None = None
        self._open = True
        self._waits_from = 0.0

    def take(self, after: int) -> list[GraphChange]:
        """Return what was worked out for commits that follow the seq `after`, without a gap; [] where nothing comes.

        Waits a moment for it. When nothing came, nobody waits for a while.
        """
        with self._lock:
            now = self._clock()
            until = now + (_PATIENCE if now >= self._waits_from else 0.0)
            while (portion := self._portion(until)) is not None:
                if portion.after > after:
                    return []  # what lies between never came; this may be of use afterwards
                self._next = None
                if found := portion.following(after):
                    self._waits_from = 0.0
                    return found
            self._waits_from = self._waits_from if now < self._waits_from else now + _WITHOUT
            return []

    def close(self) -> None:
        """Read no more."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._pipe)

    def _portion(self, until: float) -> Portion | None:
        """Return the portion that is next, and stays so; None when there is none until then."""
        while self._next is None:
            if self._complete():
                end = _LENGTH.size + self._length()
                self._next = _decode(memoryview(self._bytes)[_LENGTH.size : end].tobytes())
                del self._bytes[:end]
            elif not self._receive(until):
                return None
        return self._next

    def _length(self) -> int:
        length: int = _LENGTH.unpack_from(self._bytes)[0]
        return length

    def _complete(self) -> bool:
        return len(self._bytes) >= _LENGTH.size and len(self._bytes) >= _LENGTH.size + self._length()

    def _receive(self, until: float) -> bool:
        """Read what has come, or comes until then; say whether there was anything."""
        if not self._open:
            return False
        left = max(0.0, until - self._clock())
        read = os.read(self._pipe, _MOST) if _ready(self._pipe, select.POLLIN, left) else b""
        self._bytes += read
        return bool(read)


def _ready(pipe: int, event: int, seconds: float) -> bool:
    """Wait until a pipe can be read or written, or has no other end; not by `select`, which knows 1,024 descriptors."""
    poller = select.poll()
    poller.register(pipe, event)
    return bool(poller.poll(seconds * 1000))
