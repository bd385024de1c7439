"""Sends in the background: a bounded queue, one thread, groups of many events, and the disk while the house is away.

What was said is in one of three places, oldest first: in flight, in the spool, in the queue. Batches keep their ids
wherever they are, so that sending one twice lands once.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from clew.errors import CallerError, ClewError, Forbidden, Unauthenticated
from clew.sdk.batches import Batch, Unit, packed
from clew.sdk.spool import Spool
from clew_schemas.event import Receipt

log = logging.getLogger("clew")

MAX_QUEUED = 100_000
"""Most events that wait in memory; more go to the spool."""
MAX_QUEUED_BYTES = 64 * 1024 * 1024
KEPT_ERRORS = 100
"""How many of the newest errors are kept."""
_REQUEST_EVENTS = 4_000
_LINGER = 0.05
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_PATIENCE = 5
"""How often a request that the house fails on is tried before its groups are sent one by one, and given up."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was not taken: what, where, and what to do. `group` is the id it was sent under, if it was."""

    code: str
    what: str
    where: str | None = None
    hint: str | None = None
    group: str | None = None
    events: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """What became of what was said. Counts are of events, since the client was made; `spool_bytes` is on disk now.

    `sent` were answered by the house, of which `refused` were turned away; `spooled` went to disk on their way;
    `dropped` are lost: the spool was full, or the disk. `away` says why the house can't be reached, None when it can.
    """

    queued: int
    sent: int
    refused: int
    spooled: int
    spool_bytes: int
    dropped: int
    requests: int
    bytes_sent: int
    away: str | None


@dataclass(slots=True)
class _Counts:
    sent: int = 0
    refused: int = 0
    spooled: int = 0
    dropped: int = 0
    requests: int = 0


@dataclass(slots=True)
class _Announcement:
    due: float
    units: Sequence[Unit]


@dataclass(slots=True)
class _State:
    """All that a fork must not share with its parent."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    on_disk: threading.Lock = field(default_factory=threading.Lock)
    queue: deque[Unit] = field(default_factory=deque)
    events: int = 0
    bytes: int = 0
    flight: list[Batch] = field(default_factory=list)
    from_spool: bool = False
    announcements: dict[str, _Announcement] = field(default_factory=dict)
    thread: threading.Thread | None = None
    prefix: str = field(default_factory=lambda: os.urandom(8).hex())
    number: int = 0
    urgent: bool = False
    closing: bool = False
    away: str | None = None
    pause: float = _FIRST_PAUSE
    failures: int = 0


class Sender:
    """Takes units from any thread and sees to their arrival. `propose` sends encoded groups and returns receipts."""

    def __init__(
        self,
        source: str,
        propose: Callable[[Sequence[bytes], float | None], list[Receipt]],
        spool: Spool,
        *,
        bytes_sent: Callable[[], int] = lambda: 0,
        most: int = MAX_QUEUED,
        most_bytes: int = MAX_QUEUED_BYTES,
    ) -> None:
        self.errors: deque[Refusal] = deque(maxlen=KEPT_ERRORS)
        self.token: str | None = None
        """The newest token of a receipt: what a question must have reached to see all that was sent."""
        self._source = source
        self._propose, self._bytes_sent = propose, bytes_sent
        self._spool = spool
        self._most, self._most_bytes = most, most_bytes
        self._counts = _Counts()
        self._warned: set[str] = set()
        self._state = _State()
        _senders.add(self)

    # Said by the caller's threads

    def put(self, units: Sequence[Unit]) -> None:
        """Take units; when the queue is full, what waits in it goes to disk first. Never waits for the house."""
        state = self._state
        with state.changed:
            full = state.events + sum(len(unit.events) for unit in units) > self._most
            if state.queue and (full or state.bytes + sum(unit.size for unit in units) > self._most_bytes):
                self._spill_queue()
            self._take(units)
            self._wake()

    def _take(self, units: Sequence[Unit]) -> None:
        state = self._state
        for unit in units:
            state.queue.append(unit)
            state.events += len(unit.events)
            state.bytes += unit.size

    def announce(self, key: str, units: Sequence[Unit], seconds: float) -> None:
        """Send units in `seconds`, or at the next flush, unless they are withdrawn before."""
        state = self._state
        with state.changed:
            state.announcements[key] = _Announcement(time.monotonic() + seconds, units)
            self._wake()

    def withdraw(self, key: str) -> bool:
        """Take an announcement back; return False when it is already on its way."""
        state = self._state
        with state.changed:
            return state.announcements.pop(key, None) is not None

    def announced(self, key: str) -> bool:
        """Say whether an announcement waits."""
        with self._state.changed:
            return key in self._state.announcements

    def flush(self, timeout: float) -> bool:
        """Wait until everything said so far is answered by the house; return False when it is not in `timeout` seconds.

        Returns at once when the house is away: what was said is on disk then, or in the queue.
        """
        state = self._state
        deadline = time.monotonic() + timeout
        with state.changed:
            self._announce_all()
            state.urgent = True
            if self._waiting():
                self._wake()
            failures = state.failures
            while self._waiting():
                left = deadline - time.monotonic()
                if left <= 0 or state.failures > failures:
                    return False
                state.changed.wait(left)
            return True

    def close(self, timeout: float) -> None:
        """Flush within `timeout` seconds, end the thread, and put what is left on disk."""
        state = self._state
        self.flush(timeout)
        with state.changed:
            state.closing = True
            state.changed.notify_all()
            thread = state.thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=0.5)
        with state.changed:
            # What is in flight may yet arrive; its copy on disk has the same id and does no harm.
            self._spill_flight()
            self._spill_queue()
            self._state = _State()
        with state.on_disk:
            self._spool.forget()

    def stats(self) -> Stats:
        """Return what became of what was said."""
        state, counts = self._state, self._counts
        with state.changed:
            flying = 0 if state.from_spool else sum(batch.count for batch in state.flight)
            return Stats(
                queued=state.events + flying,
                sent=counts.sent,
                refused=counts.refused,
                spooled=counts.spooled,
                spool_bytes=self._spool.used(),
                dropped=counts.dropped,
                requests=counts.requests,
                bytes_sent=self._bytes_sent(),
                away=state.away,
            )

    def refuse(self, error: ClewError, group: str | None = None, events: int = 0) -> None:
        """Keep an error and log it."""
        self.errors.append(Refusal(error.code, error.what, error.where, error.hint, group, events))
        log.warning("not recorded: %s", error)

    def resume(self) -> None:
        """Send what an earlier process left on disk, in the background."""
        with self._state.changed:
            if self._disk_pending():
                self._wake()

    def after_fork(self) -> None:
        """Begin anew in a child process: what waited is the parent's to send; ids are the child's own."""
        self._state = _State()
        self._counts = _Counts()
        self._spool.forget()

    # Done by the thread, or under its lock

    def _waiting(self) -> bool:
        state = self._state
        return bool(state.queue or state.flight or self._disk_pending())

    def _disk_pending(self) -> bool:
        with self._state.on_disk:
            return self._spool.pending()

    def _wake(self) -> None:
        state = self._state
        if state.thread is None or not state.thread.is_alive():
            state.thread = threading.Thread(target=self._run, args=(state,), name="clew-sender", daemon=True)
            state.thread.start()
        elif state.urgent or len(state.queue) == 1 or state.announcements:
            state.changed.notify_all()

    def _announce_all(self, until: float | None = None) -> None:
        state = self._state
        for key, each in list(state.announcements.items()):
            if until is None or each.due <= until:
                del state.announcements[key]
                self._take(each.units)

    def _run(self, state: _State) -> None:
        """The thread's life; it ends when closed, or when a fork has put another state in its place."""
        while state is self._state:
            try:
                if not self._awaited(state):
                    return
                self._turn(state)
            except Exception as error:
                log.exception("sending stands still")
                self._went_away(state, f"{type(error).__name__}: {error}")

    def _awaited(self, state: _State) -> bool:
        """Wait for work; return False when there will be none."""
        with state.changed:
            while not state.closing:
                now = time.monotonic()
                self._announce_all(now)
                if state.queue or state.flight or self._disk_pending():
                    if not state.urgent and not state.flight and state.events < _REQUEST_EVENTS:
                        state.changed.wait(_LINGER)
                    return not state.closing
                state.urgent = False
                state.changed.notify_all()
                due = min((each.due for each in state.announcements.values()), default=None)
                state.changed.wait(None if due is None else max(due - now, 0.001))
            return False

    def _turn(self, state: _State) -> None:
        """Send one request's worth, and settle what became of it."""
        flight = self._next_flight(state)
        if not flight:
            return
        bodies = [batch.body() for batch in flight]
        try:
            receipts = self._propose(bodies, None)
        except (Unauthenticated, Forbidden) as error:
            self._went_away(state, str(error))
        except CallerError as error:
            # Every batch has a slot of its own in the answer: what refuses the whole request has its cause in one.
            self._request_refused(state, flight, error)
        except ClewError as error:
            if state.failures >= _PATIENCE and error.http_status == 500:
                self._request_refused(state, flight, error)
            else:
                self._went_away(state, str(error))
        else:
            self._counts.requests += 1
            self._settle(state, flight, receipts)

    def _next_flight(self, state: _State) -> list[Batch]:
        with state.changed:
            if not state.flight:
                with state.on_disk:
                    state.flight = self._spool.read(_REQUEST_EVENTS)
                state.from_spool = bool(state.flight)
            if not state.flight:
                state.flight = self._batches(self._taken(_REQUEST_EVENTS))
            return list(state.flight)

    def _taken(self, most: int | None) -> list[Unit]:
        state = self._state
        units: list[Unit] = []
        count = 0
        while state.queue and (most is None or count < most):
            unit = state.queue.popleft()
            units.append(unit)
            count += len(unit.events)
            state.events -= len(unit.events)
            state.bytes -= unit.size
        return units

    def _batches(self, units: Sequence[Unit]) -> list[Batch]:
        state = self._state
        batches = []
        for each in packed(units):
            state.number += 1
            batches.append(Batch(self._source, f"{state.prefix}-{state.number}", each))
        return batches

    def _settle(self, state: _State, flight: Sequence[Batch], receipts: Sequence[Receipt]) -> None:
        """Take note of receipts. A refused group of several parts is sent again part by part: one costs only itself."""
        again: list[Batch] = []
        for batch, receipt in zip(flight, receipts, strict=True):
            self.heed(receipt)
            if receipt.status == "refused" and (parts := batch.apart()):
                again += parts
                continue
            self._counts.sent += batch.count
            if receipt.status in ("refused", "parked"):
                self._note(batch, receipt)
        self._landed(state, again)

    def heed(self, receipt: Receipt) -> None:
        """Remember how far a question must look to see what this receipt is for."""
        if receipt.status in ("accepted", "unchanged"):
            self.token = newest(self.token, receipt.token)

    def _note(self, batch: Batch, receipt: Receipt) -> None:
        if receipt.status == "refused":
            self._counts.refused += batch.count
        for said in receipt.errors or ({"code": "error", "what": f"the group was {receipt.status}"},):
            kept = Refusal(
                str(said.get("code")), str(said.get("what")), said.get("where"), said.get("hint"), batch.id, batch.count
            )
            self.errors.append(kept)
            log.warning("the house %s a group: %s (at %s)", receipt.status, kept.what, kept.where)

    def _request_refused(self, state: _State, flight: Sequence[Batch], error: ClewError) -> None:
        if len(flight) == 1:
            self._counts.sent += flight[0].count
            self._counts.refused += flight[0].count
            self.refuse(error, flight[0].id, flight[0].count)
            self._landed(state, [])
            return
        again = []
        for batch in flight:
            try:
                receipts = self._propose([batch.body()], None)
            except CallerError as single:
                if isinstance(single, Unauthenticated | Forbidden):
                    raise
                self._counts.refused += batch.count
                self.refuse(single, batch.id, batch.count)
            except ClewError as single:
                if single.http_status != 500:
                    raise
                self._counts.refused += batch.count
                self.refuse(single, batch.id, batch.count)
            else:
                self.heed(receipts[0])
                if receipts[0].status == "refused" and (parts := batch.apart()):
                    again += parts
                    continue
                if receipts[0].status in ("refused", "parked"):
                    self._note(batch, receipts[0])
            self._counts.sent += batch.count
        self._landed(state, again)

    def _landed(self, state: _State, again: list[Batch]) -> None:
        with state.changed:
            state.flight = again
            if not again and state.from_spool:
                with state.on_disk:
                    self._spool.done()
                state.from_spool = False
            if state.away is not None:
                log.info("the house is back")
            state.away, state.pause, state.failures = None, _FIRST_PAUSE, 0
            state.changed.notify_all()

    def _went_away(self, state: _State, why: str) -> None:
        with state.changed:
            if state.away is None:
                log.warning("the house is away (%s): what is said waits in %s", why, self._spool.folder)
            state.away = why
            state.failures += 1
            if not self._disk_pending():
                self._spill_flight()
            self._spill_queue()
            state.changed.notify_all()
            until = time.monotonic() + state.pause
            state.pause = min(state.pause * 2, _LONGEST_PAUSE)
            while not (state.closing or state.urgent) and (left := until - time.monotonic()) > 0:
                state.changed.wait(left)
            if state.urgent and not state.closing:
                state.urgent = False
                state.changed.wait(min(0.05, state.pause))

    def _spill_flight(self) -> None:
        state = self._state
        if not state.from_spool:
            self._keep(state.flight)
        state.flight, state.from_spool = [], False

    def _spill_queue(self) -> None:
        self._keep(self._batches(self._taken(None)))

    def _keep(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            try:
                with self._state.on_disk:
                    kept = self._spool.append(batch)
                why = f"the spool has reached its limit of {self._spool.limit} bytes"
            except OSError as error:
                kept, why = False, f"the spool can't be written: {error.strerror}"
            if kept:
                self._counts.spooled += batch.count
                continue
            self._counts.dropped += batch.count
            if why not in self._warned:
                self._warned.add(why)
                log.warning("%s (%s): events are dropped from now on", why, self._spool.folder)


def newest(one: str | None, other: str | None) -> str | None:
    """Return the later of two tokens; of two ledgers' the other."""
    if one is None or other is None:
        return one or other
    (epoch, seq), (other_epoch, other_seq) = one.rsplit("-", 1), other.rsplit("-", 1)
    return one if epoch == other_epoch and int(seq) > int(other_seq) else other


_senders: weakref.WeakSet[Sender] = weakref.WeakSet()


def _after_fork() -> None:
    for sender in list(_senders):
        sender.after_fork()


os.register_at_fork(after_in_child=_after_fork)
