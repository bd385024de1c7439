"""The ledger on a live PostgreSQL: writers that compete, servers that go away or die, tables of other versions."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from tools.servers import Server, start

from clew.errors import BadInput, ClewError, Damaged, Forbidden, NotFound, Unreachable
from clew.ledger import Source, postgres_reader
from clew.ledger.postgres import PostgresLedger
from clew.ledger.postgres_link import Link
from clew.ledger.postgres_listener import Listener
from clew.ledger.postgres_names import Names
from clew.ledger.postgres_schema import migrate
from clew.ledger.postgres_state import CLAIMS
from clew.ledger.postgres_tables import metadata
from clew.ledger.standing import etag
from clew_schemas import Event, Group, Receipt, event

NS = "postgres://db:5432"
_schemas = itertools.count()
_groups = itertools.count()


@pytest.fixture
def url(postgres: Server) -> str:
    return new_schema(postgres.url)


@pytest.fixture
def ledger(url: str) -> Iterator[PostgresLedger]:
    with closing(PostgresLedger.open(url)) as opened:
        yield opened


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that tests may kill: durable, and not the one that others use."""
    server = start(["postgres"], tmp_path_factory.mktemp("mortal"), own=True)["postgres"]
    yield server
    server.discard()


@pytest.fixture
def living(mortal: Server) -> Server:
    """The mortal server, up."""
    if not mortal.pids:
        mortal.restart()
    return mortal


def new_schema(url: str) -> str:
    """Return the URL of a new, empty schema on a server."""
    name = f"real_{os.getpid()}_{next(_schemas)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{url}?options=-csearch_path%3D{name}"


def thing(number: int) -> str:
    return f"urn:clew:dataset:({NS},shop.public.t{number})"


def note(number: int, text: str, **members: object) -> Event:
    return event(thing(number), "documentation", {"text": text}, **members)


def group(*events: Event, id: str | None = None, source: str = "steward") -> Group:
    return Group(source, id or f"g{next(_groups)}", events)


def one(ledger: PostgresLedger, record: Group) -> Receipt:
    (receipt,) = ledger.propose([record])
    return receipt


def text_of(ledger: PostgresLedger, number: int) -> str | None:
    (entity,) = ledger.ids([thing(number)])
    claims = ledger.claims([entity])[entity].get("documentation", ()) if entity else ()
    return next((claim.says["text"] for claim in claims if claim.says), None)


# -- writers that compete

WRITER = """
import json, random, sys
from clew.ledger.postgres import PostgresLedger
from clew_schemas import Group, event
url, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
dice = random.Random(name)
ledger = PostgresLedger.open(url)
print("ready", flush=True)
sys.stdin.readline()
for n in range(rounds):
    things = dice.sample(range(12), 5)
    events = [
        tuple(event(f"urn:clew:dataset:(postgres://db:5432,shop.public.t{at})", "documentation", {"text": text})
              for at in things)
        for text in (f"{name} {n}/{m}" for m in range(3))
    ]
    for receipt in ledger.propose([Group("steward", f"{name} {n}/{m}", said) for m, said in enumerate(events)]):
        print(json.dumps([receipt.id, receipt.status, receipt.seq, receipt.changed]), flush=True)
ledger.close()
"""


def test_two_processes_that_write_the_same_keys_lose_no_update_and_leave_no_gap(
    url: str, ledger: PostgresLedger
) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, name, "60"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        for name in ("ada", "bob")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda writer: writer.communicate(timeout=120)[0], writers))
    told = [json.loads(line) for output in said for line in output.splitlines()]
    assert [status for _, status, _, _ in told] == ["accepted"] * 360
    commits = ledger.tail(0, 10_000)
    assert [commit.seq for commit in commits] == list(range(1, 361))
    assert {commit.seq: commit.group for commit in commits} == {seq: name for name, _, seq, _ in told}
    assert [commit.time for commit in commits] == sorted(commit.time for commit in commits)
    turns = sum(a.group[:3] != b.group[:3] for a, b in itertools.pairwise(commits))
    assert turns > 10, "the writers did not compete"
    last = {change.urn: commit.group for commit in commits for change in commit.changes}
    assert {text_of(ledger, n) for n in range(12)} == set(last.values())
    for n in range(12):
        assert text_of(ledger, n) == last[thing(n)]
        history = ledger.history(ledger.ids([thing(n)])[0], "documentation")
        assert [fact.seq for fact in history] == [c.seq for c in commits if thing(n) in {e.urn for e in c.changes}]


def test_preconditions_let_no_increment_of_one_number_be_lost(url: str, ledger: PostgresLedger) -> None:
    meeting = threading.Barrier(2)

    def increment(times: int) -> int:
        refused = 0
        with closing(PostgresLedger.open(url)) as mine:
            meeting.wait()
            while times:
                (entity,) = mine.ids([thing(1)])
                claims = mine.claims([entity])[entity].get("documentation", ()) if entity else ()
                number = next((int(claim.says["text"]) for claim in claims if claim.says), 0)
                read = etag(mine.registry, "documentation", claims)
                accepted = one(mine, group(note(1, str(number + 1), if_match=read))).status == "accepted"
                times, refused = times - accepted, refused + (not accepted)
        return refused

    with ThreadPoolExecutor(2) as pool:
        refused = sum(pool.map(increment, [25, 25]))
    assert (text_of(ledger, 1), ledger.head_seq()) == ("50", 50)
    assert refused > 0, "they did not meet"


def test_ledgers_that_name_the_same_new_things_at_once_number_them_once_and_wait_in_no_circle(
    url: str, ledger: PostgresLedger
) -> None:
    things = [f"urn:clew:dataset:({NS},shop.public.t{n})" for n in range(4000)]
    meeting = threading.Barrier(4)

    def number(at: int) -> dict[str, int]:
        with psycopg.connect(url, autocommit=True) as connection:
            mine = random.Random(at).sample(things, len(things))
            meeting.wait()
            return Names().intern(connection, mine)

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(number, range(4))
    assert all(other == first for other in others)
    assert sorted(first) == sorted(things)
    column = event(things[0], "schema", {"columns": [{"name": "c1"}]})
    assert one(ledger, group(column)).status == "accepted"
    assert [entity.parent for entity in ledger.find("t0.c1")] == [first[things[0]]]


def test_one_group_that_the_database_refuses_does_not_fail_the_others_of_its_batch(
    url: str, ledger: PostgresLedger
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'no poison here' USING ERRCODE = '23514'; END$$"
        )
        connection.execute(
            "CREATE TRIGGER poison BEFORE INSERT ON commits FOR EACH ROW WHEN (new.grp = 'poison')"
            " EXECUTE FUNCTION refuse()"
        )
    batch = [group(note(1, "a"), id="first"), group(note(2, "b"), id="poison"), group(note(3, "c"), id="last")]
    with pytest.raises(Damaged, match="no poison here"):
        ledger.propose(batch)
    assert [commit.group for commit in ledger.tail(0)] == ["first", "last"]
    assert [receipt.repeated for receipt in ledger.propose([batch[0], batch[2]])] == [True, True]
    with pytest.raises(Damaged):
        ledger.propose(batch[1:], positions={"proposals/0": (0, 2)})
    assert (ledger.position("proposals/0"), ledger.head_seq()) == (0, 2)


def test_what_the_database_cannot_hold_is_refused_and_the_longest_names_are_kept(ledger: PostgresLedger) -> None:
    bad = [Group("steward", "a\0b", (note(1, "a"),)), Group("steward", "g", (note(1, "a"),), author="a\0")]
    assert [receipt.status for receipt in ledger.propose([*bad, group(note(2, "b"))])] == [
        "refused",
        "refused",
        "accepted",
    ]
    longest = f"urn:clew:dataset:({NS},{'語' * 1900})"
    assert one(ledger, group(event(longest, "documentation", {"text": "x"}))).status == "accepted"
    assert [entity.urn for entity in ledger.find("語" * 1900)] == [longest]
    assert ledger.find("a\0b") == []
    assert ledger.ids(["a\0b"]) == [0]


# -- hearing of others


def test_a_wait_hears_of_a_commit_of_another_process(
    url: str, ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_reader, "_POLL", 3600.0)
    monkeypatch.setattr(postgres_reader, "_FRESH", 3600.0)
    assert not ledger.wait(1, 0.01)
    assert ledger.head_seq() == 0
    with closing(PostgresLedger.open(url)) as other, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ledger.wait, 1, 60)
        one(other, group(note(1, "a")))
        assert waiting.result()


def test_a_wait_without_notifications_finds_the_commit_by_asking(
    url: str, ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listener, "start", lambda self: None)
    with closing(PostgresLedger.open(url)) as other, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ledger.wait, 1, 60)
        one(other, group(note(1, "a")))
        assert waiting.result()
    assert not ledger.wait(2, 0.01)


def test_the_head_is_never_behind_ones_own_write(url: str, ledger: PostgresLedger) -> None:
    for n in range(20):
        assert ledger.head_seq() == n
        assert one(ledger, group(note(1, str(n)))).seq == ledger.head_seq()


# -- what a server says no to


def said_of(error: BaseException) -> str:
    """Return all that an error tells, its traceback and causes included."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(getattr(error, "to_dict", dict)())


def test_a_wrong_password_is_forbidden_in_words_and_nobody_repeats_it(
    postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    parts = urlsplit(postgres.url)
    wrong = f"postgresql://{parts.username}:hunter2@{parts.hostname}:{parts.port}{parts.path}"
    with pytest.raises(Forbidden) as caught:
        PostgresLedger.open(wrong)
    assert "password" in caught.value.what
    assert f"{parts.hostname}:{parts.port}" in str(caught.value.where)
    assert "hunter2" not in said_of(caught.value) + caplog.text


def test_a_missing_database_is_said(postgres: Server) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        PostgresLedger.open(f"{postgres.url.rpartition('/')[0]}/nowhere")


def test_a_setting_that_gives_up_durability_is_overruled(url: str) -> None:
    with closing(PostgresLedger.open(f"{url}%20-csynchronous_commit%3Doff")) as ledger:
        one(ledger, group(note(1, "a")))
        shown = ledger._writer.before_lock(lambda each: each.execute("SHOW synchronous_commit").fetchone())
        assert shown == ("on",)
        shown = ledger._writer.before_lock(lambda each: each.execute("SHOW plan_cache_mode").fetchone())
        assert shown == ("force_custom_plan",)


def test_heads_are_found_by_their_key_though_the_tables_have_no_statistics(url: str) -> None:
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE claim SET (autovacuum_enabled = false)")
        connection.execute(
            "INSERT INTO claim (id, entity, aspect, source, branch, seq, observed, mark)"
            " SELECT n, n, 1, 1, 1, 1, 0, '' FROM generate_series(1, 60000) AS n"
        )
        keys = [list(range(1, 101)), [1] * 100, [1] * 100]
        plan = "\n".join(row[0] for row in psycopg.ClientCursor(connection).execute(f"EXPLAIN {CLAIMS}", keys))
    assert "claim_key" in plan
    assert "claim_source" not in plan


# -- tables


def test_many_who_migrate_at_once_make_one_ledger_and_again_changes_nothing(url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        moves = list(pool.map(migrate, [url] * 6))
    assert sum(move.before is None for move in moves) == 1
    opened = [PostgresLedger.open(url) for _ in range(2)]
    one(opened[0], group(note(1, "a")))
    assert migrate(url).before == migrate(url).after
    assert opened[1].head_seq() == 1
    assert len({each.epoch for each in opened}) == 1
    for each in opened:
        each.close()


def test_a_migration_that_fails_leaves_nothing(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE token (taken int)")
        with pytest.raises(ClewError):
            migrate(url)
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        ).fetchall()
    assert tables == [("token",)]


@pytest.mark.parametrize(
    "change", ["UPDATE alembic_version SET version_num = '9999'", "UPDATE meta SET value = '99' WHERE key = 'format'"]
)
def test_a_ledger_of_a_newer_clew_is_refused(url: str, change: str) -> None:
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(change)
        with pytest.raises(BadInput, match="newer Clew"):
            PostgresLedger.open(url)


def test_the_migrations_make_the_tables_that_the_code_names(url: str) -> None:
    migrate(url)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


# -- a server that goes away


def test_a_server_that_is_away_is_said_and_back_all_goes_on(living: Server) -> None:
    url = new_schema(living.url)
    with closing(PostgresLedger.open(url, patience=0.3)) as ledger:
        one(ledger, group(note(1, "before")))
        assert not ledger.wait(99, 0.01)
        living.stop()
        password = urlsplit(url).password
        assert password
        for attempt in (
            lambda: PostgresLedger.open(url),
            lambda: one(ledger, group(note(1, "lost"))),
            lambda: ledger.claims([1]),
            lambda: ledger.register(Source("pg", "crawl")),
        ):
            with pytest.raises(Unreachable) as caught:
                attempt()
            assert password not in said_of(caught.value)
            assert living.address in str(caught.value.where)
        living.restart()
        assert text_of(ledger, 1) == "before"
        assert one(ledger, group(note(1, "after"))).seq == 2
        with closing(PostgresLedger.open(url)) as other:
            one(other, group(note(2, "more")))
        assert ledger.wait(3, 60)


def test_idle_connections_that_the_server_ended_are_replaced_unnoticed(
    postgres: Server, ledger: PostgresLedger
) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ledger.stats(), range(40)))
    one(ledger, group(note(1, "a")))
    end_every_connection(postgres)
    assert text_of(ledger, 1) == "a"
    end_every_connection(postgres)
    assert one(ledger, group(note(1, "b"))).seq == 2
    end_every_connection(postgres)
    ledger.register(Source("pg", "crawl"))


def test_a_writer_that_is_ended_while_it_commits_commits_once_in_the_end(
    postgres: Server, url: str, ledger: PostgresLedger
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN PERFORM pg_sleep(1); RETURN new; END$$"
        )
        connection.execute(
            "CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON commits DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION dawdle()"
        )
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(ledger.propose, [group(note(1, "a")), group(note(2, "b"))])
            committing = "SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep'"
            while not (found := connection.execute(committing).fetchall()):
                assert not waiting.done()
            connection.execute("SELECT pg_terminate_backend(%s)", found[0])
            assert [(each.seq, each.repeated) for each in waiting.result()] == [(1, False), (2, False)]
    assert ledger.stats()["facts"] == 2


def test_a_writer_that_is_stopped_while_it_holds_the_lock_keeps_nobody_waiting_for_ever(
    url: str, ledger: PostgresLedger
) -> None:
    ledger.register(Source("a", "time"))
    stopped = Link(url).connect_writer()
    with suppress(psycopg.Error), closing(stopped), stopped.pipeline():
        stopped.execute("BEGIN")
        stopped.execute("SELECT seq FROM ledger_head WHERE id = 1 FOR UPDATE").fetchone()
        said = event(f"urn:clew:dataset:({NS},shop.public.t)", "documentation", {"text": "t"})
        (receipt,) = ledger.propose([Group("a", "g", (said,))])
        assert receipt.status == "accepted"
        with pytest.raises(psycopg.Error):
            stopped.execute("SELECT 1").fetchone()


def test_a_write_waits_for_a_server_that_comes_back(living: Server) -> None:
    with closing(PostgresLedger.open(new_schema(living.url), patience=120)) as ledger:
        one(ledger, group(note(1, "before")))
        living.kill()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(one, ledger, group(note(1, "after")))
            living.restart()
            assert (waiting.result().seq, waiting.result().repeated) == (2, False)


def asked(server: Server, sql: str) -> list[tuple[Any, ...]]:
    """Ask the server; again, for a minute, while it recovers from the kill before."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(server.url, autocommit=True) as connection:
                return connection.execute(sql).fetchall()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def end_every_connection(server: Server) -> None:
    asked(server, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'clew'")


class Load:
    """Threads that edit without end through two ledgers, and what was acknowledged, told outside the server."""

    def __init__(self, url: str) -> None:
        self.acknowledged: list[tuple[str, int | None]] = []
        self.failed: list[Exception] = []
        self._ledgers = [PostgresLedger.open(url, patience=120) for _ in range(2)]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._edit, args=(at,)) for at in range(4)]
        for thread in self._threads:
            thread.start()

    def _edit(self, at: int) -> None:
        for n in itertools.count():
            if self._stop.is_set():
                return
            said = [group(note(n % 7, f"{at}: {n}/{m}"), id=f"{at}: {n}/{m}") for m in range(3)]
            try:
                receipts = self._ledgers[at % 2].propose(said)
            except Exception as error:
                self.failed.append(error)
                return
            self.acknowledged += [(receipt.id, receipt.seq) for receipt in receipts if not receipt.repeated]

    def go_on_for(self, more: int) -> None:
        """Wait until this many more groups are acknowledged."""
        wanted = len(self.acknowledged) + more
        while len(self.acknowledged) < wanted and not self.failed:
            time.sleep(0.005)

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for ledger in self._ledgers:
            ledger.close()


def kill_a_backend(server: Server, dice: random.Random) -> None:
    """Kill the process behind one of the load's writing connections; the server takes all others down with it."""
    pids = asked(
        server,
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'clew' AND query LIKE '%ledger_head%'"
        " OR query = 'COMMIT'",
    )
    if pids:
        os.kill(dice.choice(pids)[0], signal.SIGKILL)


def end_the_backends(server: Server, dice: random.Random) -> None:
    """End every connection of the load in good order."""
    end_every_connection(server)


def kill_the_server(server: Server, dice: random.Random) -> None:
    """Kill the whole server and start it again."""
    server.kill()
    server.restart()


def test_kills_under_load_lose_and_double_nothing_that_was_acknowledged(living: Server) -> None:
    url = new_schema(living.url)
    dice = random.Random(4)
    load = Load(url)
    kills: list[Callable[[Server, random.Random], None]] = [kill_a_backend, end_the_backends, kill_the_server] * 2
    try:
        for kill in kills:
            load.go_on_for(dice.randint(5, 60))
            kill(living, dice)
        load.go_on_for(50)
    finally:
        load.end()
    assert load.failed == []
    with closing(PostgresLedger.open(url)) as ledger:
        commits = ledger.tail(0, 1_000_000)
        assert [commit.seq for commit in commits] == list(range(1, len(commits) + 1))
        seqs = {commit.group: commit.seq for commit in commits}
        assert len(seqs) == len(commits), "a group was committed twice"
        assert dict(load.acknowledged) == seqs, "what was acknowledged is not what stands"
        assert ledger.stats()["facts"] == len(commits)


# -- an answer that never came


class Wire:
    """A wire to the server that can be cut at the COMMIT: before it arrives, or after it was done."""

    def __init__(self, server: Server) -> None:
        self._server = server.address.partition(":")[0], int(server.address.partition(":")[2])
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.cut: str | None = None
        self.cuts = 0
        self.refusing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            server = socket.create_connection(self._server)
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
            threading.Thread(target=self._carry_back, args=(server, client), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        while data := _received(client):
            if self.cut is not None and b"COMMIT\0" in data:
                cut, self.cut = self.cut, None
                self.cuts += 1
                if cut == "after":
                    _close(client)
                    server.sendall(data)
                    time.sleep(0.5)  # the server works on it while the client already asks elsewhere
                break
            server.sendall(data)
        _close(client)
        _close(server)

    def _carry_back(self, server: socket.socket, client: socket.socket) -> None:
        while data := _received(server):
            try:
                client.sendall(data)
            except OSError:
                return
        _close(client)

    def close(self) -> None:
        self._listening.close()


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@pytest.fixture
def wire(postgres: Server) -> Iterator[Wire]:
    with closing(Wire(postgres)) as opened:
        yield opened


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_commit_whose_answer_is_lost_is_kept_once_and_answered_as_if_nothing_had_been(
    postgres: Server, wire: Wire, url: str, cut: str
) -> None:
    through = url.replace(postgres.address, wire.address)
    with closing(PostgresLedger.open(through)) as ledger:
        one(ledger, group(note(1, "first")))
        wire.cut = cut
        receipts = ledger.propose([group(note(1, "second")), group(note(2, "third"))], positions={"p/0": (0, 2)})
        assert wire.cuts == 1
        assert [(each.status, each.seq, each.repeated) for each in receipts] == [
            ("accepted", 2, False),
            ("accepted", 3, False),
        ]
        assert (ledger.stats()["facts"], ledger.position("p/0")) == (3, 2)
        assert one(ledger, group(note(1, "fourth"))).seq == 4


def test_when_nobody_can_tell_whether_it_was_kept_that_is_said_and_sending_again_is_safe(
    postgres: Server, wire: Wire, url: str
) -> None:
    record = group(note(1, "second"))
    with closing(PostgresLedger.open(url.replace(postgres.address, wire.address), patience=0.5)) as ledger:
        one(ledger, group(note(1, "first")))
        wire.cut, wire.refusing = "after", True
        with pytest.raises(Unreachable, match="not known"):
            one(ledger, record)
        wire.refusing = False
        again = one(ledger, record)
        assert (again.seq, again.repeated, ledger.head_seq()) == (2, True, 2)
