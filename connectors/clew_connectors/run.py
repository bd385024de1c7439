"""One crawl: a recipe read from beginning to end into a sink."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel, SecretStr

from clew_connectors.grouping import split
from clew_connectors.port import ReadWarning, Sink, State, States
from clew_connectors.recipe import Recipe
from clew_schemas.errors import ClewError, Conflict, OurError
from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Scope
from clew_schemas.scrub import BLANK, scrub

BATCH_EVENTS = 2_000
"""Events after which what was read is sent."""
BATCH_GROUPS = 200
COUNTED = ("changed", "unchanged", "parked", "refused", "retracted", "queued", "warnings")
"""What a summary counts."""
LISTED = 100
"""Groups that were held back, and warnings, named in a summary; the counts are of all."""


class Held(msgspec.Struct, frozen=True, rename="camel"):
    """A group or crawl mark that the sink did not take, and why."""

    id: str
    status: str
    errors: tuple[dict[str, Any], ...] = ()


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    """What a crawl did. `parked`, `refused` and `warnings` count all; `held` and `warned` name the first hundred.

    `changed` and `unchanged` count events, `retracted` claims, `queued` groups that a log holds until the ledger takes
    them. `closed` is False when the sink parked or refused the
    close, with the reason in `held`: nothing was retracted then. `token` is what to read one's own write by.
    """

    source: str
    crawl: int
    closed: bool
    token: str
    groups: int
    events: int
    changed: int
    unchanged: int
    parked: int
    refused: int
    retracted: int
    queued: int
    warnings: int
    held: tuple[Held, ...]
    warned: tuple[ReadWarning, ...]
    seconds: float


def now() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def run(recipe: Recipe, sink: Sink, *, states: States | None = None, clock: Callable[[], int] = now) -> Summary:
    """Read all that the recipe covers, send it as one crawl, and return what became of it.

    `clock` gives microseconds since 1970 UTC; the crawl's number is its time at the open. A state is kept only when
    every group before it was taken. When reading or sending fails, the crawl stays open, for a newer one to take its
    place, nothing is retracted, and the error says in `details["sent"]` what had been acknowledged.
    """
    begun = clock()
    connector, config = recipe.connector, recipe.config
    crawl: _Crawl | None = None
    try:
        scope = connector.discover(config).scope
        sink.register(recipe.name, order="crawl", door="connector", rank=connector.rank)
        crawl = _Crawl(recipe.name, sink, states, clock())
        crawl.open(scope)
        for item in connector.read(config, states.get(recipe.name) if states else None):
            if isinstance(item, ReadWarning):
                crawl.warn(item)
            elif isinstance(item, State):
                crawl.reach(item)
            else:
                crawl.add(connector.translate(item))
        crawl.close()
    except ClewError as error:
        error.details["sent"] = crawl.sent() if crawl else _NOTHING
        raise
    except Exception as error:
        said = _hidden(f"{type(error).__name__}: {error}", config)
        raise OurError(
            f"the connector {connector.name} failed: {said}",
            where=recipe.file,
            hint="This is a fault of the connector; its log has the place",
            sent=crawl.sent() if crawl else _NOTHING,
        ) from error
    return crawl.summary(max(0, clock() - begun) / 1e6)


_NOTHING = {"groups": 0, "events": 0}


class _Crawl:
    """A crawl on its way: what waits to be sent, and the counts so far."""

    def __init__(self, source: str, sink: Sink, states: States | None, number: int) -> None:
        self._source = source
        self._sink = sink
        self._states = states
        self._number = number
        self._waiting: list[Group] = []
        self._weight = 0
        self._groups = self._events = 0
        self._acknowledged = {"groups": 0, "events": 0}
        self._counts = dict.fromkeys(
            ("changed", "unchanged", "parked", "refused", "retracted", "queued", "warnings"), 0
        )
        self._held: list[Held] = []
        self._warned: list[ReadWarning] = []
        self._closed = False
        self._token = ""

    def open(self, scope: Scope) -> None:
        """Open the crawl; raise Conflict when the sink will not have it."""
        (receipt,) = self._sink.propose([CrawlOpen(self._source, self._number, scope)])
        self._token = receipt.token
        if receipt.status not in ("opened", "queued"):
            first = receipt.errors[0] if receipt.errors else {}
            raise Conflict(
                f"the crawl was not opened: {first.get('what', receipt.status)}",
                where=self._source,
                hint=first.get("hint"),
            )

    def add(self, events: Sequence[Event]) -> None:
        """Take the events of one record, and send when enough has come together."""
        for part in split(events):
            position = CrawlPosition(self._number, self._events)
            self._groups += 1
            self._waiting.append(Group(self._source, f"{self._number}/{self._groups}", part, position))
            self._events += len(part)
            self._weight += len(part)
            if self._weight >= BATCH_EVENTS or len(self._waiting) >= BATCH_GROUPS:
                self._send()

    def warn(self, warning: ReadWarning) -> None:
        self._counts["warnings"] += 1
        if len(self._warned) < LISTED:
            self._warned.append(warning)

    def reach(self, state: State) -> None:
        """Keep a state, once all before it is acknowledged and nothing was refused."""
        self._send()
        if self._states is not None and not self._counts["refused"]:
            self._states.put(self._source, state)

    def close(self) -> None:
        self._send()
        (receipt,) = self._sink.propose([CrawlClose(self._source, self._number, self._events)])
        self._closed = receipt.status in ("closed", "queued")
        self._note(receipt)

    def sent(self) -> dict[str, int]:
        """Return how many groups and events the sink has answered for."""
        return dict(self._acknowledged)

    def summary(self, seconds: float) -> Summary:
        return Summary(
            source=self._source,
            crawl=self._number,
            closed=self._closed,
            token=self._token,
            groups=self._groups,
            events=self._events,
            held=tuple(self._held),
            warned=tuple(self._warned),
            seconds=seconds,
            **self._counts,
        )

    def _send(self) -> None:
        if not self._waiting:
            return
        groups, self._waiting, self._weight = self._waiting, [], 0
        for group, receipt in zip(groups, self._sink.propose(groups), strict=True):
            self._acknowledged["groups"] += 1
            self._acknowledged["events"] += len(group.events)
            self._note(receipt)

    def _note(self, receipt: Receipt) -> None:
        self._token = receipt.token or self._token
        for name in ("changed", "unchanged", "retracted"):
            self._counts[name] += getattr(receipt, name)
        if receipt.status == "queued":
            self._counts["queued"] += 1
        if receipt.status in ("parked", "refused"):
            self._counts[receipt.status] += 1
            if len(self._held) < LISTED:
                self._held.append(Held(receipt.id, receipt.status, receipt.errors))


def _hidden(text: str, config: Any) -> str:
    """Return `text` without credentials: those that look like one, and the secrets of the configuration."""
    for secret in _secrets(config):
        text = text.replace(secret, BLANK)
    return scrub(text)


def _secrets(value: Any) -> list[str]:
    if isinstance(value, SecretStr):
        return [value.get_secret_value()] if value.get_secret_value() else []
    if isinstance(value, BaseModel):
        return [each for name in type(value).model_fields for each in _secrets(getattr(value, name))]
    if isinstance(value, dict | list | tuple):
        return [each for item in (value.values() if isinstance(value, dict) else value) for each in _secrets(item)]
    return []
