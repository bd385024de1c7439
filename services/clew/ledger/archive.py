"""The archive: a whole ledger as one stream that no engine owns.

One zstd frame of JSON lines, told in docs/operations.md. A header; then member after member: a line that names it and
its columns, a line a row in the order of its key, a line with the number of rows and their SHA-256; at last the
manifest, with the SHA-256 of everything before it. Numbers (of entities, aspects, sources, claims) are the ledger's own
and are kept, so that marks, crawls and history mean the same in whatever engine. Access tokens are not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple, Protocol

import msgspec
import zstandard

from clew.ledger.payloads import pack, unpack
from clew_schemas.errors import BadInput, Damaged
from clew_schemas.registry import Registry

FORMAT = 1
HELD = 512 * 1024
"""Bytes of lines that a writer gathers before it hands them on; with one row that is all it holds."""

_LEVEL = 6
_LONGEST = 64 * 1024 * 1024
"""Longest line that is read: the largest payload, and room."""
_PIECE = 1024
"""Compressed bytes that are unpacked at once: few, because one byte may stand for a great many."""
_MAGIC = b"\x28\xb5\x2f\xfd"
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Row = tuple[Any, ...]
Raw = msgspec.Raw
_Count = int | None
_Text = str | None
_Bytes = bytes | None


class Member(NamedTuple):
    """One table of the archive: its name, columns with their types, and by which of them its rows are ordered."""

    name: str
    columns: dict[str, Any]
    key: tuple[str, ...]


MEMBERS = (
    Member("branch", {"id": int, "name": str, "base_seq": int}, ("id",)),
    Member("aspect", {"id": int, "name": str}, ("id",)),
    Member(
        "source",
        {"id": int, "name": str, "ord": str, "rank": int, "door": str, "retired": int, "public_key": _Bytes},
        ("id",),
    ),
    Member("entity", {"id": int, "urn": str, "parent": int, "class": int}, ("id",)),
    Member(
        "commits",
        {
            "seq": int,
            "time": int,
            "branch": int,
            "source": int,
            "grp": str,
            "author": _Text,
            "message": _Text,
            "cause": int,
        },
        ("seq",),
    ),
    Member("payload", {"id": int, "version": int, "body": Raw}, ("id",)),
    Member(
        "claim",
        {
            "id": int,
            "entity": int,
            "aspect": int,
            "source": int,
            "branch": int,
            "seq": int,
            "says": _Count,
            "denies": _Count,
            "says_hash": _Bytes,
            "denies_hash": _Bytes,
            "observed": int,
            "mark": bytes,
        },
        ("id",),
    ),
    Member(
        "fact",
        {
            "seq": int,
            "n": int,
            "claim": int,
            "op": int,
            "moved": int,
            "says": _Count,
            "denies": _Count,
            "observed": int,
            "ord": bytes,
            "roots": _Count,
        },
        ("seq", "n"),
    ),
    Member(
        "point",
        {
            "entity": int,
            "aspect": int,
            "source": int,
            "name": str,
            "time": int,
            "step": int,
            "seq": int,
            "n": int,
            "payload": int,
            "hash": bytes,
        },
        ("entity", "aspect", "source", "name", "time", "step"),
    ),
    Member("receipt", {"source": int, "grp": str, "body": Raw}, ("source", "grp")),
    Member(
        "crawl",
        {
            "id": int,
            "source": int,
            "number": int,
            "state": str,
            "prefixes": str,
            "aspects": str,
            "guard": float,
            "events": int,
            "high": int,
            "opened": int,
            "closed": _Count,
        },
        ("id",),
    ),
    Member("crawl_named", {"crawl": int, "page": int, "bits": bytes}, ("crawl", "page")),
    Member(
        "parked",
        {
            "id": int,
            "source": str,
            "grp": str,
            "crawl": _Count,
            "time": int,
            "reasons": str,
            "urns": str,
            "body": bytes,
        },
        ("id",),
    ),
    Member("cursor", {"name": str, "seq": int}, ("name",)),
)
"""What a ledger of format 1 is made of. Rows with `body` of type Raw carry JSON as it is, not packed."""


class Snapshot(Protocol):
    """One consistent state of a ledger, held for as long as it is read; any thread may read it, one at a time."""

    epoch: str
    hash_key: bytes
    head: int
    registry: Registry

    def rows(self, member: Member) -> Iterator[Row]:
        """Yield the rows of a member in the order of its key; a payload's body as it is stored."""

    def heads_digest(self) -> str:
        """Return the SHA-256 of all live claims."""


class Archived(Protocol):
    """A ledger that can be archived."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Hold one state of the ledger; writers go on meanwhile."""


class _Header(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    clew: str
    format: int
    epoch: str
    head: int
    written: int
    by: str
    hash_key: bytes
    aspects: dict[str, int]


class _Begin(msgspec.Struct, forbid_unknown_fields=True):
    member: str
    columns: list[str]


class _End(msgspec.Struct, forbid_unknown_fields=True):
    end: str
    rows: int
    sha256: str


class _Manifest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    manifest: dict[str, int]
    heads_digest: str
    sha256: str


def write(ledger: Archived, written: int, by: str) -> Iterator[bytes]:
    """Yield the archive of `ledger` in pieces of bounded size; `written` in µs UTC and `by` go into its header.

    Raises what the store raises; a stream that ends without its manifest is refused by whoever reads it.
    """
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj()
    held: list[bytes] = []
    size = 0
    for line in _lines(ledger, written, by):
        held.append(line)
        size += len(line)
        if size >= HELD:
            packed = packer.compress(b"".join(held))
            held, size = [], 0
            if packed:
                yield packed
    yield packer.compress(b"".join(held)) + packer.flush()


def _lines(ledger: Archived, written: int, by: str) -> Iterator[bytes]:
    whole = hashlib.sha256()
    encode = msgspec.json.encode

    def hashed(line: bytes) -> bytes:
        whole.update(line)
        return line

    with ledger.snapshot() as state:
        aspects = {row[1]: state.registry.get(row[1]).version for row in state.rows(_member("aspect"))}
        header = _Header("archive", FORMAT, state.epoch, state.head, written, by, state.hash_key, aspects)
        yield hashed(encode(header) + b"\n")
        rows: dict[str, int] = {}
        for member in MEMBERS:
            yield hashed(encode(_Begin(member.name, list(member.columns))) + b"\n")
            digest, number = hashlib.sha256(), 0
            for row in state.rows(member):
                line = encode(_open(member, row)) + b"\n"
                digest.update(line)
                number += 1
                yield hashed(line)
            rows[member.name] = number
            yield hashed(encode(_End(member.name, number, digest.hexdigest())) + b"\n")
        yield encode(_Manifest(rows, state.heads_digest(), whole.hexdigest())) + b"\n"


def _member(name: str) -> Member:
    return next(each for each in MEMBERS if each.name == name)


def _open(member: Member, row: Row) -> Row:
    """Return a row with its JSON in the open."""
    if member.columns.get("body") is not Raw:
        return row
    return (*row[:-1], Raw(unpack(bytes(row[-1]))))


@dataclass(slots=True)
class Archive:
    """An archive that is read, once, from its beginning. Raises BadInput for what is none, Damaged for a broken one."""

    stream: BinaryIO
    header: _Header = field(init=False)
    rows: dict[str, int] = field(init=False, default_factory=dict)
    heads_digest: str = field(init=False, default="")
    _lines: Iterator[bytes] = field(init=False)
    _whole: Any = field(init=False, default_factory=hashlib.sha256)
    _place: str = field(init=False, default="the header")

    def __post_init__(self) -> None:
        self._lines = _unpacked(self.stream, lambda: self._place)
        line = next(self._lines, b"")
        try:
            self.header = msgspec.json.decode(line, type=_Header)
        except _UNREADABLE:
            raise _foreign() from None
        if self.header.clew != "archive":
            raise _foreign()
        if self.header.format > FORMAT:
            raise BadInput(
                f"this archive was written by a newer Clew (format {self.header.format}, this one knows {FORMAT})",
                where="the header",
                hint="Upgrade Clew",
            )
        self._whole.update(line)

    def members(self) -> Iterator[tuple[Member, Iterator[Row]]]:
        """Yield each member with its rows, which are read before the next is asked for; at last check the manifest.

        A row's JSON comes packed, as it is stored.
        """
        for member in MEMBERS:
            self._place = f"the member {member.name}"
            begin = self._control(_Begin)
            if (begin.member, begin.columns) != (member.name, list(member.columns)):
                raise self._damaged(f"another member than expected: {begin.member[:40]!r}")
            yield member, self._rows_of(member)
        self._place = "the manifest"
        expected = self._whole.hexdigest()
        manifest = self._control(_Manifest)
        if manifest.sha256 != expected or manifest.manifest != self.rows:
            raise self._damaged("its SHA-256 is another than the manifest's")
        if next(self._lines, None) is not None:
            raise self._damaged("lines after the end")
        self.heads_digest = manifest.heads_digest

    def _rows_of(self, member: Member) -> Iterator[Row]:
        decoder = msgspec.json.Decoder(tuple[tuple(member.columns.values())])  # type: ignore[misc]
        packs = member.columns.get("body") is Raw
        stored = pack if member.name == "payload" else bytes
        digest, number = hashlib.sha256(), 0
        while (line := self._line()).startswith(b"["):
            number += 1
            self._place = f"row {number} of the member {member.name}"
            digest.update(line)
            row: Row = self._decoded(decoder.decode, line)
            yield (*row[:-1], stored(bytes(row[-1]))) if packs else row
        end = self._decoded(msgspec.json.Decoder(_End).decode, line)
        if (end.end, end.rows, end.sha256) != (member.name, number, digest.hexdigest()):
            raise self._damaged(f"the rows of {member.name} are not those that were written: their SHA-256 is another")
        self.rows[member.name] = number

    def _line(self) -> bytes:
        line = next(self._lines, None)
        if line is None:
            raise self._damaged("the archive ends before its manifest")
        self._whole.update(line)
        return line

    def _control(self, kind: Any) -> Any:
        return self._decoded(msgspec.json.Decoder(kind).decode, self._line())

    def _decoded(self, decode: Callable[[bytes], Any], line: bytes) -> Any:
        try:
            return decode(line)
        except _UNREADABLE as error:
            raise self._damaged(f"a line does not read back: {error}") from None

    def _damaged(self, what: str) -> Damaged:
        return Damaged(
            f"the archive is damaged: {what}", where=self._place, hint="Take another copy; nothing of it was kept"
        )

    def check(self, digest: Callable[[], str], registry: Registry) -> bool:
        """Compare the digest of the live claims with the manifest's; raise Damaged when they differ.

        Returns False, with nothing compared, when aspects have other versions here than where it was written: what
        was said is then read through their upcasts, and digests differently.
        """
        if any(registry.get(name).version != version for name, version in self.header.aspects.items()):
            return False
        if digest() != self.heads_digest:
            raise self._damaged("its live claims are not those of the manifest")
        return True


def _unpacked(stream: BinaryIO, place: Callable[[], str]) -> Iterator[bytes]:
    """Yield the lines of a compressed stream, each with its line feed."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    begun, rest, offset = False, b"", 0
    while piece := stream.read(_PIECE):
        if not begun and not piece.startswith(_MAGIC):
            raise _foreign()
        begun = True
        if unpacker.eof:
            raise Damaged("the archive is damaged: bytes after its end", where=f"byte {offset}")
        try:
            *lines, rest = (rest + unpacker.decompress(piece)).split(b"\n")
        except zstandard.ZstdError as error:
            raise Damaged(
                f"the archive is damaged: {error}",
                where=f"byte {offset}, {place()}",
                hint="Take another copy; nothing of it was kept",
            ) from None
        if unpacker.unused_data:
            raise Damaged("the archive is damaged: bytes after its end", where=f"byte {offset}")
        if len(rest) > _LONGEST:
            raise Damaged("the archive is damaged: a line without an end", where=f"byte {offset}, {place()}")
        offset += len(piece)
        yield from (line + b"\n" for line in lines)
    if not begun:
        raise _foreign()
    if not unpacker.eof or rest:
        raise Damaged(
            "the archive is damaged: it was cut short",
            where=f"byte {offset}, {place()}",
            hint="Take another copy; nothing of it was kept",
        )


def _foreign() -> BadInput:
    return BadInput("this is no archive of Clew", hint="Archives are written by: clew export FILE")
