"""Diff: what changed about one thing between two moments, who said so and when, and how the lineage around it changed.

Aspects are held against each other field by field, as in a comparison of two things. Who said a field is found by
going through the commits between: the newest one after which the field was another.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.errors import BadInput
from clew.graph import Direction
from clew.ledger import Entity, LedgerReader
from clew.ledger.port import Fact, Point
from clew.query.answer import AsOf, Cut, Envelope, Gap, Viewer
from clew.query.compare import MAX_POINTS, summary
from clew.query.describe import moment, parked_gaps, resolved
from clew.query.differences import Compared, Difference, compare_documents
from clew.query.freshness import Freshness
from clew.query.lineage import LineageGraph, lineage
from clew.query.names import said
from clew.query.terms import DEPTH, MOST_DIFFERENCES, Grain
from clew.query.views import Views
from clew_schemas.urn import column

MOST_COMMITS = 500
"""Commits of one aspect that are gone through for who said what, the newest."""

_WITHIN = ("MEMBER", "NAMED")
"""Edges between a dataset and its own columns: the schema says these, and the aspects tell."""


@dataclass(frozen=True, slots=True)
class Diff:
    """The answer. `aspects`, `columns` and `series` hold only what changed; `lineage` the edges by side.

    Differences over all are at most as many as asked; `totals` count all of them.
    """

    envelope: Envelope
    entity: Entity
    start: AsOf
    end: AsOf
    aspects: Sequence[Mapping[str, Any]]
    columns: Sequence[Mapping[str, Any]]
    series: Sequence[Mapping[str, Any]]
    lineage: Mapping[str, Any]
    totals: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "urn": self.entity.urn,
            "kind": self.entity.kind,
            "name": said(self.entity.urn),
            "from": self.start.to_dict(),
            "to": self.end.to_dict(),
            "totals": dict(self.totals),
            "aspects": list(self.aspects),
            "columns": list(self.columns),
            "series": list(self.series),
            "lineage": dict(self.lineage),
        }


def diff(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    viewer: Viewer,
    *,
    start: int,
    end: int | None = None,
    grain: Grain = Grain.COLUMN,
    indirect: bool = False,
    depth: int = DEPTH,
    most: int = MOST_DIFFERENCES,
    at_least: str | None = None,
) -> Diff:
    """Return what changed of `entity` after the seq `start`, up to `end` (now).

    The depth of the lineage is a part of the question and no cut of the answer. Raises BadInput when the end comes
    before the start.
    """
    reached = freshness.reach("graph", at_least, end)
    began = time.perf_counter()
    until = end if end is not None else reached.seq
    if until < start:
        raise BadInput(f"seq {until} comes before {start}", where="to", hint="Ask from the earlier to the later moment")
    span = _Span(ledger, start, until, most)
    aspects = list(span.aspects(entity))
    columns = list(_columns(ledger, span, entity))
    series = list(_series(ledger, span, entity))
    sides = []
    for direction in (Direction.UP, Direction.DOWN):
        graphs = [
            lineage(
                ledger,
                views,
                freshness,
                entity,
                viewer,
                direction=direction,
                grain=grain,
                indirect=indirect,
                depth=depth,
                as_of=seq,
            )
            for seq in (start, until)
        ]
        sides.append(_Side(graphs[0], graphs[1], most))
    upstream, downstream = sides
    gaps = {*upstream.gaps, *downstream.gaps, *parked_gaps(ledger, {entity.urn}, until)}
    envelope = Envelope(
        as_of=span.to,
        behind=reached.behind,
        frontier=[*span.frontier(), *(cut for side in sides for cut in side.cuts())],
        gaps=sorted(gaps, key=lambda gap: (gap.code, gap.urn, gap.detail)),
        engine=f"ledger, {views.graph.name}",
        hops=max(upstream.hops, downstream.hops),
        ms=(time.perf_counter() - began) * 1000,
    )
    totals = {
        "aspects": len(aspects),
        "columns": len(columns),
        "series": len(series),
        "fields": span.count,
        "equal": span.equal,
        "appeared": len(upstream.appeared) + len(downstream.appeared),
        "disappeared": len(upstream.disappeared) + len(downstream.disappeared),
    }
    told = {
        "grain": grain.value,
        "depth": depth,
        "indirect": indirect,
        "upstream": upstream.to_dict(),
        "downstream": downstream.to_dict(),
    }
    return Diff(envelope, entity, span.since, span.to, aspects, columns, series, told, totals)


class _Span:
    """The time between two seqs: what changed in it, as far as it may be listed, and how much there is in all."""

    def __init__(self, ledger: LedgerReader, start: int, end: int, most: int) -> None:
        self.ledger, self.start, self.end = ledger, start, end
        self.since, self.to = (AsOf(seq, ledger.time_of(seq), ledger.epoch) for seq in (start, end))
        self.count = self.equal = 0
        self._most = most
        self._unread = 0

    def aspects(self, entity: Entity) -> Iterator[dict[str, Any]]:
        """Yield every aspect of a thing that changed, field by field, with who said so."""
        start, end = self.start, self.end
        before, after = (resolved(self.ledger, self.ledger.claims([entity.id], seq)[entity.id]) for seq in (start, end))
        for name in sorted({*before, *after}):
            a, b = before.get(name), after.get(name)
            compared = _compared(a, b)
            self.equal += compared.equal
            if compared.differences:
                steps = self._steps(entity, name, a)
                yield {
                    "aspect": name,
                    "change": "added" if a is None else "removed" if b is None else "changed",
                    "equal": compared.equal,
                    "differing": len(compared.differences),
                    "differences": [
                        {**each.to_dict(), "said": _sayer(each, steps)} for each in self.listed(compared.differences)
                    ],
                    "said": [fact for fact, _ in steps],
                }

    def listed(self, differences: Sequence[Difference]) -> Sequence[Difference]:
        """Count differences, and return those of them that may still be listed."""
        shown = differences[: max(0, self._most - self.count)]
        self.count += len(differences)
        return shown

    def frontier(self) -> list[Cut]:
        """Return where what is told was cut."""
        listed = Cut(f"more than {self._most} differences", self.count - self._most)
        unread = Cut(f"who said what is looked for in the newest {MOST_COMMITS} commits of an aspect", self._unread)
        return [cut for cut in (listed, unread) if cut.count > 0]

    def _steps(self, entity: Entity, aspect: str, document: Any) -> list[tuple[dict[str, Any], list[Difference]]]:
        """Return each fact that moved the aspect in this time, with what its commit changed; oldest first."""
        facts = [
            fact for fact in self.ledger.history(entity.id, aspect) if fact.moved and self.start < fact.seq <= self.end
        ]
        seqs = sorted({fact.seq for fact in facts})
        self._unread += max(0, len(seqs) - MOST_COMMITS)
        if len(seqs) > MOST_COMMITS:
            document = self._document(entity, aspect, seqs[-MOST_COMMITS - 1])
            seqs = seqs[-MOST_COMMITS:]
        changed: dict[int, list[Difference]] = {}
        for seq in seqs:
            fresh = self._document(entity, aspect, seq)
            changed[seq] = list(_compared(document, fresh).differences)
            document = fresh
        return [(_fact(fact), changed[fact.seq]) for fact in facts if fact.seq in changed]

    def _document(self, entity: Entity, aspect: str, seq: int) -> Any:
        claims = self.ledger.claims([entity.id], seq, (aspect,))[entity.id]
        return resolved(self.ledger, {aspect: claims.get(aspect, ())}).get(aspect)


def _compared(a: Any, b: Any) -> Compared:
    return compare_documents({} if a is None else a, {} if b is None else b)


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "seq": fact.seq,
        "time": moment(fact.time),
        "source": fact.source,
        "author": fact.author,
        "op": fact.op,
        "message": fact.message,
    }


def _sayer(difference: Difference, steps: Sequence[tuple[dict[str, Any], Sequence[Difference]]]) -> Any:
    """Return the newest fact whose commit changed this field, or something in it or around it; None if none did."""
    for fact, changed in reversed(steps):
        if any(_touch(each.path, difference.path) for each in changed):
            return fact
    return None


def _touch(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long == short or (long.startswith(short) and long[len(short)] in ".[")


def _columns(ledger: LedgerReader, span: _Span, entity: Entity) -> Iterator[dict[str, Any]]:
    """Yield the columns of a dataset of which something else was said; whether they are there, the schema tells."""
    names: dict[str, None] = {}  # those of the end first, in their order
    for seq in (span.end, span.start):
        schema = resolved(ledger, ledger.claims([entity.id], seq, ("schema",))[entity.id]).get("schema", {})
        names.update(dict.fromkeys(each["name"] for each in schema.get("columns", ())))
    found = ledger.entities(ledger.ids([column(entity.urn, name) for name in names]))
    for name, known in zip(names, found, strict=True):
        aspects = list(span.aspects(known)) if known is not None else []
        if aspects and known is not None:
            yield {"name": name, "urn": known.urn, "aspects": aspects}


def _series(ledger: LedgerReader, span: _Span, entity: Entity) -> Iterator[dict[str, Any]]:
    """Yield each series that has new points: how many, and what differs between the newest of then and of now."""
    names = [each.name for each in ledger.registry.now().aspects.values() if each.mode == "series"]
    before, after = (ledger.newest_points([entity.id], names, seq).get(entity.id, {}) for seq in (span.start, span.end))
    for name in sorted(after):
        points = ledger.points(entity.id, name, MAX_POINTS, span.end)
        fresh = [point for point in points if point.seq > span.start]
        if not fresh:
            continue
        if name == "metric":
            a, b = _metrics(each for each in points if each.seq <= span.start), _metrics(points)
        else:
            a, b = (each[name].payload if name in each else {} for each in (before, after))
        compared = compare_documents(a, b)
        span.equal += compared.equal
        yield {
            "series": name,
            "points": len(points),
            "appeared": len(fresh),
            "equal": compared.equal,
            "differing": len(compared.differences),
            "differences": [each.to_dict() for each in span.listed(compared.differences)],
        }


def _metrics(points: Iterable[Point]) -> dict[str, Any]:
    by_name: dict[str, list[Point]] = {}
    for point in points:
        by_name.setdefault(point.name, []).append(point)
    return {name: summary(name, each) for name, each in sorted(by_name.items())}


class _Side:
    """What lies on one side of a thing, at the start and at the end; edges that appeared and disappeared, by name."""

    def __init__(self, start: LineageGraph, end: LineageGraph, most: int) -> None:
        before, after = _edges(start), _edges(end)
        self.appeared = sorted(after - before)
        self.disappeared = sorted(before - after)
        self.gaps = [gap for gap in end.envelope.gaps if gap.code != "parked"]
        self.hops = end.envelope.hops
        self._closed, self._opened = (sorted(each, key=_order) for each in _apart(start, end))
        self._graphs, self._most = (start, end), most

    def cuts(self) -> Iterator[Cut]:
        """Yield where this side was cut, but for its depth: that is a part of the question."""
        for graph in self._graphs:
            yield from (cut for cut in graph.envelope.frontier if not cut.reason.startswith("depth "))
        beyond = max(len(self.appeared), len(self.disappeared)) - self._most
        if beyond > 0:
            yield Cut(f"more than {self._most} edges", beyond)

    def to_dict(self) -> dict[str, Any]:
        return {
            "appeared": [dict(zip(_MEMBERS, each, strict=True)) for each in self.appeared[: self._most]],
            "disappeared": [dict(zip(_MEMBERS, each, strict=True)) for each in self.disappeared[: self._most]],
            "total": {"appeared": len(self.appeared), "disappeared": len(self.disappeared)},
            "gapsClosed": [gap.to_dict() for gap in self._closed],
            "gapsOpened": [gap.to_dict() for gap in self._opened],
        }


_MEMBERS = ("from", "to", "type", "subtype", "confidence", "carrier", "source")
_OF_THE_MOMENT = ("not_said", "derived_later")
"""Gaps that tell of the moment that was asked for, and not of the lineage."""


def _edges(graph: LineageGraph) -> set[tuple[Any, ...]]:
    return {
        (graph.urns[edge["src"]], graph.urns[edge["dst"]], *(edge[name] for name in _MEMBERS[2:]))
        for edge in graph.edges
        if edge["type"] not in _WITHIN
    }


def _apart(start: LineageGraph, end: LineageGraph) -> tuple[set[Gap], set[Gap]]:
    before, after = ({gap for gap in each.envelope.gaps if gap.code not in _OF_THE_MOMENT} for each in (start, end))
    return before - after, after - before


def _order(gap: Gap) -> tuple[str, str, str]:
    return gap.code, gap.urn, gap.detail
