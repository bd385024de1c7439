"""The parameters of questions in the query string. An unknown one is refused: a typo must not change the answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from clew.errors import BadInput
from clew.graph import Direction
from clew.query.conditions import conditions
from clew.query.moments import no_search_of_the_past
from clew.query.terms import (
    DEPTH,
    MOST_CARDS,
    MOST_DIFFERENCES,
    MOST_NAMED,
    MOST_UNUSED,
    MOST_VERSIONS,
    NAMED,
    RUNS,
    UNREAD_DAYS,
    UNUSED_KINDS,
    ChangeKind,
    Grain,
    Surroundings,
    Within,
)
from clew.search import SearchQuery
from clew.search.port import FACETS


class Parameters(BaseModel):
    """What every question takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_least: str | None = Field(
        None,
        alias="atLeast",
        description="A token from a receipt: wait until the answer holds that write, else fail with 503 `stale`",
    )


class PastParameters(Parameters):
    """What a question takes that can be asked of the past."""

    as_of: str | None = Field(
        None,
        alias="asOf",
        max_length=100,
        description="The state of then: a seq, a token, a time (UTC unless it says otherwise), a date (its end, UTC), "
        "or a duration back such as `2h`, `3d`, `yesterday`. Default: now",
    )


class SearchParameters(Parameters):
    """A search. Each filter may be given several times: one of its values must fit."""

    q: str = Field("", max_length=1000, description="Words; whole, as a prefix, or with a typo. Empty matches all")
    kind: list[str] = Field([], description="Filter by kind: dataset, column, model, …")
    namespace: list[str] = []
    subtype: list[str] = []
    owner: list[str] = []
    tag: list[str] = []
    term: list[str] = []
    domain: list[str] = []
    tier: list[str] = []
    certification: list[str] = []
    state: list[str] = []
    status: list[str] = []
    where: list[str] = Field(
        [], description="Conditions on measures, all of which must fit: `rmse<30000`, `param.max_depth=8`"
    )
    downstream_of: str | None = Field(
        None, alias="downstreamOf", description="Only what values flow to from this thing, at column grain"
    )
    upstream_of: str | None = Field(
        None, alias="upstreamOf", description="Only what values come from that flow to this thing, at column grain"
    )
    facets: str = Field("kind", description="Facets to count, separated by commas: " + ", ".join(FACETS))
    as_of: str | None = Field(None, alias="asOf", description="Refused: the search index knows what is, not what was")
    limit: int = Field(20, description="Hits to return, at most 1,000")
    offset: int = Field(0, description="Hits to pass over, at most 10,000")

    def query(self) -> SearchQuery:
        """Return the search as the index takes it."""
        if self.as_of is not None:
            raise no_search_of_the_past()
        filters = {name: values for name in FACETS if (values := getattr(self, name))}
        facets = tuple(name.strip() for name in self.facets.split(",") if name.strip())
        return SearchQuery(self.q, filters, facets, self.limit, self.offset, where=conditions(self.where))

    def within(self) -> Within:
        """Return the lineage that hits must lie in."""
        return Within(self.downstream_of, self.upstream_of)


class WalkParameters(PastParameters):
    """How lineage is followed."""

    grain: Grain | None = Field(None, description="Default: dataset for datasets and jobs, column for the rest")
    indirect: bool = Field(False, description="Follow also what only decides which rows there are, or their order")


class LineageParameters(WalkParameters):
    """A question for lineage."""

    of: str = Field(description="A URN or a short name, such as `flights.dep_delay`")
    direction: Literal["up", "down"] = "down"
    depth: int | None = Field(None, ge=0, le=10_000, description="Hops at most; the answer says where it was cut")


class CardsParameters(PastParameters):
    """What questions about cards take."""

    of: str = Field(description="A URN or a short name; of a column it is its dataset's card")
    indirect: bool = Field(False, description="Follow also what only decides which rows there are, or their order")
    tests: bool = Field(False, description="Tests are cards too; they are counted in any case")


class NeighbourhoodParameters(CardsParameters):
    """A question for what lies around a thing."""

    up: int = Field(1, ge=0, le=10, description="Hops upstream")
    down: int = Field(1, ge=0, le=10, description="Hops downstream")
    top: int = Field(10, ge=1, le=MOST_CARDS, description="Neighbours that a card brings, those most used first")
    most: int = Field(150, ge=1, le=MOST_CARDS, description="Cards at most; the answer says what it left out")
    trace: str | None = Field(None, description="A column or thing whose way end to end is to be shown")
    show: list[str] = Field([], max_length=MOST_CARDS, description="Cards to show besides")
    expand: list[str] = Field(
        [],
        max_length=MOST_CARDS,
        description="`up:NAME` or `down:NAME`: further neighbours of a card; `top` more each time it is given",
    )
    since: str | None = Field(None, max_length=100, description="A moment: beside the edges of now, those of then")

    def surroundings(self) -> Surroundings:
        """Return how much is to be shown."""
        return Surroundings(self.up, self.down, self.top, self.most, self.indirect, self.tests)

    def expansions(self) -> list[tuple[str, Direction]]:
        """Return the cards to expand, each with its direction."""
        return [_expansion(each, f"expand[{at}]") for at, each in enumerate(self.expand)]


def _expansion(text: str, where: str) -> tuple[str, Direction]:
    way, _, name = text.partition(":")
    if way not in ("up", "down") or not name:
        raise BadInput(f"not an expansion: {text[:80]!r}", where=where, hint="Say up:NAME or down:NAME")
    return name, Direction[way.upper()]


class NeighboursParameters(CardsParameters):
    """A question for all that a thing touches on one side."""

    direction: Literal["up", "down"] = "down"
    q: str = Field("", max_length=1000, description="Words that a name must hold, in any order, whatever their case")
    limit: int = Field(100, ge=1, le=1000, description="Neighbours to return")
    offset: int = Field(0, ge=0, le=1_000_000, description="Neighbours to pass over")


class PathsParameters(WalkParameters):
    """A question for paths."""

    start: str = Field(alias="from", description="Where paths begin: a URN or a short name")
    end: str = Field(alias="to", description="Where paths end: a URN or a short name")
    most: int = Field(10, ge=1, le=100, description="Paths at most, shortest first")


class ImpactParameters(PastParameters):
    """A question for impact."""

    of: str = Field(description="What is to change: a URN or a short name")
    change: ChangeKind = ChangeKind.DROP
    named: int = Field(NAMED, ge=0, le=MOST_NAMED, description="Assets to name with path and owner; all are counted")


class VersionsParameters(PastParameters):
    """A question about the model versions behind a thing."""

    of: str = Field(description="A model, version, deployment, endpoint or prediction set: a URN or a short name")
    most: int = Field(MOST_VERSIONS, ge=1, le=1000, description="Versions to tell of, the newest; all are counted")


class CompareParameters(Parameters):
    """A question for differences."""

    a: str = Field(description="The one side: a URN or a short name")
    b: str | None = Field(None, description="The other side; without it, `a` itself at another time")
    a_at: str | None = Field(None, alias="aAt", max_length=100, description="As of when: a moment, as `asOf` takes one")
    b_at: str | None = Field(None, alias="bAt", max_length=100, description="The same for the other side")
    most: int = Field(MOST_DIFFERENCES, ge=0, le=100_000, description="Differences to list; all are counted")


class DiffParameters(Parameters):
    """A question for what changed between two moments."""

    of: str = Field(description="What may have changed: a URN or a short name")
    start: str = Field(alias="from", max_length=100, description="Since when: a moment, as `asOf` takes one")
    end: str | None = Field(None, alias="to", max_length=100, description="Until when; default now")
    grain: Grain = Field(Grain.COLUMN, description="The grain of the lineage around it")
    indirect: bool = Field(False, description="Also edges that only decide which rows there are, or their order")
    depth: int = Field(DEPTH, ge=0, le=10_000, description="Hops of lineage around it that are compared")
    most: int = Field(
        MOST_DIFFERENCES, ge=0, le=100_000, description="Differences, and edges of each side, to list; all are counted"
    )


class BottlenecksParameters(Parameters):
    """A question for what is slow."""

    of: str = Field(description="A pipeline, or a job with its tasks: a URN or a short name")
    runs: int = Field(RUNS, ge=1, le=1000, description="Runs of each step that count, the newest")


class UnusedParameters(Parameters):
    """A question for what nobody reads."""

    days: int = Field(UNREAD_DAYS, ge=1, le=3650, description="Unread for so many days")
    kind: list[str] = Field([], description=f"Kinds to examine, default dataset; of {', '.join(UNUSED_KINDS)}")
    namespace: list[str] = Field([], description="Only what stands in these namespaces")
    most: int = Field(MOST_UNUSED, ge=0, le=10_000, description="Assets to name, the largest; all are counted")
