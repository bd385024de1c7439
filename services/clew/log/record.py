"""One record of a topic as plain data, and what stands around its value: signature and CloudEvents headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from clew.log.port import Signer

SIGNATURE = "clew-sig"
KEY_NAME = "clew-key"
PROPOSAL = "clew.proposal.v1"
CHANGE = "clew.change.v1"
CONTENT = "application/avro"


Headers = list[tuple[str, str | bytes | None]]
"""Headers as a producer takes them; the values are always bytes here."""


class LogRecord(NamedTuple):
    """A record as the log gave it. `time` is the record's own, in microseconds UTC; it is not signed."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    time: int = 0

    @property
    def position(self) -> str:
        """The partition's name, as the ledger stores positions by."""
        return f"{self.topic}/{self.partition}"

    @property
    def moment(self) -> datetime:
        """The record's time."""
        return datetime.fromtimestamp(self.time / 1e6, UTC)

    @property
    def hash(self) -> str:
        """The SHA-256 of the value, in hex."""
        return hashlib.sha256(self.value or b"").hexdigest()


def signed_bytes(topic: str, key: bytes, value: bytes) -> bytes:
    """Return what a signature is over: topic, key and value with its framing, NUL between them."""
    return b"\0".join((topic.encode(), key, value))


def signature_headers(key: Signer, topic: str, source: bytes, value: bytes) -> Headers:
    """Return the headers that say who signed, and the signature."""
    return [(SIGNATURE, key.sign(signed_bytes(topic, source, value))), (KEY_NAME, key.fingerprint.encode())]


def cloud_headers(kind: str, name: str, source: str, time: datetime) -> Headers:
    """Return the headers of CloudEvents in binary mode; `name` is the event's id, unique in its source."""
    said = {
        "ce_specversion": "1.0",
        "ce_id": name,
        "ce_source": f"clew:{quote(source, safe='/:')}",
        "ce_type": kind,
        "ce_time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "content-type": CONTENT,
    }
    return [(key, value.encode()) for key, value in said.items()]
