"""GraphQL over HTTP: what is taken, in which media type it is answered, and with which status.

Under `application/graphql-response+json` an operation of which nothing was executed is 400; under `application/json`,
as older clients expect, it is 200 with errors. Only JSON is posted, so that no foreign page can post a form.
"""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request, Response

from clew.api import routes
from clew.api.auth import Principal
from clew.api.desk import At, Desk, RawBody, Reading
from clew.api.graphql import late
from clew.api.graphql.asked import MAX_BYTES, Asked
from clew.api.replies import GRAPHQL_PATH
from clew.errors import BadInput, TooLarge

router = routes.router("graphql", "")

MODERN = "application/graphql-response+json"
LEGACY = "application/json"


class UnsupportedMedia(BadInput):
    """A body of another type than JSON."""

    http_status = 415


@router.get(GRAPHQL_PATH, summary="Ask a GraphQL query")
def graphql_query(request: Request, principal: Reading, desk: At) -> Response:
    """`query`, `variables` (JSON) and `operationName` in the query string; mutations are refused here."""
    parameters: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = _json_of(parameters[name].encode(), name)
    return _answer(request, desk, principal, _asked(parameters), writes=False)


@router.post(GRAPHQL_PATH, summary="Ask a GraphQL query or mutation")
def graphql_operation(request: Request, principal: Reading, desk: At, body: RawBody) -> Response:
    """A JSON object with `query`, `variables` and `operationName`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != LEGACY:
        raise UnsupportedMedia(f"GraphQL is posted as {LEGACY}", where="Content-Type")
    return _answer(request, desk, principal, _asked(_json_of(body, "$")), writes=True)


def _json_of(data: bytes, where: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"not valid JSON: {error}", where=where) from error


def _asked(said: Any) -> Asked:
    """Check the shape of a request; raise BadInput, or TooLarge for a query over the limit."""
    if not isinstance(said, dict):
        raise BadInput("a request is one JSON object; batches are not taken", where="$")
    query, variables, name = said.get("query"), said.get("variables"), said.get("operationName")
    if not isinstance(query, str) or not query:
        raise BadInput("a request needs a query", where="query")
    if len(query.encode(errors="replace")) > MAX_BYTES:
        raise TooLarge(f"a query has at most {MAX_BYTES} bytes", where="query", hint="Send data as variables")
    for place, value, kind in (("variables", variables, dict), ("operationName", name, str)):
        if value is not None and not isinstance(value, kind):
            raise BadInput(f"{place} is no {'object' if kind is dict else 'string'}", where=place)
    if not isinstance(said.get("extensions"), dict | None):
        raise BadInput("extensions is no object", where="extensions")
    return Asked(query, variables, name)


def _answer(request: Request, desk: Desk, principal: Principal, asked: Asked, *, writes: bool) -> Response:
    """Execute a request, in this thread, and put the result into the media type that the client prefers."""
    media = negotiate(request.headers.get("accept", ""))
    said, executed = late.executed(desk, principal, asked, writes=writes)
    status = 200 if executed or media == LEGACY else 400
    return Response(orjson.dumps(said), status, media_type=f"{media}; charset=utf-8")


def negotiate(accept: str) -> str:
    """Return the media type to answer in: the one of the two that an Accept header ranks higher, JSON if neither."""
    ranks = {LEGACY: 0.0, MODERN: 0.0}
    for part in accept.split(","):
        kind, _, parameters = part.partition(";")
        if kind.strip().casefold() in ranks:
            ranks[kind.strip().casefold()] = _quality(parameters)
    return MODERN if ranks[MODERN] > 0 and ranks[MODERN] >= ranks[LEGACY] else LEGACY


def _quality(parameters: str) -> float:
    for part in parameters.split(";"):
        name, _, value = part.partition("=")
        if name.strip().casefold() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
