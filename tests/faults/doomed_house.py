"""A house under load that kills its own process group at a named point, for the n-th time that it comes there.

    python doomed_house.py HOME ROUND POINT N

Three kinds of writes take turns: a steward's edits, SQL from which lineage is derived, and a batch that moves a
position of a log in its own transaction. Every acknowledgement is one JSON line on standard output, written after
`propose` returned. Points that lie inside SQLite and tantivy are hit from outside, by the tracer; here they only make
the house come there often.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clew.derive.reactor import Reactor
from clew.graph import snapshot
from clew.graph.lineage_index import LineageIndex
from clew.house import House
from clew.ledger import Source
from clew.ledger.sqlite import SqliteLedger
from clew.ledger.sqlite_book import SqliteBook
from clew.ledger.sqlite_group import GroupWriter
from clew.materialise import follower
from clew.materialise.follower import GraphFollower, RelationsFollower, SearchFollower
from clew.search import tantivy_store
from clew.search.tantivy_index import TantivyIndex
from clew.settings import Settings
from clew_schemas import Event, Group, event

THINGS = 12
POSITION = "proposals/0"
CLIENT = "client"

Point = tuple[Any, str, bool]
"""Where a function stands, its name, and whether the house dies before it or after it."""

POINTS: dict[str, Point] = {
    "claim rows written, nothing else yet": (GroupWriter, "write", False),
    "receipt written, transaction open": (SqliteBook, "keep_receipt", False),
    "position of the log moved, claims not yet": (SqliteBook, "move_positions", False),
    "transaction durable, nobody told": (SqliteLedger, "_announce", True),
    "documents handed to tantivy, not committed": (tantivy_store, "encoded_position", True),
    "tantivy committed, its reader not renewed": (TantivyIndex, "_renew", True),
    "graph applied, no snapshot": (LineageIndex, "apply", False),
    "snapshot half written": (snapshot, "_write_array", False),
    "snapshot written, not named": (snapshot.SnapshotStore, "_point_to", True),
    "snapshot's name about to be renamed": (Path, "replace", True),
    "snapshot named, the old one still there": (snapshot.SnapshotStore, "_remove_all_but", True),
    "a reactor's claims acknowledged, its cursor not stored": (SqliteLedger, "set_cursor", True),
    "a reactor between two of its claims": (Reactor, "_derive", False),
}
"""Points that are hit from inside."""

TRACED = {
    "WAL checkpoint: a page copied into the database": ("ledger.db", "pwrite64"),
    "WAL checkpoint: the database forced to disk": ("ledger.db", "fdatasync"),
    "WAL: a commit about to be forced to disk": ("ledger.db-wal", "fdatasync"),
    "tantivy commit: a file about to be renamed": (None, "rename"),
}
"""Points that the tracer hits: a file of the home, and a system call upon it."""


def dies(original: Callable[..., Any], before: bool, count: int) -> Callable[..., Any]:
    """Return `original`, except that the process group is gone at its `count`-th call."""
    calls = 0

    @functools.wraps(original)
    def doomed(*args: Any, **members: Any) -> Any:
        nonlocal calls
        calls += 1
        if before and calls == count:
            os.killpg(0, signal.SIGKILL)
        result = original(*args, **members)
        if calls == count:
            os.killpg(0, signal.SIGKILL)
        return result

    return doomed


def doom(point: str, count: int) -> None:
    """Let the process die at a point."""
    if point in POINTS:
        owner, name, before = POINTS[point]
        setattr(owner, name, dies(getattr(owner, name), before, count))
    # The graph saves a snapshot after every step, but for the one point where renames must be tantivy's alone.
    follower._SAVE_EVERY, follower._SAVING = (0.0, 0.0) if TRACED.get(point, ("", ""))[1] != "rename" else (1e9, 0.0)
    # Nobody pauses between steps: each comes to its points as often as it can.
    for each in (GraphFollower, SearchFollower, RelationsFollower, Reactor):
        each.pause = 0.0


def dataset(name: str) -> str:
    """Return the URN of a table of this story."""
    return f"urn:clew:dataset:(duckdb://doom,doom.main.{name})"


def edit(round_: int, number: int) -> Event:
    """Return an edit with a text of its own."""
    return event(dataset(f"t{number % THINGS}"), "documentation", {"text": f"round {round_}, edit {number}"})


def query(number: int) -> Event:
    """Return SQL by which one table comes from another, another one each time."""
    source, target = f"t{number % THINGS}", f"t{(number // THINGS + number + 1) % THINGS}_made"
    text = f"select a, count(*) as n{number} from doom.main.{source} group by a"
    said = {"text": text, "dialect": "duckdb", "namespace": "duckdb://doom", "output": dataset(target)}
    return event(f"urn:clew:job:(doom,{target})", "query", said)


def acknowledge(source: str, receipt: Any) -> None:
    """Tell the outside what was acknowledged, in one write."""
    said = {"source": source, "id": receipt.id, "status": receipt.status, "seq": receipt.seq}
    os.write(1, (json.dumps(said) + "\n").encode())


def write(house: House, round_: int) -> None:
    """Write without end."""
    position = house.ledger.position(POSITION)
    for number in range(1_000_000):
        told = event(dataset(f"t{number % THINGS}"), "documentation", {"text": f"from the log, {position}"})
        (receipt,) = house.ledger.propose(
            [Group(CLIENT, f"{round_}/log/{number}", (told,))], positions={POSITION: (position, position + 1)}
        )
        position += 1
        acknowledge(CLIENT, receipt)
        for name, said in (("edit", edit(round_, number)), ("sql", query(round_ * 1000 + number))):
            (receipt,) = house.ledger.propose([Group("steward", f"{round_}/{name}/{number}", (said,))])
            acknowledge("steward", receipt)


def main() -> None:
    home, round_, point, count = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    house = House(Settings(home=home))
    house.ledger.register(Source(CLIENT, "time"))
    if point.startswith("WAL checkpoint"):
        assert isinstance(house.ledger, SqliteLedger)
        house.ledger._store.connection.execute("PRAGMA wal_autocheckpoint = 8")
    doom(point, count)
    house.start()
    write(house, round_)


if __name__ == "__main__":
    main()
