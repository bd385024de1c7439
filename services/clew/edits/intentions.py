"""Intentions: what a person wants of a thing, as a document `{"op": …}`. One model an intention.

`aspect` is what it changes; `refers` names the members that stand for other things, with the kinds that may be meant.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from clew.errors import BadInput

PEOPLE = ("person", "group")
ANYTHING: tuple[str, ...] = ()
Model = TypeVar("Model")
Text = Annotated[str, Field(min_length=1, max_length=100_000)]
Reference = Annotated[str, Field(min_length=1, max_length=2048)]


class Wish(BaseModel):
    """What every intention has."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, str_strip_whitespace=True
    )

    aspect_name: ClassVar[str]
    refers: ClassVar[dict[str, tuple[str, ...]]] = {}
    creates: ClassVar[bool] = True
    """Whether tags, terms, domains and people that are named and not known yet come into being by it."""

    @property
    def touches(self) -> str:
        """The aspect that this intention changes."""
        return self.aspect_name


class Describe(Wish):
    """Say what a thing is."""

    aspect_name = "documentation"

    op: Literal["describe"] = "describe"
    text: Text
    format: Literal["markdown", "plain"] = "markdown"


class AddOwner(Wish):
    """Name an owner: an e-mail address, `group:data-team`, or a URN."""

    aspect_name = "ownership"
    refers = {"owner": PEOPLE}

    op: Literal["add_owner"] = "add_owner"
    owner: Reference
    role: Text = "owner"


class RemoveOwner(Wish):
    """Say that somebody is no owner, in one role or in any."""

    aspect_name = "ownership"
    refers = {"owner": PEOPLE}
    creates = False

    op: Literal["remove_owner"] = "remove_owner"
    owner: Reference
    role: Text | None = None


class AddTag(Wish):
    """Put a tag on a thing."""

    aspect_name = "tags"
    refers = {"tag": ("tag",)}

    op: Literal["add_tag"] = "add_tag"
    tag: Reference


class RemoveTag(Wish):
    """Take a tag off a thing."""

    aspect_name = "tags"
    refers = {"tag": ("tag",)}
    creates = False

    op: Literal["remove_tag"] = "remove_tag"
    tag: Reference


class AddTerm(Wish):
    """Say which term of the glossary a thing stands for."""

    aspect_name = "terms"
    refers = {"term": ("glossary_term",)}

    op: Literal["add_term"] = "add_term"
    term: Reference


class RemoveTerm(Wish):
    """Say that a thing does not stand for a term."""

    aspect_name = "terms"
    refers = {"term": ("glossary_term",)}
    creates = False

    op: Literal["remove_term"] = "remove_term"
    term: Reference


class SetDomain(Wish):
    """Put a thing into a domain."""

    aspect_name = "domain"
    refers = {"domain": ("domain",)}

    op: Literal["set_domain"] = "set_domain"
    domain: Reference


class SetTier(Wish):
    """Say how much depends on a thing, 1 being the most."""

    aspect_name = "tier"

    op: Literal["set_tier"] = "set_tier"
    tier: Text
    reason: str | None = None


class Certify(Wish):
    """Stand for a thing, provisionally or not, or reject it."""

    aspect_name = "certification"
    refers = {"by": PEOPLE}

    op: Literal["certify"] = "certify"
    status: Literal["certified", "provisional", "rejected"] = "certified"
    by: Reference | None = None
    since: datetime | None = None
    until: datetime | None = None
    note: str | None = None


class Deprecate(Wish):
    """Say that a thing should not be used any more."""

    aspect_name = "deprecation"
    refers = {"replaced_by": ANYTHING}

    op: Literal["deprecate"] = "deprecate"
    note: str | None = None
    since: datetime | None = None
    removal: datetime | None = None
    replaced_by: Reference | None = None


class Undeprecate(Wish):
    """Say that a thing may be used, whoever deprecated it."""

    aspect_name = "deprecation"

    op: Literal["undeprecate"] = "undeprecate"


class SetRetention(Wish):
    """Say how long data is kept, on what ground, and what happens then."""

    aspect_name = "retention"

    op: Literal["set_retention"] = "set_retention"
    days: int | None = Field(default=None, ge=0)
    basis: str | None = None
    action: Literal["delete", "archive", "anonymise"] | None = None


class Retract(Wish):
    """Withdraw everything that stewards say and deny of one aspect; what other sources say stands again."""

    op: Literal["retract"] = "retract"
    aspect: Text

    @property
    def touches(self) -> str:
        return self.aspect


Intention = Annotated[
    Describe
    | AddOwner
    | RemoveOwner
    | AddTag
    | RemoveTag
    | AddTerm
    | RemoveTerm
    | SetDomain
    | SetTier
    | Certify
    | Deprecate
    | Undeprecate
    | SetRetention
    | Retract,
    Field(discriminator="op"),
]

_intentions: TypeAdapter[Intention] = TypeAdapter(Intention)


def parse(said: Any) -> Intention:
    """Return the intention that a JSON value says; raise BadInput with the place that is wrong."""
    return validated(_intentions, said, "edit")


def validated(adapter: TypeAdapter[Model], said: Any, where: str) -> Model:
    """Return what `said` is by `adapter`; raise BadInput that names the first place that is wrong."""
    try:
        return adapter.validate_python(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
        raise BadInput(first["msg"], where=f"{where}{place}", hint="See docs/editing.md") from error
