"""Draw a view anew beside the old one, from the first commit on; then take its place. Reads go on meanwhile."""

from __future__ import annotations

import time
from typing import Literal

from clew.ledger import LedgerReader
from clew.materialise.follower import Follower, GraphFollower, SearchFollower
from clew.materialise.views import Views

ViewName = Literal["graph", "search"]
ALL_VIEWS: tuple[ViewName, ...] = ("graph", "search")


def rebuild(name: ViewName, ledger: LedgerReader, views: Views) -> dict[str, float | int | str]:
    """Redraw one view; return `view`, `seq`, `seconds` and `commitsPerSecond`."""
    started = time.monotonic()
    beside = Views(views.graph, views.search)
    follower: Follower
    if name == "graph":
        beside.graph = views.graph.fresh()
        follower = GraphFollower(ledger, beside)
    else:
        beside.search = views.search.fresh()
        follower = SearchFollower(ledger, beside)
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
    else:
        beside.search.promote()
        views.search = beside.search
