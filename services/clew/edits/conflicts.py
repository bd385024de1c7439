"""A conflict with both values: what was read, and what stands now, who made it so, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from clew.errors import Conflict
from clew.ledger import LedgerReader
from clew.ledger.port import Fact
from clew.ledger.standing import etag as etag_of
from clew_schemas.resolve import resolve
from clew_schemas.urn import Urn

_BACK = 50
"""How many changes back the value of an etag is looked for."""


def stale(ledger: LedgerReader, urn: str, aspect: str, if_match: str, read: Any = None) -> Conflict:
    """Return the error for an edit of what is not any more as its writer read it.

    Details: `read` (as given, else as it had that etag), `now` (absent when nothing stands), `etag` of it, `by`, `at`.
    """
    (entity,) = ledger.ids([urn])
    claims = ledger.claims([entity])[entity].get(aspect, ()) if entity else ()
    now = resolve(claims, ledger.registry.get(aspect).resolution)
    last = _last(ledger, entity, aspect) if entity else None
    by, at = _who(last), _when(last)
    name = Urn.parse(urn).dotted_name
    return Conflict(
        f"the {aspect} of {name} is not as you read it" + (f": {by} changed it at {at}" if by else ""),
        where="ifMatch",
        hint="Look at both values, then send yours with the etag of what stands now",
        urn=urn,
        aspect=aspect,
        etag=etag_of(ledger.registry, aspect, claims),
        now=now,
        read=read if read is not None else _as_it_was(ledger, entity, aspect, if_match),
        by=by,
        at=at,
    )


def changed_since(ledger: LedgerReader, urn: str, aspect: str, made: Any, now: Any) -> Conflict:
    """Return the error for taking back an edit that another edit came after. `made` and `now` are stewards' claims."""
    (entity,) = ledger.ids([urn])
    last = _last(ledger, entity, aspect)
    by, at = _who(last), _when(last)
    return Conflict(
        f"the {aspect} of {Urn.parse(urn).dotted_name} was edited again since" + (f", by {by} at {at}" if by else ""),
        where=urn,
        hint="Take the later edit back first, or edit again",
        urn=urn,
        aspect=aspect,
        read=made,
        now=now,
        by=by,
        at=at,
    )


def _last(ledger: LedgerReader, entity: int, aspect: str) -> Fact | None:
    moved = [fact for fact in ledger.history(entity, aspect) if fact.moved]
    return moved[-1] if moved else None


def _who(fact: Fact | None) -> str | None:
    return None if fact is None else fact.author or fact.source


def _when(fact: Fact | None) -> str | None:
    return None if fact is None else datetime.fromtimestamp(fact.time / 1e6, UTC).isoformat(timespec="seconds")


def _as_it_was(ledger: LedgerReader, entity: int, aspect: str, if_match: str) -> Any:
    """Return the newest document that had this etag, None when it is not found."""
    resolution = ledger.registry.get(aspect).resolution
    for seq in reversed(ledger.change_seqs(entity, aspect)[-_BACK:] if entity else ()):
        claims = ledger.claims([entity], seq)[entity].get(aspect, ())
        if etag_of(ledger.registry, aspect, claims) == if_match:
            return resolve(claims, resolution)
    return None
