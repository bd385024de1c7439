"""Crawl after crawl of the same house: what its memory does.

    python -m benchmarks.soak [--events 1000000]

Of each crawl a part changes and the rest does not; all views follow. The slopes are those of lines through what is held
after each crawl of the second half: memory of the process's own, and files that it has mapped, which the system takes
back when it needs them. The ledger's page cache grows to 64 MB, so that a short run shows a slope which ends there.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmarks.figures import Figure, emit
from benchmarks.ingest import SOURCE, altered, crawled, joined
from benchmarks.waiting import until_all_follow
from benchmarks.warehouse import Warehouse

from clew.collector import calm
from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_schemas.event import Group

TABLES = 1500
PORTION = 10
"""One group in so many changes in a crawl."""


def held() -> tuple[float, float]:
    """Return the MB that this process holds now: of its own, and of mapped files."""
    lines = (line.partition(":") for line in Path("/proc/self/status").read_text().splitlines())
    said = {name: int(value.split()[0]) / 1024 for name, _, value in lines if name in ("RssAnon", "RssFile")}
    return said["RssAnon"], said["RssFile"]


def soak(events: int) -> None:
    groups = list(joined(list(Warehouse().groups(TABLES))))
    standing: list[Group] = groups
    ways = (groups, altered(groups))
    sent, samples, begun = 0, [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, House(Settings(home=Path(folder) / "home")) as house:
        house.ledger.register(Source(SOURCE, "crawl"))
        house.start()
        calm()
        number = 0
        while sent < events:
            number += 1
            way = ways[number // PORTION % 2]
            standing = [way[at] if at % PORTION == number % PORTION else each for at, each in enumerate(standing)]
            for record in crawled(standing, number):
                house.ledger.propose([record])
            until_all_follow(house)
            sent += sum(len(each.events) for each in standing)
            samples.append((sent, *held()))
        assert house.doctor(mend=False)["findings"] == []
    seconds = time.perf_counter() - begun
    later = np.array(samples[len(samples) // 2 :])
    own, mapped = (float(np.polyfit(later[:, 0] / 100_000, later[:, at], 1)[0]) for at in (1, 2))
    emit(Figure(f"{sent:,} events in {number} crawls", sent / seconds, "events/s", more=True))
    last = samples[-1]
    emit(Figure("memory gained in 100,000 events, second half", own, "MB", baseline=f"{last[1]:.0f} MB held"))
    emit(Figure("mapped files gained in the same", mapped, "MB", baseline=f"{last[2]:.0f} MB mapped"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--events", type=int, default=200_000)
    soak(arguments.parse_args().events)


if __name__ == "__main__":
    main()
