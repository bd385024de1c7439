"""What becomes of a record under the lock: accepted, unchanged, refused or parked. Rules, and nothing about storage.

An engine opens its `Book` in a transaction, takes records into it, and makes the transaction durable before any
receipt is handed out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import msgspec

from clew.ledger import payloads
from clew.ledger.crawls import Crawls
from clew.ledger.decide import Outcome, World, decide
from clew.ledger.definitions import why_not_define
from clew.ledger.positions import BadRecord
from clew.ledger.prepare import PreparedGroup
from clew_schemas.errors import BadInput, ClewError, NotFound
from clew_schemas.event import CrawlClose, CrawlOpen, Group, Receipt, Record, encode
from clew_schemas.registry import Registry
from clew_schemas.scrub import scrub


@dataclass(slots=True)
class Item:
    """One record that waits for the lock. `replayed` is set for what comes out of parking.

    `prepare` does it in full, for a group that was prepared by what stood before the lock.
    """

    record: Record
    prepared: PreparedGroup | None
    waits: bool
    cause: int
    replayed: bool = False
    receipt: Receipt | None = None
    error: ClewError | None = None
    prepare: Callable[[Group], PreparedGroup] | None = None
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def defines(self) -> bool:
        """Whether it changes the vocabulary: then it has a transaction of its own."""
        return self.prepared is not None and self.prepared.defines


class ParkedRow(NamedTuple):
    """What is kept of a parked record: `reasons` and `urns` as JSON, the record packed."""

    source: str
    group: str
    crawl: int | None
    reasons: str
    urns: str
    body: bytes


class Book(Protocol):
    """What the running transaction offers."""

    @property
    def registry(self) -> Registry:
        """The kinds and aspects in force, as of the running transaction."""

    @property
    def world(self) -> World:
        """The state that decisions read."""

    @property
    def crawls(self) -> Crawls:
        """The crawls."""

    @property
    def token(self) -> str:
        """The token of the position that the running transaction has reached."""

    def now(self) -> int:
        """Return the ledger's clock in microseconds UTC."""

    def receipt_of(self, source: str, group: str) -> bytes | None:
        """Return the receipt that a source's group got before."""

    def keep_receipt(self, source: str, group: str, body: bytes) -> None:
        """Keep the receipt of a source's group in place of any before."""

    def park(self, row: ParkedRow) -> None:
        """Keep a record aside."""

    def write(self, prepared: PreparedGroup, outcome: Outcome, cause: int) -> int | None:
        """Write what was decided; return the commit's seq, or None when nothing changed."""

    def mark_defined(self, seq: int) -> None:
        """Keep the seq of a commit that changes the vocabulary, for all processes to see."""


def note(bad: BadRecord, book: Book) -> None:
    """Park a record of Kafka of which nothing but its place, hash and reason is kept."""
    reasons = scrub(json.dumps([{**bad.reason, "hash": bad.hash}]))
    book.park(ParkedRow("", bad.place, None, reasons, "[]", b""))


def read_parked(body: bytes | None, parked: int) -> Record:
    """Return a record out of parking; raise NotFound when there is none, BadInput when its bytes were not kept."""
    if body is None:
        raise NotFound(f"nothing is parked under {parked}", hint="See clew parked list")
    if not body:
        raise BadInput("this record's bytes were not kept", hint="Its replay reads it again from Kafka")
    record: Record = msgspec.json.decode(payloads.unpack(body), type=Record)
    return record


def read_receipt(body: bytes, token: str) -> Receipt:
    """Return a kept receipt, its position in the epoch of `token`: a ledger that was restored goes on from it."""
    receipt = msgspec.json.decode(body, type=Receipt)
    epoch, seq = token.partition("-")[0], receipt.token.rpartition("-")[2]
    return msgspec.structs.replace(receipt, token=f"{epoch}-{seq}") if seq else receipt


def take(item: Item, book: Book) -> Receipt:
    """Take one record into the running transaction; return its receipt, which counts once that is durable."""
    record = item.record
    if isinstance(record, CrawlOpen):
        return book.crawls.open(record, _why_not_crawl(record.source, book))
    if isinstance(record, CrawlClose):
        return _close_crawl(record, item.replayed, book)
    assert item.prepared is not None
    return _take_group(item, record, item.prepared, book)


def _take_group(item: Item, group: Group, prepared: PreparedGroup, book: Book) -> Receipt:
    repeated = None if item.replayed else book.receipt_of(group.source, group.id)
    if repeated is not None:
        return msgspec.structs.replace(read_receipt(repeated, book.token), repeated=True)
    outcome = decide(prepared, book.world, book.now(), replayed=item.replayed)
    if item.prepare is not None and any(fact.event.is_standing for fact in outcome.facts):
        # A head moved after it was read, or this is late news: it is written, so all of it is needed.
        prepared = item.prepare(group)
        outcome = decide(prepared, book.world, book.now(), replayed=item.replayed)
    if prepared.defines and not outcome.errors:
        outcome.errors.extend(why_not_define(prepared, book.registry.now(), book.world))
    if outcome.errors:
        return _turn_away(item, group, outcome, book)
    seq = book.write(prepared, outcome, item.cause)
    if prepared.defines and seq is not None:
        book.mark_defined(seq)
    if not item.replayed:
        book.crawls.count(group)
    receipt = Receipt(
        group.id,
        "unchanged" if seq is None else "accepted",
        book.token,
        seq,
        outcome.changed,
        outcome.unchanged,
        outcome.late,
    )
    book.keep_receipt(group.source, group.id, encode(receipt))
    return receipt


def _turn_away(item: Item, group: Group, outcome: Outcome, book: Book) -> Receipt:
    """Refuse a group where somebody waits, park it where nobody does."""
    errors = tuple(outcome.errors)
    if item.waits or item.replayed:
        return Receipt(group.id, "refused", book.token, errors=errors)
    _park(group, group.id, group.crawl.number if group.crawl else None, errors, book)
    _spare(group, book)
    book.crawls.count(group)
    receipt = Receipt(group.id, "parked", book.token, errors=errors)
    if book.world.source(group.source) is not None:
        book.keep_receipt(group.source, group.id, encode(receipt))
    return receipt


def _park(record: Record, name: str, crawl: int | None, errors: tuple[dict[str, Any], ...], book: Book) -> None:
    urns = [event.urn for event in record.events] if isinstance(record, Group) else []
    book.park(
        ParkedRow(
            record.source,
            name,
            crawl,
            json.dumps(errors),
            scrub(json.dumps(list(dict.fromkeys(urns)))),
            payloads.pack(scrub(encode(record).decode()).encode()),
        )
    )


def _spare(group: Group, book: Book) -> None:
    """What a parked group of the open crawl names is not retracted by its close."""
    crawl = book.crawls.open_of(group.source)
    if crawl is None or group.crawl is None or group.crawl.number != crawl.number:
        return
    heads = (book.world.head_of(event.urn, event.aspect, group.source) for event in group.events)
    book.crawls.name(crawl, [head.id for head in heads if head.id])


def _why_not_crawl(name: str, book: Book) -> ClewError | None:
    source = book.world.source(name)
    if source is None:
        return BadInput(f"unknown source {name!r}", where="source", hint=f"Register it: clew source add {name}")
    if source.retired or source.order != "crawl":
        state = "retired" if source.retired else "ordered by time"
        return BadInput(f"the source {name!r} is {state}", where="source", hint="Use another source's name")
    return None


def _close_crawl(record: CrawlClose, forced: bool, book: Book) -> Receipt:
    receipt = book.crawls.close(record, forced)
    if receipt.status == "parked":
        _park(record, receipt.id, record.number, receipt.errors, book)
    return receipt
