"""Who answers for a thing, and how people mark it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from clew_schemas.aspects.base import AspectModel, Part, Text, UrnText, annotated


class Owner(Part):
    """One owner: a person or a group, and in which role."""

    owner: UrnText
    role: Text = "owner"


class Ownership(AspectModel):
    """The owners of a thing. Every source's owners count, one by one; a steward may deny one."""

    model_config = annotated(
        "ownership",
        mode="state",
        kinds="*",
        resolution={"rule": "union", "list": "owners", "key": ["owner", "role"]},
        edges=[{"type": "owned_by", "to": "owners[].owner"}],
        search=[{"path": "owners[].owner", "field": "facet.owner"}],
    )

    owners: list[Owner]


class Tag(Part):
    """One tag on a thing."""

    tag: UrnText


class Tags(AspectModel):
    """The tags of a thing. Every source's tags count, one by one; a steward may deny one."""

    model_config = annotated(
        "tags",
        mode="state",
        kinds="*",
        resolution={"rule": "union", "list": "tags", "key": ["tag"]},
        edges=[{"type": "tagged", "to": "tags[].tag"}],
        search=[{"path": "tags[].tag", "field": "facet.tag"}],
    )

    tags: list[Tag]


class Term(AspectModel):
    """The meaning of a word of the business. Its place in the glossary's tree is its `containment`."""

    model_config = annotated(
        "term",
        mode="state",
        kinds=["glossary_term"],
        resolution={"rule": "precedence"},
        search=[{"path": "definition", "field": "prose"}, {"path": "synonyms[]", "field": "title"}],
    )

    definition: Text
    synonyms: list[Text] | None = None
    abbreviation: str | None = None
    related: list[UrnText] | None = None


class TermUse(Part):
    """One term that a thing stands for."""

    term: UrnText


class Terms(AspectModel):
    """The glossary terms that a thing stands for. Every source's terms count, one by one; a steward may deny one."""

    model_config = annotated(
        "terms",
        mode="state",
        kinds="*",
        resolution={"rule": "union", "list": "terms", "key": ["term"]},
        edges=[{"type": "means", "to": "terms[].term"}],
        search=[{"path": "terms[].term", "field": "facet.term"}],
    )

    terms: list[TermUse]


class DomainPlace(AspectModel):
    """The domain that a thing belongs to. The tree of domains is their `containment`."""

    model_config = annotated(
        "domain",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        edges=[{"type": "in_domain", "to": "domain"}],
        search=[{"path": "domain", "field": "facet.domain"}],
    )

    domain: UrnText


class DataProduct(AspectModel):
    """Data offered to others as one thing: what it is made of, and on what terms."""

    model_config = annotated(
        "data_product",
        mode="state",
        kinds=["data_product"],
        resolution={"rule": "precedence"},
        edges=[{"type": "offers", "to": "assets[]"}],
        search=[{"path": "purpose", "field": "prose"}],
    )

    assets: list[UrnText]
    purpose: str | None = None
    terms_of_use: str | None = None
    refresh: str | None = Field(default=None, description="How often it is renewed, as promised")


class Certification(AspectModel):
    """Whether somebody who may say so stands for the thing, and until when."""

    model_config = annotated(
        "certification",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[{"path": "status", "field": "facet.certification"}],
    )

    status: Literal["certified", "provisional", "rejected"]
    by: UrnText | None = None
    since: datetime | None = Field(default=None, strict=False)
    until: datetime | None = Field(default=None, strict=False)
    note: str | None = None


class Deprecation(AspectModel):
    """That a thing should not be used any more, why, and what to use instead."""

    model_config = annotated(
        "deprecation",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[{"path": "status", "field": "facet.state"}],
    )

    status: Literal["deprecated"] = "deprecated"
    note: str | None = None
    since: datetime | None = Field(default=None, strict=False)
    removal: datetime | None = Field(default=None, strict=False, description="When it will be gone")
    replaced_by: UrnText | None = None


class Tier(AspectModel):
    """How much depends on a thing, 1 being the most."""

    model_config = annotated(
        "tier",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[{"path": "tier", "field": "facet.tier"}],
    )

    tier: Text
    reason: str | None = None


class Retention(AspectModel):
    """How long data is kept, on what ground, and what happens then."""

    model_config = annotated("retention", mode="state", kinds="*", resolution={"rule": "precedence"})

    days: int | None = Field(default=None, ge=0)
    basis: str | None = Field(default=None, description="The law, contract or rule that says so")
    action: Literal["delete", "archive", "anonymise"] | None = None
