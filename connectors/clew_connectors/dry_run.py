"""A sink of paper: what a crawl would send, as JSON lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TextIO

from clew_schemas.event import CrawlClose, CrawlOpen, Receipt, Record, encode
from clew_schemas.scrub import scrub


class DryRun:
    """Writes each record, crawl marks included, as one line of JSON to a text stream; nothing else happens.

    Like at every door, credentials are blanked first.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def register(self, name: str, *, order: Literal["crawl"], door: str, rank: int = 50) -> None:
        """Every name will do."""

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        """Write the records; each receipt says what a new ledger would."""
        for record in records:
            self._stream.write(scrub(encode(record).decode()) + "\n")
        return [_receipt(record) for record in records]


def _receipt(record: Record) -> Receipt:
    if isinstance(record, CrawlOpen):
        return Receipt(f"crawl.open {record.number}", "opened", "")
    if isinstance(record, CrawlClose):
        return Receipt(f"crawl.close {record.number}", "closed", "")
    return Receipt(record.id, "accepted", "", changed=len(record.events))
