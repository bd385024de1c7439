"""Ten times as many things: what ingest and questions of the same answer take then.

    python -m benchmarks.growth [--tables 3000] [--columns 12]

The smaller house is measured before and after the larger one, and the mean counts: a machine that others work on is not
the same for so long. What is upstream of a table is the same however many tables come after it, so that its lineage is
asked in both houses.
From a million column edges to ten: `--tables 13000 --columns 60`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, emit, peak_memory
from benchmarks.ingest import SOURCE, crawled, joined
from benchmarks.waiting import until_all_follow, until_drawn
from benchmarks.warehouse import Warehouse

from clew.collector import calm
from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.settings import Settings

ME = Viewer("bench")
ASKED = 100
TIMES = 10


def grown(tables: int, asked: int, columns: float) -> tuple[float, float, float, int]:
    """Return seconds of ingest, milliseconds of lineage and of a description (medians), and the edges of all lineages.

    What is asked lies among the first `asked` tables. `columns` is the mean of a table.
    """
    warehouse = Warehouse(columns=columns)
    records = crawled(list(joined(list(warehouse.groups(tables)))), 1)
    dice = random.Random(3)  # noqa: S311
    starts = [dice.choice(warehouse.tables(asked)[asked // 2 :]) for _ in range(ASKED)]
    with tempfile.TemporaryDirectory() as folder, House(Settings(home=Path(folder) / "home")) as house:
        house.ledger.register(Source(SOURCE, "crawl"))
        house.start()
        calm()
        begun = time.perf_counter()
        for record in records:
            house.ledger.propose([record])
        until_drawn(house)
        seconds = time.perf_counter() - begun
        until_all_follow(house)
        lineages, descriptions, edges = [], [], 0
        for table in starts:
            column = warehouse.column_urn(table, 0)
            begun = time.perf_counter()
            answer = house.questions.lineage(column, ME, direction=Direction.UP)
            lineages.append((time.perf_counter() - begun) * 1000)
            edges += len(answer.edges)
            begun = time.perf_counter()
            house.questions.describe(table.urn, ME)
            descriptions.append((time.perf_counter() - begun) * 1000)
    return seconds, median(lineages), median(descriptions), edges


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tables", type=int, default=3000)
    arguments.add_argument("--columns", type=float, default=12.0)
    given = arguments.parse_args()
    few, columns = given.tables, given.columns
    before, large, after = (grown(each, few, columns) for each in (few, few * TIMES, few))
    assert before[3] == large[3] == after[3], "the answers are not the same"
    small = [(first + second) / 2 for first, second in zip(before, after, strict=True)]
    what = f"{few:,} to {few * TIMES:,} tables"
    emit(Figure("direct column edges of the larger", Warehouse(columns=columns).column_edges(few * TIMES), "edges"))
    emit(Figure(f"ingest, {what}", large[0] / small[0], "times", 11.0, baseline=f"{small[0]:.1f} s"))
    emit(
        Figure(f"lineage of the same answer, {what}", large[1] / small[1], "times", 1.3, baseline=f"{small[1]:.2f} ms")
    )
    emit(Figure(f"description, {what}", large[2] / small[2], "times", 1.3, baseline=f"{small[2]:.2f} ms"))
    emit(Figure("peak memory, generator included", peak_memory(), "MB"))


if __name__ == "__main__":
    main()
