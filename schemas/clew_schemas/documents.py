"""Aspects that have no class: a JSON Schema document with annotations is all there is, validated by `jsonschema`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clew_schemas import bounded
from clew_schemas.errors import BadInput
from clew_schemas.registry import Aspect, Mismatch, Validator, read_document

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The dialect of every document."""

_REFERENCES = ("$ref", "$dynamicRef")
_OTHER_NAMES = ("$anchor", "$dynamicAnchor", "$vocabulary")
_LONGEST = 500
"""Characters of a message; `jsonschema` quotes whole payloads."""
_LESS = "Say less at once"


def from_document(document: Mapping[str, Any]) -> Aspect:
    """Return the aspect that a document describes; raise BadInput if it describes none."""
    check_document(document, str(document.get("$id")))
    try:
        return from_checked(document)
    except (KeyError, TypeError) as error:
        raise BadInput(f"not a schema document of an aspect: {error}", where=str(document.get("$id"))) from error


def from_checked(document: Mapping[str, Any]) -> Aspect:
    """Return the aspect of a document that was found good before."""
    return read_document(document, _validator(document))


def check_document(document: Mapping[str, Any], where: str) -> None:
    """Raise BadInput, with the JSON path, unless a document is a JSON Schema that stands by itself.

    It is of the draft 2020-12; a reference in it names a place in it, so that no payload can make us fetch anything.
    """
    from jsonschema import Draft202012Validator  # a house without registered aspects does without
    from jsonschema.exceptions import best_match

    if str(document.get("$schema", DIALECT)).rstrip("#") != DIALECT:
        raise BadInput("another dialect of JSON Schema", where=f"{where}.$schema", hint=DIALECT)
    meta = bounded.validator(Draft202012Validator.META_SCHEMA, formats=True)
    try:
        error = best_match(bounded.errors(meta, dict(document)))
    except bounded.TooMuchWork:
        raise BadInput("the schema is too large to check", where=where, hint=_LESS) from None
    if error is not None:
        said = f"not a JSON Schema: {error.message[:_LONGEST]}"
        raise BadInput(said, where=_place(where, error.absolute_path), hint=DIALECT)
    for place, key, value in _walked(document, where):
        for pattern in _patterns(key, value):
            if not bounded.is_pattern(pattern):
                raise BadInput(
                    f"the pattern {pattern[:80]!r} can't be searched for in bounded time",
                    where=place,
                    hint="No look-around and no back references",
                )
        if key == "unevaluatedProperties":
            raise BadInput(f"{key} is not taken here", where=place, hint="Say additionalProperties")
        if key in _REFERENCES and not (isinstance(value, str) and isinstance(_at(document, value), dict | bool)):
            raise BadInput(
                f"the reference {value!r} leads nowhere in this document",
                where=place,
                hint="References are like #/$defs/cell",
            )
        if key in _OTHER_NAMES or (key == "$id" and place != f"{where}.$id"):
            raise BadInput(f"{key} is not taken here", where=place, hint="References are like #/$defs/cell")


def property_of(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the schema of one property of the payload, local references followed; {} when it has none."""
    found = document.get("properties", {}).get(name, {})
    return _followed(document, found)


def described(document: Mapping[str, Any], path: str) -> bool:
    """Say whether a payload can hold something at `path`, as far as properties and items tell."""
    schema: Mapping[str, Any] = document
    for step in path.split("."):
        schema = _followed(document, schema)
        if "properties" not in schema:
            return True
        name = step.removesuffix("[]")
        if name not in schema["properties"]:
            return schema is not document and schema.get("additionalProperties", True) is not False
        schema = _followed(document, schema["properties"][name])
        if step.endswith("[]"):
            schema = _followed(document, schema.get("items", {}))
    return True


def _followed(document: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    for _ in range(len(document)):
        target = _at(document, schema["$ref"]) if isinstance(schema, dict) and "$ref" in schema else None
        if target is None:
            break
        schema = target
    return schema if isinstance(schema, dict) else {}


def _at(document: Mapping[str, Any], reference: str) -> Any:
    """Return what a reference such as `#/$defs/cell` names in its document, None when it names nothing."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    found: Any = document
    for step in reference[2:].split("/") if reference != "#" else ():
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            found = found.get(name) if isinstance(found, dict) else None
    return found


def _walked(value: Any, where: str) -> Iterator[tuple[str, str, Any]]:
    """Yield every member of every object in a document, with its place; what are values and no schemas, too."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield f"{where}.{key}", key, each
            yield from _walked(each, f"{where}.{key}")
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _walked(each, f"{where}[{at}]")


def _patterns(key: str, value: Any) -> list[str]:
    if key == "pattern" and isinstance(value, str):
        return [value]
    return list(value) if key == "patternProperties" and isinstance(value, dict) else []


def _validator(document: Mapping[str, Any]) -> Validator:
    checker = bounded.validator(document)

    def validate(payload: Any) -> None:
        try:
            error = min(bounded.errors(checker, payload), key=lambda each: len(each.absolute_path), default=None)
        except RecursionError:
            raise Mismatch("the schema refers to itself without end", []) from None
        except bounded.TooMuchWork:
            raise Mismatch("to check this payload takes too much work", []) from None
        if error is not None:
            raise Mismatch(error.message[:_LONGEST], list(error.absolute_path))

    return validate


def _place(where: str, steps: Any) -> str:
    return where + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
