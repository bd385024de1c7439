"""What is expected of data, and how it came out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clew_schemas.aspects.base import AspectModel, Scalar, Text, UrnText, annotated


class Assertion(AspectModel):
    """A test of a dataset or of one of its columns, as its platform defines it."""

    model_config = annotated(
        "assertion",
        mode="state",
        kinds=["assertion"],
        resolution={"rule": "precedence"},
        edges=[{"type": "asserts", "from": "dataset", "at": "any", "column": "column"}],
        search=[{"path": "type", "field": "facet.subtype"}],
    )

    dataset: UrnText
    column: str | None = Field(default=None, description="Escaped path of the tested column; absent: the whole dataset")
    type: Text
    severity: Literal["error", "warn"] | None = None
    parameters: dict[str, Scalar | list[Scalar]] | None = None


class QualityResult(AspectModel):
    """How one test came out, once."""

    model_config = annotated("quality_result", mode="series", kinds=["assertion"], retention={"days": 400})

    status: Literal["pass", "fail", "warn", "error", "skipped"]
    failures: int | None = Field(default=None, ge=0)
    message: str | None = None
    duration_ms: float | None = Field(default=None, ge=0)
