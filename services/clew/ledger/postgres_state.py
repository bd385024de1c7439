"""What a run of records needs to know, read at once under the head lock, and changed in memory as they are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from clew.ledger.codes import MAIN, PAGE_KEYS
from clew.ledger.crawls import CrawlRow
from clew.ledger.decide import Head
from clew.ledger.port import Source
from clew.ledger.postgres_link import Connection, Row
from clew.ledger.postgres_names import Names
from clew.ledger.prepare import PreparedEvent
from clew.ledger.taking import Item
from clew_schemas.event import Group

ClaimKey = tuple[int, int, int]
"""Entity, aspect, source."""
PointKey = tuple[int, int, int, str, int, int]
"""Entity, aspect, source, name, time, step."""

_SOURCES: LiteralString = "SELECT name, ord, rank, door, retired FROM source WHERE id = ANY(%b::int[])"
# `+ 0` keeps the planner from the index by source: in tables without statistics it takes it to be as good as the key.
CLAIMS: LiteralString = """
SELECT c.entity, c.aspect, c.source, c.id, c.seq, c.says, c.denies, c.says_hash, c.denies_hash, c.mark, c.observed
FROM unnest(%b::bigint[], %b::int[], %b::int[]) AS k (entity, aspect, source)
JOIN claim c ON c.entity = k.entity AND c.aspect = k.aspect AND c.source + 0 = k.source AND c.branch + 0 = 1
"""
_RECEIPTS: LiteralString = """
SELECT r.source, r.grp, r.body FROM unnest(%b::int[], %s::text[]) AS k (source, grp)
JOIN receipt r ON r.source = k.source AND r.grp = k.grp
"""
_CRAWLS: LiteralString = """
SELECT source, id, number, state, prefixes, aspects, guard, events, high FROM crawl
WHERE source = ANY(%b::int[]) AND (state = 'open' OR number = ANY(%b::bigint[]))
"""
_POINTS: LiteralString = """
SELECT p.entity, p.aspect, p.source, p.name, p.time, p.step, p.hash
FROM unnest(%b::bigint[], %b::int[], %b::int[], %s::text[], %b::bigint[], %b::bigint[])
  AS k (entity, aspect, source, name, time, step)
JOIN point p ON p.entity = k.entity AND p.aspect = k.aspect AND p.source = k.source AND p.name = k.name
  AND p.time = k.time AND p.step = k.step
"""
_PAGES: LiteralString = "SELECT page, bits FROM crawl_named WHERE crawl = %b AND page = ANY(%b::bigint[])"


@dataclass(slots=True)
class StoredClaim:
    """A claim's row as the running transaction has it. `stored` is False until it is written the first time."""

    head: Head
    observed: int
    stored: bool = True

    def new_row(self, key: ClaimKey) -> tuple[Any, ...]:
        """Return the row to insert."""
        return (self.head.id, *key, MAIN, *self.row()[1:])

    def row(self) -> tuple[Any, ...]:
        """Return id and what may change."""
        head = self.head
        return (
            head.id,
            head.seq,
            head.says,
            head.denies,
            head.says_hash or None,
            head.denies_hash or None,
            self.observed,
            head.mark,
        )


@dataclass(slots=True)
class State:
    """By number: what was read, with what the run changed since. What is not in here is not in the ledger."""

    names: Names
    sources: dict[str, Source] = field(default_factory=dict)
    claims: dict[ClaimKey, StoredClaim] = field(default_factory=dict)
    receipts: dict[tuple[int, str], bytes] = field(default_factory=dict)
    crawls: dict[int, dict[int, CrawlRow]] = field(default_factory=dict)
    points: dict[PointKey, bytes] = field(default_factory=dict)
    pages: dict[tuple[int, int], bytes] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def claim_key(self, urn: str, aspect: str, source: str) -> ClaimKey | None:
        """Return the key of a claim, None when a part of it has no number and so there can be none."""
        key = self.ids.get(urn, 0), self.names.number("aspect", aspect), self.names.number("source", source)
        return key if all(key) else None

    def point_key(self, event: PreparedEvent, source: str) -> PointKey:
        """Return the key of a point."""
        return self.key_of_point(event.urn, event.aspect.name, source, event.name, event.time, event.step)

    def key_of_point(self, urn: str, aspect: str, source: str, name: str, time: int, step: int) -> PointKey:
        """Return the key of a point by its names."""
        numbers = self.names.number("aspect", aspect), self.names.number("source", source)
        return (self.ids.get(urn, 0), *numbers, name, time, step)


def read_state(connection: Connection, names: Names, ids: dict[str, int], items: Sequence[Item]) -> State:
    """Return what `items` need; one round trip in a pipeline, a second one for sets of open crawls."""
    state = State(names, ids=ids)
    reads = [
        _read(connection, _SOURCES, _source_keys(state, items), state.sources.update, _as_source),
        _read(connection, CLAIMS, _claim_keys(state, items), state.claims.update, _as_claim),
        _read(connection, _RECEIPTS, _receipt_keys(state, items), state.receipts.update, _as_receipt),
        _read(connection, _POINTS, _point_keys(state, items), state.points.update, _as_point),
    ]
    crawls = _ask(connection, _CRAWLS, _crawl_keys(state, items))
    for read in reads:
        read()
    state.crawls = _as_crawls(crawls())
    _read_pages(connection, state)
    return state


def read_crawls(connection: Connection, sources: list[int], numbers: list[int]) -> dict[int, dict[int, CrawlRow]]:
    """Return the open crawls of sources, and those with these numbers, by source and number."""
    return _as_crawls(_ask(connection, _CRAWLS, [sources, numbers])())


def _as_crawls(rows: Iterable[Row]) -> dict[int, dict[int, CrawlRow]]:
    found: dict[int, dict[int, CrawlRow]] = {}
    for source, *row in rows:
        crawl = CrawlRow(*row)
        found.setdefault(source, {})[crawl.number] = crawl
    return found


def _ask(connection: Connection, sql: LiteralString, columns: Sequence[Sequence[Any]]) -> Callable[[], list[Row]]:
    """Send a question with these arrays; return how to wait for its answer. No keys, no question."""
    if not columns or not columns[0]:
        return list
    cursor = connection.cursor(binary=True)
    cursor.execute(sql, columns)
    return cursor.fetchall


def _read(
    connection: Connection,
    sql: LiteralString,
    keys: Iterable[tuple[Any, ...]],
    keep: Callable[[list[tuple[Any, Any]]], None],
    convert: Callable[[Row], tuple[Any, Any]],
) -> Callable[[], None]:
    answer = _ask(connection, sql, [list(column) for column in zip(*sorted(set(keys)), strict=True)])
    return lambda: keep([convert(row) for row in answer()])


def _as_source(row: Row) -> tuple[str, Source]:
    return row[0], Source(*row)


def _as_claim(row: Row) -> tuple[ClaimKey, StoredClaim]:
    number, seq, says, denies, says_hash, denies_hash, mark, observed = row[3:]
    head = Head(number, seq, says, denies, says_hash or b"", denies_hash or b"", mark)
    return row[:3], StoredClaim(head, observed)


def _as_receipt(row: Row) -> tuple[tuple[int, str], bytes]:
    return (row[0], row[1]), row[2]


def _as_point(row: Row) -> tuple[PointKey, bytes]:
    return row[:6], row[6]


def _source_keys(state: State, items: Sequence[Item]) -> set[tuple[int]]:
    return {(number,) for item in items if (number := state.names.number("source", item.record.source))}


def _claim_keys(state: State, items: Sequence[Item]) -> set[ClaimKey]:
    return {
        key
        for item in items
        if isinstance(item.record, Group)
        for event in item.record.events
        if (key := state.claim_key(event.urn, event.aspect, item.record.source)) is not None
    }


def _receipt_keys(state: State, items: Sequence[Item]) -> set[tuple[int, str]]:
    return {
        (number, item.record.id)
        for item in items
        if isinstance(item.record, Group) and (number := state.names.number("source", item.record.source))
    }


def _point_keys(state: State, items: Sequence[Item]) -> set[PointKey]:
    return {
        state.point_key(event, item.record.source)
        for item in items
        if item.prepared is not None
        for event in item.prepared.events
        if event.aspect.mode == "series"
    }


def _crawl_keys(state: State, items: Sequence[Item]) -> list[list[int]]:
    sources, numbers = set(), set()
    for item in items:
        record = item.record
        crawl = (record.crawl.number if record.crawl else None) if isinstance(record, Group) else record.number
        if crawl is not None:
            sources.add(state.names.number("source", record.source))
            numbers.add(crawl)
    return [sorted(sources), sorted(numbers)]


def _read_pages(connection: Connection, state: State) -> None:
    """Read what open crawls have named on the pages that the claims read lie on."""
    answers = []
    for source, crawls in state.crawls.items():
        crawl = next((row for row in crawls.values() if row.state == "open"), None)
        pages = {claim.head.id // PAGE_KEYS for key, claim in state.claims.items() if key[2] == source}
        if crawl is not None and pages:
            cursor = connection.cursor(binary=True)
            cursor.execute(_PAGES, (crawl.id, sorted(pages)))
            answers.append((crawl.id, cursor))
    for number, cursor in answers:
        state.pages.update({(number, page): bits for page, bits in cursor.fetchall()})
