"""Whether a thing is there to be edited: known, and not gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from clew.edits.references import is_creatable
from clew.errors import CallerError, NotFound
from clew.ledger import Entity, LedgerReader
from clew.ledger.port import STEWARD
from clew_schemas.resolve import Claim, resolve
from clew_schemas.urn import Urn, kind_of

Claims = Mapping[str, Sequence[Claim]]

_DERIVED = "derived."


def why_not(
    ledger: LedgerReader, urn: str, entity: Entity | None, claims: Claims, holder: Claims
) -> CallerError | None:
    """Return why a thing is not to be edited, None when it is. `holder` are the claims about a column's dataset.

    What is only named, by lineage say, may be described. What stewards alone still speak of, after every source has
    withdrawn, is gone.
    """
    if is_creatable(urn):
        return None
    if entity is None:
        return NotFound(
            f"nobody ever named {urn}", where=urn, hint="Look for it: clew search; only what is known is edited"
        )
    if _state(ledger, claims) == "removed":
        return _gone(urn, "its lifecycle says that it was removed", "Take that back first, if it is wrong")
    if kind_of(urn) == "column":
        return _column_gone(ledger, urn, entity, holder)
    if _is_stated(claims):
        return None
    return _withdrawn(ledger, urn, entity)


def _is_stated(claims: Claims) -> bool:
    """Say whether any source but people's and the house's own says anything."""
    return any(
        claim.says is not None and claim.source != STEWARD and not claim.source.startswith(_DERIVED)
        for each in claims.values()
        for claim in each
    )


def _state(ledger: LedgerReader, claims: Claims) -> str | None:
    said = resolve(claims.get("lifecycle", ()), ledger.registry.get("lifecycle").resolution)
    return None if said is None else said.get("state")


def _column_gone(ledger: LedgerReader, urn: str, entity: Entity, holder: Claims) -> CallerError | None:
    schema = resolve(holder.get("schema", ()), ledger.registry.get("schema").resolution)
    if schema is not None:
        path = Urn.parse(urn).path
        if any(each["name"] == path for each in schema["columns"]):
            return None
        return _gone(urn, "no schema of today lists it", "See the columns that there are: clew show")
    if _is_stated(holder) or entity.parent == 0:
        return None
    (dataset,) = ledger.entities([entity.parent])
    return None if dataset is None else _withdrawn(ledger, urn, dataset)


def _withdrawn(ledger: LedgerReader, urn: str, entity: Entity) -> CallerError | None:
    """Return that every source has withdrawn, None when none but stewards ever spoke of the thing."""
    spoken = [
        fact
        for aspect in ledger.registry
        if aspect.mode == "state"
        for fact in ledger.history(entity.id, aspect.name)
        if fact.source != STEWARD and not fact.source.startswith(_DERIVED)
    ]
    if not spoken:
        return None
    last = max(spoken, key=lambda fact: (fact.seq, fact.n))
    when = datetime.fromtimestamp(last.time / 1e6, UTC).isoformat(timespec="seconds")
    return _gone(
        urn,
        f"{last.source} withdrew the last that was said of it at {when}",
        "It comes back when a source names it again; clew edit retract withdraws what stewards said",
    )


def _gone(urn: str, why: str, hint: str) -> NotFound:
    return NotFound(f"{Urn.parse(urn).dotted_name} is gone: {why}", where=urn, hint=hint, gone=True)
