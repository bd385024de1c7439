"""What can be said at all: kinds and aspects that were registered while the house runs, as facts about themselves."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from clew_schemas.aspects.base import AspectModel, Text, annotated


class KindDefinition(AspectModel):
    """A kind of thing that Clew does not ship with. Its name is that of the thing it stands on.

    Things of a custom kind have no columns.
    """

    model_config = annotated(
        "kind_definition",
        mode="state",
        kinds=["kind"],
        resolution={"rule": "precedence"},
        search=[
            {"path": "label", "field": "title"},
            {"path": "plural", "field": "title"},
            {"path": "description", "field": "prose"},
        ],
    )

    label: Text | None = None
    plural: Text | None = None
    description: str | None = None
    leaf: bool = Field(default=False, description="Whether such things end a thread by their nature")


class AspectDefinition(AspectModel):
    """An aspect that Clew does not ship with: its JSON Schema document, annotated with `x-clew`.

    Its name is that of the thing it stands on. A later version allows all that an earlier one allowed.
    """

    model_config = annotated(
        "aspect_definition",
        mode="state",
        kinds=["aspect"],
        resolution={"rule": "precedence"},
        search=[{"path": "document.title", "field": "title"}, {"path": "document.description", "field": "prose"}],
    )

    document: dict[str, Any]
