"""Names as the embedded ledger stores them.

Most of what is named are columns. A column has the number of its dataset and its own path; its URN is put together
when it is read, and its number is looked up by dataset. So it is with `any` and `rows`, whose own name is their kind
behind a bracket, which no path can hold.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from clew.ledger.port import Entity, entity
from clew_schemas.urn import Urn, dataset_of, kind_of, unescape

_DATASET_AT, _COLUMN = len("urn:clew:dataset:") + 1, "urn:clew:column:"
_OF_DATASET = f"SELECT substr(d.name, {_DATASET_AT}) FROM entity d WHERE d.id = e.parent"

NAMED = f"""
CREATE VIEW named AS SELECT e.id AS id, CASE
    WHEN e.parent = 0 THEN e.name
    WHEN substr(e.name, 1, 1) = '(' THEN 'urn:clew:' || substr(e.name, 2) || ':' || ({_OF_DATASET})
    ELSE '{_COLUMN}' || (SELECT substr(d.name, {_DATASET_AT}, length(d.name) - {_DATASET_AT})
        FROM entity d WHERE d.id = e.parent) || ',' || e.name || ')'
END AS urn, e.parent AS parent, e.class AS class FROM entity e
"""
"""The view `named`: the numbers, with whole URNs."""

INSERT = "INSERT INTO entity (id, parent, name, tail, class) VALUES (?, ?, ?, ?, ?)"

_ALONE = "SELECT name, id FROM entity WHERE parent = 0 AND name IN (SELECT value FROM json_each(?))"
# CROSS JOIN keeps the planner from reading all columns of a wide table for one.
_WITHIN = (
    "SELECT e.parent, e.name, e.id FROM json_each(?) j CROSS JOIN entity e"
    " ON e.parent = json_extract(j.value, '$[0]') AND e.name = json_extract(j.value, '$[1]')"
)
_NUMBERED = (
    "SELECT e.id, e.parent, e.name, e.class, d.name FROM json_each(?) j CROSS JOIN entity e ON e.id = j.value"
    " LEFT JOIN entity d ON d.id = e.parent"
)
_CALLED = (
    "SELECT n.id, n.urn, n.parent, n.class FROM (SELECT id FROM called WHERE tail = ?1 UNION ALL SELECT e.id"
    " FROM entity e WHERE e.id > (SELECT value FROM meta WHERE key = 'called') AND coalesce(e.tail, e.name) = ?1) c"
    " JOIN named n ON n.id = c.id"
)
_ENTER = (
    "INSERT INTO called (tail, id) SELECT coalesce(tail, name), id FROM entity"
    " WHERE id > (SELECT value FROM meta WHERE key = 'called') AND coalesce(tail, name) <> '' ORDER BY 1, 2"
)
ENTERED = 4096
"""Names that are entered by their last segment at once. One by one they would touch a page of the index each, and the
pages are what a commit writes; names that wait are found by looking through them."""


def row(number: int, urn: str, parent: int, policy_class: int = 0) -> tuple[int, int, str, str | None, int]:
    """Return the row of an entity, as `INSERT` takes it; `parent` is the number of its dataset, or 0."""
    if not parent:
        return (number, 0, urn, Urn.parse(urn).label.casefold(), policy_class)
    name = _within(urn)
    tail = "" if name.startswith("(") else unescape(name.rsplit(".", 1)[-1]).casefold()
    return (number, parent, name, None if name == tail else tail, policy_class)


def find(connection: sqlite3.Connection, urns: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """Return the numbers of those of these URNs that have one, and of datasets that were looked up for them.

    None of the URNs is among the `known`, of which any may be forgotten meanwhile. What is no URN has no number.
    """
    alone: dict[str, None] = {}
    within: dict[str, list[str]] = {}
    parents: dict[str, int] = {}
    for urn in urns:
        try:
            dataset = dataset_of(urn)
        except ValueError:
            continue
        if dataset is None:
            alone[urn] = None
            continue
        if dataset not in within:
            within[dataset] = []
            if parent := known.get(dataset):
                parents[dataset] = parent
            else:
                alone[dataset] = None
        within[dataset].append(urn)
    found: dict[str, int] = dict(connection.execute(_ALONE, (_json(list(alone)),)).fetchall()) if alone else {}
    parents.update(found)
    wanted = {
        (parent, _within(urn)): urn
        for dataset, columns in within.items()
        if (parent := parents.get(dataset))
        for urn in columns
    }
    if wanted:
        rows = connection.execute(_WITHIN, (_json(list(wanted)),)).fetchall()
        found.update((wanted[parent, name], number) for parent, name, number in rows)
    return found


def numbered(connection: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[Entity]:
    """Yield the entities that have one of these numbers.

    One statement, however many there are, so that it is prepared once; and it does not read the view: there SQLite
    took 2.4 ms for 250 URNs, and here Python 1.4.
    """
    for number, parent, name, policy_class, dataset in connection.execute(_NUMBERED, (_json(numbers),)):
        if not parent:
            yield entity((number, name, kind_of(name), 0, policy_class))
        elif name.startswith("("):
            kind = name[1:]
            yield entity((number, f"urn:clew:{kind}:{dataset[_DATASET_AT - 1 :]}", kind, parent, policy_class))
        else:
            urn = f"{_COLUMN}{dataset[_DATASET_AT - 1 : -1]},{name})"
            yield entity((number, urn, "column", parent, policy_class))


def called(connection: sqlite3.Connection, tail: str) -> list[tuple[int, str, int, int]]:
    """Return number, URN, parent and class of all whose last segment is this one, folded; not of what Clew derives."""
    return connection.execute(_CALLED, (tail,)).fetchall() if tail else []


def enter(connection: sqlite3.Connection) -> int:
    """Enter the names that wait by their last segments; return the last number among them."""
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM entity").fetchone()
    connection.execute(_ENTER)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'called'", (last,))
    return int(last)


def compact(rows: Iterable[tuple[int, str, int, int]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of all entities from number, URN, parent and class.

    What was named without its dataset gets it as its parent, and one that was never named gets a number at the end.
    """
    last, datasets, orphans = 0, {}, []
    for number, urn, parent, policy_class in rows:
        last = max(last, number)
        if not parent and dataset_of(urn) is not None:
            orphans.append((number, urn, policy_class))
            continue
        if not parent:
            datasets[urn] = number
        yield row(number, urn, parent, policy_class)
    for number, urn, policy_class in orphans:
        dataset = dataset_of(urn)
        assert dataset is not None
        if dataset not in datasets:
            last += 1
            datasets[dataset] = last
            yield row(last, dataset, 0)
        yield row(number, urn, datasets[dataset], policy_class)


def _within(urn: str) -> str:
    """Return what a column, `any` or `rows` is called within its dataset."""
    return urn[urn.rindex(",") + 1 : -1] if urn.startswith(_COLUMN) else f"({kind_of(urn)}"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
