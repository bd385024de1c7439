"""What every aspect model shares: strict, frozen, camelCase on the wire, annotated for the house."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from clew_schemas.urn import Urn

ANNOTATION = "x-clew"
"""Key under which a schema document carries its annotations."""


def _checked(text: str) -> str:
    try:
        Urn.parse(text)
    except Exception as error:
        raise ValueError(str(error)) from error
    return text


UrnText = Annotated[str, StringConstraints(pattern=r"^urn:clew:[a-z][a-z0-9_]*:\(.+\)$"), AfterValidator(_checked)]
"""A URN as text, checked."""

Text = Annotated[str, StringConstraints(min_length=1)]
Scalar = str | int | float | bool


class Part(BaseModel):
    """A part of an aspect: a JSON object with a fixed set of members."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        populate_by_name=True,
        ser_json_inf_nan="strings",
        allow_inf_nan=False,
        defer_build=True,
    )


class AspectModel(Part):
    """One aspect. A subclass sets `annotations`; its docstring is the description in the contract."""

    def payload(self) -> dict[str, Any]:
        """Return the aspect as it goes into an event: JSON values, absent members left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def annotated(name: str, version: int = 1, **annotations: Any) -> ConfigDict:
    """Return the model configuration of an aspect: Part's, with the annotations in its JSON Schema."""
    return ConfigDict(json_schema_extra={ANNOTATION: {"name": name, "version": version, **annotations}})
