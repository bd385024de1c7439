"""Column lineage from SQL text, derived under the source `derived.sql`.

A `query` fact on a carrier is read against the schemas of what it names; the lineage goes onto the same carrier, and
where its output has no schema from anybody else, a schema goes onto the output. It is derived again when the query or a
schema that it asked for changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.derive.datasets import Datasets, column_path
from clew.derive.reactor import Reactor, claims_of, resolved
from clew.ledger import Commit, Ledger
from clew.ledger.port import DERIVED_SQL
from clew_schemas import Event, event
from clew_schemas.aspects import Lineage, Schema
from clew_schemas.aspects.data import Column
from clew_schemas.aspects.flow import Unresolved
from clew_schemas.urn import kind_of
from clew_sql import Lineage as Read
from clew_sql import OutputColumn, SqlError, column_lineage

_EXACT_CASE = frozenset({"bigquery", "clickhouse", "mysql"})
"""Dialects in which two tables may differ in case only."""
_MOST_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Derived:
    """What SQL says: the carrier's lineage, and the columns of its output in order, [] when they are not known."""

    lineage: Lineage
    output: str | None
    columns: tuple[str, ...]


class SqlLineage(Reactor):
    """The reactor; its subjects are carriers of `query`."""

    name = DERIVED_SQL

    def __init__(self, ledger: Ledger) -> None:
        self._readers: dict[str, set[str]] = defaultdict(set)
        """Carriers by the URN of each dataset that their SQL names."""
        super().__init__(ledger)

    def _learn(self) -> None:
        for entity, aspect in self._ledger.live_keys():
            if aspect != "lineage":
                continue
            for claim in self._ledger.claims([entity])[entity].get(aspect, ()):
                if claim.source == DERIVED_SQL and claim.says is not None:
                    (known,) = self._ledger.entities([entity])
                    if known is not None:
                        self._remember(known.urn, [*claim.says["inputs"], *claim.says["outputs"]])

    def _remember(self, carrier: str, datasets: Iterable[str]) -> None:
        for dataset in datasets:
            self._readers[dataset].add(carrier)

    def _touched(self, commit: Commit) -> Iterable[str]:
        for change in commit.changes:
            if change.aspect == "query":
                yield change.urn
            elif change.aspect == "schema":
                yield from self._readers.get(change.urn, ())

    def _derived(self, carrier: str) -> Sequence[Event]:
        query = resolved(self._ledger, carrier, "query")
        if query is None:
            return [Event(carrier, "lineage", op="retract"), *self._orphans(carrier, None)]
        datasets = Datasets(self._ledger, query["namespace"], query["dialect"] not in _EXACT_CASE)
        derived = derive(query, datasets)
        self._remember(carrier, [*datasets.asked, *derived.lineage.inputs, *derived.lineage.outputs])
        return [
            event(carrier, "lineage", derived.lineage),
            *self._schema(derived),
            *self._orphans(carrier, derived),
        ]

    def _refused(self, carrier: str, errors: Sequence[dict[str, Any]]) -> Sequence[Event]:
        """What can't be said in full is a gap, not silence."""
        detail = str(errors[0]["what"])[:_MOST_DETAIL]
        gap = Lineage(inputs=[], outputs=[], unresolved=[Unresolved(code="refused", detail=detail)])
        return [event(carrier, "lineage", gap)]

    def _schema(self, derived: Derived) -> list[Event]:
        """Return the event by which an output that nobody else describes gets, keeps or loses its derived schema."""
        if derived.output is None or kind_of(derived.output) != "dataset":
            return []
        claims = claims_of(self._ledger, derived.output, "schema")
        others = [claim for claim in claims if claim.source != DERIVED_SQL]
        if not others and derived.columns:
            columns = [Column(name=column_path(name)) for name in derived.columns]
            return [event(derived.output, "schema", Schema(columns=columns))]
        if len(others) < len(claims):
            return [Event(derived.output, "schema", op="retract")]
        return []

    def _orphans(self, carrier: str, derived: Derived | None) -> list[Event]:
        """Return retractions of derived schemas of what the carrier built before and builds no more."""
        before = {
            output
            for claim in claims_of(self._ledger, carrier, "lineage")
            if claim.source == DERIVED_SQL and claim.says is not None
            for output in claim.says["outputs"]
        }
        gone = sorted(before - ({derived.output} if derived else set()))
        return [Event(each, "schema", op="retract") for each in gone if self._describes(each)]

    def _describes(self, dataset: str) -> bool:
        return any(claim.source == DERIVED_SQL for claim in claims_of(self._ledger, dataset, "schema"))


def derive(query: Mapping[str, Any], datasets: Datasets) -> Derived:
    """Return what a `query` document says, read against `datasets`. What is not understood is said as unresolved."""
    output: str | None = query.get("output")
    try:
        read = column_lineage(
            query["text"],
            query["dialect"],
            datasets,
            query.get("defaultDatabase"),
            query.get("defaultSchema"),
            query.get("bindings"),
        )
    except SqlError as error:
        gap = Unresolved(code="parse_error", detail=str(error)[:_MOST_DETAIL])
        return Derived(Lineage(inputs=[], outputs=[output] if output else [], unresolved=[gap]), output, ())
    if output is None and len(read.outputs) == 1:
        output = datasets.urn_of(read.outputs[0])
    names = output_names(read, datasets.columns_of(output) if output else ())
    return Derived(lineage_of(read, names, output, datasets), output, names)


def output_names(read: Read, described: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the output's columns: as its schema spells them, where position leaves no doubt.

    Engines name unaliased expressions each in its own way; the position is the same for all.
    """
    names = tuple(column.name for column in read.columns)
    if len(names) == len(described) and not any(each.code == "column_count" for each in read.unresolved):
        known = {name.casefold() for name in described}
        return tuple(
            other if name.casefold() == other.casefold() or name.casefold() not in known else name
            for name, other in zip(names, described, strict=True)
        )
    return names


def lineage_of(read: Read, names: Sequence[str], output: str | None, datasets: Datasets) -> Lineage:
    """Return the lineage aspect of a read statement whose result becomes `output`."""
    position = {name: at for at, name in enumerate(read.inputs)}
    inputs = [datasets.urn_of(name) for name in read.inputs]
    unresolved = [Unresolved(code=each.code, detail=each.detail[:_MOST_DETAIL]) for each in read.unresolved]
    if output is None:
        return Lineage(inputs=inputs, outputs=[], columns=[], unresolved=unresolved or None)
    return Lineage(
        inputs=inputs,
        outputs=[output],
        columns=[
            row
            for name, column in zip(names, read.columns, strict=True)
            for row in _column_rows(column_path(name), column, position)
        ],
        rows=[
            (0, position[each.table], column_path(each.column), _marked(each.subtype, each.presence))
            for each in read.rows
            if each.column is not None
        ]
        or None,
        expressions={
            column_path(name): column.expression[:1000]
            for name, column in zip(names, read.columns, strict=True)
            if any(source.transformation != "IDENTITY" for source in column.sources)
        }
        or None,
        masked=[column_path(name) for name, column in zip(names, read.columns, strict=True) if column.masks] or None,
        unresolved=unresolved or None,
    )


def _column_rows(
    name: str, column: OutputColumn, position: Mapping[str, int]
) -> list[tuple[int, str | None, int, str | None, str, float]]:
    direct = [
        (
            0,
            name,
            position[source.table],
            column_path(source.column),
            _marked(source.transformation, source.presence),
            source.confidence,
        )
        for source in column.sources
    ]
    indirect = [
        (0, name, position[each.table], column_path(each.column), _marked(each.subtype, each.presence), 1.0)
        for each in column.influences
        if each.column is not None
    ]
    return [*direct, *indirect]


def _marked(subtype: str, presence: bool) -> str:
    return f"{subtype}:PRESENCE" if presence else str(subtype)
