"""Group commit: whoever holds the lock commits for all who wait, so that they share one transaction and one fsync."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from clew.ledger.taking import Item
from clew_schemas.errors import ClewError, WorldError
from clew_schemas.event import Group, Receipt

MAX_TRANSACTION = 500
"""Most events that one SQL transaction gathers from those who wait."""

Commit = Callable[[list[Item]], None]
"""Takes records in one durable transaction and sets their receipts; raises, and then nothing of them is kept."""


class GroupCommit:
    """The queue before the lock. `lock` is also for an engine's other writes."""

    def __init__(self, commit: Commit, translated: Callable[[Exception], ClewError]) -> None:
        self.lock = threading.Lock()
        self._queue: deque[Item] = deque()
        self._commit = commit
        self._translated = translated

    def receipts(self, items: Sequence[Item]) -> list[Receipt]:
        """Wait until each item is committed; return the receipts in order, or raise what kept one from it.

        An item that is done already keeps its receipt.
        """
        self._queue.extend(item for item in items if not item.done.is_set())
        for item in items:
            while not item.done.is_set():
                with self.lock:
                    if not item.done.is_set():
                        self._commit_some()
        return _receipts(items)

    def receipts_together(self, items: Sequence[Item], commit: Commit) -> list[Receipt]:
        """Commit these items in one transaction of their own: all of it is kept, or nothing."""
        with self.lock:
            try:
                commit([item for item in items if not item.done.is_set()])
            except ClewError:
                raise
            except Exception as error:
                raise self._translated(error) from error
        return _receipts(items)

    def _commit_some(self) -> None:
        """Commit what waits, up to a transaction's worth; the lock is held."""
        batch: list[Item] = []
        events = 0
        while self._queue and events < MAX_TRANSACTION and not any(item.defines for item in batch):
            if batch and self._queue[0].defines:
                break  # what is said after a definition is read by it, what is said before is not
            item = self._queue.popleft()
            events += len(item.record.events) if isinstance(item.record, Group) else 1
            batch.append(item)
        try:
            self._commit(batch)
        except WorldError as error:
            for item in batch:
                item.error = error
        except Exception:
            self._commit_apart(batch)
        for item in batch:
            item.done.set()

    def _commit_apart(self, batch: list[Item]) -> None:
        """After a failed transaction: once more, each record by itself, so that one cannot fail the others."""
        for item in batch:
            item.receipt = None
            try:
                self._commit([item])
            except Exception as error:
                item.error = self._translated(error)


def _receipts(items: Sequence[Item]) -> list[Receipt]:
    failed = next((item.error for item in items if item.error is not None), None)
    if failed is not None:
        raise failed
    return [item.receipt for item in items if item.receipt is not None]
