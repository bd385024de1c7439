"""The log under faults: killed and stopped committers, servers that go away. Nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tools.servers import Server, start
from tools.servers.place import free_port

from clew.errors import BadInput, Unreachable
from clew.ledger import Ledger, Source
from clew.ledger.postgres import PostgresLedger
from clew.log import LogUrl, open_log
from clew.log.keys import HeldKeys, SigningKey
from clew.threads import Worker
from clew_schemas import Group, event
from real.bare_producer import GROUP, BareProducer, groups

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("committing.py")
PRIVATE = Ed25519PrivateKey.generate()
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def until(done: Callable[[], Any], patience: float = 120.0) -> None:
    """Wait until something is so; patience is for a busy machine."""
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def address(kafka: Server, registry: Server, session: float = 2) -> str:
    """Return the URL of a log of its own."""
    return f"{kafka.url.partition('?')[0]}?registry={registry.url}&prefix=l{secrets.token_hex(4)}.&session={session}"


def postgres_ledger(postgres: Server) -> tuple[str, PostgresLedger]:
    """Return the URL of a ledger in a schema of its own, and the ledger."""
    name = f"l{secrets.token_hex(4)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    url = f"{postgres.url}?options=-csearch_path%3D{name}"
    return url, PostgresLedger.open(url, patience=1.0)


def with_source(ledger: Ledger) -> None:
    """Register the sources that producers here speak for."""
    for source in ("s0", "s1", "s2"):
        ledger.register(Source(source, "time"))
        ledger.set_public_key(source, PUBLIC)


class Load(threading.Thread):
    """Produces groups of three sources, slowly, some twice, until it is told to stop."""

    def __init__(self, url: LogUrl) -> None:
        super().__init__(daemon=True)
        self.sent: dict[str, list[str]] = {f"s{n}": [] for n in range(3)}
        self._producers = {
            source: BareProducer(url.brokers, url.registry, url.proposals, source, PRIVATE) for source in self.sent
        }
        self._stopping = threading.Event()

    def run(self) -> None:
        random_ = random.Random(4)
        streams = {source: groups(source, 1_000_000, source) for source in self.sent}
        while not self._stopping.wait(0.01):
            source = random_.choice(list(streams))
            said = next(iter(streams[source]))
            self._producers[source].send(GROUP, said, times=random_.choice((1, 1, 1, 2)))
            self.sent[source].append(said["id"])

    def stop(self) -> int:
        """End; return how many groups were sent, every one of them acknowledged by Kafka."""
        self._stopping.set()
        self.join()
        for producer in self._producers.values():
            producer.flush()
        return sum(map(len, self.sent.values()))


def spawn(log: str, ledger: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("services", "schemas"))}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), log, ledger], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def check_all_landed_once(ledger: Ledger, load: Load) -> None:
    """Each source's groups are commits once each, in the order in which they were produced; nothing is parked."""
    landed: dict[str, list[str]] = {source: [] for source in load.sent}
    for commit in ledger.tail(0, 1_000_000):
        landed[commit.source].append(commit.group)
    assert landed == load.sent
    assert ledger.parked() == []


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Servers that tests may kill, and not those that others use."""
    servers = start(["kafka", "postgres"], tmp_path_factory.mktemp("mortal"), own=True)
    yield servers
    for server in servers.values():
        server.discard()


@pytest.fixture
def living(mortal: dict[str, Server]) -> dict[str, Server]:
    """The mortal servers, up."""
    for server in mortal.values():
        if not server.pids:
            server.restart()
    return mortal


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for each in started:
        each.kill()
        each.wait()


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_a_committer_killed_again_and_again_loses_and_doubles_nothing(
    kafka: Server, registry: Server, postgres: Server, children: list[subprocess.Popen[str]], kills: int
) -> None:
    url = address(kafka, registry, session=1)
    where, ledger = postgres_ledger(postgres)
    with_source(ledger)
    open_log(url)
    load = Load(LogUrl.parse(url))
    load.start()
    random_ = random.Random(7)
    for _ in range(kills):
        stood = ledger.head_seq()
        children.append(spawn(url, where))
        until(lambda stood=stood: ledger.head_seq() > stood)  # type: ignore[misc]
        time.sleep(random_.uniform(0.05, 0.4))
        children[-1].kill()
        children[-1].wait()
    wanted = load.stop()
    children.append(spawn(url, where))
    until(lambda: ledger.head_seq() >= wanted)
    check_all_landed_once(ledger, load)
    check_the_tape(url, ledger)
    ledger.close()


def check_the_tape(url: str, ledger: Ledger) -> None:
    """Publish what is left; the tape, read through, is the ledger's tail."""
    log = open_log(url)
    publisher = log.publisher(ledger)
    while publisher.step():
        pass
    publisher.close()
    tail = log.tail(ledger)
    after, head = 0, ledger.head_seq()
    while after < head:
        until(lambda after=after: tail.wait(after + 1, 1.0))  # type: ignore[misc]
        commits = tail.tail(after, 400)
        assert commits == ledger.tail(after, len(commits))
        after = commits[-1].seq
    assert tail.health().counts["ledger"] == 0
    tail.close()


@pytest.mark.slow
def test_committers_stand_by_for_each_other_and_a_stopped_one_that_wakes_doubles_nothing(
    kafka: Server, registry: Server, postgres: Server, children: list[subprocess.Popen[str]]
) -> None:
    url = address(kafka, registry, session=1)
    where, ledger = postgres_ledger(postgres)
    with_source(ledger)
    open_log(url)
    load = Load(LogUrl.parse(url))
    load.start()
    children += [spawn(url, where), spawn(url, where)]
    until(lambda: ledger.head_seq() > 0)
    for round_ in range(4):
        victim = children[-2]
        victim.send_signal(signal.SIGSTOP if round_ % 2 else signal.SIGKILL)
        stood = ledger.head_seq()
        until(lambda stood=stood: ledger.head_seq() > stood + 200)  # type: ignore[misc]
        time.sleep(1.5)  # longer than its session: what it held is another's by now
        victim.send_signal(signal.SIGCONT)
        children.append(spawn(url, where))
    wanted = load.stop()
    until(lambda: ledger.head_seq() >= wanted)
    check_all_landed_once(ledger, load)
    check_the_tape(url, ledger)
    ledger.close()


def test_servers_that_go_away_are_waited_for(living: dict[str, Server], registry: Server) -> None:
    kafka, postgres = living["kafka"], living["postgres"]
    url = address(kafka, registry)
    _, ledger = postgres_ledger(postgres)
    with_source(ledger)
    log = open_log(url)
    tail, committer = log.tail(ledger), log.committer(ledger)
    publisher = log.publisher(ledger)
    threads = [Worker(each.name, each.step, lambda: None, threading.Condition()) for each in (committer, publisher)]
    for thread in threads:
        thread.start()
    door = log.door(HeldKeys({"s0": SigningKey(PRIVATE)}))
    sent: list[str] = []

    def send() -> None:
        said = event("urn:clew:dataset:(postgres://db:5432,x)", "documentation", {"text": f"{len(sent)}"})
        door.propose([Group("s0", f"g{len(sent)}", (said,))])
        sent.append(f"g{len(sent)}")

    send()
    until(lambda: ledger.head_seq() == 1)
    postgres.kill()
    send()
    until(lambda: threads[0].failing)
    assert "password" not in (threads[0].failing or "")
    postgres.restart()
    until(lambda: ledger.head_seq() == 2)
    kafka.kill()
    until(lambda: threads[0].failing)
    kafka.restart()
    send()
    until(lambda: ledger.head_seq() == 3)
    until(lambda: tail.wait(3, 1.0))
    assert [each.group for each in ledger.tail(0)] == sent
    until(lambda: not any(thread.failing for thread in threads))
    for thread in threads:
        thread.stop()
        assert not thread.is_alive()
    assert committer.health().counts["accepted"] == 3
    for part in (committer, publisher, door, tail, log):
        part.close()
    ledger.close()


def test_a_broker_that_is_away_is_said_in_words(registry: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.log.kafka_link._ASK", 1.0)
    port = free_port()
    with pytest.raises(Unreachable, match="no broker of Kafka answers") as caught:
        open_log(f"kafka://127.0.0.1:{port}?registry={registry.url}", patience=0.5)
    assert caught.value.where == f"127.0.0.1:{port}"
    assert "CLEW_LOG" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("broken", "kind", "what"),
    [
        ("http://127.0.0.1:{port}/apis/ccompat/v7", Unreachable, "does not answer"),
        ("{base}/apis/nothing/v7", BadInput, "no schema registry answers there"),
    ],
)
def test_a_registry_that_is_none_is_said_in_words(
    kafka: Server, registry: Server, broken: str, kind: type[Exception], what: str
) -> None:
    base = registry.url.partition("/apis")[0]
    wrong = broken.format(port=free_port(), base=base)
    wrong = wrong.replace("://", "://me:hunter2@")
    with pytest.raises(kind, match=what) as caught:
        open_log(f"{kafka.url.partition('?')[0]}?registry={wrong}&prefix=w{secrets.token_hex(4)}.", patience=0.5)
    assert "hunter2" not in f"{caught.value!r} {caught.value}"


def test_a_door_whose_broker_is_gone_says_so_and_nothing_is_queued(
    living: dict[str, Server], registry: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clew.log.kafka_link._DELIVERY", 1.0)
    kafka = living["kafka"]
    log = open_log(address(kafka, registry))
    door = log.door(HeldKeys({"s0": SigningKey(PRIVATE)}))
    kafka.kill()
    said = event("urn:clew:dataset:(postgres://db:5432,x)", "documentation", {"text": "a"})
    with pytest.raises(Unreachable):
        door.propose([Group("s0", "g", (said,))])
    door.close()
