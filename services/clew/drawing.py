"""`python -m clew.drawing`: draws the search index and the relations for the house that started it, and works out what
changes in its graph.

`clew.materialise.lending` starts it, and tells what both sides say. It opens nothing before it is told to:
until then the house itself writes the stores. It leaves as soon as the house is gone, in the middle of a step if need
be: a step takes effect as a whole or not at all.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from clew.collector import calm
from clew.ledger import LedgerReader, join_ledger
from clew.materialise.drawn_ahead import Ahead
from clew.materialise.follower import Follower, RelationsFollower, SearchFollower
from clew.relations import Relations, join_relations
from clew.search import Search, join_search
from clew.threads import Worker

_WAIT = 0.2
_LEFT_ALONE = 1
_ENGINES = ("clew.ledger.sqlite_reader", "clew.search.tantivy_index", "clew.relations.sqlite_relations")
"""Loaded before the house is told that it may stop drawing."""
_saying = threading.Lock()


class Drawn(NamedTuple):
    """The views that are drawn here."""

    search: Search
    relations: Relations


def main() -> None:
    """Draw until standard input ends, or says so."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # meant for the house, which then ends this
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    order = _next()
    for engine in _ENGINES:
        importlib.import_module(engine)
    _say({"ready": True})
    if "end" in (said := _next()):
        return
    home = Path(order["home"])
    with closing(join_ledger(home, order["epoch"])) as ledger:
        ledger.heard(said["head"])
        ahead = Ahead(ledger, order["changes"])
        ahead.heard(said["graph"])
        views = Drawn(join_search(home / "search"), join_relations(home / "relations"))
        relations = RelationsFollower(ledger, views)
        relations.pace = True
        workers = [_worker(each, ledger) for each in (SearchFollower(ledger, views), relations)]
        workers.append(_ahead(ahead, ledger))
        calm()
        for worker in workers:
            worker.start()
        failing: Mapping[str, str] = {}
        while "end" not in (said := _next()):
            ahead.heard(said["graph"])
            ledger.heard(said["head"])
            if failing != (now := {worker.work: worker.failing for worker in workers if worker.failing}):
                failing = now
                _say({"failing": failing})
        ahead.end()
        for worker in workers:
            worker.stop()
        views.search.close()
        views.relations.close()


def _worker(follower: Follower, ledger: LedgerReader) -> Worker:
    def step() -> bool:
        busy = follower.step()
        if busy:
            _say({"drawn": follower.name})
        return busy

    def rest() -> None:
        ledger.wait(follower.position() + 1, timeout=_WAIT)

    return Worker(follower.name, step, rest, threading.Condition(), lambda: follower.pause)


def _ahead(ahead: Ahead, ledger: LedgerReader) -> Worker:
    def step() -> bool:
        try:
            return ahead.step()
        except BrokenPipeError:
            os._exit(_LEFT_ALONE)

    def rest() -> None:
        ledger.wait(ahead.position() + 1, timeout=_WAIT)

    return Worker(ahead.name, step, rest, threading.Condition(), lambda: ahead.pause)


def _say(what: Mapping[str, Any]) -> None:
    """Say something to the house."""
    try:
        with _saying:
            os.write(sys.stdout.fileno(), json.dumps(what).encode() + b"\n")
    except OSError:
        os._exit(_LEFT_ALONE)


def _next() -> dict[str, Any]:
    """Return what the house says next. It never ends without a word: when there is none, it is gone."""
    line = sys.stdin.buffer.readline()
    if not line:
        os._exit(_LEFT_ALONE)
    said: dict[str, Any] = json.loads(line)
    return said


if __name__ == "__main__":
    main()
