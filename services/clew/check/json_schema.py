"""Fields of a JSON Schema, by path. Format: https://json-schema.org/draft/2020-12/schema and the drafts from 4 on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from clew.check.schema_fields import DEEPEST, MOST, Field
from clew_schemas.errors import BadInput

PROSE: Final = frozenset(
    "title description examples default $comment deprecated readOnly writeOnly $id $schema $anchor".split()
)
READ: Final = frozenset("type format $ref properties required items enum const".split())


def fields(text: str, where: str) -> Mapping[str, Field]:
    """Return the properties of an object; raise BadInput for what is no schema of one."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not valid JSON: {error}", where=where) from error
    if not isinstance(schema, dict) or not ("properties" in schema or "$ref" in schema):
        raise BadInput(
            "not the schema of an object", where=f"{where}: $.properties", hint="JSON Schema with properties"
        )
    reading = _Reading(schema, where)
    reading.object(schema, "", 0, ())
    return reading.found


class _Reading:
    def __init__(self, root: Mapping[str, Any], where: str) -> None:
        self._root, self._where = root, where
        self.found: dict[str, Field] = {}

    def object(self, schema: Mapping[str, Any], prefix: str, depth: int, open_: tuple[str, ...]) -> None:
        schema, open_ = self._followed(schema, open_)
        properties = schema.get("properties") or {}
        if not isinstance(properties, dict):
            raise BadInput("properties are no mapping", where=f"{self._where}: {prefix or '$'}")
        if depth > DEEPEST:
            return
        required = schema.get("required") or ()
        for name, each in properties.items():
            if len(self.found) >= MOST:
                raise BadInput(f"more than {MOST} fields", where=self._where)
            self._property(str(name), each, prefix, depth, open_, name in required)

    def _property(self, name: str, said: Any, prefix: str, depth: int, open_: tuple[str, ...], required: bool) -> None:
        schema, inner = self._followed(said if isinstance(said, dict) else {}, open_)
        kind = schema.get("type")
        words = kind if isinstance(kind, list) else [kind] if kind else []
        types = sorted({str(each) for each in words} | (set() if required else {"absent"}))
        text = " | ".join(types) + (f":{schema['format']}" if schema.get("format") else "")
        rest = {key: value for key, value in schema.items() if key not in PROSE and key not in READ - {"enum", "const"}}
        says = json.dumps(rest, sort_keys=True) if rest else ""
        path = prefix + name
        self.found[path] = Field(name, text, says)
        if len(inner) > len(open_) and len(set(inner)) < len(inner):
            return
        if "properties" in schema:
            self.object(schema, path + ".", depth + 1, inner)
        items = schema.get("items")
        if isinstance(items, dict):
            self._property("items", items, path + ".", depth + 1, inner, required=True)

    def _followed(self, schema: Mapping[str, Any], open_: tuple[str, ...]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """Return what a local reference stands for, and the references that are open."""
        for _ in range(DEEPEST):
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return schema, open_
            if not reference.startswith("#"):
                raise BadInput(f"{reference} is not in this file", where=self._where, hint="Bundle the schema")
            target: Any = self._root
            for part in reference.lstrip("#/").split("/") if reference != "#" else ():
                target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
            if not isinstance(target, dict):
                raise BadInput(f"{reference} leads nowhere", where=self._where)
            open_ = (*open_, reference)
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
            if open_.count(reference) > 1:
                return {"type": "object"}, open_
        return schema, open_
