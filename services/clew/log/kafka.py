"""The log on Kafka: topics and schemas made ready, and its stations put together."""

from __future__ import annotations

from collections.abc import Callable

from clew.ledger import Ledger, LedgerReader
from clew.log.kafka_committer import Committer
from clew.log.kafka_door import KafkaDoor
from clew.log.kafka_link import KafkaLink
from clew.log.kafka_publisher import Publisher
from clew.log.kafka_tape import KafkaTape
from clew.log.patience import patiently
from clew.log.port import Keys
from clew.log.replay import replay_bad
from clew.log.schema_ids import SchemaIds
from clew.log.tail import KafkaTail
from clew.log.url import LogUrl
from clew_schemas.event import Receipt
from clew_schemas.wire import CHANGES, PROPOSALS


class KafkaLog:
    """The log on Kafka; see `Log`."""

    def __init__(self, link: KafkaLink, schemas: SchemaIds, proposals: int, changes: int) -> None:
        self._link = link
        self._schemas = schemas
        self._proposals = proposals
        self._changes = changes

    @classmethod
    def open(cls, url: LogUrl, patience: float = 60.0) -> KafkaLog:
        """Make topics and schemas ready; raises what `open_log` says."""
        link, schemas = KafkaLink(url), SchemaIds(url.registry)
        patiently(link.prepare_topics, patience)
        proposals = patiently(lambda: schemas.register(url.proposals, PROPOSALS), patience)
        changes = patiently(lambda: schemas.register(url.changes, CHANGES), patience)
        return cls(link, schemas, proposals, changes)

    def door(self, keys: Keys) -> KafkaDoor:
        return KafkaDoor(self._link, self._proposals, keys)

    def committer(self, ledger: Ledger) -> Committer:
        return Committer(ledger, self._link, self._schemas)

    def publisher(self, ledger: LedgerReader, may_publish: Callable[[], bool] = lambda: True) -> Publisher:
        return Publisher(ledger, self._link, self._changes, may_publish)

    def tail(self, ledger: LedgerReader) -> KafkaTail:
        return KafkaTail(ledger, lambda: KafkaTape(self._link))

    def replay_bad(self, ledger: Ledger, place: str) -> Receipt:
        return replay_bad(ledger, self._link, self._schemas, place)

    def close(self) -> None:
        self._schemas.close()
