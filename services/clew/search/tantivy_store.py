"""What tantivy keeps: its schema, a document as one of its own, and the checksums of its files."""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
import tantivy

from clew.search import measures, words
from clew.search.port import FACETS, TEXT_FIELDS, Document, Position
from clew.search.stored import to_json
from clew_schemas.errors import Damaged

STEMS = "stems"
"""The stems of `prose`, beside its words as they stand: a prefix or a word with a typo has no reliable stem."""

ANY = "any"
"""The words of all text fields: what matches is found in this one, and only then ranked by all of them."""

ORDER = "order"
"""The URN in hexadecimal digits, which stand in its order and need no quotes in a range."""

MEASURE = "measure"
"""The terms of all measures; see `measures`."""

_WORDS, _STEMS = "whitespace", "clew_stems"
_MAGIC = 1337


def schema() -> tantivy.Schema:
    """Return the fields of the index. Every number is a signed one: a mix in a fast field kills tantivy's writer."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_integer_field("class", indexed=True, fast=True)
    builder.add_integer_field("marker", indexed=True)
    builder.add_text_field("urn", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(ORDER, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", stored=True, tokenizer_name="raw", index_option="basic")
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name=_WORDS, index_option="freq")
    builder.add_text_field(ANY, tokenizer_name=_WORDS, index_option="basic")
    builder.add_text_field(STEMS, tokenizer_name=_STEMS, index_option="basic")
    for name in ("key", "tail", "alike", "title_key"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(facet(name), fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(MEASURE, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


def facet(name: str) -> str:
    """Return the field of a facet."""
    return f"facet_{name}"


def stemmer() -> tantivy.TextAnalyzer:
    """Return the analyser of `STEMS`, which takes words."""
    words_as_they_are = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return words_as_they_are.filter(tantivy.Filter.stemmer("english")).build()


def create(folder: Path) -> tantivy.Index:
    """Open tantivy's index in an existing folder, or make an empty one. Searchers are renewed by hand only."""
    index = tantivy.Index(schema(), str(folder))
    index.register_tokenizer(_STEMS, stemmer())
    index.config_reader("manual")
    return index


def encoded(document: Document) -> tantivy.Document:
    """Return the document as tantivy takes it: everything that is indexed is drawn from what is stored."""
    made = tantivy.Document()
    made.add_bytes("stored", to_json(document))
    made.add_integer("id", document.id)
    made.add_integer("class", document.policy_class)
    made.add_text("urn", document.urn)
    made.add_text(ORDER, document.urn.encode().hex())
    made.add_text("kind", document.kind)
    for name, values in document.texts.items():
        _add_words(made, name, values)
    _add_keys(made, document)
    for name in FACETS:
        for value in facet_values(document, name):
            made.add_text(facet(name), value)
    for term in measures.terms(document.measures):
        made.add_text(MEASURE, term)
    return made


def facet_values(document: Document, name: str) -> list[str]:
    """Return the distinct values of a facet; a document's kind is one of its facet `kind`, said or not."""
    kind = (document.kind,) if name == "kind" else ()
    return list(dict.fromkeys((*kind, *document.facets.get(name, ()))))


def encoded_position(position: Position) -> tantivy.Document:
    """Return the document that says how far the index has come; it has nothing that a search could find."""
    made = tantivy.Document()
    made.add_integer("marker", 1)
    made.add_bytes("stored", orjson.dumps(list(position)))
    return made


def decoded_position(stored: bytes) -> Position:
    """Return the position. Raises Damaged when it is none."""
    try:
        epoch, seq = orjson.loads(stored)
    except (ValueError, TypeError) as error:
        raise Damaged(f"the search index's position does not read back: {error}") from error
    return Position(epoch, seq)


def check(folder: Path) -> None:
    """Raise Damaged unless all files of the committed index have the checksum that tantivy wrote at their end.

    tantivy itself maps them unread, and answers wrongly, or not at all, from files that were changed.
    """
    try:
        segments = orjson.loads((folder / "meta.json").read_bytes())["segments"]
        for segment in segments:
            for path in _files(folder, segment):
                _check_file(path)
    except (FileNotFoundError, ValueError, TypeError, KeyError, struct.error) as error:
        raise Damaged(f"the search index does not read back: {error}", where=str(folder)) from error


@contextmanager
def reading() -> Iterator[None]:
    """Turn what tantivy raises while reading, its panics too, into Damaged."""
    try:
        yield
    except BaseException as error:
        if not failed(error):
            raise
        raise Damaged(f"the search index can't be read: {error}", hint="Rebuild the index") from error


def failed(error: BaseException) -> bool:
    """Tell whether tantivy failed: it raises ValueError and RuntimeError for all, and its panics are no Exception."""
    return type(error).__name__ == "PanicException" or isinstance(error, ValueError | RuntimeError | OSError)


def _add_words(made: tantivy.Document, name: str, values: Sequence[str]) -> None:
    prose = name == "prose"
    text = " ".join(words.prose(values) if prose else words.identifiers(values))
    for field in (name, ANY, STEMS) if prose else (name, ANY):
        made.add_text(field, text)


def _add_keys(made: tantivy.Document, document: Document) -> None:
    for name in map(words.keys, document.texts.get("name", ())):
        for field, keys in (("key", (name.whole,)), ("tail", name.tails), ("alike", name.alike)):
            for key in keys:
                made.add_text(field, key)
    for title in map(words.keys, document.texts.get("title", ())):
        made.add_text("title_key", title.whole)


def _files(folder: Path, segment: dict[str, object]) -> list[Path]:
    stem = str(segment["segment_id"]).replace("-", "")
    deletes = segment.get("deletes")
    deleted = f"{stem}.{deletes['opstamp']}.del" if isinstance(deletes, dict) else None
    return [path for path in folder.glob(f"{stem}.*") if path.suffix != ".del" or path.name == deleted]


def _check_file(path: Path) -> None:
    """Compare a file with its footer: JSON with the CRC-32 of all before it, the JSON's length, a magic number."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        length, magic = struct.unpack("<II", content[-8:])
        start = len(content) - 8 - length
        if magic != _MAGIC or start < 0:
            raise Damaged("a file of the search index is cut off", where=str(path))
        expected = orjson.loads(content[start:-8])["crc"]
        with memoryview(content) as whole, whole[:start] as body:
            found = zlib.crc32(body)
        if found != expected:
            raise Damaged("a file of the search index was changed", where=str(path))
