"""The SELECT list: each item, stars and COLUMNS written out, becomes columns of the result."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sqlglot import exp

from clew_sql.expressions import VALUE, read
from clew_sql.flow import Flow
from clew_sql.gaps import MOST_DETAIL, UNSUPPORTED_EXPRESSION
from clew_sql.names import Name
from clew_sql.naming import unnamed
from clew_sql.parse import edits_of
from clew_sql.patterns import is_quick, steps
from clew_sql.relations import Field, Relation, Rest
from clew_sql.scope import AliasUse, Place, Scope


class Projection(NamedTuple):
    fields: list[Field]
    rests: list[Rest]


def project(items: list[exp.Expr], scope: Scope) -> Projection:
    """The columns that the items make, in order. Fills the scope's aliases as it goes, for lateral use."""
    made = Projection([], [])
    scope.alias_use = AliasUse.AFTER if scope.context.lateral_aliases else AliasUse.NEVER
    for item in items:
        star = _star_of(item)
        if star is not None:
            _expand_star(item, star, scope, made)
        elif isinstance(item, exp.Binary) and isinstance(item.this, exp.Star):
            scope.context.gaps.add(UNSUPPORTED_EXPRESSION, f"{item.sql(scope.context.dialect)}: a filtered star")
        elif scope.context.expands_columns and (columns := item.find(exp.Columns)):
            _expand_columns(item, columns, scope, made)
        else:
            made.fields.append(_single(item, scope))
            _remember_alias(item, made.fields[-1], scope)
    scope.alias_use = AliasUse.NEVER
    return made


def _remember_alias(item: exp.Expr, column: Field, scope: Scope) -> None:
    if isinstance(item, exp.Alias):
        scope.aliases.setdefault(column.key, column)


def _single(item: exp.Expr, scope: Scope) -> Field:
    value = item.this if isinstance(item, exp.Alias) else item
    column = _plain(value, scope) if isinstance(value, exp.Column) else None
    if column is None:
        flow = Flow()
        if not isinstance(value, exp.Column):
            read(value, scope, flow)
        column = Field("", "", flow, value)
    name = _name(item, column, scope)
    return Field(name.shown, name.key, column.flow, column.expression or value)


def _plain(value: exp.Column, scope: Scope) -> Field | None:
    """A bare reference: the column itself, with the expression behind it, shared and not copied."""
    return scope.column([scope.context.names.of(part) for part in value.parts])


def _name(item: exp.Expr, column: Field, scope: Scope) -> Name:
    names = scope.context.names
    if isinstance(item, exp.Alias):
        return names.of(item.args["alias"])
    if isinstance(item, exp.Paren) and scope.context.dialect != "oracle":
        # brackets around a column leave it its name, but in Oracle
        item = item.unnest() if isinstance(item.unnest(), exp.Column) else item
    if isinstance(item, exp.Column):
        written = names.of(item.this)
        return written._replace(shown=column.name, key=column.key) if column.name else written
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Identifier) and scope.context.dialect != "duckdb":
        return names.of(item.expression)
    return names.plain(unnamed(item, scope.context.dialect))


def _star_of(item: exp.Expr) -> exp.Star | None:
    """The star in `*`, `t.*`, `(t).*`."""
    star = item.expression if isinstance(item, exp.Dot) else item.this if isinstance(item, exp.Column) else item
    return star if isinstance(star, exp.Star) else None


def _expand_star(item: exp.Expr, star: exp.Star, scope: Scope, made: Projection) -> None:
    places = _starred(item, scope)
    if places is None and (fields := _struct(item, scope)):
        made.fields.extend(_Edits(star, scope).of((Place(("",), Relation([])), field) for field in fields))
        return
    if places is None:
        name = item.this.sql() if isinstance(item, exp.Dot) else ".".join(p.name for p in item.find_all(exp.Identifier))
        scope.context.gaps.add(UNSUPPORTED_EXPRESSION, f"{name}.*: {name} is no table in reach")
        return
    edits = _Edits(star, scope)
    scope.context.effort.spend(sum(1 + len(place.relation.fields) + 4 * len(place.relation.rests) for place in places))
    made.fields.extend(edits.of(star_fields(item, scope, places)))
    for place in places:
        made.rests.extend(edits.rest(place, rest) for rest in place.relation.rests)


def _starred(item: exp.Expr, scope: Scope) -> list[Place] | None:
    """The places that a star is over; None if it names something that is no table."""
    path = _qualifier(item, scope)
    if not path:
        return list(scope.visible())
    place = scope.place(path)
    return None if place is None else [place]


def _struct(item: exp.Expr, scope: Scope) -> list[Field]:
    """The fields of `s.*` where s is a column, or a struct within one, whose type says what it holds."""
    base = (item.this if isinstance(item, exp.Dot) else item).unnest()
    if not isinstance(base, exp.Column):
        return []
    names = [scope.context.names.of(part) for part in (base.parts if isinstance(item, exp.Dot) else base.parts[:-1])]
    place = scope.place([names[0].key]) if len(names) > 1 else None
    if place is not None:
        names = names[1:]
    places = [place] if place is not None else list(scope.visible())
    found = next((f for each in places if (f := each.relation.find(names[0])) is not None), None)
    for name in names[1:]:
        fields = [] if found is None else scope.context.structs.fields(found)
        found = next((f for f in fields if f.key == name.key), None)
    return [] if found is None else scope.context.structs.fields(found)


def _qualifier(item: exp.Expr, scope: Scope) -> list[str]:
    names = scope.context.names
    if isinstance(item, exp.Column):
        return [names.of(part).key for part in item.parts[:-1]]
    if isinstance(item, exp.Dot):
        inner = item.this.unnest()
        return [names.of(part).key for part in inner.parts] if isinstance(inner, exp.Column) else ["?"]
    return []


def star_fields(item: exp.Expr, scope: Scope, places: list[Place]) -> Iterator[tuple[Place, Field]]:
    if _qualifier(item, scope):
        return ((place, column) for place in places for column in place.relation.fields)
    return scope.star()


class _Edits:
    """EXCLUDE, REPLACE and RENAME of one star."""

    def __init__(self, star: exp.Star, scope: Scope) -> None:
        names = scope.context.names
        self._scope = scope
        self._excluded = [
            [names.coarse(names.of(part).key) for part in (e.parts if isinstance(e, exp.Column) else [e])]
            for e in star.args.get("except_") or ()
        ]
        self._replaced = {names.coarse(names.of(name).key): value for value, name in edits_of(star, "replace")}
        self._renamed = {
            names.coarse(names.of(old.this if isinstance(old, exp.Column) else old).key): names.of(name)
            for old, name in edits_of(star, "rename")
        }

    def of(self, columns: Iterator[tuple[Place, Field]]) -> Iterator[Field]:
        return (self._edited(column) for place, column in columns if not self._excludes(place, column.key))

    def _excludes(self, place: Place, key: str) -> bool:
        coarse = self._scope.context.names.coarse
        places = [coarse(part) for part in place.path]
        return any(
            path[-1] == coarse(key) and (len(path) == 1 or places[1 - len(path) :] == path[:-1])
            for path in self._excluded
        )

    def _edited(self, column: Field) -> Field:
        key = self._scope.context.names.coarse(column.key)
        if key in self._replaced:
            value = self._replaced[key]
            flow = Flow()
            read(value, self._scope, flow)
            return Field(column.name, column.key, flow, value)
        name = self._renamed.get(key)
        return column if name is None else column._replace(name=name.shown, key=name.key)

    def rest(self, place: Place, rest: Rest) -> Rest:
        """What is not listed stays so, under the same edits."""
        back = {new.key: old for old, new in self._renamed.items()}

        def supply(name: Name) -> Field | None:
            self._scope.context.effort.spend(1)
            key = back.get(name.key, name.key)
            if self._excludes(place, key) or (
                self._scope.context.names.coarse(key) in self._renamed and name.key not in back
            ):
                return None
            asked = name._replace(key=key, text=key, shown=key) if key != name.key else name
            offered = rest.supply(asked)
            return None if offered is None else self._edited(offered)

        return rest._replace(supply=supply)


def _expand_columns(item: exp.Expr, columns: exp.Columns, scope: Scope, made: Projection) -> None:
    """One column of the result for each that COLUMNS selects; but one of all for `coalesce(*COLUMNS(*))`."""
    value = item.this if isinstance(item, exp.Alias) else item
    if columns.args.get("unpack"):
        made.fields.append(_unpacked(item, value, columns, scope))
        return
    for matched, groups in _selected(columns, scope):
        flow = Flow()
        read(value, scope, flow, VALUE._replace(columns=matched))
        name = scope.context.names.plain(_columns_name(item, matched, groups))
        made.fields.append(Field(name.shown, name.key, flow, matched.expression if value is columns else value))


def _unpacked(item: exp.Expr, value: exp.Expr, columns: exp.Columns, scope: Scope) -> Field:
    together, flow = Flow(), Flow()
    for matched, _ in _selected(columns, scope):
        together.take(matched.flow)
    read(value, scope, flow, VALUE._replace(columns=Field("", "", together)))
    name = _name(item, Field("", "", flow), scope)
    return Field(name.shown, name.key, flow, value)


def _columns_name(item: exp.Expr, matched: Field, groups: re.Match[str] | None) -> str:
    r"""The column's own name, or the alias in which DuckDB fills in `\1` from the pattern."""
    if not isinstance(item, exp.Alias):
        return matched.name
    return groups.expand(item.alias) if groups is not None and "\\" in item.alias else item.alias


def _selected(columns: exp.Columns, scope: Scope) -> Iterator[tuple[Field, re.Match[str] | None]]:
    what = columns.this
    star = _star_of(what)
    rests = [rest for place in scope.visible() for rest in place.relation.rests]
    written = columns.sql("duckdb") if rests else ""
    for rest in rests:
        scope.context.gaps.add(rest.code, f"{written[:MOST_DETAIL]}: {rest.detail}")
    if star is not None:
        made = Projection([], [])
        _expand_star(what, star, scope, made)
        yield from ((column, None) for column in made.fields)
    elif isinstance(what, exp.Literal):
        yield from _matching(what.name, columns, scope)
    elif isinstance(what, exp.Array) and all(isinstance(e, exp.Literal) for e in what.expressions):
        keys = {scope.context.names.stored(e.name) for e in what.expressions}
        yield from ((column, None) for _, column in scope.star() if column.key in keys)
    else:
        scope.context.gaps.add(UNSUPPORTED_EXPRESSION, f"{columns.sql('duckdb')}: chosen by a computation")


def _matching(pattern: str, columns: exp.Columns, scope: Scope) -> Iterator[tuple[Field, re.Match[str] | None]]:
    """DuckDB finds the pattern anywhere in the name, in exact case. Its RE2 is near enough to Python's here."""
    if not is_quick(pattern):
        scope.context.gaps.add(UNSUPPORTED_EXPRESSION, f"{columns.sql('duckdb')}: a pattern that may take for ever")
        return
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        scope.context.gaps.add(UNSUPPORTED_EXPRESSION, f"{columns.sql('duckdb')}: {error}")
        return
    for _, column in scope.star():
        scope.context.effort.spend(steps(pattern, column.name))
        found = compiled.search(column.name)
        if found is not None:
            yield column, found


def starred(scope: Scope) -> Relation:
    """All of a FROM clause as one relation, for joins in brackets that have an alias."""
    made = project([exp.Star()], scope)
    return Relation(made.fields, tuple(made.rests), scope.rows, scope.inputs)
