"""Who answers for a thing, and how people mark it."""

from __future__ import annotations

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
