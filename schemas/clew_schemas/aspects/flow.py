"""How data flows: the SQL that says so, the lineage read from it, who uses it at the end, the runs that move it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from clew_schemas.aspects.base import AspectModel, Part, Text, UrnText, annotated
from clew_schemas.urn import kind_of


class Query(AspectModel):
    """The SQL text that a carrier runs: a fact, from which lineage is derived by the house.

    Names in the SQL are completed by the defaults and looked up in `namespace`, unless `bindings` says
    which dataset a name stands for.
    """

    model_config = annotated(
        "query",
        mode="state",
        kinds=["job", "task", "dataset", "query", "run", "dashboard", "chart", "model_version", "feature_set"],
        resolution={"rule": "precedence"},
        search=[{"path": "text", "field": "code"}],
    )

    text: Text
    dialect: Text
    namespace: Text = Field(description="Namespace of the datasets that the SQL names")
    default_database: str | None = None
    default_schema: str | None = None
    output: UrnText | None = Field(default=None, description="The dataset that the result becomes, for a bare SELECT")
    bindings: dict[str, UrnText] | None = None


Index = Annotated[int, Field(ge=0)]
Confidence = Annotated[float, Field(ge=0, le=1)]
Direct = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
Indirect = ("JOIN", "FILTER", "GROUP_BY", "SORT", "WINDOW", "CONDITIONAL")
Subtype = Annotated[
    str,
    Field(pattern=r"^(IDENTITY|TRANSFORMATION|AGGREGATION|JOIN|FILTER|GROUP_BY|SORT|WINDOW|CONDITIONAL)(:PRESENCE)?$"),
]
"""OpenLineage's transformation subtypes; `:PRESENCE` marks a use that only asks whether there is a value."""


def _row(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


ColumnFlow = Annotated[tuple[Index, Text | None, Index, Text | None, Subtype, Confidence], BeforeValidator(_row)]
RowFlow = Annotated[tuple[Index, Index, Text | None, Subtype], BeforeValidator(_row)]


class Unresolved(Part):
    """A part of the carrier's work whose lineage is not known, and why: a gap in every answer that reaches it."""

    code: Text
    detail: str | None = None


class Lineage(AspectModel):
    """What flows through a carrier (a job, view, query or run), from its inputs to its outputs.

    `columns` holds `[output, column, input, column, subtype, confidence]`, `rows` holds
    `[output, input, column or null, subtype]` for what decides which rows there are; outputs and inputs are given
    by their position in `outputs` and `inputs`. Columns are escaped paths; null stands for the thing itself where it
    has no columns (a feature, a model version), and on the input side for any column of a dataset. Rows of every
    input flow into rows of every output without being said. `columns` absent means: not known at column grain.
    """

    model_config = annotated(
        "lineage",
        mode="state",
        kinds="*",
        resolution={"rule": "edges"},
        edges=[{"projection": "lineage"}],
    )

    inputs: list[UrnText]
    outputs: list[UrnText]
    columns: list[ColumnFlow] | None = None
    rows: list[RowFlow] | None = None
    expressions: dict[str, str] | None = Field(default=None, description="By output column: how it is computed")
    masked: list[str] | None = Field(default=None, description="Output columns that values reach only through a hash")
    unresolved: list[Unresolved] | None = None

    @model_validator(mode="after")
    def _positions_exist(self) -> Lineage:
        outputs, inputs = len(self.outputs), len(self.inputs)
        for at, (out, name, into, *_rest) in enumerate(self.columns or ()):
            if out >= outputs or into >= inputs:
                raise ValueError(f"columns[{at}] points beyond outputs or inputs")
            if name is None and kind_of(self.outputs[out]) == "dataset":
                raise ValueError(f"columns[{at}] names no column of the dataset {self.outputs[out]}")
        for at, (out, into, *_others) in enumerate(self.rows or ()):
            if out >= outputs or into >= inputs:
                raise ValueError(f"rows[{at}] points beyond outputs or inputs")
        return self


class Exposure(AspectModel):
    """A use at the end of the thread. It names datasets, not columns: it hangs on `any` column of each."""

    model_config = annotated(
        "exposure",
        mode="state",
        kinds=["dashboard", "chart", "notebook", "application", "model"],
        resolution={"rule": "precedence"},
        edges=[
            {"type": "flow", "from": "dependsOn[]", "at": "any"},
            {"type": "dataset_flow", "from": "dependsOn[]"},
        ],
        search=[{"path": "label", "field": "title"}],
    )

    depends_on: list[UrnText]
    type: str | None = None
    label: str | None = None
    url: str | None = None
    maturity: str | None = None


class Run(AspectModel):
    """One execution of a job: when, how long, and how it ended."""

    model_config = annotated(
        "run",
        mode="state",
        kinds=["run"],
        resolution={"rule": "precedence"},
        edges=[{"type": "runs", "from": "job"}],
        search=[{"path": "status", "field": "facet.status"}],
    )

    job: UrnText | None = None
    status: Literal["running", "success", "failed", "skipped", "aborted", "unknown"]
    started: datetime | None = Field(default=None, strict=False)
    ended: datetime | None = Field(default=None, strict=False)
    duration_ms: float | None = Field(default=None, ge=0)
    message: str | None = None


class Pipeline(AspectModel):
    """Steps that run together, and when."""

    model_config = annotated(
        "pipeline",
        mode="state",
        kinds=["pipeline"],
        resolution={"rule": "precedence"},
        search=[{"path": "engine", "field": "facet.subtype"}],
    )

    engine: str | None = None
    schedule: str | None = None
    url: str | None = None
    version: str | None = None


class Step(AspectModel):
    """A job or task within its pipeline: which steps must be done before it."""

    model_config = annotated(
        "step",
        mode="state",
        kinds=["job", "task"],
        resolution={"rule": "precedence"},
        edges=[{"type": "precedes", "from": "after[]"}],
        search=[{"path": "type", "field": "facet.subtype"}],
    )

    after: list[UrnText] | None = None
    type: str | None = None
    timeout_ms: float | None = Field(default=None, ge=0)
    retries: int | None = Field(default=None, ge=0)
