"""A large embedded house: ingest at scale, impact over a million column edges, search, bytes at rest.

    python -m benchmarks.large [--tables 110000]

110,000 tables, and the jobs that load them, are 200,000 assets with 1.6 million direct column edges. What is typed
into the search box is measured as `benchmarks.typed_search` says. Baselines in the same run: a bare breadth-first
search over the same edges in numpy, and SQLite's FTS5 over the same texts.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmarks.figures import Figure, emit, of_samples, p95, peak_memory
from benchmarks.typed_search import measure as search_while_typing
from benchmarks.waiting import until_all_follow, until_drawn
from benchmarks.warehouse import DOMAINS, NOUNS, SUBJECTS, Table, Warehouse
from benchmarks.windows import quietest
from numpy.typing import NDArray

from clew.collector import calm
from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.query.start import types_of
from clew.query.terms import ChangeKind, Grain
from clew.query.walk import Limits, walk
from clew.search import SearchQuery
from clew.settings import Settings
from clew_schemas.edges import EdgeType

ME = Viewer("bench")
BATCH = 25
STARTS = 60
QUERIES = 200
WINDOWS = 4
"""In so many the starts and the queries are asked."""


def build(house: House, warehouse: Warehouse, tables: int) -> int:
    """Take the whole warehouse in, wait for the views; return the bytes of its canonical JSON."""
    begun = time.perf_counter()
    batch, events, said = [], 0, 0
    for group in warehouse.groups(tables):
        batch.append(group)
        events += len(group.events)
        said += sum(len(each.payload) for each in group.events)
        if len(batch) == BATCH:
            house.ledger.propose(batch)
            batch = []
    if batch:
        house.ledger.propose(batch)
    committed = time.perf_counter() - begun
    until_drawn(house)
    drawn = time.perf_counter() - begun
    until_all_follow(house)
    related = time.perf_counter() - begun
    for what, seconds in (("ledger", committed), ("ledger, graph, search", drawn), ("and the relations", related)):
        emit(Figure(f"all of it new, {what}", events / seconds, "events/s"))
    return said


class Bare:
    """The same column edges as plain arrays, and a breadth-first search over them."""

    def __init__(self, house: House) -> None:
        edges = house.views.graph.dump()
        kept = np.isin(edges.type, [EdgeType.FLOW, EdgeType.MEMBER, EdgeType.NAMED, EdgeType.ASSERTS])
        direct = kept & ((edges.subtype & 16) == 0)
        src, dst = edges.src[direct], edges.dst[direct]
        order = np.argsort(src, kind="stable")
        self.src, self.dst = src[order], dst[order]
        self.size = int(max(src.max(), dst.max())) + 1
        self.first = np.searchsorted(self.src, np.arange(self.size + 1))

    def closure(self, start: int) -> int:
        """Return how many nodes are reached from one."""
        seen = np.zeros(self.size, bool)
        seen[start] = True
        frontier: NDArray[np.int64] = np.array([start])
        while len(frontier):
            counts = self.first[frontier + 1] - self.first[frontier]
            at = np.repeat(self.first[frontier] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
            reached = np.unique(self.dst[at + np.arange(counts.sum())])
            frontier = reached[~seen[reached]]
            seen[frontier] = True
        return int(seen.sum()) - 1


class Reach(NamedTuple):
    """How many nodes a column reaches, and the milliseconds of its impact and of the bare search."""

    reach: int
    took: float
    alone: float


def reaches(house: House, bare: Bare, urn: str) -> Iterator[Reach]:
    """Yield what the impact of a column took, if it reaches enough to be worth asking."""
    (number,) = house.ledger.ids([urn])
    begun = time.perf_counter()
    reach = bare.closure(number)
    alone = time.perf_counter() - begun
    if reach < 200:
        return
    begun = time.perf_counter()
    answer = house.questions.impact(urn, ChangeKind.DROP, ME, named=1000 if reach > 5000 else 100)
    took = time.perf_counter() - begun
    assert answer.envelope.complete, answer.envelope.gaps
    yield Reach(reach, took * 1000, alone * 1000)


def impacts(house: House, warehouse: Warehouse, tables: int) -> None:
    """Time impact from random columns, by how much they reach."""
    bare, dice = Bare(house), random.Random(11)  # noqa: S311
    made = warehouse.tables(tables)
    found: Iterator[Reach] = chain.from_iterable(
        reaches(house, bare, warehouse.column_urn(table, dice.randrange(len(table.columns))))
        for table in (dice.choice(made[: max(50, tables // 20)]) for _ in range(STARTS * 20))
    )
    windows = quietest(lambda: list(islice(found, STARTS // WINDOWS)), WINDOWS, 2 * WINDOWS)
    every = [each for window in windows.kept for each in window]
    small, large = [each for each in every if each.reach < 5000], [each for each in every if each.reach >= 5000]
    for name, those, budget in (("to 5,000 nodes", small, 5.0), ("of more", large, 100.0)):
        if those:
            times, reach = [each.took for each in those], int(np.median([each.reach for each in those]))
            baseline = f"bare search {np.median([each.alone for each in those]):.1f} ms; {windows.said}"
            emit(of_samples(f"impact {name} (median {reach})", times, "ms", budget=budget, baseline=baseline))
            emit(Figure(f"impact {name}, p95", p95(times), "ms"))
    _closures(house, bare, made, warehouse, dice)


def _closures(house: House, bare: Bare, made: list[Table], warehouse: Warehouse, dice: random.Random) -> None:
    """Time the engine's own walk against the bare one from the same starts."""
    ratios = []
    for _ in range(STARTS):
        table = dice.choice(made[: max(50, len(made) // 50)])
        (number,) = house.ledger.ids([warehouse.column_urn(table, 0)])
        begun = time.perf_counter()
        reach = bare.closure(number)
        alone = time.perf_counter() - begun
        if reach < 1000:
            continue
        start = np.array([number])
        begun = time.perf_counter()
        walk(
            house.views.graph,
            start,
            np.ones(1, np.uint8),
            Direction.DOWN,
            types_of(Grain.COLUMN),
            lambda labels, edges: np.where((edges.subtype & 16) == 0, labels, 0).astype(np.uint8),
            as_of=None,
            limits=Limits(),
        )
        ratios.append((time.perf_counter() - begun) / alone)
    if ratios:
        emit(of_samples("walk against bare search", ratios, "times", budget=4.0))


def searches(house: House, warehouse: Warehouse, tables: int) -> None:
    """Time searches with facets, typos and prefixes, none asked twice; FTS5 beside."""
    dice = random.Random(5)  # noqa: S311
    words = [*DOMAINS, *SUBJECTS, *NOUNS]

    def typed() -> str:
        one, other = dice.choice(words), dice.choice(words)
        way = dice.randrange(3)
        if way == 0 and len(one) > 5:
            at = dice.randrange(1, len(one) - 1)
            one = one[:at] + one[at + 1 :]
        elif way == 1:
            one = one[: max(3, len(one) - 2)]
        return one if dice.random() < 0.4 else f"{one} {other}"

    def took(text: str) -> tuple[str, float]:
        begun = time.perf_counter()
        house.questions.find(SearchQuery(text, facets=("kind", "namespace", "owner")), ME)
        return text, (time.perf_counter() - begun) * 1000

    unasked = iter(dict.fromkeys(typed() for _ in range(QUERIES * 5)))
    windows = quietest(lambda: [took(each) for each in islice(unasked, QUERIES // WINDOWS)], WINDOWS, 2 * WINDOWS)
    asked, times = zip(*(each for window in windows.kept for each in window), strict=True)
    beside = _fts5(warehouse, tables, asked)
    said = f"FTS5 {p95(beside):.1f} ms; {windows.said}"
    emit(of_samples("search, p50", times, "ms", baseline=f"FTS5, exact words only: {np.median(beside):.1f} ms"))
    emit(Figure("search with facets, typos, prefixes, p95", p95(times), "ms", 50.0, baseline=said))


def _fts5(warehouse: Warehouse, tables: int, asked: Sequence[str]) -> list[float]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE thing USING fts5(name, columns, prefix='2 3')")
    database.executemany(
        "INSERT INTO thing VALUES (?, ?)",
        ((each.name.replace(".", " ").replace("_", " "), " ".join(each.columns)) for each in warehouse.tables(tables)),
    )
    took = []
    for text in asked:
        begun = time.perf_counter()
        match = " ".join(f'"{word}"' for word in text.replace("_", " ").split())
        database.execute("SELECT rowid FROM thing WHERE thing MATCH ? ORDER BY rank LIMIT 20", (match,)).fetchall()
        database.execute("SELECT count(*) FROM thing WHERE thing MATCH ?", (match,)).fetchone()
        took.append((time.perf_counter() - begun) * 1000)
    return took


def at_rest(home: Path, said: int) -> None:
    """Weigh what the house holds."""
    ledger = sum(each.stat().st_size for each in home.glob("ledger.db*"))
    emit(Figure("ledger at rest", ledger / 1e6, "MB", baseline=f"canonical JSON {said / 1e6:.0f} MB"))
    for name in ("graph", "search"):
        size = sum(each.stat().st_size for each in (home / name).rglob("*") if each.is_file())
        emit(Figure(f"{name} at rest", size / 1e6, "MB"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=110_000)
    tables = arguments.parse_args().tables
    warehouse = Warehouse()
    emit(Figure("direct column edges", warehouse.column_edges(tables), "edges"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with House(Settings(home=home)) as house:
            house.ledger.register(Source("bench", "time"))
            house.start()
            calm()
            said = build(house, warehouse, tables)
            impacts(house, warehouse, tables)
            searches(house, warehouse, tables)
            search_while_typing(house)
        at_rest(home, said)
    emit(Figure("peak memory, generator included", peak_memory(), "MB"))


if __name__ == "__main__":
    main()
