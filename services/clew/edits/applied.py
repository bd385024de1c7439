"""From an intention and the claims that stand to the steward's next stand: pure, and the same for one thing or many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from clew.edits.intentions import (
    AddOwner,
    AddTag,
    AddTerm,
    Certify,
    Deprecate,
    Describe,
    Intention,
    RemoveOwner,
    RemoveTag,
    RemoveTerm,
    Retract,
    SetDomain,
    SetRetention,
    SetTier,
    Undeprecate,
)
from clew.edits.stand import NOTHING, Stand, stand_of
from clew.ledger.port import STEWARD
from clew_schemas.aspects import (
    AspectModel,
    Certification,
    Deprecation,
    Documentation,
    DomainPlace,
    Retention,
    Tier,
)
from clew_schemas.registry import Resolution
from clew_schemas.resolve import Claim, element_key

Element = dict[str, Any]


def stand_after(intention: Intention, claims: Sequence[Claim], resolution: Resolution) -> Stand:
    """Return what stewards say and deny once the intention is done, given all live claims about its aspect.

    Of an aspect that is a union, only the steward's own elements change: an element that others state too is denied
    to be removed, and a denial is taken back to add it again. References of the intention are URNs by now.
    """
    before, _ = stand_of(claims)
    match intention:
        case Retract():
            return Stand()
        case AddOwner() | AddTag() | AddTerm():
            return with_element(before, _element(intention), resolution)
        case RemoveOwner() | RemoveTag() | RemoveTerm():
            return without_elements(before, claims, _meant(intention), resolution)
        case Undeprecate():
            return Stand(None, "all" if any(each.says is not None for each in _others(claims)) else NOTHING)
    return Stand(_document(intention).payload(), before.denies)


def with_element(before: Stand, element: Element, resolution: Resolution) -> Stand:
    """Return the stand with one element more, and its denial taken back."""
    assert resolution.list is not None, "only lists of elements grow"
    key = element_key(element, resolution.key)
    kept = [each for each in _elements(before.says, resolution) if element_key(each, resolution.key) != key]
    denies = before.denies if before.denies == "all" else before.denies - {key}
    said = sorted([*kept, element], key=lambda each: element_key(each, resolution.key))
    return Stand({**(before.says or {}), resolution.list: said}, denies)


def without_elements(
    before: Stand, claims: Iterable[Claim], meant: Callable[[Element], bool], resolution: Resolution
) -> Stand:
    """Return the stand without the elements that are meant; what others state of them is denied."""
    assert resolution.list is not None, "only lists of elements shrink"
    kept = [each for each in _elements(before.says, resolution) if not meant(each)]
    stated = {
        element_key(each, resolution.key)
        for claim in _others(claims)
        for each in _elements(claim.says, resolution)
        if meant(each)
    }
    denies = before.denies if before.denies == "all" else before.denies | stated
    return Stand({**(before.says or {}), resolution.list: kept} if kept else None, denies)


def _element(intention: AddOwner | AddTag | AddTerm) -> Element:
    return intention.model_dump(exclude={"op"})


def _meant(intention: RemoveOwner | RemoveTag | RemoveTerm) -> Callable[[Element], bool]:
    wanted = intention.model_dump(exclude={"op"}, exclude_none=True)
    return lambda element: all(element.get(name, "owner") == value for name, value in wanted.items())


def _elements(says: Element | None, resolution: Resolution) -> list[Element]:
    assert resolution.list is not None, "only unions have elements"
    return list((says or {}).get(resolution.list, ()))


def _others(claims: Iterable[Claim]) -> list[Claim]:
    return [claim for claim in claims if claim.source != STEWARD]


def _document(
    intention: Describe | SetDomain | SetTier | Certify | Deprecate | SetRetention,
) -> AspectModel:
    members = intention.model_dump(exclude={"op"})
    models: dict[str, type[AspectModel]] = {
        "documentation": Documentation,
        "domain": DomainPlace,
        "tier": Tier,
        "certification": Certification,
        "deprecation": Deprecation,
        "retention": Retention,
    }
    return models[intention.touches](**members)
