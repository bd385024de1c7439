"""A producer as a stranger would write it: confluent-kafka, fastavro and a private key; none of Clew's own code."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any

import fastavro
from confluent_kafka import Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

GROUP = "clew.wire.v1.Group"
CRAWL_OPEN = "clew.wire.v1.CrawlOpen"
CRAWL_CLOSE = "clew.wire.v1.CrawlClose"


class BareProducer:
    """Sends proposals of one source. `faults` of `send` say what to do wrongly."""

    def __init__(self, brokers: str, registry: str, topic: str, source: str, private: Ed25519PrivateKey) -> None:
        with urllib.request.urlopen(f"{registry}/subjects/{topic}-value/versions/latest") as answer:
            found = json.load(answer)
        self.schema_id: int = found["id"]
        self.schema = fastavro.parse_schema(json.loads(found["schema"]))
        self.topic, self.source, self.private = topic, source, private
        self.producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})

    def value(self, kind: str, said: Mapping[str, Any], schema_id: int | None = None) -> bytes:
        """Return the framed Avro of a proposal."""
        body = io.BytesIO()
        fastavro.schemaless_writer(body, self.schema, {"body": (kind, dict(said))})
        return struct.pack(">bI", 0, self.schema_id if schema_id is None else schema_id) + body.getvalue()

    def headers(self, key: bytes, value: bytes, topic: str | None = None) -> dict[str, str | bytes | None]:
        """Return the headers of a signed record."""
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signature = self.private.sign((topic or self.topic).encode() + b"\0" + key + b"\0" + value)
        return {"clew-sig": signature, "clew-key": hashlib.sha256(public).hexdigest()[:32]}

    def send(self, kind: str, said: Mapping[str, Any], times: int = 1) -> None:
        """Produce a proposal, `times` times over."""
        key, value = self.source.encode(), self.value(kind, said)
        for _ in range(times):
            self.raw(key, value, self.headers(key, value))

    def raw(self, key: bytes | None, value: bytes | None, headers: dict[str, str | bytes | None]) -> None:
        """Produce a record as it is."""
        while True:
            try:
                self.producer.produce(self.topic, value, key, headers=headers)
                return
            except BufferError:
                self.producer.poll(0.1)

    def flush(self) -> None:
        """Wait until the brokers have everything."""
        assert self.producer.flush(60) == 0


def document(urn: str, text: str) -> dict[str, Any]:
    """Return an event that documents a thing."""
    return {"urn": urn, "aspect": "documentation", "payload": json.dumps({"text": text}).encode()}


def groups(source: str, count: int, prefix: str) -> Iterable[dict[str, Any]]:
    """Yield groups of two events each, about things of their own."""
    for n in range(count):
        urns = [f"urn:clew:dataset:(postgres://db:5432,{prefix}.t{n}_{part})" for part in "ab"]
        yield {"source": source, "id": f"{prefix}-{n}", "events": [document(urn, f"{n}") for urn in urns]}
