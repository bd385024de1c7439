"""How answers and errors go out: JSON by orjson; every error in one shape, whoever raised it."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from clew.errors import BadInput, CallerError, ClewError, NotFound, OurError, TooLarge, Unauthenticated

log = logging.getLogger(__name__)

GRAPHQL_PATH = "/graphql"


class Json(JSONResponse):
    """A JSON answer, by orjson."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class NotAllowed(CallerError):
    """The method is not one of this route."""

    code = "not_allowed"
    http_status = 405


STATUS: dict[str, int] = {}
"""The HTTP status of every error code."""


def _collect(kind: type[ClewError]) -> None:
    STATUS[kind.code] = kind.http_status
    for each in kind.__subclasses__():
        _collect(each)


_collect(ClewError)


def refusal(error: ClewError, request: Request | None = None, headers: dict[str, str] | None = None) -> Json:
    """Return an error as an answer: `{"error": …}`, at /graphql as GraphQL's `{"errors": […]}`."""
    said = error.to_dict()
    if isinstance(error, Unauthenticated):
        headers = {**(headers or {}), "WWW-Authenticate": "Bearer"}
    if request is not None and request.url.path == GRAPHQL_PATH:
        rest = {name: value for name, value in said.items() if name != "what"}
        return Json({"errors": [{"message": error.what, "extensions": rest}]}, error.http_status, headers)
    return Json({"error": said}, error.http_status, headers)


def answer_errors(app: FastAPI) -> None:
    """Have `app` answer every error in the one shape."""
    app.add_exception_handler(ClewError, _clew_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def _clew_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ClewError)
    if isinstance(error, OurError):
        log.error("%s %s: %s", request.method, request.url.path, error)
    return refusal(error, request)


def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    part, *steps = first["loc"]
    where = ".".join(map(str, steps)) or str(part)
    return refusal(BadInput(first["msg"], where=where, hint="See /openapi.json"), request)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return refusal(_named(request, error), request, headers)


def _gone(request: Request, error: Exception) -> Response:
    # Who asks while typing gives up what is asked before all of it is sent: nobody hears this, and nothing is wrong.
    return Response(status_code=499)


def _named(request: Request, error: HTTPException) -> ClewError:
    route = f"{request.method} {request.url.path[:200]}"
    if error.status_code == 404:
        return NotFound(f"there is no {route}", hint="See /openapi.json")
    if error.status_code == 405:
        return NotAllowed(f"there is no {route}, only other methods", hint="See /openapi.json")
    if error.status_code == 413:
        return TooLarge(str(error.detail))
    if error.status_code < 500:
        return BadInput(str(error.detail), hint="See /openapi.json")
    return OurError(str(error.detail))


def _unexpected(request: Request, error: Exception) -> Response:
    # The server logs the trace: the answer tells nothing of what is inside.
    return refusal(OurError("something went wrong inside Clew", hint="The server's log says what"), request)
