"""A testing kit for connectors: a small real sink, in memory, that turns away what the ledger would turn away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from clew_connectors.port import State
from clew_schemas import canonical
from clew_schemas.edges import stated
from clew_schemas.errors import BadInput, ClewError, TooLarge
from clew_schemas.event import MAX_BYTES, MAX_EVENTS, CrawlClose, CrawlOpen, Event, Group, Receipt, Record, Scope
from clew_schemas.registry import Registry
from clew_schemas.scrub import has_secret, scrub
from clew_schemas.urn import Urn

GUARDED_FROM = 20
"""Claims in scope from which on the guard of a crawl looks at what a close would retract."""

Key = tuple[str, str, str]
"""A claim: source, URN, aspect."""


@dataclass
class _OpenCrawl:
    number: int
    scope: Scope
    guard: float
    events: int = 0
    named: set[tuple[str, str]] = field(default_factory=set)


class MemorySink:
    """Checks every record, keeps claims and points, retracts at a close what the crawl's scope holds and did not name.

    A bad group is parked with its errors and leaves nothing; the others go on. Not kept: history, seq, other sources'
    rank. `records` is everything that came in, in order, as it came.
    """

    def __init__(self, registry: Registry | None = None) -> None:
        self.claims: dict[Key, bytes] = {}
        self.points: dict[tuple[str, str, str, str, int, int], bytes] = {}
        self.records: list[Record] = []
        self._registry = registry or Registry.built_in()
        self._sources: set[str] = set()
        self._last: dict[str, int] = {}
        self._open: dict[str, _OpenCrawl] = {}

    def register(self, name: str, *, order: Literal["crawl"], door: str, rank: int = 50) -> None:
        self._sources.add(name)

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        self.records.extend(records)
        return [self._take(record) for record in records]

    def groups(self) -> list[Group]:
        """Return the groups that came in."""
        return [record for record in self.records if isinstance(record, Group)]

    def said(self, urn: str, aspect: str) -> Any:
        """Return what is claimed about (entity, aspect) by whichever source, None when nothing is."""
        found = [body for (_, about, name), body in self.claims.items() if (about, name) == (urn, aspect)]
        return canonical.loads(found[0])[0] if found else None

    def _take(self, record: Record) -> Receipt:
        if isinstance(record, CrawlOpen):
            return self._open_crawl(record)
        if isinstance(record, CrawlClose):
            return self._close_crawl(record)
        try:
            return self._take_group(record)
        except ClewError as error:
            return Receipt(record.id, "parked", "", errors=(error.to_dict(),))

    def _open_crawl(self, record: CrawlOpen) -> Receipt:
        name = f"crawl.open {record.number}"
        if record.source not in self._sources or record.number <= self._last.get(record.source, 0):
            what = "unknown source" if record.source not in self._sources else "not above the source's last crawl"
            return Receipt(name, "refused", "", errors=(BadInput(what).to_dict(),))
        for aspect in record.scope.aspects:
            self._registry.get(aspect)
        self._last[record.source] = record.number
        self._open[record.source] = _OpenCrawl(record.number, record.scope, record.guard)
        return Receipt(name, "opened", "")

    def _close_crawl(self, record: CrawlClose) -> Receipt:
        name, crawl = f"crawl.close {record.number}", self._open.get(record.source)
        if crawl is None or crawl.number != record.number:
            return Receipt(name, "refused", "", errors=(BadInput("this crawl is not open").to_dict(),))
        covered = [key for key in self.claims if key[0] == record.source and covers(crawl.scope, *key[1:])]
        gone = [key for key in covered if key[1:] not in crawl.named]
        guarded = len(covered) >= GUARDED_FROM and len(gone) > crawl.guard * len(covered)
        if crawl.events != record.events or guarded:
            what = f"would retract {len(gone)} of {len(covered)}" if guarded else f"took {crawl.events} events"
            return Receipt(name, "parked", "", errors=(BadInput(what).to_dict(),))
        for key in gone:
            del self.claims[key]
        del self._open[record.source]
        return Receipt(name, "closed", "", retracted=len(gone))

    def _take_group(self, group: Group) -> Receipt:
        crawl = self._open.get(group.source)
        if crawl is not None and group.crawl is not None and crawl.number == group.crawl.number:
            crawl.events += len(group.events)
            crawl.named.update((event.urn, event.aspect) for event in group.events)
        else:
            raise BadInput("the group belongs to no open crawl", where="crawl")
        bodies = [self._checked(event, f"events[{at}]") for at, event in enumerate(group.events)]
        if len(group.events) > MAX_EVENTS or sum(map(len, bodies)) > MAX_BYTES:
            raise TooLarge("the group is over the limits", where="events")
        if group.crawl.sequence != crawl.events - len(group.events):
            raise BadInput("the group is not the next of its crawl", where="crawl.sequence")
        changed = sum(self._keep(group.source, event, body) for event, body in zip(group.events, bodies, strict=True))
        status: Literal["accepted", "unchanged"] = "accepted" if changed else "unchanged"
        return Receipt(group.id, status, "", changed=changed, unchanged=len(bodies) - changed)

    def _keep(self, source: str, event: Event, body: bytes) -> bool:
        """Keep what an event says; return whether that is new."""
        if self._registry.get(event.aspect).mode == "series":
            assert event.time is not None
            point = (source, event.urn, event.aspect, event.name, round(event.time.timestamp() * 1e6), event.step)
            before, self.points[point] = self.points.get(point), body
        else:
            before, self.claims[source, event.urn, event.aspect] = (
                self.claims.get((source, event.urn, event.aspect)),
                body,
            )
        return before != body

    def _checked(self, event: Event, where: str) -> bytes:
        """Return the canonical payload of a good event; raise BadInput for any other."""
        self._registry.check_kind(Urn.parse(event.urn))
        aspect = self._registry.get(event.aspect, where)
        if aspect.kinds is not None and Urn.parse(event.urn).kind not in aspect.kinds:
            raise BadInput(f"{event.urn} has no aspect {event.aspect!r}", where=where)
        if has_secret(event.urn) or event.op != "upsert" or (aspect.mode == "series") != (event.time is not None):
            raise BadInput("not an event that a connector sends", where=where)
        value, body = canonical.loads(scrub(bytes(event.payload).decode()).encode(), where)
        if len(body) > MAX_BYTES:
            raise TooLarge(f"an event of {len(body)} bytes is over the limit", where=where)
        aspect.check(value, where)
        for edge in stated(aspect, event.urn, value, ""):
            Urn.parse(edge.src)
            Urn.parse(edge.dst)
        return body


def covers(scope: Scope, urn: str, aspect: str) -> bool:
    """Say whether a claim lies in the scope of a crawl."""
    return aspect in scope.aspects and urn.startswith(scope.prefixes)


class MemoryStates:
    """Keeps the states of sources in memory. `kept` lists each that was put, in order."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, State]] = []

    def get(self, source: str) -> State | None:
        return next((state for name, state in reversed(self.kept) if name == source), None)

    def put(self, source: str, state: State) -> None:
        self.kept.append((source, state))


def claims(groups: Sequence[Group], registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield (URN, aspect) of every claim in the groups; points of series are none."""
    for group in groups:
        for event in group.events:
            if registry.get(event.aspect).mode == "state":
                yield event.urn, event.aspect
