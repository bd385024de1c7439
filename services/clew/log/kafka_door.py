"""The door in: groups and crawl marks, signed by their source, acknowledged by Kafka."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from confluent_kafka import Producer

from clew.log.kafka_link import MAX_VALUE, Deliveries, KafkaLink
from clew.log.port import Keys
from clew.log.record import PROPOSAL, Headers, cloud_headers, signature_headers
from clew_schemas.errors import BadInput, ClewError, TooLarge
from clew_schemas.event import MAX_BYTES, MAX_EVENTS, CrawlOpen, Event, Group, Receipt, Record
from clew_schemas.scrub import has_secret, scrub
from clew_schemas.wire import frame, to_avro


class KafkaDoor:
    """A sink into the log; see `Door`. Threads may share it."""

    def __init__(self, link: KafkaLink, schema_id: int, keys: Keys) -> None:
        self._link = link
        self._schema_id = schema_id
        self._keys = keys
        self._lock = threading.Lock()
        self._producer: Producer | None = None

    def register(self, name: str, *, order: str = "crawl", door: str = "connector", rank: int = 50) -> object:
        return self._keys.of(name)

    def propose(self, records: Sequence[Record]) -> list[Receipt]:
        prepared = [self._prepared(record) for record in records]
        with self._lock:
            if self._producer is None:
                self._producer = self._link.producer()
            deliveries = Deliveries(self._link, self._producer)
            for each in prepared:
                if isinstance(each, _Signed):
                    deliveries.send(self._link.url.proposals, each.key, each.value, each.headers)
            deliveries.wait()
        return [each.receipt if isinstance(each, _Signed) else each for each in prepared]

    def _prepared(self, record: Record) -> _Signed | Receipt:
        """Return what is sent, or the receipt of a record that can't be; raise what is wrong with the source's key."""
        key = self._keys.of(record.source)
        name = name_of(record)
        try:
            value = frame(self._schema_id, to_avro(checked(record)))
            if len(value) > MAX_VALUE:
                raise TooLarge(f"a record of {len(value)} bytes is over the limit", hint="Send smaller groups")
        except ClewError as error:
            return Receipt(name, "refused", "", errors=(error.to_dict(),))
        source = record.source.encode()
        headers = cloud_headers(PROPOSAL, name, record.source, datetime.now(UTC))
        headers += signature_headers(key, self._link.url.proposals, source, value)
        return _Signed(source, value, headers, Receipt(name, "queued", ""))

    def close(self) -> None:
        with self._lock:
            if self._producer is not None:
                self._producer.flush(1)
                self._producer = None


class _Signed(msgspec.Struct, frozen=True):
    key: bytes
    value: bytes
    headers: Headers
    receipt: Receipt


def name_of(record: Record) -> str:
    """Return what receipts call a record."""
    if isinstance(record, Group):
        return record.id
    return f"crawl.{'open' if isinstance(record, CrawlOpen) else 'close'} {record.number}"


def checked(record: Record) -> Record:
    """Return a record without credentials, which the log would keep; raise TooLarge for one over a limit."""
    if not isinstance(record, Group):
        return record
    if len(record.events) > MAX_EVENTS:
        raise TooLarge(f"a group of {len(record.events)} events is over the limit of {MAX_EVENTS}", where="events")
    events = tuple(_checked(event, at) for at, event in enumerate(record.events))
    size = sum(len(bytes(event.payload)) for event in events)
    if size > MAX_BYTES:
        raise TooLarge(f"a group of {size} bytes is over the limit of {MAX_BYTES}", hint="Send smaller groups")
    message = record.message and scrub(record.message)
    return msgspec.structs.replace(record, events=events, message=message)


def _checked(event: Event, at: int) -> Event:
    if has_secret(event.urn):
        raise BadInput(
            "the URN holds a password", where=f"events[{at}].urn", hint="Leave credentials out of namespaces"
        )
    try:
        text = bytes(event.payload).decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=f"events[{at}].payload, byte {error.start}") from None
    return msgspec.structs.replace(event, payload=msgspec.Raw(scrub(text).encode()))
