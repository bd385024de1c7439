"""How long a fact takes from its produce to Kafka until it can be asked, stage by stage, on real servers.

    python -m benchmarks.freshness_on_servers [--rate 500] [--seconds 30] [--warm 120]

Starts Kafka, registry, PostgreSQL, Neo4j and OpenSearch from packages, a committer and a materialiser in processes of
their own, and produces groups of ten events at the rate given in events a second. Every group is timed from just
before its produce until it is acknowledged by Kafka, committed in the ledger, visible in the graph, visible in the
search: of servers just started, whose code is not compiled yet, and after `--warm` seconds of the same load. The
baseline in the same run is one group at a time with nothing else going on.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tools.servers import NAMES, start

from clew.house import House
from clew.ledger import Source
from clew.log import Door
from clew.log.keys import KeyFolder
from clew.settings import KEYS, Role, Settings
from clew_schemas import Group, event

CLEW = str(Path(sys.executable).with_name("clew"))
SOURCE = "bench"
EVENTS = 10
STAGES = ("acknowledged", "committed", "graph", "search")


@dataclass
class Times:
    """Seconds since the epoch of the clock, by number of group, and by stage."""

    sent: list[float] = field(default_factory=list)
    seen: dict[str, list[float]] = field(default_factory=lambda: {stage: [] for stage in STAGES})

    def watch(self, stage: str, position: Callable[[], int], stopping: threading.Event) -> None:
        """Note for each group when a position reached it: nothing else writes, so the n-th is the commit of seq n."""
        seen = self.seen[stage]
        while not stopping.is_set():
            at = position()
            now = time.perf_counter()
            seen.extend([now] * (at - len(seen)))
            time.sleep(0.02)

    def report(self, title: str, first: int, last: int) -> None:
        """Print p50 and p95 in milliseconds of the groups from `first` to `last`."""
        print(f"{title} ({last - first} groups)")
        before = np.array(self.sent[first:last])
        for stage in STAGES:
            taken = (np.array(self.seen[stage][first:last]) - before) * 1000
            print(f"  {stage:<13} p50 {np.percentile(taken, 50):8.1f} ms   p95 {np.percentile(taken, 95):8.1f} ms")


def group(number: int) -> Group:
    """Return ten edits, of a thing each."""
    said = tuple(
        event(f"urn:clew:dataset:(duckdb://bench,main.t{number % 50}_{n})", "documentation", {"text": f"edit {number}"})
        if n % 2
        else event(
            f"urn:clew:dataset:(duckdb://bench,main.t{number % 50}_{n})",
            "schema",
            {"columns": [{"name": "id"}, {"name": f"c{number % 7}"}]},
        )
        for n in range(EVENTS)
    )
    return Group(SOURCE, f"g{number}-{time.time_ns()}", said)


def send(door: Door, times: Times, number: int) -> None:
    """Produce one group, and note when it was sent and acknowledged."""
    times.sent.append(time.perf_counter())
    (receipt,) = door.propose([group(number)])
    assert receipt.status == "queued", receipt
    times.seen["acknowledged"].append(time.perf_counter())


@contextmanager
def roles(environment: dict[str, str]) -> Iterator[None]:
    """Run a committer and a materialiser."""
    running = [
        subprocess.Popen([CLEW, "serve", "--role", role, "--port", "0"], env=environment, stdout=subprocess.DEVNULL)
        for role in ("committer", "materialiser")
    ]
    try:
        yield
    finally:
        for each in running:
            each.send_signal(signal.SIGTERM)
            each.wait(60)


def measure(house: House, door: Door, rate: float, seconds: float, warm: float) -> None:
    times, stopping = Times(), threading.Event()
    positions = {
        "committed": house.ledger.head_seq,
        "graph": lambda: house.views.graph.position().seq,
        "search": lambda: house.views.search.position().seq,
    }
    watchers = [threading.Thread(target=times.watch, args=(name, at, stopping)) for name, at in positions.items()]
    for each in watchers:
        each.start()

    def settled() -> None:
        while any(len(times.seen[stage]) < len(times.sent) for stage in STAGES):
            time.sleep(0.01)

    for number in range(30):
        send(door, times, number)
        settled()
    alone = len(times.sent)

    def load(seconds: float) -> tuple[str, int, int]:
        first, begun = len(times.sent), time.perf_counter()
        while time.perf_counter() - begun < seconds:
            due = begun + (len(times.sent) - first) * EVENTS / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            send(door, times, len(times.sent))
        reached = (len(times.sent) - first) * EVENTS / (time.perf_counter() - begun)
        settled()
        return f"{reached:.0f} events/s for {seconds:.0f} s", first, len(times.sent)

    cold, warmed = load(warm), load(seconds)
    stopping.set()
    for each in watchers:
        each.join()
    times.report("baseline: one group at a time, the house idle", 10, alone)
    for title, (load_of, first, last) in (("just started", cold), ("warm", warmed)):
        times.report(f"{title}: {load_of}", first, last)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rate", type=float, default=500.0, help="events a second")
    arguments.add_argument("--seconds", type=float, default=30.0)
    arguments.add_argument("--warm", type=float, default=120.0, help="seconds of the same load before")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        servers = start(NAMES, Path(folder) / "servers", own=True)
        try:
            urls = {name: url for each in servers.values() for name, url in each.env.items() if "TEST" not in name}
            plain = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
            environment = {**plain, **urls, "CLEW_HOME": f"{folder}/home"}
            settings = Settings.from_environment(environment)
            with House(settings, frozenset({Role.API})) as house, roles(environment):
                assert house.log is not None
                keys = KeyFolder(settings.home / KEYS)
                house.ledger.register(Source(SOURCE, "time"))
                house.ledger.set_public_key(SOURCE, keys.generate(SOURCE))
                door = house.log.door(keys)
                measure(house, door, given.rate, given.seconds, given.warm)
                door.close()
        finally:
            for server in servers.values():
                server.discard()


if __name__ == "__main__":
    main()
