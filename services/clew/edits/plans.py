"""Plans: for each thing what an edit does to it, or why it does nothing; read from the ledger in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.edits.applied import stand_after
from clew.edits.conflicts import stale
from clew.edits.intentions import Intention, Retract
from clew.edits.presence import Claims, why_not
from clew.edits.stand import Stand, events_between, stand_of, watching
from clew.errors import BadInput, CallerError
from clew.ledger import Entity, LedgerReader
from clew.ledger.port import STEWARD
from clew.ledger.standing import etag as etag_of
from clew_schemas.event import Event
from clew_schemas.registry import Aspect
from clew_schemas.resolve import Claim, resolve
from clew_schemas.urn import kind_of

_TOP_RANK = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One claim of the steward's, from what it is to what it will be. `claims` are all live ones about the aspect.

    `if_match` is an etag that the resolved aspect must still have; `is_watch` says that it is only looked at.
    """

    urn: str
    aspect: Aspect
    claims: tuple[Claim, ...]
    after: Stand
    if_match: str | None = None
    is_watch: bool = False

    @property
    def before(self) -> Stand:
        """What stewards say and deny now."""
        return stand_of(self.claims)[0]

    def events(self) -> tuple[Event, ...]:
        """Return the events of this step, none when it changes nothing and watches nothing."""
        before, seq = stand_of(self.claims)
        if self.is_watch:
            return watching(self.urn, self.aspect.name, before, seq, self.if_match or "")
        return events_between(self.urn, self.aspect.name, before, self.after, seq, self.if_match)

    def shown(self) -> dict[str, Any]:
        """Return the step as a preview shows it: the resolved aspect before and after."""
        resolution = self.aspect.resolution
        others = [claim for claim in self.claims if claim.source != STEWARD]
        after = Claim(STEWARD, _TOP_RANK, self.after.says, self.after.denies)
        return {
            "urn": self.urn,
            "aspect": self.aspect.name,
            "was": resolve(self.claims, resolution),
            "becomes": resolve([*others, after], resolution),
        }


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one thing: steps that are taken together, or why there are none."""

    item: str
    steps: tuple[Step, ...] = ()
    refusal: CallerError | None = None

    @property
    def changes(self) -> bool:
        """Whether any step changes what stewards say."""
        return any(not step.is_watch and step.events() for step in self.steps)

    def events(self) -> tuple[Event, ...]:
        """Return the events of all steps, to land together."""
        return tuple(event for step in self.steps for event in step.events())


Plan = Callable[[Sequence[str]], list[Planned]]
"""Plans anew, by what stands now, for these items."""


class Reading:
    """What the ledger says of some things, read at once."""

    def __init__(self, ledger: LedgerReader, urns: Iterable[str]) -> None:
        self.ledger = ledger
        wanted = list(dict.fromkeys(urns))
        ids = ledger.ids(wanted)
        found = ledger.entities([each for each in ids if each])
        known = {each.id: each for each in found if each is not None}
        self._entities = {urn: known.get(number) for urn, number in zip(wanted, ids, strict=True)}
        holders = {each.parent for each in known.values() if each.parent}
        self._claims = ledger.claims({*known, *holders})

    def entity(self, urn: str) -> Entity | None:
        """Return the entity of a URN, None when nobody ever named it."""
        return self._entities[urn]

    def claims(self, urn: str) -> Claims:
        """Return the live claims about a thing, by aspect."""
        entity = self._entities[urn]
        return {} if entity is None else self._claims[entity.id]

    def about(self, urn: str, aspect: str) -> tuple[Claim, ...]:
        """Return the live claims about one aspect of a thing."""
        return tuple(self.claims(urn).get(aspect, ()))

    def resolved(self, urn: str, aspect: str) -> Mapping[str, Any] | None:
        """Return an aspect of a thing as it stands."""
        return resolve(self.about(urn, aspect), self.ledger.registry.get(aspect).resolution)

    def why_not(self, urn: str) -> CallerError | None:
        """Return why a thing is not to be edited, None when it is."""
        entity = self._entities[urn]
        holder = self._claims[entity.parent] if entity is not None and entity.parent else {}
        return why_not(self.ledger, urn, entity, self.claims(urn), holder)

    def step(self, urn: str, aspect: str, change: Callable[[Stand], Stand]) -> Step:
        """Return the step that changes the steward's stand about an aspect."""
        claims = self.about(urn, aspect)
        return Step(urn, self.ledger.registry.get(aspect), claims, change(stand_of(claims)[0]))

    def watch(self, urn: str, aspect: str) -> Step:
        """Return the step that lets others land only while this aspect is as it is now."""
        claims = self.about(urn, aspect)
        etag = etag_of(self.ledger.registry, aspect, claims)
        return Step(urn, self.ledger.registry.get(aspect), claims, stand_of(claims)[0], etag, is_watch=True)


def plan_of(ledger: LedgerReader, intention: Intention, if_match: str | None = None, read: Any = None) -> Plan:
    """Return the plan of one intention for any number of things; see `Conflict` of `conflicts.stale`."""
    aspect = ledger.registry.get(intention.touches, "aspect")
    if aspect.mode != "state":
        raise BadInput(f"{aspect.name} is a series: its points are measured, not edited", where="aspect")

    def planned(reading: Reading, urn: str) -> Planned:
        # Withdrawing one's own words needs no thing that they are about.
        why = None if isinstance(intention, Retract) else _unfit(aspect, urn) or reading.why_not(urn)
        claims = reading.about(urn, aspect.name)
        if why is None and if_match is not None and etag_of(ledger.registry, aspect.name, claims) != if_match:
            why = stale(ledger, urn, aspect.name, if_match, read)
        if why is not None:
            return Planned(urn, refusal=why)
        after = stand_after(intention, claims, aspect.resolution)
        return Planned(urn, (Step(urn, aspect, claims, after, if_match),))

    def plan(urns: Sequence[str]) -> list[Planned]:
        reading = Reading(ledger, urns)
        return [planned(reading, urn) for urn in urns]

    return plan


def editable(ledger: LedgerReader, urn: str) -> list[str]:
    """Return the aspects of a thing that people may edit, by name: none of what is not known, or gone."""
    if Reading(ledger, [urn]).why_not(urn) is not None:
        return []
    return sorted(each.name for each in ledger.registry if each.mode == "state" and _unfit(each, urn) is None)


def _unfit(aspect: Aspect, urn: str) -> CallerError | None:
    if aspect.kinds is None or kind_of(urn) in aspect.kinds:
        return None
    return BadInput(f"a {kind_of(urn)} has no aspect {aspect.name!r}", where=urn)
