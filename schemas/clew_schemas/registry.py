"""The registry: every kind and aspect as the house runs on it, an aspect read from its document and annotations.

A built-in aspect is exported from its model and validated by it; one that is registered at run time is the same
document without a class (see `documents`). From there on the two are alike.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from clew_schemas.aspects import BUILT_IN, AspectModel
from clew_schemas.aspects.base import ANNOTATION
from clew_schemas.errors import BadInput
from clew_schemas.kinds import DERIVED_KINDS, KINDS, LEAF_KINDS
from clew_schemas.published import path_of
from clew_schemas.urn import Urn

Validator = Callable[[Any], None]
Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class Mismatch(Exception):
    """Raised by a validator: what is wrong with a payload, and the steps into it."""

    def __init__(self, what: str, steps: Sequence[str | int]) -> None:
        super().__init__(what)
        self.what = what
        self.steps = steps


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """One annotation `edges[…]`: where a payload names the other end of an edge.

    Either `projection` names a rule of its own (`members`, `lineage`), or `type` is the edge's type and one of
    `source` (the payload names where it comes from) and `target` is a path into the payload. With `at="any"` a
    dataset stands for any of its columns; with `column` a path names the column.
    """

    type: str = ""
    source: str | None = None
    target: str | None = None
    at: str | None = None
    column: str | None = None
    projection: str | None = None


@dataclass(frozen=True, slots=True)
class SearchRule:
    """One annotation `search[…]`: which values of a payload go into which field of the index."""

    path: str
    field: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """How the claims of several sources become one resolved aspect; see `resolve`."""

    rule: Literal["precedence", "union", "newest", "edges"] = "precedence"
    list: str | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing. `custom` was registered at run time; `retired` is known for the past and takes no claims."""

    name: str
    label: str | None = None
    plural: str | None = None
    description: str | None = None
    leaf: bool = False
    custom: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Aspect:
    """One aspect: name, version, how it behaves, and how to check a payload.

    `custom` was registered at run time; `retired` still reads what was said with it, and takes no claims.
    """

    name: str
    version: int
    mode: Literal["state", "series"]
    kinds: frozenset[str] | None
    document: Mapping[str, Any]
    validate: Validator
    resolution: Resolution = Resolution()
    edges: tuple[EdgeRule, ...] = ()
    search: tuple[SearchRule, ...] = ()
    upcasts: Mapping[int, Upcast] = field(default_factory=dict)
    custom: bool = False
    retired: bool = False
    retention: int | None = None
    """Days for which the points of a series are kept, None for ever. The newest of each stays."""

    def check(self, payload: Any, where: str = "payload") -> None:
        """Raise BadInput, with the JSON path, unless `payload` is a good document of this aspect."""
        try:
            self.validate(payload)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadInput(
                f"{self.name}: {first['msg']}",
                where=_place(where, first["loc"]),
                hint=f"See the contract {self.name}.v{self.version}.json",
                problems=error.error_count(),
            ) from error
        except Mismatch as error:
            raise BadInput(f"{self.name}: {error.what}", where=_place(where, error.steps)) from error

    def current(self, payload: dict[str, Any], version: int) -> dict[str, Any]:
        """Return `payload`, written in `version`, as a document of today's version. Stored bytes stay as they are."""
        while version < self.version:
            payload = self.upcasts[version](payload)
            version += 1
        return payload


def _place(where: str, steps: Any) -> str:
    return where + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The aspects and kinds of one moment, by name; nothing in it ever changes.

    `seq` is that of the newest definition it holds, 0 when it holds none.
    """

    aspects: Mapping[str, Aspect]
    kinds: Mapping[str, Kind]
    seq: int = 0

    def get(self, name: str, where: str | None = None) -> Aspect:
        """Return the aspect called `name`, retired or not, or raise BadInput that lists the known ones."""
        aspect = self.aspects.get(name)
        if aspect is None:
            raise BadInput(f"unknown aspect {name!r}", where=where, hint=f"Known aspects: {_listed(self.aspects)}")
        return aspect

    def claimable(self, name: str, where: str | None = None) -> Aspect:
        """Return the aspect called `name`; raise BadInput also for a retired one."""
        aspect = self.get(name, where)
        if aspect.retired:
            raise BadInput(f"the aspect {name!r} was withdrawn", where=where, hint="Register it again: clew model")
        return aspect

    def check_kind(self, urn: Urn) -> None:
        """Raise BadInput unless a source may make claims about things of this kind."""
        if urn.kind in DERIVED_KINDS:
            raise BadInput(f"no source may propose the derived kind {urn.kind!r}", where=str(urn))
        kind = self.kinds.get(urn.kind)
        if kind is None:
            raise BadInput(
                f"unknown kind {urn.kind!r}", where=str(urn), hint=f"Known kinds: {', '.join(self.live_kinds())}"
            )
        if kind.retired:
            raise BadInput(f"the kind {urn.kind!r} was withdrawn", where=str(urn), hint="Register it again: clew model")

    def live_kinds(self) -> list[str]:
        """Return the names of the kinds that claims can be made about, sorted."""
        return sorted(name for name, kind in self.kinds.items() if not kind.retired)


class Registry:
    """The aspects and kinds in force: one object that a ledger shares with everything that reads it.

    What is in force is one frozen `Vocabulary`, replaced as a whole, so that each reader, in whatever thread, sees a
    consistent one; who asks several things takes `now()` once. `renewing` is how a ledger looks for definitions that
    other processes have made: an unknown name is looked for there before it is refused.
    """

    def __init__(self, aspects: Mapping[str, Aspect], kinds: Iterable[str] = KINDS) -> None:
        own = {name: Kind(name, leaf=name in LEAF_KINDS) for name in kinds}
        self._now = self.built = Vocabulary(dict(aspects), own)
        self._lock = threading.Lock()
        self.renewing: Callable[[], object] | None = None

    @classmethod
    def built_in(cls) -> Registry:
        """Return the registry of the aspects that ship with Clew."""
        return cls({aspect.name: aspect for aspect in map(from_model, BUILT_IN)})

    def now(self) -> Vocabulary:
        """Return what is in force at this moment."""
        return self._now

    @property
    def seq(self) -> int:
        """The seq of the newest definition that is in force."""
        return self._now.seq

    @property
    def aspects(self) -> Mapping[str, Aspect]:
        """The aspects in force, by name."""
        return self._now.aspects

    def take_in(self, words: Vocabulary) -> None:
        """Put a vocabulary in force, unless a newer one is."""
        with self._lock:
            if words.seq > self._now.seq:
                self._now = words

    def renew(self) -> bool:
        """Look for newer definitions where they are kept; say whether there were any."""
        before = self.seq
        if self.renewing is not None:
            self.renewing()
        return self.seq != before

    def get(self, name: str, where: str | None = None) -> Aspect:
        """Return the aspect called `name`, retired or not, or raise BadInput that lists the known ones."""
        if name not in self._now.aspects:
            self.renew()
        return self._now.get(name, where)

    def check_kind(self, urn: Urn) -> None:
        """Raise BadInput unless a source may make claims about things of this kind."""
        self._now.check_kind(urn)

    def __iter__(self) -> Any:
        return iter(self._now.aspects.values())


def _listed(aspects: Mapping[str, Aspect]) -> str:
    return ", ".join(sorted(name for name, aspect in aspects.items() if not aspect.retired))


def export(model: type[AspectModel]) -> dict[str, Any]:
    """Return the JSON Schema document of a built-in aspect: its published contract."""
    document = model.model_json_schema(by_alias=True, mode="validation")
    said = document[ANNOTATION]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"clew:aspect:{said['name']}:{said['version']}",
        **document,
    }


@cache
def from_model(model: type[AspectModel]) -> Aspect:
    """Return a built-in aspect, made once: everything from its published document, but for the faster validator.

    A document that is not published yet is exported: making one costs more than reading all. What is published is what
    the model says, as `clew_schemas.contracts` checks.
    """
    said: Any = model.model_config["json_schema_extra"]
    path = path_of(said[ANNOTATION]["name"], said[ANNOTATION]["version"])
    document = orjson.loads(path.read_bytes()) if path.exists() else export(model)
    return read_document(document, _Validating(model))


class _Validating:
    """Checks payloads by a model, whose validator is built for the first one."""

    def __init__(self, model: type[AspectModel]) -> None:
        self._model = model
        self._building = threading.Lock()
        self._validate: Validator | None = None

    def __call__(self, payload: Any) -> Any:
        if self._validate is None:
            with self._building:
                self._model.model_rebuild()
                self._validate = self._model.__pydantic_validator__.validate_python
        return self._validate(payload)


def read_document(document: Mapping[str, Any], validate: Validator) -> Aspect:
    """Return the aspect that a schema document with annotations describes; `validate` checks its payloads."""
    said = document[ANNOTATION]
    resolution = said.get("resolution", {})
    return Aspect(
        name=said["name"],
        version=said["version"],
        mode=said["mode"],
        kinds=None if said.get("kinds", "*") == "*" else frozenset(said["kinds"]),
        document=document,
        validate=validate,
        resolution=Resolution(
            resolution.get("rule", "precedence"), resolution.get("list"), tuple(resolution.get("key", ()))
        ),
        edges=tuple(_edge_rule(each) for each in said.get("edges", ())),
        search=tuple(SearchRule(each["path"], each["field"]) for each in said.get("search", ())),
        retention=said.get("retention", {}).get("days"),
    )


def _edge_rule(said: Mapping[str, str]) -> EdgeRule:
    return EdgeRule(
        type=said.get("type", ""),
        source=said.get("from"),
        target=said.get("to"),
        at=said.get("at"),
        column=said.get("column"),
        projection=said.get("projection"),
    )
