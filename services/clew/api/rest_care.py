"""REST: the care of the house. Health for everyone who looks after it; mending, parked groups and tokens for admins."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from clew.api import routes
from clew.api.auth import new_token
from clew.api.desk import Admin, At, Reading
from clew.api.replies import Json
from clew.api.stations import READY_WITHIN, ViewName, health_of
from clew.api.writing import SOURCE_NAME
from clew.errors import BadInput, Conflict, NotFound
from clew.ledger import Parked
from clew.ledger.port import Scope, TokenRow

router = routes.router("care")
probes = routes.router("care", "/health")

Number = Annotated[int, Path(ge=-(2**63), lt=2**63)]


@router.get("/health", summary="Positions, lag, and what fails")
def health(principal: Reading, desk: At) -> Json:
    """The ledger's head, each follower's position and lag in commits, and the reason of each that stands still."""
    return Json(health_of(desk.stations))


@probes.get("/live", summary="Is the process up?")
async def live() -> Json:
    """200 as long as the process answers."""
    return Json({"live": True})


@probes.get("/ready", summary="Can it answer?")
def ready(desk: At) -> Json:
    """503 while a follower fails, or is more than 1,000 commits behind."""
    said = health_of(desk.stations)
    late = sorted(name for name, lag in said["lag"].items() if lag > READY_WITHIN)
    is_ready = not late and not said["failing"]
    return Json({"ready": is_ready, "failing": sorted(said["failing"]), "late": late}, 200 if is_ready else 503)


@probes.get("", summary="Positions and lag, for those who watch the process")
def standing(desk: At) -> Json:
    """What `/v1/health` says, without names of sources or errors: safe to show without a token."""
    said = health_of(desk.stations)
    shown = {name: said[name] for name in ("roles", "head", "positions", "lag", "log") if name in said}
    return Json({**shown, "failing": sorted(said["failing"])})


@router.get("/parked", summary="What was kept aside")
def parked(principal: Reading, desk: At) -> Json:
    """Parked groups and closes, oldest first, with the reasons."""
    return Json({"parked": [_parked(each) for each in desk.stations.ledger.parked()]})


@router.post("/parked/{number}/replay", summary="Propose a parked group again")
def replay(principal: Admin, desk: At, number: Number) -> Json:
    """Its receipt; a parked close is closed in spite of its guard."""
    return Json({"receipt": msgspec.to_builtins(desk.stations.replay(number))})


@router.delete("/parked/{number}", summary="Forget a parked group for good")
def drop_parked(principal: Admin, desk: At, number: Number) -> Json:
    """404 when nothing is parked under that number."""
    ledger = desk.stations.ledger
    if all(each.id != number for each in ledger.parked()):
        raise NotFound(f"nothing is parked under {number}", where="number", hint="See /v1/parked")
    ledger.drop_parked(number)
    return Json({"dropped": number})


class Rebuild(BaseModel):
    """Views to draw anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    views: list[ViewName] = Field(default=["graph", "search", "relations"], min_length=1)


class Doctor(BaseModel):
    """What the doctor may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mend: bool = True


@router.post("/admin/rebuild", summary="Draw views anew from the ledger")
def rebuild(principal: Admin, desk: At, asked: Rebuild | None = None) -> Json:
    """Beside the old ones, which go on answering; what each took."""
    views = (asked or Rebuild()).views
    return Json({"rebuilt": desk.stations.rebuild(list(dict.fromkeys(views)))})


@router.post("/admin/doctor", summary="Compare the views with the ledger")
def doctor(principal: Admin, desk: At, asked: Doctor | None = None) -> Json:
    """Every item that differs by name, mended unless told not to; digests of heads and views."""
    return Json(desk.stations.doctor(mend=(asked or Doctor()).mend))


class NewToken(BaseModel):
    """A token to make. One that writes is bound to a registered source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$")
    scopes: list[Scope] = Field(min_length=1)
    source: str = Field("", pattern=f"^({SOURCE_NAME})?$")


@router.get("/tokens", summary="All tokens, without their secrets")
def tokens(principal: Admin, desk: At) -> Json:
    """Name, scopes, source, time of creation in microseconds, and whether revoked."""
    return Json({"tokens": [_token(row) for row in desk.stations.ledger.tokens()]})


@router.post("/tokens", status_code=201, summary="Make a token")
def create_token(principal: Admin, desk: At, new: NewToken) -> Json:
    """Its `secret` is in this answer and nowhere else. A name is used once: it signs what the token writes."""
    ledger = desk.stations.ledger
    if any(row.name == new.name for row in ledger.tokens()):
        raise Conflict(f"there is a token {new.name!r} already", where="name", hint="Use another name")
    if "write" in new.scopes and all(each.name != new.source for each in ledger.sources()):
        raise BadInput(
            f"no source is called {new.source!r}", where="source", hint="A token that writes needs a registered source"
        )
    secret, hashed = new_token()
    row = TokenRow(new.name, hashed, _ordered(new.scopes), new.source, time.time_ns() // 1000, False)
    ledger.put_token(row)
    return Json({"token": _token(row), "secret": secret}, 201)


@router.delete("/tokens/{name}", summary="Revoke a token")
def revoke_token(principal: Admin, desk: At, name: str) -> Json:
    """From now on it opens nothing."""
    ledger = desk.stations.ledger
    row = next((each for each in ledger.tokens() if each.name == name), None)
    if row is None:
        raise NotFound(f"no token is called {name[:100]!r}", where="name", hint="See /v1/tokens")
    revoked = row._replace(revoked=True)
    ledger.put_token(revoked)
    return Json({"token": _token(revoked)})


def _ordered(scopes: list[Scope]) -> tuple[Scope, ...]:
    every: tuple[Literal["read", "write", "admin"], ...] = ("read", "write", "admin")
    return tuple(each for each in every if each in scopes)


def _token(row: TokenRow) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "hash"}


def _parked(each: Parked) -> dict[str, Any]:
    return each._asdict()
