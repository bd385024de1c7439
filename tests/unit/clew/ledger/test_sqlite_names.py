"""Names within datasets: what is written comes back as the URN that it was, and is found by it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.ledger import sqlite_names
from clew.ledger.sqlite import SqliteLedger
from clew.ledger.sqlite_tables import NAMES
from clew_schemas import Group, event
from clew_schemas.urn import any_of, column, dataset_of, dotted, escape, kind_of, rows_of

DATASET = "urn:clew:dataset:(postgres://h:5432,shop.public.orders)"
JOB = "urn:clew:job:(dbt://shop,model.shop.orders)"

words = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).filter(str.strip)
datasets = st.builds(lambda space, name: f"urn:clew:dataset:({escape(space)},{escape(name)})", words, words)
urns = st.one_of(
    datasets,
    st.builds(any_of, datasets),
    st.builds(rows_of, datasets),
    st.builds(lambda dataset, path: column(dataset, dotted(*path)), datasets, st.lists(words, min_size=1, max_size=3)),
    st.builds(lambda name: f"urn:clew:job:(x,{escape(name)})", words),
)


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"{NAMES} CREATE TABLE meta (key TEXT, value); INSERT INTO meta VALUES ('called', 0);")
    return connection


@pytest.fixture
def names() -> Iterator[sqlite3.Connection]:
    connection = database()
    yield connection
    connection.close()


def put(connection: sqlite3.Connection, rows: list[tuple[int, str, int, int]]) -> None:
    connection.executemany(sqlite_names.INSERT, sqlite_names.compact(rows))


def held(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    rows = connection.execute("SELECT urn, id, parent FROM named").fetchall()
    assert len(rows) == len({row[0] for row in rows})
    return {urn: (number, parent) for urn, number, parent in rows}


@given(st.lists(urns, unique=True, max_size=12))
def test_a_name_read_by_its_number_is_the_one_that_the_view_shows(named: list[str]) -> None:
    connection = database()
    put(connection, [(at + 1, urn, 0, 0) for at, urn in enumerate(named)])
    shown = held(connection)
    read = list(sqlite_names.numbered(connection, list(range(len(shown) + 2))))
    connection.close()
    assert {each.urn: (each.id, each.parent) for each in read} == shown
    assert all(each.kind == kind_of(each.urn) for each in read)


@given(st.lists(urns, unique=True, max_size=12))
def test_every_name_comes_back_and_is_found(named: list[str]) -> None:
    connection = database()
    put(connection, [(at + 1, urn, 0, 0) for at, urn in enumerate(named)])
    found = held(connection)
    assert {urn: found[urn][0] for urn in named} == {urn: at + 1 for at, urn in enumerate(named)}
    assert sqlite_names.find(connection, found, {}) == {urn: number for urn, (number, _) in found.items()}
    assert all(found[dataset][0] == parent for urn, (_, parent) in found.items() if (dataset := dataset_of(urn)))
    assert all(parent == 0 for urn, (_, parent) in found.items() if dataset_of(urn) is None)


def test_what_was_named_without_its_dataset_gets_it(names: sqlite3.Connection) -> None:
    other = "urn:clew:dataset:(x,never.named)"
    put(names, [(1, column(other, "a"), 0, 0), (2, column(DATASET, "b"), 0, 7), (3, JOB, 0, 0), (4, DATASET, 0, 0)])
    assert held(names) == {
        column(other, "a"): (1, 5),
        column(DATASET, "b"): (2, 4),
        JOB: (3, 0),
        DATASET: (4, 0),
        other: (5, 0),
    }
    assert names.execute("SELECT class FROM named WHERE id = 2").fetchone() == (7,)


def test_a_column_called_like_a_derived_node_is_another(names: sqlite3.Connection) -> None:
    known = [DATASET, any_of(DATASET), rows_of(DATASET), column(DATASET, "any"), column(DATASET, "rows")]
    put(names, [(1, DATASET, 0, 0), *((at + 2, urn, 1, 0) for at, urn in enumerate(known[1:]))])
    assert sqlite_names.find(names, known, {}) == {urn: at + 1 for at, urn in enumerate(known)}


@pytest.mark.parametrize(
    "text", ["", "orders", "urn:clew:column:oops", "urn:clew:any:x", "urn:clew:dataset:(x", "(any"]
)
def test_what_is_no_urn_has_no_number(names: sqlite3.Connection, text: str) -> None:
    put(names, [(1, DATASET, 0, 0), (2, any_of(DATASET), 1, 0)])
    assert sqlite_names.find(names, [text], {}) == {}


def test_a_dataset_that_is_known_is_not_looked_up_again(names: sqlite3.Connection) -> None:
    put(names, [(1, DATASET, 0, 0), (2, column(DATASET, "a"), 1, 0)])
    asked: list[str] = []
    names.set_trace_callback(asked.append)
    assert sqlite_names.find(names, [column(DATASET, "a")], {DATASET: 1}) == {column(DATASET, "a"): 2}
    assert len(asked) == 1


def test_last_segments_are_folded_and_derived_nodes_are_not_called_by_them(names: sqlite3.Connection) -> None:
    path = dotted("Address", "CITY")
    put(names, [(1, DATASET, 0, 0), (2, column(DATASET, path), 1, 0), (3, any_of(DATASET), 1, 0)])
    for _ in ("while they wait", "once they are entered"):
        assert [row[0] for row in sqlite_names.called(names, "city")] == [2]
        assert [row[0] for row in sqlite_names.called(names, "orders")] == [1]
        assert sqlite_names.called(names, "") == sqlite_names.called(names, "address") == []
        assert sqlite_names.enter(names) == 3
    put(names, [(4, column(DATASET, "city"), 1, 0)])
    assert [row[0] for row in sqlite_names.called(names, "city")] == [2, 4]


def test_names_are_entered_some_thousand_at_a_time_and_found_before_and_after(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    step, last = 500, 0
    for at in range(0, 3 * sqlite_names.ENTERED, step):
        columns = [{"name": f"c{number}"} for number in range(step)]
        table = f"urn:clew:dataset:(x,t{at})"
        ledger.propose([Group("steward", f"g{at}", (event(table, "schema", {"columns": columns}),))])
        assert [each.urn for each in ledger.find(f"t{at}.c7")] == [column(table, "c7")]
        assert len(ledger.find("c499", 10_000)) == at // step + 1
        entered = entered_of(tmp_path / "ledger.db")
        assert entered in (last, ledger.stats()["entities"])
        last = entered
    assert last > 2 * sqlite_names.ENTERED
    ledger.close()


def entered_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (value,) = connection.execute("SELECT value FROM meta WHERE key = 'called'").fetchone()
    return int(value)
