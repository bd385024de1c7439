"""One metadata.json: from bytes to a document whose members have the names of the schema. Pure.

bytes -> text -> JSON without repeated keys -> members under their own names -> checked against the schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from clew_connectors.metadata_json.stages import MAY_SAY, role
from clew_schemas.errors import BadInput, TooLarge

MAX_BYTES = 5_000_000
"""Bytes of the largest file that is read."""
MAX_DEPTH = 32
"""Deepest nesting of objects and lists."""

SCHEMA: Mapping[str, Any] = json.loads(Path(__file__).with_name("metadata.v1.json").read_text(encoding="utf-8"))
HINT = "The file is described by metadata.v1.json"

Steps = tuple[str | int, ...]

_formats = FormatChecker(formats=())
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INT64 = range(-(2**63), 2**63)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSEEN = re.compile(r"[\W_]")


@dataclass(frozen=True)
class Document:
    """A checked document: `value` by the schema's names, and where in the file each member stands."""

    file: str
    value: Mapping[str, Any]
    places: Mapping[Steps, str] = field(default_factory=dict)

    def where(self, *steps: str | int) -> str:
        """Return file and JSON path, in the file's own spelling, of a member given by the schema's names."""
        for length in range(len(steps), 0, -1):
            if steps[:length] in self.places:
                return f"{self.file}: {_placed(self.places[steps[:length]], *steps[length:])}"
        return f"{self.file}: {_placed('$', *steps)}"


def parse(data: bytes, file: str) -> Document:
    """Return the document in `data`; raise TooLarge, or BadInput with file, JSON path and hint, without any value."""
    value = _json(data, file)
    if not isinstance(value, dict):
        raise BadInput(f"expected an object, found {_kind(value)}", where=f"{file}: $", hint=HINT)
    places: dict[Steps, str] = {}
    folded = _folded(value, SCHEMA, (), "$", places, file)
    document = Document(file, folded, places)
    errors = sorted(_errors(SCHEMA, folded), key=lambda error: [str(step) for step in error.absolute_path])
    if errors:
        wheres = [document.where(*error.absolute_path) for error in errors[:20]]
        what, hint = _said(errors[0])
        raise BadInput(what, where=wheres[0], hint=hint, problems=wheres)
    return Document(file, {**_said_by_stages(document, places), **folded}, places)


def known(definition: str | None = None) -> frozenset[str]:
    """Return the members that the schema describes, of the file or of one of its definitions."""
    return frozenset(_resolved(SCHEMA if definition is None else SCHEMA["$defs"][definition])["properties"])


def moment(text: str) -> datetime:
    """Return the moment that an ISO 8601 day or time says, in UTC where it names no zone; raise ValueError."""
    found = datetime.fromisoformat(text.strip())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@_formats.checks("moment", ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(moment(value))


class _Pairs(list[tuple[str, Any]]):
    """An object as it stands in the text, repeated keys and all."""


@dataclass(frozen=True)
class _Odd:
    """A number that JSON does not have."""

    text: str


def _json(data: bytes, file: str) -> Any:
    if len(data) > MAX_BYTES:
        raise TooLarge(
            f"a file of {len(data)} bytes is over the limit of {MAX_BYTES}",
            where=file,
            hint="A metadata.json says what a project is; keep data and long lists elsewhere",
        )
    try:
        text = data.decode("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_Odd, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8: {error.reason}", where=f"{file}, byte {error.start}", hint=HINT) from error
    except json.JSONDecodeError as error:
        place = f"{file}, line {error.lineno}, column {error.colno}"
        raise BadInput(
            f"not valid JSON: {error.msg}", where=place, hint="Was it cut off while it was written?"
        ) from None
    except RecursionError as error:
        raise _too_deep(f"{file}: $") from error
    return _checked(found, "$", file, 1)


def _integer(text: str) -> int | _Odd:
    # beyond twenty characters it is beyond int64, and Python may refuse to read it
    number = int(text) if len(text) <= 20 else 2**64
    return number if number in _INT64 else _Odd(text)


def _checked(value: Any, place: str, file: str, depth: int) -> Any:
    """Return the value with objects as such; raise BadInput for what can't be said on."""
    if depth > MAX_DEPTH and isinstance(value, list):
        raise _too_deep(f"{file}: {place}")
    if isinstance(value, _Pairs):
        found: dict[str, Any] = {}
        for key, each in value:
            _check_text(key, place, file)
            if key in found:
                raise BadInput(
                    "the key stands twice in one object",
                    where=f"{file}: {_placed(place, key)}",
                    hint="Keep one of them",
                )
            found[key] = _checked(each, _placed(place, key), file, depth + 1)
        return found
    if isinstance(value, list):
        return [_checked(each, _placed(place, at), file, depth + 1) for at, each in enumerate(value)]
    if isinstance(value, _Odd) or value in (float("inf"), float("-inf")):
        raise BadInput(
            "a number that JSON or 64 bits do not have",
            where=f"{file}: {place}",
            hint='Write it as a string: "NaN", "Infinity", "-Infinity", or the digits',
        )
    if isinstance(value, str):
        _check_text(value, place, file)
    return value


def _check_text(text: str, place: str, file: str) -> None:
    if "\x00" in text or (not text.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in text)):
        raise BadInput(
            "a text with a NUL character or half a character", where=f"{file}: {place}", hint="Write it as UTF-8 text"
        )


def _too_deep(where: str) -> BadInput:
    return BadInput(
        f"nested deeper than {MAX_DEPTH} levels",
        where=where,
        hint="A metadata.json is flat: names, numbers, short lists",
    )


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with what it refers to in it; its own words win, members of both are put together."""
    if "$ref" not in schema:
        return schema
    other: Any = SCHEMA
    for step in schema["$ref"].removeprefix("#/").split("/"):
        other = other[step]
    other = _resolved(other)
    properties = {**other.get("properties", {}), **schema.get("properties", {})}
    merged = {**other, **{key: value for key, value in schema.items() if key != "$ref"}}
    return {**merged, "properties": properties} if properties else merged


def _folded(
    value: Any, schema: Mapping[str, Any], steps: Steps, place: str, places: dict[Steps, str], file: str
) -> Any:
    """Return the value with the members that the schema describes under the schema's names."""
    places[steps] = place
    schema = _resolved(schema)
    if isinstance(value, list) and "items" in schema:
        return [
            _folded(each, schema["items"], (*steps, at), _placed(place, at), places, file)
            for at, each in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    members, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    names = _spellings(members)
    found: dict[str, Any] = {}
    for key, each in value.items():
        name = str(names.get(_fold(key), key))
        here = _placed(place, key)
        if each is None and name in members and "null" not in _resolved(members[name]).get("type", ()):
            continue
        if name in found:
            raise BadInput(
                f"{name!r} is said twice in one object, in two spellings",
                where=f"{file}: {here}",
                hint=f"The other is at {places[(*steps, name)]}",
            )
        found[name] = _folded(each, members.get(name, others), (*steps, name), here, places, file)
    return found


def _spellings(members: Mapping[str, Any]) -> dict[str, str]:
    """Return the schema's name of each member by every folded spelling of it."""
    return {
        _fold(spelling): name
        for name, schema in members.items()
        for spelling in (name, *_resolved(schema).get("x-spellings", ()))
    }


def _fold(key: str) -> str:
    return _UNSEEN.sub("", key.casefold())


def _errors(schema: Mapping[str, Any], value: Any) -> Iterator[ValidationError]:
    whole = {**schema, "$defs": SCHEMA["$defs"], "properties": schema.get("properties") or SCHEMA["properties"]}
    yield from Draft202012Validator(whole, format_checker=_formats).iter_errors(value)


def _said_by_stages(document: Document, places: dict[Steps, str]) -> dict[str, Any]:
    """Return what stages say that the file may say itself, such as the hyperparameters of a training stage.

    What does not fit there is a note of its stage and no more; where stages disagree, the first one counts.
    """
    found: dict[str, Any] = {}
    names = _spellings(SCHEMA["properties"])
    for steps, stage in _stages(document.value.get("stages")):
        named = stage.get("type") or stage.get("name") or steps[-1]
        for key, value in stage.items():
            name = names.get(_fold(key), key)
            if name not in MAY_SAY.get(role(str(named)), ()) or name in document.value or name in found:
                continue
            try:
                inner: dict[Steps, str] = {}
                place = _placed(places[steps], key)
                folded = _folded(value, SCHEMA["properties"][name], (name,), place, inner, document.file)
            except BadInput:
                continue
            if not any(_errors(SCHEMA, {name: folded})):
                found[name] = folded
                places.update(inner)
    return found


def _stages(said: Any) -> Iterator[tuple[Steps, dict[str, Any]]]:
    pairs = said.items() if isinstance(said, dict) else enumerate(said or ())
    for at, stage in pairs:
        if isinstance(stage, dict):
            yield ("stages", at), stage


def _placed(place: str, *steps: str | int) -> str:
    for step in steps:
        if isinstance(step, int):
            place += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            place += f".{step}"
        else:
            place += f"[{_CONTROL.sub('?', step)[:80]!r}]"
    return place


def _said(error: ValidationError) -> tuple[str, str]:
    """Return a problem in words, without the value, and a hint."""
    wanted: Any = error.validator_value
    found: Any = error.instance
    schema: Any = error.schema
    about = _resolved(schema if isinstance(schema, Mapping) else {}).get("description")
    hint = f"{about}. {HINT}" if about else HINT
    match error.validator:
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return f"expected {' or '.join(map(str, kinds))}, found {_kind(found)}", hint
        case "required":
            missing = next(name for name in wanted if name not in found)
            return f"the member {missing!r} is missing", hint
        case "enum":
            return f"expected one of {', '.join(map(str, wanted))}", hint
        case "pattern" if wanted == r"\S":
            return "an empty name", hint
        case "pattern" | "format":
            return "a text that does not say what it should", hint
    return f"beyond the limit: {error.validator} {wanted}", hint


def _kind(value: Any) -> str:
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a number",
    }
    return kinds.get(type(value), "null")
