"""Answers to questions as GraphQL types, each made from the very document that REST returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.scalars import JSON

from clew.api.graphql.context import Info
from clew.api.graphql.entities import Entity, Owner, entity_of
from clew.api.graphql.fields import described
from clew.api.graphql.loader import Loader
from clew.api.graphql.scalars import Seq


@strawberry.enum(description="Which way lineage is followed.")
class Direction(Enum):
    up = "up"
    down = "down"


@strawberry.enum(description="At which grain lineage is asked.")
class Grain(Enum):
    column = "column"
    dataset = "dataset"


@strawberry.enum(description="What is to be done to a thing.")
class Change(Enum):
    drop = "drop"
    rename = "rename"
    retype = "retype"


@strawberry.enum(description="What becomes of an affected asset, from the strongest to the weakest.")
class Verdict(Enum):
    breaks = "breaks"
    may_break = "may_break"
    changes = "changes"
    informed = "informed"


@strawberry.type(description="The state that an answer is about.")
class AsOf:
    seq: Seq
    time: str | None
    epoch: str
    token: str


@strawberry.type(description="Where an answer was cut, and why; `count` is how many more there are at least.")
class Cut:
    reason: str
    count: int
    urns: list[str]


@strawberry.type(description="Something within what was reached that is not known, and why.")
class Gap:
    code: str
    urn: str
    detail: str


@strawberry.interface(description="What every answer says about itself. Empty and `complete` means proven empty.")
class Answer:
    as_of: AsOf
    complete: bool = strawberry.field(
        description="The views had caught up, nothing was cut, and nothing within reach is unknown"
    )
    behind: int = strawberry.field(description="Commits that the view is behind what was to be seen")
    frontier: list[Cut]
    gaps: list[Gap]
    explain: JSON = strawberry.field(description="Engine, hops, milliseconds")


@strawberry.type(description="An answer's word about itself, where it stands beside the answer.")
class Envelope(Answer):
    pass


@strawberry.type(description="Lineage as one columnar document: parallel arrays of nodes and edges.")
class Lineage(Answer):
    start: strawberry.ID
    direction: Direction
    grain: Grain
    indirect: bool
    graph: JSON = strawberry.field(
        description="`nodes` {urn, kind, depth} and `edges` {src, dst, type, subtype, confidence, carrier, source} as "
        "parallel arrays; src and dst are positions in `nodes`, of which the first `starts` are the start"
    )


@strawberry.type(description="What lies around a thing, as cards that a screen can hold, in one columnar document.")
class Neighbourhood(Answer):
    start: strawberry.ID
    graph: JSON = strawberry.field(
        description="As at REST: `cards`, `nodes` (parts of cards), `edges` and `before` as parallel arrays; edges "
        "refer to `carriers` and `sources` by position; `trace` tells of what was traced"
    )


@strawberry.type(description="A thing that another touches; `uses` counts what hangs on it at dataset grain.")
class Neighbour:
    urn: strawberry.ID
    kind: str
    name: str
    uses: int


@strawberry.type(description="A page of neighbours; `total` counts all, `matching` those that fit the words.")
class Neighbours(Answer):
    of: strawberry.ID
    direction: Direction
    total: int
    matching: int
    neighbours: list[Neighbour]


@strawberry.type(description="Something that a change affects.")
class Asset:
    urn: strawberry.ID
    kind: str
    name: str
    verdict: Verdict
    use: str = strawberry.field(description="direct or indirect")
    hops: int
    owners: list[Owner]
    tier: str | None
    path: JSON = strawberry.field(description="The proof: edges from the changed thing to this one")


@strawberry.type(description="What a change breaks. Counts are over all assets, `assets` names the strongest.")
class Impact(Answer):
    start: strawberry.ID
    change: Change
    total: int
    by_verdict: JSON
    by_kind: JSON
    assets: list[Asset]


@strawberry.type(description="The rows of a query, in its order.")
class SqlRows(Answer):
    columns: list[str]
    rows: JSON = strawberry.field(description="A list of values for each row, in the order of `columns`")
    count: int
    truncated: bool = strawberry.field(description="There are more rows than were asked for")


@strawberry.type(description="Simple paths from one thing to another, shortest first.")
class Paths(Answer):
    start: strawberry.ID = strawberry.field(name="from")
    end: strawberry.ID = strawberry.field(name="to")
    exhaustive: bool
    paths: JSON = strawberry.field(description="Each a list of edges, as in an asset's path")


@strawberry.type(description="One line of an aspect's history.")
class Fact:
    seq: Seq
    time: Seq
    source: str
    author: str | None
    message: str | None
    op: str
    moved: bool = strawberry.field(description="False for late news, which changed no head")
    says: JSON | None
    denies: JSON | None


@strawberry.type(description="Where a page of a connection begins and ends.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="One hit.")
class SearchEdge:
    cursor: str
    score: float
    matched: list[str]
    measures: JSON
    urn: strawberry.Private[str]
    family: strawberry.Private[list[str]]

    @described("The thing that was found.")
    def node(self, info: Info) -> Entity | None:
        return entity_of(info, info.context.loader.one(self.urn, lambda: self.family))


@strawberry.type(description="Hits in order of score, then URN.")
class SearchConnection:
    edges: list[SearchEdge]
    page_info: PageInfo
    total_count: int
    facets: JSON
    envelope: Envelope


def envelope(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of `Answer` from an answer's document."""
    return {
        "as_of": AsOf(**said["asOf"]),
        "complete": said["complete"],
        "behind": said["behind"],
        "frontier": [Cut(**each) for each in said["frontier"]],
        "gaps": [Gap(**each) for each in said["gaps"]],
        "explain": said["explain"],
    }


def lineage(said: Mapping[str, Any]) -> Lineage:
    """Return a lineage answer."""
    return Lineage(
        **envelope(said),
        start=strawberry.ID(said["start"]),
        direction=Direction(said["direction"]),
        grain=Grain(said["grain"]),
        indirect=said["indirect"],
        graph=JSON({name: said[name] for name in ("starts", "nodes", "edges")}),
    )


def neighbourhood(said: Mapping[str, Any]) -> Neighbourhood:
    """Return the answer for what lies around a thing."""
    members = ("trace", "cards", "nodes", "carriers", "sources", "edges", "before")
    graph = JSON({name: said[name] for name in members})
    return Neighbourhood(**envelope(said), start=strawberry.ID(said["start"]), graph=graph)


def neighbours(said: Mapping[str, Any]) -> Neighbours:
    """Return a page of neighbours."""
    return Neighbours(
        **envelope(said),
        of=strawberry.ID(said["of"]),
        direction=Direction(said["direction"]),
        total=said["total"],
        matching=said["matching"],
        neighbours=[Neighbour(**each) for each in said["neighbours"]],
    )


def impact(said: Mapping[str, Any], then: Loader | None = None) -> Impact:
    """Return an impact answer; `then` reads the owners of an answer as of a moment."""
    family = _owners(said["assets"])
    return Impact(
        **envelope(said),
        start=strawberry.ID(said["start"]),
        change=Change(said["change"]),
        total=said["total"],
        by_verdict=said["byVerdict"],
        by_kind=said["byKind"],
        assets=[_asset(each, family, then) for each in said["assets"]],
    )


def _owners(assets: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({each["owner"] for asset in assets for each in asset["owners"]})


def _asset(said: Mapping[str, Any], family: list[str], then: Loader | None) -> Asset:
    owners = [Owner.of(each, lambda: family, then) for each in said["owners"]]
    return Asset(**{**said, "verdict": Verdict(said["verdict"]), "owners": owners})


def sql(said: Mapping[str, Any]) -> SqlRows:
    """Return the rows of a query."""
    return SqlRows(
        **envelope(said),
        columns=said["columns"],
        rows=JSON(said["rows"]),
        count=said["count"],
        truncated=said["truncated"],
    )


def paths(said: Mapping[str, Any]) -> Paths:
    """Return an answer about paths."""
    return Paths(
        **envelope(said),
        start=strawberry.ID(said["from"]),
        end=strawberry.ID(said["to"]),
        exhaustive=said["exhaustive"],
        paths=said["paths"],
    )
