"""From what people type to what is meant: a URN, or a name that ends in it, such as `flights.dep_delay`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from clew.errors import Ambiguous, BadInput, NotFound, TooLarge
from clew.graph import Ids
from clew.ledger import Entity, LedgerReader
from clew_schemas.kinds import DERIVED_KINDS
from clew_schemas.resolve import resolve
from clew_schemas.urn import MAX_URN_LENGTH, Urn, dotted_name_of, segment

_CANDIDATES = 20
_MEANT_FIRST = (("dataset", "column"), ("model", "model_version", "deployment", "endpoint"))
"""Kinds that people mean before others of the same name: a dataset before its job, a version before its run."""


def entity_named(ledger: LedgerReader, text: str, kinds: Sequence[str] = (), as_of: int | None = None) -> Entity:
    """Return the entity that `text` names: a URN or a short name.

    Raises NotFound, or Ambiguous with the candidates. What is claimed (then, if asked as of a seq) goes before what is
    claimed today only, that before what was only ever named, and a name that is said in full before one that ends so.
    """
    if text.startswith("urn:"):
        return _by_urn(ledger, text)
    if len(text) > MAX_URN_LENGTH:
        raise TooLarge(f"a name of {len(text)} characters; the longest has {MAX_URN_LENGTH}", where=text[:80])
    found = [each for each in _ending_in(ledger, text) if each.kind not in DERIVED_KINDS]
    found = [each for each in found if not kinds or each.kind in kinds]
    if not found:
        raise NotFound(f"nothing is called {text!r}", hint=f"Look for it: clew search {text!r}", name=text)
    for moment in dict.fromkeys((as_of, None)):
        if len(found) > 1:
            found = [each for each in found if is_present(ledger, each, moment)] or found
    if len(found) > 1:
        found = [each for each in found if said(each.urn).casefold() == text.casefold()] or found
    for meant in _MEANT_FIRST:
        if len(found) > 1:
            found = [each for each in found if each.kind in meant] or found
    if len(found) > 1:
        candidates = [each.urn for each in found[:_CANDIDATES]]
        names = list(dict.fromkeys(map(said, candidates)))
        raise Ambiguous(
            f"{len(found)} things are called {text!r}",
            hint="Say more of the name, or use a URN: "
            + ", ".join(names if len(names) == len(candidates) else candidates),
            candidates=candidates,
        )
    return found[0]


def _ending_in(ledger: LedgerReader, text: str) -> list[Entity]:
    """Return what is, or ends in, `text`; of an e-mail address the dots separate nothing."""
    if "@" not in text:
        return ledger.find(text)
    return list({each.id: each for spelling in (text, segment(text)) for each in ledger.find(spelling)}.values())


def entity_of(ledger: LedgerReader, text: str, kinds: Sequence[str], hint: str, as_of: int | None = None) -> Entity:
    """Return the entity of one of these kinds that `text` names.

    Raises BadInput, with the hint, when only things of other kinds are called so; else as `entity_named`.
    """
    try:
        entity = entity_named(ledger, text, kinds, as_of)
    except NotFound:
        others = [each for each in ledger.find(text) if each.kind not in DERIVED_KINDS]
        if not others:
            raise
        entity = others[0]
    if entity.kind in kinds:
        return entity
    raise BadInput(f"{said(entity.urn)} is of the kind {entity.kind}, not {_either(kinds)}", where="of", hint=hint)


def _either(kinds: Sequence[str]) -> str:
    return " or ".join([", ".join(kinds[:-1]), kinds[-1]]) if len(kinds) > 1 else kinds[0]


def said(urn: str) -> str:
    """Return the full dotted name of a URN that is known to be well formed, as people would type it."""
    return dotted_name_of(urn)


def is_present(ledger: LedgerReader, entity: Entity, as_of: int | None = None) -> bool:
    """Say whether something is claimed about an entity, now or as of a seq, or a schema of that time lists it."""
    holder = entity.parent if entity.kind == "column" else entity.id
    if entity.kind != "column":
        return bool(ledger.claims([holder], as_of)[holder])
    claims = ledger.claims([holder], as_of, ("schema",))[holder]
    schema = resolve(claims.get("schema", ()), ledger.registry.get("schema").resolution)
    return schema is not None and Urn.parse(entity.urn).path in {each["name"] for each in schema["columns"]}


def _by_urn(ledger: LedgerReader, text: str) -> Entity:
    Urn.parse(text)
    (known,) = ledger.entities(ledger.ids([text]))
    if known is None:
        raise NotFound(f"nobody ever named {text}", hint="Look for it: clew search", name=text)
    return known


class Names(Protocol):
    """What knows things by their ids."""

    def entities(self, ids: Sequence[int]) -> list[Entity | None]:
        """As the ledger's port says."""


class Named:
    """The names that one answer needs, each read once from the ledger."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._known: dict[int, Entity | None] = {}

    def entities(self, ids: Sequence[int]) -> list[Entity | None]:
        missing = [each for each in ids if each not in self._known]
        self._known.update(zip(missing, self._ledger.entities(missing), strict=True))
        return [self._known[each] for each in ids]


def ranks_of(ledger: Names, ids: Ids) -> Callable[[Ids], Ids]:
    """Return a function from ids to their places in the order of names."""
    names = [entity.urn if entity else "" for entity in ledger.entities(ids.tolist())]
    rank = np.empty(len(ids), np.int64)
    rank[sorted(range(len(ids)), key=names.__getitem__)] = np.arange(len(ids))
    return lambda asked: rank[np.searchsorted(ids, asked)]
