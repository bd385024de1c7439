"""Under the lock: what a prepared group does to the ledger. The rules of claims and order, and nothing about storage.

An engine hands in its state as a `World` and writes what the `Outcome` lists, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from clew.ledger.port import Source
from clew.ledger.prepare import PreparedEvent, PreparedGroup, Stood, crawl_order, one_by_one, time_order
from clew_schemas.errors import BadInput, ClewError, Conflict

LAST_SEQUENCE = 2**63 - 1


class Head(NamedTuple):
    """The head of one claim. `mark` is the highest order seen; `says` and `denies` point to payloads, None: nothing.

    `id` is 0 for a claim that is not stored yet.
    """

    id: int = 0
    seq: int = 0
    says: int | None = None
    denies: int | None = None
    says_hash: bytes = b""
    denies_hash: bytes = b""
    mark: bytes = b""

    @property
    def live(self) -> bool:
        """Whether the claim says or denies anything."""
        return self.says is not None or self.denies is not None


class OpenCrawl(NamedTuple):
    """The open crawl of a source: its number, and the sequence after the last event it took."""

    id: int
    number: int
    high: int


class World(Protocol):
    """The state that decisions read."""

    def source(self, name: str) -> Source | None:
        """Return a registered source."""

    def head_of(self, urn: str, aspect: str, source: str) -> Head:
        """Return the head of a claim, an empty one when there is none."""

    def open_crawl(self, source: str) -> OpenCrawl | None:
        """Return the crawl that the source has open."""

    def crawl_state(self, source: str, number: int) -> str | None:
        """Return the state of a crawl, None for one that never opened."""

    def covered_later(self, source: str, number: int, urn: str, aspect: str) -> bool:
        """Say whether a closed crawl after `number` had this key in its scope."""

    def named(self, crawl: OpenCrawl, claim: int) -> bool:
        """Say whether the open crawl named this claim without changing it."""

    def etag(self, urn: str, aspect: str) -> str:
        """Return the etag of the resolved aspect, "" when there is none."""

    def point_hash(self, urn: str, aspect: str, source: str, name: str, time: int, step: int) -> bytes | None:
        """Return the hash of a stored point of a series."""

    def speaks(self, aspect: str) -> bool:
        """Say whether there is a live claim, or a point, of this aspect."""

    def lives(self, kind: str) -> bool:
        """Say whether there is a live claim, or a point, about a thing of this kind."""

    def stands(self, stood: Stood) -> bool:
        """Say whether no head has moved since what a group says again was read."""


class NewFact(NamedTuple):
    """A fact to write. `moved` is False for late news, which joins the history and moves no head."""

    event: PreparedEvent
    head: Head
    order: bytes
    observed: int
    moved: bool


@dataclass(slots=True)
class Outcome:
    """What to write for one group."""

    facts: list[NewFact] = field(default_factory=list)
    points: list[PreparedEvent] = field(default_factory=list)
    marks: list[tuple[PreparedEvent, bytes]] = field(default_factory=list)
    """Claims whose mark moves although nothing changed."""
    named: list[int] = field(default_factory=list)
    """Claims that the open crawl named without changing them."""
    errors: list[dict[str, Any]] = field(default_factory=list)
    changed: int = 0
    unchanged: int = 0
    late: int = 0


def decide(prepared: PreparedGroup, world: World, now: int, *, replayed: bool = False) -> Outcome:
    """Return what `prepared` does, or an outcome that has only errors. `now` is the ledger's clock in µs."""
    outcome = Outcome(errors=list(prepared.errors))
    try:
        crawl = _admit(prepared, world, replayed)
        if outcome.errors:
            return outcome
        _check_preconditions(prepared, world)
    except ClewError as error:
        outcome.errors.append(error.to_dict())
        return outcome
    source, goes_on = prepared.group.source, _goes_on(prepared, crawl)
    stood = prepared.stood
    if stood is not None and goes_on is not None and stood.mark < goes_on and world.stands(stood):
        # The most frequent of all: whatever is asked of an event below has one answer here.
        outcome.unchanged, outcome.named = len(stood.claims), [claim for claim, _, _ in stood.claims]
        return outcome
    seen: dict[tuple[str, str], Head] = {}
    events = prepared.events if stood is None else one_by_one(prepared.group, stood)
    for at, event in enumerate(events):
        if event.aspect.mode == "series":
            _decide_point(event, prepared, world, outcome)
            continue
        key = (event.urn, event.aspect.name)
        head = seen.get(key) or world.head_of(event.urn, event.aspect.name, source)
        if goes_on is not None and head.mark < goes_on and head.id and _says_the_same(event, head):
            # So it is for one that stands beside others that change.
            outcome.unchanged += 1
            outcome.named.append(head.id)
            seen[key] = head
        else:
            seen[key] = _decide_event(event, at, head, prepared, world, crawl, now, replayed, outcome)
    return outcome


def _goes_on(prepared: PreparedGroup, crawl: OpenCrawl | None) -> bytes | None:
    """Return the order of a group's first event if it carries on its source's open crawl; None for any other group.

    What it says of a claim whose mark lies before that order is no news of the past.
    """
    position = prepared.group.crawl
    if position is None or crawl is None or crawl.number != position.number or position.sequence < crawl.high:
        return None
    return crawl_order(position.number, position.sequence)


def _admit(prepared: PreparedGroup, world: World, replayed: bool) -> OpenCrawl | None:
    """Check that the source may speak now, and in this order mode; return its open crawl."""
    group = prepared.group
    source = world.source(group.source)
    if source is None:
        raise BadInput(
            f"unknown source {group.source!r}", where="source", hint=f"Register it: clew source add {group.source}"
        )
    if source.retired:
        raise BadInput(f"the source {source.name!r} is retired", where="source", hint="Use another source's name")
    if (group.crawl is not None) != (source.order == "crawl"):
        wanted = "a crawl number and sequence" if source.order == "crawl" else "no crawl"
        raise BadInput(
            f"the source {source.name!r} is ordered by {source.order}: its groups carry {wanted}", where="crawl"
        )
    if group.crawl is None:
        return None
    if world.crawl_state(group.source, group.crawl.number) is None:
        raise BadInput(
            f"the crawl {group.crawl.number} never opened", where="crawl.number", hint="Send crawl.open first"
        )
    return world.open_crawl(group.source)


def _check_preconditions(prepared: PreparedGroup, world: World) -> None:
    for at, event in enumerate(prepared.events):
        if event.if_match is None:
            continue
        wanted, is_own, seq = event.if_match.partition("@")
        etag = world.etag(event.urn, event.aspect.name)
        own = world.head_of(event.urn, event.aspect.name, prepared.group.source)
        if wanted not in ("*", etag) or (is_own and seq != str(own.seq if own.live else 0)):
            raise Conflict(
                f"{event.aspect.name} is not as it was when you read it",
                where=f"events[{at}].ifMatch",
                hint="Read it again, and decide again",
                etag=etag,
                urn=event.urn,
            )


def _decide_point(event: PreparedEvent, prepared: PreparedGroup, world: World, outcome: Outcome) -> None:
    stored = world.point_hash(event.urn, event.aspect.name, prepared.group.source, event.name, event.time, event.step)
    if stored == event.hash:
        outcome.unchanged += 1
    else:
        outcome.points.append(event)
        outcome.changed += 1


def _decide_event(
    event: PreparedEvent,
    at: int,
    head: Head,
    prepared: PreparedGroup,
    world: World,
    crawl: OpenCrawl | None,
    now: int,
    replayed: bool,
    outcome: Outcome,
) -> Head:
    """Decide one event; return the head as it is after it."""
    order, observed = _order(event, at, head, prepared, now)
    if order == head.mark:
        outcome.unchanged += 1
        return head
    if order < head.mark or _is_past(event, at, head, prepared, world, crawl, replayed):
        outcome.facts.append(NewFact(event, head, order, observed, moved=False))
        outcome.late += 1
        return head
    if _says_the_same(event, head):
        outcome.unchanged += 1
        if prepared.group.crawl is not None and head.id:
            outcome.named.append(head.id)
            return head
        marked = head._replace(mark=order)
        outcome.marks.append((event, order))
        return marked
    outcome.facts.append(NewFact(event, head, order, observed, moved=True))
    outcome.changed += 1
    return _after(event, head, order)


def _order(event: PreparedEvent, at: int, head: Head, prepared: PreparedGroup, now: int) -> tuple[bytes, int]:
    crawl = prepared.group.crawl
    if crawl is not None:
        return crawl_order(crawl.number, crawl.sequence + at), event.observed or now
    observed = event.observed
    if observed is None:
        # Somebody waits for the answer: an acknowledged edit is never late.
        observed = max(now, int.from_bytes(head.mark[:8], "big") + 1 if head.mark else 0)
    return time_order(observed, event.id), observed


def _is_past(
    event: PreparedEvent,
    at: int,
    head: Head,
    prepared: PreparedGroup,
    world: World,
    crawl: OpenCrawl | None,
    replayed: bool,
) -> bool:
    """Say whether a crawled event is past although the head's mark is below it: other crawls have spoken since."""
    position = prepared.group.crawl
    if position is None:
        return False
    if crawl is not None and crawl.number == position.number:
        again = position.sequence + at < crawl.high
        return not replayed and again and head.id != 0 and world.named(crawl, head.id)
    if not replayed:
        return True
    if crawl is not None and crawl.number > position.number and head.id and world.named(crawl, head.id):
        return True
    return world.covered_later(prepared.group.source, position.number, event.urn, event.aspect.name)


def _says_the_same(event: PreparedEvent, head: Head) -> bool:
    if event.op == "upsert":
        return head.says is not None and head.says_hash == event.hash
    if event.op == "deny":
        return head.denies is not None and head.denies_hash == event.hash
    return not head.live


def _after(event: PreparedEvent, head: Head, order: bytes) -> Head:
    """Return the head after a change; payload pointers that are not written yet are -1."""
    if event.op == "upsert":
        return head._replace(says=-1, says_hash=event.hash, mark=order)
    if event.op == "deny":
        return head._replace(denies=-1, denies_hash=event.hash, mark=order)
    return head._replace(says=None, denies=None, says_hash=b"", denies_hash=b"", mark=order)
