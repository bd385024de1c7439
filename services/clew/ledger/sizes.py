"""How much the ledger holds of what: rows and bytes by aspect, by source and by table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString

import zstandard

_MAGIC = 0x28
CONTENTS: LiteralString = """
SELECT a.name, s.name, 0, length(p.body), substr(p.body, 1, 18) FROM fact f
JOIN claim c ON c.id = f.claim JOIN aspect a ON a.id = c.aspect JOIN source s ON s.id = c.source
LEFT JOIN payload p ON p.id = f.seq * 1048576 + f.n
UNION ALL
SELECT a.name, s.name, 1, length(p.body), substr(p.body, 1, 18) FROM point t
JOIN aspect a ON a.id = t.aspect JOIN source s ON s.id = t.source LEFT JOIN payload p ON p.id = t.payload
"""
"""A row a fact or a point: aspect, source, whether a point, and of the payload that came with it the length and the
first 18 bytes: zstd's longest frame header tells how long it is unpacked."""
CLAIMS: LiteralString = """
SELECT a.name, s.name, count(*) FROM claim c JOIN aspect a ON a.id = c.aspect JOIN source s ON s.id = c.source
WHERE c.says IS NOT NULL OR c.denies IS NOT NULL GROUP BY a.name, s.name
"""


@dataclass(slots=True)
class Size:
    """What one aspect, or one source, holds. Bytes are of payloads: as stored, and unpacked."""

    claims: int = 0
    facts: int = 0
    points: int = 0
    stored: int = 0
    unpacked: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """One table or index: its rows (None for an index), and its bytes on disk."""

    rows: int | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the ledger holds; `bytes` is all of it on disk, `payload_rows` and `payload_stored` the payloads' table."""

    bytes: int
    payload_rows: int
    payload_stored: int
    tables: Mapping[str, Table]
    aspects: Mapping[str, Size] = field(default_factory=dict)
    sources: Mapping[str, Size] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON has it, with the totals and the bytes for a fact."""
        facts = sum(each.facts + each.points for each in self.aspects.values())
        stored = sum(each.stored for each in self.aspects.values())
        return {
            "bytes": self.bytes,
            "factsAndPoints": facts,
            "bytesPerFact": round(self.bytes / facts, 1) if facts else None,
            "payloads": {
                "rows": self.payload_rows,
                "stored": self.payload_stored,
                "unpacked": sum(each.unpacked for each in self.aspects.values()),
                "replaced": self.payload_stored - stored,
            },
            "aspects": {name: _said(self.aspects[name]) for name in sorted(self.aspects)},
            "sources": {name: _said(self.sources[name]) for name in sorted(self.sources)},
            "tables": {
                name: {"rows": each.rows, "bytes": each.bytes}
                for name, each in sorted(self.tables.items(), key=lambda item: -item[1].bytes)
            },
        }


def _said(size: Size) -> dict[str, int]:
    return {name: getattr(size, name) for name in ("claims", "facts", "points", "stored", "unpacked")}


def by_aspect_and_source(
    contents: Iterable[tuple[Any, ...]], claims: Iterable[tuple[Any, ...]]
) -> tuple[dict[str, Size], dict[str, Size]]:
    """Add up the rows of `CONTENTS` and `CLAIMS`."""
    aspects: dict[str, Size] = defaultdict(Size)
    sources: dict[str, Size] = defaultdict(Size)
    for aspect, source, is_point, length, head in contents:
        unpacked = 0 if length is None else _unpacked(length, bytes(head))
        for each in (aspects[aspect], sources[source]):
            each.points += is_point
            each.facts += 1 - is_point
            each.stored += length or 0
            each.unpacked += unpacked
    for aspect, source, number in claims:
        aspects[aspect].claims += number
        sources[source].claims += number
    return dict(aspects), dict(sources)


def _unpacked(length: int, head: bytes) -> int:
    """Return how long a stored payload is unpacked; a frame that does not say so counts as it is stored."""
    if not head or head[0] != _MAGIC:
        return length
    size = zstandard.frame_content_size(head)
    return size if size >= 0 else length
