"""SQL: one SELECT over the relations, with the honest envelope. Read-only, bounded in rows, bytes and time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import clew.relations
from clew.errors import BadInput
from clew.ledger import LedgerReader
from clew.query.answer import AsOf, Cut, Envelope, Viewer
from clew.query.freshness import Freshness
from clew.query.views import Views
from clew.relations import Bounds, Row, Stop, Value

ROWS = 1000
"""Rows of an answer when nobody asks for another number."""
MOST_ROWS = 100_000
MOST_BYTES = 32 * 1024 * 1024
SECONDS = 10.0
MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """The rows of a query, in its order; what was cut off stands in the frontier."""

    envelope: Envelope
    columns: tuple[str, ...]
    rows: list[Row]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "count": len(self.rows),
            "truncated": bool(self.envelope.frontier),
        }


def sql(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    text: str,
    viewer: Viewer,
    *,
    parameters: Mapping[str, Value] | None = None,
    limit: int = ROWS,
    seconds: float = SECONDS,
    at_least: str | None = None,
    stop: Stop | None = None,
) -> SqlAnswer:
    """Answer a query of the relations.

    Raises BadInput for what is no single SELECT over them, and for what the engine refuses; TooLarge when it takes
    longer than `seconds`. More rows than `limit`, or more than 32 MB of them, are cut off, and said to be.
    """
    if not 1 <= limit <= MOST_ROWS:
        raise BadInput(f"limit is {limit}, not between 1 and {MOST_ROWS}", where="limit")
    if not 0 < seconds <= MOST_SECONDS:
        raise BadInput(f"seconds is {seconds:g}, not between 0 and {MOST_SECONDS:g}", where="seconds")
    relations = views.relations
    query = clew.relations.checked(text, relations.dialect, parameters or {})
    reached = freshness.reach("relations", at_least)
    begun = time.perf_counter()
    found = relations.select(query.text, parameters or {}, Bounds(limit, MOST_BYTES, seconds), stop)
    seq = found.position.seq
    return SqlAnswer(
        Envelope(
            AsOf(seq, ledger.time_of(seq), ledger.epoch),
            behind=max(0, reached.behind - (seq - reached.seq)) if reached.behind else 0,
            frontier=() if found.cut is None else (Cut(f"{found.cut} of the answer are limited", 1),),
            engine=relations.name,
            ms=(time.perf_counter() - begun) * 1000,
        ),
        found.columns,
        found.rows,
    )
