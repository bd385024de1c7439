"""The log: the door in for groups of events, and the tape out for whole commits. A port, and Kafka behind it."""

from __future__ import annotations

from clew.log.port import Door, Keys, Log, Signer, Station, Tally
from clew.log.url import LogUrl

__all__ = ["Door", "Keys", "Log", "LogUrl", "Signer", "Station", "Tally", "open_log"]


def open_log(url: str, patience: float = 60.0) -> Log:
    """Open the log that `url` names: `kafka://host:port[,host:port]?registry=http://…`, see `LogUrl`.

    Its topics and the schemas of its envelopes are made where they are missing. Raises BadInput for a URL that is
    none, a topic of another shape or a registry that is none; Unreachable when a server does not answer within
    `patience` seconds; Forbidden when one refuses us.
    """
    from clew.log.kafka import KafkaLog

    return KafkaLog.open(LogUrl.parse(url), patience)
