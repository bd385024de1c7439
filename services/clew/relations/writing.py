"""The writing that both engines share: items replaced where they differ, logs appended. Plain SQL, two spellings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from clew.relations.port import KeyRows, NodeRow, Row
from clew.relations.tables import CLAIM, EDGE, ITEMS, LOGS, NODE, OF_ASPECT, TRAIT_COLUMNS, TRAITS, Table
from clew_schemas.urn import Urn, kind_of, unescape

_CHUNK = 500


class Store(Protocol):
    """A transaction that writes. `mark` is the placeholder of a value."""

    mark: str

    def read(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the rows of a SELECT."""

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each of `rows`."""


def spelt(node: NodeRow) -> Row:
    """Return what a node's row says besides its traits: id, urn, kind, namespace, name, dataset."""
    urn = Urn.parse(node.urn)
    name = storable(unescape(urn.dotted_name))
    return (node.id, node.urn, kind_of(node.urn), storable(unescape(urn.namespace)), name, node.dataset or None)


def storable(text: str) -> str:
    """Return a text without NUL characters, which PostgreSQL can't store."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def write_nodes(store: Store, nodes: Iterable[NodeRow]) -> None:
    """Write the nodes that are not there yet."""
    wanted = {node.id: node for node in nodes}
    known = {row[0] for row in _among(store, NODE, ("id",), list(wanted))}
    _insert(
        store, NODE, [(*spelt(node), *(None,) * len(TRAIT_COLUMNS)) for id, node in wanted.items() if id not in known]
    )


def respell_nodes(store: Store, nodes: Iterable[NodeRow]) -> None:
    """Write nodes, also those that are there."""
    wanted = list({node.id: node for node in nodes}.values())
    # one that another row has taken the name of would collide: first all names away, then the right ones
    store.write(
        f"DELETE FROM {NODE.name} WHERE urn = {store.mark} AND id <> {store.mark}", [(n.urn, n.id) for n in wanted]
    )
    write_nodes(store, wanted)
    mark = store.mark
    store.write(
        f"UPDATE {NODE.name} SET urn = {mark}, kind = {mark}, namespace = {mark}, name = {mark}, dataset = {mark}"
        f" WHERE id = {mark}",
        [(*spelt(node)[1:], node.id) for node in wanted],
    )


def write_items(store: Store, keys: Sequence[KeyRows]) -> None:
    """Make items what `keys` say; rows that stand so already are left alone."""
    for table in (CLAIM, EDGE):
        _write_table(store, table, {(key.entity, key.aspect): key.rows.get(table.name, ()) for key in keys})
    for aspect, table in OF_ASPECT.items():
        wanted = {(key.entity,): key.rows.get(table.name, ()) for key in keys if key.aspect == aspect}
        if wanted:
            _write_table(store, table, wanted)
    for aspect, columns in TRAITS.items():
        said = [(*(key.traits.get(name) for name in columns), key.entity) for key in keys if key.aspect == aspect]
        if said:
            setting = ", ".join(f"{name} = {store.mark}" for name in columns)
            store.write(f"UPDATE {NODE.name} SET {setting} WHERE id = {store.mark}", said)


def _write_table(store: Store, table: Table, wanted: Mapping[tuple[Any, ...], Sequence[Row]]) -> None:
    held: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    width = len(table.key)
    for row in _among(store, table, tuple(table.columns), sorted({key[0] for key in wanted})):
        if row[:width] in wanted:
            held[row[:width]].append(row)
    differing = [
        key for key, rows in wanted.items() if set(held.get(key, ())) != set(rows) or len(held[key]) != len(rows)
    ]
    gone = [key for key in differing if held.get(key)]
    if gone:
        where = " AND ".join(f"{name} = {store.mark}" for name in table.key)
        store.write(f"DELETE FROM {table.name} WHERE {where}", gone)
    _insert(store, table, [row for key in differing for row in wanted[key]])


def write_logs(store: Store, logs: Mapping[str, Sequence[Row]]) -> None:
    """Append the rows of logs; one whose key is there takes its place."""
    for table in LOGS:
        rows = logs.get(table.name)
        if rows:
            _insert(store, table, rows)


def clear_logs(store: Store, first: int, last: int) -> None:
    """Take away what commits from `first` to `last` appended."""
    for table in LOGS:
        store.write(f"DELETE FROM {table.name} WHERE seq >= {store.mark} AND seq <= {store.mark}", [(first, last)])


def read_items(store: Store, entities: Sequence[int]) -> dict[str, list[Row]]:
    """See `Relations.items_of`."""
    return {table.name: _among(store, table, tuple(table.columns), entities) for table in (NODE, *ITEMS)}


def read_logs(store: Store, first: int, last: int) -> dict[str, list[Row]]:
    """See `Relations.logs_between`."""
    between = f"WHERE seq >= {store.mark} AND seq <= {store.mark}"
    return {
        table.name: store.read(f"SELECT {', '.join(table.columns)} FROM {table.name} {between}", (first, last))
        for table in LOGS
    }


def read_entities(store: Store) -> list[int]:
    """See `Relations.entities`."""
    with_items = [f"SELECT {table.key[0]} FROM {table.name}" for table in ITEMS]
    with_traits = f"SELECT id FROM {NODE.name} WHERE coalesce({', '.join(TRAIT_COLUMNS)}) IS NOT NULL"
    return sorted({int(row[0] or 0) for row in store.read(" UNION ".join([*with_items, with_traits]), ())})


def _among(store: Store, table: Table, columns: Sequence[str], ids: Sequence[int]) -> list[Row]:
    found: list[Row] = []
    for chunk in _chunks(ids):
        marks = ", ".join([store.mark] * len(chunk))
        sql = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {table.key[0]} IN ({marks})"
        found += store.read(sql, chunk)
    return found


def _insert(store: Store, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    values = ", ".join([store.mark] * len(table.columns))
    sql = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({values})"
    if table.log:
        others = [name for name in table.columns if name not in table.key]
        doing = f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in others)}" if others else "DO NOTHING"
        sql += f" ON CONFLICT ({', '.join(table.key)}) {doing}"
    store.write(sql, rows)


def _chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
