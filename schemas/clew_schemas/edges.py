"""Edges: what the claims about one (entity, aspect) say of how things hang together. Pure functions of the claims.

Every dataset with columns has two derived nodes. Every column flows into `any`; who uses "any column of" the dataset
hangs on it. What filters, joins, groups and orders flows into `rows`, and `rows` flows, indirectly, into every column.
So indirect lineage costs N + M edges and not N x M.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from functools import lru_cache, partial
from itertools import chain, repeat
from typing import Any, NamedTuple

from clew_schemas.registry import Aspect, EdgeRule
from clew_schemas.resolve import Claim, attributed, denied, ranked
from clew_schemas.select import select
from clew_schemas.urn import any_of, column, column_start, columns, dataset_of, kind_of, rows_of


class EdgeType(IntEnum):
    """What an edge means. The numbers are stored: never reuse one."""

    FLOW = 1
    """Data flows at column grain: between columns, `any`, `rows`, and things without columns."""
    MEMBER = 2
    """A column that a schema describes: column → any, rows → column."""
    NAMED = 3
    """The same for a column that lineage names; it proves no schema."""
    DATASET_FLOW = 4
    """Data flows at dataset grain."""
    ASSERTS = 5
    """A column, or any of a dataset, is tested by an assertion."""
    CONTAINS = 6
    OWNED_BY = 7
    TAGGED = 8
    RUNS = 9
    """A job is executed by a run."""
    DESCRIBED = 10
    """A dataset has a schema: an edge from it to itself."""
    GAP = 11
    """Lineage through a carrier is not known: any(input) → carrier → rows(output)."""
    CUSTOM = 12
    """Any other annotated reference."""
    VERSION_OF = 13
    MEANS = 14
    """A thing stands for a glossary term."""
    IN_DOMAIN = 15
    OFFERS = 16
    """A data product is made of a thing."""
    PRECEDES = 17
    """A step must be done before another."""


class Subtype(IntEnum):
    """How data flows along an edge: OpenLineage's transformation subtypes, and a few of the house's own."""

    NONE = 0
    IDENTITY = 1
    TRANSFORMATION = 2
    AGGREGATION = 3
    ANY = 4
    """A column as one of its dataset's columns; direct."""
    USE = 5
    """A use that names the dataset only; direct."""
    JOIN = 16
    FILTER = 17
    GROUP_BY = 18
    SORT = 19
    WINDOW = 20
    CONDITIONAL = 21
    ROWS = 22
    """Which rows there are decides the value; indirect."""
    UNRESOLVED = 32
    """Gap: a part of the SQL or work is not understood."""
    NO_COLUMNS = 33
    """Gap: lineage is known at dataset grain only."""


INDIRECT = 16
"""Bit set in the subtype of every indirect edge."""
PRESENCE = 64
"""Bit set when a use only asks whether there is a value."""

TYPE_BY_NAME = {each.name.lower(): each for each in EdgeType}

# Plain numbers for what is made by the million: an enumeration's member costs a call wherever it becomes one.
_FLOW, _DATASET_FLOW, _MEMBER, _NAMED, _DESCRIBED = (
    int(each) for each in (EdgeType.FLOW, EdgeType.DATASET_FLOW, EdgeType.MEMBER, EdgeType.NAMED, EdgeType.DESCRIBED)
)
_ANY, _ROWS, _USE = int(Subtype.ANY), int(Subtype.ROWS), int(Subtype.USE)


class Edge(NamedTuple):
    """One edge as the claims of one source say it. `confidence` is in percent."""

    src: str
    dst: str
    type: int
    subtype: int
    confidence: int
    source: str


_edge: Callable[[tuple[str, str, int, int, int, str]], Edge] = partial(tuple.__new__, Edge)
"""What `Edge._make` does, in two thirds of its time."""


@lru_cache(maxsize=256)
def subtype_code(text: str) -> int:
    """Return the stored number of a subtype as a lineage payload spells it, such as `FILTER:PRESENCE`."""
    name, _, presence = text.partition(":")
    return int(Subtype[name]) | (PRESENCE if presence else 0)


def subtype_name(code: int) -> str:
    """Return the spelling of a stored subtype; the reverse of `subtype_code`."""
    name = Subtype(code & ~PRESENCE).name
    return f"{name}:PRESENCE" if code & PRESENCE else name


def edge_key(edge: Edge) -> str:
    """Return the key by which a steward denies a single edge: `<from>-><to>`."""
    return f"{edge.src}->{edge.dst}"


def project(aspect: Aspect, entity: str, claims: Iterable[Claim]) -> set[Edge]:
    """Return the edges that stand, given all live claims about one (entity, aspect)."""
    return set(projected(aspect, entity, claims))


def projected(aspect: Aspect, entity: str, claims: Iterable[Claim]) -> list[Edge]:
    """Return what `project` does, an edge perhaps more than once: for who puts them into a set of its own."""
    if not aspect.edges:
        return []
    every = ranked(claims)
    by_source = {claim.source: claim for claim in every}
    documents = attributed(every, aspect.resolution)
    one_by_one = aspect.resolution.rule == "edges" and any(claim.denies for claim in every)
    found: list[Edge] = []
    for source, document in documents:
        edges = stated(aspect, entity, document, source)
        if one_by_one:
            edges = [edge for edge in edges if not denied(every, by_source[source], edge_key(edge))]
        found += edges
    if any(rule.projection == "lineage" for rule in aspect.edges):
        found += _gaps(entity, documents)
    return found


def stated(aspect: Aspect, entity: str, document: dict[str, Any], source: str) -> list[Edge]:
    """Return the edges that one document says, in no particular order."""
    found: list[Edge] = []
    for rule in aspect.edges:
        if rule.projection == "members":
            found += _members(entity, document, source)
        elif rule.projection == "lineage":
            found += _lineage(document, source)
        else:
            found += _references(rule, entity, document, source)
    return found


def ends(aspect: Aspect, entity: str, document: dict[str, Any]) -> set[str]:
    """Return the ends of all edges that one document says: what `stated` names, without the edges."""
    found: set[str] = set()
    for rule in aspect.edges:
        if rule.projection == "members":
            found.update((entity, any_of(entity), rows_of(entity)))
            found.update(columns(entity, [each["name"] for each in document["columns"]]))
        elif rule.projection == "lineage":
            found.update(_lineage_ends(document))
        else:
            for edge in _references(rule, entity, document, ""):
                found.update((edge.src, edge.dst))
    return found


def _lineage_ends(document: dict[str, Any]) -> Iterator[str]:
    inputs, outputs = list(map(_End, document["inputs"])), list(map(_End, document["outputs"]))
    if inputs and outputs:
        for each in (*inputs, *outputs):
            yield each.urn
            yield each.rows
    for row in document.get("columns") or ():
        yield outputs[row[0]].node(row[1])
        yield inputs[row[2]].node(row[3])
    for out, into, path, _ in document.get("rows") or ():
        yield outputs[out].rows
        yield inputs[into].rows if path is None else inputs[into].node(path)
    for each in (*inputs, *outputs):
        if each.is_dataset and each.columns:
            yield each.any
            yield each.rows
    if document.get("unresolved") or (document.get("columns") is None and inputs and outputs):
        # where the gap hangs
        yield from (each.any for each in inputs)
        yield from (each.rows for each in outputs)


def _references(rule: EdgeRule, entity: str, document: dict[str, Any], source: str) -> Iterator[Edge]:
    kind = TYPE_BY_NAME.get(rule.type, EdgeType.CUSTOM)
    direct = Subtype.USE if kind in (EdgeType.FLOW, EdgeType.DATASET_FLOW, EdgeType.ASSERTS) else Subtype.NONE
    path = rule.source or rule.target or ""
    names = select(document, rule.column) if rule.column else []
    for other in select(document, path):
        end = other
        if kind == EdgeType.DATASET_FLOW:
            end = dataset_of(other) or other
        elif kind_of(other) == "dataset" and names:
            end = column(other, names[0])
        elif kind_of(other) == "dataset" and rule.at == "any":
            end = any_of(other)
        if rule.source:
            yield Edge(end, entity, kind, direct, 100, source)
        else:
            yield Edge(entity, end, kind, direct, 100, source)
        dataset = dataset_of(end) if direct and kind_of(end) == "column" else None
        if dataset is not None:
            yield from _named(dataset, end[end.rindex(",") + 1 : -1], source)


def _members(entity: str, document: dict[str, Any], source: str) -> list[Edge]:
    anyone, rows = any_of(entity), rows_of(entity)
    urns = columns(entity, [each["name"] for each in document["columns"]])
    return [Edge(entity, entity, _DESCRIBED, 0, 100, source), *_joined(urns, anyone, rows, _MEMBER, source)]


def _joined(urns: Sequence[str], anyone: str, rows: str, type: int, source: str) -> Iterator[Edge]:
    """Return the edges that tie columns to the derived nodes of their dataset."""
    return chain(
        map(_edge, zip(urns, repeat(anyone), repeat(type), repeat(_ANY), repeat(100), repeat(source))),
        map(_edge, zip(repeat(rows), urns, repeat(type), repeat(_ROWS), repeat(100), repeat(source))),
    )


def _named(dataset: str, path: str, source: str) -> Iterator[Edge]:
    urn = column(dataset, path)
    yield Edge(urn, any_of(dataset), EdgeType.NAMED, Subtype.ANY, 100, source)
    yield Edge(rows_of(dataset), urn, EdgeType.NAMED, Subtype.ROWS, 100, source)


def _lineage(document: dict[str, Any], source: str) -> list[Edge]:
    inputs, outputs = list(map(_End, document["inputs"])), list(map(_End, document["outputs"]))
    found = []
    for into in inputs:
        for out in outputs:
            found.append(_edge((into.urn, out.urn, _DATASET_FLOW, _USE, 100, source)))
            found.append(_edge((into.rows, out.rows, _FLOW, _ROWS, 100, source)))
    for out, out_path, into, in_path, subtype, confidence in document.get("columns") or ():
        src, dst = inputs[into].node(in_path), outputs[out].node(out_path)
        found.append(_edge((src, dst, _FLOW, subtype_code(subtype), round(confidence * 100), source)))
    for out, into, path, subtype in document.get("rows") or ():
        src = inputs[into].rows if path is None else inputs[into].node(path)
        found.append(_edge((src, outputs[out].rows, _FLOW, subtype_code(subtype), 100, source)))
    for end in (*inputs, *outputs):
        if end.is_dataset:
            found += _joined(list(end.columns.values()), end.any, end.rows, _NAMED, source)
    return found


class _End:
    """An input or output of lineage, with the names of its parts; `columns` are those that were asked for."""

    __slots__ = ("_start", "any", "columns", "is_dataset", "rows", "urn")

    def __init__(self, urn: str) -> None:
        self.urn = self.any = self.rows = urn
        self.is_dataset = kind_of(urn) == "dataset"
        if self.is_dataset:
            self.any, self.rows, self._start = any_of(urn), rows_of(urn), column_start(urn)
        self.columns: dict[str, str] = {}

    def node(self, path: str | None) -> str:
        """Return the node of a column, or of any of them; what has no columns stands for itself."""
        if path is None or not self.is_dataset:
            return self.any
        known = self.columns.get(path)
        if known is None:
            known = self.columns[path] = f"{self._start}{path})"
        return known


def _any(urn: str) -> str:
    return any_of(urn) if kind_of(urn) == "dataset" else urn


def _rows(urn: str) -> str:
    return rows_of(urn) if kind_of(urn) == "dataset" else urn


def _gaps(carrier: str, documents: list[tuple[str, dict[str, Any]]]) -> Iterator[Edge]:
    """Yield GAP edges: where a source left something unresolved, or where no source knows the columns."""
    known = any(document.get("columns") is not None for _, document in documents)
    for source, document in documents:
        inputs, outputs = document["inputs"], document["outputs"]
        if document.get("unresolved"):
            subtype = Subtype.UNRESOLVED
        elif not known and inputs and outputs:
            subtype = Subtype.NO_COLUMNS
        else:
            continue
        for into in inputs:
            yield Edge(_any(into), carrier, EdgeType.GAP, subtype, 100, source)
        for out in outputs:
            yield Edge(carrier, _rows(out), EdgeType.GAP, subtype, 100, source)
