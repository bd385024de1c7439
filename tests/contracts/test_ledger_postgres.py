"""The ledger on PostgreSQL keeps the contract; each ledger has a schema of its own on one server.

Positions and public keys are asked of both engines here.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import psycopg
import pytest
from tools.servers import Server

from clew.errors import BadInput, Conflict, NotFound
from clew.ledger import Commit, Ledger, Source
from clew.ledger.postgres import PostgresLedger
from clew.ledger.sqlite import SqliteLedger
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Record, Scope, event
from contracts.ledger_contract import *  # noqa: F403
from contracts.ledger_contract import CLOCK, ITEMS, NS, ORDERS, Clock, MakeLedger, edit, note, text_of

_schemas = count()
SCOPE = Scope((f"urn:clew:dataset:({NS},",), ("documentation", "schema"))


@pytest.fixture(scope="module")
def server(postgres: Server) -> Server:
    return postgres


@pytest.fixture
def make_ledger(server: Server) -> Iterator[MakeLedger]:
    opened: list[PostgresLedger] = []

    def make(clock: Clock) -> Ledger:
        ledger = PostgresLedger.open(new_schema(server.url), clock=clock)
        opened.append(ledger)
        return ledger

    yield make
    for ledger in opened:
        ledger.close()


@pytest.fixture
def embedded(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    ledger = SqliteLedger.open(tmp_path / "ledger.db", clock=clock)
    yield ledger
    ledger.close()


@pytest.fixture(params=["postgres", "sqlite"])
def either(request: pytest.FixtureRequest) -> Ledger:
    """Each engine in turn."""
    found: Ledger = request.getfixturevalue("ledger" if request.param == "postgres" else "embedded")
    return found


class Still(Clock):
    """A clock that stands, however often it is asked."""

    def __call__(self) -> int:
        return self.micros


def new_schema(url: str) -> str:
    """Return the URL of a new, empty schema on a server."""
    name = f"ledger_{next(_schemas)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{url}?options=-csearch_path%3D{name}"


def test_positions_move_with_the_records_of_their_batch(either: Ledger) -> None:
    assert either.position("proposals/0") == 0
    either.propose([edit(note(ORDERS, "a"))], positions={"proposals/0": (0, 7), "proposals/1": (0, 3)})
    assert (either.position("proposals/0"), either.position("proposals/1")) == (7, 3)
    assert either.cursor("kafka:proposals/0") == 7
    assert either.propose([], positions={"proposals/0": (7, 9)}) == []
    assert either.position("proposals/0") == 9


def test_a_position_that_stands_elsewhere_keeps_the_whole_batch_out(either: Ledger) -> None:
    either.propose([], positions={"proposals/0": (0, 7)})
    batch = [edit(note(ORDERS, "a")), edit(note(ITEMS, "b"))]
    for expected in (0, 6, 8):
        with pytest.raises(Conflict):
            either.propose(batch, positions={"proposals/1": (0, 1), "proposals/0": (expected, 9)})
    assert (either.head_seq(), either.position("proposals/0"), either.position("proposals/1")) == (0, 7, 0)
    either.propose(batch, positions={"proposals/1": (0, 1), "proposals/0": (7, 8)})
    assert (either.head_seq(), text_of(either, ORDERS)) == (2, {"steward": "a"})


def test_a_bad_group_of_a_positioned_batch_is_parked_and_the_position_goes_on(either: Ledger) -> None:
    bad = edit(event(ITEMS, "documentation", {"txt": "bad"}))
    receipts = either.propose([bad, edit(note(ORDERS, "a"))], waits=False, positions={"proposals/0": (0, 2)})
    assert [receipt.status for receipt in receipts] == ["parked", "accepted"]
    assert (either.position("proposals/0"), len(either.parked())) == (2, 1)


def test_a_source_has_the_public_key_that_it_was_given_last(either: Ledger) -> None:
    either.register(Source("pg", "crawl"))
    assert either.public_key("pg") is None
    either.set_public_key("pg", bytes(range(32)))
    assert either.public_key("pg") == bytes(range(32))
    either.set_public_key("pg", None)
    assert either.public_key("pg") is None


def test_a_key_needs_a_known_source_and_32_bytes(either: Ledger) -> None:
    with pytest.raises(NotFound):
        either.set_public_key("nobody", bytes(32))
    with pytest.raises(BadInput):
        either.set_public_key("steward", b"short")
    assert either.public_key("nobody") is None


def stream(dice: random.Random) -> Iterator[list[Record]]:
    """Yield batches of records of every kind: crawls with repeats and late groups, edits, denials, points, rubbish."""
    opened: list[int] = []
    sent = 0
    made: list[Group] = []
    for n in range(60):
        batch: list[Record] = []
        for m in range(dice.randint(1, 6)):
            kind, name = dice.random(), f"g{n}/{m}"
            if kind < 0.06 or not opened:
                opened.append(CLOCK + n * 100 + m)
                batch.append(CrawlOpen("pg", opened[-1], SCOPE))
                sent = 0
            elif kind < 0.12:
                batch.append(CrawlClose("pg", opened[-1], sent + dice.choice([0, 0, 0, 1])))
            elif kind < 0.5:
                said = tuple(some_event(dice) for _ in range(dice.randint(1, 4)))
                number = opened[-1] if dice.random() < 0.9 else dice.choice(opened)
                batch.append(Group("pg", name, said, CrawlPosition(number, max(0, sent - dice.choice([0, 0, 0, 3])))))
                sent += len(said)
            elif kind < 0.9 or not made:
                batch.append(edit(*(some_event(dice) for _ in range(dice.randint(1, 3))), id=name, source="client"))
            else:
                batch.append(dice.choice(made))
        made += [record for record in batch if isinstance(record, Group)]
        yield batch


def some_event(dice: random.Random) -> Event:
    """Return an event about one of a few things, so that they meet again."""
    urn = f"urn:clew:dataset:({NS},shop.public.t{dice.randint(0, 7)})"
    kind = dice.random()
    if kind < 0.1:
        return Event(urn, "documentation", op="retract")
    if kind < 0.2:
        return event(urn, "documentation", {"all": True}, op="deny")
    if kind < 0.3:
        columns = [{"name": dice.choice("abc")}, {"name": "d"}]
        return event(urn, "schema", {"columns": columns})
    if kind < 0.35:
        return event(urn, "documentation", {"txt": "bad"})
    if kind < 0.45:
        assertion = "urn:clew:assertion:(dbt://shop,unique)"
        moment = datetime(2023, 11, dice.randint(1, 5), tzinfo=UTC)
        return event(assertion, "quality_result", {"status": dice.choice(["pass", "fail"])}, time=moment)
    observed = datetime(2023, 11, 1, tzinfo=UTC) + timedelta(minutes=dice.randint(0, 5000))
    when = {"observed": observed} if dice.random() < 0.5 else {}
    return note(urn, dice.choice(["one", "two", "three"]), **when)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_both_engines_take_any_stream_of_records_alike(server: Server, tmp_path: Path, seed: int) -> None:
    clock = Still()
    embedded = SqliteLedger.open(tmp_path / "ledger.db", clock=clock)
    url = new_schema(server.url)
    ledger = PostgresLedger.open(url, clock=clock)
    both = (ledger, embedded)
    for each in both:
        each.register(Source("pg", "crawl"))
        each.register(Source("client", "time"))
    statuses = set()
    for at, batch in enumerate(stream(random.Random(seed))):
        clock.micros += 1_000_000
        ours, theirs = (each.propose(batch, waits=at % 2 == 0) for each in both)
        assert [plain(receipt) for receipt in ours] == [plain(receipt) for receipt in theirs]
        statuses |= {receipt.status for receipt in ours}
        if at % 10 == 9:
            parked = [each.parked() for each in both]
            assert [one[1:] for one in parked[0]] == [one[1:] for one in parked[1]]
            for one, other in zip(*parked, strict=True):
                assert plain(ledger.replay(one.id)) == plain(embedded.replay(other.id))
    assert statuses == {"accepted", "unchanged", "parked", "refused", "opened", "closed"}
    assert ledger.heads_digest() == embedded.heads_digest()
    assert [nameless(commit) for commit in ledger.tail(0, 10_000)] == [
        nameless(commit) for commit in embedded.tail(0, 10_000)
    ]
    for urn in {change.urn for commit in ledger.tail(0, 10_000) for change in commit.changes}:
        ids = [each.ids([urn])[0] for each in both]
        for aspect in ("documentation", "schema"):
            assert ledger.history(ids[0], aspect) == embedded.history(ids[1], aspect)
            assert ledger.change_seqs(ids[0], aspect) == embedded.change_seqs(ids[1], aspect)
        for at in range(0, ledger.head_seq(), 7):
            assert ledger.claims(ids[:1], at)[ids[0]] == embedded.claims(ids[1:], at)[ids[1]]
    assert stored_marks(psycopg.connect(url)) == stored_marks(sqlite3.connect(embedded.path))
    for each in both:
        each.close()


def stored_marks(connection: psycopg.Connection | sqlite3.Connection) -> list[tuple[object, ...]]:
    """Return the mark of every claim by its names."""
    names = "named" if isinstance(connection, sqlite3.Connection) else "entity"
    sql = (
        f"SELECT e.urn, a.name, s.name, c.mark FROM claim c JOIN {names} e ON e.id = c.entity"
        " JOIN aspect a ON a.id = c.aspect JOIN source s ON s.id = c.source"
    )
    with closing(connection):
        return sorted((*row[:3], bytes(row[3])) for row in connection.execute(sql).fetchall())


def plain(receipt: Receipt) -> Receipt:
    """Return a receipt without the ledger's epoch."""
    return msgspec.structs.replace(receipt, token=receipt.token.partition("-")[2])


def nameless(commit: Commit) -> Commit:
    """Return a commit without the ledger's own numbers for things."""
    changes = tuple(replace(change, entity=0) for change in commit.changes)
    points = tuple(replace(point, entity=0) for point in commit.points)
    return replace(commit, changes=changes, points=points)
