"""Entities as GraphQL types: one interface, and one object type a kind with a field for each aspect it may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import strawberry
from strawberry.scalars import JSON

from clew.api.graphql.context import Info
from clew.api.graphql.fields import described
from clew.api.graphql.loader import Loader
from clew.ledger import Entity as Stored
from clew.query.describe import claim_dict, etag
from clew.query.names import said as full_name
from clew_schemas.registry import Aspect, Vocabulary
from clew_schemas.urn import column, dataset_of

DEFAULT_COLUMNS = 100


@strawberry.interface(description="An object with a global id.")
class Node:
    id: strawberry.ID


@strawberry.interface(description="A thing with metadata. Its id is its URN.")
class Entity(Node):
    stored: strawberry.Private[Stored]
    then: strawberry.Private[Loader | None] = None

    @strawberry.field
    def urn(self) -> strawberry.ID:
        return strawberry.ID(self.stored.urn)

    @strawberry.field
    def kind(self) -> str:
        return self.stored.kind

    @described("The full dotted name, as people type it.")
    def name(self) -> str:
        return full_name(self.stored.urn)

    @described("One resolved aspect, null when nothing stands.")
    def aspect(self, info: Info, name: str) -> JSON | None:
        info.context.stations.ledger.registry.get(name, "name")
        return _aspects(info, self).get(name)

    @described("All resolved aspects, by name.")
    def aspects(self, info: Info) -> JSON:
        return JSON(_aspects(info, self))

    @described("By aspect the etag that guards an edit; see `ifMatch` of the mutations.")
    def etags(self, info: Info) -> JSON:
        return JSON({name: etag(document) for name, document in _aspects(info, self).items()})

    @described("Who says what: live claims by aspect, or those of one aspect.")
    def claims(self, info: Info, aspect: str | None = None) -> JSON:
        claims = _loader(info, self).claims(self.stored)
        return JSON(
            {name: [claim_dict(each) for each in of] for name, of in sorted(claims.items()) if aspect in (None, name)}
        )

    @described("How many columns a dataset has; 0 for everything else.")
    def column_count(self, info: Info) -> int:
        return len(_listed(_loader(info, self), self.stored))

    @described("The first columns of a dataset, in order; `columnCount` is how many there are.")
    def columns(self, info: Info, first: int = DEFAULT_COLUMNS) -> list[SchemaColumn]:
        loader = _loader(info, self)

        def among() -> list[str]:
            family = loader.siblings(self.stored)
            return [column(each.urn, one["name"]) for each in family for one in _listed(loader, each)[:first]]

        listed = _listed(loader, self.stored)[:first]
        return [SchemaColumn.of(self.stored.urn, one, among, self.then) for one in listed]

    @described("Who answers for it, by its own aspect `ownership`.")
    def owners(self, info: Info) -> list[Owner]:
        loader = _loader(info, self)

        def among() -> list[str]:
            family = loader.siblings(self.stored)
            return [one["owner"] for each in family for one in _owned(loader, each)]

        return [Owner.of(one, among, self.then) for one in _owned(loader, self.stored)]

    @described("The dataset that a column belongs to.")
    def dataset(self, info: Info) -> Entity | None:
        urn = dataset_of(self.stored.urn)
        if urn is None:
            return None
        loader = _loader(info, self)
        holders = (dataset_of(each.urn) for each in loader.siblings(self.stored))
        return entity_of(info, loader.one(urn, lambda: [each for each in holders if each]), self.then)


@strawberry.type(description="A column as its dataset's schema lists it.")
class SchemaColumn:
    name: str
    type: str | None
    nullable: bool | None
    urn: strawberry.ID
    among: strawberry.Private[Callable[[], Iterable[str]]]
    then: strawberry.Private[Loader | None] = None

    @described("What is said of the column itself: prose, tags, owners.")
    def entity(self, info: Info) -> Entity | None:
        return entity_of(info, _loader(info, self).one(self.urn, self.among), self.then)

    @classmethod
    def of(
        cls, dataset: str, said: Mapping[str, Any], among: Callable[[], Iterable[str]], then: Loader | None = None
    ) -> SchemaColumn:
        """Return one column of a `schema` document; `among` are the URNs to fetch it with."""
        urn = strawberry.ID(column(dataset, said["name"]))
        return cls(
            name=said["name"], type=said.get("type"), nullable=said.get("nullable"), urn=urn, among=among, then=then
        )


@strawberry.type(description="Somebody who answers for a thing, and in which role.")
class Owner:
    urn: strawberry.ID
    role: str
    among: strawberry.Private[Callable[[], Iterable[str]]]
    then: strawberry.Private[Loader | None] = None

    @described("What is said of the person or group.")
    def entity(self, info: Info) -> Entity | None:
        return entity_of(info, _loader(info, self).one(self.urn, self.among), self.then)

    @classmethod
    def of(cls, said: Mapping[str, Any], among: Callable[[], Iterable[str]], then: Loader | None = None) -> Owner:
        """Return one element of an `ownership` document; `among` are the URNs to fetch it with."""
        return cls(urn=strawberry.ID(said["owner"]), role=said["role"], among=among, then=then)


def entity_of(info: Info, stored: Stored | None, then: Loader | None = None) -> Entity | None:
    """Return an entity as an object of its kind's type; None for none, and for a kind that this schema lacks.

    `then` reads it, and all that is reached from it, as of a moment; without it, as of the request.
    """
    if stored is None:
        return None
    (then or info.context.loader).add(stored)
    made = info.context.types.get(stored.kind)
    return None if made is None else made(id=strawberry.ID(stored.urn), stored=stored, then=then)


def entity_types(words: Vocabulary, kinds: Iterable[str], taken: Iterable[str]) -> dict[str, type[Entity]]:
    """Return one object type a kind, by kind: PascalCase, with `Entity` behind it where a type has that name."""
    reserved = set(taken)
    names = {kind: pascal(kind) for kind in sorted(kinds)}
    return {
        kind: _entity_type(kind, f"{name}Entity" if name in reserved else name, words) for kind, name in names.items()
    }


def _entity_type(kind: str, name: str, words: Vocabulary) -> type[Entity]:
    live = [each for each in words.aspects.values() if each.mode == "state" and not each.retired]
    allowed = [each for each in live if each.kinds is None or kind in each.kinds]
    fields = {f"aspect_{each.name}": _aspect_field(each) for each in sorted(allowed, key=lambda each: each.name)}
    made = type(name, (Entity,), {"__module__": __name__, "__annotations__": {}, **fields})
    typed: type[Entity] = strawberry.type(made, name=name, description=f"A thing of the kind `{kind}`.")
    return typed


def _aspect_field(aspect: Aspect) -> Any:
    said = str(aspect.document.get("description", "")).split("\n\n", 1)[0]

    def resolve(self: Entity, info: Info) -> JSON | None:
        return _aspects(info, self).get(aspect.name)

    return strawberry.field(resolver=resolve, name=field_name(aspect.name), description=said)


def field_name(aspect: str) -> str:
    """Return the field of an aspect: camelCase, with `Aspect` behind it where every entity has such a field."""
    name = pascal(aspect)
    name = name[:1].lower() + name[1:]
    return f"{name}Aspect" if name in _OWN else name


def pascal(words: str) -> str:
    """Return `feature_set` as `FeatureSet`."""
    return "".join(word[:1].upper() + word[1:] for word in re.split("[^0-9A-Za-z]+", words))


_OWN = frozenset({"id", "urn", "kind", "name", "aspect", "aspects", "etags", "claims", "columnCount", "columns"}) | {
    "owners",
    "dataset",
}


def _loader(info: Info, part: Entity | SchemaColumn | Owner) -> Loader:
    return part.then or info.context.loader


def _aspects(info: Info, entity: Entity) -> dict[str, Any]:
    return _loader(info, entity).aspects(entity.stored)


def _listed(loader: Loader, stored: Stored) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = loader.aspects(stored).get("schema", {}).get("columns", [])
    return listed


def _owned(loader: Loader, stored: Stored) -> list[dict[str, Any]]:
    owners: list[dict[str, Any]] = loader.aspects(stored).get("ownership", {}).get("owners", [])
    return owners
