"""Instructions that an event takes, counted by valgrind: the same figure however busy the machine is.

    python -m benchmarks.instructions [--tables 100]

A small house in one process, stage by stage: groups of about 100 events of which each changes, and events that a client
awaits one by one, into the ledger; the same into the graph, by commits taken together. What valgrind counts between
two commands with nothing in between is taken off. Instructions of the kernel are not counted, and nobody waits for a
disk. What is worked out ahead, in the second process of a house under load, is not counted where it is only taken.
Baseline in the same run: the same records from bytes, and appended to a file.
Needs valgrind (apt-get install valgrind).
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from benchmarks.figures import Figure, emit
from benchmarks.ingest import CLIENT, SOURCE, altered, crawled, joined, one_by_one
from benchmarks.warehouse import Warehouse

from clew.house import House
from clew.ledger import Source
from clew.materialise.drawn_ahead import Ahead, DrawnAhead
from clew.materialise.follower import GraphFollower
from clew.settings import Settings
from clew_schemas.event import Group, Record, decode, encode

WARM, COUNTED, TOGETHER = 40, 100, 18
"""Single events that nobody counts, those that are counted, and those that the graph takes in a step."""
ALTERED = 2
"""Groups of about 100 events of which each is altered."""
PIPE = 1 << 20
"""Bytes of changes that were worked out ahead and nobody has taken yet."""
STAGES = {
    "bare": "from bytes and to a file, each",
    "changed": "ledger, every event changed",
    "single": "ledger, one by one",
    "drawn": "graph, every event changed",
    "drawn singly": f"graph, one by one, {TOGETHER} commits a step",
    "taken": "graph, every event changed, worked out ahead",
    "taken singly": f"graph, one by one, {TOGETHER} commits a step, worked out ahead",
}


@contextmanager
def counting() -> Iterator[None]:
    """Let valgrind count what is done inside."""
    _tell("on")
    try:
        yield
    finally:
        _tell("off")


def _tell(word: str) -> None:
    command = ["callgrind_control", "-i", word, str(os.getpid())]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def run(stage: str, tables: int, folder: Path) -> int:
    """Do what a stage counts, in this process; return how many events that were."""
    first = list(joined(list(Warehouse().groups(tables))))
    singles = iter(one_by_one(first))
    changed = crawled(altered(first), 2)[1 : 1 + ALTERED]
    wire = [encode(each) for each in changed]
    events = sum(len(each.events) for each in changed if isinstance(each, Group))
    if stage == "nothing":
        with counting():
            return 1
    if stage == "bare":
        with (folder / "bare").open("wb") as file, counting():
            for each in wire:
                decode(each)
                file.write(each)
        return events
    with House(Settings(folder / "home", one_process=True)) as house:
        house.ledger.register(Source(SOURCE, "crawl"))
        house.ledger.register(Source(CLIENT, "time"))
        graph = next(each for each in house.followers if isinstance(each, GraphFollower))
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE)
        ahead = Ahead(house.ledger, write)

        def draw() -> None:
            while graph.step():
                pass
            ahead.heard(graph.position())

        def draw_ahead() -> None:
            while ahead.step():
                pass
            graph.ahead = DrawnAhead(read).take

        def say(records: Iterable[Record]) -> None:
            for each in records:
                house.ledger.propose([each])

        say([*crawled(first, 1), crawled(first, 2)[0]])
        draw()
        say(islice(singles, WARM))
        draw()
        if stage == "single":
            found = list(islice(singles, COUNTED))
            with counting():
                say(found)
            return COUNTED
        if stage.endswith("singly"):
            say(islice(singles, TOGETHER))
            draw()
            say(islice(singles, TOGETHER))
            if stage.startswith("taken"):
                draw_ahead()
            with counting():
                draw()
            return TOGETHER
        if stage in ("drawn", "taken"):
            say(changed)
            if stage == "taken":
                draw_ahead()
            with counting():
                draw()
        else:
            with counting():
                for each in wire:
                    house.ledger.propose([decode(each)])
    return events


def counted(stage: str, tables: int) -> tuple[int, int]:
    """Return the instructions that valgrind counts in a process of its own, and for how many events."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "counted"
        done = subprocess.run(
            [
                *("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={found}"),
                *(sys.executable, "-m", "benchmarks.instructions", "--stage", stage, "--tables", str(tables)),
            ],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        lines = [line for each in Path(folder).iterdir() for line in each.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("totals:")), int(done.stdout.split()[-1])


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=100)
    arguments.add_argument("--stage", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.stage:
        with tempfile.TemporaryDirectory() as folder:
            print(run(given.stage, given.tables, Path(folder)))
        return
    if shutil.which("valgrind") is None:
        arguments.error("valgrind is not here: apt-get install valgrind")
    nothing, _ = counted("nothing", given.tables)
    found = {}
    for stage in STAGES:
        total, events = counted(stage, given.tables)
        found[stage] = (total - nothing) / events / 1000
    baseline = f"{STAGES['bare']} {found.pop('bare'):.0f}"
    for stage, value in found.items():
        emit(Figure(f"instructions an event, {STAGES[stage]}", value, "thousand", baseline=baseline))


if __name__ == "__main__":
    main()
