"""Fields of an Avro schema, by path. Format: https://avro.apache.org/docs/1.12.0/specification/"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from clew.check.schema_fields import DEEPEST, MOST, Field
from clew_schemas.errors import BadInput

PRIMITIVE: Final = frozenset("null boolean int long float double bytes string".split())


def fields(text: str, where: str) -> Mapping[str, Field]:
    """Return the fields of a record; raise BadInput for what is no schema of one."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not valid JSON: {error}", where=where) from error
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise BadInput("not the schema of a record", where=f"{where}: $.type", hint="Avro: {'type': 'record', …}")
    reading = _Reading(where)
    reading.record(schema, "", 0)
    return reading.found


class _Reading:
    def __init__(self, where: str) -> None:
        self._where = where
        self._named: dict[str, Any] = {}
        self._open: set[str] = set()
        self.found: dict[str, Field] = {}

    def record(self, schema: Mapping[str, Any], prefix: str, depth: int) -> None:
        name = str(schema.get("name") or "")
        self._named[name] = schema
        if depth > DEEPEST or name in self._open:
            return
        self._open.add(name)
        listed = schema.get("fields")
        if not isinstance(listed, list):
            raise BadInput("a record without fields", where=f"{self._where}: {prefix or '$'}")
        for each in listed:
            if not isinstance(each, dict) or not isinstance(each.get("name"), str) or "type" not in each:
                raise BadInput("a field without name and type", where=f"{self._where}: {prefix or '$'}")
            self._field(each, prefix, depth)
        self._open.discard(name)

    def _field(self, field: Mapping[str, Any], prefix: str, depth: int) -> None:
        if len(self.found) >= MOST:
            raise BadInput(f"more than {MOST} fields", where=self._where)
        path = prefix + field["name"]
        aliases = tuple(prefix + str(each) for each in field.get("aliases") or ())
        self.found[path] = Field(field["name"], self._type(field["type"]), self._says(field["type"]), aliases)
        for inner in _records(field["type"]):
            self.record(self._named.get(inner, inner) if isinstance(inner, str) else inner, path + ".", depth + 1)

    def _type(self, said: Any) -> str:
        if isinstance(said, str):
            return said if said in PRIMITIVE or said not in self._named else f"record {said.rsplit('.', 1)[-1]}"
        if isinstance(said, list):
            return " | ".join(sorted(self._type(each) for each in said))
        if not isinstance(said, dict):
            raise BadInput(f"{said!r} is no type", where=self._where)
        kind = said.get("type")
        if kind == "record":
            return f"record {str(said.get('name') or '').rsplit('.', 1)[-1]}"
        if kind in ("array", "map"):
            return f"{kind} of {self._type(said.get('items', said.get('values')))}"
        if kind == "fixed":
            return f"fixed({said.get('size')})"
        if kind == "enum":
            return "enum"
        logical = said.get("logicalType")
        size = f"({said.get('precision')},{said.get('scale', 0)})" if logical == "decimal" else ""
        return f"{self._type(kind)}:{logical}{size}" if logical else self._type(kind)

    def _says(self, said: Any) -> str:
        if isinstance(said, list):
            return " ".join(filter(None, map(self._says, said)))
        if isinstance(said, dict) and said.get("type") == "enum":
            return f"one of {', '.join(map(str, said.get('symbols') or ()))}"
        return self._says(said.get("items") or said.get("values")) if isinstance(said, dict) else ""


def _records(said: Any) -> list[Any]:
    """Return the records that a type holds, or their names."""
    if isinstance(said, list):
        return [inner for each in said for inner in _records(each)]
    if isinstance(said, dict):
        if said.get("type") == "record":
            return [said]
        return _records(said.get("items", said.get("values")))
    return []
