"""REST: the writing of facts. Groups and crawl marks go in, receipts come back; and who may speak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field

from clew.api import routes
from clew.api.bodies import NDJSON, split
from clew.api.desk import Admin, At, RawBody, Reading, Writing
from clew.api.replies import STATUS, Json
from clew.api.writing import SOURCE_NAME
from clew.errors import NotFound
from clew.ledger import Source
from clew.ledger.port import OrderMode
from clew_schemas.event import Receipt

router = routes.router("facts")

_RECORD = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Group", "CrawlOpen", "CrawlClose")]}
_MARK = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("CrawlOpen", "CrawlClose")]}


def _body(schema: dict[str, Any], **others: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}, **others}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/groups",
    summary="Propose groups of events",
    openapi_extra=_body(
        {"oneOf": [_RECORD, {"type": "array", "items": _RECORD}]},
        **{NDJSON: {"schema": {"type": "string", "description": "One record a line"}}},
    ),
)
def post_groups(
    principal: Writing, desk: At, body: RawBody, content_type: Annotated[str, Header(include_in_schema=False)] = ""
) -> Json:
    """One record, a JSON array of records, or one a line as NDJSON; one receipt each, in order.

    A group is accepted as a whole or not at all, and a bad one leaves the others untouched. Of a batch the status is
    200, each receipt has its own; a single refused record answers with its error's status. When a receipt says
    `accepted`, its group is durable, and its `token` given as `atLeast` makes a question see it.
    """
    batch = split(body, content_type)
    return _receipts(desk.writer.write(principal, batch.records), batch.single)


@router.post("/crawls", summary="Open or close a crawl", openapi_extra=_body(_MARK))
def post_crawl(principal: Writing, desk: At, body: RawBody) -> Json:
    """`crawl.open` or `crawl.close`. A close retracts what lies in the crawl's scope and was not named, unless it is
    parked: events are missing, or the guard found that too much would go."""
    (receipt,) = desk.writer.write(principal, [body], only_marks=True)
    return receipt_reply(receipt)


@router.get("/crawls", summary="The last crawl of a source")
def last_crawl(principal: Reading, desk: At, source: str) -> Json:
    """Number and state (open, closed, parked, cancelled) of the newest crawl, null before the first one."""
    if all(each.name != source for each in desk.stations.ledger.sources()):
        raise NotFound(f"no source is called {source[:200]!r}", where="source", hint="See /v1/sources")
    last = desk.stations.ledger.last_crawl(source)
    return Json({"source": source, "crawl": None if last is None else {"number": last[0], "state": last[1]}})


@router.get("/receipts", summary="What became of a group")
def receipt(principal: Reading, desk: At, source: str, id: str) -> Json:
    """The receipt of a group, for instance of one that was queued in Kafka; 404 while it has not arrived."""
    found = desk.stations.ledger.receipt(source, id)
    if found is None:
        raise NotFound(f"no group {id[:200]!r} of {source[:200]!r} has arrived", hint="Ask again in a moment")
    return Json({"receipt": _said(found)})


class NewSource(BaseModel):
    """A source to register. With the door `token`, nobody writes for it without one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=f"^{SOURCE_NAME}$")
    order: OrderMode
    rank: int = Field(50, ge=0, le=99, description="How much it is trusted; stewards have 100")
    door: str = Field("connector", pattern="^(connector|loopback|token)$")


@router.get("/sources", summary="All registered sources")
def sources(principal: Reading, desk: At) -> Json:
    """Name, order mode, rank, door, and whether retired."""
    return Json({"sources": [each._asdict() for each in desk.stations.ledger.sources()]})


@router.post("/sources", summary="Register a source")
def post_source(principal: Admin, desk: At, new: NewSource) -> Json:
    """Return the source as it is known from now on; 409 when it is known with another order mode."""
    return Json({"source": desk.writer.register(Source(**new.model_dump()))._asdict()})


class PublicKey(BaseModel):
    """The Ed25519 public key that a source signs with: 32 raw bytes in hex, or null to take it away."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str | None = Field(None, alias="publicKey", pattern="^[0-9a-f]{64}$")


@router.put("/keys/{name:path}", summary="Keep the key that a source signs with")
def put_key(principal: Admin, desk: At, name: str, new: PublicKey) -> Json:
    """What comes through the log for this source must be signed with this key from now on."""
    desk.stations.ledger.set_public_key(name, None if new.key is None else bytes.fromhex(new.key))
    return Json({"source": name, "publicKey": new.key})


@router.delete("/sources/{name:path}", summary="Retire a source")
def retire_source(principal: Admin, desk: At, name: str) -> Json:
    """Withdraw every claim of the source in one commit; it may claim nothing any more."""
    return Json({"receipt": _said(desk.stations.ledger.retire(name, principal.author))})


def receipt_reply(receipt: Receipt) -> Json:
    """Return the answer to one record: its receipt, and when it was refused the error and its status."""
    return Json({"receipt": _said(receipt), **_error_of(receipt)}, _status_of(receipt))


def _receipts(receipts: Sequence[Receipt], single: bool) -> Json:
    said = {"receipts": [_said(each) for each in receipts]}
    if not single:
        return Json(said)
    return Json({**said, **_error_of(receipts[0])}, _status_of(receipts[0]))


def _said(receipt: Receipt) -> Any:
    return msgspec.to_builtins(receipt)


def _status_of(receipt: Receipt) -> int:
    return 200 if receipt.status != "refused" else STATUS.get(receipt.errors[0]["code"], 400)


def _error_of(receipt: Receipt) -> dict[str, Any]:
    return {"error": receipt.errors[0]} if receipt.status == "refused" else {}
