"""Ten times as many things: what ingest and questions of the same answer take then.

    python -m benchmarks.growth [--tables 3000] [--columns 12]

Ingest of the smaller house is measured before and after that of the larger one, and the mean counts; both houses are
asked in turns, question by question: a machine that others work on is not the same for so long.
What is upstream of a table is the same however many tables come after it, so that its lineage is asked in both houses.
From a million column edges to ten: `--tables 13000 --columns 60`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figures import Figure, emit, peak_memory
from benchmarks.ingest import SOURCE, crawled, joined
from benchmarks.waiting import until_all_follow, until_drawn
from benchmarks.warehouse import Table, Warehouse
from benchmarks.windows import quietest

from clew.collector import calm
from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.settings import Settings

ME = Viewer("bench")
WINDOWS, ASKED = 4, 25
"""In so many windows so many tables are asked for."""
TIMES = 10


@contextmanager
def grown(warehouse: Warehouse, tables: int) -> Iterator[tuple[House, float]]:
    """Yield a house that has taken so many tables in, and the seconds until graph and search had them."""
    records = crawled(list(joined(list(warehouse.groups(tables)))), 1)
    with tempfile.TemporaryDirectory() as folder, House(Settings(home=Path(folder) / "home")) as house:
        house.ledger.register(Source(SOURCE, "crawl"))
        house.start()
        calm()
        begun = time.perf_counter()
        for record in records:
            house.ledger.propose([record])
        until_drawn(house)
        seconds = time.perf_counter() - begun
        del records
        until_all_follow(house)
        yield house, seconds


class Asked(NamedTuple):
    """Milliseconds that a table's lineage and its description took in one house, and the edges of the lineage."""

    lineage: float
    description: float
    edges: int


def asked(house: House, warehouse: Warehouse, table: Table) -> Asked:
    """Ask for what is upstream of a table's first column, and for all that is known of the table."""
    begun = time.perf_counter()
    answer = house.questions.lineage(warehouse.column_urn(table, 0), ME, direction=Direction.UP)
    answered = time.perf_counter()
    house.questions.describe(table.urn, ME)
    return Asked((answered - begun) * 1000, (time.perf_counter() - answered) * 1000, len(answer.edges))


def in_turns(houses: Sequence[House], warehouse: Warehouse, among: Sequence[Table]) -> tuple[list[list[Asked]], str]:
    """Return what each house took for the same random tables, each first in every other turn; and how quiet it was."""
    dice = random.Random(3)  # noqa: S311

    def turn(at: int, table: Table) -> list[Asked]:
        found = [asked(house, warehouse, table) for house in houses[:: 1 if at % 2 else -1]]
        return found[:: 1 if at % 2 else -1]

    def window() -> list[list[Asked]]:
        return [turn(at, table) for at, table in enumerate(dice.choices(among, k=ASKED))]

    windows = quietest(window, WINDOWS, 2 * WINDOWS)
    return [list(each) for each in zip(*(pair for one in windows.kept for pair in one), strict=True)], windows.said


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=3000)
    arguments.add_argument("--columns", type=float, default=12.0)
    given = arguments.parse_args()
    few, warehouse = given.tables, Warehouse(columns=given.columns)
    with grown(warehouse, few) as (small, before), grown(warehouse, few * TIMES) as (large, took):
        (less, more), said = in_turns([small, large], warehouse, warehouse.tables(few)[few // 2 :])
    with grown(warehouse, few) as (_, after):
        seconds = (before + after) / 2
    assert [each.edges for each in less] == [each.edges for each in more], "the answers are not the same"
    what = f"{few:,} to {few * TIMES:,} tables"
    emit(Figure("direct column edges of the larger", warehouse.column_edges(few * TIMES), "edges"))
    emit(Figure(f"ingest, {what}", took / seconds, "times", 11.0, baseline=f"{seconds:.1f} s"))
    for name in ("lineage", "description"):
        alone, beside = (median(getattr(each, name) for each in those) for those in (less, more))
        same = " of the same answer" if name == "lineage" else ""
        emit(Figure(f"{name}{same}, {what}", beside / alone, "times", 1.3, baseline=f"{alone:.2f} ms; {said}"))
    emit(Figure("peak memory, generator included", peak_memory(), "MB"))


if __name__ == "__main__":
    main()
