"""Freshness of an embedded house: from the proposal until graph and search show it, at a rate of events.

    python -m benchmarks.freshness [--rate 500] [--seconds 20]

Baseline in the same run: the commit alone, until the receipt.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from benchmarks.figures import Figure, emit
from benchmarks.freshness_on_servers import EVENTS, SOURCE, group

from clew.collector import calm
from clew.house import House
from clew.ledger import Source
from clew.settings import Settings


def watched(house: House, view: str, seen: list[float], stopping: threading.Event) -> None:
    """Note when each commit came into sight in a view."""
    follower = next(each for each in house.followers if each.name == view)
    while not stopping.is_set():
        at, now = follower.position(), time.perf_counter()
        seen.extend([now] * (at - len(seen)))
        time.sleep(0.001)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rate", type=float, default=500.0)
    arguments.add_argument("--seconds", type=float, default=20.0)
    given = arguments.parse_args()
    sent: list[float] = []
    took: list[float] = []
    seen: dict[str, list[float]] = {"graph": [], "search": []}
    with tempfile.TemporaryDirectory() as folder, House(Settings(home=Path(folder))) as house:
        house.ledger.register(Source(SOURCE, "time"))
        house.start()
        calm()
        stopping = threading.Event()
        watchers = [threading.Thread(target=watched, args=(house, name, seen[name], stopping)) for name in seen]
        for each in watchers:
            each.start()
        begun = time.perf_counter()
        while (now := time.perf_counter()) - begun < given.seconds:
            time.sleep(max(0.0, begun + len(sent) * EVENTS / given.rate - now))
            sent.append(time.perf_counter())
            house.ledger.propose([group(len(sent))])
            took.append(time.perf_counter() - sent[-1])
        while any(len(each) < len(sent) for each in seen.values()):
            time.sleep(0.01)
        stopping.set()
        for each in watchers:
            each.join()
    baseline = f"the receipt alone: p99 {np.percentile(took, 99) * 1000:.1f} ms"
    for name, budget in (("graph", 25.0), ("search", 500.0)):
        late = (np.array(seen[name][: len(sent)]) - np.array(sent)) * 1000
        p99 = float(np.percentile(late, 99))
        emit(Figure(f"{name} at {given.rate:.0f} events/s, p99", p99, "ms", budget, baseline=baseline))


if __name__ == "__main__":
    main()
