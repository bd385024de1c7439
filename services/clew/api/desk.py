"""What every endpoint reaches for, and who stands before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from clew.api.auth import COOKIE, Gate, Principal, Shown
from clew.api.bodies import unpacked
from clew.api.graphql.served import Served
from clew.api.stations import Stations
from clew.api.writing import Writer
from clew.ledger.port import Scope

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(
    auto_error=False,
    description="A token of `clew token create`. On the machine itself, reading and plain writing need none.",
)


@dataclass(slots=True)
class Desk:
    """The stations behind the API, the gate before it, the writer, and the GraphQL schema in force.

    `listeners` are the threads that wait for the tape: their own, so that listening never keeps a question waiting.
    """

    stations: Stations
    gate: Gate
    writer: Writer
    schema: Served
    listeners: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(64))


async def desk_of(request: Request) -> Desk:
    """Return the desk of the app that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


At = Annotated[Desk, Depends(desk_of)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


def _principal_of(request: Request, credentials: Credentials) -> Principal:
    """Return who asks; raise Unauthenticated or Forbidden."""
    headers = request.headers
    desk: Desk = request.app.state.desk
    return desk.gate.admit(
        Shown(
            bearer=None if credentials is None else credentials.credentials,
            cookie=request.cookies.get(COOKIE),
            bad=credentials is None and "authorization" in headers,
            client=None if request.client is None else request.client.host,
            host=headers.get("host", ""),
            origin=headers.get("origin"),
            safe=request.method in SAFE,
        )
    )


def _having(scope: Scope) -> Callable[[Request, Credentials], Principal]:
    """Return the dependency of a route: one, since FastAPI takes every dependency of every route apart by itself."""

    def having(request: Request, credentials: Credentials) -> Principal:
        principal = _principal_of(request, credentials)
        principal.check_scope(scope)
        return principal

    return having


Reading = Annotated[Principal, Depends(_having("read"))]
Writing = Annotated[Principal, Depends(_having("write"))]
Admin = Annotated[Principal, Depends(_having("admin"))]


async def body_of(request: Request) -> bytes:
    """Return the whole body, unpacked. Raises BadInput for an encoding that is not known, TooLarge beyond the limit."""
    return unpacked(await request.body(), request.headers.get("content-encoding", ""))


RawBody = Annotated[bytes, Depends(body_of)]
