"""Rows that wait to be written: gathered while records are taken, sent as one statement a table.

Arrays and `unnest`, so that a batch costs a handful of statements in one pipeline and no answer is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString

from clew.ledger.postgres_link import Connection

_INSERTS: dict[str, LiteralString] = {
    "commits": """
INSERT INTO commits (seq, time, branch, source, grp, author, message, cause)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::int[], %b::int[], %s::text[], %s::text[], %s::text[], %b::bigint[])
""",
    "payload": """
INSERT INTO payload (id, version, body, dict_id)
SELECT * FROM unnest(%b::bigint[], %b::int[], %b::bytea[], %b::int[])
""",
    "new_claim": """
INSERT INTO claim (id, entity, aspect, source, branch, seq, says, denies, says_hash, denies_hash, observed, mark)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::int[], %b::int[], %b::int[], %b::bigint[], %b::bigint[],
  %b::bigint[], %b::bytea[], %b::bytea[], %b::bigint[], %b::bytea[])
""",
    "claim": """
UPDATE claim SET seq = v.seq, says = v.says, denies = v.denies, says_hash = v.says_hash,
  denies_hash = v.denies_hash, observed = v.observed, mark = v.mark
FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[], %b::bigint[], %b::bytea[])
  AS v (id, seq, says, denies, says_hash, denies_hash, observed, mark)
WHERE claim.id = v.id
""",
    "fact": """
INSERT INTO fact (seq, n, claim, op, moved, says, denies, observed, ord)
SELECT * FROM unnest(%b::bigint[], %b::int[], %b::bigint[], %b::smallint[], %b::boolean[], %b::bigint[], %b::bigint[],
  %b::bigint[], %b::bytea[])
""",
    "point": """
INSERT INTO point (entity, aspect, source, name, time, step, seq, n, payload, hash)
SELECT * FROM unnest(%b::bigint[], %b::int[], %b::int[], %s::text[], %b::bigint[], %b::bigint[], %b::bigint[],
  %b::int[], %b::bigint[], %b::bytea[])
ON CONFLICT (entity, aspect, source, name, time, step) DO UPDATE
SET seq = excluded.seq, n = excluded.n, payload = excluded.payload, hash = excluded.hash
""",
    "receipt": """
INSERT INTO receipt (source, grp, body) SELECT * FROM unnest(%b::int[], %s::text[], %b::bytea[])
ON CONFLICT (source, grp) DO UPDATE SET body = excluded.body
""",
    "crawl": """
UPDATE crawl SET events = v.events, high = v.high
FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[]) AS v (id, events, high) WHERE crawl.id = v.id
""",
    "crawl_named": """
INSERT INTO crawl_named (crawl, page, bits) SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[])
ON CONFLICT (crawl, page) DO UPDATE SET bits = excluded.bits
""",
    "parked": """
INSERT INTO parked (source, grp, crawl, time, reasons, urns, body)
SELECT * FROM unnest(%s::text[], %s::text[], %b::bigint[], %b::bigint[], %s::text[], %s::text[], %b::bytea[])
""",
}


def send(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows of one kind in one statement; their members are in the order of its arrays."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        connection.execute(_INSERTS[table], columns)
