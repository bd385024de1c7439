"""Bytes of the embedded ledger, for the warehouse said once and once more with every event changed.

    python -m benchmarks.at_rest [--tables 10000]

The budget counts from two versions on: a quarter of the canonical JSON, and 160 bytes a fact. Baseline in the same run:
the same JSON as lines in one zstd stream, which no single content could be read from.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import zstandard
from benchmarks.figures import Figure, emit
from benchmarks.ingest import altered
from benchmarks.warehouse import Warehouse

from clew.ledger import Source
from clew.ledger.sqlite import SqliteLedger
from clew_schemas.event import Group

BATCH = 25
SHOWN = 0.02
"""Share of all bytes from which on a table or index has a line of its own."""


def take(ledger: SqliteLedger, groups: Sequence[Group]) -> int:
    """Take these groups in; return the bytes of what they say."""
    for at in range(0, len(groups), BATCH):
        for receipt in ledger.propose(groups[at : at + BATCH]):
            assert receipt.status == "accepted", receipt
    return sum(len(event.payload) for group in groups for event in group.events)


def streamed(groups: Sequence[Group]) -> int:
    """Return the bytes of all contents in one compressed stream."""
    lines = b"\n".join(bytes(event.payload) for group in groups for event in group.events)
    return len(zstandard.ZstdCompressor(level=3).compress(lines))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=10_000)
    tables = arguments.parse_args().tables
    first = list(Warehouse().groups(tables))
    second = [msgspec.structs.replace(each, id=f"again-{each.id}") for each in altered(first)]
    bare = (streamed(first) + streamed(second)) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        ledger = SqliteLedger.open(Path(folder) / "ledger.db")
        ledger.register(Source("bench", "time"))
        said = take(ledger, first)
        once = ledger.sizes().to_dict()
        allowed = 0.25 * said + 160 * once["factsAndPoints"]
        emit(Figure("ledger of one version, of what is allowed from two on", once["bytes"] / allowed, "times"))
        said += take(ledger, second)
        found = ledger.sizes().to_dict()
        ledger.close()
    facts = found["factsAndPoints"]
    told = f"canonical JSON {said / 1e6:.0f} MB, {facts} facts; in one stream {bare:.1f} MB"
    ratio = found["bytes"] / (0.25 * said + 160 * facts)
    emit(Figure("ledger of two versions, of what is allowed", ratio, "times", 1.0, baseline=told))
    emit(Figure("ledger of two versions", found["bytes"] / 1e6, "MB"))
    emit(Figure("a fact", found["bytes"] / facts, "bytes"))
    emit(Figure("contents, of their canonical JSON", found["payloads"]["stored"] / said, "times"))
    for name, each in found["tables"].items():
        if each["bytes"] > SHOWN * found["bytes"]:
            emit(Figure(f"of this {name}", each["bytes"] / 1e6, "MB"))


if __name__ == "__main__":
    main()
