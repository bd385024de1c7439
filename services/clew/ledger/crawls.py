"""How crawls open, count, name and close: the rules, and nothing about storage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from clew.ledger.codes import PAGE_KEYS
from clew.ledger.decide import LAST_SEQUENCE, OpenCrawl
from clew.ledger.prepare import MAX_AHEAD, crawl_order
from clew_schemas.errors import BadInput, ClewError
from clew_schemas.event import CrawlClose, CrawlOpen, Group, Receipt
from clew_schemas.registry import Registry

_GUARDED_FROM = 20
"""Claims in scope from which the stale guard watches."""


_NONE = bytes(PAGE_KEYS // 8)
"""A page on which nothing is named."""


class CrawlRow(NamedTuple):
    """A crawl as it is stored. `high` is the sequence after the last event it took."""

    id: int
    number: int
    state: str
    prefixes: str
    aspects: str
    guard: float
    events: int
    high: int

    def covers(self, urn: str, aspect: str) -> bool:
        """Say whether a claim about (urn, aspect) lies in the crawl's scope."""
        return aspect in json.loads(self.aspects) and urn.startswith(tuple(json.loads(self.prefixes)))


class ScopedClaim(NamedTuple):
    """A live claim of a source about one of a crawl's aspects."""

    id: int
    urn: str


class CrawlStore(Protocol):
    """Where an engine keeps crawls, inside the running transaction."""

    @property
    def token(self) -> str:
        """The token of the position that the running transaction has reached."""

    def now(self) -> int:
        """Return the ledger's clock in microseconds UTC."""

    def row(self, source: str, number: int) -> CrawlRow | None:
        """Return one crawl of a source."""

    def open_row(self, source: str) -> CrawlRow | None:
        """Return the crawl that a source has open."""

    def closed_after(self, source: str, number: int) -> list[CrawlRow]:
        """Return the closed crawls of a source after a number."""

    def last_number(self, source: str) -> int | None:
        """Return the number of a source's newest crawl."""

    def add(self, record: CrawlOpen) -> None:
        """Store a crawl as open."""

    def set_state(self, crawl: CrawlRow, state: str) -> None:
        """Store the state of a crawl; unless it is parked, the crawl is over and what it named is dropped."""

    def advance(self, crawl: CrawlRow, events: int, high: int) -> None:
        """Add `events` to a crawl's count, and raise its `high` to at least this."""

    def page(self, crawl: int, page: int) -> bytes | None:
        """Return one page of the set of what a crawl named, None when nothing on it was named."""

    def pages(self, crawl: int) -> dict[int, bytes]:
        """Return every page of the set of what a crawl named."""

    def put_page(self, crawl: int, page: int, bits: bytes) -> None:
        """Store one page of the set of what a crawl named."""

    def unmoved(self, source: str, aspects: Sequence[str], before: bytes) -> list[int]:
        """Return the live claims on main of a source about these aspects whose mark lies before an order."""

    def scoped(self, source: str, aspects: Sequence[str]) -> list[ScopedClaim]:
        """Return the live claims on main of a source about these aspects, in order of their ids."""

    def retract(self, source: str, claims: Sequence[int], group: str, order: bytes) -> int:
        """Retract claims in one commit of their own; return its seq. Their marks rise to `order`."""


class Crawls:
    """Crawls as decisions and the taking of records see them."""

    def __init__(self, store: CrawlStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    def state(self, source: str, number: int) -> str | None:
        """Return the state of a crawl, None for one that never opened."""
        row = self._store.row(source, number)
        return None if row is None else row.state

    def open_of(self, source: str) -> OpenCrawl | None:
        """Return the crawl that a source has open."""
        row = self._store.open_row(source)
        return None if row is None else OpenCrawl(row.id, row.number, row.high)

    def covered_later(self, source: str, number: int, urn: str, aspect: str) -> bool:
        """Say whether a closed crawl after `number` had this key in its scope."""
        return any(row.covers(urn, aspect) for row in self._store.closed_after(source, number))

    def open(self, record: CrawlOpen, why_not: ClewError | None) -> Receipt:
        """Open a crawl, cancelling the one that its source has open. `why_not` is what keeps the source from it."""
        name = f"crawl.open {record.number}"
        known = self._store.row(record.source, record.number)
        if known is not None and known.state == "open":
            return Receipt(name, "opened", self._store.token, repeated=True)
        error = why_not or self._why_not_open(record)
        if error is not None:
            return Receipt(name, "refused", self._store.token, errors=(error.to_dict(),))
        self.cancel(record.source)
        self._store.add(record)
        return Receipt(name, "opened", self._store.token)

    def _why_not_open(self, record: CrawlOpen) -> ClewError | None:
        last = self._store.last_number(record.source)
        if last is not None and record.number <= last:
            return BadInput(
                f"crawl {record.number} is not above the source's last, {last}",
                where="number",
                hint="Number a crawl by the microseconds at its open",
            )
        if record.number > self._store.now() + MAX_AHEAD:
            return BadInput("the crawl's number lies in the future", where="number", hint="Set the sender's clock")
        unknown = next((each for each in record.scope.aspects if each not in self._registry.aspects), None)
        if unknown is not None:
            return BadInput(f"unknown aspect {unknown!r}", where="scope.aspects")
        if not all(prefix.startswith("urn:clew:") for prefix in record.scope.prefixes):
            return BadInput("a scope's prefixes are beginnings of URNs", where="scope.prefixes")
        return None

    def count(self, group: Group) -> None:
        """Count the events of a group into its crawl, if that is the open one."""
        row = None if group.crawl is None else self._store.open_row(group.source)
        if row is not None and group.crawl is not None and row.number == group.crawl.number:
            self._store.advance(row, len(group.events), group.crawl.sequence + len(group.events))

    def name(self, crawl: OpenCrawl, claims: Sequence[int]) -> None:
        """Put these claims into the set of what the crawl named, a page at a time."""
        pages: dict[int, bytearray] = {}
        for claim in claims:
            page, position = divmod(claim, PAGE_KEYS)
            if page not in pages:
                pages[page] = bytearray(self._store.page(crawl.id, page) or _NONE)
            pages[page][position >> 3] |= 1 << (position & 7)
        for page, bits in pages.items():
            self._store.put_page(crawl.id, page, bytes(bits))

    def is_named(self, crawl: OpenCrawl, claim: int) -> bool:
        """Say whether the open crawl named this claim without changing it."""
        bits = self._store.page(crawl.id, claim // PAGE_KEYS)
        return bits is not None and _bit(bits, claim)

    def close(self, record: CrawlClose, forced: bool) -> Receipt:
        """Close a crawl: retract what lies in scope and was not named, if count and guard allow it, or `forced`.

        A `parked` receipt carries the reason; the crawl stays, parked, and a forced close may follow.
        """
        name = f"crawl.close {record.number}"
        crawl = self._store.row(record.source, record.number)
        error = _why_not_closable(crawl, record, forced)
        if error is not None or crawl is None:
            errors = (error.to_dict(),) if error else ()
            return Receipt(name, "refused", self._store.token, errors=errors)
        if crawl.state == "closed":
            return Receipt(name, "closed", self._store.token, repeated=True)
        gone, scoped = self._unnamed(crawl, record.source)
        reason = None if forced else _why_not_close(record, crawl, len(gone), scoped)
        if reason is not None:
            self._store.set_state(crawl, "parked")
            return Receipt(name, "parked", self._store.token, errors=(reason.to_dict(),))
        seq = None
        if gone:
            order = crawl_order(record.number, LAST_SEQUENCE)
            seq = self._store.retract(record.source, gone, f"crawl {record.number}", order)
        self._store.set_state(crawl, "closed")
        return Receipt(name, "closed", self._store.token, seq, retracted=len(gone))

    def cancel(self, source: str) -> None:
        """Cancel the crawl that a source has open."""
        crawl = self._store.open_row(source)
        if crawl is not None:
            self._store.set_state(crawl, "cancelled")

    def _unnamed(self, crawl: CrawlRow, source: str) -> tuple[list[int], int]:
        """Return the live claims in scope that the crawl did not name, and how many are in scope: 0 if none is gone."""
        aspects, prefixes = json.loads(crawl.aspects), tuple(json.loads(crawl.prefixes))
        named = {page: _digits(bits) for page, bits in self._store.pages(crawl.id).items()}
        none = _digits(_NONE)
        unmoved = self._store.unmoved(source, aspects, crawl_order(crawl.number, 0))
        unnamed = {claim for claim in unmoved if named.get(claim // PAGE_KEYS, none)[claim % PAGE_KEYS] == "0"}
        if not unnamed:
            return [], 0  # the common case: no name has to be read
        scoped = [each.id for each in self._store.scoped(source, aspects) if each.urn.startswith(prefixes)]
        return [claim for claim in scoped if claim in unnamed], len(scoped)


def _digits(bits: bytes) -> str:
    """Return the bits of a page as one digit each: many are read faster so than one by one."""
    return f"{int.from_bytes(bits, 'little'):0{PAGE_KEYS}b}"[::-1]


def _bit(bits: bytes, claim: int) -> bool:
    position = claim % PAGE_KEYS
    return bool(bits[position >> 3] & 1 << (position & 7))


def _why_not_closable(crawl: CrawlRow | None, record: CrawlClose, forced: bool) -> ClewError | None:
    if crawl is None:
        return BadInput(f"the crawl {record.number} never opened", where="number", hint="Send crawl.open first")
    if crawl.state in ("open", "closed") or (forced and crawl.state == "parked"):
        return None
    return BadInput(f"the crawl {record.number} is {crawl.state}", where="number", hint="Run a new crawl")


def _why_not_close(record: CrawlClose, crawl: CrawlRow, gone: int, scoped: int) -> ClewError | None:
    if crawl.events != record.events:
        return BadInput(
            f"the crawl says it sent {record.events} events, {crawl.events} arrived",
            where="events",
            hint="Run the crawl again; nothing was retracted",
        )
    if scoped >= _GUARDED_FROM and gone > crawl.guard * scoped:
        return BadInput(
            f"closing would retract {gone} of {scoped} claims, more than the guard of {crawl.guard:.0%}",
            where="guard",
            hint="If they are really gone, replay the parked close; else look at the connector's scope and rights",
        )
    return None
