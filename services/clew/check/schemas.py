"""Two schemas of one dataset, Avro, JSON Schema or Protobuf: what happens to its fields. Pure.

Only fields at the top are columns. What happens within one changes its type, since whoever reads it reads all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from clew.check import avro, json_schema, protobuf
from clew.check.changes import Change, ChangeKind, Found, Gap, Place
from clew.check.schema_fields import Field
from clew_schemas.errors import BadInput

Reader = Callable[[str, str], Mapping[str, Field]]
READERS: Final[dict[str, Reader]] = {
    ".avsc": avro.fields,
    ".json": json_schema.fields,
    ".proto": protobuf.fields,
}


def reader_for(file: str) -> Reader:
    """Return what reads a file of that name; raise BadInput for another than .avsc, .json or .proto."""
    for end, reader in READERS.items():
        if file.endswith(end):
            return reader
    raise BadInput("not a schema that is read", where=file, hint="Read are .avsc (Avro), .json (JSON Schema), .proto")


@dataclass(frozen=True, slots=True)
class Pair:
    """The text of a schema before and after, None where there is none."""

    file: str
    before: str | None
    after: str | None


def schema_change(pair: Pair, dataset: str) -> Found:
    """Return what becomes of a dataset's columns. A schema that can't be read after is a gap; before, too."""
    reader = reader_for(pair.file)
    place = Place(pair.file)
    name = pair.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if pair.before is None:
        return Found((Change(dataset, None, ChangeKind.ADDED, f"{name} is new", place),))
    if pair.after is None:
        return Found((Change(dataset, None, ChangeKind.DROPPED, f"the schema of {name} is gone", place),))
    try:
        old, new = reader(pair.before, pair.file), reader(pair.after, pair.file)
    except BadInput as error:
        unread = Change(dataset, None, ChangeKind.UNREAD, f"the schema of {name} can't be read", place)
        return Found((unread,), (Gap("unread_schema", f"{error.what} ({error.where})", place, dataset),))
    changes = tuple(_changes(old, new, dataset, name, place))
    columns = {field.name: field.type for path, field in old.items() if "." not in path}
    if not changes and pair.before != pair.after:
        why = f"the schema of {name} is written differently and says the same"
        changes = (Change(dataset, None, ChangeKind.HARMLESS, why, place),)
    return Found(changes, (), {dataset: columns})


def _changes(
    old: Mapping[str, Field], new: Mapping[str, Field], dataset: str, name: str, place: Place
) -> Iterator[Change]:
    twins = _twins(old, new)
    inner: dict[str, str] = {}
    for path, field in old.items():
        other = new.get(path) or new.get(twins.get(path, ""))
        if "." in path:
            said = _within(path, field, new.get(path))
            if said is not None and path.split(".")[0] in new:
                inner.setdefault(path.split(".")[0], said)
        elif other is None:
            yield Change(dataset, field.name, ChangeKind.DROPPED, f"{name}.{field.name} is dropped", place)
        elif other.name != field.name:
            why = f"{name}.{field.name} is renamed to {other.name}"
            yield Change(dataset, field.name, ChangeKind.RENAMED, why, place, field.name, other.name)
        elif other.type != field.type:
            why = f"{name}.{field.name} was {field.type}, is {other.type}"
            yield Change(dataset, field.name, ChangeKind.RETYPED, why, place, field.type, other.type)
        elif other.says != field.says:
            why = f"{name}.{field.name}: {_told(field.says, other.says)}"
            yield Change(dataset, field.name, ChangeKind.REMEANT, why, place)
    for path in new.keys() - old.keys():
        if "." in path and path.split(".")[0] in old:
            inner.setdefault(path.split(".")[0], f"{path} is new")
    for top, said in sorted(inner.items()):
        if top in new and new[top].type == old[top].type:
            yield Change(dataset, top, ChangeKind.RETYPED, f"{name}.{said}", place)
    for path in sorted(new.keys() - old.keys() - set(twins.values())):
        if "." not in path:
            yield Change(dataset, None, ChangeKind.ADDED, f"{name}.{path} is new", place, None, path)


def _within(path: str, field: Field, other: Field | None) -> str | None:
    if other is None:
        return f"{path} is gone"
    if other.type != field.type:
        return f"{path} was {field.type}, is {other.type}"
    return f"{path}: {_told(field.says, other.says)}" if other.says != field.says else None


def _twins(old: Mapping[str, Field], new: Mapping[str, Field]) -> dict[str, str]:
    """Return fields that the schema itself says were renamed: by an alias, or by the number they keep."""
    found = {}
    for path, field in new.items():
        for before, other in old.items():
            if before in new or path in old:
                continue
            if before in field.aliases or (field.number is not None and field.number == other.number):
                found[before] = path
    return found


def _told(before: str, after: str) -> str:
    return f"was {before or 'free'}, is {after or 'free'}"
