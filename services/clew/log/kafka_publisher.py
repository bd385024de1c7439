"""The publisher: commits of the ledger, whole and in order, onto the tape; at least once each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from confluent_kafka import Producer

from clew.ledger import Commit, LedgerReader
from clew.log import changes
from clew.log.kafka_link import Deliveries, KafkaLink
from clew.log.kafka_tape import KafkaTape
from clew.log.port import Tally
from clew.log.record import CHANGE, cloud_headers
from clew.log.tape import last_published
from clew_schemas.errors import Conflict
from clew_schemas.wire import frame

_BATCH = 100
"""Commits published together; the next ones go when all of these are acknowledged."""
_IDLE = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Publisher:
    """A station that publishes commits. It begins after the last seq on the tape, so that none is left out.

    While `may_publish` says no, it does nothing; several that publish at once do no harm but repeat each other.
    """

    name = "publisher"

    def __init__(
        self, ledger: LedgerReader, link: KafkaLink, schema_id: int, may_publish: Callable[[], bool] = lambda: True
    ) -> None:
        self._ledger = ledger
        self._link = link
        self._schema_id = schema_id
        self._may_publish = may_publish
        self._producer: Producer | None = None
        self._last: int | None = None
        self._published = 0

    def step(self) -> bool:
        """Publish the next commits; after an error the next step looks at the tape's end again."""
        if not self._may_publish():
            self._last = None
            time.sleep(_IDLE)
            return False
        if self._last is None:
            self._last = self._find()
        commits = self._ledger.tail(self._last, _BATCH)
        if not commits:
            self._ledger.wait(self._last + 1, _IDLE)
            return False
        try:
            self._publish(commits)
        except BaseException:
            self.close()
            raise
        self._last = commits[-1].seq
        self._published += len(commits)
        return True

    def health(self) -> Tally:
        last = self._last
        if last is None:
            return Tally(counts={"published": self._published})
        return Tally(max(0, self._ledger.head_seq() - last), {"seq": last}, {"published": self._published})

    def close(self) -> None:
        """Let go of Kafka, and of what it did not acknowledge; `step` begins anew."""
        self._last = None
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()

    def _find(self) -> int:
        tape = KafkaTape(self._link)
        try:
            last = last_published(tape, self._ledger.epoch)
        finally:
            tape.close()
        head = self._ledger.head_seq()
        if last > head:
            raise Conflict(
                f"the tape goes to seq {last}, but the ledger only to {head}: it lost commits that were published",
                where=self._link.url.changes,
                hint="Restore the ledger again, so that it gets a new epoch",
            )
        return last

    def _publish(self, commits: Sequence[Commit]) -> None:
        if self._producer is None:
            self._producer = self._link.producer()
        deliveries = Deliveries(self._link, self._producer)
        epoch = self._ledger.epoch
        for commit in commits:
            value = frame(self._schema_id, changes.to_avro(commit, self._ledger.registry))
            moment = _EPOCH + timedelta(microseconds=commit.time)
            headers = cloud_headers(CHANGE, f"{epoch}-{commit.seq}", commit.source, moment)
            deliveries.send(self._link.url.changes, epoch.encode(), value, headers)
        deliveries.wait()
