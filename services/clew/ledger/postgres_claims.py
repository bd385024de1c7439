"""Live claims as of any seq, read in two statements however many there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, LiteralString, NamedTuple

from clew.ledger import payloads
from clew.ledger.postgres_link import Row
from clew.ledger.standing import denials, said
from clew_schemas.registry import Registry
from clew_schemas.resolve import Claim

Fetch = Callable[[LiteralString, dict[str, Any]], Sequence[Row]]
"""Runs a statement with named values on one connection, and returns its rows."""

NEWEST = 2**63 - 1

# A head that moved after the wanted seq is looked up in the history; all others stand as they are.
_STANDING: LiteralString = """
SELECT w.at, c.entity, a.name, s.name, s.rank,
  coalesce(f.seq, c.seq), CASE WHEN f.seq IS NULL THEN c.says ELSE f.says END,
  CASE WHEN f.seq IS NULL THEN c.denies ELSE f.denies END, coalesce(f.observed, c.observed)
FROM unnest(%(at)s::bigint[], %(entities)s::bigint[]) AS w (at, entity)
JOIN claim c ON c.entity = w.entity AND c.branch = 1
JOIN aspect a ON a.id = c.aspect AND (%(names)s::text[] IS NULL OR a.name = ANY(%(names)s::text[]))
JOIN source s ON s.id = c.source
LEFT JOIN LATERAL (
  SELECT seq, says, denies, observed FROM fact
  WHERE claim = c.id AND seq <= w.at AND moved AND c.seq > w.at ORDER BY seq DESC, n DESC LIMIT 1
) f ON true
WHERE c.seq <= w.at OR f.seq IS NOT NULL
"""
_PAYLOADS: LiteralString = "SELECT id, version, body FROM payload WHERE id = ANY(%(ids)s::bigint[])"


class Standing(NamedTuple):
    """A live claim about (entity, aspect) as of the seq `at`."""

    at: int
    entity: int
    aspect: str
    claim: Claim


def standing(
    fetch: Fetch,
    registry: Registry,
    wanted: Iterable[tuple[int, int]],
    aspects: set[tuple[int, int, str]] | None = None,
    names: Collection[str] | None = None,
) -> list[Standing]:
    """Return the live claims on main of each (seq, entity) wanted, or of (seq, entity, aspect) in `aspects` only, or
    of aspects of these names."""
    pairs = sorted(set(wanted))
    if not pairs:
        return []
    values = {
        "at": [at for at, _ in pairs],
        "entities": [entity for _, entity in pairs],
        "names": None if names is None else list(names),
    }
    rows = [
        row
        for row in fetch(_STANDING, values)
        if (row[6] is not None or row[7] is not None) and (aspects is None or row[:3] in aspects)
    ]
    bodies = stored_payloads(fetch, (number for row in rows for number in row[6:8]))
    return [Standing(at, entity, aspect, _claim(registry, bodies, aspect, *rest)) for at, entity, aspect, *rest in rows]


def stored_payloads(fetch: Fetch, numbers: Iterable[int | None]) -> dict[int, tuple[int, bytes]]:
    """Return version and stored bytes of payloads by number."""
    ids = sorted({number for number in numbers if number is not None})
    rows = fetch(_PAYLOADS, {"ids": ids}) if ids else ()
    return {number: (version, body) for number, version, body in rows}


def _claim(
    registry: Registry,
    bodies: dict[int, tuple[int, bytes]],
    aspect: str,
    source: str,
    rank: int,
    seq: int,
    says: int | None,
    denies: int | None,
    observed: int,
) -> Claim:
    return Claim(
        source=source,
        rank=rank,
        says=None if says is None else said(registry, aspect, *bodies[says]),
        denies=frozenset() if denies is None else denials(payloads.read(bodies[denies][1])),
        observed=observed,
        seq=seq,
    )
