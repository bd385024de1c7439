"""What is known of many things: their names and resolved aspects as of one seq, each fetched once, and in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clew.ledger import Entity, LedgerReader
from clew.query.describe import resolved
from clew_schemas.resolve import Claim


class Known:
    """Entities and what is said of them. What was never learned reads as a thing of which nothing is said."""

    def __init__(self, ledger: LedgerReader, seq: int | None) -> None:
        self._ledger = ledger
        self._seq = seq
        self._entities: dict[int, Entity] = {}
        self._ids: dict[str, int] = {}
        self._claims: dict[int, Mapping[str, tuple[Claim, ...]]] = {}
        self._aspects: dict[int, dict[str, Any]] = {}

    def name(self, ids: Iterable[int]) -> None:
        """Fetch the names of these ids."""
        missing = sorted({int(each) for each in ids} - self._entities.keys())
        for entity in self._ledger.entities(missing):
            if entity is not None:
                self._entities[entity.id] = entity
                self._ids[entity.urn] = entity.id

    def learn(self, ids: Iterable[int]) -> None:
        """Fetch the names of these ids, and what is said of them."""
        wanted = {int(each) for each in ids}
        self.name(wanted)
        missing = wanted - self._aspects.keys()
        for number, claims in self._ledger.claims(missing, self._seq).items():
            self._claims[number] = claims
            self._aspects[number] = resolved(self._ledger, claims)

    def learn_urns(self, urns: Iterable[str]) -> None:
        """The same, by URN; one that nobody ever named is passed over."""
        self.learn(each for each in self._ledger.ids(sorted(set(urns))) if each)

    def urn(self, number: int) -> str:
        """Return the URN of an id that was fetched."""
        return self._entities[number].urn

    def entity(self, number: int) -> Entity:
        """Return the entity of an id that was fetched."""
        return self._entities[number]

    def number(self, urn: str) -> int:
        """Return the id of a URN, 0 for one that was not fetched or that nobody ever named."""
        return self._ids.get(urn, 0)

    def of(self, urn: str) -> Mapping[str, Any]:
        """Return the resolved aspects of a thing that was learned."""
        return self._aspects.get(self._ids.get(urn, 0), {})

    def aspect(self, urn: str, name: str) -> Mapping[str, Any]:
        """Return one resolved aspect, empty where there is none."""
        return self.of(urn).get(name) or {}

    def whole(self, urn: str, behind: str | None, aspect: str) -> dict[str, Any]:
        """Return an aspect of what stands behind a thing (the run of a version), completed by the thing's own."""
        return {**self.aspect(urn, aspect), **self.aspect(behind or "", aspect)}

    def values(self, urn: str, behind: str | None, aspect: str) -> dict[str, Any]:
        """Return the named values of an aspect, of what stands behind a thing and, before them, of the thing itself."""
        return {
            **(self.aspect(behind or "", aspect).get("values") or {}),
            **(self.aspect(urn, aspect).get("values") or {}),
        }

    def sources(self, urn: str, aspect: str) -> set[str]:
        """Return who says something about an aspect of a thing."""
        claims = self._claims.get(self._ids.get(urn, 0), {}).get(aspect, ())
        return {claim.source for claim in claims if claim.says is not None}

    def unresolved(self, urn: str) -> str | None:
        """Return why the lineage of a carrier is not known, as those say who looked for it."""
        claims = self._claims.get(self._ids.get(urn, 0), {}).get("lineage", ())
        parts = [each for claim in claims for each in (claim.says or {}).get("unresolved") or ()]
        return "; ".join(each.get("detail") or each["code"] for each in parts) or None

    def owners(self, urn: str) -> list[str]:
        """Return the owners of a thing."""
        return [each["owner"] for each in self.aspect(urn, "ownership").get("owners", ())]

    def links(self) -> Iterator[Mapping[str, Any]]:
        """Yield every link of evidence on what was learned, carriers in the order of their names."""
        for number in sorted(self._aspects, key=self.urn):
            yield from self._aspects[number].get("evidence", {}).get("links", ())
