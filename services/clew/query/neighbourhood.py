"""Neighbourhood: the part of a lineage that a screen can hold, with honest counts of what it leaves out.

It is made of cards (see `clew.query.cards`). From the start it grows hop by hop; each card brings the neighbours that
most hangs on, up to `top`. Then come the cards through which a traced thing runs, cards that were asked for by name,
and further neighbours of cards that were expanded. No more than `most` cards are taken. All edges between those taken
are told, at column grain and at dataset grain, and of each card how many neighbours it has in all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.graph import Direction, Edges, Ids, distinct, joined
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Cut, Envelope, Gap, Viewer
from clew.query.cards import Cards, Crossing, Parts, counts
from clew.query.describe import past_gaps
from clew.query.freshness import Freshness
from clew.query.known import Known
from clew.query.lineage import MAX_NAMED, spread_all, spread_direct
from clew.query.names import said
from clew.query.start import carried_by, starts_of, types_of
from clew.query.terms import Grain, Surroundings
from clew.query.unknown import gaps_of
from clew.query.views import Views
from clew.query.walk import Limits, walk
from clew_schemas.edges import EdgeType, subtype_name
from clew_schemas.urn import Urn

LISTED = 60
"""Columns of a card that are listed whether or not an edge that is told touches them."""
MAX_EDGES = 50_000


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Cards and the edges between their parts, as parallel arrays.

    `cards` are things, the start first. `nodes` are parts of cards: `card` is a position in `cards`, `path` the name of
    a column, null for what stands for the whole. Ends of edges are positions in `nodes`; `carrier` and `source` are
    positions in `carriers` and `sources`. `before` holds the edges as of the earlier moment, if one was given.
    """

    envelope: Envelope
    start: str
    asked: Surroundings
    trace: Mapping[str, Any] | None
    cards: Mapping[str, Sequence[Any]]
    nodes: Mapping[str, Sequence[Any]]
    carriers: Sequence[str]
    sources: Sequence[str]
    edges: Mapping[str, Sequence[Any]]
    before: Mapping[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "start": self.start,
            "indirect": self.asked.indirect,
            "tests": self.asked.tests,
            "top": self.asked.top,
            "most": self.asked.most,
            "trace": self.trace,
            "cards": dict(self.cards),
            "nodes": dict(self.nodes),
            "carriers": list(self.carriers),
            "sources": list(self.sources),
            "edges": dict(self.edges),
            "before": self.before,
        }


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names, as entities: the start, a thing to trace, cards to show, cards to expand (in order)."""

    start: Entity
    trace: Entity | None = None
    show: Sequence[Entity] = ()
    expand: Sequence[tuple[Entity, Direction]] = ()


def neighbourhood(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    named: Named,
    viewer: Viewer,
    asked: Surroundings,
    *,
    since: int | None = None,
    at_least: str | None = None,
    as_of: int | None = None,
) -> Neighbourhood:
    """Return what lies around a thing, now or as of a seq; with `since`, beside it the edges as of that seq.

    With `since`, cards are chosen by the edges of both moments, so that one that lost its edges is among them; counts
    are of the later moment.
    """
    reached = freshness.reach("graph", at_least, as_of)
    started = time.perf_counter()
    graph, seq = views.graph, reached.seq
    seqs = [seq] if since is None else [seq, min(since, seq)]
    tests = asked.tests or named.start.kind == "assertion"
    moments = [Cards(ledger, graph, each, indirect=asked.indirect, tests=tests) for each in seqs]
    grown = _Growth(ledger, views, moments, asked)
    start = _start(ledger, moments[0], named.start)
    grown.take(start)
    for direction, hops in ((Direction.UP, asked.up), (Direction.DOWN, asked.down)):
        frontier = start
        for _ in range(hops):
            frontier = grown.grow(frontier, direction)
    trace = None if named.trace is None else grown.trace(named.trace)
    grown.take(moments[0].holding(each) for each in named.show)
    grown.expand(named.expand)
    told = _Telling(ledger, moments, grown.ids())
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=reached.behind,
        frontier=[*grown.cuts(told.totals), *told.cuts()],
        gaps=[
            *_gaps(ledger, views, told.parts, seq),
            *past_gaps(ledger, [named.start], as_of),
        ],
        engine=graph.name,
        hops=max(asked.up, asked.down),
        ms=(time.perf_counter() - started) * 1000,
    )
    return told.answer(envelope, named.start.urn, asked, trace)


def _start(ledger: LedgerReader, cards: Cards, entity: Entity) -> list[int]:
    """Return the cards that a thing stands for: its own, or (of one without edges) those it carries lineage between."""
    own = cards.holding(entity)
    carried = [carried_by(ledger, entity, direction, cards.seq) for direction in (Direction.UP, Direction.DOWN)]
    between = [each for each in np.concatenate(carried).tolist() if each != own]
    alone = not any(len(cards.all_crossing(np.array([own], np.int64), way).near) for way in Direction)
    return list(dict.fromkeys(between)) if between and alone else [own]


class _Growth:
    """The cards that were taken, in order, and why more were not."""

    def __init__(self, ledger: LedgerReader, views: Views, moments: Sequence[Cards], asked: Surroundings) -> None:
        self._ledger = ledger
        self._views = views
        self._moments = moments
        self._asked = asked
        self._taken: dict[int, None] = {}
        self._left: dict[int, None] = {}
        self._grown: set[tuple[int, Direction]] = set()

    def ids(self) -> list[int]:
        return list(self._taken)

    def take(self, cards: Iterable[int]) -> list[int]:
        """Take cards as long as there is room; return those that are new."""
        fresh = []
        for card in cards:
            if card in self._taken:
                continue
            if len(self._taken) >= self._asked.most:
                self._left[card] = None
                continue
            self._taken[card] = None
            fresh.append(card)
        return fresh

    def grow(self, cards: Sequence[int], direction: Direction) -> list[int]:
        """Take, for each card, the `top` neighbours in a direction that were not taken before; return the new ones."""
        around = self._neighbours(cards, direction)
        fresh = []
        for card in cards:
            self._grown.add((card, direction))
            waiting = [each for each in around.get(card, ()) if each not in self._taken]
            fresh += self.take(waiting[: self._asked.top])
        return fresh

    def expand(self, cards: Sequence[tuple[Entity, Direction]]) -> None:
        """Grow cards one by one; one that is not taken yet waits for another that brings it."""
        waiting = [(self._moments[0].holding(each), way) for each, way in cards]
        while ready := [each for each in waiting if each[0] in self._taken]:
            card, direction = ready[0]
            waiting.remove(ready[0])
            self.grow([card], direction)

    def trace(self, entity: Entity) -> dict[str, Any]:
        """Take the cards through which a thing runs, end to end, the nearest first."""
        found: dict[int, int] = {}
        unvisited = 0
        for cards in self._moments:
            for direction in Direction:
                found_here, rest = self._traced(cards, entity, direction)
                unvisited += rest
                for card, depth in found_here:
                    found[card] = min(depth, found.get(card, depth))
        if not self._asked.tests:
            kinds = self._views.graph.nodes(np.array(list(found), np.int64)).kind.tolist()
            found = {card: found[card] for card, kind in zip(list(found), kinds, strict=True) if kind != "assertion"}
        names = self._names(found)
        self.take(sorted(found, key=lambda card: (found[card], names[card])))
        left = sum(card not in self._taken for card in found)
        return {"urn": entity.urn, "cards": len(found), "left": left, "unvisited": unvisited}

    def _traced(self, cards: Cards, entity: Entity, direction: Direction) -> tuple[list[tuple[int, int]], int]:
        graph = self._views.graph
        start = starts_of(self._ledger, graph, entity, Grain.COLUMN, direction, cards.seq)
        spread = spread_all if self._asked.indirect else spread_direct
        labels = np.ones(len(start), np.uint8)
        types = types_of(Grain.COLUMN)
        limits = Limits(None, MAX_NAMED)
        found = walk(graph, start, labels, direction, types, spread, as_of=cards.seq, limits=limits)
        reached = cards.of(found.nodes).tolist()
        return list(zip(reached, found.depth.tolist(), strict=True))[::-1], len(found.unvisited)

    def _neighbours(self, cards: Sequence[int], direction: Direction) -> dict[int, list[int]]:
        """Return the neighbours of each card, those that most hangs on first."""
        ids = np.array(cards, np.int64)
        crossings = [each.crossing(ids, direction) for each in self._moments]
        near = np.concatenate([each.near for each in crossings])
        far = np.concatenate([each.far for each in crossings])
        order = ranked(self._ledger, self._moments[0], distinct(far))
        around: dict[int, set[int]] = {}
        for one, other in zip(near.tolist(), far.tolist(), strict=True):
            around.setdefault(one, set()).add(other)
        place = {card: at for at, card in enumerate(order)}
        return {card: sorted(others, key=place.__getitem__) for card, others in around.items()}

    def _names(self, ids: Iterable[int]) -> dict[int, str]:
        wanted = list(ids)
        known = self._ledger.entities(wanted)
        return {number: each.urn if each else "" for number, each in zip(wanted, known, strict=True)}

    def cuts(self, totals: Mapping[Direction, tuple[Mapping[int, int], Mapping[int, int]]]) -> list[Cut]:
        """Return what was not taken: neighbours beyond the top, and cards beyond the most."""
        hidden = {key: totals[key[1]][0].get(key[0], 0) - totals[key[1]][1].get(key[0], 0) for key in self._grown}
        cuts = []
        if beyond := sum(hidden.values()):
            fullest = sorted((key for key in hidden if hidden[key]), key=lambda key: (-hidden[key], key))[:10]
            names = self._names(dict.fromkeys(card for card, _ in fullest))
            cuts.append(Cut(f"more than {self._asked.top} neighbours of a card", beyond, tuple(names.values())))
        if left := [card for card in self._left if card not in self._taken]:
            cuts.append(Cut(f"more than {self._asked.most} cards", len(left), tuple(self._names(left[:10]).values())))
        return cuts


def ranked(ledger: LedgerReader, cards: Cards, ids: Ids) -> list[int]:
    """Return cards in the order in which they are worth showing: those that most hangs on first, then by name."""
    uses = cards.uses(ids)
    names = [each.urn if each else "" for each in ledger.entities(ids.tolist())]
    urns = dict(zip(ids.tolist(), names, strict=True))
    return sorted(urns, key=lambda card: (-uses.get(card, 0), urns[card]))


class _Telling:
    """What is told of the cards that were taken."""

    def __init__(self, ledger: LedgerReader, moments: Sequence[Cards], cards: Sequence[int]) -> None:
        self._ledger = ledger
        self._cards = {card: at for at, card in enumerate(cards)}
        self._ids = np.array(cards, np.int64)
        self._moments = moments
        self.parts = moments[0].parts(self._ids)
        earlier = [each.parts(self._ids) for each in moments[1:]]
        inside = np.sort(self._ids)
        self._crossings: list[Crossing] = []
        self.totals: dict[Direction, tuple[dict[int, int], dict[int, int]]] = {}
        for direction in Direction:
            found = moments[0].crossing(self._ids, direction, self.parts)
            kept = found.where(np.isin(found.far, inside))
            self.totals[direction] = counts(found.near, found.far), counts(kept.near, kept.far)
            if direction == Direction.DOWN:
                self._crossings.append(kept)
        for each, parts in zip(moments[1:], earlier, strict=True):
            then = each.crossing(self._ids, Direction.DOWN, parts)
            self._crossings.append(then.where(np.isin(then.far, inside)))
        self._edges = [each.edges.where(_within(each.edges)) for each in self._crossings]
        self._beyond = sum(len(each.edges) for each in self._crossings) - sum(map(len, self._edges))

    def cuts(self) -> list[Cut]:
        return [Cut(f"more than {MAX_EDGES} edges", self._beyond)] if self._beyond else []

    def answer(
        self, envelope: Envelope, start: str, asked: Surroundings, trace: Mapping[str, Any] | None
    ) -> Neighbourhood:
        """Put names to everything."""
        every = joined(self._edges)
        carriers, sources = distinct(every.carrier), distinct(every.source)
        ends = distinct(np.concatenate([every.src, every.dst]))
        known = Known(self._ledger, self._moments[0].seq)
        known.learn(self._ids.tolist())
        known.name([*ends.tolist(), *carriers.tolist()])
        columns = [self._columns(each, ends, carriers, sources, known) for each in self._edges]
        return Neighbourhood(
            envelope,
            start,
            asked,
            trace,
            self._tell_cards(known),
            self._tell_nodes(ends, known),
            [known.urn(each) for each in carriers.tolist()],
            [self._ledger.name_of("source", each) for each in sources.tolist()],
            columns[0],
            columns[1] if len(columns) > 1 else None,
        )

    def _tell_cards(self, known: Known) -> dict[str, list[Any]]:
        cards = list(self._cards)
        entities = [known.entity(card) for card in cards]
        held = self._moments[0].of(self.parts.nodes)
        is_column = np.isin(self.parts.nodes, _columns_of(self.parts))
        columns = counts(held[is_column], self.parts.nodes[is_column])
        tested = self._moments[0].all_crossing(self._ids, Direction.DOWN, self.parts)
        tests = tested.where(tested.edges.type == EdgeType.ASSERTS)
        tests_of = counts(tests.near, tests.far)
        return {
            "urn": [each.urn for each in entities],
            "kind": [each.kind for each in entities],
            "title": [_title(known.of(each.urn), each.urn) for each in entities],
            "domain": [known.aspect(each.urn, "domain").get("domain") for each in entities],
            "upstream": [self.totals[Direction.UP][0].get(card, 0) for card in cards],
            "downstream": [self.totals[Direction.DOWN][0].get(card, 0) for card in cards],
            "tests": [tests_of.get(card, 0) for card in cards],
            "columns": [columns.get(card, 0) for card in cards],
            "listed": [_listed(known.aspect(each.urn, "schema")) for each in entities],
        }

    def _tell_nodes(self, ends: Ids, known: Known) -> dict[str, list[Any]]:
        holders = self._moments[0].of(ends).tolist()
        entities = [known.entity(each) for each in ends.tolist()]
        return {
            "card": [self._cards[each] for each in holders],
            "kind": [each.kind for each in entities],
            "path": [Urn.parse(each.urn).path for each in entities],
        }

    def _columns(self, edges: Edges, ends: Ids, carriers: Ids, sources: Ids, known: Known) -> dict[str, list[Any]]:
        names = {each: known.urn(each) for each in ends.tolist()}
        order = sorted(
            range(len(edges)),
            key=lambda at: (names[int(edges.src[at])], names[int(edges.dst[at])], *self._rest(edges, at, known)),
        )
        kept = edges.where(np.array(order, np.int64))
        return {
            "src": np.searchsorted(ends, kept.src).tolist(),
            "dst": np.searchsorted(ends, kept.dst).tolist(),
            "type": [EdgeType(each).name for each in kept.type.tolist()],
            "subtype": [subtype_name(each) for each in kept.subtype.tolist()],
            "confidence": [each / 100 for each in kept.confidence.tolist()],
            "carrier": np.searchsorted(carriers, kept.carrier).tolist(),
            "source": np.searchsorted(sources, kept.source).tolist(),
        }

    def _rest(self, edges: Edges, at: int, known: Known) -> tuple[int, str, int, str]:
        source = self._ledger.name_of("source", int(edges.source[at]))
        return int(edges.type[at]), known.urn(int(edges.carrier[at])), int(edges.subtype[at]), source


def _within(edges: Edges) -> Ids:
    """Return the positions of the edges that are told: those of dataset grain first, when there are too many."""
    order = np.argsort(edges.type != EdgeType.DATASET_FLOW, kind="stable")
    chosen: Ids = np.sort(order[:MAX_EDGES])
    return chosen


def _columns_of(parts: Parts) -> Ids:
    above, below = parts.members[Direction.DOWN], parts.members[Direction.UP]
    return distinct(np.concatenate([above.src, below.dst]))


def _title(aspects: Mapping[str, Any], urn: str) -> str:
    title = (aspects.get("exposure") or {}).get("label") or (aspects.get("properties") or {}).get("name")
    return str(title or said(urn))


def _listed(schema: Mapping[str, Any]) -> list[list[str | None]]:
    return [[each["name"], each.get("type")] for each in (schema.get("columns") or ())[:LISTED]]


@dataclass(frozen=True, slots=True)
class _Reached:
    """What gaps are looked for within."""

    nodes: Ids
    edges: Edges
    direction: Direction


def _gaps(ledger: LedgerReader, views: Views, parts: Parts, seq: int) -> list[Gap]:
    """Return what is not known on either side of the cards that were taken."""
    nodes = views.graph.nodes(parts.nodes)
    found = {
        gap
        for direction in Direction
        for gap in gaps_of(ledger, views.graph, _Reached(parts.nodes, parts.members[direction], direction), nodes, seq)
    }
    return sorted(found, key=lambda gap: (gap.code, gap.urn, gap.detail))
