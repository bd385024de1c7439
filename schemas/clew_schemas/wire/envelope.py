"""An envelope: one published Avro schema, and what is written and read by it, in Confluent framing.

The published file is the schema. It never changes: another shape is another file, and another topic.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import fastavro
from fastavro.schema import to_parsing_canonical_form

from clew_schemas.errors import BadInput

FOLDER = Path(__file__).parents[1] / "contracts" / "wire"

_MAGIC = 0
_FRAME = struct.Struct(">BI")
"""Confluent's wire format: a zero byte, the schema's id big-endian, the Avro body."""


class Envelope:
    """One published schema. `text` is what a registry is given, `name` the file's name without its ending.

    Values are plain dicts and lists; a timestamp is an integer, microseconds since 1970 UTC.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = (FOLDER / f"{name}.avsc").read_text()
        self._schema = fastavro.parse_schema(_without_logical_types(json.loads(self.text)))
        self._canonical = canonical_form(self.text)
        self._hint = f"Its schema is contracts/wire/{name}.avsc"

    def is_written_in(self, schema: str) -> bool:
        """Say whether a schema's text means this schema: spelling, docs and defaults aside."""
        try:
            return canonical_form(schema) == self._canonical
        except BadInput:
            return False

    def dump(self, value: Any) -> bytes:
        """Return the Avro body of a value; raise BadInput for one that the schema can't hold."""
        body = io.BytesIO()
        try:
            fastavro.schemaless_writer(body, self._schema, value)
        except (ValueError, TypeError, OverflowError, AttributeError) as error:
            raise BadInput(f"{self.name} can't hold this: {error}", hint="Numbers are within int64") from error
        return body.getvalue()

    def load(self, body: bytes) -> Any:
        """Return the value of an Avro body; raise BadInput, which quotes none of its bytes, when it is none."""
        stream = io.BytesIO(body)
        try:
            value = fastavro.schemaless_reader(
                stream, self._schema, None, return_record_name=True, return_record_name_override=True
            )
        except Exception as error:  # fastavro raises whatever the bytes led it to
            raise BadInput(
                f"no Avro of {self.name}: {type(error).__name__} at byte {stream.tell()}", hint=self._hint
            ) from None
        if stream.tell() != len(body):
            raise BadInput(f"no Avro of {self.name}: {len(body) - stream.tell()} bytes are left over", hint=self._hint)
        return value


def frame(schema_id: int, body: bytes) -> bytes:
    """Return an Avro body in Confluent framing."""
    return _FRAME.pack(_MAGIC, schema_id) + body


def unframe(value: bytes) -> tuple[int, bytes]:
    """Return the schema's id and the Avro body of a framed value; raise BadInput for one without framing."""
    if len(value) < _FRAME.size or value[0] != _MAGIC:
        raise BadInput(
            "the value is not in Confluent framing", hint="A zero byte, the schema's id in four bytes, then Avro"
        )
    return _FRAME.unpack_from(value)[1], value[_FRAME.size :]


def canonical_form(schema: str) -> str:
    """Return Avro's parsing canonical form of a schema's text; raise BadInput for what is none."""
    try:
        return to_parsing_canonical_form(_without_logical_types(json.loads(schema)))
    except Exception as error:  # whatever an unknown schema leads the parser to
        raise BadInput(f"not an Avro schema: {type(error).__name__}") from error


def _without_logical_types(schema: Any) -> Any:
    """Times stay integers on the way: exact, and none is out of a calendar's range."""
    if isinstance(schema, dict):
        if "logicalType" in schema:
            return schema["type"]
        return {key: _without_logical_types(each) for key, each in schema.items()}
    return [_without_logical_types(each) for each in schema] if isinstance(schema, list) else schema


PROPOSALS = Envelope("proposals.v1")
CHANGES = Envelope("changes.v1")
