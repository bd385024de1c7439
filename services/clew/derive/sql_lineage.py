"""Column lineage from SQL text, derived under the source `derived.sql`.

A `query` fact on a carrier is read against the schemas of what it names; the lineage goes onto the same carrier, and
where an output has no schema from anybody else, a schema goes onto the output. It is derived again when the query or a
schema that it asked for changes, and everything once when the parser does. A script is read as a whole: what lasts of
it is told. Of a text that does not parse, the tables that its words name are told, so that it is a gap of theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import clew_sql
from clew.derive.datasets import Datasets, column_path
from clew.derive.reactor import Reactor, claims_of, resolved
from clew.derive.scripts import settled
from clew.ledger import Commit, Ledger
from clew.ledger.port import DERIVED_SQL
from clew_schemas import Event, event
from clew_schemas.aspects import Lineage, Schema
from clew_schemas.aspects.data import Column
from clew_schemas.aspects.flow import Unresolved
from clew_schemas.urn import kind_of
from clew_sql import Lineage as Read
from clew_sql import OutputColumn, SeveralStatements, SqlError, reading_version

_EXACT_CASE = frozenset({"bigquery", "clickhouse", "mysql"})
"""Dialects in which two tables may differ in case only."""
_MOST_DETAIL = 300
_LOST = frozenset({"internal", "parse_error", "too_deep", "too_large"})
"""Gaps that stand for a whole statement, with all that it names."""
_PORTION = 200
_MOST_WRITERS = 50
"""Other writers of a table that are asked what columns it has, where nobody else says."""
_PARSER = f"{DERIVED_SQL}.parser"
"""The cursor that holds by which parser the ledger's SQL was read last."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What SQL says: the carrier's lineage, and the columns of each output in order, () when they are not known."""

    lineage: Lineage
    outputs: Mapping[str, tuple[str, ...]]


class SqlLineage(Reactor):
    """The reactor; its subjects are carriers of `query`."""

    name = DERIVED_SQL

    def __init__(self, ledger: Ledger) -> None:
        self._readers: dict[str, set[str]] = defaultdict(set)
        """Carriers by the URN of each dataset that their SQL names."""
        self._again: list[str] = []
        """Carriers that another parser has read, to be read anew."""
        super().__init__(ledger)
        self._outdated = ledger.cursor(_PARSER) != reading_version()
        if self._outdated and self._position:
            self._again = self._carriers()

    def step(self) -> bool:
        """Take the next commits, and some of what another parser has read; say whether there were any."""
        again, self._again = self._again[:_PORTION], self._again[_PORTION:]
        for carrier in again:
            self._derive(carrier, self._position, self._position)
        if self._outdated and not self._again:
            self._ledger.set_cursor(_PARSER, reading_version())
            self._outdated = False
        return super().step() or bool(again)

    def _group(self, seq: int, cause: int, subject: str) -> str:
        return f"{reading_version():x}:{super()._group(seq, cause, subject)}"

    def _carriers(self) -> list[str]:
        """Return every carrier of SQL."""
        numbers = [entity for entity, aspect in self._ledger.live_keys() if aspect == "query"]
        return [each.urn for each in self._ledger.entities(numbers) if each is not None]

    def _learn(self) -> None:
        for entity, aspect in self._ledger.live_keys():
            if aspect != "lineage":
                continue
            for claim in self._ledger.claims([entity], aspects=(aspect,))[entity].get(aspect, ()):
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
        made = frozenset(self._built(carrier))
        datasets = Datasets(self._ledger, query["namespace"], query["dialect"] not in _EXACT_CASE, made)
        derived = derive(query, datasets)
        self._remember(carrier, [*datasets.asked, *derived.lineage.inputs, *derived.lineage.outputs])
        return [
            event(carrier, "lineage", derived.lineage),
            *self._schemas(carrier, derived),
            *self._orphans(carrier, derived),
        ]

    def _refused(self, carrier: str, errors: Sequence[dict[str, Any]]) -> Sequence[Event]:
        """What can't be said in full is a gap, not silence."""
        detail = str(errors[0]["what"])[:_MOST_DETAIL]
        gap = Lineage(inputs=[], outputs=[], unresolved=[Unresolved(code="refused", detail=detail)])
        return [event(carrier, "lineage", gap)]

    def _schemas(self, carrier: str, derived: Derived) -> list[Event]:
        """Return the events by which outputs that nobody else describes get, keep or lose their derived schemas."""
        return [
            each
            for output, columns in derived.outputs.items()
            for each in self._schema(output, self._of_all_writers(carrier, output, columns, derived.lineage))
        ]

    def _of_all_writers(self, carrier: str, output: str, columns: Sequence[str], lineage: Lineage) -> Sequence[str]:
        """Return the columns of an output: as its one writer has them, else what any of its writers fills.

        Each of several writers says the same, whichever is read last.
        """
        others = self._readers.get(output, set()) - {carrier}
        said: dict[str, Any] = {
            each: claim.says
            for each in sorted(others)[:_MOST_WRITERS]
            for claim in claims_of(self._ledger, each, "lineage")
            if claim.source == DERIVED_SQL and claim.says is not None and output in claim.says["outputs"]
        }
        if not said:
            return [column_path(name) for name in columns]
        said[carrier] = lineage.payload()
        return list(
            dict.fromkeys(
                name
                for _, each in sorted(said.items())
                for at, name, *_ in each.get("columns") or ()
                if name is not None and each["outputs"][at] == output
            )
        )

    def _schema(self, output: str, columns: Sequence[str]) -> list[Event]:
        if kind_of(output) != "dataset":
            return []
        claims = claims_of(self._ledger, output, "schema")
        others = [claim for claim in claims if claim.source != DERIVED_SQL]
        if not others and columns:
            return [event(output, "schema", Schema(columns=[Column(name=name) for name in columns]))]
        if len(others) < len(claims):
            return [Event(output, "schema", op="retract")]
        return []

    def _orphans(self, carrier: str, derived: Derived | None) -> list[Event]:
        """Return retractions of derived schemas of what the carrier built before and builds no more."""
        gone = sorted(self._built(carrier) - (set(derived.outputs) if derived else set()))
        return [Event(each, "schema", op="retract") for each in gone if self._describes(each)]

    def _built(self, carrier: str) -> set[str]:
        """Return what the carrier's SQL was last seen to write."""
        return {
            output
            for claim in claims_of(self._ledger, carrier, "lineage")
            if claim.source == DERIVED_SQL and claim.says is not None
            for output in claim.says["outputs"]
        }

    def _describes(self, dataset: str) -> bool:
        return any(claim.source == DERIVED_SQL for claim in claims_of(self._ledger, dataset, "schema"))


def derive(query: Mapping[str, Any], datasets: Datasets) -> Derived:
    """Return what a `query` document says, read against `datasets`. What is not understood is said as unresolved."""
    output: str | None = query.get("output")
    arguments = (
        query["text"],
        query["dialect"],
        datasets,
        query.get("defaultDatabase"),
        query.get("defaultSchema"),
        query.get("bindings"),
    )
    try:
        reads = [clew_sql.column_lineage(*arguments)]
    except SeveralStatements:
        reads = settled(clew_sql.script_lineage(*arguments))
    except SqlError as error:
        return _unread(query, datasets, error)
    found = _told(reads, output, datasets)
    lost = any(each.code in _LOST for read in reads for each in read.unresolved)
    # Beside statements that were read, what a lost one names would pass for what they read.
    if lost and not any(read.inputs or read.outputs for read in reads):
        named = Lineage(inputs=_named(query, datasets, found.lineage.outputs), outputs=[])
        found = Derived(together([found.lineage, named]), found.outputs)
    return found


def _told(reads: Sequence[Read], output: str | None, datasets: Datasets) -> Derived:
    """Return the lineage of statements together. The result of a bare SELECT, the last of them, becomes `output`."""
    outputs: dict[str, tuple[str, ...]] = {output: ()} if output else {}
    parts = []
    for at, read in enumerate(reads):
        made = datasets.urn_of(read.outputs[0]) if len(read.outputs) == 1 else None
        if output is not None and (len(reads) == 1 or (made is None and at == len(reads) - 1)):
            made = output
        names = output_names(read, datasets.columns_of(made) if made else ())
        if made is not None:
            outputs[made] = tuple(dict.fromkeys((*outputs.get(made, ()), *names)))
        parts.append(lineage_of(read, names, made, datasets))
    return Derived(parts[0] if len(parts) == 1 else together(parts), outputs)


def _unread(query: Mapping[str, Any], datasets: Datasets, error: SqlError) -> Derived:
    """Return what can be said of a text that does not parse: which known datasets its words name."""
    gap = Unresolved(code="parse_error", detail=str(error)[:_MOST_DETAIL])
    output: str | None = query.get("output")
    outputs = [output] if output else []
    lineage = Lineage(inputs=_named(query, datasets, outputs), outputs=outputs, unresolved=[gap])
    return Derived(lineage, dict.fromkeys(outputs, ()))


def _named(query: Mapping[str, Any], datasets: Datasets, outputs: Sequence[str]) -> list[str]:
    """Return the known datasets that the words of a text name, those that it writes left out."""
    try:
        mentioned = clew_sql.tables_mentioned(query["text"], query["dialect"])
    except SqlError:
        return []
    bindings = query.get("bindings") or {}
    surrounding = query.get("defaultDatabase"), query.get("defaultSchema")
    found = {bindings.get(name) or datasets.known(name, *surrounding) for name in mentioned}
    return sorted({each for each in found if each} - set(outputs))


def together(parts: Sequence[Lineage]) -> Lineage:
    """Return the lineage of several statements as one: what any of them says, each edge once."""
    inputs = list(dict.fromkeys(each for part in parts for each in part.inputs))
    outputs = list(dict.fromkeys(each for part in parts for each in part.outputs))
    into, out = ({each: at for at, each in enumerate(found)} for found in (inputs, outputs))
    columns: dict[Any, None] = {}
    rows: dict[Any, None] = {}
    for part in parts:
        for at, name, origin, column, subtype, confidence in part.columns or ():
            columns[out[part.outputs[at]], name, into[part.inputs[origin]], column, subtype, confidence] = None
        for at, origin, column, subtype in part.rows or ():
            rows[out[part.outputs[at]], into[part.inputs[origin]], column, subtype] = None
    unresolved = list(dict.fromkeys((each.code, each.detail) for part in parts for each in part.unresolved or ()))
    return Lineage(
        inputs=inputs,
        outputs=outputs,
        columns=list(columns),
        rows=list(rows) or None,
        unresolved=[Unresolved(code=code, detail=detail) for code, detail in unresolved] or None,
    )


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
