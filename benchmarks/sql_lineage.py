"""Column lineage from SQL: TPC-DS and one query of 30 CTEs × 100 columns, against sqlglot's own parse and qualify.

    python -m benchmarks.sql_lineage [--repeat 7] [--peers]

CPU seconds of one process, medians, both sides in turn and compiled. With `--peers`, TPC-DS is also read by
acryl-datahub's parser, sqllineage and openlineage-sql, each in an environment of its own in the cache: the edges found
and how far they agree with ours. Edges of sqlglot's own lineage are held against ours, column by column, by
`tests/unit/clew_sql/test_tpc.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import sqlglot
from benchmarks.figures import Figure, emit, of_samples, peak_memory
from sqlglot import exp, parser
from sqlglot.optimizer.qualify import qualify
from tools import tpc
from tools.servers import packages

from clew_sql import Lineage, column_lineage

DIALECT = "duckdb"
PEERS = {
    "acryl-datahub": "acryl-datahub[sql-parser]==1.7.0.17",
    "sqllineage": "sqllineage==1.5.9",
    "openlineage-sql": "openlineage-sql==1.54.0",
}
PEER = Path(__file__).with_name("sql_peer.py")

Edge = tuple[str, str, str]


def large(ctes: int = 30, width: int = 100) -> tuple[str, tpc.Schema]:
    """Return a query of `ctes` CTEs of `width` columns, one a line, each built on the one before; and its schema."""
    schema = {"base": {"id": "INT", **{f"c{n}": "INT" for n in range(width)}}}
    parts = []
    for at in range(ctes):
        before = "base" if not at else f"step{at - 1}"
        columns = ",\n".join(f"  {_term(n, at, width)} AS c{n}" for n in range(width))
        parts.append(f"step{at} AS (SELECT l.id,\n{columns}\n FROM {before} AS l JOIN base AS r ON l.id = r.id)")
    return f"WITH {', '.join(parts)}\nSELECT * FROM step{ctes - 1}", schema


def _term(n: int, at: int, width: int) -> str:
    """Return an expression over the two sides, of another shape from column to column."""
    shapes = ("l.c{0}", "l.c{0} + r.c{1}", "CASE WHEN l.c{0} > 3 THEN r.c{1} ELSE 0 END", "coalesce(l.c{0}, {2})")
    return shapes[(n + at) % len(shapes)].format(n, (n * 7 + at) % width, at)


def ours(queries: Sequence[str], schema: tpc.Schema) -> list[Lineage]:
    return [column_lineage(sql, DIALECT, schema) for sql in queries]


def theirs(queries: Sequence[str], schema: tpc.Schema) -> list[exp.Expr]:
    return [qualify(sqlglot.parse_one(sql, read=DIALECT), dialect=DIALECT, schema={**schema}) for sql in queries]


def seconds(work: Callable[[Sequence[str], tpc.Schema], object], queries: Sequence[str], schema: tpc.Schema) -> float:
    """Return the CPU seconds of one round."""
    begun = time.process_time()
    work(queries, schema)
    return time.process_time() - begun


def compare(name: str, queries: Sequence[str], schema: tpc.Schema, repeat: int) -> None:
    """Measure both in turn, after a round that warms up."""
    seconds(ours, queries, schema), seconds(theirs, queries, schema)
    rounds = [(seconds(ours, queries, schema), seconds(theirs, queries, schema)) for _ in range(repeat)]
    mine, other = [each[0] for each in rounds], [each[1] for each in rounds]
    beside = f"sqlglot's parse and qualify {sorted(other)[repeat // 2]:.3f} s"
    emit(of_samples(f"{name}: CPU time", mine, "s", baseline=beside))
    emit(of_samples(f"{name}: ratio to sqlglot's parse and qualify", [a / b for a, b in rounds], "×", budget=2))
    if len(queries) > 1:
        speed = f"sqlglot {len(queries) / sorted(other)[repeat // 2]:.0f}"
        rates = [len(queries) / each for each in mine]
        emit(of_samples(f"{name}: queries a CPU second", rates, "queries/s", more=True, baseline=speed))


def resolved(queries: Sequence[str], schema: tpc.Schema) -> None:
    """Count the columns of TPC-DS, and those that stand for a stored column and have none."""
    found = ours(queries, schema)
    stored = {column for columns in schema.values() for column in columns}
    columns = [each for lineage in found for each in lineage.columns]
    without = [
        each for each in columns if not each.sources and not each.influences and stored & _named(each.expression)
    ]
    gaps = sum(len(lineage.unresolved) for lineage in found)
    said = f"of {len(columns)}, {gaps} gaps"
    emit(Figure("TPC-DS: output columns left without their source", len(without), "columns", 0, baseline=said))


def _named(expression: str) -> set[str]:
    return {each.name for each in sqlglot.parse_one(expression, read=DIALECT).find_all(exp.Column)}


def edges(lineage: Lineage) -> tuple[set[Edge], set[Edge]]:
    """Return (direct edges, those of what decides about one column), in lower case; repeated names are one."""
    named = [(column.name.lower().partition("#")[0], column) for column in lineage.columns]
    direct = {(name, s.table, s.column) for name, c in named for s in c.sources}
    deciding = {(name, i.table, i.column) for name, c in named for i in c.influences if i.column}
    return direct, deciding - direct


def labelled(sql: str) -> str:
    """Return the query with a name for each output column that has none: every parser names those in its own way."""
    tree = sqlglot.parse_one(sql, read=DIALECT)
    first = tree
    while isinstance(first, (exp.SetOperation, exp.Subquery)):
        first = first.this
    assert isinstance(first, exp.Select)
    # acryl-datahub takes an alias `_col_1` for one that sqlglot has made up
    kept = [not e.output_name.startswith("_col_") and bool(e.output_name) for e in first.expressions]
    items = [
        item if keep else exp.alias_(item.unalias(), f"column_{n}")
        for n, (item, keep) in enumerate(zip(first.expressions, kept, strict=True))
    ]
    first.set("expressions", items)
    return tree.sql(dialect=DIALECT)


def peers(queries: Sequence[str], schema: tpc.Schema, show: bool) -> None:
    """Have the others read the same, as written and with every name qualified by sqlglot."""
    queries = [labelled(sql) for sql in queries]
    full = [tree.sql(dialect=DIALECT) for tree in theirs(queries, schema)]
    for name, requirement in PEERS.items():
        python = packages.cached(f"peer-{name}", requirement, _environment(requirement)) / "bin" / "python"
        for form, texts in (("as written", queries), ("qualified", full)):
            _peer(f"{name} {_version(python, name)}, {form}", [str(python), str(PEER), name], texts, schema, show)


def _environment(requirement: str) -> Callable[[Path], None]:
    def build(target: Path) -> None:
        packages.run(["uv", "venv", "-q", "--clear", "--relocatable", "-p", sys.executable, str(target)])
        packages.run(["uv", "pip", "install", "-q", "-p", str(target / "bin" / "python"), requirement])

    return build


def _version(python: Path, name: str) -> str:
    ask = f"from importlib.metadata import version; print(version({name!r}))"
    return subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()


def _peer(label: str, command: list[str], queries: Sequence[str], schema: tpc.Schema, show: bool) -> None:
    given = json.dumps({"queries": queries, "schema": schema})
    answered = subprocess.run(command, check=True, input=given, capture_output=True, text=True)
    said = json.loads(answered.stdout)
    counts = {"both": 0, "missing": 0, "deciding": 0, "untold": 0, "other": 0, "failed": 0}
    for number, (lineage, found) in enumerate(zip(ours(queries, schema), said["edges"], strict=True), 1):
        if found is None:
            counts["failed"] += 1
            continue
        direct, deciding = edges(lineage)
        told = {(each[0], each[1], each[2]) for each in found}
        placed = {each for each in told if each[1]}
        counts["both"] += len(placed & direct)
        counts["missing"] += len(direct - placed)
        counts["deciding"] += len(placed & deciding)
        counts["untold"] += len(told - placed)
        counts["other"] += len(placed - direct - deciding)
        if show:
            _show(label, number, direct - placed, placed - direct - deciding)
    emit(Figure(f"{label}: CPU time for TPC-DS", said["seconds"], "s", baseline=_words(counts)))


def _show(label: str, number: int, missing: set[Edge], other: set[Edge]) -> None:
    for sign, found in (("-", missing), ("+", other)):
        for edge in sorted(found):
            print(f"{label}: {number} {sign} {' '.join(edge)}", file=sys.stderr)


def _words(counts: Mapping[str, int]) -> str:
    return (
        f"{counts['both']} direct edges as ours, {counts['missing']} of ours not found, {counts['deciding']} that"
        f" decide told as direct, {counts['untold']} without a table, {counts['other']} others;"
        f" {counts['failed']} queries not read"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--repeat", type=int, default=7)
    arguments.add_argument("--peers", action="store_true", help="also the other parsers, fetched where they lack")
    arguments.add_argument("--show", action="store_true", help="every edge in which another parser differs")
    given = arguments.parse_args()
    compiled = not str(parser.__file__).endswith(".py")
    suite = tpc.tpc_ds()
    compare("TPC-DS, 99 queries", suite.queries, suite.schema, given.repeat)
    resolved(suite.queries, suite.schema)
    sql, schema = large()
    name = f"30 CTEs × 100 columns, {len(sql.splitlines()):,} lines"
    compare(name, [sql], schema, given.repeat)
    emit(Figure("peak memory", peak_memory(), "MB", baseline=f"sqlglot {sqlglot.__version__}, compiled: {compiled}"))
    if given.peers:
        peers(suite.queries, suite.schema, given.show)


if __name__ == "__main__":
    main()
