"""Freshness of an embedded house: from the proposal until graph and search show it, at a rate of events.

    python -m benchmarks.freshness [--rate 500] [--seconds 20]

A new house first, whose second process begins to draw meanwhile; then the same house under the same load, which is what
the budget speaks of. Baseline in the same run: the commit alone, until the receipt.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from benchmarks.figures import Figure, emit
from benchmarks.freshness_on_servers import EVENTS, SOURCE, group
from benchmarks.windows import quietest

from clew.collector import calm
from clew.house import House
from clew.ledger import Source
from clew.settings import Settings


class Load:
    """Groups proposed at a rate, and when each was sent, acknowledged, and came into sight in each view."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._before = house.ledger.head_seq()
        self.sent: list[float] = []
        self.took: list[float] = []
        self.seen: dict[str, list[float]] = {"graph": [], "search": []}

    def run(self, rate: float, seconds: float) -> None:
        """Propose for so long, and wait until all of it is in sight."""
        stopping = threading.Event()
        watchers = [threading.Thread(target=self._watch, args=(view, stopping)) for view in self.seen]
        for each in watchers:
            each.start()
        begun = time.perf_counter()
        while (now := time.perf_counter()) - begun < seconds:
            time.sleep(max(0.0, begun + len(self.sent) * EVENTS / rate - now))
            self.sent.append(time.perf_counter())
            self._house.ledger.propose([group(self._before + len(self.sent))])
            self.took.append(time.perf_counter() - self.sent[-1])
        while any(len(each) < len(self.sent) for each in self.seen.values()):
            time.sleep(0.01)
        stopping.set()
        for each in watchers:
            each.join()

    def _watch(self, view: str, stopping: threading.Event) -> None:
        follower = next(each for each in self._house.followers if each.name == view)
        seen = self.seen[view]
        while not stopping.is_set():
            at, now = follower.position() - self._before, time.perf_counter()
            seen.extend([now] * (at - len(seen)))
            time.sleep(0.001)

    def receipt(self) -> float:
        """Return milliseconds until the receipt, p99."""
        return float(np.percentile(self.took, 99) * 1000)

    def late(self, view: str) -> float:
        """Return milliseconds until a view shows it, p99."""
        seen = np.array(self.seen[view][: len(self.sent)])
        return float(np.percentile(seen - np.array(self.sent), 99) * 1000)


def report(load: Load, rate: float, which: str, budgets: Mapping[str, float] = {}, windows: str = "") -> None:
    """Print the figures of a load."""
    baseline = f"the receipt alone: p99 {load.receipt():.1f} ms{windows}"
    for view in load.seen:
        name = f"{view} at {rate:.0f} events/s{which}, p99"
        emit(Figure(name, load.late(view), "ms", budgets.get(view), baseline=baseline))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rate", type=float, default=500.0)
    arguments.add_argument("--seconds", type=float, default=20.0)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, House(Settings(home=Path(folder))) as house:
        house.ledger.register(Source(SOURCE, "time"))
        house.start()
        calm()

        def measured() -> Load:
            load = Load(house)
            load.run(given.rate, given.seconds)
            return load

        report(measured(), given.rate, " of a new house")
        windows = quietest(measured, 1, 4)
        report(windows.kept[0], given.rate, "", {"graph": 25.0, "search": 500.0}, f"; {windows.said}")


if __name__ == "__main__":
    main()
