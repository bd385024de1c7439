"""The questions about models, pipelines and use as GraphQL fields; each answer is made from the document of REST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import strawberry
from pydantic import BaseModel, ValidationError
from strawberry.scalars import JSON

from clew.api.graphql.answers import Answer, AsOf, Grain, envelope
from clew.api.graphql.context import Info
from clew.api.graphql.fields import described
from clew.api.graphql.scalars import Seq
from clew.api.parameters import (
    BottlenecksParameters,
    CompareParameters,
    DiffParameters,
    UnusedParameters,
    VersionsParameters,
)
from clew.errors import BadInput
from clew.query.terms import DEPTH, MOST_DIFFERENCES, MOST_UNUSED, MOST_VERSIONS, RUNS, UNREAD_DAYS
from clew.query.terms import Grain as AskedGrain


@strawberry.type(description="How the model versions behind a thing came about.")
class WhatTrained(Answer):
    start: strawberry.ID
    kind: str
    name: str
    about: JSON
    total: int = strawberry.field(description="Versions behind the thing; `versions` tells of the newest")
    versions: JSON = strawberry.field(
        description="Of each run, parameters, metrics, features, target, datasets and sources; a `path` holds "
        "positions in `proof`"
    )
    proof: JSON = strawberry.field(description="`nodes` and `edges` as parallel arrays, as in lineage")


@strawberry.type(description="What is known to rebuild the model versions behind a thing.")
class Reproduction(Answer):
    start: strawberry.ID
    kind: str
    name: str
    total: int
    versions: JSON


@strawberry.type(description="One side of a comparison: a thing as of a seq.")
class Moment:
    urn: strawberry.ID
    kind: str
    name: str
    seq: Seq


@strawberry.type(description="What differs between two things, or two times of one.")
class Comparison(Answer):
    a: Moment
    b: Moment
    equal: JSON = strawberry.field(description="Equal fields, counted by part")
    differing: JSON = strawberry.field(description="Fields that differ, counted by part")
    differences: JSON = strawberry.field(description="Each with part, path, change, a, b, and b minus a of numbers")


@strawberry.type(description="What changed of a thing and of the lineage around it, between two moments.")
class Diff(Answer):
    urn: strawberry.ID
    kind: str
    name: str
    start: AsOf = strawberry.field(name="from")
    end: AsOf = strawberry.field(name="to")
    totals: JSON = strawberry.field(description="All that changed, counted, however much of it is listed")
    aspects: JSON = strawberry.field(description="Those that changed: differences by field, each with who said so")
    columns: JSON = strawberry.field(description="Columns of which something else is said, with their aspects")
    series: JSON = strawberry.field(description="Those with new points: how many, and what differs in the newest")
    lineage: JSON = strawberry.field(description="`upstream` and `downstream`: edges that appeared or disappeared")


@strawberry.type(description="What is slow or fails in a pipeline.")
class Bottlenecks(Answer):
    pipeline: strawberry.ID
    name: str
    total: int
    steps: JSON = strawberry.field(description="The slowest first")
    ordered_by: str = strawberry.field(description="after, data or nothing: by what the order of steps is known")
    circles: JSON
    critical_path: JSON | None = strawberry.field(description="Null where the order goes in a circle")


@strawberry.type(description="What nobody reads.")
class Unused(Answer):
    days: int
    examined: int
    by_verdict: JSON
    bytes: Seq = strawberry.field(description="The size of all that is unused")
    assets: JSON = strawberry.field(description="What is unused, then what can't be told; each the largest first")


@strawberry.type
class ModelQueries:
    """Fields of `Query`."""

    @described("How the model versions behind a model, deployment, endpoint or prediction set came about.")
    def what_trained(
        self,
        info: Info,
        of: str,
        most: int = MOST_VERSIONS,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> WhatTrained:
        _check(VersionsParameters, of=of, most=most)
        answer = info.context.stations.questions.what_trained(
            of, info.context.principal.viewer, most=most, at_least=at_least, as_of=as_of
        )
        return WhatTrained(**_members(answer.to_dict()))

    @described("What is known to rebuild the model versions behind a thing, and what is missing.")
    def reproduce(
        self,
        info: Info,
        of: str,
        most: int = MOST_VERSIONS,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> Reproduction:
        _check(VersionsParameters, of=of, most=most)
        answer = info.context.stations.questions.reproduce(
            of, info.context.principal.viewer, most=most, at_least=at_least, as_of=as_of
        )
        return Reproduction(**_members(answer.to_dict()))

    @described("What differs between two things of one kind, or between two moments of one.")
    def compare(
        self,
        info: Info,
        a: str,
        b: str | None = None,
        a_at: str | None = None,
        b_at: str | None = None,
        most: int = MOST_DIFFERENCES,
        at_least: str | None = None,
    ) -> Comparison:
        _check(CompareParameters, a=a, most=most)
        answer = info.context.stations.questions.compare(
            a, b, info.context.principal.viewer, a_at=a_at, b_at=b_at, most=most, at_least=at_least
        )
        said = answer.to_dict()
        sides = {side: Moment(**said[side]) for side in ("a", "b")}
        return Comparison(**{**_members(said), **sides})

    @described(
        "What changed of a thing and of the lineage around it, between two moments: seqs, tokens, times, dates,"
        " durations back such as `2h`. `to` is now by default; two things are compared by `compare`."
    )
    def diff(
        self,
        info: Info,
        of: str,
        start: Annotated[str, strawberry.argument(name="from")],
        end: Annotated[str | None, strawberry.argument(name="to")] = None,
        grain: Grain = Grain.column,
        indirect: bool = False,
        depth: int = DEPTH,
        most: int = MOST_DIFFERENCES,
        at_least: str | None = None,
    ) -> Diff:
        _check(DiffParameters, of=of, **{"from": start}, depth=depth, most=most)
        answer = info.context.stations.questions.diff(
            of,
            info.context.principal.viewer,
            start=start,
            end=end,
            grain=AskedGrain(grain.value),
            indirect=indirect,
            depth=depth,
            most=most,
            at_least=at_least,
        )
        said = answer.to_dict()
        ends: dict[str, Any] = {"start": AsOf(**said.pop("from")), "end": AsOf(**said.pop("to"))}
        return Diff(**{**_members(said), **ends})

    @described("The steps of a pipeline, the slowest first, and its critical path.")
    def bottlenecks(self, info: Info, of: str, runs: int = RUNS, at_least: str | None = None) -> Bottlenecks:
        _check(BottlenecksParameters, of=of, runs=runs)
        answer = info.context.stations.questions.bottlenecks(
            of, info.context.principal.viewer, runs=runs, at_least=at_least
        )
        return Bottlenecks(**_members(answer.to_dict()))

    @described("What nobody reads, and of what that can't be told.")
    def unused(
        self,
        info: Info,
        days: int = UNREAD_DAYS,
        kind: list[str] | None = None,
        namespace: list[str] | None = None,
        most: int = MOST_UNUSED,
        at_least: str | None = None,
    ) -> Unused:
        _check(UnusedParameters, days=days, most=most)
        answer = info.context.stations.questions.unused(
            info.context.principal.viewer,
            days=days,
            kinds=kind or (),
            namespaces=namespace or (),
            most=most,
            at_least=at_least,
        )
        return Unused(**_members(answer.to_dict()))


_CAPITAL = re.compile(r"([A-Z])")
_ENVELOPE = ("asOf", "complete", "behind", "frontier", "gaps", "explain")


def _members(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an answer's document as its type calls them."""
    own = {_CAPITAL.sub(r"_\1", name).lower(): value for name, value in said.items() if name not in _ENVELOPE}
    return {**envelope(said), **own}


def _check(parameters: type[BaseModel], **given: Any) -> None:
    """Raise BadInput for a value that REST would refuse."""
    try:
        parameters(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadInput(first["msg"], where=".".join(map(str, first["loc"]))) from error
