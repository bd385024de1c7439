"""A bad record, read again where it stands and proposed once more."""

from __future__ import annotations

import time

import msgspec
from confluent_kafka import TopicPartition

from clew.ledger import Ledger
from clew.log.kafka_link import KafkaLink, record_of
from clew.log.record import LogRecord
from clew.log.schema_ids import SchemaIds
from clew.log.verify import verified
from clew_schemas.errors import BadInput, NotFound, Unreachable
from clew_schemas.event import Group, Receipt, Record

_ASK = 10.0
_TAKEN = ("accepted", "unchanged", "parked", "opened", "closed")


def replay_bad(ledger: Ledger, link: KafkaLink, schemas: SchemaIds, place: str) -> Receipt:
    """Propose the record at `<topic>/<partition>@<offset>` again; when it is taken, its note is dropped.

    Raises what is wrong with the record still, NotFound when nothing is parked there or the log has it no more.
    """
    notes = [each for each in ledger.parked() if each.source == "" and each.group == place]
    if not notes:
        raise NotFound(f"no bad record is parked under {place!r}", hint="See clew parked list")
    record = read(link, place)
    proposal = _said_then(verified(record, ledger.public_key, schemas), record)
    (receipt,) = ledger.propose([proposal], door="kafka", waits=False)
    if receipt.status in _TAKEN:
        for each in notes:
            ledger.drop_parked(each.id)
    return receipt


def read(link: KafkaLink, place: str) -> LogRecord:
    """Return the record at a place; raise NotFound when the log has none there."""
    partition = _partition(place)
    consumer = link.consumer(f"{link.url.prefix}clew.replay")
    try:
        with link.translating():
            low, high = consumer.get_watermark_offsets(partition, timeout=_ASK) or (0, 0)
            if not low <= partition.offset < high:
                raise NotFound(f"the log holds {place} no more", hint="It aged out; drop it: clew parked drop")
            consumer.assign([partition])
            end = time.monotonic() + _ASK
            while (message := consumer.poll(max(0.0, end - time.monotonic()))) is not None:
                error = message.error()
                if error is not None:
                    raise link.translated(error)
                return record_of(message)
    finally:
        consumer.close()
    raise Unreachable(f"Kafka did not give {place}", where=link.where)


def _partition(place: str) -> TopicPartition:
    position, _, offset = place.rpartition("@")
    topic, _, partition = position.rpartition("/")
    if not (topic and partition.isdigit() and offset.isdigit()):
        raise BadInput(f"{place!r} is no place in the log", hint="<topic>/<partition>@<offset>")
    return TopicPartition(topic, int(partition), int(offset))


def _said_then(proposal: Record, record: LogRecord) -> Record:
    """What was not dated was said when the record was written: its replay does not come back over newer news."""
    if not isinstance(proposal, Group) or proposal.crawl is not None or not record.time:
        return proposal
    then = record.moment
    events = tuple(
        each if each.observed is not None else msgspec.structs.replace(each, observed=then) for each in proposal.events
    )
    return msgspec.structs.replace(proposal, events=events)
