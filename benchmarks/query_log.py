"""A query log of 100,000 statements on its way: from JSON lines to use, join keys and lineage, in one process.

    python -m benchmarks.query_log [--statements 100000] [--texts 3000]

The statements are of `texts` shapes over 300 tables of 20 columns, with other literals each time; one in twenty writes,
one in fifty makes or reads a temporary table of its session. Baseline in the same run: the distinct texts, literals
blanked, read one after the other by `clew_sql` alone, without ledger and without sessions.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from benchmarks.figures import Figure, emit, peak_memory

from clew.derive.query_log import QueryLogs
from clew.house import House
from clew.ledger import Source
from clew.settings import Settings
from clew_connectors.query_log import CONNECTOR
from clew_connectors.query_log.literals import blanked
from clew_connectors.recipe import Recipe
from clew_connectors.run import run
from clew_schemas import Group, event
from clew_schemas.event import Receipt, Record
from clew_schemas.urn import make
from clew_sql import column_lineage

NAMESPACE, DATABASE, SCHEMA = "snowflake://bench", "SHOP", "PUBLIC"
TABLES, COLUMNS, SESSIONS = 300, 20, 500
BEGIN = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


class _Sink:
    """The ledger of a house, as a connector's sink."""

    def __init__(self, house: House) -> None:
        self._ledger = house.ledger

    def register(self, name: str, *, order: Literal["crawl"], door: str, rank: int) -> object:
        return self._ledger.register(Source(name, order, rank, door))

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        return self._ledger.propose(records, waits=False)


def describe(house: House) -> None:
    """Make the tables known."""
    house.ledger.register(Source("bench", "time"))
    for at in range(0, TABLES, 100):
        events = tuple(
            event(
                make("dataset", NAMESPACE, f"{DATABASE}.{SCHEMA}.T{table}"),
                "schema",
                {"columns": [{"name": f"C{column}", "type": "NUMBER"} for column in range(COLUMNS)]},
            )
            for table in range(at, at + 100)
        )
        house.ledger.propose([Group("bench", f"tables-{at}", events)])


def shapes(count: int, chance: random.Random) -> list[str]:
    """Return statements with `{}` where a literal stands."""
    return [_shape(number, chance) for number in range(count)]


def _shape(number: int, chance: random.Random) -> str:
    one, other = (f"t{chance.randrange(TABLES)}" for _ in range(2))
    a, b, c, d = (f"c{chance.randrange(COLUMNS)}" for _ in range(4))
    select = (
        f"SELECT x.{a} AS k{number}, sum(y.{b}) AS total, count(*) AS n FROM {one} x JOIN {other} y ON x.{c} = y.{c}"
        f" WHERE x.{d} > {{}} AND y.{d} = '{{}}' GROUP BY 1"
    )
    if number % 20 == 0:
        return f"INSERT INTO mart_{number % 200} (k, total, n) {select}"
    if number % 3 == 0:
        return f"WITH w AS ({select}) SELECT k{number}, total / nullif(n, 0) AS mean FROM w ORDER BY 2 DESC LIMIT {{}}"
    return select


def log(count: int, texts: int) -> Iterator[str]:
    """Yield the lines of the log."""
    chance = random.Random(7)  # noqa: S311 - the same log each time
    known = shapes(texts, chance)
    moment = BEGIN
    for number in range(count):
        moment += timedelta(milliseconds=800)
        session = f"s{chance.randrange(SESSIONS)}"
        text = known[min(int(chance.expovariate(4 / texts)), texts - 1)]
        if number % 100 == 0:
            text = f"CREATE TEMPORARY TABLE mine AS {known[1]}"
        elif number % 100 == 1:
            text = "SELECT total, n FROM mine WHERE total > {}"
        values = [chance.randrange(10**6) for _ in range(4)]
        said = {
            "QUERY_TEXT": text.format(*values),
            "START_TIME": moment.isoformat(),
            "USER_NAME": f"user{hash(session) % 40}",
            "SESSION_ID": session,
            "DATABASE_NAME": DATABASE,
            "SCHEMA_NAME": SCHEMA,
        }
        yield json.dumps(said) + "\n"


def baseline(texts: int) -> float:
    """Return the seconds that reading the distinct texts alone takes."""
    schema = {
        f"{DATABASE}.{SCHEMA}.T{table}": {f"C{column}": "NUMBER" for column in range(COLUMNS)}
        for table in range(TABLES)
    }
    chance = random.Random(7)  # noqa: S311 - as in the log
    plain = [blanked(text.format(1, 1, 1), "snowflake") for text in shapes(texts, chance)]
    begun = time.perf_counter()
    for text in plain:
        column_lineage(text, "snowflake", schema, DATABASE, SCHEMA)
    return time.perf_counter() - begun


def measure(count: int, texts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        with path.open("w") as file:
            file.writelines(log(count, texts))
        size = path.stat().st_size / 1e6
        config = {"path": str(path), "dialect": "snowflake", "namespace": NAMESPACE}
        recipe = Recipe("bench-log", CONNECTOR, CONNECTOR.spec.model_validate(config), "bench.yml")
        alone = baseline(texts)
        with House(Settings(home=Path(folder) / "home")) as house:
            describe(house)
            house.catch_up()
            before = peak_memory()
            begun = time.perf_counter()
            summary = run(recipe, _Sink(house))
            sent = time.perf_counter() - begun
            house.catch_up()
            seconds = time.perf_counter() - begun
            assert summary.parked == summary.refused == 0, summary.held
            (logs,) = (each for each in house.reactors if isinstance(each, QueryLogs))
            read, met = logs.statements.read, logs.statements.met
    said = f"reading the {texts:,} texts alone {alone:.1f} s"
    emit(Figure(f"{count:,} logged statements ({size:.0f} MB) to use and lineage", seconds, "s", baseline=said))
    emit(Figure("of this into the ledger", sent, "s"))
    emit(Figure("statements a second", count / seconds, "/s"))
    emit(Figure("scripts read; the others were met in the cache", read, "scripts", baseline=f"{met:,} met"))
    emit(Figure("peak memory", peak_memory(), "MB", 500, baseline=f"before the log {before:.0f} MB"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--statements", type=int, default=100_000)
    arguments.add_argument("--texts", type=int, default=3_000)
    given = arguments.parse_args()
    measure(given.statements, given.texts)


if __name__ == "__main__":
    main()
