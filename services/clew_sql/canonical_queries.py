"""Queries in canonical form: equal text means equal rows, whatever aliases, CTEs, or order of inner joins say it.

A query that is no plain SELECT or UNION ALL, or a FROM that holds anything but tables and queries, is written as it is
parsed: equal when it is written the same, and nothing more is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlglot import exp

from clew_sql.canonical_expressions import VOLATILE, Expressions, bare
from clew_sql.canonical_scope import Item, Place, Shape, Source, short, unordered
from clew_sql.catalog import Catalog, Dataset
from clew_sql.names import Name, Names
from clew_sql.parse import edits_of

READ: Final = frozenset(
    "expressions distinct from_ joins where group having qualify windows order limit offset with_".split()
)
"""Members of a SELECT that are read here; all others are written as they are parsed."""
UNREAD: Final = ("laterals", "match", "connect", "pivots")
"""Members of a SELECT that bring columns of their own."""
ROW_MAKERS: Final = (exp.UDTF, exp.Explode, exp.Posexplode, exp.Inline, exp.GenerateSeries, exp.Anonymous)
"""Functions that may make several rows of one; an unknown function may be one of them."""
POSITIONAL: Final = (exp.Columns, exp.PositionalColumn)
"""What takes columns by the order of the sources."""
ORDERED_AGGREGATES: Final = (exp.ArrayAgg, exp.GroupConcat, exp.AnyValue, exp.First, exp.Last, exp.ArgMax, exp.ArgMin)
CHOICE: Final = (exp.Limit, exp.Offset, exp.Fetch, exp.TableSample, exp.Window, *ORDERED_AGGREGATES, *VOLATILE)
"""What may choose among equals, or go by an order that nobody gave: asked again it may say something else."""
INNER: Final = (None, "", "INNER", "CROSS")
NO_POSITIONS: Final = frozenset({"oracle", "tsql"})
"""Dialects in which a number in GROUP BY is a number."""


class Queries:
    """Writes queries. `renamed` gives columns of stored tables another name, `moved` tables."""

    def __init__(
        self,
        names: Names,
        catalog: Catalog,
        expressions: Expressions,
        moved: Mapping[str, str],
    ) -> None:
        self._names = names
        self._catalog = catalog
        self._write = expressions
        self._moved = moved
        self._shared = 0
        self.unread: list[str] = []
        """CTEs that nobody names: they are compared too, since somebody who changes one means something by it."""

    def query(self, node: exp.Expr, parent: Place | None, ctes: Mapping[str, Shape | Dataset]) -> Shape:
        """Return what a query means that stands in `parent`, and sees these CTEs."""
        if isinstance(node, exp.Subquery) and not _members(node) - {"this", "alias"}:
            return self.query(node.this, parent, ctes)
        inner = self._with(node, parent, ctes)
        if isinstance(node, exp.Select) and isinstance(inner, dict):
            return _Select(self, node, Place(parent, inner)).shape()
        if isinstance(node, exp.SetOperation) and isinstance(inner, dict):
            return self._combined(node, parent, inner)
        return self._opaque(node, parent, inner if isinstance(inner, dict) else ctes)

    def _opaque(self, node: exp.Expr, parent: Place | None, ctes: Mapping[str, Shape | Dataset]) -> Shape:
        """As it is parsed, names of CTEs with what they stand for."""
        self._write.loose = True
        Place(parent, ctes).leave_raw()
        said = [
            f"{table.name}={cte.whole if isinstance(cte, Shape) else cte.name}"
            for table in node.find_all(exp.Table)
            if (cte := ctes.get(self._names.of(table.this).key if isinstance(table.this, exp.Identifier) else ""))
        ]
        text = short(f"{self._write._plain(node, None)} where {sorted(set(said))}")
        return Shape(text, text, text, None, open=True)

    def _with(
        self, node: exp.Expr, parent: Place | None, ctes: Mapping[str, Shape | Dataset]
    ) -> dict[str, Shape | Dataset] | None:
        """Return the CTEs that a query sees, None where they are more than names for queries."""
        clause = node.args.get("with_")
        found = dict(ctes)
        if clause is None:
            return found
        if _members(clause) - {"expressions", "recursive"}:
            return None
        for cte in clause.expressions:
            name = self._names.of(cte.args["alias"].this)
            bound = self._catalog.bound(name.text)
            if bound is not None:
                found[name.key] = bound
                continue
            if _members(cte) - {"this", "alias"}:
                return None
            if clause.args.get("recursive") or self._names_itself(cte, name):
                return None
            found[name.key] = self._cte(cte, name, parent, found)
        return found

    def _names_itself(self, cte: exp.Expr, name: Name) -> bool:
        return any(
            isinstance(table.this, exp.Identifier) and self._names.of(table.this).key == name.key
            for table in cte.this.find_all(exp.Table)
        )

    def _cte(self, cte: exp.Expr, name: Name, parent: Place | None, ctes: Mapping[str, Shape | Dataset]) -> Shape:
        shape = _called(self.query(cte.this, parent, ctes), self._column_names(cte.args["alias"]))
        times = self._times_named(cte, name)
        if not times:
            self.unread.append(shape.whole)
        chosen = cte.this.find(*CHOICE) is not None and times != 1
        if shape.open or chosen or cte.this.find(*VOLATILE) is not None:
            # read twice it is the same rows, which a query written out twice need not be
            self._shared += 1
            said = f"with {self._shared} "
            columns = shape.columns and tuple(each._replace(form=short(said + each.form)) for each in shape.columns)
            whole, body, frame = (short(said + each) for each in (shape.whole, shape.body, shape.frame))
            return Shape(whole, body, frame, columns, shape.open)
        return shape

    def _times_named(self, cte: exp.Expr, name: Name) -> int:
        statement = cte.root()
        tables = (table.this for table in statement.find_all(exp.Table) if isinstance(table.this, exp.Identifier))
        return sum(self._names.of(each).key == name.key for each in tables)

    def _column_names(self, alias: exp.Expr | None) -> list[Name] | None:
        columns = alias.args.get("columns") if alias is not None else None
        if not columns:
            return None
        return [self._names.of(each) for each in columns if isinstance(each, exp.Identifier)]

    def _combined(self, node: exp.Expr, parent: Place | None, ctes: Mapping[str, Shape | Dataset]) -> Shape:
        """UNION, INTERSECT, EXCEPT. Of UNION ALL each column is told apart: any other lets rows meet by all of them."""
        rest = _members(node) - {"this", "expression", "distinct", "with_"}
        parts = [self.query(each, parent, ctes) for each in _parts(node)]
        kind = f"{type(node).__name__} {'distinct' if node.args.get('distinct') else 'all'}"
        tail = self._write._args({key: node.args[key] for key in sorted(rest)}, Place(parent, ctes)) if rest else ""
        if tail:
            self._write.loose = True
        opened = bool(tail) or any(part.open for part in parts)
        whole = short(f"{kind}[{' | '.join(part.whole for part in parts)}]{tail}")
        lists = [part.columns for part in parts if part.columns is not None]
        if tail or len(lists) < len(parts) or len({len(each) for each in lists}) > 1:
            return Shape(whole, whole, whole, None, opened)
        body = short(f"{kind}[{' | '.join(part.body for part in parts)}]")
        columns = tuple(
            Item(at[0].name, at[0].key, short(f"U({' | '.join(each.form for each in at)})"), _one(at))
            for at in zip(*lists, strict=True)
        )
        whole = short(f"{body} as {[each.name for each in columns]}")
        frame = short(f"{kind}[{' | '.join(part.frame for part in parts)}]")
        return Shape(whole, body, frame if kind == "Union all" else body, columns, opened)

    def source(self, node: exp.Expr, place: Place) -> Source | None:
        """Return a table or query in FROM as a source of `place`, None where it is anything else."""
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            if _members(node) - {"this", "alias"}:
                return None
            return self._derived(node, self.query(node.this, place.parent, place.ctes))
        if not isinstance(node, exp.Table) or _members(node) - {"this", "alias", "db", "catalog"}:
            return None
        parts = [part for part in node.parts if isinstance(part, exp.Identifier)]
        if len(parts) != len(node.parts) or not parts:
            return None
        names = [self._names.of(part) for part in parts]
        cte = place.ctes.get(names[0].key) if len(names) == 1 else None
        if isinstance(cte, Shape):
            return self._derived(node, cte, names[0])
        return self._stored(node, names, cte)

    def _derived(self, node: exp.Expr, shape: Shape, name: Name | None = None) -> Source:
        alias = node.args.get("alias")
        shape = _called(shape, self._column_names(alias))
        identifier = alias.this if alias is not None else None
        key = self._names.of(identifier).key if identifier is not None else name.key if name is not None else ""
        columns = None if shape.columns is None else {each.key: each for each in shape.columns}
        if shape.columns is not None and columns is not None and len(columns) < len(shape.columns):
            columns = None
        return Source(key, shape, columns, None)

    def _stored(self, node: exp.Expr, names: list[Name], bound: Dataset | None) -> Source | None:
        alias = node.args.get("alias")
        dataset = bound if bound is not None else self._catalog.dataset(names)
        text = f"T({self._moved.get(dataset.name, dataset.name)})"
        key = self._names.of(alias.this).key if alias is not None and alias.this is not None else names[-1].key
        if self._column_names(alias):
            return None
        columns = None
        if dataset.columns is not None:
            kinds = [*dataset.kinds, *[""] * (len(dataset.columns) - len(dataset.kinds))]
            listed = zip(dataset.columns, kinds, strict=True)
            columns = {self._names.stored(c): Item(c, self._names.stored(c), "", kind) for c, kind in listed}
        return Source(key, Shape(text, text, text, None), columns, dataset.name)


class _Select:
    """One SELECT being written."""

    def __init__(self, queries: Queries, node: exp.Select, place: Place) -> None:
        self._queries = queries
        self._write = queries._write
        self._names = queries._names
        self._node = node
        self._place = place
        self._stars = False

    def shape(self) -> Shape:
        node, place = self._node, self._place
        joins = self._read_from()
        if joins is None:
            return self._queries._opaque(node, place.parent, place.ctes)
        for window in node.args.get("windows") or ():
            if isinstance(window.this, exp.Identifier):
                place.windows[self._names.of(window.this).key] = window
        projections = list(self._projections())
        written_order = list(place.sources)
        conditions = self._number(joins, bool(projections) and all(each is not None for each in projections))
        items = [item for each in projections for item in self._items(each, written_order)]
        return self._composed(items, conditions)

    def _read_from(self) -> list[exp.Expr] | None:
        """Read the sources into the place, and return the joins; None where FROM holds something else."""
        start = self._node.args.get("from_")
        joins = list(self._node.args.get("joins") or ())
        if any(self._node.args.get(each) for each in UNREAD):
            return None
        if start is None:
            return None if joins else []
        for each in (start, *joins):
            source = self._queries.source(each.this, self._place)
            natural = each.args.get("method") == "NATURAL"
            known = {"this", "on", "side", "kind", "using"} | ({"method"} if natural else set())
            using = each.args.get("using") or []
            if source is None or _members(each) - known or not all(isinstance(n, exp.Identifier) for n in using):
                return None
            self._place.sources.append(source)
            self._place.merged.update(self._names.of(name).key for name in using)
            if natural:
                self._place.merged.add("*")
        return joins

    def _number(self, joins: list[exp.Expr], listed: bool) -> list[str]:
        """Number the sources, inner joins in an order of their own; return how the others are joined."""
        place = self._place
        free = listed and not place.merged and not self._goes_by_order()
        inner = all(not each.args.get("side") and each.args.get("kind") in INNER for each in joins)
        if free and joins and inner:
            place.sources.sort(key=lambda source: source.shape.body)
            self._count()
            return []
        swapped = free and len(joins) == 1 and joins[0].args.get("side") == "RIGHT" and not joins[0].args.get("kind")
        if swapped:
            place.sources.reverse()
        self._count()
        if inner and not place.merged:
            return [f"ordered {len(joins)}"] if joins else []
        return [self._joined(each, "LEFT" if swapped else None, at + 1) for at, each in enumerate(joins)]

    def _count(self) -> None:
        for number, source in enumerate(self._place.sources):
            source.number = number

    def _goes_by_order(self) -> bool:
        return self._node.find(*POSITIONAL, *CHOICE) is not None or bool(_inside(self._node, "distinct"))

    def _joined(self, join: exp.Expr, side: str | None, at: int) -> str:
        said = [str(side or join.args.get("side") or ""), _kind(join), str(join.args.get("method") or ""), str(at)]
        using = [self._names.of(each).key for each in join.args.get("using") or ()]
        self._place.columns_first = True
        on = self._conditions(join.args.get("on"))
        self._place.columns_first = False
        return short(f"{' '.join(said)} on {on} using {using}")

    def _conditions(self, condition: exp.Expr | None) -> str:
        return unordered(self._write.conjuncts(condition, self._place))

    def _projections(self) -> Iterator[exp.Expr | tuple[Source, exp.Expr] | None]:
        """Yield each projection: an expression, a star as (source, star), None for a star that is not known."""
        for each in self._node.expressions:
            star = _star(each)
            if star is None and each.find(exp.Columns) is not None:
                self._stars = True
                yield None
                continue
            if star is None:
                yield each
                self._name(each)
                continue
            sources = self._starred(each)
            if sources is None or _members(star) - {"except_", "replace", "rename"}:
                self._stars = True
                yield None
            else:
                yield from ((source, star) for source in sources)

    def _name(self, each: exp.Expr) -> None:
        if isinstance(each, exp.Alias) and isinstance(each.args.get("alias"), exp.Identifier):
            key = self._names.of(each.args["alias"]).key
            plain = bare(each.this)
            if not (
                isinstance(plain, exp.Column)
                and isinstance(plain.this, exp.Identifier)
                and self._names.of(plain.this).key == key
            ):
                self._place.outputs[key] = each.this

    def _starred(self, each: exp.Expr) -> list[Source] | None:
        """Return the sources whose columns a star stands for, None when not all are known."""
        sources = self._place.sources
        if isinstance(each, exp.Column):
            parts = each.parts[:-1]
            if len(parts) != 1 or not isinstance(parts[0], exp.Identifier):
                return None
            key = self._names.of(parts[0]).key
            sources = [source for source in sources if source.key == key]
            if len(sources) != 1:
                return None
        elif self._place.merged:
            return None
        return sources if sources and all(source.columns is not None for source in sources) else None

    def _items(self, each: exp.Expr | tuple[Source, exp.Expr] | None, order: list[Source]) -> Iterator[Item]:
        if each is None:
            return
        if isinstance(each, tuple):
            yield from self._expanded(*each)
            return
        value = each.this if isinstance(each, exp.Alias) else each
        named = each.args.get("alias") if isinstance(each, exp.Alias) else None
        self._place.own = self._names.of(named).key if isinstance(named, exp.Identifier) else ""
        form = self._first(value)
        self._place.own = ""
        name, key = self._named(each, form)
        yield Item(name, key, form, self._kind_of(value))

    def _first(self, value: exp.Expr) -> str:
        """The form of a value in the SELECT list."""
        self._place.columns_first = True
        form = self._write.form(value, self._place)
        self._place.columns_first = False
        return form

    def _expanded(self, source: Source, star: exp.Expr) -> Iterator[Item]:
        assert source.columns is not None
        self._write.effort.spend(len(source.columns))
        dropped = {self._key_of(each) for each in star.args.get("except_") or ()}
        replaced = {self._names.of(name).key: value for value, name in edits_of(star, "replace")}
        renamed = {self._key_of(old): name for old, name in edits_of(star, "rename")}
        for key, item in source.columns.items():
            if key in dropped:
                continue
            if key in replaced:
                yield Item(item.name, key, self._first(replaced[key]), self._kind_of(replaced[key]))
                continue
            form = self._write._of(source, Name(item.name, key, item.name, False), 0, self._place) or ""
            name = self._names.of(renamed[key]) if key in renamed else None
            yield Item(name.shown if name else item.name, name.key if name else key, short(form), item.kind)

    def _key_of(self, node: exp.Expr) -> str:
        identifier = node.this if isinstance(node, exp.Column) else node
        return self._names.of(identifier).key if isinstance(identifier, exp.Identifier) else ""

    def _named(self, each: exp.Expr, form: str) -> tuple[str, str]:
        """Return name and key of a projection. Engines make up a name from the text of a nameless expression."""
        identifier = each.args.get("alias") if isinstance(each, exp.Alias) else None
        if isinstance(identifier, exp.Identifier):
            name = self._names.of(identifier)
            return name.shown, name.key
        value = each.this if isinstance(each, exp.Alias) else bare(each)
        if isinstance(value, exp.Column) and isinstance(value.this, exp.Identifier):
            name = self._names.of(value.this)
            # DuckDB shows a column as its table spells it, whatever the query says
            return (name.key if self._names.dialect == "duckdb" else name.shown), name.key
        made = "\0" + self._write.form(each, None) + str([part.name for part in each.find_all(exp.Identifier)])
        return made, made

    def _kind_of(self, value: exp.Expr) -> str:
        """Return the type of a projection where it is plain to see, else ""."""
        value = bare(value)
        if isinstance(value, exp.Cast) and isinstance(value.args.get("to"), exp.DataType):
            return str(value.args["to"].sql(dialect=self._names.dialect or None)).upper()
        if isinstance(value, exp.Column) and isinstance(value.this, exp.Identifier):
            name = self._names.of(value.this)
            table = value.args.get("table")
            wanted = self._names.of(table).key if isinstance(table, exp.Identifier) else None
            found = [
                source.columns[name.key].kind
                for source in self._place.sources
                if source.columns and name.key in source.columns and wanted in (None, source.key)
            ]
            return found[0].upper() if len(found) == 1 else ""
        return ""

    def _composed(self, items: list[Item], joined: list[str]) -> Shape:
        place, node = self._place, self._node
        passed = self._passed_on(items)
        if passed is not None:
            return passed
        place.columns_first = True
        conditions = list(self._write.conjuncts(_inside(node, "where"), place))
        if not joined or joined[0].startswith("ordered"):
            for join in node.args.get("joins") or ():
                conditions += self._write.conjuncts(join.args.get("on"), place)
        place.columns_first = False
        clauses = [
            *joined,
            "where " + unordered(conditions),
            self._group(items),
            "having " + self._conditions(_inside(node, "having")),
            "qualify " + self._conditions(_inside(node, "qualify")),
            *self._tail(items),
        ]
        clauses.append(self._windows())
        distinct = node.args.get("distinct")
        if distinct is not None:
            clauses.append("distinct" + self._write._args(distinct.args, place))
        extra = {key: value for key, value in node.args.items() if key not in READ}
        clauses.append(self._write._args(extra, place))
        stars = [self._write._plain(each, None) for each in node.expressions] if self._stars else []
        if stars:
            stars.append(str([source.key for source in place.sources]))
        if stars or place.merged:
            self._write.loose = True
        named = place.raw or self._stars or bool(place.merged)
        rest = short(" / ".join([*clauses, *stars]))
        values = " , ".join(each.form for each in items)
        wholes = " , ".join([s.shape.whole if named or s.columns is None else s.shape.body for s in place.sources])
        body = short(f"SELECT[{values}] FROM[{wholes}] {rest}")
        names = [each.name for each in items]
        if place.entangled or place.raw:
            # a name left as it stands may mean one of these
            body = short(f"{body} as {names}")
        whole = short(f"{body} as {names}")
        opened = place.reached_out or (place.raw and place.parent is not None)
        ordered = node.args.get("order") is not None
        if self._stars or place.entangled or distinct is not None or _repeated(items):
            columns = None if self._stars or place.entangled or _repeated(items) else tuple(items)
            return Shape(whole, body, body, columns, opened, ordered)
        frames = " , ".join([s.shape.whole if s.columns is None or named else s.shape.frame for s in place.sources])
        frame = short(f"FROM[{frames}] {rest} {self._rows_of(items)}")
        return Shape(whole, body, frame, tuple(items), opened, ordered)

    def _passed_on(self, items: list[Item]) -> Shape | None:
        """A query that only hands all columns of another on, in their order, is that query under these names."""
        if _members(self._node) - {"expressions", "from_", "with_"} or len(self._place.sources) != 1 or self._stars:
            return None
        source = self._place.sources[0]
        inner = source.shape
        if source.dataset is not None or source.columns is None or inner.columns is None or inner.ordered:
            return None
        if [item.form for item in items] != [short(f"d(0.0:{each.form})") for each in inner.columns]:
            return None
        columns = tuple(
            each._replace(name=item.name, key=item.key) for each, item in zip(inner.columns, items, strict=True)
        )
        if _repeated(items):
            return None
        whole = short(f"{inner.body} as {[each.name for each in columns]}")
        return Shape(whole, inner.body, inner.frame, columns, inner.open)

    def _group(self, items: list[Item]) -> str:
        group = self._node.args.get("group")
        if group is None:
            return ""
        others = {key: value for key, value in group.args.items() if key != "expressions"}
        keys, everything = [], bool(group.args.get("all"))
        for each in group.expressions:
            if _is_all(each) and not any(item.key == "all" for item in items):
                everything = True
            else:
                position = None if self._names.dialect in NO_POSITIONS else self._referred(each, items)
                keys.append(position or self._write.form(each, self._place))
        plain = not any(value for value in others.values())
        if everything:
            keys.append("all")
        said = unordered(keys) if plain or everything else str(keys)
        return f"group {said}{self._write._args(others, self._place)}"

    def _referred(self, each: exp.Expr, items: list[Item]) -> str | None:
        """Return what a position in GROUP BY or ORDER BY stands for."""
        each = bare(each)
        if self._stars or not isinstance(each, exp.Literal) or each.is_string or not str(each.this).isdigit():
            return None
        at = int(each.this) - 1
        return items[at].form if 0 <= at < len(items) else None

    def _tail(self, items: list[Item]) -> Iterator[str]:
        order = self._node.args.get("order")
        if order is not None:
            yield "order " + " , ".join(self._ordered(each, items) for each in order.expressions)
            yield self._write._args(
                {key: value for key, value in order.args.items() if key != "expressions"}, self._place
            )
        for key in ("limit", "offset"):
            if self._node.args.get(key) is not None:
                yield self._write.form(self._node.args[key], self._place)

    def _ordered(self, each: exp.Expr, items: list[Item]) -> str:
        """A column of the result goes before a column of the sources there, in every engine."""
        if not isinstance(each, exp.Ordered):
            return self._write.form(each, self._place)
        value = self._referred(each.this, items) or self._output(each.this, items)
        value = value if value is not None else self._write.form(each.this, self._place)
        return value + self._write._args({key: said for key, said in each.args.items() if key != "this"}, self._place)

    def _output(self, each: exp.Expr, items: list[Item]) -> str | None:
        each = bare(each)
        if self._stars or not isinstance(each, exp.Column) or len(each.parts) != 1:
            return None
        key = self._key_of(each)
        found = [item.form for item in items if item.key == key]
        return found[0] if len(found) == 1 else None

    def _windows(self) -> str:
        """Windows that were not written where they are used."""
        left = [
            self._write._plain(window, None)
            for key, window in self._place.windows.items()
            if key not in self._place.read_windows
        ]
        return f"windows {left}" if left else ""

    def _rows_of(self, items: list[Item]) -> str:
        """What the SELECT list itself decides about the rows: aggregates, GROUP BY ALL, functions that make rows."""
        said = []
        for each in self._node.expressions:
            value = each.this if isinstance(each, exp.Alias) else each
            if value.find(*ROW_MAKERS) is not None:
                said.append(self._first(value))
        group = self._node.args.get("group")
        if group is None:
            return f"{sorted(said)} aggregates {any(_aggregates(each) for each in self._node.expressions)}"
        if "all" in self._group(items):
            said += [
                self._first(each.this if isinstance(each, exp.Alias) else each)
                for each in self._node.expressions
                if not _aggregates(each)
            ]
        return str(sorted(said))


def _members(node: exp.Expr) -> set[str]:
    """Return the members of a node that say something."""
    return {key for key, value in node.args.items() if value is not None and value is not False and value != []}


def _parts(node: exp.Expr) -> list[exp.Expr]:
    """Return what a set operation combines; `(a UNION ALL b) UNION ALL c` are three."""
    found, waiting = [], [node]
    while waiting:
        each = waiting.pop()
        while isinstance(each, exp.Subquery) and not _members(each) - {"this"}:
            each = each.this
        same = isinstance(each, exp.Union) and type(each) is type(node)
        same = same and bool(each.args.get("distinct")) == bool(node.args.get("distinct"))
        if each is node or (same and not _members(each) - {"this", "expression", "distinct"}):
            waiting += [each.args["expression"], each.this]
        else:
            found.append(each)
    return found


def _inside(node: exp.Expr, key: str) -> exp.Expr | None:
    clause = node.args.get(key)
    return clause.this if clause is not None else None


def _kind(join: exp.Expr) -> str:
    kind = str(join.args.get("kind") or "")
    return "" if kind in ("OUTER", "INNER") else kind


def _star(each: exp.Expr) -> exp.Expr | None:
    if isinstance(each, exp.Star):
        return each
    return each.this if isinstance(each, exp.Column) and isinstance(each.this, exp.Star) else None


def _is_all(each: exp.Expr) -> bool:
    return isinstance(each, exp.Column) and len(each.parts) == 1 and each.name.lower() == "all"


def _repeated(items: list[Item]) -> bool:
    return len({item.key for item in items}) < len(items)


def _one(items: tuple[Item, ...]) -> str:
    kinds = {item.kind for item in items}
    return kinds.pop() if len(kinds) == 1 else ""


def _aggregates(each: exp.Expr) -> bool:
    """Whether an aggregate stands in it outside of a window; of an unknown function it is not known, so that it may."""
    for found in each.find_all(exp.AggFunc, exp.AnonymousAggFunc, exp.Anonymous):
        if not isinstance(found.parent, exp.Window) and not isinstance(found.parent, exp.Filter | exp.WithinGroup):
            return True
        if isinstance(found.parent, exp.Filter) and not isinstance(found.parent.parent, exp.Window):
            return True
    return False


def _called(shape: Shape, names: list[Name] | None) -> Shape:
    """The same rows with columns called so."""
    if names is None:
        return shape
    said = [name.key for name in names]
    whole = short(f"{shape.whole} called {said}")
    if shape.columns is None or len(names) != len(shape.columns):
        return Shape(whole, whole, whole, None, shape.open)
    columns = tuple(
        item._replace(name=name.shown, key=name.key) for item, name in zip(shape.columns, names, strict=True)
    )
    return Shape(whole, shape.body, shape.frame, columns, shape.open)
