"""Durable ingest into an embedded house, crawl by crawl: every event changed, none, none in other bytes.

    python -m benchmarks.ingest [--tables 3000]

The mix: a table's columns, prose, owner, and the lineage of the job that loads it, in groups of about 100 events.
What is measured ends when ledger, graph and search have it; the relations, which SQL is asked of, follow at leisure and
have a figure of their own. Baselines in the same run: the same bytes appended to a file, one fsync a group; and the
same house without the second process that draws search and relations when there is much to draw (`CLEW_ONE_PROCESS`).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from benchmarks.figures import Figure, emit, of_samples, peak_memory
from benchmarks.waiting import until_all_follow, until_drawn
from benchmarks.warehouse import Warehouse
from benchmarks.windows import quietest

from clew.collector import calm
from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Record, Scope, decode, encode, raw

SOURCE, CLIENT = "bench", "client"
BATCH = 25
"""Tables in one group: about 100 events."""
SINGLES = 400
"""Events that a client awaits one by one in a window, at most."""


def joined(groups: Sequence[Group]) -> Iterator[Group]:
    """Yield groups of `BATCH` tables each, as a crawl sends them."""
    for at in range(0, len(groups), BATCH):
        events = tuple(each for group in groups[at : at + BATCH] for each in group.events)
        yield msgspec.structs.replace(groups[at], id=f"{groups[at].id}-{len(events)}", events=events)


def respelt(groups: Sequence[Group]) -> list[Group]:
    """Return the same content in other bytes: members in another order, with spaces."""

    def other(event: Event) -> Event:
        value = msgspec.json.decode(event.payload)
        turned = dict(reversed(list(value.items())))
        return msgspec.structs.replace(event, payload=msgspec.Raw(msgspec.json.format(msgspec.json.encode(turned))))

    return [msgspec.structs.replace(each, events=tuple(map(other, each.events))) for each in groups]


def altered(groups: Sequence[Group]) -> list[Group]:
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

    return [msgspec.structs.replace(each, events=tuple(map(other, each.events))) for each in groups]


def crawled(groups: Sequence[Group], number: int) -> list[Record]:
    """Return the records of a crawl that finds these groups: its open, they with their places, its close."""
    found: list[Record] = [
        CrawlOpen(
            SOURCE,
            number,
            Scope(("urn:clew:",), tuple(sorted({each.aspect for group in groups for each in group.events}))),
        )
    ]
    sequence = 0
    for at, group in enumerate(groups):
        found.append(msgspec.structs.replace(group, id=f"{number}/{at}", crawl=CrawlPosition(number, sequence)))
        sequence += len(group.events)
    return [*found, CrawlClose(SOURCE, number, sequence)]


class Speeds(NamedTuple):
    """Events a second of a crawl: until graph and search show it, and until the relations do, too."""

    drawn: float
    related: float


def timed(house: House, groups: Sequence[Group], number: int, wanted: str) -> Speeds:
    """Return how fast a crawl goes from bytes to views."""
    wire = [encode(each) for each in crawled(groups, number)]
    begun = time.perf_counter()
    for each in wire:
        (receipt,) = house.ledger.propose([decode(each)])
        assert receipt.status in (wanted, "opened", "closed"), receipt
    until_drawn(house)
    drawn = time.perf_counter() - begun
    until_all_follow(house)
    events = sum(len(each.events) for each in groups)
    return Speeds(events / drawn, events / (time.perf_counter() - begun))


def to_a_file(records: Sequence[Record], events: int, folder: Path) -> float:
    """Return events a second of the baseline."""
    begun = time.perf_counter()
    with (folder / "baseline").open("wb") as file:
        for each in records:
            file.write(encode(each))
            file.flush()
            os.fsync(file.fileno())
    return events / (time.perf_counter() - begun)


def one_by_one(groups: Sequence[Group]) -> list[Group]:
    """Return every event as a group of a client's own, without a crawl."""
    return [
        msgspec.structs.replace(group, source=CLIENT, id=f"one-{group.id}-{at}", events=(each,))
        for group in groups
        for at, each in enumerate(group.events)
    ]


def alone(house: House, singles: Sequence[Group]) -> float:
    """Return events a second of one client that awaits each."""
    begun = time.perf_counter()
    for single in singles:
        house.ledger.propose([single])
    return len(singles) / (time.perf_counter() - begun)


def in_one_process(first: Sequence[Group], other: Sequence[Group], singles: Sequence[Group]) -> tuple[float, float]:
    """Return events a second of a crawl that changes every event, and of one client, where no second process draws."""
    with tempfile.TemporaryDirectory() as folder, House(Settings(Path(folder) / "home", one_process=True)) as house:
        house.ledger.register(Source(SOURCE, "crawl"))
        house.ledger.register(Source(CLIENT, "time"))
        house.start()
        timed(house, first, 1, "accepted")
        return timed(house, other, 2, "accepted").drawn, alone(house, singles)


def measure(tables: int, repeat: int) -> None:
    stands = first = list(joined(list(Warehouse().groups(tables))))
    other = altered(first)
    singles = one_by_one(first)
    few, most = singles[:SINGLES], 2 * repeat
    events = sum(len(each.events) for each in first)
    crawls = iter(range(1, 1000))
    said: dict[str, Any] = {"unit": "events/s", "more": True}
    with tempfile.TemporaryDirectory() as folder:
        said["baseline"] = f"append and fsync alone {to_a_file(first, events, Path(folder)):,.0f}/s"
        with House(Settings(home=Path(folder) / "home")) as house:
            house.ledger.register(Source(SOURCE, "crawl"))
            house.ledger.register(Source(CLIENT, "time"))
            house.start()
            calm()
            new = timed(house, first, next(crawls), "accepted")
            emit(Figure("new: ledger, graph, search", new.drawn, **said))

            def change() -> Speeds:
                nonlocal stands
                stands = other if stands is first else first
                return timed(house, stands, next(crawls), "accepted")

            changed = quietest(change, repeat, most)
            equal = quietest(lambda: timed(house, stands, next(crawls), "unchanged"), repeat, most)
            respelled = respelt(stands)
            content = quietest(lambda: timed(house, respelled, next(crawls), "unchanged"), repeat, most)
            size = min(SINGLES, len(singles) // most)
            waiting = (singles[at : at + size] for at in range(0, len(singles), size))
            single = quietest(lambda: alone(house, next(waiting)), repeat, most)
        bare = f"append and fsync alone {to_a_file(few, len(few), Path(folder)):,.0f}/s"
    held = peak_memory()
    one_process, single_there = in_one_process(first, other, few)
    drawn, related = zip(*changed.kept, strict=True)
    beside = {**said, "baseline": f"in one process {one_process:,.0f}/s; {changed.said}"}
    emit(of_samples("every event changed: ledger, graph, search", drawn, budget=4000, **beside))
    emit(of_samples("every event changed, and the relations", related, **said))
    for name, budget, found in (("equal bytes", 50_000, equal), ("equal content", 20_000, content)):
        beside = {**said, "baseline": f"{said['baseline']}; {found.said}"}
        emit(of_samples(f"unchanged, {name}", [each.related for each in found.kept], budget=budget, **beside))
    beside = {**said, "baseline": f"in one process {single_there:,.0f}/s; {bare}; {single.said}"}
    emit(of_samples("one client that awaits each event", single.kept, budget=1000, **beside))
    emit(Figure("peak memory, events included", held, "MB"))
    emit(Figure("peak memory of the second process", peak_memory(children=True), "MB"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=3000)
    arguments.add_argument("--repeat", type=int, default=3)
    given = arguments.parse_args()
    measure(given.tables, given.repeat)


if __name__ == "__main__":
    main()
