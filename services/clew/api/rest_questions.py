"""REST: the questions. Each answer says as of when it is, whether it is complete, and what is unknown."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from clew.api import routes
from clew.api.desk import At, Reading
from clew.api.parameters import (
    DiffParameters,
    ImpactParameters,
    LineageParameters,
    NeighbourhoodParameters,
    NeighboursParameters,
    PastParameters,
    PathsParameters,
    SearchParameters,
)
from clew.api.replies import Json
from clew.graph import Direction

router = routes.router("questions")


@router.get("/search", summary="Search by words, filters, conditions and facets")
def search(principal: Reading, desk: At, asked: Annotated[SearchParameters, Query()]) -> Json:
    """Hits in order of score, each with kind, summary and owners; `total` and facet counts are exact."""
    found = desk.stations.questions.find(asked.query(), principal.viewer, asked.at_least, asked.within())
    return Json(found.to_dict())


@router.get("/entities/{name:path}", summary="Describe one thing")
def entity(principal: Reading, desk: At, name: str, asked: Annotated[PastParameters, Query()]) -> Json:
    """All that is known of a URN or short name: resolved aspects with etags, claims by source, columns, series.

    404 when nothing is called so; 409 with `candidates` when several things are.
    """
    return Json(desk.stations.questions.describe(name, principal.viewer, asked.at_least, asked.as_of).to_dict())


@router.get("/lineage", summary="What flows into a thing, or out of it")
def lineage(principal: Reading, desk: At, asked: Annotated[LineageParameters, Query()]) -> Json:
    """A graph as parallel arrays: edges point to `nodes` by position, the first `starts` nodes are the start."""
    answer = desk.stations.questions.lineage(
        asked.of,
        principal.viewer,
        direction=Direction[asked.direction.upper()],
        grain=asked.grain,
        indirect=asked.indirect,
        depth=asked.depth,
        at_least=asked.at_least,
        as_of=asked.as_of,
    )
    return Json(answer.to_dict())


@router.get("/neighbourhood", summary="What lies around a thing, as cards that a screen can hold")
def neighbourhood(principal: Reading, desk: At, asked: Annotated[NeighbourhoodParameters, Query()]) -> Json:
    """Cards with all edges between their parts, as parallel arrays; of each card how many neighbours it has in all.

    Ends of edges are positions in `nodes`, whose `card` is a position in `cards`. `since` adds, as `before`, the edges
    of an earlier moment between the same cards.
    """
    answer = desk.stations.questions.neighbourhood(
        asked.of,
        principal.viewer,
        asked.surroundings(),
        trace=asked.trace,
        show=asked.show,
        expand=asked.expansions(),
        since=asked.since,
        at_least=asked.at_least,
        as_of=asked.as_of,
    )
    return Json(answer.to_dict())


@router.get("/neighbours", summary="All that a thing touches on one side")
def neighbours(principal: Reading, desk: At, asked: Annotated[NeighboursParameters, Query()]) -> Json:
    """A page of neighbours, those that most hangs on first; `total` counts all, `matching` those that fit `q`."""
    answer = desk.stations.questions.neighbours(
        asked.of,
        principal.viewer,
        direction=Direction[asked.direction.upper()],
        words=asked.q,
        indirect=asked.indirect,
        tests=asked.tests,
        limit=asked.limit,
        offset=asked.offset,
        at_least=asked.at_least,
        as_of=asked.as_of,
    )
    return Json(answer.to_dict())


@router.get("/impact", summary="What a change breaks")
def impact(principal: Reading, desk: At, asked: Annotated[ImpactParameters, Query()]) -> Json:
    """Affected assets, the strongest verdict first, each with the path that proves it, its owners and tier."""
    answer = desk.stations.questions.impact(
        asked.of, asked.change, principal.viewer, at_least=asked.at_least, as_of=asked.as_of, named=asked.named
    )
    return Json(answer.to_dict())


@router.get("/paths", summary="How one thing reaches another")
def paths(principal: Reading, desk: At, asked: Annotated[PathsParameters, Query()]) -> Json:
    """Simple paths downstream, shortest first; `exhaustive` says whether these are all."""
    answer = desk.stations.questions.paths(
        asked.start,
        asked.end,
        principal.viewer,
        grain=asked.grain,
        indirect=asked.indirect,
        most=asked.most,
        at_least=asked.at_least,
        as_of=asked.as_of,
    )
    return Json(answer.to_dict())


@router.get("/diff", summary="What changed of a thing and of the lineage around it, between two moments")
def diff(principal: Reading, desk: At, asked: Annotated[DiffParameters, Query()]) -> Json:
    """Aspects field by field, each with who said so; columns, series, and edges that appeared or disappeared. Two
    things are compared by `/v1/compare`. 400 when `to` comes before `from`."""
    answer = desk.stations.questions.diff(
        asked.of,
        principal.viewer,
        start=asked.start,
        end=asked.end,
        grain=asked.grain,
        indirect=asked.indirect,
        depth=asked.depth,
        most=asked.most,
        at_least=asked.at_least,
    )
    return Json(answer.to_dict())
