"""What a thing is: structure, descriptive properties, prose, place, state of life, measurements."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from clew_schemas.aspects.base import AspectModel, Part, Scalar, Text, UrnText, annotated
from clew_schemas.numerals import Number


class Column(Part):
    """One column. `name` is its escaped path: nested fields after a dot, a dot in a name as %2E."""

    name: Text
    type: str | None = Field(default=None, description="The type as the platform spells it")
    nullable: bool | None = None


class ForeignKey(Part):
    """Columns that refer to the columns of another dataset, position by position."""

    columns: list[Text]
    references: UrnText
    referenced_columns: list[Text]


class Schema(AspectModel):
    """The columns of a dataset, in order, with its keys. Prose about a column stands on the column."""

    model_config = annotated(
        "schema",
        mode="state",
        kinds=["dataset"],
        resolution={"rule": "precedence"},
        edges=[{"projection": "members"}],
        search=[{"path": "columns[].name", "field": "columns"}],
    )

    columns: list[Column]
    primary_key: list[Text] | None = None
    foreign_keys: list[ForeignKey] | None = None


class Properties(AspectModel):
    """Descriptive facts that a platform keeps about a thing; `custom` takes whatever has no member here."""

    model_config = annotated(
        "properties",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[
            {"path": "name", "field": "title"},
            {"path": "subtype", "field": "facet.subtype"},
            {"path": "email", "field": "title"},
        ],
    )

    name: str | None = Field(default=None, description="A display name, where it differs from the URN's")
    subtype: str | None = Field(default=None, description="What the platform calls it: table, view, incremental, …")
    platform: str | None = None
    url: str | None = None
    email: str | None = None
    tier: str | None = Field(default=None, description="How much depends on it, in the owner's words")
    custom: dict[str, Scalar] | None = None


class Documentation(AspectModel):
    """Prose that explains a thing."""

    model_config = annotated(
        "documentation",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[{"path": "text", "field": "prose"}],
    )

    text: Text
    format: Literal["markdown", "plain"] = "markdown"


class Containment(AspectModel):
    """Where a thing stands: a table in a schema, a model in a project, a run in an experiment."""

    model_config = annotated(
        "containment",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        edges=[{"type": "contains", "from": "parent"}],
    )

    parent: UrnText


class Lifecycle(AspectModel):
    """The state of life of a thing, and since when."""

    model_config = annotated(
        "lifecycle",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        search=[{"path": "state", "field": "facet.state"}],
    )

    state: Literal["proposed", "active", "deprecated", "archived", "removed"]
    since: datetime | None = Field(default=None, strict=False)
    note: str | None = None
    replaced_by: UrnText | None = None


class Profile(AspectModel):
    """Sizes of a dataset as measured at one time."""

    model_config = annotated("profile", mode="series", kinds=["dataset"], retention={"days": 400})

    rows: int | None = Field(default=None, ge=0)
    bytes: int | None = Field(default=None, ge=0)


class Statistics(AspectModel):
    """What a column or feature held when it was measured."""

    model_config = annotated("statistics", mode="series", kinds=["column", "feature"], retention={"days": 400})

    count: int | None = Field(default=None, ge=0)
    nulls: int | None = Field(default=None, ge=0)
    null_share: float | None = Field(default=None, ge=0, le=1)
    distinct: float | None = Field(default=None, ge=0)
    min: Scalar | None = None
    max: Scalar | None = None
    mean: Number | None = None
    deviation: Number | None = None
    width: float | None = Field(default=None, ge=0, description="Mean bytes of a value")
    frequent: list[Scalar] | None = None


class UserReads(Part):
    """How often one user read."""

    user: Text
    reads: int = Field(ge=0)


class Usage(AspectModel):
    """Who used a thing in the time that ends at the point's time, and how much."""

    model_config = annotated("usage", mode="series", kinds="*", retention={"days": 400})

    since: datetime | None = Field(default=None, strict=False, description="When counting began")
    reads: int | None = Field(default=None, ge=0)
    writes: int | None = Field(default=None, ge=0)
    users: list[UserReads] | None = None
    columns: dict[str, int] | None = Field(default=None, description="Reads by escaped column path")
    last_read: datetime | None = Field(default=None, strict=False)
    last_written: datetime | None = Field(default=None, strict=False)


class StoredObject(AspectModel):
    """A file or object as it lies in its store."""

    model_config = annotated(
        "stored_object",
        mode="state",
        kinds=["object", "dataset"],
        resolution={"rule": "precedence"},
        search=[{"path": "mediaType", "field": "facet.subtype"}],
    )

    uri: Text
    size: int | None = Field(default=None, ge=0)
    checksum: str | None = Field(default=None, description="Algorithm and value, as `sha256:…`")
    media_type: str | None = None
    modified: datetime | None = Field(default=None, strict=False)
    version: str | None = None


class Version(AspectModel):
    """Which version of something this is, and which came before."""

    model_config = annotated(
        "version",
        mode="state",
        kinds="*",
        resolution={"rule": "precedence"},
        edges=[{"type": "version_of", "to": "of"}],
        search=[{"path": "version", "field": "measure.version"}],
    )

    version: Text
    of: UrnText | None = None
    previous: UrnText | None = None
    digest: str | None = None
    created: datetime | None = Field(default=None, strict=False)


class Repository(AspectModel):
    """A repository of code or data."""

    model_config = annotated(
        "repository",
        mode="state",
        kinds=["repository"],
        resolution={"rule": "precedence"},
        search=[{"path": "url", "field": "title"}],
    )

    url: Text
    type: str | None = Field(default=None, description="git, lakefs, dvc, …")
    default_branch: str | None = None
