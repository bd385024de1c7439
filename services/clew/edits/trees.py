"""The trees that people grow: terms, domains, tags. Plans of growing, moving, renaming and felling."""

from __future__ import annotations

from typing import Any, NamedTuple

from clew.edits.plans import Planned, Reading, Step
from clew.edits.stand import Stand
from clew.errors import BadInput, Conflict, NotFound
from clew.ledger import LedgerReader
from clew.ledger.port import STEWARD
from clew_schemas.urn import Urn

PLACE = "containment"
TITLE = "properties"
_DEEPEST = 100


class Growth(NamedTuple):
    """What is to be so of a term, domain or tag; None leaves it. `parent` is a URN, "" puts it at the top.

    `text` is the definition of a term, the documentation of a domain or tag; `title` the name that is shown.
    """

    parent: str | None = None
    text: str | None = None
    title: str | None = None
    synonyms: tuple[str, ...] | None = None
    abbreviation: str | None = None
    related: tuple[str, ...] | None = None


def grown(ledger: LedgerReader, urn: str, growth: Growth) -> Planned:
    """Return how a term, domain or tag comes to be so; what is above its new place is watched, so no ring closes."""
    reading = Reading(ledger, [urn])
    steps: list[Step] = []
    if growth.parent is not None:
        steps += _placed(ledger, reading, urn, growth.parent)
    if growth.title is not None:
        steps.append(_titled(reading, urn, growth.title))
    meaning = _meaning(reading, urn, growth)
    if meaning is not None:
        steps.append(meaning)
    if not any(reading.claims(urn).values()) and all(step.is_watch or step.aspect.name == PLACE for step in steps):
        steps.append(reading.step(urn, "lifecycle", lambda before: Stand({"state": "active"}, before.denies)))
    return Planned(urn, tuple(steps))


def felled(ledger: LedgerReader, urn: str) -> Planned:
    """Return how all that stewards say of a term, domain or tag is withdrawn; Conflict when others speak of it too."""
    reading = Reading(ledger, [urn])
    said = reading.claims(urn)
    others = sorted({claim.source for each in said.values() for claim in each if claim.source != STEWARD})
    if others:
        return Planned(
            urn,
            refusal=Conflict(
                f"{', '.join(others)} says it too",
                where=urn,
                hint="Delete it where it comes from, or withdraw stewards' words with clew edit retract",
            ),
        )
    if not any(said.values()):
        return Planned(urn, refusal=NotFound(f"there is no {Urn.parse(urn).label!r} any more", where=urn))
    return Planned(urn, tuple(reading.step(urn, aspect, lambda _: Stand()) for aspect in sorted(said) if said[aspect]))


def _placed(ledger: LedgerReader, reading: Reading, urn: str, parent: str) -> list[Step]:
    if not parent:
        others = any(claim.source != STEWARD for claim in reading.about(urn, PLACE))
        return [reading.step(urn, PLACE, lambda _: Stand(None, "all") if others else Stand())]
    watched = guarding(ledger, urn, parent)
    return [reading.step(urn, PLACE, lambda before: Stand({"parent": parent}, before.denies)), *watched]


def guarding(ledger: LedgerReader, urn: str, parent: str) -> list[Step]:
    """Return steps that watch the places of `parent` and of all above it; raise BadInput where `urn` is among them."""
    found: list[Step] = []
    while len(found) < _DEEPEST:
        if parent == urn:
            raise BadInput(
                f"{Urn.parse(urn).label!r} would lie below itself: the tree would become a ring",
                where="parent",
                hint="Move the lower one first",
            )
        reading = Reading(ledger, [parent])
        found.append(reading.watch(parent, PLACE))
        place = reading.resolved(parent, PLACE)
        if place is None or place["parent"] in {step.urn for step in found}:
            return found
        parent = place["parent"]
    raise BadInput(f"a tree is at most {_DEEPEST} levels deep", where="parent")


def _titled(reading: Reading, urn: str, title: str) -> Step:
    now = dict(reading.resolved(urn, TITLE) or {})
    return reading.step(urn, TITLE, lambda before: Stand({**now, "name": title}, before.denies))


def _meaning(reading: Reading, urn: str, growth: Growth) -> Step | None:
    if Urn.parse(urn).kind != "glossary_term":
        if growth.text is None:
            return None
        said = {"text": growth.text, "format": "markdown"}
        return reading.step(urn, "documentation", lambda before: Stand(said, before.denies))
    given: dict[str, Any] = {
        "definition": growth.text,
        "synonyms": None if growth.synonyms is None else list(growth.synonyms),
        "abbreviation": growth.abbreviation,
        "related": None if growth.related is None else list(growth.related),
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    if not wanted:
        return None
    now = dict(reading.resolved(urn, "term") or {})
    document = {**now, **wanted}
    if "definition" not in document:
        raise BadInput("a term needs a definition before anything else is said of it", where="definition")
    return reading.step(urn, "term", lambda before: Stand(document, before.denies))
