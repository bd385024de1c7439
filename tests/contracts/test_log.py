"""What a log must do, before each ledger: proposals land once, bad records leave a note, the tape is whole."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tools.servers import Server

from clew.errors import BadInput, Conflict, Forbidden, NotFound
from clew.ledger import Ledger, LedgerReader, Source
from clew.ledger.positions import BadRecord
from clew.ledger.postgres import PostgresLedger
from clew.ledger.sqlite import SqliteLedger
from clew.log import Log, LogUrl, open_log
from clew.log.kafka import KafkaLog
from clew.log.kafka_committer import Committer
from clew.log.keys import HeldKeys, SigningKey
from clew_schemas import Group, event
from clew_schemas.event import CrawlClose, CrawlOpen, CrawlPosition, Record, Scope
from clew_schemas.wire import CHANGES, unframe
from real.bare_producer import CRAWL_CLOSE, CRAWL_OPEN, GROUP, BareProducer, document, groups

ORDERS = "urn:clew:dataset:(postgres://db:5432,shop.public.orders)"
MARKER = "walrus-4711"
"""Stands in bad records, and must stand nowhere afterwards."""

_names = count()


@pytest.fixture(scope="module")
def servers(kafka: Server, registry: Server, postgres: Server) -> dict[str, Server]:
    return {"kafka": kafka, "registry": registry, "postgres": postgres}


@dataclasses.dataclass
class House:
    """A log of its own, a ledger, and a source with a key."""

    url: LogUrl
    log: Log
    ledger: Ledger
    private: Ed25519PrivateKey
    committers: list[Committer]

    def stranger(self, source: str = "shop", private: Ed25519PrivateKey | None = None) -> BareProducer:
        topic, registry = self.url.proposals, self.url.registry
        return BareProducer(self.url.brokers, registry, topic, source, private or self.private)

    def committer(self) -> Committer:
        made = self.log.committer(self.ledger)
        assert isinstance(made, Committer)
        self.committers.append(made)
        return made

    def settle(self, wanted: int) -> Committer:
        """Commit until the positions sum up to `wanted` records."""
        committer = self.committers[0] if self.committers else self.committer()
        until(lambda: committer.step() is None or self.taken() >= wanted)
        return committer

    def taken(self) -> int:
        return sum(self.ledger.position(f"{self.url.proposals}/{n}") for n in range(6))

    def reasons(self) -> list[str]:
        return [each.reasons[0]["what"] for each in self.ledger.parked()]


@pytest.fixture(params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, servers: dict[str, Server], tmp_path: Path) -> Iterator[House]:
    name = f"log_{secrets.token_hex(4)}"  # a server that the environment gives has seen other runs
    address = f"{servers['kafka'].url}&prefix={name}.&session=2"
    if "registry=" not in address:
        address += f"&registry={servers['registry'].url}"
    if request.param == "sqlite":
        ledger: SqliteLedger | PostgresLedger = SqliteLedger.open(tmp_path / "ledger.db")
    else:
        with psycopg.connect(servers["postgres"].url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        ledger = PostgresLedger.open(f"{servers['postgres'].url}?options=-csearch_path%3D{name}")
    private = Ed25519PrivateKey.generate()
    ledger.register(Source("shop", "time"))
    ledger.set_public_key("shop", raw_public(private))
    made = House(LogUrl.parse(address), open_log(address), ledger, private, [])
    yield made
    for each in made.committers:
        each.close()
    ledger.close()


def raw_public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def until(done: Callable[[], Any], patience: float = 90.0) -> None:
    """Wait until something is so; patience is for a busy machine."""
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def note(text: str, n: int = 0, **members: Any) -> Group:
    return Group("shop", f"g{next(_names)}", (event(f"{ORDERS[:-1]}{n})", "documentation", {"text": text}),), **members)


# -- the door in


def test_a_thousand_bare_groups_land_once_though_some_are_sent_again(house: House) -> None:
    stranger = house.stranger()
    sent = 0
    for n, said in enumerate(groups("shop", 1000, "many")):
        stranger.send(GROUP, said, times=2 if n % 10 == 0 else 1)
        if n % 25 == 24:
            stranger.send(GROUP, said)
        sent += (2 if n % 10 == 0 else 1) + (1 if n % 25 == 24 else 0)
    stranger.flush()
    committer = house.settle(sent)
    assert house.ledger.stats()["commits"] == 1000
    assert house.ledger.stats()["facts"] == 2000
    assert house.ledger.parked() == []
    assert [each.group for each in house.ledger.tail(0, 2000)] == [f"many-{n}" for n in range(1000)]
    counts = committer.health().counts
    assert (counts["accepted"], counts["repeated"]) == (1000, sent - 1000)


def test_positions_start_where_the_ledger_is_whoever_commits(house: House) -> None:
    stranger = house.stranger()
    for said in groups("shop", 20, "first"):
        stranger.send(GROUP, said)
    stranger.flush()
    house.settle(20).close()
    for said in groups("shop", 20, "second"):
        stranger.send(GROUP, said)
    stranger.flush()
    house.committers.clear()
    again = house.settle(40)
    assert again.health().counts["accepted"] == 20
    assert house.ledger.stats()["commits"] == 40


def bad_records(house: House) -> list[tuple[str, Callable[[BareProducer], None]]]:
    """Every way of being bad, by the reason that must be told."""
    said = {"source": "shop", "id": MARKER, "events": [document(ORDERS, MARKER)]}
    other = Ed25519PrivateKey.generate()
    key = b"shop"

    def signed(producer: BareProducer, key: bytes, value: bytes) -> None:
        producer.raw(key, value, producer.headers(key, value))

    def unsigned(producer: BareProducer) -> None:
        producer.raw(key, producer.value(GROUP, said), {})

    def changed(producer: BareProducer) -> None:
        value = producer.value(GROUP, said)
        producer.raw(key, value + b" ", producer.headers(key, value))

    def other_key(producer: BareProducer) -> None:
        value = producer.value(GROUP, said)
        producer.raw(key, value, house.stranger(private=other).headers(key, value))

    def pretended_key(producer: BareProducer) -> None:
        value = producer.value(GROUP, said)
        headers = house.stranger(private=other).headers(key, value)
        producer.raw(key, value, {**headers, "clew-key": producer.headers(key, value)["clew-key"]})

    def other_topic(producer: BareProducer) -> None:
        value = producer.value(GROUP, said)
        producer.raw(key, value, producer.headers(key, value, topic="elsewhere"))

    def no_avro(producer: BareProducer) -> None:
        signed(producer, key, producer.value(GROUP, said)[:5] + MARKER.encode())

    def no_frame(producer: BareProducer) -> None:
        signed(producer, key, MARKER.encode())

    def unknown_schema(producer: BareProducer) -> None:
        signed(producer, key, producer.value(GROUP, said, schema_id=987_654))

    def foreign_schema(producer: BareProducer) -> None:
        changes = next(n for n in range(1, 50) if n != producer.schema_id and is_changes(house, n))
        signed(producer, key, producer.value(GROUP, said, schema_id=changes))

    def in_anothers_name(producer: BareProducer) -> None:
        signed(producer, key, producer.value(GROUP, {**said, "source": "steward"}))

    def steward(producer: BareProducer) -> None:
        signed(producer, b"steward", producer.value(GROUP, {**said, "source": "steward"}))

    def derived(producer: BareProducer) -> None:
        signed(producer, b"derived.sql", producer.value(GROUP, {**said, "source": "derived.sql"}))

    def unknown(producer: BareProducer) -> None:
        signed(producer, MARKER.encode(), producer.value(GROUP, {**said, "source": MARKER}))

    def policy(producer: BareProducer) -> None:
        event = document("urn:clew:policy:(clew,p)", MARKER)
        signed(producer, key, producer.value(GROUP, {**said, "events": [event]}))

    def alias(producer: BareProducer) -> None:
        event = {**document(ORDERS, MARKER), "aspect": "alias"}
        signed(producer, key, producer.value(GROUP, {**said, "events": [event]}))

    def patch(producer: BareProducer) -> None:
        event = {**document(ORDERS, MARKER), "op": "patch"}
        signed(producer, key, producer.value(GROUP, {**said, "events": [event]}))

    def tombstone(producer: BareProducer) -> None:
        producer.raw(key, None, {})

    def keyless(producer: BareProducer) -> None:
        producer.raw(None, producer.value(GROUP, said), {})

    return [
        ("not signed", unsigned),
        ("the signature is not that of this record", changed),
        ("signed with another key than the source's", other_key),
        ("the signature is not that of this record", pretended_key),
        ("the signature is not that of this record", other_topic),
        ("no Avro of proposals.v1", no_avro),
        ("the value is not in Confluent framing", no_frame),
        ("the registry knows no schema 987654", unknown_schema),
        ("is not that of proposals.v1", foreign_schema),
        ("the record's key is not the source it speaks for", in_anothers_name),
        ("this source does not speak through the log", steward),
        ("this source does not speak through the log", derived),
        ("an unknown source, or one without a key", unknown),
        ("policies, hooks, aliases, kinds and aspects are not changed through the log", policy),
        ("policies, hooks, aliases, kinds and aspects are not changed through the log", alias),
        ("the op patch is reserved", patch),
        ("a record without key or value", tombstone),
        ("a record without key or value", keyless),
    ]


def is_changes(house: House, number: int) -> bool:
    assert isinstance(house.log, KafkaLog)
    try:
        return CHANGES.is_written_in(house.log._schemas.schema(number))
    except NotFound:
        return False


def test_each_bad_record_leaves_place_hash_and_reason_and_the_others_land(house: House, tmp_path: Path) -> None:
    stranger = house.stranger()
    cases = bad_records(house)
    good = list(groups("shop", len(cases), "good"))
    for (_, send), said in zip(cases, good, strict=True):
        send(stranger)
        stranger.send(GROUP, said)
    stranger.flush()
    committer = house.settle(2 * len(cases))
    assert [each.group for each in house.ledger.tail(0, 500)] == [said["id"] for said in good]
    parked = house.ledger.parked()
    assert len(parked) == len(cases)
    found = [each.reasons[0]["what"] for each in parked]
    for wanted, _ in cases:
        found.remove(next((what for what in found if wanted in what), f"none of {found} says {wanted}"))
    assert all(each.source == "" and len(each.reasons[0]["hash"]) == 64 and each.urns == () for each in parked)
    assert len({each.group for each in parked}) == len(cases)
    assert all(each.group.startswith(f"{house.url.proposals}/") for each in parked)
    assert committer.health().counts["bad"] == len(cases)
    assert MARKER not in repr(parked)
    for path in tmp_path.glob("ledger.db*"):
        assert MARKER.encode() not in path.read_bytes()


def test_a_note_of_a_bad_record_is_kept_with_its_position_or_not_at_all(house: House) -> None:
    bad = BadRecord("t/0", 5, "ab" * 32, {"code": "forbidden", "what": "not signed"})
    with pytest.raises(Conflict):
        house.ledger.propose([note("a")], positions={"t/0": (5, 6)}, bad=[bad])
    assert (house.ledger.parked(), house.ledger.tail(0)) == ([], [])
    house.ledger.propose([note("a")], positions={"t/0": (0, 6)}, bad=[bad])
    (parked,) = house.ledger.parked()
    assert (parked.source, parked.group, parked.urns) == ("", "t/0@5", ())
    assert parked.reasons == ({"code": "forbidden", "what": "not signed", "hash": "ab" * 32},)
    assert (house.ledger.position("t/0"), len(house.ledger.tail(0))) == (6, 1)
    house.ledger.drop_parked(parked.id)
    assert house.ledger.parked() == []


def test_the_ledger_replays_no_bad_record_by_itself(house: House) -> None:
    stranger = house.stranger()
    stranger.raw(b"shop", b"junk", {})
    stranger.flush()
    house.settle(1)
    (parked,) = house.ledger.parked()
    with pytest.raises(BadInput, match="bytes were not kept"):
        house.ledger.replay(parked.id)


def test_a_bad_record_is_read_again_once_its_source_has_a_key(house: House) -> None:
    private = Ed25519PrivateKey.generate()
    said = {"source": "late", "id": "g1", "events": [document(ORDERS, "early")]}
    stranger = house.stranger("late", private)
    stranger.send(GROUP, said)
    stranger.flush()
    house.settle(1)
    (parked,) = house.ledger.parked()
    with pytest.raises(Forbidden, match="unknown source"):
        house.log.replay_bad(house.ledger, parked.group)
    house.ledger.register(Source("late", "time"))
    house.ledger.set_public_key("late", raw_public(private))
    newer = Group("late", "g2", (event(ORDERS, "documentation", {"text": "newer"}),))
    house.ledger.propose([newer])
    receipt = house.log.replay_bad(house.ledger, parked.group)
    assert (receipt.status, receipt.late) == ("accepted", 1)  # what was said before does not come back over newer news
    assert house.ledger.parked() == []
    with pytest.raises(NotFound, match="no bad record"):
        house.log.replay_bad(house.ledger, parked.group)


def test_a_group_that_the_ledger_refuses_is_parked_whole_and_a_crawl_mark_by_its_place(house: House) -> None:
    stranger = house.stranger()
    stranger.send(GROUP, {"source": "shop", "id": "bad", "events": [{**document(ORDERS, "x"), "aspect": "unheard"}]})
    stranger.send(CRAWL_CLOSE, {"source": "shop", "number": 1, "events": 0})
    stranger.send(GROUP, {"source": "shop", "id": "good", "events": [document(ORDERS, "x")]})
    stranger.flush()
    house.settle(3)
    assert [each.group for each in house.ledger.tail(0)] == ["good"]
    assert [(each.source, each.group) for each in house.ledger.parked() if each.source] == [("shop", "bad")]
    assert len([each for each in house.ledger.parked() if not each.source]) == 1


def test_a_crawl_goes_through_the_log_and_its_close_retracts(house: House) -> None:
    house.ledger.register(Source("pg", "crawl"))
    house.ledger.set_public_key("pg", raw_public(house.private))
    stranger = house.stranger("pg")
    scope = {"prefixes": ["urn:clew:dataset:(postgres://db:5432,"], "aspects": ["documentation"]}
    things = [f"{ORDERS[:-1]}{n})" for n in range(3)]
    for number, named in ((1000, things), (2000, things[:2])):
        stranger.send(CRAWL_OPEN, {"source": "pg", "number": number, "scope": scope})
        for n, urn in enumerate(named):
            crawl = {"number": number, "sequence": n}
            said = {"source": "pg", "id": f"{number}-{n}", "events": [document(urn, "x")], "crawl": crawl}
            stranger.send(GROUP, said)
        stranger.send(CRAWL_CLOSE, {"source": "pg", "number": number, "events": len(named)})
    stranger.flush()
    house.settle(9)
    assert house.ledger.last_crawl("pg") == (2000, "closed")
    live = [entity for entity in house.ledger.entities([e for e, _ in house.ledger.live_keys()]) if entity]
    assert sorted(each.urn for each in live) == things[:2]


def test_a_door_answers_queued_and_what_it_sent_lands(house: House) -> None:
    door = house.log.door(HeldKeys({"shop": SigningKey(house.private)}))
    door.register("shop", order="crawl", door="connector")
    big = Group("shop", "big", (event(ORDERS, "documentation", {"text": "x" * 900_001}),))
    secret = note("see postgres://me:hunter2@db/x", message="with postgres://me:hunter2@db/x")
    records: list[Record] = [note("a"), big, secret, CrawlOpen("shop", 7, Scope((), ())), CrawlClose("shop", 7, 0)]
    receipts = door.propose(records)
    assert [each.status for each in receipts] == ["queued", "refused", "queued", "queued", "queued"]
    assert [each.id for each in receipts][1:] == ["big", secret.id, "crawl.open 7", "crawl.close 7"]
    house.settle(4)
    door.close()
    assert [each.group for each in house.ledger.tail(0)] == [receipts[0].id, receipts[2].id]
    assert not [each for each in values(house.url, house.url.proposals) if b"hunter2" in each[0]]
    with pytest.raises(NotFound, match="clew source key nobody"):
        door.register("nobody")


def test_records_carry_the_headers_of_cloudevents(house: House) -> None:
    door = house.log.door(HeldKeys({"shop": SigningKey(house.private)}))
    (receipt,) = door.propose([note("a")])
    ((_, headers),) = values(house.url, house.url.proposals)
    said = {name: value.decode() for name, value in headers.items() if name != "clew-sig"}
    assert (said["ce_specversion"], said["ce_id"], said["ce_source"]) == ("1.0", receipt.id, "clew:shop")
    assert (said["ce_type"], said["content-type"]) == ("clew.proposal.v1", "application/avro")
    assert len(headers["clew-sig"]) == 64


def test_a_committer_whose_positions_moved_under_it_is_fenced_and_goes_on(house: House) -> None:
    stranger = house.stranger()
    sent = list(groups("shop", 30, "fence"))
    stranger.send(GROUP, sent[0])
    stranger.flush()
    zombie = house.settle(1)
    place = next(name for name, at in zombie.health().positions.items() if at)
    house.ledger.propose([], positions={place: (1, 2)})  # another committer took the next record
    for said in sent[1:]:
        stranger.send(GROUP, said)
    stranger.flush()
    with pytest.raises(Conflict, match="another committer went on"):
        until(lambda: zombie.step() and False)
    assert house.ledger.stats()["commits"] == 1
    house.settle(30)
    assert [each.group for each in house.ledger.tail(0)] == [said["id"] for said in (sent[0], *sent[2:])]
    assert zombie.health().counts["fenced"] == 1


def test_a_log_that_ends_before_the_ledgers_position_is_another_log(house: House) -> None:
    house.ledger.propose([], positions={f"{house.url.proposals}/0": (0, 500)})
    committer = house.committer()
    with pytest.raises(BadInput, match="the ledger stands at 500, but the log ends at 0"):
        until(lambda: committer.step() and False)


# -- the tape out


def history(ledger: Ledger) -> None:
    """Commit of every sort: claims of two sources, a denial, a retraction, points, a derived one."""
    ledger.register(Source("pg", "crawl"))
    scope = Scope(("urn:clew:dataset:(postgres://db:5432,",), ("documentation", "profile"))
    for number, things in ((1, 6), (2, 5)):
        ledger.propose([CrawlOpen("pg", number, scope)])
        for n in range(things):
            said = event(f"{ORDERS[:-1]}{n})", "documentation", {"text": f"{n}"})
            ledger.propose([Group("pg", f"{number}/{n}", (said,), CrawlPosition(number, n))])
        ledger.propose([CrawlClose("pg", number, things)])
    for n in range(10):
        ledger.propose([note(f"text {n} é", n % 3, author="ada", message="why")])
    denial = event(f"{ORDERS[:-1]}0)", "documentation", {"all": True}, op="deny")
    ledger.propose([Group("steward", "deny", (denial,))])
    ledger.propose([Group("shop", "gone", (event(f"{ORDERS[:-1]}1)", "documentation", op="retract"),))])
    ledger.propose([Group("derived.sql", "d", (event(ORDERS, "documentation", {"text": "d"}),))], cause=3)


def published(house: House) -> None:
    """Publish all that there is."""
    publisher = house.log.publisher(house.ledger)
    while publisher.health().lag != 0 and publisher.step():
        pass
    assert publisher.health().lag == 0
    publisher.close()


def values(url: LogUrl, topic: str) -> list[tuple[bytes, dict[str, bytes]]]:
    """Return values and headers of a whole topic, by partition, by a bare consumer."""
    settings = {"bootstrap.servers": url.brokers, "group.id": "bare", "enable.auto.commit": False}
    # Whatever is asked of a broker waits for its answer to the fetch before.
    consumer = Consumer({**settings, "fetch.wait.max.ms": 10})
    found = []
    for number in consumer.list_topics(topic).topics[topic].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, number)) or (0, 0)
        if low < high:
            consumer.assign([TopicPartition(topic, number, low)])
        at = low
        while at < high:
            message = consumer.poll(30)
            assert message is not None and message.error() is None
            at = (message.offset() or 0) + 1
            headers: Any = dict(message.headers() or [])
            found.append((message.value() or b"", headers))
    consumer.close()
    return found


def read_all(reader: LedgerReader, after: int, page: int) -> list[Any]:
    """Return every commit after a seq, read in pages, though the tape may be a moment behind."""
    found: list[Any] = []
    head = reader.head_seq()
    while (seq := found[-1].seq if found else after) < head:
        until(lambda seq=seq: reader.wait(seq + 1, 1.0))  # type: ignore[misc]
        found += reader.tail(seq, page)
    return found


def test_the_tape_gives_the_same_commits_as_the_ledger(house: House) -> None:
    history(house.ledger)
    published(house)
    tail = house.log.tail(house.ledger)
    wanted = house.ledger.tail(0, 1000)
    assert len(wanted) == 20
    assert read_all(tail, 0, 7) == wanted
    assert tail.tail(wanted[-1].seq) == []
    for after in (0, 1, 11, len(wanted) - 1):
        assert tail.tail(after, 4) == house.ledger.tail(after, 4)
    assert tail.health().counts == {"tape": len(wanted) + 4 + 4 + 4 + 1, "ledger": 0}
    tail.close()


def test_a_reader_started_in_the_middle_goes_on_there(house: House) -> None:
    history(house.ledger)
    published(house)
    first = house.log.tail(house.ledger)
    half = first.tail(0, 9)
    first.close()
    house.ledger.propose([note("more")])
    published(house)
    second = house.log.tail(house.ledger)
    assert [*half, *read_all(second, half[-1].seq, 5)] == house.ledger.tail(0, 1000)
    assert second.health().counts["ledger"] == 0
    second.close()


def test_a_publisher_started_again_leaves_no_gap_and_repeats_nothing(house: House) -> None:
    for _ in range(3):
        history(house.ledger)
        house.ledger.propose([note("x", n) for n in range(40)])
        publisher = house.log.publisher(house.ledger)
        publisher.step()
        publisher.close()
    published(house)
    seqs = [CHANGES.load(unframe(value)[1])["seq"] for value, _ in values(house.url, house.url.changes)]
    assert seqs == list(range(1, house.ledger.head_seq() + 1))
    ids = [headers["ce_id"].decode() for _, headers in values(house.url, house.url.changes)]
    assert ids == [f"{house.ledger.epoch}-{seq}" for seq in seqs]


def test_two_publishers_repeat_each_other_and_leave_no_gap(house: House) -> None:
    history(house.ledger)
    one, two = house.log.publisher(house.ledger), house.log.publisher(house.ledger)
    one.step(), two.step()
    for n in range(5):
        house.ledger.propose([note(f"again {n}")])
        one.step(), two.step()
    for each in (one, two):
        each.close()
    tail = house.log.tail(house.ledger)
    assert read_all(tail, 0, 10) == house.ledger.tail(0, 1000)
    assert len(values(house.url, house.url.changes)) > house.ledger.head_seq()
    tail.close()


def test_a_publisher_that_may_not_does_not(house: House) -> None:
    history(house.ledger)
    committer = house.committer()
    publisher = house.log.publisher(house.ledger, committer.leads)
    assert not publisher.step()
    assert values(house.url, house.url.changes) == []
    until(lambda: committer.step() or committer.leads())
    assert publisher.step()
    publisher.close()


def test_big_commits_say_less_and_are_completed_from_the_ledger(house: House) -> None:
    half = "x" * 480_000
    # two sources of half a megabyte each about one thing: each group is small enough, the claims together are not
    house.ledger.propose([Group("shop", "one", (event(ORDERS, "documentation", {"text": half}),))])
    house.ledger.propose([Group("steward", "two", (event(ORDERS, "documentation", {"text": half}),), message="m")])
    long_names = tuple(
        event(f"urn:clew:dataset:(postgres://db:5432,{'n' * 1_980}{n})", "documentation", {"text": "x"})
        for n in range(480)
    )
    house.ledger.propose([Group("shop", "three", long_names, message="m")])
    house.ledger.propose([note("small")])
    published(house)
    said = [CHANGES.load(unframe(value)[1]) for value, _ in values(house.url, house.url.changes)]
    assert [each["detail"] for each in said] == ["FULL", "KEYS", "SEQ", "FULL"]
    assert [(len(each["changes"]), each["message"]) for each in said] == [(1, None), (1, "m"), (0, None), (1, None)]
    assert said[1]["changes"][0]["claims"] == []
    house.ledger.propose([Group("shop", "later", (event(ORDERS, "documentation", {"text": "later"}),))])
    tail = house.log.tail(house.ledger)
    assert tail.tail(0, 4) == house.ledger.tail(0, 4)  # as of their seq, though there is a later one
    tail.close()


def test_what_the_tape_holds_no_more_is_read_from_the_ledger(house: House) -> None:
    history(house.ledger)
    published(house)
    admin = AdminClient({"bootstrap.servers": house.url.brokers})
    for done in admin.delete_records([TopicPartition(house.url.changes, 0, 12)]).values():
        done.result()
    tail = house.log.tail(house.ledger)
    assert read_all(tail, 0, 5) == house.ledger.tail(0, 1000)
    counts = tail.health().counts
    assert counts["ledger"] >= 12
    assert counts["tape"] > 0
    tail.close()


def test_a_tape_that_stays_silent_does_not_hold_up_its_readers(house: House) -> None:
    history(house.ledger)
    tail = house.log.tail(house.ledger)
    assert tail.tail(0, 5) == []
    until(lambda: tail.tail(0, 5) == house.ledger.tail(0, 5))
    tail.close()


# -- what there must be


def test_a_tape_of_several_partitions_is_refused(servers: dict[str, Server]) -> None:
    address = f"{servers['kafka'].url}&prefix=wide_{secrets.token_hex(4)}.&registry={servers['registry'].url}"
    url = LogUrl.parse(address)
    admin = AdminClient({"bootstrap.servers": url.brokers})
    for made in admin.create_topics([NewTopic(url.changes, 2, 1)]).values():
        made.result()
    with pytest.raises(BadInput, match="has 2 partitions"):
        open_log(address, patience=1)


def test_opening_twice_finds_what_the_first_made(house: House) -> None:
    assert isinstance(house.log, KafkaLog)
    again = KafkaLog.open(house.url)
    assert (again._proposals, again._changes) == (house.log._proposals, house.log._changes)
