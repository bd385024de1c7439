"""Two texts of one SQL statement: what of its result changes. Harmless only when the canonical forms are equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clew_sql import SqlError
from clew_sql.canonical import Canonical, Column, canonical, same_words

Schemas = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A statement with all that gives its names a meaning. `templated`: Jinja stands in it."""

    sql: str
    dialect: str
    database: str | None = None
    schema: str | None = None
    bindings: Mapping[str, str] = field(default_factory=dict)

    @property
    def templated(self) -> bool:
        return any(mark in self.sql for mark in ("{{", "{%", "{#"))


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that is not what it was. `before` and `after` are names, None for a column that is not there."""

    before: str | None
    after: str | None
    types: tuple[str, str] | None = None
    """Types before and after, where both are plain to see and differ."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two texts differ. `rows`: which rows there are may change, and so every value; `proved`: nothing changes.

    `columns` are those that differ; None where columns can't be told apart, which says the same as `rows`.
    """

    proved: bool
    rows: bool = False
    columns: tuple[ColumnChange, ...] = ()
    problem: SqlError | None = None


def compare(
    old: Text,
    new: Text,
    before: Schemas,
    after: Schemas,
    renamed: Mapping[str, Mapping[str, str]],
    moved: Mapping[str, str],
) -> Comparison:
    """Return how the results of two texts differ, read against the schemas that each was written for.

    `renamed` and `moved` say under which names the new text finds stored columns and tables of the old.
    """
    if old.templated or new.templated:
        return _by_words(old, new, bool(renamed or moved))
    try:
        first = canonical(
            old.sql, old.dialect, before, old.database, old.schema, old.bindings, renamed=renamed, moved=moved
        )
        second = canonical(new.sql, new.dialect, after, new.database, new.schema, new.bindings)
    except SqlError as error:
        return Comparison(old.sql == new.sql and not renamed, rows=old.sql != new.sql, problem=error)
    if (renamed or moved) and not (first.resolved and second.resolved):
        return Comparison(proved=False, rows=True)
    if first.text == second.text:
        return Comparison(proved=True)
    return _apart(first, second)


def _by_words(old: Text, new: Text, renames: bool) -> Comparison:
    """What templates become is not known here: only layout and comments may differ."""
    try:
        same = same_words(old.sql, new.sql, new.dialect) and not renames
    except SqlError as error:
        return Comparison(old.sql == new.sql, rows=old.sql != new.sql, problem=error)
    return Comparison(same, rows=not same)


def _apart(first: Canonical, second: Canonical) -> Comparison:
    if first.columns is None or second.columns is None:
        return Comparison(proved=False, rows=True)
    changes = tuple(_columns(first.columns, second.columns))
    if first.frame != second.frame:
        return Comparison(proved=False, rows=True, columns=changes)
    if changes:
        return Comparison(proved=False, columns=changes)
    # the same columns in another order: whoever reads them by name sees no difference, by position does
    return Comparison(proved=False, rows=[c.name for c in first.columns] == [c.name for c in second.columns])


def _columns(first: tuple[Column, ...], second: tuple[Column, ...]) -> list[ColumnChange]:
    """A column that is gone while one of the same value is new was renamed."""
    old, new = {each.name: each for each in first}, {each.name: each for each in second}
    added = [each for each in second if each.name not in old]
    found = []
    for each in first:
        kept = new.get(each.name)
        if kept is not None:
            types = (each.type, kept.type) if each.type and kept.type and each.type != kept.type else None
            if kept.form != each.form or types:
                found.append(ColumnChange(each.name, kept.name, types))
            continue
        twin = next((other for other in added if other.form == each.form), None)
        if twin is not None:
            added.remove(twin)
        found.append(ColumnChange(each.name, twin.name if twin is not None else None))
    return [*found, *(ColumnChange(None, each.name) for each in added)]
