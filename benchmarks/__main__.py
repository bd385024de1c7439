"""All measurements, each in a process of its own; the results as a page.

    python -m benchmarks [--check] [--page docs/benchmarks.md] [--only ingest,large] [--tables 110000]

With `--check` the exit code is 1 when a figure misses its budget. It is 1 in any case when a measurement fails; the
others are made all the same.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.windows import QUIET, REST, taken, ticks

MEASURES = {
    "startup": "Starting",
    "ingest": "Durable ingest, embedded",
    "freshness": "Freshness, embedded",
    "large": "A large house",
    "at_rest": "Bytes at rest",
    "growth": "Ten times as much",
    "soak": "Crawl after crawl",
    "sql_lineage": "Column lineage from SQL",
    "query_log": "A query log",
    "check": "A check of a dbt project",
    "web": "The lineage page at its limit",
}


def measured(name: str, words: list[str]) -> tuple[list[Figure], int]:
    """Run one measurement; return its figures and its exit code. What it says otherwise goes to standard error."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *words]
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("FIGURE "):
                figure = Figure(**json.loads(line[7:]))
                print(f"  {row(figure)}", flush=True)
                found.append(figure)
            else:
                sys.stderr.write(line)
    if process.returncode:
        print(f"{' '.join(command)} ended with {process.returncode}", file=sys.stderr)
    return found, process.returncode


def row(figure: Figure) -> str:
    """Return a figure as a row of a table."""
    way = "" if figure.budget is None else f"{'≥' if figure.more else '≤'} {figure.budget:,g}"
    verdict = {None: "", True: "holds", False: "**missed**"}[figure.holds]
    spread = "" if figure.spread is None else f" ± {number(figure.spread)}"
    value = f"{number(figure.value)}{spread} {figure.unit}"
    return f"| {figure.name} | {value} | {way} | {verdict} | {figure.baseline or ''} |"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def without(measured: list[str]) -> list[str]:
    """Return the lines that say what a run left out, or has not come to yet."""
    missing = [title for name, title in MEASURES.items() if name not in measured]
    return ["", f"Not measured in this run: {'; '.join(missing)}."] if missing else []


def machine() -> str:
    """Return what the figures were measured on, and how busy it was."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{moment}, {os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}, load {load}"


def pace() -> float:
    """Return the milliseconds of CPU that a million multiplications take: a machine that others share has its moods."""
    begun, total = time.process_time(), 0
    for each in range(1_000_000):
        total += each * each
    return (time.process_time() - begun) * 1000


def speed(pace_before: float, ticks_before: tuple[int, int] | None) -> str:
    """Return how fast the machine was before and after, and how much of it others had meanwhile."""
    said = f"A million multiplications: {pace_before:.0f} ms before, {pace():.0f} ms after"
    others = taken(ticks_before)
    return f"{said}." if others is None else f"{said}; {others:.0%} for others."


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="exit with 1 when a budget is missed")
    arguments.add_argument("--page", type=Path, help="write the results to this page")
    arguments.add_argument("--only", default=",".join(MEASURES), help="which ones, separated by commas")
    arguments.add_argument("--tables", type=int, default=110_000, help="tables of the large house")
    given = arguments.parse_args()
    about = machine()
    print(about)
    page = [
        "# Benchmarks",
        "",
        f"Written by `make bench`: {about} at the start.",
        "Medians, ± half the distance between the quartiles; each figure with its baseline from the same run. What is",
        "measured stands at the top of each file in `benchmarks/`. How fast the machine was just then stands at each",
        "section: the CPU time of a loop of a million multiplications in Python, before and after, and the share of",
        "the cores' time that the host gave to others meanwhile. Where a figure says *windows*, it was measured again",
        f"while others had more than {QUIET:.0%} of one, after {REST:.0f} s of rest; those of which they had least",
        "count, whatever they gave.",
    ]
    missed = failed = 0
    chosen = given.only.split(",")
    for at, name in enumerate(chosen, start=1):
        before, counted = pace(), ticks()
        print(f"{MEASURES[name]} ({before:.0f} ms for a million multiplications)", flush=True)
        figures, code = measured(name, ["--tables", str(given.tables)] if name == "large" else [])
        missed += sum(each.holds is False for each in figures)
        failed += code != 0
        page += ["", f"## {MEASURES[name]}", "", speed(before, counted)]
        if code:
            page += ["", "**It failed**; what it had measured by then:"]
        page += ["", "| what | seen | budget | | baseline |", "|---|---|---|---|---|"]
        page += [row(each) for each in figures]
        if given.page:
            given.page.write_text("\n".join([*page, *without(chosen[:at])]) + "\n")
    print(f"{missed} figures miss their budget" + (f", {failed} measurements failed" if failed else ""))
    return 1 if failed or (given.check and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
