"""How a document stands in an engine's store: as JSON, whole, so that it reads back as it was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from clew.search.port import FACETS, TEXT_FIELDS, Document
from clew_schemas.errors import BadInput, Damaged


def to_json(document: Document) -> bytes:
    """Return the document as JSON. Raises BadInput for fields that the index has not, and text that is not Unicode."""
    strange = (document.texts.keys() - TEXT_FIELDS.keys()) | (document.facets.keys() - set(FACETS))
    if strange:
        raise BadInput(f"the index has no field {min(strange)!r}", where=document.urn)
    try:
        return orjson.dumps(
            {
                "id": document.id,
                "urn": document.urn,
                "kind": document.kind,
                "texts": _plain(document.texts),
                "facets": _plain(document.facets),
                "digest": document.digest.hex(),
                "seq": document.seq,
                "policy_class": document.policy_class,
                "measures": {name: list(values) for name, values in document.measures.items()},
            }
        )
    except TypeError as error:
        raise BadInput(f"the document can't be stored: {error}", where=ascii(document.urn)) from error


def from_json(stored: bytes) -> Document:
    """Return the document; its sequences are lists, as JSON has them. Raises Damaged when it is none."""
    try:
        said = orjson.loads(stored)
        return Document(**{**said, "digest": bytes.fromhex(said["digest"])})
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged(f"a stored search document does not read back: {error}", hint="Rebuild the index") from error


def facet_values(document: Document, name: str) -> list[str]:
    """Return the distinct values of a facet; a document's kind is one of its facet `kind`, said or not."""
    kind = (document.kind,) if name == "kind" else ()
    return list(dict.fromkeys((*kind, *document.facets.get(name, ()))))


def storable(text: str) -> str:
    """Return `text` as it could stand in an index: lone surrogates, which can't, become question marks."""
    return text.encode("utf-8", "replace").decode()


def _plain(values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in values.items()}
