"""The way to Kafka: clients with one manner of settings, errors in our words, and the topics."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from clew.log.record import Headers, LogRecord
from clew.log.url import LogUrl
from clew_schemas.errors import BadInput, ClewError, Forbidden, TooLarge, Unreachable

log = logging.getLogger(__name__)

PARTITIONS = 6
"""Partitions of proposals: how many committers may share the reading, and how many sources wait for one another."""
MAX_VALUE = 1_900_000
"""Most bytes of one record's value: a group at its limit, its names, and the envelope."""
_MAX_MESSAGE = 2_000_000
_DAY = 24 * 3600 * 1000
_TOPIC = {"cleanup.policy": "delete", "compression.type": "producer", "max.message.bytes": str(_MAX_MESSAGE)}
_PROPOSALS_KEPT = {"retention.ms": str(30 * _DAY), "retention.bytes": "-1"}
"""Long: a bad record is read again from here."""
_CHANGES_KEPT = {"retention.ms": str(7 * _DAY), "retention.bytes": "-1"}
"""Short: the ledger has all of it, and who fell behind reads there."""
_ASK = 5.0
"""Seconds that Kafka has for one answer."""
_DELIVERY = 30.0
"""Seconds after which a record that no broker acknowledged counts as not delivered."""

_REFUSALS = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}


class KafkaLink:
    """Settings for every client of one Kafka."""

    def __init__(self, url: LogUrl) -> None:
        self.url = url
        self.where = url.brokers
        self._base: dict[str, Any] = {
            "bootstrap.servers": url.brokers,
            "client.id": "clew",
            "logger": log,
            "message.max.bytes": _MAX_MESSAGE + 100_000,
            "reconnect.backoff.max.ms": 2000,
            **url.client,
        }

    def producer(self) -> Producer:
        """Return a producer whose every record is written once, in order, and acknowledged by all in-sync brokers."""
        settings = {
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "zstd",
            "linger.ms": 2,
            "delivery.timeout.ms": int(_DELIVERY * 1000),
        }
        with self.translating():
            return Producer({**self._base, **settings})

    def consumer(self, group: str, **settings: Any) -> Consumer:
        """Return a consumer that stores no position in Kafka and takes none from there."""
        fixed = {
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 100,
            "queued.max.messages.kbytes": 16_384,
        }
        with self.translating():
            return Consumer({**self._base, **fixed, **settings})

    def prepare_topics(self) -> None:
        """Make the topics where they are missing; raise BadInput for changes in more than one partition.

        Raises Unreachable when no broker answers, Forbidden when one refuses us.
        """
        with self.translating():
            admin = AdminClient(self._base)
            found = admin.list_topics(timeout=_ASK)
            wanted = _wanted(self.url, len(found.brokers))
            missing = [each for name, each in wanted.items() if name not in found.topics]
            if missing:
                _create(admin, missing)
                found = _when_known(admin, set(wanted))
        partitions = len(found.topics[self.url.changes].partitions)
        if partitions != 1:
            raise BadInput(
                f"the topic {self.url.changes} has {partitions} partitions: commits keep their order in one only",
                where=self.where,
                hint="Delete the topic, and it is made anew; or set a prefix in CLEW_LOG",
            )

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise Kafka's errors in our words."""
        try:
            yield
        except KafkaException as error:
            raise self.translated(error.args[0]) from None
        except (RuntimeError, ValueError) as error:
            raise Unreachable(f"Kafka's client failed: {error}", where=self.where) from error

    def translated(self, error: KafkaError) -> ClewError:
        """Return an error of Kafka in our words."""
        code = error.code()
        if code in _REFUSALS:
            return Forbidden(f"Kafka refuses us: {error.str()}", where=self.where, hint="Mend the user in CLEW_LOG")
        if code == KafkaError.MSG_SIZE_TOO_LARGE:
            return TooLarge(
                "Kafka takes no record of this size", where=self.where, hint=f"Set max.message.bytes to {_MAX_MESSAGE}"
            )
        if code in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT):
            what = f"no broker of Kafka answers ({error.name()})"
            return Unreachable(what, where=self.where, hint="Start it, or mend CLEW_LOG")
        return Unreachable(f"Kafka failed: {error.str()}", where=self.where)


class Deliveries:
    """Records on their way through one producer, waited for together. Not shared between threads."""

    def __init__(self, link: KafkaLink, producer: Producer) -> None:
        self._link = link
        self._producer = producer
        self._waiting = 0
        self._failed: KafkaError | None = None

    def send(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Hand a record to the producer, waiting while its queue is full."""
        while True:
            try:
                self._producer.produce(topic, value, key, headers=headers, on_delivery=self._delivered)
                self._waiting += 1
                return
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise self._link.translated(error.args[0]) from None

    def wait(self) -> None:
        """Return when every record is acknowledged; raise what kept the first one that is not."""
        end = time.monotonic() + _DELIVERY + _ASK
        while self._waiting and time.monotonic() < end:
            self._producer.poll(0.1)
        if self._failed is not None:
            raise self._link.translated(self._failed)
        if self._waiting:
            raise Unreachable(f"{self._waiting} records got no acknowledgement", where=self._link.where)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        self._waiting -= 1
        self._failed = self._failed or error


def record_of(message: Message) -> LogRecord:
    """Return a message as plain data. Of headers with one name the last counts."""
    headers = cast(Headers, message.headers() or [])
    kind, milliseconds = message.timestamp()
    return LogRecord(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.key(),
        message.value(),
        {name: value for name, value in headers if isinstance(value, bytes)},
        milliseconds * 1000 if kind else 0,
    )


def _wanted(url: LogUrl, brokers: int) -> Mapping[str, NewTopic]:
    """Return the topics as they are made: three copies where there are brokers, two of them in sync at each write."""
    copies = min(3, max(1, brokers))
    safe = {**_TOPIC, "min.insync.replicas": "2" if copies > 2 else "1"}
    return {
        url.proposals: NewTopic(url.proposals, PARTITIONS, copies, config={**safe, **_PROPOSALS_KEPT}),
        url.changes: NewTopic(url.changes, 1, copies, config={**safe, **_CHANGES_KEPT}),
    }


def _create(admin: AdminClient, topics: list[NewTopic]) -> None:
    for made in admin.create_topics(topics, request_timeout=_ASK).values():
        try:
            made.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _when_known(admin: AdminClient, topics: set[str]) -> Any:
    """Return the cluster's metadata once it tells of topics just made."""
    end = time.monotonic() + _ASK
    while True:
        found = admin.list_topics(timeout=_ASK)
        if topics <= set(found.topics) or time.monotonic() > end:
            return found
        time.sleep(0.05)
