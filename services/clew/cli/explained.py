"""What each number of `clew doctor` means, in a line each. docs/operations.md says the same, and a test compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MEANINGS = {
    "findings": "items of a view that differ from what the ledger says, or damages of the ledger itself",
    "undecided": "items that were written each time they were looked at, so that nothing is said of them",
    "mended": "how many of the findings were drawn anew from the ledger",
    "parked": "groups that were kept aside with a reason; replay or drop them: clew parked list",
    "head": "the number (seq) of the newest commit; commits are numbered 1, 2, 3 … without a gap",
    "epoch": "the name of this state of the ledger; a restore or import gives a new one, and old tokens are refused",
    "positions": "up to which commit each view is drawn and each reactor has worked; equal to head when all is done",
    "log": "how the stations between Kafka and the ledger stand; empty without CLEW_LOG",
    "failing": "what stands still, and the error that it tries again",
    "roles": "what this process does; an embedded house does everything",
    "stats.entities": "things that were ever named, columns and mere mentions included",
    "stats.claims": "live heads: (thing, aspect, source) about which something is said or denied now",
    "stats.facts": "lines of history: every change of a claim that was ever accepted, late news included",
    "stats.points": "points of series that are kept; those past their retention are swept",
    "stats.commits": "accepted groups that changed something, and what closed crawls retracted; equal to head",
    "stats.parked": "how many groups are parked",
    "stats.payloadBytes": "bytes of all contents as they are stored, compressed where that makes them smaller",
    "stats.bytes": "bytes of the ledger on disk, indexes included; clew sizes says of what",
    "swept": "points that were deleted since the ledger began because they were past their retention, by aspect",
    "digests.heads": "SHA-256 over all live claims: two ledgers with the same digest hold the same truth",
    "digests.graph": "checksum over all that the graph holds: equal before and after a rebuild",
    "digests.search": "checksum over all that the index holds: equal before and after a rebuild",
    "digests.relations": "checksum over all rows of the relations: equal before and after a rebuild",
}


def explained(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (name, value, meaning) of everything that a report of the doctor tells."""
    for name, value in report.items():
        if f"{name}" not in MEANINGS and isinstance(value, Mapping):
            for inner, each in value.items():
                yield _line(f"{name}.{inner}", each)
        else:
            yield _line(name, value)


def _line(name: str, value: Any) -> tuple[str, str, str]:
    return name, _said(value), MEANINGS.get(name, "")


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(each)}" for name, each in value.items()) or "none"
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ", ".join(value) if value and isinstance(value[0], str) else str(len(value))
    return str(value)
