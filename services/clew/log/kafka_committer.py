"""The committer: what the log holds becomes commits of the ledger, once each, in order of each source.

Positions live in the ledger, moved by compare-and-set in the transaction that holds the records' commits. Whatever
goes wrong, there is one way on: leave the consumer group, so that another may take over, and join again from the
positions that the ledger has.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, TopicPartition

from clew.ledger import Ledger
from clew.ledger.positions import BadRecord
from clew.log.kafka_link import KafkaLink, record_of
from clew.log.patience import patiently
from clew.log.port import Tally
from clew.log.record import LogRecord
from clew.log.schema_ids import SchemaIds
from clew.log.verify import KeyOf, verified
from clew_schemas.errors import BadInput, CallerError, ClewError, Conflict, WorldError
from clew_schemas.event import Group, Receipt, Record

log = logging.getLogger(__name__)

MAX_EVENTS = 500
"""Most events that one transaction is given, and most records gathered for the next ones."""
_MAX_BYTES = 8_000_000
"""Most bytes gathered."""
_GATHER = 0.02
"""Most seconds for which records are gathered once there is one."""
_BREATH = 0.004
"""Seconds without a further record after which those gathered are committed."""
_IDLE = 0.5
"""Seconds for which a first record is waited for."""
_ASK = 5.0
_LOOK = 1.0
"""Seconds between looks at how far the log's end is."""


class Taken(NamedTuple):
    """A record, and what it came to."""

    record: LogRecord
    said: Record | BadRecord

    @property
    def events(self) -> int:
        return len(self.said.events) if isinstance(self.said, Group) else 1


class Committer:
    """A station that commits proposals; see `Committer` of the port."""

    name = "committer"

    def __init__(self, ledger: Ledger, link: KafkaLink, schemas: SchemaIds) -> None:
        self._ledger = ledger
        self._link = link
        self._schemas = schemas
        self._consumer: Consumer | None = None
        self._positions: dict[str, int] = {}
        self._gathered: list[LogRecord] = []
        self._trouble: KafkaError | None = None
        self._not_assigned: Exception | None = None
        self._counts: Counter[str] = Counter()
        self._lag: int | None = None
        self._looked = float("-inf")

    def step(self) -> bool:
        """Commit what the log gives now; after an error nothing is held, and the next step joins anew.

        Raises Conflict when another committer went on from a position of ours: what we held is its business now.
        """
        try:
            records = self._gather()
            for batch in batches(self._judged(records)):
                self._commit(batch)
            self._look()
        except Conflict:
            self._counts["fenced"] += 1
            self.close()
            raise
        except BaseException:
            self.close()
            raise
        return bool(records)

    def leads(self) -> bool:
        return f"{self._link.url.proposals}/0" in self._positions

    def health(self) -> Tally:
        return Tally(self._lag, dict(self._positions), dict(self._counts))

    def close(self) -> None:
        """Leave the consumer group; `step` joins it again."""
        consumer, self._consumer = self._consumer, None
        self._forget()
        self._lag = None
        if consumer is not None:
            try:
                consumer.close()
            except Exception as error:
                log.warning("the consumer did not close well: %s", error)

    # -- reading

    def _gather(self) -> list[LogRecord]:
        """Return records up to the limits of one gathering; none of them belongs to a partition lost meanwhile."""
        consumer = self._joined()
        self._gathered = []
        end, size, wait = float("inf"), 0, _IDLE
        while len(self._gathered) < MAX_EVENTS and size < _MAX_BYTES and wait > 0:
            record = self._poll(consumer, wait)
            if record is None:
                break
            self._gathered.append(record)
            size += len(record.value or b"")
            end = min(end, time.monotonic() + _GATHER)
            wait = min(_BREATH, end - time.monotonic())
        if not self._gathered and self._trouble is not None:
            raise self._link.translated(self._trouble)
        self._trouble = None
        return [each for each in self._gathered if each.offset >= self._positions[each.position]]

    def _poll(self, consumer: Consumer, timeout: float) -> LogRecord | None:
        with self._link.translating():
            message = consumer.poll(timeout)
        if self._not_assigned is not None:
            raise self._not_assigned
        if message is None:
            return None
        error = message.error()
        if error is not None:
            raise self._link.translated(error)
        return record_of(message)

    def _joined(self) -> Consumer:
        if self._consumer is None:
            self._trouble = self._not_assigned = None
            self._consumer = self._link.consumer(
                self._link.url.group,
                **{
                    "session.timeout.ms": int(self._link.url.session * 1000),
                    "heartbeat.interval.ms": int(self._link.url.session * 200),
                    "partition.assignment.strategy": "range",
                    "error_cb": self._note_trouble,
                },
            )
            with self._link.translating():
                self._consumer.list_topics(self._link.url.proposals, timeout=_ASK)
                self._consumer.subscribe(
                    [self._link.url.proposals], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
                )
        return self._consumer

    def _note_trouble(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._trouble = error

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Go on from the ledger's positions. An error is kept for `_poll`: it would not pass the client unharmed."""
        self._forget()
        try:
            for each in partitions:
                name = f"{each.topic}/{each.partition}"
                self._positions[name] = self._ledger.position(name)
                each.offset = self._start(consumer, each, self._positions[name])
            consumer.assign(partitions)
        except Exception as error:
            self._not_assigned = error

    def _start(self, consumer: Consumer, partition: TopicPartition, stored: int) -> int:
        """Return where to go on from a stored position; raise BadInput when the log never was there."""
        low, high = patiently(lambda: self._bounds(consumer, partition), _ASK)
        where = f"{partition.topic}/{partition.partition}"
        if stored > high:
            raise BadInput(
                f"the ledger stands at {stored}, but the log ends at {high}: it is another log, or lost records",
                where=where,
                hint="Point CLEW_LOG to the log that this ledger read, or set a prefix for a new one",
            )
        if stored < low:
            self._counts["missed"] += low - stored
            log.error("%s: records %d to %d aged out of the log before they were committed", where, stored, low - 1)
        return max(stored, low)

    def _bounds(self, consumer: Consumer, partition: TopicPartition) -> tuple[int, int]:
        with self._link.translating():
            return consumer.get_watermark_offsets(partition, timeout=_ASK) or (0, 0)

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._forget()

    def _forget(self) -> None:
        self._positions.clear()
        self._gathered.clear()

    # -- judging

    def _judged(self, records: Sequence[LogRecord]) -> list[Taken]:
        keys: dict[str, bytes | None] = {}

        def key_of(source: str) -> bytes | None:
            if source not in keys:
                keys[source] = self._ledger.public_key(source)
            return keys[source]

        return [Taken(record, self._judge(record, key_of)) for record in records]

    def _judge(self, record: LogRecord, key_of: KeyOf) -> Record | BadRecord:
        try:
            return verified(record, key_of, self._schemas)
        except CallerError as error:
            log.warning("%s@%d is kept out: %s", record.position, record.offset, error)
            return bad(record, error)

    # -- committing

    def _commit(self, batch: Sequence[Taken]) -> None:
        """Commit records with the positions after them, all in one transaction.

        A batch that the ledger fails at is done again record by record, so that one can't hold up the others.
        """
        try:
            receipts = self._propose(batch)
        except (WorldError, Conflict):
            raise
        except Exception as error:
            log.exception("the ledger failed at %d records", len(batch))
            self._commit_apart(batch, error)
            return
        self._count(batch, receipts)

    def _propose(self, batch: Sequence[Taken]) -> list[Receipt]:
        moves = {each.record.position: each.record.offset + 1 for each in batch}
        receipts = self._ledger.propose(
            [each.said for each in batch if not isinstance(each.said, BadRecord)],
            door="kafka",
            waits=False,
            positions={name: (self._positions[name], new) for name, new in moves.items()},
            bad=[each.said for each in batch if isinstance(each.said, BadRecord)],
        )
        self._positions.update(moves)
        return receipts

    def _commit_apart(self, batch: Sequence[Taken], error: Exception) -> None:
        if len(batch) > 1:
            for each in batch:
                self._commit([each])
            return
        (taken,) = batch
        if isinstance(taken.said, BadRecord):
            raise error
        self._commit([taken._replace(said=bad(taken.record, error))])

    def _count(self, batch: Sequence[Taken], receipts: Sequence[Receipt]) -> None:
        proposals = [each for each in batch if not isinstance(each.said, BadRecord)]
        self._counts.update("repeated" if receipt.repeated else receipt.status for receipt in receipts)
        self._counts["bad"] += len(batch) - len(proposals)
        refused = [
            (each, receipt) for each, receipt in zip(proposals, receipts, strict=True) if receipt.status == "refused"
        ]
        if refused:
            self._keep_refused(refused)

    def _keep_refused(self, refused: Sequence[tuple[Taken, Receipt]]) -> None:
        """What the ledger can't park (a crawl mark out of turn, say) is kept like a bad record: nobody waits for it."""
        kept = [
            BadRecord(each.record.position, each.record.offset, each.record.hash, dict(receipt.errors[0]))
            for each, receipt in refused
        ]
        stands = {each.position: (self._positions[each.position],) * 2 for each in kept}
        self._ledger.propose([], door="kafka", waits=False, positions=stands, bad=kept)

    # -- health

    def _look(self) -> None:
        if self._consumer is None or time.monotonic() - self._looked < _LOOK:
            return
        self._looked = time.monotonic()
        lags = [self._lag_of(self._consumer, name, position) for name, position in self._positions.items()]
        known = [lag for lag in lags if lag is not None]
        self._lag = sum(known) if len(known) == len(lags) else None

    def _lag_of(self, consumer: Consumer, name: str, position: int) -> int | None:
        """Return how many records a partition has after a position, None when Kafka has not told yet."""
        topic, _, partition = name.rpartition("/")
        bounds = consumer.get_watermark_offsets(TopicPartition(topic, int(partition)), cached=True)
        return None if bounds is None or bounds[1] < 0 else max(0, bounds[1] - position)


def bad(record: LogRecord, error: Exception) -> BadRecord:
    """Return what is kept of a record that can't be taken: nothing of its bytes."""
    if isinstance(error, ClewError):
        reason = error.to_dict()
    else:
        reason = {"code": "internal", "what": f"the ledger failed at it: {type(error).__name__}"}
    return BadRecord(record.position, record.offset, record.hash, reason)


def batches(taken: Sequence[Taken]) -> Iterator[list[Taken]]:
    """Yield records in order, in batches of at most MAX_EVENTS events; a larger record is one by itself."""
    batch: list[Taken] = []
    events = 0
    for each in taken:
        if batch and events + each.events > MAX_EVENTS:
            yield batch
            batch, events = [], 0
        batch.append(each)
        events += each.events
    if batch:
        yield batch
