"""One state of a project being read: the columns of its tables, the lineage of its models, each worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from clew.check.changes import Change, ChangeKind
from clew.check.project import Model, Project
from clew.check.statements import Text
from clew_sql import Lineage, SqlError, column_lineage

OPEN: Final = frozenset({"unknown_table", "unknown_relation", "table_function", "unsupported_query", "template"})
"""Reasons for which the columns that a statement gives may be more than those that are told."""


class Columns(Mapping[str, Mapping[str, str]]):
    """The columns of tables in one state of a project, worked out when they are asked for."""

    def __init__(self, of: Callable[[str], Mapping[str, str] | None]) -> None:
        self._of = of

    def __getitem__(self, table: str) -> Mapping[str, str]:
        found = self._of(table)
        if not found:
            raise KeyError(table)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Side:
    """One state of a project being read: columns of tables, lineage of models, each worked out once."""

    def __init__(self, project: Project, touched: frozenset[str], rewritten: frozenset[str]) -> None:
        self._touched = touched
        self._rewritten = rewritten
        self._by_table = {model.table.casefold(): model for model in project.models.values()}
        self._stored = {table.casefold(): columns for table, columns in project.stored.items()}
        self._lineage: dict[str, Lineage | SqlError | None] = {}
        self._working: set[str] = set()
        self.known: dict[str, Mapping[str, str]] = {}
        self.columns = Columns(self._columns)

    def change(self, table: str, seed: Change) -> None:
        """Let what happens to a stored table show in its columns."""
        columns = dict(self._stored.get(table.casefold(), {}))
        if seed.column is not None and seed.column in columns:
            kind = columns.pop(seed.column)
            if seed.kind == ChangeKind.RENAMED and seed.after:
                columns[seed.after] = kind
            elif seed.kind == ChangeKind.RETYPED:
                columns[seed.column] = seed.after or ""
            elif seed.kind != ChangeKind.DROPPED:
                columns[seed.column] = kind
        self._stored[table.casefold()] = columns

    def take(self, model: Model, lineage: Lineage | None) -> None:
        """Take the lineage of a model over that is the same in the other state."""
        self._lineage[model.key] = lineage

    def lineage(self, model: Model) -> Lineage | None:
        """Return the lineage of a model, None for what is no SQL; raise `SqlError` as `column_lineage` does."""
        if model.key not in self._lineage:
            self._lineage[model.key] = self._worked_out(model)
        found = self._lineage[model.key]
        if isinstance(found, SqlError):
            raise found
        return found

    def _worked_out(self, model: Model) -> Lineage | SqlError | None:
        text = model.text
        if text is None or model.key in self._working:
            return None
        self._working.add(model.key)
        try:
            return _lineage_of(text, self.columns)
        except SqlError as error:
            return error
        finally:
            self._working.discard(model.key)

    def _columns(self, table: str) -> Mapping[str, str] | None:
        if table in self.known:
            return self.known[table]
        model = self._by_table.get(table.casefold())
        if model is None:
            return self._stored.get(table.casefold())
        found = self._of_model(model)
        if found:
            self.known[table] = found
        return found

    def _of_model(self, model: Model) -> Mapping[str, str] | None:
        """As its SQL says where that may change, since a catalog may be older; else as the catalog says, if it does.

        What is the same in both states may be told wrongly by an old catalog, but then it is in both.
        """
        if model.key in self._working or (model.columns and model.table not in self._touched):
            return model.columns
        try:
            lineage = self.lineage(model)
        except SqlError:
            return model.columns
        if lineage is None or not lineage.columns or any(each.code in OPEN for each in lineage.unresolved):
            # what a catalog says is of the state before
            return None if model.table in self._rewritten else model.columns
        kinds = {name.casefold(): kind for name, kind in (model.columns or {}).items()}
        return {each.name: kinds.get(each.name.casefold(), "") for each in lineage.columns}


def is_open(lineage: Lineage) -> bool:
    """Whether there may be more columns than are told, whatever templates may make."""
    return any(each.code in OPEN - {"template"} for each in lineage.unresolved)


def _lineage_of(text: Text, columns: Mapping[str, Mapping[str, str]]) -> Lineage:
    return column_lineage(text.sql, text.dialect, columns, text.database, text.schema, text.bindings)
