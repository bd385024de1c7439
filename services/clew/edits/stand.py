"""What stewards say and deny about one aspect of one thing, and the events from one such stand to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from clew.ledger.port import STEWARD
from clew_schemas.event import Event, raw
from clew_schemas.resolve import Claim, Denials

NOTHING: Denials = frozenset()


class Stand(NamedTuple):
    """The two parts of the steward's claim."""

    says: dict[str, Any] | None = None
    denies: Denials = NOTHING

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said and nothing denied."""
        return self.says is None and not self.denies


def stand_of(claims: Iterable[Claim]) -> tuple[Stand, int]:
    """Return the steward's stand among the live claims about one aspect, and the seq of its claim, 0 for none."""
    for claim in claims:
        if claim.source == STEWARD:
            return Stand(claim.says, claim.denies), claim.seq
    return Stand(), 0


def events_between(
    urn: str, aspect: str, before: Stand, after: Stand, seq: int, if_match: str | None = None
) -> tuple[Event, ...]:
    """Return the events that make `after` of `before`, none when the two are alike.

    They land only while the steward's claim is the one of `seq`, and, with `if_match`, the resolved aspect has that
    etag. A part can be withdrawn only with the whole claim: then a retract goes first.
    """
    if after == before:
        return ()
    found: list[Event] = []
    withdrawn = (before.says is not None and after.says is None) or (bool(before.denies) and not after.denies)
    if withdrawn:
        found.append(Event(urn, aspect, "retract"))
        before = Stand()
    if after.says is not None and after.says != before.says:
        found.append(Event(urn, aspect, "upsert", raw(after.says)))
    if after.denies and after.denies != before.denies:
        found.append(Event(urn, aspect, "deny", raw(_denial(after.denies))))
    return guarded(found, seq, if_match)


def guarded(events: Iterable[Event], seq: int, if_match: str | None = None) -> tuple[Event, ...]:
    """Return the events of one claim with the precondition on the first of them."""
    first, *others = events
    condition = f"{'*' if if_match is None else if_match}@{seq}"
    return (_on(first, condition), *others)


def watching(urn: str, aspect: str, stand: Stand, seq: int, etag: str) -> tuple[Event, ...]:
    """Return events that change nothing, and let their group land only while the aspect is as it was read."""
    same = Event(urn, aspect, "retract")
    if stand.says is not None:
        same = Event(urn, aspect, "upsert", raw(stand.says))
    elif stand.denies:
        same = Event(urn, aspect, "deny", raw(_denial(stand.denies)))
    return guarded([same], seq, etag)


def _on(event: Event, condition: str) -> Event:
    return Event(event.urn, event.aspect, event.op, event.payload, if_match=condition)


def _denial(denies: Denials) -> dict[str, Any]:
    return {"all": True} if denies == "all" else {"keys": sorted(denies)}
