"""REST: what can be said. Kinds and aspects, those that ship with Clew and those that were registered since."""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from clew.api import routes
from clew.api.auth import Principal
from clew.api.desk import Admin, At, Desk, RawBody, Reading
from clew.api.replies import Json
from clew.api.rest_facts import receipt_reply
from clew.ledger.port import STEWARD
from clew_schemas import canonical
from clew_schemas.definitions import aspect_event, kind_event, listing, withdrawal
from clew_schemas.event import Event, Group

router = routes.router("model", "/v1/model")

_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "required": ["type", "x-clew"]}}},
    }
}


class NewKind(BaseModel):
    """A kind of thing to register. Its things have no columns; `leaf` says that a thread ends at them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Small letters, digits and _, a letter first")
    label: str | None = None
    plural: str | None = None
    description: str | None = None
    leaf: bool = False

    def says(self) -> dict[str, Any]:
        """Return the payload of its definition."""
        return self.model_dump(exclude={"name"}, exclude_none=True)


@router.get("", summary="All kinds and aspects")
def model(principal: Reading, desk: At) -> Json:
    """Kinds, and aspects with their JSON Schema documents, by name; `custom` is what does not ship with Clew."""
    ledger = desk.stations.ledger
    ledger.learn()
    return Json(listing(ledger.registry.now()))


@router.post("/kinds", summary="Register a kind")
def post_kind(principal: Admin, desk: At, new: NewKind) -> Json:
    """A fact, said as steward: its receipt. From then on things of this kind are claimed, counted and asked for."""
    return _said(principal, desk, kind_event(new.name, new.says()), f"kind {new.name}")


@router.post("/aspects", summary="Register an aspect, or a new version of one", openapi_extra=_DOCUMENT)
def post_aspect(principal: Admin, desk: At, body: RawBody) -> Json:
    """The body is its JSON Schema document, annotated with `x-clew`: name, version, mode, kinds, and if need be
    resolution, edges and search. A fact, said as steward: its receipt. A new version allows all that the old one did.
    """
    event = aspect_event(canonical.loads(body)[0])
    return _said(principal, desk, event, event.urn)


@router.delete("/kinds/{name}", summary="Withdraw a kind")
def delete_kind(principal: Admin, desk: At, name: str) -> Json:
    """Refused while there are claims about things of it, or aspects that name it."""
    return _said(principal, desk, withdrawal("kind", name), f"kind {name} withdrawn")


@router.delete("/aspects/{name}", summary="Withdraw an aspect")
def delete_aspect(principal: Admin, desk: At, name: str) -> Json:
    """Refused while it is claimed of anything. What was said with it stays readable in history."""
    return _said(principal, desk, withdrawal("aspect", name), f"aspect {name} withdrawn")


def _said(principal: Principal, desk: Desk, event: Event, message: str) -> Json:
    group = Group(STEWARD, uuid.uuid4().hex, (event,), message=message)
    (receipt,) = desk.writer.write(principal, [group])
    return receipt_reply(receipt)
