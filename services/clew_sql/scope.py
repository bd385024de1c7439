"""The names in reach of an expression, and how one is resolved to what it is made of."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sqlglot import exp

from clew_sql.catalog import Catalog
from clew_sql.effort import Effort
from clew_sql.flow import Flow, Indirect
from clew_sql.gaps import AMBIGUOUS_COLUMN, TABLE_FUNCTION, UNKNOWN_COLUMN, UNKNOWN_RELATION, Gaps
from clew_sql.lineage import GUESS
from clew_sql.names import Name, Names
from clew_sql.relations import Field, Relation
from clew_sql.structs import Structs

LATERAL_ALIAS_DIALECTS: Final = frozenset({"duckdb", "snowflake", "redshift", "databricks", "spark", "clickhouse"})
"""Where a SELECT item or WHERE may use the alias of an earlier item."""

PSEUDO_COLUMNS: Final = frozenset(
    "cmax cmin ctid filename file_row_number rowid tableoid xmax xmin level rownum _table_suffix _partitiontime"
    " _partitiondate _file_name metadata$filename metadata$file_row_number _metadata input__file__name $path".split()
)
"""Columns that every table answers to and no schema lists."""


class AliasUse(Enum):
    """When a clause may use the output's own names: never, if FROM has none of that name, or first of all."""

    NEVER = 0
    AFTER = 1
    FIRST = 2


@dataclass(slots=True)
class Context:
    """What the whole statement shares. `query` reads a query below an expression or in FROM into its relation."""

    dialect: str
    names: Names
    catalog: Catalog
    gaps: Gaps
    effort: Effort
    query: Callable[[exp.Expr, "Scope"], Relation]
    expands_columns: bool
    structs: Structs

    @property
    def lateral_aliases(self) -> bool:
        return self.dialect in LATERAL_ALIAS_DIALECTS


@dataclass(slots=True)
class Place:
    """A relation in FROM under the name it has there: `path` is (alias,) or the parts of the table's name.

    `dropped` are the columns that USING took into one with the other side's; `hidden` places (the right side of a semi
    join) are out of reach of the SELECT list.
    """

    path: tuple[str, ...]
    relation: Relation
    dropped: set[str] = field(default_factory=set)
    hidden: bool = False

    def answers_to(self, path: Sequence[str]) -> bool:
        return bool(path) and self.path[-len(path) :] == tuple(path)

    def qualified(self, name: Name) -> Field | None:
        found = self.relation.supply(name)
        if found is None and self.relation.catch is not None:
            if name.key == "unnest":
                # what DuckDB and PostgreSQL call the elements themselves
                return self.relation.catch._replace(name="", key="")
            return part_of(self.relation.catch, [name])
        return found


@dataclass(slots=True)
class Scope:
    """One SELECT: the places in its FROM, the CTEs it sees, and the scope around it if it is correlated."""

    context: Context
    parent: "Scope | None"
    ctes: dict[str, Relation]
    places: list[Place] = field(default_factory=list)
    merged: dict[str, Field] = field(default_factory=dict)
    aliases: dict[str, Field] = field(default_factory=dict)
    alias_use: AliasUse = AliasUse.NEVER
    windows: dict[str, exp.Window] = field(default_factory=dict)
    rows: Indirect = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    _by_name: dict[str, list[Place]] = field(default_factory=dict)
    _named: int = 0
    """How many of the places are in `_by_name`, by the last part of their paths."""

    def inside(self) -> "Scope":
        """The scope for a query within this one, from which this one's names are in reach."""
        return Scope(self.context, self, self.ctes)

    def visible(self) -> Iterator[Place]:
        return (place for place in self.places if not place.hidden)

    def star(self) -> Iterator[tuple[Place, Field]]:
        """The columns of `*` in order, those merged by USING once."""
        pending = dict(self.merged)
        owners = self._owners()
        if self.context.dialect == "postgres":
            # the standard puts merged columns first; DuckDB leaves them where the left side has them
            for key in self.merged:
                if key in owners:
                    yield owners[key], pending.pop(key)
        for place in self.visible():
            for column in place.relation.fields:
                if column.key in place.dropped:
                    continue
                if column.key in pending:
                    yield place, pending.pop(column.key)
                elif column.key not in self.merged or owners[column.key] is not place:
                    yield place, column

    def _owners(self) -> dict[str, Place]:
        """The first place with each merged column, which is shown in its stead."""
        owners: dict[str, Place] = {}
        for place in self.visible() if self.merged else ():
            self.context.effort.spend(len(place.relation.fields))
            for column in place.relation.fields:
                if column.key in self.merged:
                    owners.setdefault(column.key, place)
        return owners

    def column(self, path: Sequence[Name]) -> Field | None:
        """What a dotted reference is made of: table parts, then a column, then fields within it.

        None if it cannot be said; then the gap is noted.
        """
        found, used = self._dotted(path) if len(path) > 1 else (None, 1)
        if found is None and used == 1:
            found = self._bare(path[0], qualifies=len(path) > 1)
        if found is not None and used < len(path):
            return part_of(found, path[used:])
        return found

    def _dotted(self, path: Sequence[Name]) -> tuple[Field | None, int]:
        """The column, and how many parts of the path it took; (None, 1) if the first part is no table."""
        for length in range(min(3, len(path) - 1), 0, -1):
            place = self.place([n.key for n in path[:length]])
            if place is None:
                continue
            self.context.effort.spend(1 + len(place.relation.rests))
            found = place.qualified(path[length])
            if found is None:
                self._missing(path[length], place)
            return found, length + 1
        return None, 1

    def place(self, path: Sequence[str]) -> Place | None:
        """The place of that name, in this scope or around it."""
        scope: Scope | None = self
        while scope is not None:
            for place in scope._called(path[-1]):
                if place.answers_to(path):
                    return place
            scope = scope.parent
        return None

    def _called(self, name: str) -> Sequence[Place]:
        for place in self.places[self._named :]:
            self._by_name.setdefault(place.path[-1], []).append(place)
        self._named = len(self.places)
        return self._by_name.get(name, ())

    def _bare(self, name: Name, qualifies: bool) -> Field | None:
        scope: Scope | None = self
        while scope is not None:
            found, done = scope._here(name)
            if done:
                return found
            scope = scope.parent
        self._unknown(name, qualifies)
        return None

    def _here(self, name: Name) -> tuple[Field | None, bool]:
        """The column in this scope, and whether the search ends here, be it in an ambiguity."""
        self.context.effort.spend(1 + len(self.places))
        alias = self._alias(name) if self.alias_use is not AliasUse.NEVER else None
        if alias is not None and self.alias_use is AliasUse.FIRST:
            return alias, True
        found = self._listed(name)
        if len(found) > 1:
            self._ambiguous(name, "several tables of the FROM clause have it")
            return None, True
        if found or alias is not None:
            return (found[0] if found else alias), True
        return self._whole_row(name) or self._guessed(name)

    def _alias(self, name: Name) -> Field | None:
        """The output of that name, which is in the other case where the schema is."""
        found = self.aliases.get(name.key)
        return self.aliases.get(name.key.swapcase()) if found is None and name.loose else found

    def _listed(self, name: Name) -> list[Field]:
        merged = self.merged.get(name.key)
        if merged is not None:
            return [merged]
        return [f for place in self.visible() if (f := place.relation.find(name)) is not None]

    def _whole_row(self, name: Name) -> tuple[Field | None, bool] | None:
        place = next((p for p in self.places if p.path[-1:] == (name.key,)), None)
        if place is None:
            return None
        flow = Flow()
        for rest in place.relation.rests:
            made = rest.supply(name) if rest.code == TABLE_FUNCTION else None
            if made is not None:
                flow.take(made.flow)
            else:
                self.context.gaps.add(rest.code, f"the whole row {name.text}: {rest.detail}")
        for column in place.relation.fields:
            flow.take(column.flow.transformed())
        return Field(name.shown, name.key, flow), True

    def _guessed(self, name: Name) -> tuple[Field | None, bool]:
        self.context.effort.spend(sum(len(place.relation.rests) for place in self.places))
        offers = [f for place in self.visible() if (f := place.relation.guess(name)) is not None]
        if len(offers) > 1:
            self._ambiguous(name, "several tables of unknown schema could have it")
            return None, True
        if not offers:
            return None, False
        if self._known_outside(name):
            # SQL looks inside first; that the query around has a column of this name makes it a guess
            return offers[0]._replace(flow=offers[0].flow.less_certain(GUESS)), True
        return offers[0], True

    def _known_outside(self, name: Name) -> bool:
        scope = self.parent
        while scope is not None:
            if scope._listed(name):
                return True
            scope = scope.parent
        return False

    def _ambiguous(self, name: Name, reason: str) -> None:
        self.context.gaps.add(AMBIGUOUS_COLUMN, f"{name.text}: {reason}")

    def _missing(self, name: Name, place: Place) -> None:
        if name.key.lower() in PSEUDO_COLUMNS:
            return
        if len(place.relation.rests) > 1:
            self._ambiguous(name, "several tables of unknown schema could have it")
        else:
            self.context.gaps.add(UNKNOWN_COLUMN, f"{name.text} is not in {'.'.join(place.path)}")

    def _unknown(self, name: Name, qualifies: bool) -> None:
        if any(len(place.relation.rests) > 1 for place in self.places):
            self._ambiguous(name, "several tables of unknown schema could have it")
        elif qualifies:
            self.context.gaps.add(UNKNOWN_RELATION, f"{name.text} is neither a table in reach nor a column")
        elif name.key.lower() not in PSEUDO_COLUMNS:
            tables = ", ".join(".".join(p.path) for p in self.places)
            where = f"is not in {tables}" if tables else "stands where there is no FROM"
            self.context.gaps.add(UNKNOWN_COLUMN, f"{name.text} {where}")


def part_of(column: Field, path: Sequence[Name]) -> Field:
    """A field within a struct: the column, transformed, with the path into it where the column is a plain one."""
    steps = tuple(name.text for name in path)
    flow = column.flow.within(steps) if column.plain else column.flow.transformed()
    return Field(path[-1].shown, path[-1].key, flow)
