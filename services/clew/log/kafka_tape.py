"""The tape on Kafka."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, KafkaError, TopicPartition

from clew.log.kafka_link import KafkaLink, record_of
from clew.log.record import LogRecord
from clew_schemas.errors import Unreachable

_ASK = 10.0
"""Seconds that Kafka has for an answer, and for a record that is known to be there."""


class KafkaTape:
    """A reader of the tape; see `Tape`."""

    def __init__(self, link: KafkaLink) -> None:
        self._link = link
        self._topic = link.url.changes
        self._consumer: Consumer = link.consumer(f"{link.url.prefix}clew.tape", **{"enable.partition.eof": True})
        self._at_end = False

    def bounds(self) -> tuple[int, int]:
        with self._link.translating():
            found = self._consumer.get_watermark_offsets(TopicPartition(self._topic, 0), timeout=_ASK)
        if found is None:
            raise Unreachable("Kafka does not tell where the tape ends", where=self._link.where)
        return found

    def seek(self, offset: int) -> None:
        self._at_end = False
        with self._link.translating():
            self._consumer.assign([TopicPartition(self._topic, 0, offset)])

    def next(self, timeout: float = 0.0) -> LogRecord | None:
        end = time.monotonic() + (timeout if self._at_end else max(timeout, _ASK))
        while True:
            with self._link.translating():
                message = self._consumer.poll(max(0.0, end - time.monotonic()))
            if message is None:
                if self._at_end:
                    return None
                raise Unreachable("Kafka does not give the next commit", where=self._link.where)
            error = message.error()
            if error is None:
                record = record_of(message)
                self._at_end = record.offset + 1 >= self._end()
                return record
            if error.code() != KafkaError._PARTITION_EOF:
                raise self._link.translated(error)
            self._at_end = True
            end = min(end, time.monotonic() + timeout)

    def _end(self) -> int:
        """Return the tape's end as the last answer of Kafka told it."""
        bounds = self._consumer.get_watermark_offsets(TopicPartition(self._topic, 0), cached=True)
        return bounds[1] if bounds else 0

    def close(self) -> None:
        self._consumer.close()
