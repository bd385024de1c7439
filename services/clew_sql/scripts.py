"""Scripts as text: their statements one by one, and what a migration script does to tables and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from clew_sql.errors import SqlError
from clew_sql.names import Names
from clew_sql.objects import QUIET, WITHOUT_DATA
from clew_sql.parse import MAX_LENGTH, Routine, chunks, dialect_named, script_trees, tokens_of, trees

SP_RENAME: Final = re.compile(r"(?is)sp_rename\s+N?'([^']+)'\s*,\s*N?'([^']+)'(?:\s*,\s*N?'([^']+)')?")
RENAME: Final = re.compile(r"(?is)^\s*tables?\s+(\S+)\s+to\s+([^\s;,]+)\s*$")


class Action(StrEnum):
    """What a statement does to a table or column."""

    DROP = "drop"
    RENAME = "rename"
    RETYPE = "retype"
    ADD = "add"
    FILL = "fill"
    """Rows are changed: inserted, updated, deleted."""
    REPLACE = "replace"
    """The table is made anew, of something else."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """One action on a table, dotted and with the defaults filled in, or on one of its columns.

    `after` is the new name or type. `line` is where the statement stands, from 1.
    """

    action: Action
    table: str
    column: str | None
    after: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """A statement as it is written, and where it begins: line and column from 1."""

    text: str
    line: int
    column: int = 1

    def placed(self, error: SqlError) -> SqlError:
        """Return an error of this statement with its place in the script."""
        column = error.column + (self.column - 1 if error.line <= 1 else 0)
        return SqlError(error.what, line=max(1, error.line) + self.line - 1, column=max(1, column), hint=error.hint)


def statements(sql: str, dialect: str) -> Iterator[Part | SqlError]:
    """Yield the statements of a script as text, a `SqlError` where it can't be cut into words or is too long."""
    parsed = dialect_named(dialect)
    if len(sql) > MAX_LENGTH:
        yield SqlError(f"{len(sql)} characters are more than {MAX_LENGTH}", hint="hand the script over in parts")
        return
    try:
        tokens = tokens_of(sql, parsed)
    except SqlError as error:
        yield error
        return
    for part in chunks(tokens):
        start = part[0].start
        yield Part(sql[start : part[-1].end + 1], part[0].line, start - sql.rfind("\n", 0, start))


def alterations(
    sql: str, dialect: str, default_db: str | None = None, default_schema: str | None = None
) -> Iterator[Alteration | SqlError]:
    """Yield what a script does to tables and columns, in order; a `SqlError` for what is not understood of it."""
    parsed = dialect_named(dialect)
    reader = _Reader(parsed, dialect, default_db, default_schema)
    for part in statements(sql, dialect):
        if isinstance(part, SqlError):
            yield from _unread(sql, parsed)
            continue
        yield from reader.read(part)


def _unread(sql: str, dialect: Dialect) -> Iterator[SqlError]:
    """What of a text can't be read that can't be cut into words as a whole."""
    yield from (each for each in script_trees(sql, dialect) if isinstance(each, SqlError))


class _Reader:
    def __init__(self, dialect: Dialect, name: str, default_db: str | None, default_schema: str | None) -> None:
        self._dialect = dialect
        self._names = Names(dialect, name.split(",")[0].strip().lower())
        self._defaults = (default_db, default_schema)
        self._line = 1

    def read(self, part: Part) -> Iterator[Alteration | SqlError]:
        self._line = part.line
        for tree in trees(part.text, self._dialect):
            if isinstance(tree, SqlError):
                yield part.placed(tree)
            elif isinstance(tree, Routine):
                yield self._not_understood(f"what {tree.kind} does when it is called")
            else:
                yield from self._of(tree, part.text)

    def _of(self, tree: exp.Expr, text: str) -> Iterator[Alteration | SqlError]:
        if isinstance(tree, exp.Alter):
            yield from self._altered(tree)
        elif isinstance(tree, exp.Drop):
            yield from self._dropped(tree)
        elif isinstance(tree, exp.Create):
            yield from self._created(tree)
        elif isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.TruncateTable | exp.Copy):
            for table in self._written(tree):
                yield self._made(Action.FILL, table)
        elif isinstance(tree, exp.Command | exp.Execute):
            yield from self._commanded(tree, text)
        elif not isinstance(tree, (exp.Query, exp.Use, *WITHOUT_DATA)):
            yield self._not_understood(type(tree).__name__.upper())

    def _altered(self, tree: exp.Alter) -> Iterator[Alteration | SqlError]:
        table = tree.this
        if not isinstance(table, exp.Table):
            yield self._not_understood(f"ALTER {tree.args.get('kind')}")
            return
        for action in tree.args.get("actions") or ():
            yield from self._action(table, action)

    def _action(self, table: exp.Table, action: exp.Expr) -> Iterator[Alteration | SqlError]:
        if isinstance(action, exp.Drop):
            if str(action.args.get("kind") or "COLUMN").upper() == "COLUMN":
                for column in _dropped(action):
                    yield self._made(Action.DROP, table, self._column(column))
        elif isinstance(action, exp.RenameColumn):
            yield self._made(Action.RENAME, table, self._column(action.this), self._column(action.args["to"]))
        elif isinstance(action, exp.AlterRename):
            new = action.this
            after = self._table(new, near=table) if isinstance(new, exp.Table) else None
            yield self._made(Action.RENAME, table, None, after)
        elif isinstance(action, exp.ColumnDef):
            yield self._made(Action.ADD, table, self._column(action), self._type(action.args.get("kind")))
        elif isinstance(action, exp.AlterColumn):
            if action.args.get("dtype") is not None:
                yield self._made(Action.RETYPE, table, self._column(action.this), self._type(action.args["dtype"]))
        elif isinstance(action, exp.ModifyColumn):
            definition = action.this
            kind = definition.args.get("kind") if isinstance(definition, exp.ColumnDef) else None
            before = self._column(action.args.get("rename_from"))
            if before is not None and before != self._column(definition):
                yield self._made(Action.RENAME, table, before, self._column(definition))
            if kind is not None:
                yield self._made(Action.RETYPE, table, self._column(definition), self._type(kind))
        elif not isinstance(action, exp.AddConstraint | exp.AlterSet | exp.Comment):
            yield self._not_understood(f"ALTER TABLE … {action.sql(dialect=self._dialect)[:60]}")

    def _dropped(self, tree: exp.Drop) -> Iterator[Alteration | SqlError]:
        kind = str(tree.args.get("kind") or "").upper()
        if kind in ("TABLE", "VIEW", "MATERIALIZED VIEW"):
            for table in _dropped(tree):
                if isinstance(table, exp.Table):
                    yield self._made(Action.DROP, table)
        elif kind in ("SCHEMA", "DATABASE"):
            yield self._not_understood(f"which tables DROP {kind} drops")

    def _created(self, tree: exp.Create) -> Iterator[Alteration | SqlError]:
        table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        if str(tree.args.get("kind") or "").upper() not in ("TABLE", "VIEW") or not isinstance(table, exp.Table):
            return
        yield self._made(Action.REPLACE if tree.args.get("replace") else Action.ADD, table)

    def _written(self, tree: exp.Expr) -> Iterator[exp.Table]:
        targets = tree.expressions if isinstance(tree, exp.TruncateTable) else [tree.this]
        for target in targets:
            inner = target.this if isinstance(target, exp.Schema) else target
            if isinstance(inner, exp.Table):
                yield inner

    def _commanded(self, tree: exp.Expr, text: str) -> Iterator[Alteration | SqlError]:
        renamed = SP_RENAME.search(text)
        if renamed is not None:
            yield self._sp_rename(*renamed.groups())
            return
        word = str(tree.this).upper() if isinstance(tree, exp.Command) else "EXECUTE"
        told = RENAME.match(tree.expression.name) if word == "RENAME" and tree.args.get("expression") else None
        if told is not None:
            yield Alteration(Action.RENAME, self._dotted(told[1]), None, self._dotted(told[2]), self._line)
        elif word not in QUIET:
            yield self._not_understood(text.strip().splitlines()[0][:60])

    def _sp_rename(self, what: str, name: str, kind: str | None) -> Alteration:
        parts = [part.strip('[]"') for part in what.split(".")]
        if (kind or "").upper() == "COLUMN":
            return Alteration(Action.RENAME, self._dotted(".".join(parts[:-1])), parts[-1], name, self._line)
        table = self._dotted(".".join(parts))
        return Alteration(Action.RENAME, table, None, ".".join([*table.split(".")[:-1], name]), self._line)

    def _made(
        self, action: Action, table: exp.Table, column: str | None = None, after: str | None = None
    ) -> Alteration:
        return Alteration(action, self._table(table), column, after, self._line)

    def _table(self, table: exp.Table, near: exp.Table | None = None) -> str:
        """The name of a table; a new name without a schema stays in the schema of the old one."""
        parts = [self._names.of(part).shown for part in table.parts if isinstance(part, exp.Identifier)]
        if near is not None and len(parts) == 1:
            parts = [*self._table(near).split(".")[:-1], *parts]
        for default in reversed(self._defaults[: max(0, 3 - len(parts))]):
            if default is None:
                break
            parts.insert(0, default)
        return ".".join(parts)

    def _dotted(self, text: str) -> str:
        parts = [part.strip('`"[]') for part in text.split(".")]
        identifiers = [exp.to_identifier(part) for part in parts[-3:]]
        table = exp.Table(this=identifiers[-1])
        for key, identifier in zip(("db", "catalog"), reversed(identifiers[:-1]), strict=False):
            table.set(key, identifier)
        return self._table(table)

    def _column(self, node: object) -> str | None:
        while isinstance(node, exp.Column | exp.ColumnDef):
            node = node.this
        return self._names.of(node).shown if isinstance(node, exp.Identifier) else None

    def _type(self, kind: object) -> str | None:
        return str(kind.sql(dialect=self._dialect)) if isinstance(kind, exp.Expr) else None

    def _not_understood(self, what: str) -> SqlError:
        return SqlError(f"not understood: {what}", line=self._line, column=1)


def _dropped(tree: exp.Expr) -> list[exp.Expr]:
    """What DROP names; sqlglot keeps it in one place or the other."""
    found = [tree.args.get("this"), *(tree.args.get("tables") or ()), *(tree.args.get("expressions") or ())]
    return [each for each in found if isinstance(each, exp.Expr)]
