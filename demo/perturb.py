"""Finds out from the data alone which input columns each output column of a dbt model depends on.

What a model reads is copied for a few days of the year. One input column at a time is disturbed, the model's
compiled SQL runs again, and an output column whose values came out different, as a multiset, depends on that
input. No SQL is parsed here, so that the answer can check those who parse it.

An ephemeral model is asked by itself (its relation is null) and, inlined, in its readers. An incremental
model whose compiled SQL reads the model's own table is asked twice: with that table empty, as at its first
build, for its parents' columns; and with the earlier half of the days in it, for its own columns.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

WORK = Path(__file__).parent / ".work"

# In what follows, {x} is a value and {y} the same column of another row, each row having another one.
EVERY_TYPE = {
    "shuffle": "{y}",
    "partial": "case when {half} then {y} else {x} end",
    "null": "case when {third} then null else {x} end",
    "constant": "min({x}) over ()",
}
BY_TYPE = {
    "number": {"shift": "{x} + 1", "split": "{x} + {half}::int", "stretch": "{x} * 7 - 3"},
    "text": {"shift": "{x} || '~'", "split": "case when {half} then {x} || '~' else {x} end"},
    "boolean": {"shift": "not {x}", "split": "{x} <> {half}"},
    "time": {
        "shift": "{x} + interval 1 day",
        "split": "{x} + {half}::int * interval 1 day",
        "stretch": "{x} + interval 40 days",
    },
}


@dataclass(frozen=True)
class Relation:
    """A table or view by its name in reports and its name in SQL."""

    name: str
    sql: str

    @classmethod
    def of(cls, node: dict[str, Any]) -> Relation:
        table = node.get("identifier") or node["alias"]
        return cls(f"{node['database']}.{node['schema']}.{table}", node["relation_name"])

    def beside(self, what: str) -> Relation:
        """Another table for the same relation, in a place of its own."""
        return Relation(self.name, f'beside."{self.name} {what}"')


@dataclass(frozen=True)
class Query:
    """A model's SQL and the relations whose columns are disturbed under it."""

    model: str
    sql: str
    inputs: tuple[Relation, ...]


@dataclass(frozen=True)
class Fingerprint:
    """How many rows a query gave, and a sum over each output column that no order of rows changes."""

    rows: int
    columns: dict[str, int]


class Project:
    """The models of a dbt manifest and what they read."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.sources = [Relation.of(node) for node in manifest["sources"].values()]
        self.nodes = manifest["nodes"] | manifest["sources"]
        models = (name for name, node in manifest["nodes"].items() if node["resource_type"] == "model")
        self.models = list(dict.fromkeys(one for model in sorted(models) for one in self._upstream(model)))

    def _upstream(self, model: str) -> Iterator[str]:
        """The model's ancestors and itself, parents first."""
        for parent in self.nodes[model]["depends_on"]["nodes"]:
            if self.nodes[parent]["resource_type"] == "model":
                yield from self._upstream(parent)
        yield model

    def relation(self, model: str) -> Relation | None:
        return Relation.of(self.nodes[model]) if self.nodes[model]["relation_name"] else None

    def parents(self, model: str) -> tuple[Relation, ...]:
        """The tables and views that a model reads, through ephemeral models."""
        found: list[Relation] = []
        for parent in self.nodes[model]["depends_on"]["nodes"]:
            direct = self.relation(parent)
            found.extend([direct] if direct else self.parents(parent))
        return tuple(dict.fromkeys(found))

    def queries(self, model: str) -> Iterator[Query]:
        """The model as of its first build; then, if it reads its own table, as of a later one."""
        sql, own = self.nodes[model]["compiled_code"], self.relation(model)
        if own is None or own.sql not in sql:
            yield Query(model, sql, self.parents(model))
            return
        yield Query(model, sql.replace(own.sql, own.beside("empty").sql), self.parents(model))
        yield Query(model, sql.replace(own.sql, own.beside("half").sql), (own.beside("half"),))


class SmallCopy:
    """A few days of a project's database, in memory and under the names that compiled SQL uses."""

    def __init__(self, project: Project, database: Path, start: str, days: int, seed: int) -> None:
        self.seed = seed
        self._outputs: dict[str, dict[str, str]] = {}  # by SQL; disturbed columns keep their types
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute(f"""
            set TimeZone = 'UTC';
            attach ':memory:' as nyc; attach ':memory:' as beside; attach '{database}' as built (read_only)""")
        self._build(project, start, days // 2, "half")
        self._build(project, start, days, "empty")
        self.connection.execute("detach built")

    def _build(self, project: Project, start: str, days: int, own: str) -> None:
        """Fills the sources and every model; beside a model that reads itself stands what it will find."""
        for source in project.sources:
            built = source.sql.replace('"nyc"', "built", 1)
            dated = {"year", "month", "day"} <= set(self.types(built))
            few = f"where make_date(year, month, day) - date '{start}' between 0 and {days - 1}" if dated else ""
            self._create(source, f"from {built} {few}")
            if not self.connection.execute(f"select 1 from {source.sql} limit 1").fetchone():
                raise SystemExit(f"{source.name}: no rows in the {days} days from {start}; choose another --start")
        for model in project.models:
            relation, first = project.relation(model), next(project.queries(model))
            if relation is None:
                continue
            if first.sql != project.nodes[model]["compiled_code"]:
                self._create(relation.beside("empty"), f"from built.{relation.sql.split('.', 1)[1]} limit 0")
            self._create(relation, first.sql)
            if own == "half":
                self._create(relation.beside("half"), f"from {relation.sql}")

    def _create(self, relation: Relation, sql: str) -> None:
        schema = relation.sql.rsplit(".", 1)[0]
        if not relation.sql.startswith("beside"):
            self.connection.execute(f"create schema if not exists {schema}")
        self.connection.execute(f"create or replace table {relation.sql} as {sql}")

    def types(self, relation: str) -> dict[str, str]:
        """The columns of a relation with their types."""
        rows = self.connection.execute(f"describe {relation}").fetchall()
        return {row[0]: row[1] for row in rows}

    def keep(self, relation: Relation) -> None:
        """Puts the relation's rows aside, numbered, and once more in another order."""
        self.connection.execute(f"""
            create or replace table beside.kept as select *, row_number() over () as "row" from {relation.sql};
            create or replace table beside.mixed as
                select * replace (row_number() over (order by hash("row" + {self.seed})) as "row")
                from beside.kept""")

    def disturb(self, relation: Relation, column: str, type_: str, expression: str) -> None:
        """Fills the relation with the kept rows, one column changed."""
        formula = expression.format(
            x=f'kept."{column}"',
            y=f'mixed."{column}"',
            half=f'(hash(kept."row" * 31 + {self.seed}) % 2 = 0)',
            third=f'(hash(kept."row" * 37 + {self.seed}) % 3 = 0)',
        )
        self._create(
            relation,
            f"""select kept.* exclude ("row") replace (({formula})::{type_} as "{column}")
            from beside.kept as kept join beside.mixed as mixed on kept."row" = mixed."row"
            order by kept."row\"""",
        )

    def restore(self, relation: Relation, kept: str = "kept") -> None:
        self._create(relation, f'select * exclude ("row") from beside.{kept} order by "row"')

    def fingerprint(self, sql: str) -> Fingerprint:
        """Runs a query; fractions count to six digits, so that the order of a sum does not matter."""
        if sql not in self._outputs:
            self._outputs[sql] = self.types(f"(\n{sql}\n)")
        types = self._outputs[sql]
        values = {
            name: f'round("{name}", 6) + 0.0' if type_ in ("DOUBLE", "FLOAT") else f'"{name}"'
            for name, type_ in types.items()
        }
        sums = ", ".join(f"coalesce(sum(hash({value})), 0)" for value in values.values())
        row = self.connection.execute(f"select count(*), {sums} from (\n{sql}\n)").fetchone()
        assert row is not None
        return Fingerprint(int(row[0]), dict(zip(types, map(int, row[1:]), strict=True)))


def disturbances(type_: str) -> dict[str, str]:
    """The formulas for a column of this type, by name."""
    match type_.split("(")[0].split()[0]:
        case "VARCHAR":
            return BY_TYPE["text"] | EVERY_TYPE
        case "BOOLEAN":
            return BY_TYPE["boolean"] | EVERY_TYPE
        case "DATE" | "TIMESTAMP":
            return BY_TYPE["time"] | EVERY_TYPE
        case _:
            return BY_TYPE["number"] | EVERY_TYPE


def unstable(copy: SmallCopy, query: Query, baseline: Fingerprint) -> set[str]:
    """Output columns that differ although no value does: in a second run, or with the inputs' rows mixed."""
    again = [copy.fingerprint(query.sql)]
    for relation in query.inputs:
        copy.keep(relation)
        copy.restore(relation, "mixed")
        again.append(copy.fingerprint(query.sql))
        copy.restore(relation)
    return {name for name, total in baseline.columns.items() if any(one.columns[name] != total for one in again)}


@dataclass(frozen=True)
class Findings:
    """Names of disturbances by query, input and column: what changed, moved the row count, or failed."""

    changed: defaultdict[tuple[Query, Relation, str, str], list[str]]
    moved: defaultdict[tuple[Query, Relation, str], list[str]]
    failed: defaultdict[tuple[Query, Relation, str], list[str]]


def examine(copy: SmallCopy, baselines: dict[Query, Fingerprint]) -> Findings:
    """Disturbs every column of every input in every way, and asks all its readers each time."""
    found = Findings(defaultdict(list), defaultdict(list), defaultdict(list))
    for relation in dict.fromkeys(one for query in baselines for one in query.inputs):
        readers = [query for query in baselines if relation in query.inputs]
        copy.keep(relation)
        for column, type_ in copy.types(relation.sql).items():
            for how, formula in disturbances(type_).items():
                copy.disturb(relation, column, type_, formula)
                for query in readers:
                    compare(copy, query, baselines[query], (query, relation, column), how, found)
        copy.restore(relation)
    return found


def compare(
    copy: SmallCopy,
    query: Query,
    baseline: Fingerprint,
    key: tuple[Query, Relation, str],
    how: str,
    found: Findings,
) -> None:
    """Runs the query on the disturbed input and notes what is not as it was."""
    try:
        seen = copy.fingerprint(query.sql)
    except duckdb.Error:  # no 13th month, say: neither for nor against
        found.failed[key].append(how)
        return
    if seen.rows != baseline.rows:
        found.moved[key].append(how)
    for output, total in baseline.columns.items():
        if seen.columns[output] != total:
            found.changed[*key, output].append(how)


def report(project: Project, copy: SmallCopy) -> list[dict[str, Any]]:
    """What was found, a document for each model with a pair for each input and stable output column."""
    queries = [query for model in project.models for query in project.queries(model)]
    baselines = {query: copy.fingerprint(query.sql) for query in queries}
    shaky = {query: unstable(copy, query, baselines[query]) for query in queries}
    found = examine(copy, baselines)
    documents: dict[str, dict[str, Any]] = {}
    for query in queries:
        own = project.relation(query.model)
        document = documents.setdefault(
            query.model, {"model": query.model, "relation": own and own.name, "unstable": [], "pairs": []}
        )
        document.setdefault("rows", baselines[query].rows)
        document["unstable"] = sorted({*document["unstable"], *shaky[query]})
        document["pairs"] += [
            {
                "input": relation.name,
                "inputColumn": column,
                "column": output,
                "confirmed": bool(found.changed[query, relation, column, output]),
                "by": found.changed[query, relation, column, output],
                "rowsBy": found.moved[query, relation, column],
                "errors": found.failed[query, relation, column],
            }
            for relation in query.inputs
            for column in copy.types(relation.sql)
            for output in baselines[query].columns
            if output not in shaky[query]
        ]
    return list(documents.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", type=Path, default=WORK / "nyc.duckdb", help="the built database")
    parser.add_argument("--manifest", type=Path, default=WORK / "target" / "manifest.json")
    parser.add_argument("--output", type=Path, default=WORK / "perturbation.json")
    parser.add_argument("--start", default="2013-02-05", help="first day (default: %(default)s, with a blizzard)")
    parser.add_argument("--days", type=int, default=10, help="days of data to work on")
    parser.add_argument("--seed", type=int, default=2013)
    arguments = parser.parse_args()
    started = time.perf_counter()
    project = Project(json.loads(arguments.manifest.read_text(encoding="utf-8")))
    copy = SmallCopy(project, arguments.database.resolve(), arguments.start, arguments.days, arguments.seed)
    reports = report(project, copy)
    arguments.output.write_text(json.dumps(reports, indent=1) + "\n", encoding="utf-8")
    for one in reports:
        confirmed = sum(pair["confirmed"] for pair in one["pairs"])
        unsure = f", unstable: {', '.join(one['unstable'])}" if one["unstable"] else ""
        print(f"{one['model']}: {confirmed} of {len(one['pairs'])} pairs, {one['rows']} rows{unsure}")
    pairs = sum(len(one["pairs"]) for one in reports)
    print(f"{arguments.output}: {pairs} pairs in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
