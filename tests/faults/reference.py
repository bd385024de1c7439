"""A naive ledger in plain Python: the rules of claims and order as dicts, to compare the real one with.

It stores nothing, locks nothing and is as slow as it likes. It takes the same records, and answers with the same
receipts (but for tokens and the words of errors).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from clew_schemas import CrawlClose, CrawlOpen, Event, Group, Record
from clew_schemas.canonical import digest, dumps

Key = tuple[str, str, str]
"""URN, aspect, source."""

AHEAD = 5 * 60 * 1_000_000
GUARDED_FROM = 20
LAST = 2**63 - 1
UNIONS = {"tags": ("tags", "tag")}


@dataclass
class Stand:
    """One claim as it stands. `mark` is the highest order seen, () for none."""

    says: Any = None
    denies: Any = None
    mark: tuple[Any, ...] = ()

    @property
    def live(self) -> bool:
        return self.says is not None or self.denies is not None


@dataclass
class Crawl:
    """One crawl of a source."""

    prefixes: tuple[str, ...]
    aspects: tuple[str, ...]
    guard: float
    state: str = "open"
    events: int = 0
    high: int = 0
    named: set[Key] = field(default_factory=set)

    def covers(self, key: Key) -> bool:
        return key[1] in self.aspects and key[0].startswith(self.prefixes)


@dataclass
class Said:
    """The receipt that is expected."""

    status: str
    seq: int | None = None
    changed: int = 0
    unchanged: int = 0
    late: int = 0
    retracted: int = 0
    repeated: bool = False


@dataclass
class Planned:
    """What an event will do."""

    key: Key
    op: str
    body: Any
    order: tuple[Any, ...]
    what: str


class Reference:
    """The ledger as its rules say."""

    def __init__(self, sources: dict[str, tuple[str, int]]) -> None:
        self.order = {name: order for name, (order, _) in sources.items()}
        self.rank = {name: rank for name, (_, rank) in sources.items()}
        self.retired: set[str] = set()
        self.claims: dict[Key, Stand] = {}
        self.crawls: dict[str, dict[int, Crawl]] = {name: {} for name in sources}
        self.receipts: dict[tuple[str, str], Said] = {}
        self.parked: list[Record] = []
        self.head = 0

    # -- taking

    def take(self, record: Record, now: int, *, replayed: bool = False) -> Said:
        if isinstance(record, CrawlOpen):
            return self._open(record, now)
        if isinstance(record, CrawlClose):
            return self._close(record, replayed)
        return self._group(record, now, replayed)

    def _group(self, group: Group, now: int, replayed: bool) -> Said:
        known = self.receipts.get((group.source, group.id))
        if known is not None and not replayed:
            return Said(**{**vars(known), "repeated": True})
        crawl = self._crawl_of(group)
        planned = None if self._is_bad(group, now) else self._plan(group, now, crawl, replayed)
        if planned is None:
            return self._turn_away(group, crawl, replayed)
        for each in planned:
            self._do(each, crawl)
        counted = {what: sum(1 for each in planned if each.what == what) for what in ("changed", "late")}
        if sum(counted.values()):
            self.head += 1
        if not replayed:
            self._count(group, crawl)
        seq = self.head if sum(counted.values()) else None
        said = Said("accepted" if seq else "unchanged", seq, unchanged=len(planned) - sum(counted.values()), **counted)
        self.receipts[group.source, group.id] = said
        return said

    def _crawl_of(self, group: Group) -> Crawl | None:
        """Return the crawl of a group if it is the one that its source has open."""
        crawl = self.crawls[group.source].get(group.crawl.number) if group.crawl else None
        return crawl if crawl is not None and crawl.state == "open" else None

    def _is_bad(self, group: Group, now: int) -> bool:
        if group.source in self.retired or (group.crawl is not None) != (self.order[group.source] == "crawl"):
            return True
        if group.crawl is not None and group.crawl.number not in self.crawls[group.source]:
            return True
        if any("unheard-of" in (_json(event) or {}) for event in group.events):
            return True
        if any(event.observed is not None and _micros(event) > now + AHEAD for event in group.events):
            return True
        return any(
            event.if_match is not None and event.if_match != self.etag(event.urn, event.aspect)
            for event in group.events
        )

    def _plan(self, group: Group, now: int, crawl: Crawl | None, replayed: bool) -> list[Planned]:
        seen: dict[Key, Stand] = {}
        planned = []
        for at, event in enumerate(group.events):
            key = (event.urn, event.aspect, group.source)
            stand = seen.get(key) or self.claims.get(key) or Stand()
            order = self._order(group, event, at, stand, now)
            each = Planned(key, event.op, _json(event), order, "late")
            if order == stand.mark:
                each.what = "again"
            elif (not stand.mark or order > stand.mark) and not self._is_past(group, at, key, crawl, replayed):
                each.what = "same" if _same(stand, each) else "changed"
                seen[key] = _after(stand, each)
            planned.append(each)
        return planned

    def _order(self, group: Group, event: Event, at: int, stand: Stand, now: int) -> tuple[Any, ...]:
        if group.crawl is not None:
            return (group.crawl.number, group.crawl.sequence + at)
        observed = max(now, stand.mark[0] + 1 if stand.mark else 0) if event.observed is None else _micros(event)
        return (observed, (event.id or f"{group.id}/{at}").encode())

    def _is_past(self, group: Group, at: int, key: Key, crawl: Crawl | None, replayed: bool) -> bool:
        if group.crawl is None:
            return False
        if crawl is not None:
            return not replayed and group.crawl.sequence + at < crawl.high and key in crawl.named
        if not replayed:
            return True
        later = [each for number, each in self.crawls[group.source].items() if number > group.crawl.number]
        return any(
            (each.state == "open" and key in each.named) or (each.state == "closed" and each.covers(key))
            for each in later
        )

    def _do(self, planned: Planned, crawl: Crawl | None) -> None:
        if planned.what == "again":
            return
        known = planned.key in self.claims
        if planned.what == "same" and crawl is not None and known:
            crawl.named.add(planned.key)
            return
        stand = self.claims.setdefault(planned.key, Stand())
        if planned.what != "late":
            self.claims[planned.key] = _after(stand, planned)

    def _turn_away(self, group: Group, crawl: Crawl | None, replayed: bool) -> Said:
        if group.crawl is None or replayed:
            return Said("refused")
        self.parked.append(group)
        if crawl is not None:
            keys = {(event.urn, event.aspect, group.source) for event in group.events}
            crawl.named |= keys & self.claims.keys()
        self._count(group, crawl)
        said = self.receipts[group.source, group.id] = Said("parked")
        return said

    def _count(self, group: Group, crawl: Crawl | None) -> None:
        if crawl is not None and group.crawl is not None:
            crawl.events += len(group.events)
            crawl.high = max(crawl.high, group.crawl.sequence + len(group.events))

    # -- crawls and sources

    def _open(self, record: CrawlOpen, now: int) -> Said:
        mine = self.crawls[record.source]
        known = mine.get(record.number)
        if known is not None and known.state == "open":
            return Said("opened", repeated=True)
        if record.source in self.retired or self.order[record.source] != "crawl":
            return Said("refused")
        if record.number <= max(mine, default=-1) or record.number > now + AHEAD:
            return Said("refused")
        self._cancel(record.source)
        mine[record.number] = Crawl(record.scope.prefixes, record.scope.aspects, record.guard)
        return Said("opened")

    def _cancel(self, source: str) -> None:
        for crawl in self.crawls[source].values():
            if crawl.state == "open":
                crawl.state, crawl.named = "cancelled", set()

    def _close(self, record: CrawlClose, forced: bool) -> Said:
        crawl = self.crawls[record.source].get(record.number)
        if crawl is None or not (crawl.state in ("open", "closed") or (forced and crawl.state == "parked")):
            return Said("refused")
        if crawl.state == "closed":
            return Said("closed", repeated=True)
        scoped = [
            key for key, stand in self.claims.items() if key[2] == record.source and stand.live and crawl.covers(key)
        ]
        gone = [key for key in scoped if self.claims[key].mark < (record.number, 0) and key not in crawl.named]
        guarded = len(scoped) >= GUARDED_FROM and len(gone) > crawl.guard * len(scoped)
        if not forced and (crawl.events != record.events or guarded):
            crawl.state = "parked"
            self.parked.append(record)
            return Said("parked")
        self._retract(gone, (record.number, LAST))
        crawl.state, crawl.named = "closed", set()
        return Said("closed", self.head if gone else None, retracted=len(gone))

    def _retract(self, keys: list[Key], order: tuple[Any, ...]) -> None:
        for key in keys:
            self.claims[key] = Stand(mark=max(self.claims[key].mark, order))
        self.head += bool(keys)

    def retire(self, source: str) -> Said:
        gone = [key for key, stand in self.claims.items() if key[2] == source and stand.live]
        self._retract(gone, ())
        self._cancel(source)
        self.retired.add(source)
        return Said("accepted" if gone else "unchanged", self.head if gone else None, retracted=len(gone))

    # -- reading

    def resolved(self, urn: str, aspect: str) -> Any:
        """Return the document that stands, or None."""
        live = [
            (-self.rank[key[2]], key[2], stand)
            for key, stand in self.claims.items()
            if key[:2] == (urn, aspect) and stand.live
        ]
        live.sort(key=lambda each: each[:2])
        standing = [
            (rank, stand.says)
            for rank, _, stand in live
            if stand.says is not None and not any(r < rank and s.denies == {"all": True} for r, _, s in live)
        ]
        if not standing:
            return None
        first: dict[str, Any] = standing[0][1]
        if aspect not in UNIONS:
            return first
        name, member = UNIONS[aspect]
        elements: dict[str, Any] = {}
        for rank, says in standing:
            for element in says[name]:
                key = element[member]
                denied = any(r < rank and key in (s.denies or {}).get("keys", ()) for r, _, s in live)
                if key not in elements and not denied:
                    elements[key] = element
        return {**first, name: [elements[key] for key in sorted(elements)]}

    def etag(self, urn: str, aspect: str) -> str:
        document = self.resolved(urn, aspect)
        return "" if document is None else digest(dumps(document)).hex()

    def heads(self) -> dict[Key, tuple[Any, Any]]:
        """Return what every live claim says and denies."""
        return {key: (stand.says, stand.denies) for key, stand in self.claims.items() if stand.live}

    def heads_digest(self) -> str:
        lines = [
            orjson.dumps(["main", *key, says, denies], option=orjson.OPT_SORT_KEYS)
            for key, (says, denies) in self.heads().items()
        ]
        return hashlib.sha256(b"\n".join(sorted(lines))).hexdigest()


def _json(event: Event) -> Any:
    raw = bytes(event.payload)
    return orjson.loads(raw) if raw else None


def _micros(event: Event) -> int:
    assert event.observed is not None
    return round(event.observed.timestamp() * 1_000_000)


def _same(stand: Stand, planned: Planned) -> bool:
    if planned.op == "upsert":
        return bool(stand.says == planned.body)
    if planned.op == "deny":
        return bool(stand.denies == planned.body)
    return not stand.live


def _after(stand: Stand, planned: Planned) -> Stand:
    if planned.what == "same":
        return Stand(stand.says, stand.denies, planned.order)
    if planned.op == "upsert":
        return Stand(planned.body, stand.denies, planned.order)
    if planned.op == "deny":
        return Stand(stand.says, planned.body, planned.order)
    return Stand(mark=planned.order)
