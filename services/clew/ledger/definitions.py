"""Definitions of kinds and aspects under the lock: who may make them, and that nothing in use is changed or lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clew.ledger.decide import World
from clew.ledger.payloads import read
from clew.ledger.port import STEWARD
from clew.ledger.prepare import PreparedEvent, PreparedGroup
from clew_schemas.definitions import DEFINING, Definition, reprojects, with_definitions, with_event
from clew_schemas.errors import BadInput, ClewError, Forbidden
from clew_schemas.event import Group, Record
from clew_schemas.registry import Registry, Vocabulary
from clew_schemas.urn import Urn

CURSOR = "definitions"
"""The cursor that holds the seq of the newest definition, moved in the transaction that writes it."""

Stored = tuple[str, bool, bytes]
"""A claim that defines: URN, whether it says anything now (or was withdrawn), stored bytes of what it said last."""


def defines(record: Record) -> bool:
    """Say whether a record changes what can be said."""
    return isinstance(record, Group) and any(event.aspect in DEFINING for event in record.events)


def why_not_define(prepared: PreparedGroup, words: Vocabulary, world: World) -> tuple[dict[str, Any], ...]:
    """Return what is wrong with the definitions of a group, given those in force; nothing when all is well.

    Each definition may build on those before it in the group.
    """
    for at, event in enumerate(prepared.events):
        if event.aspect.name not in DEFINING:
            continue
        where = f"events[{at}]"
        try:
            _check_speaker(prepared, event, where)
            after = _after(event, words, where)
            _check_unused(event, words, after, world, where)
        except ClewError as error:
            return (error.to_dict(),)
        words = after
    return ()


def as_definition(row: Stored) -> Definition:
    """Return a stored definition."""
    urn, stands, body = row
    name, kind = Urn.parse(urn).name, Urn.parse(urn).kind
    return Definition(kind, name, read(body), not stands)


def take_in(registry: Registry, seq: int, rows: Iterable[Stored]) -> None:
    """Put the definitions that a ledger keeps in force; `seq` is that of the newest."""
    registry.take_in(with_definitions(registry.built, map(as_definition, rows), seq))


def _check_speaker(prepared: PreparedGroup, event: PreparedEvent, where: str) -> None:
    if prepared.group.source != STEWARD:
        raise Forbidden(
            f"the source {prepared.group.source!r} defines no {DEFINING[event.aspect.name]}",
            where=where,
            hint=f"Definitions are said as {STEWARD}: clew model add-kind, clew model add-aspect",
        )
    if event.op == "deny":
        raise BadInput("a definition is not denied", where=f"{where}.op", hint="Retract it")


def _after(event: PreparedEvent, words: Vocabulary, where: str) -> Vocabulary:
    says = None if event.body is None else read(event.body)
    return with_event(words, event.urn, event.aspect.name, says, where)


def _check_unused(event: PreparedEvent, before: Vocabulary, after: Vocabulary, world: World, where: str) -> None:
    of, name = DEFINING[event.aspect.name], Urn.parse(event.urn).name
    if of == "kind":
        if event.op == "retract" and world.lives(name):
            raise BadInput(
                f"the kind {name!r} is in use: there are claims about things of it",
                where=f"{where}.op",
                hint=f"Retract these first: clew search --kind {name}",
            )
        return
    known = before.aspects.get(name)
    if known is None or known.retired or not world.speaks(name):
        return
    if event.op == "retract":
        raise BadInput(
            f"the aspect {name!r} is in use: it is claimed of things",
            where=f"{where}.op",
            hint="Retract these claims first",
        )
    if reprojects(known, after.aspects[name]):
        raise BadInput(
            f"the aspect {name!r} is in use: its edges, search and resolution stay as they are",
            where=f"{where}.payload.document.x-clew",
            hint="Lineage and search were drawn by them; for others choose another name",
        )
