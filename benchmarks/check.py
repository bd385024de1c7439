"""`clew check` on a dbt project of 1,000 models of which two changed: a cold process, its time and its memory.

    python -m benchmarks.check [--models 1000] [--times 5]

The project is made by a seed, layer on layer: staging views of sources, joins, aggregates, windows; each model reads
up to three of earlier layers and gives 12 columns. It is written as dbt writes artifacts (manifest version 12, catalog
version 1). One model of the first layer has another constant, one in the middle other layout. Baseline: the same
process on the project and itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.figures import Figure, emit, of_samples

CLEW = str(Path(sys.executable).with_name("clew"))
SEED, COLUMNS, SOURCES = 7, 12, 50
BUDGET = 10.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--models", type=int, default=1000)
    arguments.add_argument("--times", type=int, default=5)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder) / "old", Path(folder) / "new"
        texts = models(given.models)
        write(old, texts)
        write(new, changed(texts))
        found = measured(old, new, given.times)
        plain = measured(old, old, given.times)
    affected = len(json.loads(found.said)["assets"])
    base = f"nothing changed: {median(plain.seconds):.2f} s"
    name = f"clew check, {given.models:,} models, 2 changed ({affected} assets affected), cold process"
    emit(of_samples(name, found.seconds, "s", budget=BUDGET, baseline=base))
    emit(of_samples("its CPU time", found.busy, "s", baseline=f"nothing changed: {median(plain.busy):.2f} s"))
    emit(Figure("its peak memory", max(found.megabytes), "MB"))


def models(count: int) -> dict[str, str]:
    """Return the compiled SQL of each model by name, in an order in which none reads a later one."""
    chance = random.Random(SEED)  # noqa: S311 - the same project each time
    made: dict[str, str] = {}
    for number in range(count):
        name = f"m{number:04d}"
        if number < count // 5:
            made[name] = _staging(number)
        else:
            names = list(made)
            near = names[max(0, number - count // 4) : number]
            made[name] = _derived(chance, chance.sample(near, min(3, len(near))), number)
    return made


def _staging(number: int) -> str:
    columns = ",\n    ".join(
        f"c{at} as a{at}" if at % 3 else f"coalesce(c{at}, {number % 7}) as a{at}" for at in range(1, COLUMNS)
    )
    return f'select\n    id as a0,\n    {columns}\nfrom "wh"."raw"."s{number % SOURCES:02d}"\nwhere c1 > {number % 11}'


def _derived(chance: random.Random, parents: list[str], number: int) -> str:
    first = parents[0]
    ctes = ",\n".join(f'{each}_in as (\n    select * from "wh"."main"."{each}"\n)' for each in parents)
    joins = "\n".join(f"left join {each}_in on {each}_in.a0 = {first}_in.a0" for each in parents[1:])
    start = f"from {first}_in\n{joins}"
    kind = number % 3
    if kind == 0:
        values = ",\n    ".join(f"sum({first}_in.a{at}) as a{at}" for at in range(1, COLUMNS))
        body = f"select\n    {first}_in.a0,\n    {values}\n{start}\ngroup by {first}_in.a0"
    elif kind == 1:
        values = ",\n    ".join(
            f"case when {chance.choice(parents)}_in.a{at} > {at} then {first}_in.a{at} else 0 end as a{at}"
            for at in range(1, COLUMNS)
        )
        body = f"select\n    {first}_in.a0,\n    {values}\n{start}"
    else:
        values = ",\n    ".join(f"{first}_in.a{at}" for at in range(1, COLUMNS - 1))
        window = f"row_number() over (partition by {first}_in.a1 order by {first}_in.a0) as a{COLUMNS - 1}"
        body = f"select\n    {first}_in.a0,\n    {values},\n    {window}\n{start}\nwhere {first}_in.a2 is not null"
    return f"with {ctes}\n\n{body}"


def changed(texts: dict[str, str]) -> dict[str, str]:
    """Return the models after: one with another constant, one written differently."""
    names = list(texts)
    one, other = names[len(names) // 10], names[len(names) // 2]
    after = dict(texts)
    after[one] = texts[one].replace("where c1 > ", "where c1 >= ")
    after[other] = "-- tidied\n" + texts[other].replace("select\n", "SELECT\n").replace("\nfrom ", "\nFROM ")
    return after


def write(target: Path, texts: dict[str, str]) -> None:
    """Write manifest.json and catalog.json as dbt does, as far as anybody reads them."""
    target.mkdir()
    head = {"generated_at": "2026-01-01T00:00:00Z", "invocation_id": "0", "env": {}}
    version = "https://schemas.getdbt.com/dbt"
    nodes = {f"model.wh.{name}": _node(name, sql, texts) for name, sql in texts.items()}
    sources = {f"source.wh.raw.s{at:02d}": _source(at) for at in range(SOURCES)}
    manifest: dict[str, Any] = {
        "metadata": {
            **head,
            "dbt_schema_version": f"{version}/manifest/v12.json",
            "project_name": "wh",
            "adapter_type": "duckdb",
        },
        "nodes": nodes,
        "sources": sources,
        "exposures": {},
        "groups": {},
        "macros": {},
    }
    catalog = {
        "metadata": {**head, "dbt_schema_version": f"{version}/catalog/v1.json"},
        "nodes": {uid: _table("main", uid.rsplit(".", 1)[-1], [f"a{at}" for at in range(COLUMNS)]) for uid in nodes},
        "sources": {uid: _table("raw", uid[-3:], ["id", *(f"c{at}" for at in range(1, COLUMNS))]) for uid in sources},
        "errors": None,
    }
    (target / "manifest.json").write_text(json.dumps(manifest))
    (target / "catalog.json").write_text(json.dumps(catalog))


def _node(name: str, sql: str, texts: dict[str, str]) -> dict[str, Any]:
    reads = [f"model.wh.{each}" for each in texts if f'"main"."{each}"' in sql]
    reads += [f"source.wh.raw.s{at:02d}" for at in range(SOURCES) if f'"raw"."s{at:02d}"' in sql]
    return {
        "unique_id": f"model.wh.{name}", "resource_type": "model", "name": name, "alias": name, "database": "wh",
        "schema": "main", "relation_name": f'"wh"."main"."{name}"', "language": "sql", "compiled_code": sql,
        "raw_code": sql, "original_file_path": f"models/{name}.sql", "config": {"materialized": "view"},
        "depends_on": {"nodes": reads}, "columns": {}, "tags": [], "meta": {}, "description": "",
    }  # fmt: skip


def _source(at: int) -> dict[str, Any]:
    return {
        "unique_id": f"source.wh.raw.s{at:02d}", "source_name": "raw", "name": f"s{at:02d}", "identifier": f"s{at:02d}",
        "database": "wh", "schema": "raw", "columns": {}, "tags": [], "meta": {}, "original_file_path": "models/s.yml",
    }  # fmt: skip


def _table(schema: str, name: str, columns: list[str]) -> dict[str, Any]:
    return {
        "metadata": {"type": "VIEW", "schema": schema, "name": name, "database": "wh"},
        "columns": {each: {"name": each, "type": "INTEGER", "index": at + 1} for at, each in enumerate(columns)},
    }


class Measured(NamedTuple):
    """Seconds on the clock, seconds of CPU and peak megabytes of each run, and what the last one said."""

    seconds: list[float]
    busy: list[float]
    megabytes: list[float]
    said: str


def measured(old: Path, new: Path, times: int) -> Measured:
    """Run a check of two target folders as processes of their own."""
    seconds, busy, megabytes, said = [], [], [], ""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    words = [
        "check",
        "--old",
        str(old),
        "--new",
        str(new),
        "--namespace",
        "duckdb://wh",
        "--offline",
        "--format",
        "json",
    ]
    for _ in range(times):
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([CLEW, *words], env=environment, capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - begun)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        megabytes.append(after.ru_maxrss / 1000)
        if done.returncode:
            sys.exit(done.stderr)
        said = done.stdout
    return Measured(seconds, busy, megabytes, said)


if __name__ == "__main__":
    main()
