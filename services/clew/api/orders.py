"""Orders for edits as they come over the wire: of what, which intention, under which precondition."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from clew.edits.intentions import Intention

MOST = 10_000
"""Most things that one edit may change."""
Name = Annotated[str, Field(min_length=1, max_length=2048)]
Subtypes = Literal["IDENTITY", "TRANSFORMATION", "AGGREGATION"]


class Order(BaseModel):
    """What every order takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    message: str | None = Field(default=None, max_length=2000, description="Why; kept with the commit")


class Where(BaseModel):
    """A filter, as a search takes it. At least one of the members asks something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(default="", max_length=1000, description="Words")
    filters: dict[str, list[str]] = Field(default={}, description="By facet, values of which one must fit")
    conditions: list[str] = Field(default=[], description="Conditions on measures: `rmse < 30000`")


class EditOrder(Order):
    """One intention for one thing (`of`), for several (`things`), or for all that a filter chooses (`where`).

    An edit of one thing is made at once; one of many is only tried, unless `dryRun` is false.
    """

    edit: Intention
    of: Name | None = Field(default=None, description="A URN or a short name")
    things: list[Name] | None = Field(default=None, max_length=MOST, description="URNs or short names")
    where: Where | None = None
    if_match: str | None = Field(default=None, description="The etag of the aspect as you read it; for `of` only")
    read: dict[str, Any] | None = Field(
        default=None, description="The aspect as you read it, instead of its etag or beside it"
    )
    dry_run: bool | None = Field(default=None, description="Say what would be done; default: for many, true")


class FlowOrder(Order):
    """A flow between two things or columns: to be stated by hand, or to be denied."""

    start: Name = Field(alias="from", description="Where it flows from: a URN or a short name")
    end: Name = Field(alias="to", description="Where it flows to")
    carrier: Name | None = Field(
        default=None, description="The thing that carries it, such as a job; default: one by hand"
    )
    name: Name | None = Field(
        default=None, description="The name of the job by hand; default: one for each pair of things"
    )
    subtype: Subtypes = "TRANSFORMATION"
    note: str | None = Field(default=None, max_length=2000, description="Why it is believed, as evidence")
    deny: bool = Field(default=False, description="The flow is not so: whoever states it is denied, by single edges")
    dry_run: bool = False


class UndoOrder(Order):
    """An edit to take back, by its name, its token, or the id of its group."""

    undo: Name
    dry_run: bool = False


class GrowOrder(Order):
    """A term, domain or tag: to be made (`create`), moved, renamed or explained. What is absent stays as it is."""

    name: Name = Field(description="Its name or URN")
    create: bool = False
    parent: str | None = Field(
        default=None, max_length=2048, description="What it lies below: a name or URN, empty for the top"
    )
    title: Name | None = Field(default=None, description="The name to show from now on; the URN stays")
    text: Annotated[str, Field(min_length=1, max_length=100_000)] | None = Field(
        default=None, alias="definition", description="What it means"
    )
    synonyms: list[Name] | None = None
    abbreviation: Name | None = None
    related: list[Name] | None = Field(default=None, description="Other terms")


class FellOrder(Order):
    """A term, domain or tag to delete; refused while anything lies below it or uses it."""

    name: Name
