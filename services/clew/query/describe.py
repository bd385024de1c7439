"""Describe: all that is known about one thing, resolved, and by whom each part is said."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Envelope, Gap, Viewer
from clew.query.names import is_present, said
from clew_schemas import canonical
from clew_schemas.resolve import Claim, resolve
from clew_schemas.urn import Urn, column

_POINTS = 10
SERIES = ("profile", "quality_result", "usage")


@dataclass(frozen=True, slots=True)
class Description:
    """One entity. `aspects` are resolved documents; `claims` tell who says what; `etags` guard edits."""

    envelope: Envelope
    entity: Entity
    aspects: Mapping[str, Any]
    etags: Mapping[str, str]
    claims: Mapping[str, Sequence[Mapping[str, Any]]]
    columns: Sequence[Mapping[str, Any]]
    series: Mapping[str, Sequence[Mapping[str, Any]]]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "urn": self.entity.urn,
            "kind": self.entity.kind,
            "name": said(self.entity.urn),
            "aspects": dict(self.aspects),
            "etags": dict(self.etags),
            "columns": list(self.columns),
            "series": {name: list(points) for name, points in self.series.items()},
            "claims": {name: list(each) for name, each in self.claims.items()},
        }


def describe(ledger: LedgerReader, entity: Entity, viewer: Viewer, as_of: int | None = None) -> Description:
    """Describe an entity from the ledger itself, now or as of a seq: never stale."""
    started = time.perf_counter()
    seq = ledger.head_seq() if as_of is None else as_of
    claims = ledger.claims([entity.id], seq)[entity.id]
    aspects = resolved(ledger, claims)
    gaps = [*_gaps(ledger, entity, aspects, as_of), *past_gaps(ledger, [entity], as_of, derived=False)]
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        gaps=gaps,
        engine="ledger",
        ms=(time.perf_counter() - started) * 1000,
    )
    return Description(
        envelope,
        entity,
        aspects,
        {name: etag(document) for name, document in aspects.items()},
        {name: [claim_dict(each) for each in by_source] for name, by_source in claims.items()},
        _columns(ledger, entity, aspects, seq),
        {name: points for name in SERIES if (points := _points(ledger, entity, name, as_of))},
    )


def resolved(ledger: LedgerReader, claims: Mapping[str, Sequence[Claim]]) -> dict[str, Any]:
    """Return the resolved document of every aspect that stands."""
    documents = {name: resolve(each, ledger.registry.get(name).resolution) for name, each in sorted(claims.items())}
    return {name: document for name, document in documents.items() if document is not None}


def etag(document: Any) -> str:
    """Return the etag of a resolved document; an edit that carries it lands only on what its writer read."""
    return canonical.digest(canonical.dumps(document)).hex()


def moment(micros: int) -> str:
    """Return a time in microseconds UTC as ISO 8601."""
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat()


def claim_dict(claim: Claim) -> dict[str, Any]:
    """Return a claim as answers show it."""
    return {
        "source": claim.source,
        "rank": claim.rank,
        "says": claim.says,
        "denies": "all" if claim.denies == "all" else sorted(claim.denies),
        "observed": moment(claim.observed),
        "seq": claim.seq,
    }


def _columns(ledger: LedgerReader, entity: Entity, aspects: Mapping[str, Any], seq: int) -> list[dict[str, Any]]:
    """Return the columns of a dataset in order, each with what is said about it."""
    listed = aspects.get("schema", {}).get("columns", [])
    urns = [column(entity.urn, each["name"]) for each in listed]
    ids = ledger.ids(urns)
    claims = ledger.claims([each for each in ids if each], seq)
    return [
        {**each, "urn": urn, "aspects": resolved(ledger, claims.get(number, {}))}
        for each, urn, number in zip(listed, urns, ids, strict=True)
    ]


def _points(ledger: LedgerReader, entity: Entity, name: str, as_of: int | None) -> list[dict[str, Any]]:
    return [
        {"time": moment(point.time), "source": point.source, "name": point.name, "step": point.step, **point.payload}
        for point in ledger.points(entity.id, name, _POINTS, as_of)
    ]


def _gaps(ledger: LedgerReader, entity: Entity, aspects: Mapping[str, Any], as_of: int | None) -> list[Gap]:
    gaps = parked_gaps(ledger, {entity.urn}, as_of)
    if entity.kind == "dataset" and "schema" not in aspects:
        gaps.append(Gap("undescribed_dataset", entity.urn, "no source describes its columns"))
    if entity.kind == "column" and not _is_listed(ledger, entity, as_of):
        gaps.append(Gap("undescribed_column", entity.urn, "no source's schema lists it"))
    return gaps


def _is_listed(ledger: LedgerReader, entity: Entity, as_of: int | None) -> bool:
    schema = resolved(ledger, ledger.claims([entity.parent], as_of, ("schema",))[entity.parent]).get("schema", {})
    return Urn.parse(entity.urn).path in {each["name"] for each in schema.get("columns", ())}


def parked_gaps(ledger: LedgerReader, urns: set[str], as_of: int | None = None) -> list[Gap]:
    """Return a gap for each parked group that names one of these URNs.

    As of a seq these are the groups that are still parked and were so before the next commit: what was replayed or
    dropped since has left no trace of when it was parked.
    """
    found = []
    until = ledger.time_of(as_of + 1) if as_of is not None and as_of < ledger.head_seq() else None
    for parked in ledger.parked():
        if until is not None and parked.time > until:
            continue
        touched = sorted(urns & set(parked.urns))
        if touched:
            reason = parked.reasons[0]["what"] if parked.reasons else "parked"
            found.append(Gap("parked", touched[0], f"group {parked.group} of {parked.source} is parked: {reason}"))
    return found


def past_gaps(
    ledger: LedgerReader, entities: Sequence[Entity], as_of: int | None, *, derived: bool = True
) -> list[Gap]:
    """Return what a question as of a seq can't tell as a question of that time could have; nothing as of now.

    `not_said`: nothing was said of a thing that is asked about. `derived_later` (with `derived`): what the house made
    of the commits up to then, such as the lineage in their SQL, was committed after them.
    """
    if as_of is None:
        return []
    silent = [each.urn for each in entities if not is_present(ledger, each, as_of)]
    gaps = [Gap("not_said", urn, f"nothing was said of it up to seq {as_of}") for urn in dict.fromkeys(silent)]
    last = ledger.derived_after(as_of) if derived else 0
    if last > as_of:
        gaps.append(Gap("derived_later", "", f"what follows from it was derived up to seq {last}: ask as of that"))
    return gaps
