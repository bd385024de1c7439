"""Neighbours: all that one thing touches on one side, to be looked through and chosen from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.graph import Direction
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Envelope, Viewer
from clew.query.cards import Cards
from clew.query.describe import past_gaps
from clew.query.freshness import Freshness
from clew.query.names import said
from clew.query.neighbourhood import ranked
from clew.query.views import Views


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A page of the neighbours of a card. `total` counts all, `matching` those whose name holds the words."""

    envelope: Envelope
    of: str
    direction: str
    total: int
    matching: int
    neighbours: Sequence[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "of": self.of,
            "direction": self.direction,
            "total": self.total,
            "matching": self.matching,
            "neighbours": list(self.neighbours),
        }


def neighbours(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    viewer: Viewer,
    *,
    direction: Direction,
    words: str = "",
    indirect: bool = False,
    tests: bool = False,
    limit: int = 100,
    offset: int = 0,
    at_least: str | None = None,
    as_of: int | None = None,
) -> Neighbours:
    """Return the neighbours of a thing's card, those that most hangs on first, whose names hold every word."""
    reached = freshness.reach("graph", at_least, as_of)
    started = time.perf_counter()
    graph, seq = views.graph, reached.seq
    cards = Cards(ledger, graph, seq, indirect=indirect, tests=tests or entity.kind == "assertion")
    own = np.array([cards.holding(entity)], np.int64)
    order = ranked(ledger, cards, np.unique(cards.crossing(own, direction).far))
    wanted = words.casefold().split()
    fitting = [
        each
        for each in ledger.entities(order)
        if each is not None and all(word in said(each.urn).casefold() for word in wanted)
    ]
    page = fitting[offset : offset + limit]
    uses = cards.uses(np.array([each.id for each in page], np.int64))
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=reached.behind,
        gaps=past_gaps(ledger, [entity], as_of),
        engine=graph.name,
        hops=1,
        ms=(time.perf_counter() - started) * 1000,
    )
    return Neighbours(
        envelope,
        entity.urn,
        direction.name.lower(),
        len(order),
        len(fitting),
        [{"urn": each.urn, "kind": each.kind, "name": said(each.urn), "uses": uses.get(each.id, 0)} for each in page],
    )
