"""Expressions in canonical form: equal text means equal value. Whatever no rule speaks of is written as it is parsed.

Each rule below is an identity of SQL's three-valued logic; what holds in most engines only is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from sqlglot import exp

from clew_sql.canonical_scope import Place, Shape, Source, short, unordered
from clew_sql.effort import Effort
from clew_sql.names import Name, Names

QUERIES: Final = (exp.Query, exp.Values)
ALIKE: Final = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
FLIPPED: Final[dict[type[exp.Expr], str]] = {exp.GT: "LT", exp.GTE: "LTE"}
NEGATED: Final[dict[type[exp.Expr], str]] = {exp.EQ: "NEQ", exp.NEQ: "EQ"}
ALIAS_FIRST: Final = frozenset({"clickhouse"})
"""Dialects in which an alias goes before a column of the same name everywhere."""
VOLATILE: Final = (exp.Rand, exp.Randn, exp.Uuid, exp.NextValueFor, exp.Anonymous, exp.AnonymousAggFunc)
"""Functions that may give another value each time; an unknown function may be one of them."""


class Subqueries(Protocol):
    """Writes queries that stand in expressions."""

    def query(self, node: exp.Expr, parent: Place | None, ctes: Any) -> Shape: ...


class Expressions:
    """Writes expressions. Without a place, nothing is resolved and nothing put in another order."""

    def __init__(self, names: Names, effort: Effort, renamed: Callable[[str, str], str]) -> None:
        self.names = names
        self.effort = effort
        self.queries: Subqueries
        self.loose = False
        """Something was left as it stands; what it means hangs on how columns and tables are called."""
        self._renamed = renamed

    def form(self, node: object, place: Place | None) -> str:
        """Return what an expression means, short."""
        return short(self._form(node, place))

    def conjuncts(self, node: exp.Expr | None, place: Place) -> Iterator[str]:
        """Yield what must hold one by one; nothing for no condition."""
        waiting = [node] if node is not None else []
        while waiting:
            each = bare(waiting.pop())
            if isinstance(each, exp.And):
                waiting += [each.this, each.expression]
            elif isinstance(each, exp.Between) and not each.args.get("symmetric") and steady(each.this):
                value = self.form(each.this, place)
                yield short(f"LTE({self.form(each.args['low'], place)} , {value})")
                yield short(f"LTE({value} , {self.form(each.args['high'], place)})")
            else:
                yield self.form(each, place)

    def _form(self, node: object, place: Place | None) -> str:
        if not isinstance(node, exp.Expr):
            return self._value(node, place)
        node = bare(node)
        if isinstance(node, QUERIES) and place is not None:
            shape = self.queries.query(node, place, place.ctes)
            return shape.whole if shape.columns is None else shape.body
        if isinstance(node, exp.Column):
            return self._column(node, place) if place else self._plain(node, place)
        if isinstance(node, exp.Identifier):
            return f"`{self.names.of(node).key}`"
        if isinstance(node, exp.Literal):
            return repr(str(node.this)) if node.is_string else str(node.this)
        if isinstance(node, exp.And | exp.Or):
            return self._connected(node, place)
        rule = RULES.get(type(node)) if place is not None else None
        made = rule(self, node, place) if rule is not None and place is not None else None
        if made is not None:
            return made
        if isinstance(node, exp.Anonymous) and isinstance(node.this, str):
            return self._call(node, place)
        if isinstance(node, exp.Binary):
            return self._chain(node, place)
        return self._plain(node, place)

    def _connected(self, node: exp.Expr, place: Place | None) -> str:
        """AND and OR: any order, each once; where nothing may move, in the order written."""
        operands: list[exp.Expr] = []
        waiting = [node]
        while waiting:
            each = bare(waiting.pop())
            if type(each) is type(node):
                waiting += [each.args["expression"], each.this]
            else:
                operands.append(each)
        if place is None:
            return f"{type(node).__name__}[{' ; '.join(self.form(each, place) for each in operands)}]"
        if isinstance(node, exp.And):
            return "And" + unordered(self.conjuncts(node, place))
        return "Or" + unordered(self.form(each, place) for each in operands)

    def _chain(self, node: exp.Expr, place: Place | None) -> str:
        """`((a + b) - c) || d`, without a stack frame for each operator."""
        rights = []
        while isinstance(node, exp.Binary) and not isinstance(node, (exp.And, exp.Or, *ALIKE)):
            others = {key: value for key, value in node.args.items() if key not in ("this", "expression")}
            extra = self._args(others, place)
            rights.append(f"{type(node).__name__}{extra}({self.form(node.args.get('expression'), place)})")
            node = bare(node.this)
            if RULES.get(type(node)) is not None:
                break
        if not rights:
            return self._plain(node, place)
        first = self._plain(node, place) if isinstance(node, ALIKE) and place is None else self.form(node, place)
        return f"({first} {' '.join(reversed(rights))})"

    def _plain(self, node: exp.Expr, place: Place | None) -> str:
        """A node as it is parsed; empty members mean nothing."""
        args = node.args
        if isinstance(node, exp.WindowSpec):
            args = {key: value.upper() if isinstance(value, str) else value for key, value in args.items()}
        return type(node).__name__ + self._args(args, place)

    def _call(self, node: exp.Expr, place: Place | None) -> str:
        """Names of functions that sqlglot does not know are the same in any case."""
        others = {key: value for key, value in node.args.items() if key != "this"}
        return f"Call.{node.this.lower()}{self._args(others, place)}"

    def _args(self, args: dict[str, Any], place: Place | None) -> str:
        said = [
            f"{key}={self._value(value, place)}"
            for key, value in sorted(args.items())
            if value is not None and value is not False and value != []
        ]
        return f"({', '.join(said)})" if said else ""

    def _value(self, value: object, place: Place | None) -> str:
        if isinstance(value, exp.Expr):
            return self.form(value, place)
        if isinstance(value, list | tuple):
            return "[" + " , ".join(self._value(each, place) for each in value) + "]"
        return repr(value) if isinstance(value, str) else str(value)

    def _column(self, node: exp.Column, place: Place) -> str:
        """A column as (how many queries out, which source there, its name); as written where that is not certain."""
        parts = [part for part in node.parts if isinstance(part, exp.Identifier)]
        if len(parts) != len(node.parts) or node.args.get("join_mark"):
            return self._unresolved(node, place)
        names = [self.names.of(part) for part in parts]
        if len(names) == 1:
            return self._bare_column(names[0], node, place)
        for up, around in enumerate(place.chain()):
            self.effort.spend(len(around.sources))
            for source in around.sources:
                if source.key == names[-2].key and (len(names) == 2 or _is_named(source, names[:-1])):
                    return self._of(source, names[-1], up, place) or self._unresolved(node, place)
        return self._unresolved(node, place)

    def _bare_column(self, name: Name, node: exp.Column, place: Place) -> str:
        alias = place.outputs.get(name.key)
        first = place.columns_first and self.names.dialect not in ALIAS_FIRST
        for up, around in enumerate(place.chain()):
            self.effort.spend(len(around.sources))
            if around.merged & {name.key, "*"}:
                return self._unresolved(node, place)
            holders = [source for source in around.sources if source.columns is not None and self._has(source, name)]
            unknown = [source for source in around.sources if source.columns is None]
            if unknown and (holders or len(unknown) > 1 or len(around.sources) > 1 or around.parent is not None):
                return self._unresolved(node, place)
            found = holders or unknown
            # of a source whose columns are not known, it may as well be the alias
            certain = alias is None or (first and (bool(holders) or name.key == place.own))
            if len(found) > 1 or (found and (not certain or self._names_a_source(name, place))):
                return self._unresolved(node, place)
            if found:
                return self._of(found[0], name, up, place) or self._unresolved(node, place)
            if alias is not None:
                return self._through(name, alias, node, place)
        return self._unresolved(node, place)

    def _through(self, name: Name, alias: exp.Expr, node: exp.Column, place: Place) -> str:
        """The alias of a projection of the same SELECT, which no column of a source is called: what it stands for."""
        if name.key in place.writing:
            return self._unresolved(node, place)
        place.writing.add(name.key)
        try:
            return self.form(alias, place)
        finally:
            place.writing.discard(name.key)

    def _names_a_source(self, name: Name, place: Place) -> bool:
        return any(source.key == name.key for around in place.chain() for source in around.sources)

    def _has(self, source: Source, name: Name) -> bool:
        assert source.columns is not None
        return name.key in source.columns or self.names.near(name.key, source.columns) is not None

    def _of(self, source: Source, name: Name, up: int, place: Place) -> str | None:
        place.reach(up)
        if source.columns is None:
            if source.dataset is None:
                return f"n({up}.{source.number}.{name.key})"
            return f"c({up}.{source.number}.{self._renamed(source.dataset, name.key)})"
        key = name.key if name.key in source.columns else self.names.near(name.key, source.columns)
        if key is None:
            return None
        if source.dataset is not None:
            return f"c({up}.{source.number}.{self._renamed(source.dataset, key)})"
        return f"d({up}.{source.number}:{source.columns[key].form})"

    def _unresolved(self, node: exp.Column, place: Place) -> str:
        """As written, with the number of each source that a part of it may mean."""
        self.loose = True
        place.leave_raw()
        said = []
        for part in node.parts:
            if not isinstance(part, exp.Identifier):
                said.append(self._value(part, place))
                continue
            key = self.names.of(part).key
            sources = [
                f"{up}.{source.number}"
                for up, around in enumerate(place.chain())
                for source in around.sources
                if source.key == key
            ]
            # what is called like a source may mean its rows: the name alone does not say which source
            said.append(f"{key}@{','.join(sources)}" if sources else key)
        if any(self.names.of(part).key in place.outputs for part in node.parts if isinstance(part, exp.Identifier)):
            place.entangled = True
        extra = "+" if node.args.get("join_mark") else ""
        return f"?{extra}{'.'.join(said)}"


def _is_named(source: Source, names: list[Name]) -> bool:
    """Whether the whole name of a table is the one of a source."""
    said = ".".join(name.key for name in names).casefold()
    return source.dataset is not None and f".{source.dataset.casefold()}".endswith(f".{said}")


def bare(node: exp.Expr) -> exp.Expr:
    """Return what brackets hold: the tree itself says what binds to what."""
    while isinstance(node, exp.Paren) and isinstance(node.this, exp.Expr) and not isinstance(node.this, exp.Table):
        node = node.this
    return node


def steady(node: exp.Expr) -> bool:
    """Whether an expression gives the same value when it is asked twice."""
    return node.find(*VOLATILE) is None


Rule = Callable[[Expressions, exp.Expr, Place], "str | None"]


def _equal(writer: Expressions, node: exp.Expr, place: Place) -> str:
    sides = sorted((writer.form(node.this, place), writer.form(node.args["expression"], place)))
    return f"{type(node).__name__}({' , '.join(sides)})"


def _flipped(writer: Expressions, node: exp.Expr, place: Place) -> str:
    """`a > b` is `b < a`."""
    return f"{FLIPPED[type(node)]}({writer.form(node.args['expression'], place)} , {writer.form(node.this, place)})"


def _less(writer: Expressions, node: exp.Expr, place: Place) -> str:
    return f"{type(node).__name__}({writer.form(node.this, place)} , {writer.form(node.args['expression'], place)})"


def _not(writer: Expressions, node: exp.Expr, place: Place) -> str | None:
    """`NOT a = b` is `a <> b`, with NULL as well."""
    inner = bare(node.this)
    opposite = NEGATED.get(type(inner))
    if opposite is None or any(isinstance(bare(each), exp.Any | exp.All) for each in (inner.this, inner.expression)):
        return None
    sides = sorted((writer.form(inner.this, place), writer.form(inner.args["expression"], place)))
    return f"{opposite}({' , '.join(sides)})"


def _between(writer: Expressions, node: exp.Expr, place: Place) -> str | None:
    if node.args.get("symmetric") or not steady(node.this):
        return None
    return "And" + unordered(writer.conjuncts(node, place))


def _in(writer: Expressions, node: exp.Expr, place: Place) -> str | None:
    if {key for key, value in node.args.items() if value} - {"this", "expressions"}:
        return None
    return f"In({writer.form(node.this, place)} , {unordered(writer.form(each, place) for each in node.expressions)})"


def _case(writer: Expressions, node: exp.Expr, place: Place) -> str | None:
    """`CASE x WHEN 1` asks `x = 1`; no ELSE is ELSE NULL."""
    value = node.args.get("this")
    if value is not None and not steady(value):
        return None
    said = []
    for branch in node.args.get("ifs") or ():
        condition = writer.form(branch.this, place)
        if value is not None:
            condition = short(f"EQ({' , '.join(sorted((writer.form(value, place), condition)))})")
        said.append(f"{condition} -> {writer.form(branch.args['true'], place)}")
    return _cases(writer, said, node.args.get("default"), place)


def _if(writer: Expressions, node: exp.Expr, place: Place) -> str:
    said = [f"{writer.form(node.this, place)} -> {writer.form(node.args['true'], place)}"]
    return _cases(writer, said, node.args.get("false"), place)


def _cases(writer: Expressions, said: list[str], default: exp.Expr | None, place: Place) -> str:
    if default is not None and not isinstance(bare(default), exp.Null):
        said.append(f"else {writer.form(default, place)}")
    return f"Case({' ; '.join(said)})"


def _count(writer: Expressions, node: exp.Expr, place: Place) -> str | None:
    """`count(1)` counts rows, as `count(*)` does."""
    counted = node.this
    rows = isinstance(counted, exp.Star) and not any(counted.args.values())
    rows = rows or (isinstance(counted, exp.Literal) and not counted.is_string)
    return "Count(rows)" if rows and not node.args.get("expressions") else None


def _window(writer: Expressions, node: exp.Expr, place: Place) -> str | None:
    """`OVER w` is OVER what WINDOW says of w; what it partitions by has no order."""
    args = dict(node.args)
    name = args.get("alias")
    if isinstance(name, exp.Identifier) and not any(args.get(key) for key in ("partition_by", "order", "spec")):
        named = place.windows.get(writer.names.of(name).key)
        if named is not None and not named.args.get("alias"):
            args = {**{key: value for key, value in named.args.items() if key != "this"}, "this": args["this"]}
            args["over"] = node.args.get("over")
            place.read_windows.add(writer.names.of(name).key)
    partition = unordered(writer.form(each, place) for each in args.pop("partition_by", None) or ())
    return f"Window{partition}{writer._args(args, place)}"


RULES: Final[dict[type[exp.Expr], Rule]] = {
    exp.EQ: _equal,
    exp.NEQ: _equal,
    exp.NullSafeEQ: _equal,
    exp.NullSafeNEQ: _equal,
    exp.GT: _flipped,
    exp.GTE: _flipped,
    exp.LT: _less,
    exp.LTE: _less,
    exp.Not: _not,
    exp.Between: _between,
    exp.In: _in,
    exp.Case: _case,
    exp.If: _if,
    exp.Count: _count,
    exp.Window: _window,
}
"""A rule that returns None has nothing to say of this node."""
