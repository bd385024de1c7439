"""Whole tables made, copied, renamed, emptied and dropped; files loaded and unloaded; statements without data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from clew_sql.catalog import Dataset
from clew_sql.errors import SqlError
from clew_sql.flow import Flow
from clew_sql.gaps import FILE_SOURCE, FILE_TARGET, ROUTINE, UNSUPPORTED_STATEMENT
from clew_sql.lineage import Lineage, OutputColumn, Unresolved
from clew_sql.parse import one_statement, table_named, tokens_of
from clew_sql.reading import Reading
from clew_sql.relations import Field, Relation

ASIDE: Final = frozenset(
    "CREATE DATABASE,CREATE SCHEMA,CREATE INDEX,CREATE SEQUENCE,CREATE ROLE,CREATE USER,CREATE WAREHOUSE,CREATE TYPE"
    ",CREATE STAGE".split(",")
)
"""What CREATE may make that holds no data of its own."""

WITHOUT_DATA: Final = (
    exp.Set,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Grant,
    exp.Revoke,
    exp.Comment,
    exp.Describe,
    exp.Show,
    exp.Pragma,
    exp.Analyze,
    exp.Declare,
    exp.Cache,
    exp.Uncache,
    exp.Refresh,
    exp.Kill,
    exp.Attach,
    exp.Detach,
)
"""Statements that move no data."""

QUIET: Final = frozenset(
    "VACUUM ANALYZE EXPLAIN SHOW SET RESET LOCK GRANT REVOKE BEGIN COMMIT ROLLBACK SAVEPOINT OPTIMIZE REFRESH COMMENT"
    " PRINT RAISE RAISERROR CLUSTER REINDEX CHECKPOINT LIST PUT GET REMOVE HELP UNSET MSCK DEALLOCATE DECLARE".split()
)
"""Commands that move no data, by their first word."""

RENAMES: Final = re.compile(r"(?is)^\s*tables?\s+(.+)$")
APPENDED: Final = re.compile(r"(?is)^\s*table\s+(\S+)\s+append\s+from\s+(\S+)")
UNLOADED: Final = re.compile(r"(?is)^\s*\(\s*(?:'(.*?)'|\$\$(.*?)\$\$)\s*\)\s*to\s+'([^']*)'")


def gap(code: str, detail: str) -> Unresolved:
    return Unresolved(code, detail)


def renamed(column: OutputColumn, name: str) -> OutputColumn:
    return replace(column, name=name)


def cloned(
    reading: Reading, table: exp.Expr, origin: exp.Expr, kind: str, properties: exp.Expr | None = None
) -> Lineage:
    """A table as a copy of another; without its data (`WITH NO DATA`) only the columns are taken over."""
    source, target = reading.target(origin), reading.target(table)
    data = properties.find(exp.WithDataProperty) if properties is not None else None
    if data is not None and data.args.get("no"):
        _learn(reading, target.name, source)
        return reading.empty(kind, (target.name,))
    return _as_it_is(reading, source, target.name, kind)


def _as_it_is(reading: Reading, source: Dataset, target: str, kind: str) -> Lineage:
    """Every column of one table into the column of its name in another."""
    relation = reading.catalog.relation(source)
    answer = reading.lineage(kind, relation, relation.fields, target)
    _learn(reading, target, source)
    return answer


def _learn(reading: Reading, target: str, source: Dataset) -> None:
    if source.columns is not None:
        reading.catalog.learn(target, source.columns)


def declared(
    reading: Reading,
    table: exp.Expr,
    columns: Sequence[exp.Expr],
    properties: exp.Expr | None,
    kind: str,
    temporary: bool,
) -> Lineage:
    """CREATE TABLE with columns, or LIKE another."""
    dataset = reading.target(table)
    like = next((e for e in (properties.expressions if properties else ()) if isinstance(e, exp.LikeProperty)), None)
    like = like or next((c for c in columns if isinstance(c, exp.LikeProperty)), None)
    names = [c.name for c in columns if isinstance(c, exp.ColumnDef)]
    if like is not None:
        names = list(reading.target(like.this).columns or ())
    reading.catalog.forget(dataset.name)
    if temporary and names:
        fields = [Field(n, reading.names.stored(n), Flow()) for n in names]
        reading.catalog.hold(dataset.name, Relation(fields))
    elif names:
        reading.catalog.learn(dataset.name, names)
    return replace(reading.empty(kind, (dataset.name,)), temporary=temporary)


def dropped(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """A dropped table is an output: its content is another afterwards."""
    kind = f"DROP {tree.args.get('kind') or ''}".strip()
    tables = [table for table in tree.args.get("tables") or [tree.this] if isinstance(table, exp.Table)]
    if kind.split()[-1] not in ("TABLE", "VIEW") or not tables:
        return [reading.empty(kind)]
    made = []
    for table in tables:
        dataset = reading.target(table)
        temporary = reading.catalog.held(dataset.name) is not None
        reading.catalog.forget(dataset.name)
        made.append(replace(reading.empty(kind, (dataset.name,)), temporary=temporary))
    return made


def truncated(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    return [
        reading.empty("TRUNCATE", (reading.target(table).name,))
        for table in tree.expressions
        if isinstance(table, exp.Table)
    ]


def altered(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """RENAME moves a table's columns, SWAP those of two, RENAME COLUMN one; all else changes no data's origin."""
    table = tree.this
    if not isinstance(table, exp.Table):
        return [reading.empty("ALTER")]
    dataset = reading.target(table)
    made: list[Lineage] = []
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
            made.append(_moved(reading, dataset, _renamed(reading, table, action.this)))
        elif isinstance(action, exp.SwapTable):
            made += swapped(reading, dataset, reading.target(action.this))
        elif isinstance(action, exp.RenameColumn):
            made.append(_renamed_column(reading, dataset, action))
        else:
            _altered_columns(reading, dataset, action)
    return made or [reading.empty(f"ALTER {tree.args.get('kind') or ''}".strip(), (dataset.name,))]


def _renamed(reading: Reading, table: exp.Expr, new: exp.Expr) -> str:
    """The new name, in the schema of the old one where it says no other."""
    full = new.copy()
    for part in ("db", "catalog"):
        if full.args.get(part) is None and table.args.get(part) is not None and (part == "db" or full.args.get("db")):
            full.set(part, table.args[part].copy())
    return reading.target(full).name


def _moved(reading: Reading, source: Dataset, target: str) -> Lineage:
    held = reading.catalog.held(source.name)
    if held is not None:
        answer = replace(reading.empty("RENAME", (target,), (source.name,)), temporary=True)
        reading.catalog.forget(source.name)
        reading.catalog.hold(target, held)
        return answer
    answer = _as_it_is(reading, source, target, "RENAME")
    reading.catalog.forget(source.name)
    return answer


def swapped(reading: Reading, one: Dataset, other: Dataset) -> list[Lineage]:
    """Each becomes what the other was."""
    held = reading.catalog.held(one.name), reading.catalog.held(other.name)
    relations = reading.catalog.relation(other), reading.catalog.relation(one)
    made = [
        reading.lineage("SWAP", relation, relation.fields, name)
        for relation, name in zip(relations, (one.name, other.name), strict=True)
    ]
    for name, source, relation in ((one.name, other, held[1]), (other.name, one, held[0])):
        reading.catalog.forget(name)
        if relation is not None:
            reading.catalog.hold(name, relation)
        else:
            _learn(reading, name, source)
    return made


def _renamed_column(reading: Reading, dataset: Dataset, action: exp.Expr) -> Lineage:
    relation = reading.catalog.relation(dataset)
    old, new = reading.names.of(action.this.this), reading.names.of(action.args["to"].this)
    found = relation.supply(old)
    field = [] if found is None else [found._replace(name=new.shown, key=new.key)]
    answer = reading.lineage("RENAME COLUMN", Relation(field, (), {}, {dataset.name}), field, dataset.name)
    if dataset.columns is not None:
        names = [
            new.shown if reading.names.stored(c) == (found.key if found else old.key) else c for c in dataset.columns
        ]
        reading.catalog.learn(dataset.name, names)
    return answer


def _altered_columns(reading: Reading, dataset: Dataset, action: exp.Expr) -> None:
    if dataset.columns is None:
        return
    if isinstance(action, exp.ColumnDef):
        reading.catalog.learn(dataset.name, [*dataset.columns, action.name])
    elif isinstance(action, exp.Drop) and str(action.args.get("kind")).upper() == "COLUMN":
        gone = {
            reading.names.of(c.this).key.lower() for c in action.args.get("tables") or () if isinstance(c, exp.Column)
        }
        kept = [c for c in dataset.columns if reading.names.stored(c).lower() not in gone]
        reading.catalog.learn(dataset.name, kept)


def copied(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """COPY between a table or query and files: a file is a dataset where a binding says which."""
    target = tree.this
    files = tree.args.get("files") or []
    inner = target.this if isinstance(target, exp.Schema) else target
    snowflake = isinstance(inner, exp.Table) and isinstance(inner.this, exp.Var)
    if tree.args.get("kind") and not snowflake and isinstance(inner, exp.Table):
        return [_loaded(reading, target, inner, files)]
    if snowflake and not files:
        raise SqlError("cannot parse: COPY INTO names nothing to be copied")
    query = files[0] if snowflake else inner
    file = _file(inner if snowflake else files[0] if files else None)
    if isinstance(query, exp.Table):
        relation = reading.catalog.relation(reading.target(query))
        listed = target.expressions if isinstance(target, exp.Schema) else []
        fields = [f for c in listed if (f := relation.supply(reading.names.of(c))) is not None] or relation.fields
        relation = Relation(fields, () if listed else relation.rests, relation.rows, relation.inputs)
    else:
        relation = reading.relation(query)
    return [_unloaded(reading, relation, file)]


def _unloaded(reading: Reading, relation: Relation, file: str) -> Lineage:
    bound = reading.catalog.bound(file)
    if bound is None:
        reading.gaps.add(FILE_TARGET, f"writes to {file}, which no binding names")
    return reading.lineage("COPY", relation, relation.fields, bound.name if bound else None)


def _loaded(reading: Reading, target: exp.Expr, table: exp.Expr, files: list[exp.Expr]) -> Lineage:
    dataset = reading.target(table)
    listed = target.expressions if isinstance(target, exp.Schema) else None
    origin = files[0] if files else None
    if isinstance(origin, exp.Query):
        relation = reading.relation(origin)
        fields = reading.placed(relation, dataset, listed, exp.Insert())
        return reading.lineage("COPY", relation, fields, dataset.name)
    file = _file(origin)
    bound = reading.catalog.bound(file)
    if bound is None:
        reading.gaps.add(FILE_SOURCE, f"reads {file}, which no binding names")
        return reading.empty("COPY", (dataset.name,))
    relation = reading.catalog.relation(bound)
    fields = reading.placed(relation, dataset, listed, exp.Insert())
    return reading.lineage("COPY", relation, fields, dataset.name)


def _file(node: exp.Expr | None) -> str:
    return "standard input or output" if node is None else node.name or node.sql()


def used(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """USE: names in later statements are completed with what it says."""
    kind = str(tree.args.get("kind") or "").upper()
    target = tree.this
    if isinstance(target, exp.Table) and kind in ("", "DATABASE", "CATALOG", "SCHEMA"):
        parts = [reading.names.of(part).shown for part in target.parts]
        two_levels = reading.dialect in ("mysql", "spark", "databricks", "hive", "clickhouse", "trino", "presto")
        if len(parts) > 1:
            reading.catalog.use(parts[-2], parts[-1])
        elif kind == "SCHEMA" or two_levels:
            reading.catalog.use(None, parts[0])
        else:
            reading.catalog.use(parts[0], {"tsql": "dbo", "snowflake": "PUBLIC"}.get(reading.dialect, "main"))
    return [reading.empty("USE")]


def aside(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    return [reading.empty(type(tree).__name__.upper())]


def executed(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """T-SQL's EXEC: `sp_rename` is a rename, any other call is not looked into."""
    name = tree.this.name if isinstance(tree.this, exp.Expr) else ""
    values = [e.expression if isinstance(e, exp.EQ) else e for e in tree.expressions]
    if name.lower() == "sp_rename" and len(values) == 2 and all(isinstance(v, exp.Literal) for v in values):
        old = table_named(values[0].name, reading.parsed)
        new = exp.Table(this=exp.to_identifier(values[1].name, quoted=True))  # no dot in it separates anything
        return [_moved(reading, reading.target(old), _renamed(reading, old, new))]
    reading.gaps.add(ROUTINE, f"calls {name}, which is not looked into")
    return [reading.empty("EXECUTE")]


def commanded(reading: Reading, tree: exp.Expr) -> list[Lineage]:
    """What sqlglot leaves as text: renames and exchanges of MySQL and ClickHouse, Redshift's UNLOAD and APPEND."""
    word = str(tree.this).upper()
    text = tree.expression.name if isinstance(tree.expression, exp.Expr) else str(tree.expression or "")
    pairs = RENAMES.match(text)
    if word == "RENAME" and pairs:
        return [
            _moved(reading, _table(reading, old), _table(reading, new).name)
            for old, new in _pairs(reading, pairs.group(1), "TO")
        ]
    if word == "EXCHANGE" and pairs:
        found = [
            swapped(reading, _table(reading, a), _table(reading, b)) for a, b in _pairs(reading, pairs.group(1), "AND")
        ]
        return [each for both in found for each in both]
    if word == "ALTER" and (append := APPENDED.match(text)):
        source, target = _table(reading, append.group(2)), _table(reading, append.group(1))
        relation = reading.catalog.relation(source)
        fields = [reading.checked(f, target) for f in relation.fields]
        return [reading.lineage("ALTER TABLE APPEND", relation, fields, target.name)]
    if word == "UNLOAD" and (unload := UNLOADED.match(text)):
        return [_unloaded(reading, reading.relation(_quoted_query(reading, unload)), unload.group(3))]
    if word in ("CALL", "EXEC", "EXECUTE"):
        reading.gaps.add(ROUTINE, f"calls {text.strip()[:80]}, which is not looked into")
    elif word not in QUIET and not _names_no_data(word, text):
        reading.gaps.add(UNSUPPORTED_STATEMENT, f"{word} has no column lineage yet")
    return [reading.empty(word)]


def _names_no_data(word: str, text: str) -> bool:
    """CREATE and ALTER of what holds no data: users, warehouses, tasks' schedules."""
    first = (text.split() or [""])[0].upper()
    return word in ("ALTER", "CREATE", "DROP") and first in (
        "SESSION",
        "USER",
        "ROLE",
        "WAREHOUSE",
        "DATABASE",
        "SYSTEM",
    )


def _quoted_query(reading: Reading, unload: re.Match[str]) -> exp.Expr:
    """The query of UNLOAD. Raises `SqlError` without a place: it would be one within the quotes."""
    text = unload.group(2) if unload.group(1) is None else unload.group(1).replace("''", "'")
    try:
        query = one_statement(text, reading.parsed)
    except SqlError as error:
        raise SqlError(f"UNLOAD: {error.what}", hint=error.hint) from error
    if not isinstance(query, exp.Query):
        raise SqlError("UNLOAD: no query is unloaded")
    return query


def _pairs(reading: Reading, text: str, between: str) -> Iterator[tuple[str, str]]:
    """The pairs of names in `a TO b, c TO d`, as written; what follows a pair says where it happens, not to what."""
    start = 0
    tokens = tokens_of(text, reading.parsed)
    for end in [at for at, token in enumerate(tokens) if token.token_type == TokenType.COMMA] + [len(tokens)]:
        part, start = tokens[start:end], end + 1
        words = (at for at, token in enumerate(part) if token.text.upper() == between and _is_bare(text, token))
        middle = next(words, 0)
        if 0 < middle < len(part) - 1:
            last = middle + 1
            while last + 2 < len(part) and part[last + 1].token_type == TokenType.DOT:
                last += 2
            yield text[part[0].start : part[middle - 1].end + 1], text[part[middle + 1].start : part[last].end + 1]


def _is_bare(text: str, token: Token) -> bool:
    """Whether a word stands without quotes."""
    return text[token.start : token.end + 1].upper() == token.text.upper()


def _table(reading: Reading, text: str) -> Dataset:
    return reading.target(table_named(text, reading.parsed))


def without_partitions(reading: Reading, table: exp.Expr, dataset: Dataset) -> Dataset:
    """The columns that a query fills where `PARTITION (ds = '…')` gives the others a value of their own."""
    partition = table.args.get("partition")
    if partition is None or dataset.columns is None:
        return dataset
    keys = [reading.names.stored(e.this.name) for e in partition.expressions if isinstance(e, exp.EQ)]
    dynamic = [
        reading.names.stored(e.name) for e in partition.expressions if isinstance(e, exp.Column | exp.Identifier)
    ]
    plain = [c for c in dataset.columns if reading.names.stored(c) not in (*keys, *dynamic)]
    last = [c for c in dataset.columns if reading.names.stored(c) in dynamic]
    return dataset._replace(columns=(*plain, *last), kinds=())
