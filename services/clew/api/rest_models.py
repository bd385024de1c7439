"""REST: the questions about models, pipelines and use."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from clew.api import routes
from clew.api.desk import At, Reading
from clew.api.parameters import BottlenecksParameters, CompareParameters, UnusedParameters, VersionsParameters
from clew.api.replies import Json

router = routes.router("questions")


@router.get("/what-trained", summary="What trained a model")
def what_trained(principal: Reading, desk: At, asked: Annotated[VersionsParameters, Query()]) -> Json:
    """Of each version behind a thing: run, parameters, metrics, features with their learned values, data, and by which
    evidence these came from which columns. Ways are positions in `proof`; what nobody knows stands in `gaps`."""
    answer = desk.stations.questions.what_trained(
        asked.of, principal.viewer, most=asked.most, at_least=asked.at_least, as_of=asked.as_of
    )
    return Json(answer.to_dict())


@router.get("/reproduce", summary="What is known to rebuild a model")
def reproduce(principal: Reading, desk: At, asked: Annotated[VersionsParameters, Query()]) -> Json:
    """Of each version behind a thing: code, environment, seeds, parameters, data by digest, and the steps in order;
    what is missing stands in `gaps`."""
    answer = desk.stations.questions.reproduce(
        asked.of, principal.viewer, most=asked.most, at_least=asked.at_least, as_of=asked.as_of
    )
    return Json(answer.to_dict())


@router.get("/compare", summary="What differs between two things, or two times of one")
def compare(principal: Reading, desk: At, asked: Annotated[CompareParameters, Query()]) -> Json:
    """Field by field, by part: parameters, metrics, features, datasets, packages, code, schema, any other aspect.
    What is equal is counted. 400 when the two are of different kinds."""
    answer = desk.stations.questions.compare(
        asked.a,
        asked.b,
        principal.viewer,
        a_at=asked.a_at,
        b_at=asked.b_at,
        most=asked.most,
        at_least=asked.at_least,
    )
    return Json(answer.to_dict())


@router.get("/bottlenecks", summary="What is slow or fails in a pipeline")
def bottlenecks(principal: Reading, desk: At, asked: Annotated[BottlenecksParameters, Query()]) -> Json:
    """Steps, the slowest first, with median and latest duration and share of failures; the critical path with its
    length, null where the order of steps goes in a circle."""
    answer = desk.stations.questions.bottlenecks(asked.of, principal.viewer, runs=asked.runs, at_least=asked.at_least)
    return Json(answer.to_dict())


@router.get("/unused", summary="What nobody reads")
def unused(principal: Reading, desk: At, asked: Annotated[UnusedParameters, Query()]) -> Json:
    """Assets without a use downstream and without reads, the largest first, with the evidence; then those of which
    nobody counts the reads, as `unknown`."""
    answer = desk.stations.questions.unused(
        principal.viewer,
        days=asked.days,
        kinds=asked.kind,
        namespaces=asked.namespace,
        most=asked.most,
        at_least=asked.at_least,
    )
    return Json(answer.to_dict())
