"""Reads of one request, gathered: what is asked of one entity is fetched for all that were named together with it.

Fields are resolved one entity after the other. So that a list of a thousand costs one reading a field and not a
thousand, the loader remembers who came with whom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from clew.ledger import Entity, LedgerReader
from clew.query.describe import resolved
from clew_schemas.resolve import Claim


class Loader:
    """Entities and their claims, all as of one seq: the ledger's head when the first was asked for, if no other."""

    def __init__(self, ledger: LedgerReader, as_of: int | None = None) -> None:
        self._ledger = ledger
        self._as_of = as_of
        self._known: dict[str, Entity | None] = {}
        self._siblings: dict[int, tuple[Entity, ...]] = {}
        self._claims: dict[int, Mapping[str, Sequence[Claim]]] = {}
        self._aspects: dict[int, dict[str, Any]] = {}

    @cached_property
    def seq(self) -> int:
        """The state that this request reads."""
        return self._ledger.head_seq() if self._as_of is None else self._as_of

    def named(self, urns: Iterable[str]) -> list[Entity | None]:
        """Return the entity of each URN, None for one that nobody ever named; they are siblings from now on."""
        wanted = list(urns)
        missing = [urn for urn in dict.fromkeys(wanted) if urn not in self._known]
        if missing:
            found = self._ledger.entities(self._ledger.ids(missing))
            self._known.update(zip(missing, found, strict=True))
            self._join(each for each in found if each is not None)
        return [self._known[urn] for urn in wanted]

    def one(self, urn: str, among: Callable[[], Iterable[str]]) -> Entity | None:
        """Return the entity of `urn`; when it must be fetched, all of `among` come with it."""
        if urn not in self._known:
            self.named([urn, *among()])
        return self._known[urn]

    def add(self, entity: Entity) -> Entity:
        """Remember an entity that somebody else looked up."""
        self._known.setdefault(entity.urn, entity)
        self._join([entity])
        return entity

    def siblings(self, entity: Entity) -> tuple[Entity, ...]:
        """Return the entities that were named together with this one, itself among them."""
        return self._siblings[entity.id]

    def claims(self, entity: Entity) -> Mapping[str, Sequence[Claim]]:
        """Return the live claims about an entity, by aspect."""
        if entity.id not in self._claims:
            wanted = [each.id for each in self.siblings(entity) if each.id not in self._claims]
            self._claims.update(self._ledger.claims(wanted, self.seq))
        return self._claims[entity.id]

    def aspects(self, entity: Entity) -> dict[str, Any]:
        """Return the resolved documents of an entity, by aspect."""
        if entity.id not in self._aspects:
            self._aspects[entity.id] = resolved(self._ledger, self.claims(entity))
        return self._aspects[entity.id]

    def _join(self, entities: Iterable[Entity]) -> None:
        together = tuple(entities)
        for each in together:
            self._siblings.setdefault(each.id, together)
