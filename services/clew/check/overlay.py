"""Changes laid over the catalog: what they do outside of the project, and a verdict for every asset.

Within the project the SQL itself was read in both states (`effects`). What hangs on its datasets from outside (boards,
tests, jobs of others) is walked to with the rules that `clew impact` has, on the graph as the change would make it:
edges that the project carries come from the project, all others from the catalog.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from clew.check.catalog import Around, CatalogEdge
from clew.check.changes import Certainty, Change, ChangeKind, Step
from clew.check.project import About, Project
from clew.graph import Direction, Edges, Ids
from clew.query.impact import BREAKS, CHANGES, DIRECT, MAY_BREAK, spread_drop, spread_retype, verdict_of
from clew.query.start import COLUMN_TYPES
from clew.query.terms import Verdict
from clew.query.walk import Labels, Limits, Spread, Walk, walk
from clew_schemas.edges import INDIRECT, EdgeType, Subtype, subtype_name
from clew_schemas.kinds import DERIVED_KINDS
from clew_schemas.urn import Urn, any_of, column, dataset_of, kind_of, rows_of, segment, unescape

ORDER: Final = tuple(Verdict)
"""Verdicts from the strongest."""
OWN: Final = {
    ChangeKind.BROKEN: Verdict.BREAKS,
    ChangeKind.UNREAD: Verdict.MAY_BREAK,
    ChangeKind.RETYPED: Verdict.MAY_BREAK,
    ChangeKind.REMEANT: Verdict.CHANGES,
    ChangeKind.DROPPED: Verdict.BREAKS,
    ChangeKind.RENAMED: Verdict.BREAKS,
}
"""What a change means for the dataset that it follows to. Where it is written somebody wanted it."""
WANTED: Final = {
    ChangeKind.BROKEN: Verdict.BREAKS,
    ChangeKind.UNREAD: Verdict.MAY_BREAK,
    ChangeKind.RETYPED: Verdict.CHANGES,
    ChangeKind.REMEANT: Verdict.CHANGES,
}
LABELS: Final = {
    ChangeKind.BROKEN: BREAKS | DIRECT,
    ChangeKind.DROPPED: BREAKS | DIRECT,
    ChangeKind.RENAMED: BREAKS | DIRECT,
    ChangeKind.UNREAD: MAY_BREAK | DIRECT,
    ChangeKind.REMEANT: CHANGES | DIRECT,
}
_LAST: Final = {"dataset": 1, "job": 2, "assertion": 3}
"""What people look at comes first, then data, what builds it, what tests it."""
TYPES: Final = frozenset(map(int, COLUMN_TYPES)) | {int(EdgeType.GAP)}


@dataclass(frozen=True, slots=True)
class Asset:
    """Something that a change reaches: the strongest verdict, why, the path as proof, who answers for it.

    `columns` are those of a dataset that are affected, empty for all of it. `use` is direct when values flow all the
    way. Where the change is written in the asset itself, the path is empty.
    """

    urn: str
    kind: str
    name: str
    verdict: Verdict
    use: str
    why: str
    columns: tuple[str, ...]
    path: tuple[Step, ...]
    owners: tuple[str, ...]
    tier: str | None


def assets(changes: Sequence[Change], before: Project, after: Project, around: Around) -> list[Asset]:
    """Return every asset that is affected, the strongest verdict first, then by name."""
    reached = [*_within(changes), *_outside(changes, before, after, around)]
    jobs = {model.job: model.about for model in (*before.models.values(), *after.models.values())}
    about = dict(around.about)
    for urn, known in {**jobs, **before.about, **after.about}.items():
        other = about.get(urn, known)
        about[urn] = About(known.name, known.owners or other.owners, known.tier or other.tier)
    by_asset: dict[str, list[_Reached]] = defaultdict(list)
    for each in reached:
        by_asset[each.asset].append(each)
    made = [_asset(urn, found, about) for urn, found in by_asset.items()]
    return sorted(
        made, key=lambda each: (ORDER.index(each.verdict), _LAST.get(each.kind, 0), each.kind, each.name, each.urn)
    )


@dataclass(frozen=True, slots=True)
class _Reached:
    asset: str
    column: str | None
    verdict: Verdict
    direct: bool
    why: str
    path: tuple[Step, ...]


def _asset(urn: str, found: Sequence[_Reached], about: Mapping[str, About]) -> Asset:
    best = min(found, key=lambda each: (ORDER.index(each.verdict), not each.direct, len(each.path), each.column or ""))
    known = about.get(urn, About(_name(urn)))
    columns = sorted({each.column for each in found if each.column and each.verdict == best.verdict})
    return Asset(
        urn,
        kind_of(urn),
        known.name,
        best.verdict,
        "direct" if any(each.direct and each.verdict == best.verdict for each in found) else "indirect",
        best.why,
        () if any(each.column is None and each.verdict == best.verdict for each in found) else tuple(columns),
        best.path,
        known.owners,
        known.tier,
    )


def _within(changes: Sequence[Change]) -> Iterator[_Reached]:
    """The project's own datasets, and the jobs that fail."""
    for change in changes:
        table = OWN if change.certainty == Certainty.FOLLOWS else WANTED
        verdict = table.get(change.kind)
        if verdict is None:
            continue
        direct = not any(_is_indirect(step.how) for step in change.path)
        yield _Reached(change.dataset, change.column, verdict, direct, change.why, change.path)
        if change.kind == ChangeKind.BROKEN and change.path:
            yield _Reached(change.path[-1].carrier, None, verdict, direct, change.why, change.path)


def _is_indirect(how: str) -> bool:
    code = Subtype.__members__.get(how.split(":")[0])
    return code is not None and bool(code & INDIRECT)


def _outside(changes: Sequence[Change], before: Project, after: Project, around: Around) -> Iterator[_Reached]:
    ours = before.carriers | after.carriers
    graph = _EdgeList(
        [
            *(edge for edge in around.edges if edge.carrier not in ours or edge.type in _OF_SCHEMAS),
            *(CatalogEdge(use.src, use.dst, use.type, use.subtype, 100, use.carrier) for use in after.uses),
            *_members(changes),
        ]
    )
    drops = [change for change in changes if change.kind in LABELS]
    retypes = [change for change in changes if change.kind == ChangeKind.RETYPED]
    built = {model.dataset for model in (*before.models.values(), *after.models.values())}
    yield from _walked(graph, drops, spread_drop, lambda change: LABELS[change.kind], built)
    yield from _walked(graph, retypes, spread_retype, lambda _: MAY_BREAK | DIRECT, built)


_OF_SCHEMAS: Final = frozenset({int(EdgeType.MEMBER)})


def _members(changes: Sequence[Change]) -> Iterator[CatalogEdge]:
    """Each changed column as one of its dataset's: who uses any of them hangs on that, whatever a catalog knows."""
    for change in changes:
        if change.column is not None:
            start, end = column(change.dataset, segment(change.column)), any_of(change.dataset)
            yield CatalogEdge(start, end, int(EdgeType.NAMED), int(Subtype.ANY), 100, change.dataset)


class _EdgeList:
    """Edges between URNs as a graph that can be walked; numbers go by name, so that a proof is always the same."""

    def __init__(self, edges: Iterable[CatalogEdge]) -> None:
        edges = sorted(set(edges), key=lambda each: (each.src, each.dst, each.carrier, each.type, each.subtype))
        named = {urn for each in edges for urn in (each.src, each.dst, each.carrier)}
        self._room = sorted({*named, *filter(None, map(dataset_of, named))})
        self._number = {urn: at + 1 for at, urn in enumerate(self._room)}
        wide = np.zeros(len(edges), np.int64)
        self.edges = Edges(
            np.array([self._number[each.src] for each in edges], np.int64),
            np.array([self._number[each.dst] for each in edges], np.int64),
            np.array([each.type for each in edges], np.uint8),
            np.array([each.subtype for each in edges], np.uint8),
            np.array([each.confidence for each in edges], np.uint8),
            np.array([self._number[each.carrier] for each in edges], np.int64),
            wide, wide, wide, wide,
        )  # fmt: skip

    def number(self, urn: str) -> int:
        """Return the number of a URN, 0 where no edge names it."""
        return self._number.get(urn, 0)

    def urn(self, number: int) -> str:
        return self._room[number - 1]

    def of_dataset(self, dataset: str) -> list[str]:
        """Return everything of a dataset that an edge leaves, in the order of names."""
        return self._parts.get(dataset, [])

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for number in np.unique(self.edges.src).tolist():
            urn = self.urn(number)
            found[dataset_of(urn) or urn].append(urn)
        return found

    def expand(self, ids: Ids, direction: Direction, types: frozenset[int], as_of: int | None = None) -> Edges:
        origin = self.edges.src if direction == Direction.DOWN else self.edges.dst
        return self.edges.where(np.isin(origin, ids) & np.isin(self.edges.type, list(types)))


def _walked(
    graph: _EdgeList,
    changes: Sequence[Change],
    spread: Spread,
    label: Callable[[Change], int],
    built: set[str],
) -> Iterator[_Reached]:
    starts: dict[int, tuple[int, Change]] = {}
    for change in changes:
        for urn in _starts(graph, change):
            number = graph.number(urn)
            known = starts.get(number)
            if number and (known is None or known[0] < label(change)):
                starts[number] = (label(change), change)
    if not starts:
        return
    ids = np.array(sorted(starts), np.int64)
    labels: Labels = np.array([starts[int(each)][0] for each in ids], np.uint8)
    found = walk(graph, ids, labels, Direction.DOWN, TYPES, spread, as_of=None, limits=Limits())
    for at, node in enumerate(found.nodes.tolist()):
        if node not in starts:
            yield from _reached(graph, found, at, starts, built)
    yield from _carriers(graph, found, starts, built)


def _starts(graph: _EdgeList, change: Change) -> list[str]:
    if change.column is not None:
        return [column(change.dataset, segment(change.column))]
    if kind_of(change.dataset) != "dataset":
        return [change.dataset]
    return [*graph.of_dataset(change.dataset), any_of(change.dataset), rows_of(change.dataset)]


def _reached(
    graph: _EdgeList, found: Walk, at: int, starts: Mapping[int, tuple[int, Change]], built: set[str]
) -> Iterator[_Reached]:
    urn = graph.urn(int(found.nodes[at]))
    holder = dataset_of(urn) if kind_of(urn) in ("column", "any", "rows") else None
    if kind_of(urn) in DERIVED_KINDS or (holder or urn) in built:
        return
    path, change = _path(graph, found, int(found.via[at]), starts)
    label = int(found.labels[at])
    name = unescape(Urn.parse(urn).path or "") if holder else None
    yield _Reached(holder or urn, name, verdict_of(label), bool(label & DIRECT), change.why, (*change.path, *path))


def _carriers(
    graph: _EdgeList, found: Walk, starts: Mapping[int, tuple[int, Change]], built: set[str]
) -> Iterator[_Reached]:
    """The jobs whose SQL or work carries a change on: the walk steps over them, people run them."""
    edges = found.edges
    for edge in np.flatnonzero((found.carried > 0) & (edges.type == EdgeType.FLOW)).tolist():
        carrier = int(edges.carrier[edge])
        urn = graph.urn(carrier)
        if carrier in (int(edges.src[edge]), int(edges.dst[edge])) or kind_of(urn) == "dataset" or urn in built:
            continue
        label = int(found.carried[edge])
        if not label & (BREAKS | MAY_BREAK | CHANGES):
            continue
        path, change = _path(graph, found, edge, starts)
        yield _Reached(urn, None, verdict_of(label), bool(label & DIRECT), change.why, (*change.path, *path))


def _path(
    graph: _EdgeList, found: Walk, edge: int, starts: Mapping[int, tuple[int, Change]]
) -> tuple[tuple[Step, ...], Change]:
    steps = []
    edges = found.edges
    while True:
        src, dst = int(edges.src[edge]), int(edges.dst[edge])
        how = subtype_name(int(edges.subtype[edge]))
        steps.append(Step(graph.urn(src), graph.urn(dst), graph.urn(int(edges.carrier[edge])), how))
        if src in starts:
            return tuple(reversed(steps)), starts[src][1]
        edge = int(found.via[found.place_of(np.array([src], np.int64))[0]])


def _name(urn: str) -> str:
    return unescape(Urn.parse(urn).dotted_name)
