"""Loads the flights, builds and tests the dbt project and writes its documentation, in one process."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
from load import DATABASE, HERE, checked, load

PROJECT = HERE / "dbt"
TARGET = HERE / ".work" / "target"


def dbt(*words: str, target: Path) -> bool:
    """Runs one dbt command on the project; true when it and all its tests passed."""
    from dbt.cli.main import dbtRunner  # slow to import, and reads its environment then

    started = time.perf_counter()
    places = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", target]
    outcome = dbtRunner().invoke(
        [*words, *map(str, places), "--log-path", str(target / "logs"), "--quiet"],
    )
    results = getattr(outcome.result, "results", None) or []
    counts = Counter(str(result.status) for result in results if hasattr(result, "status"))
    summary = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    print(f"dbt {' '.join(words)}: {summary or 'done'} in {time.perf_counter() - started:.1f} s")
    if outcome.exception:
        print(f"dbt {' '.join(words)}: {outcome.exception}", file=sys.stderr)
    return bool(outcome.success)


def build(database: Path, target: Path) -> bool:
    """Builds into the database; artifacts go to the target folder.

    `docs generate` writes run_results.json anew, with tests that were compiled and not run, so that the
    results of the build are kept as run_results.build.json before.
    """
    target.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "NYC_DUCKDB": str(database),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    passed = dbt("build", target=target)
    if results.exists():
        shutil.copyfile(results, target / "run_results.build.json")
    return dbt("docs", "generate", target=target) and passed


def keep_yesterday(database: Path) -> None:
    """Keeps a copy in a folder beside, as the database was yesterday: with a column that is gone today, and one that
    was of another type. It has the same file name, since that is the name of the catalog."""
    copy = database.parent / "yesterday" / database.name
    copy.parent.mkdir(exist_ok=True)
    shutil.copyfile(database, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("alter table raw.airports add column note varchar")
        connection.execute("alter table raw.planes alter speed type varchar")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, default=DATABASE, help="default: %(default)s")
    parser.add_argument("--target-dir", type=Path, default=TARGET, help="default: %(default)s")
    parser.add_argument("--days", type=int, help="load only the first N days of the year")
    parser.add_argument("--skip-load", action="store_true", help="keep the data, build incrementally on it")
    arguments = parser.parse_args()
    database = checked(arguments.database)
    if not arguments.skip_load:
        started = time.perf_counter()
        rows = load(database, arguments.days)
        seconds = time.perf_counter() - started
        print(f"load: {sum(rows.values()):,} rows into {len(rows)} tables in {seconds:.1f} s")
    passed = build(database, arguments.target_dir.resolve())
    keep_yesterday(database)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
