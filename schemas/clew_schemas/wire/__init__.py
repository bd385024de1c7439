"""The frozen Avro envelopes in which facts travel through Kafka; their published schemas lie in `contracts/wire`."""

from clew_schemas.wire.envelope import CHANGES, PROPOSALS, Envelope, frame, unframe
from clew_schemas.wire.proposals import from_avro, to_avro

__all__ = ["CHANGES", "PROPOSALS", "Envelope", "frame", "from_avro", "to_avro", "unframe"]
