"""Durable ingest into ledger, graph and search in one process: changed, unchanged of equal bytes, of equal content.

    python -m benchmarks.ingest [--tables 3000]

Baseline in the same run: the same bytes appended to a file, one fsync a batch.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from benchmarks.figures import Figure, emit, of_samples, peak_memory
from benchmarks.warehouse import Warehouse

from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_schemas.event import Event, Group, decode, encode, raw

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


def altered(groups: Iterable[Group]) -> list[Group]:
    """Return the same groups with something else in every event: one edge less, another role, another type, a word."""

    def other(event: Event) -> Event:
        said = msgspec.json.decode(event.payload)
        if event.aspect == "lineage":
            said["columns"] = said["columns"][1:]
        elif event.aspect == "ownership":
            said["owners"][0]["role"] = "steward"
        elif event.aspect == "schema":
            said["columns"][0]["type"] = "uuid"
        else:
            said["text"] += " Altered."
        return msgspec.structs.replace(event, payload=raw(said))

    return [
        msgspec.structs.replace(each, id=f"altered-{each.id}", events=tuple(map(other, each.events))) for each in groups
    ]


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


def alone(house: House, groups: Sequence[Group]) -> float:
    """Return events a second of one client that awaits each event, a group of its own."""
    singles = [
        msgspec.structs.replace(group, id=f"one-{group.id}-{at}", events=(each,))
        for group in groups
        for at, each in enumerate(group.events)
    ]
    begun = time.perf_counter()
    for single in singles:
        house.ledger.propose([single])
    return len(singles) / (time.perf_counter() - begun)


def measure(tables: int, repeat: int) -> None:
    warehouse = Warehouse()
    first = list(warehouse.groups(tables))
    other, again = altered(first), renamed(first, "back")
    said: dict[str, Any] = {"unit": "events/s", "more": True}
    with tempfile.TemporaryDirectory() as folder:
        said["baseline"] = f"append and fsync alone {to_a_file(first, Path(folder)):,.0f}/s"
        with House(Settings(home=Path(folder) / "home")) as house:
            house.ledger.register(Source("bench", "time"))
            house.start()
            emit(Figure("new, ledger and views", timed(house, first, "accepted"), **said))
            turns = [other, again] * repeat
            changed = [timed(house, renamed(each, f"c{n}"), "accepted") for n, each in enumerate(turns[:repeat])]
            last = turns[repeat - 1]
            equal = [timed(house, renamed(last, f"a{n}"), "unchanged") for n in range(repeat)]
            respelled = respelt(last)
            content = [timed(house, renamed(respelled, f"b{n}"), "unchanged") for n in range(repeat)]
            single = alone(house, turns[repeat][: max(100, tables // 10)])
    emit(of_samples("every event changed, ledger and views", changed, budget=4000, **said))
    emit(of_samples("unchanged, equal bytes", equal, budget=50_000, **said))
    emit(of_samples("unchanged, equal content", content, budget=20_000, **said))
    emit(Figure("one client that awaits each event", single, "events/s", 1000, True))
    emit(Figure("peak memory, events included", peak_memory(), "MB"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=3000)
    arguments.add_argument("--repeat", type=int, default=3)
    given = arguments.parse_args()
    measure(given.tables, given.repeat)


if __name__ == "__main__":
    main()
