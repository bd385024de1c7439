"""From the claims of several sources to one resolved aspect: a pure function that no order of arrival changes.

Rules, as an aspect's schema names them:

- `precedence`: the document of the source with the highest rank; ties go to the source's name.
- `newest`: the document observed last; ties by rank, then name. The only rule that compares clocks of sources.
- `union`: elements of one list from all sources, one for each key, the highest rank's element; other members by
  precedence.
- `edges`: nothing is merged here, every source's edges stand side by side; see `clew_schemas.edges`.

A denial beats the claims of sources of lower rank: of the whole aspect, or of single elements by key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from clew_schemas.registry import Resolution

Denials = Literal["all"] | frozenset[str]


@dataclass(frozen=True, slots=True)
class Claim:
    """The live fact of one source about one (branch, entity, aspect). `observed` is in microseconds UTC."""

    source: str
    rank: int
    says: dict[str, Any] | None
    denies: Denials = frozenset()
    observed: int = 0
    seq: int = 0


def element_key(element: Any, key: tuple[str, ...]) -> str:
    """Return the key of a list element: its key members joined by a space."""
    return " ".join(str(element.get(each, "")) for each in key) if isinstance(element, dict) else str(element)


def ranked(claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims in order of authority, the highest first."""
    return sorted(claims, key=lambda claim: (-claim.rank, claim.source))


def denied(claims: Iterable[Claim], claim: Claim, element: str | None = None) -> bool:
    """Say whether a higher authority denies `claim`, or its element of that key."""
    return any(
        each.denies == "all" or (element is not None and element in each.denies)
        for each in claims
        if each.rank > claim.rank
    )


def resolve(claims: Iterable[Claim], resolution: Resolution) -> dict[str, Any] | None:
    """Return the resolved document, or None when nothing stands."""
    every = ranked(claims)
    standing = [claim for claim in every if claim.says is not None and not denied(every, claim)]
    if not standing:
        return None
    if resolution.rule == "newest":
        return max(standing, key=lambda claim: claim.observed).says
    if resolution.rule == "union" and resolution.list is not None:
        return _union(every, standing, resolution.list, resolution.key)
    return standing[0].says


def attributed(claims: Iterable[Claim], resolution: Resolution) -> list[tuple[str, dict[str, Any]]]:
    """Return what stands of each source, as (source, document) pairs in order of authority.

    One pair for `precedence` and `newest`; for `union` each source keeps the elements that are its own; for `edges`
    every standing document, whole.
    """
    every = ranked(claims)
    standing = [claim for claim in every if claim.says is not None and not denied(every, claim)]
    if resolution.rule == "edges":
        return [(claim.source, claim.says) for claim in standing if claim.says is not None]
    if resolution.rule == "union" and resolution.list is not None:
        return _own_elements(every, standing, resolution.list, resolution.key)
    winner = resolve(every, resolution)
    return [(claim.source, winner) for claim in standing if winner is not None and claim.says is winner]


def _own_elements(
    every: list[Claim], standing: list[Claim], name: str, key: tuple[str, ...]
) -> list[tuple[str, dict[str, Any]]]:
    taken: set[str] = set()
    found = []
    for claim in standing:
        keyed = {element_key(each, key): each for each in (claim.says or {}).get(name, ())}
        own = [each for said, each in keyed.items() if said not in taken and not denied(every, claim, said)]
        taken.update(keyed)
        if own:
            found.append((claim.source, {**(claim.says or {}), name: own}))
    return found


def _union(every: list[Claim], standing: list[Claim], name: str, key: tuple[str, ...]) -> dict[str, Any]:
    elements: dict[str, Any] = {}
    for claim in standing:
        for element in (claim.says or {}).get(name, ()):
            said = element_key(element, key)
            if said not in elements and not denied(every, claim, said):
                elements[said] = element
    return {**(standing[0].says or {}), name: [elements[each] for each in sorted(elements)]}
