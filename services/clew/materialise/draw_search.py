"""From commits to documents of the search index: one an entity, made anew from all that is claimed about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from clew.ledger import Commit, Entity, LedgerReader
from clew.ledger.port import Point
from clew.materialise.draw_graph import claims_digest
from clew.search import Document, SearchChange, measures
from clew.search.port import Value
from clew_schemas.canonical import digest
from clew_schemas.kinds import DERIVED_KINDS
from clew_schemas.resolve import Claim, resolve
from clew_schemas.searchable import SERIES, fields, point_measures
from clew_schemas.searchable import measures as measures_of
from clew_schemas.urn import Urn, unescape

CHANGED = "changed"
"""The measure that says when a source last said something new about a thing."""


def draw(commits: Sequence[Commit], ledger: LedgerReader) -> SearchChange:
    """Return the documents of all entities that `commits` touch, as they are at the last of them."""
    last = commits[-1].seq
    touched = {change.entity for commit in commits for change in commit.changes}
    touched |= {point.entity for commit in commits for point in commit.points if point.aspect in SERIES}
    documents, gone = documents_of(sorted(touched), ledger, as_of=last)
    return SearchChange(last, documents, gone)


def documents_of(
    entities: Iterable[int], ledger: LedgerReader, as_of: int | None = None
) -> tuple[list[Document], list[int]]:
    """Return the documents of entities, and the ids of those about which nothing is claimed any more."""
    wanted = list(entities)
    claimed = ledger.claims(wanted, as_of)
    measured = ledger.newest_points(wanted, tuple(SERIES), as_of)
    documents, gone = [], []
    for entity in ledger.entities(wanted):
        if entity is None or entity.kind in DERIVED_KINDS:
            continue
        claims = claimed.get(entity.id, {})
        if any(claim.says is not None for each in claims.values() for claim in each):
            documents.append(document_of(entity, claims, measured.get(entity.id, {}), ledger))
        else:
            gone.append(entity.id)
    return documents, gone


def document_of(
    entity: Entity, claims: Mapping[str, Sequence[Claim]], newest: Mapping[str, Point], ledger: LedgerReader
) -> Document:
    """Return the document of one entity: a pure function of its claims and the newest point of each series."""
    urn = Urn.parse(entity.urn)
    resolved = {name: resolve(each, ledger.registry.get(name).resolution) for name, each in claims.items()}
    found = fields(ledger.registry, resolved)
    texts = {name: values for name, values in found.items() if not name.startswith("facet.")}
    facets = {
        name.removeprefix("facet."): _labels(values) for name, values in found.items() if name.startswith("facet.")
    }
    said = [[name, claims_digest(claims[name]).hex()] for name in sorted(claims)]
    return Document(
        id=entity.id,
        urn=entity.urn,
        kind=entity.kind,
        texts={"name": [unescape(urn.dotted_name)], **texts},
        facets={"kind": [entity.kind], "namespace": [unescape(urn.namespace)], **facets},
        digest=digest(repr(said).encode()),
        seq=max(claim.seq for each in claims.values() for claim in each),
        policy_class=entity.policy_class,
        measures=measures.kept(_measured(resolved, claims, newest, ledger)),
    )


def _measured(
    resolved: Mapping[str, Any],
    claims: Mapping[str, Sequence[Claim]],
    newest: Mapping[str, Point],
    ledger: LedgerReader,
) -> dict[str, list[Value]]:
    """Return by name all values of an entity that can be compared, with the times that say how fresh they are."""
    found = measures_of(ledger.registry, resolved)
    for name, values in point_measures({aspect: point.payload for aspect, point in newest.items()}).items():
        found.setdefault(name, []).extend(values)
    found.setdefault(CHANGED, []).append(_moment(max(claim.observed for each in claims.values() for claim in each)))
    if "profile" in newest:
        found.setdefault("profiled", []).append(_moment(newest["profile"].time))
    return found


def _moment(micros: int) -> str:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).isoformat()


def _labels(values: Sequence[str]) -> list[str]:
    """Return values as people filter by them: a URN by its plain name."""
    labels = (unescape(Urn.parse(each).name) if each.startswith("urn:clew:") else each for each in values)
    return sorted(dict.fromkeys(labels))
