"""Durable ingest into ledger, graph and search in one process: changed, unchanged of equal bytes, of equal content.

    python -m benchmarks.ingest [--tables 4000]

Baseline in the same run: the same bytes appended to a file, one fsync a batch.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from benchmarks.warehouse import Warehouse

from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_schemas.event import Event, Group, decode, encode

BATCH = 25
"""Groups in one call: about 100 events."""


def batches(groups: Sequence[Group]) -> Iterator[Sequence[Group]]:
    """Yield groups in portions of one call."""
    for at in range(0, len(groups), BATCH):
        yield groups[at : at + BATCH]


def renamed(groups: Iterable[Group], mark: str) -> list[Group]:
    """Return the same events under new group ids: the next crawl of something unchanged."""
    return [msgspec.structs.replace(each, id=f"{mark}-{each.id}") for each in groups]


def respelt(groups: Iterable[Group]) -> list[Group]:
    """Return the same content in other bytes: members in another order, with spaces."""

    def other(event: Event) -> Event:
        value = msgspec.json.decode(event.payload)
        turned = dict(reversed(list(value.items())))
        return msgspec.structs.replace(event, payload=msgspec.Raw(msgspec.json.format(msgspec.json.encode(turned))))

    return [msgspec.structs.replace(each, events=tuple(map(other, each.events))) for each in groups]


def timed(house: House, groups: Sequence[Group], wanted: str, *, views: bool = True) -> float:
    """Return events a second, from bytes to all views."""
    events = sum(len(each.events) for each in groups)
    wire = [[encode(each) for each in batch] for batch in batches(groups)]
    begun = time.perf_counter()
    for batch in wire:
        receipts = house.ledger.propose([decode(each) for each in batch])
        assert {each.status for each in receipts} == {wanted}, receipts[0]
    if views:
        head = house.ledger.head_seq()
        while any(at < head for at in house.freshness.positions().values()):
            time.sleep(0.005)
    return events / (time.perf_counter() - begun)


def to_a_file(groups: Sequence[Group], folder: Path) -> float:
    """Return events a second of the baseline."""
    events = sum(len(each.events) for each in groups)
    begun = time.perf_counter()
    with (folder / "baseline").open("wb") as file:
        for batch in batches(groups):
            file.writelines(encode(each) for each in batch)
            file.flush()
            os.fsync(file.fileno())
    return events / (time.perf_counter() - begun)


def measure(tables: int, say: Callable[[str, float], None]) -> None:
    warehouse = Warehouse()
    first, second = list(warehouse.groups(tables)), list(warehouse.groups(tables, version=1))
    with tempfile.TemporaryDirectory() as folder:
        say("baseline: append and fsync", to_a_file(first, Path(folder)))
        with House(Settings(home=Path(folder) / "home")) as house:
            house.ledger.register(Source("bench", "time"))
            house.start()
            say("new", timed(house, first, "accepted"))
            say("changed", timed(house, second, "accepted"))
            say("unchanged, equal bytes", timed(house, renamed(second, "a"), "unchanged"))
            say("unchanged, equal content", timed(house, renamed(respelt(second), "b"), "unchanged"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=4000)
    measure(
        arguments.parse_args().tables, lambda name, value: print(f"{name:<28} {value:>10,.0f} events/s", flush=True)
    )


if __name__ == "__main__":
    main()
