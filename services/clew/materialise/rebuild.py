"""Draw a view anew beside the old one, from the first commit on; then take its place. Reads go on meanwhile."""

from __future__ import annotations

import time
from typing import Literal

from clew.ledger import LedgerReader
from clew.materialise.follower import Follower, GraphFollower, RelationsFollower, SearchFollower
from clew.materialise.views import Views

ViewName = Literal["graph", "search", "relations"]
ALL_VIEWS: tuple[ViewName, ...] = ("graph", "search", "relations")


def rebuild(name: ViewName, ledger: LedgerReader, views: Views) -> dict[str, float | int | str]:
    """Redraw one view; return `view`, `seq`, `seconds` and `commitsPerSecond`."""
    started = time.monotonic()
    beside = Views(views.graph, views.search, views.relations)
    follower: Follower
    if name == "graph":
        beside.graph = views.graph.fresh()
        follower = GraphFollower(ledger, beside)
    elif name == "search":
        beside.search = views.search.fresh()
        follower = SearchFollower(ledger, beside)
    else:
        beside.relations = views.relations.fresh()
        follower = RelationsFollower(ledger, beside)
    while follower.step():
        pass
    _take_place(name, beside, views)
    seconds = time.monotonic() - started
    seq = follower.position()
    return {"view": name, "seq": seq, "seconds": round(seconds, 3), "commitsPerSecond": round(seq / max(seconds, 1e-6))}


def _take_place(name: ViewName, beside: Views, views: Views) -> None:
    """Put the new view in force. Questions that are on their way finish on the old one, which nobody closes."""
    if name == "graph":
        beside.graph.promote()
        views.graph = beside.graph
    elif name == "search":
        beside.search.promote()
        views.search = beside.search
    else:
        beside.relations.promote()
        views.relations = beside.relations
