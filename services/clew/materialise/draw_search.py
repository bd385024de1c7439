"""From commits to documents of the search index: one an entity, made anew from all that is claimed about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clew.ledger import Commit, Entity, LedgerReader
from clew.materialise.draw_graph import claims_digest
from clew.search import Document, SearchChange
from clew_schemas.canonical import digest
from clew_schemas.kinds import DERIVED_KINDS
from clew_schemas.resolve import Claim, resolve
from clew_schemas.searchable import fields
from clew_schemas.urn import Urn, unescape


def draw(commits: Sequence[Commit], ledger: LedgerReader) -> SearchChange:
    """Return the documents of all entities that `commits` touch, as they are at the last of them."""
    last = commits[-1].seq
    touched = sorted({change.entity for commit in commits for change in commit.changes})
    documents, gone = documents_of(touched, ledger, as_of=last)
    return SearchChange(last, documents, gone)


def documents_of(
    entities: Iterable[int], ledger: LedgerReader, as_of: int | None = None
) -> tuple[list[Document], list[int]]:
    """Return the documents of entities, and the ids of those about which nothing is claimed any more."""
    wanted = list(entities)
    claimed = ledger.claims(wanted, as_of)
    documents, gone = [], []
    for entity in ledger.entities(wanted):
        if entity is None or entity.kind in DERIVED_KINDS:
            continue
        claims = claimed.get(entity.id, {})
        if any(claim.says is not None for each in claims.values() for claim in each):
            documents.append(document_of(entity, claims, ledger))
        else:
            gone.append(entity.id)
    return documents, gone


def document_of(entity: Entity, claims: Mapping[str, Sequence[Claim]], ledger: LedgerReader) -> Document:
    """Return the document of one entity: a pure function of its claims."""
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
    )


def _labels(values: Sequence[str]) -> list[str]:
    """Return values as people filter by them: a URN by its plain name."""
    labels = (unescape(Urn.parse(each).name) if each.startswith("urn:clew:") else each for each in values)
    return sorted(dict.fromkeys(labels))
