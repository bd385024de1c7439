"""What OpenSearch keeps: the template of an index, and a document, a tombstone and a position as its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from clew.search import measures, words
from clew.search.port import FACETS, TEXT_FIELDS, Document, Position
from clew.search.stored import facet_values, from_json, to_json
from clew_schemas.errors import BadInput, Damaged

FORMAT = 2
"""Raise it when an older index can't be read as it is; it is redrawn then."""

ANY = "any"
"""The words of all text fields: what matches is found in this one, and only then ranked by all of them."""

STEMS = "prose.stems"
"""The stems of `prose`, beside its words as they stand: a prefix or a word with a typo has no reliable stem."""

MEASURE = "measure"
"""The terms of all measures; see `measures`."""

POSITION = "position"
"""The document that says how far the index has come; ids of the others are numbers."""

WINDOW = 10_000
"""How deep one can page. OpenSearch sorts all before a page in memory."""

_WORDS, _STEMS = "clew_words", "clew_stems"
_LONGEST_TOKEN = 4_096  # above the longest of `words`; OpenSearch would cut at 255
_LONGEST_TERM = 8_191  # Lucene refuses a document with a term over 32,766 bytes
_KEYS = ("key", "tail", "alike", "title_key")
_NO_DOCUMENT = (BadInput, Damaged, AttributeError, TypeError, ValueError)
"""What a document of the wrong shape raises when it is read or drawn."""


def facet(name: str) -> str:
    """Return the field of a facet."""
    return f"facet.{name}"


def template(pattern: str) -> dict[str, Any]:
    """Return the template of the indexes named so: one shard, as counts must be exact and positions atomic."""
    settings = {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "-1",  # what is written is searched when its position is, not before
        "translog.durability": "request",
        "max_result_window": WINDOW,
        "analysis": _analysis(),
    }
    meta = {"format": FORMAT}
    mappings = {"dynamic": "strict", "_meta": meta, "properties": _fields()}
    made = {"settings": {"index": settings}, "mappings": mappings}
    return {"index_patterns": [pattern], "priority": 500, "_meta": meta, "template": made}


def format_of(meta: object) -> int:
    """Return the format that a template or an index says it has; 0 when it says none."""
    form = meta.get("format") if isinstance(meta, dict) else None
    return form if isinstance(form, int) else 0


def encoded(document: Document, at: int) -> dict[str, Any]:
    """Return the document as OpenSearch takes it, drawn as of `at`.

    All that is searched is drawn from what is stored, and stands beside it. Raises BadInput as `to_json` does.
    """
    stored = to_json(document)
    return {
        "document": orjson.loads(stored),
        "at": at,
        "id": document.id,
        "class": document.policy_class,
        "urn": document.urn,
        "kind": document.kind,
        "facet": {name: facet_values(document, name) for name in FACETS},
        MEASURE: measures.terms(document.measures),
        **{name: _words(name, values) for name, values in document.texts.items()},
        **_keys(document.texts),
    }


def tombstone(at: int, now: float) -> dict[str, Any]:
    """Return what stands for a document that is gone since `at`, so that no late writer brings it back."""
    return {"at": at, "gone": int(now)}


def decoded(hit: Mapping[str, Any]) -> Document:
    """Return the document of a hit, as it was written. Raises Damaged when it is none."""
    try:
        return from_json(orjson.dumps(hit["_source"]["document"]))
    except (KeyError, TypeError) as error:
        raise Damaged(f"a document in the search index has no content: {error}", hint="Rebuild the index") from error


def is_sound(hit: Mapping[str, Any], document: Document) -> bool:
    """Tell whether all that is searched of a hit is drawn from its document, and stands under its id."""
    source = hit["_source"]
    try:
        return bool(hit["_id"] == str(document.id) and source == encoded(document, source.get("at")))
    except _NO_DOCUMENT:
        return False


def altered(hit: Mapping[str, Any]) -> Document | None:
    """Return what can be told of a hit that somebody else wrote: without a digest, so that no check takes it for sound.

    None when it has neither an id of ours nor a field `id`: no search finds it then.
    """
    source = hit["_source"]
    said = int(hit["_id"]) if hit["_id"].lstrip("-").isdecimal() else source.get("id")
    if not isinstance(said, int):
        return None
    try:
        document = replace(decoded(hit), id=said, digest=b"")
        encoded(document, 0)
    except _NO_DOCUMENT:
        return Document(said, str(source.get("urn", "")), str(source.get("kind", "")), {}, {}, b"", 0)
    return document


def encoded_position(position: Position) -> dict[str, Any]:
    """Return the document that says how far the index has come; it has nothing that a search could find."""
    return {"position": {"epoch": position.epoch, "seq": position.seq}}


def decoded_position(source: Mapping[str, Any]) -> Position:
    """Return the position. Raises Damaged when it is none."""
    try:
        return Position(str(source["position"]["epoch"]), int(source["position"]["seq"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"the search index's position does not read back: {error}", hint="Rebuild the index") from error


def _analysis() -> dict[str, Any]:
    # Words are cut by `words`; porter2 is Snowball's English, as tantivy has it, and `english` the older Porter's.
    return {
        "tokenizer": {_WORDS: {"type": "whitespace", "max_token_length": _LONGEST_TOKEN}},
        "filter": {_STEMS: {"type": "stemmer", "language": "porter2"}},
        "analyzer": {
            _WORDS: {"type": "custom", "tokenizer": _WORDS},
            _STEMS: {"type": "custom", "tokenizer": _WORDS, "filter": [_STEMS]},
        },
    }


def _fields() -> dict[str, Any]:
    keyword = {"type": "keyword", "ignore_above": _LONGEST_TERM}
    bare = {"type": "text", "analyzer": _WORDS, "index_options": "docs", "norms": False}
    text = {"type": "text", "analyzer": _WORDS, "index_options": "freqs", "copy_to": ANY}
    stems = {"type": "text", "analyzer": _STEMS, "index_options": "docs", "norms": False}
    return {
        "document": {"type": "object", "enabled": False},
        "at": {"type": "long", "index": False, "doc_values": False},
        "gone": {"type": "long"},
        "position": {"properties": {"epoch": {"type": "keyword", "index": False}, "seq": {"type": "long"}}},
        "id": {"type": "long"},
        "class": {"type": "long"},
        "urn": keyword,
        "kind": {**keyword, "index": False},
        "facet": {"properties": dict.fromkeys(FACETS, keyword)},
        MEASURE: {**keyword, "doc_values": False},
        ANY: bare,
        **{name: {**text, "fields": {"stems": stems}} if name == "prose" else text for name in TEXT_FIELDS},
        **{name: {**keyword, "doc_values": False} for name in _KEYS},
    }


def _words(name: str, values: Sequence[str]) -> str:
    return " ".join(words.prose(values) if name == "prose" else words.identifiers(values))


def _keys(texts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    names = [words.keys(name) for name in texts.get("name", ())]
    return {
        "key": [name.whole for name in names],
        "tail": [tail for name in names for tail in name.tails],
        "alike": [key for name in names for key in name.alike],
        "title_key": [words.keys(title).whole for title in texts.get("title", ())],
    }
