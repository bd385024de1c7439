"""A house that keeps groups in a list: it deduplicates by id, refuses what it is told to, and can be away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from clew.errors import ClewError, Unreachable
from clew_schemas.event import Event, Group, Receipt, decode, event


class Paper:
    """Takes encoded groups as the ledger does. `reached` is set whenever somebody tried."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.requests = 0
        self.away: ClewError | None = None
        self.lost_answers = 0
        self.refuses: Callable[[Event], bool] = lambda each: False
        self.reached = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self._known: dict[tuple[str, str], Receipt] = {}

    def propose(self, bodies: Sequence[bytes], timeout: float | None = None) -> list[Receipt]:
        self.reached.set()
        assert self.gate.wait(30)
        self.requests += 1
        if self.away is not None:
            raise self.away
        receipts = [self._take(decode(body)) for body in bodies]
        if self.lost_answers:
            self.lost_answers -= 1
            raise Unreachable("the answer was lost")
        return receipts

    def _take(self, group: Any) -> Receipt:
        assert isinstance(group, Group)
        key = (group.source, group.id)
        if key in self._known:
            return msgspec.structs.replace(self._known[key], repeated=True)
        if any(map(self.refuses, group.events)):
            return Receipt(group.id, "refused", "e-0", errors=({"code": "bad_input", "what": "no good"},))
        self.groups.append(group)
        self._known[key] = Receipt(group.id, "accepted", f"e-{len(self.groups)}", seq=len(self.groups))
        return self._known[key]

    @property
    def said(self) -> list[str]:
        """The texts of all that landed, in order."""
        return [msgspec.json.decode(each.payload)["text"] for group in self.groups for each in group.events]


def note(text: object) -> Event:
    return event("urn:clew:job:(test,j)", "documentation", {"text": str(text)})
