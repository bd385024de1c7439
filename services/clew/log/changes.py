"""Commits on the wire: whole, or by their keys, or by their seq alone, as their size allows."""

from __future__ import annotations

from typing import Any, Literal

import orjson

from clew.ledger import Change, Commit
from clew.ledger.port import Point
from clew_schemas import canonical
from clew_schemas.errors import BadInput
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim, Denials
from clew_schemas.wire import CHANGES

Detail = Literal["FULL", "KEYS", "SEQ"]

MAX_BYTES = 900_000
"""Most bytes of a commit's Avro body; above it, the record carries less."""


def to_avro(commit: Commit, registry: Registry, most: int = MAX_BYTES) -> bytes:
    """Return the Avro body of a commit with as much detail as `most` bytes hold."""
    for detail in ("FULL", "KEYS"):
        body = CHANGES.dump(_commit(commit, registry, detail))
        if len(body) <= most:
            return body
    return CHANGES.dump(_commit(commit, registry, "SEQ"))


def from_avro(body: bytes, registry: Registry) -> Commit | None:
    """Return the commit of an Avro body, None when the body does not hold all of it.

    Documents are brought to today's version of their aspects. Raises BadInput for what is no commit.
    """
    said = CHANGES.load(body)
    if said["detail"] != "FULL":
        return None
    seq = said["seq"]
    return Commit(
        seq,
        said["time"],
        said["branch"],
        said["source"],
        said["group"],
        said["author"],
        said["message"],
        said["cause"],
        tuple(_to_change(each, registry) for each in said["changes"]),
        tuple(_to_point(each, seq, registry) for each in said["points"]),
    )


def _commit(commit: Commit, registry: Registry, detail: Detail) -> dict[str, Any]:
    named = detail != "SEQ"
    return {
        "seq": commit.seq,
        "detail": detail,
        "time": commit.time,
        "branch": commit.branch,
        "source": commit.source,
        "group": commit.group,
        "author": commit.author if named else None,
        "message": commit.message if named else None,
        "cause": commit.cause,
        "changes": [_change(each, registry, detail) for each in commit.changes if named],
        "points": [_point(each, registry, detail) for each in commit.points if named],
    }


def _change(change: Change, registry: Registry, detail: Detail) -> dict[str, Any]:
    return {
        "branch": change.branch,
        "entity": change.entity,
        "urn": change.urn,
        "aspect": change.aspect,
        "version": registry.get(change.aspect).version,
        "sources": list(change.sources),
        "claims": [_claim(each) for each in change.claims if detail == "FULL"],
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "source": claim.source,
        "rank": claim.rank,
        "says": None if claim.says is None else canonical.dumps(claim.says),
        "denies": _denial(claim.denies),
        "observed": claim.observed,
        "seq": claim.seq,
    }


def _denial(denies: Denials) -> bytes | None:
    if denies == "all":
        return canonical.dumps({"all": True})
    return canonical.dumps({"keys": sorted(denies)}) if denies else None


def _point(point: Point, registry: Registry, detail: Detail) -> dict[str, Any]:
    return {
        "entity": point.entity,
        "urn": point.urn,
        "aspect": point.aspect,
        "version": registry.get(point.aspect).version,
        "source": point.source,
        "name": point.name,
        "time": point.time,
        "step": point.step,
        "payload": canonical.dumps(point.payload) if detail == "FULL" else b"",
    }


def _to_change(said: dict[str, Any], registry: Registry) -> Change:
    aspect, version = said["aspect"], said["version"]
    claims = tuple(_to_claim(each, aspect, version, registry) for each in said["claims"])
    return Change(said["branch"], said["entity"], said["urn"], aspect, tuple(said["sources"]), claims)


def _to_claim(said: dict[str, Any], aspect: str, version: int, registry: Registry) -> Claim:
    return Claim(
        said["source"],
        said["rank"],
        None if said["says"] is None else _document(said["says"], aspect, version, registry),
        _to_denial(said["denies"]),
        said["observed"],
        said["seq"],
    )


def _to_denial(body: bytes | None) -> Denials:
    if body is None:
        return frozenset()
    said = _json(body)
    return "all" if said.get("all") else frozenset(said["keys"])


def _to_point(said: dict[str, Any], seq: int, registry: Registry) -> Point:
    return Point(
        said["entity"],
        said["urn"],
        said["aspect"],
        said["source"],
        said["name"],
        said["time"],
        said["step"],
        _document(said["payload"], said["aspect"], said["version"], registry),
        seq,
    )


def _document(body: bytes, aspect: str, version: int, registry: Registry) -> dict[str, Any]:
    return registry.get(aspect).current(_json(body), version)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"a commit holds what is no JSON: {error}") from None
