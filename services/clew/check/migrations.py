"""Migration scripts: what ALTER, DROP and RENAME do to the datasets that they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clew.check.changes import STRENGTH, Change, ChangeKind, Found, Gap, Place
from clew.check.files import Setting
from clew_sql import SqlError
from clew_sql.scripts import Action, Alteration, alterations

KINDS: Final = {
    Action.DROP: ChangeKind.DROPPED,
    Action.RENAME: ChangeKind.RENAMED,
    Action.RETYPE: ChangeKind.RETYPED,
    Action.ADD: ChangeKind.ADDED,
    Action.FILL: ChangeKind.REMEANT,
    Action.REPLACE: ChangeKind.REMEANT,
}


def migration(file: str, text: str, setting: Setting) -> Found:
    """Return what one script does, its statements in order: a table renamed is known by its new name after."""
    reading = _Reading(file, setting)
    for each in alterations(text, setting.dialect, setting.database, setting.schema):
        if isinstance(each, SqlError):
            place = Place(file, each.line, each.column)
            reading.gaps.append(
                Gap("parse_error" if each.what.startswith("cannot") else "not_understood", each.what, place)
            )
        else:
            reading.take(each)
    columns = {change.dataset: setting.catalog.columns(change.dataset) for change in reading.changes.values()}
    return Found(
        tuple(reading.changes.values()), tuple(reading.gaps), {urn: known for urn, known in columns.items() if known}
    )


class _Reading:
    def __init__(self, file: str, setting: Setting) -> None:
        self._file = file
        self._setting = setting
        self._tables: dict[str, str] = {}
        """Names that tables were given in the script, to the ones they had."""
        self._columns: dict[tuple[str, str], str] = {}
        self._made: set[str] = set()
        self.changes: dict[tuple[str, str | None], Change] = {}
        self.gaps: list[Gap] = []

    def take(self, each: Alteration) -> None:
        table = self._tables.get(each.table, each.table)
        if table in self._made:
            return
        if each.action == Action.ADD and each.column is None:
            self._made.add(table)
        if each.action == Action.RENAME and each.column is None and each.after:
            self._tables[each.after] = table
        column = self._columns.get((table, each.column or ""), each.column)
        if each.action == Action.RENAME and each.column and each.after:
            self._columns[(table, each.after)] = column or ""
        self._put(each, table, column)

    def _put(self, each: Alteration, table: str, column: str | None) -> None:
        dataset = self._setting.urn(table)
        kind = KINDS[each.action]
        key = (dataset, column if column is not None else None)
        known = self.changes.get(key)
        if known is not None and known.kind == ChangeKind.DROPPED and kind == ChangeKind.ADDED:
            # dropped and made again: the name is there, its values are not
            self.changes[key] = self._change(each, dataset, column, ChangeKind.REMEANT, table)
        elif known is not None and known.kind == ChangeKind.ADDED and kind == ChangeKind.DROPPED:
            del self.changes[key]
        elif known is None or STRENGTH[kind] > STRENGTH[known.kind]:
            self.changes[key] = self._change(each, dataset, column, kind, table)

    def _change(self, each: Alteration, dataset: str, column: str | None, kind: ChangeKind, table: str) -> Change:
        name = f"{table.rsplit('.', 1)[-1]}.{column}" if column else table
        before = self._types(dataset).get(column or "") if kind == ChangeKind.RETYPED else column
        words = {
            ChangeKind.DROPPED: f"{name} is dropped",
            ChangeKind.RENAMED: f"{name} is renamed to {each.after}",
            ChangeKind.RETYPED: f"{name} is now {each.after}" + (f", was {before}" if before else ""),
            ChangeKind.ADDED: f"{name} is new",
            ChangeKind.REMEANT: f"{name} is filled anew" if column is None else f"{name} is made anew",
        }
        place = Place(self._file, each.line)
        if kind == ChangeKind.ADDED and column is not None:
            return Change(dataset, None, kind, words[kind], place, None, column)
        return Change(dataset, column, kind, words[kind], place, before, each.after)

    def _types(self, dataset: str) -> Mapping[str, str]:
        return self._setting.catalog.columns(dataset) or {}
