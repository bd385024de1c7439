"""What the SQLite connector says of its records, against a golden file and by hand; and the lineage of its views."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from clew_connectors.port import ReadWarning
from clew_connectors.sqlite.config import SQLiteConfig
from clew_connectors.sqlite.read import read
from clew_connectors.sqlite.records import Item, Table, View
from clew_connectors.sqlite.translate import translate
from clew_schemas.event import Event
from clew_schemas.urn import Urn
from clew_sql import column_lineage
from unit.clew_connectors.golden import assert_golden
from unit.clew_connectors.made import sqlite_shop


def records(folder: Path) -> list[Item]:
    found = list(read(SQLiteConfig(database=str(sqlite_shop(folder)), namespace="sqlite://shop")))
    return [each for each in found if not isinstance(each, ReadWarning)]


def said(events: list[Event], aspect: str) -> Any:
    (found,) = [each for each in events if each.aspect == aspect]
    return msgspec.json.decode(found.payload)


def test_the_shop_reads_as_the_golden_file_says(tmp_path: Path) -> None:
    plain = [without_the_build(each) for each in records(tmp_path)]
    assert_golden("sqlite/events.jsonl", [each for record in plain for each in translate(record)])


def without_the_build(record: Item) -> Item:
    """Return a record without what depends on how this SQLite was built: sizes, and types of computed columns."""
    if isinstance(record, Table):
        return replace(record, bytes=None)
    if isinstance(record, View):
        return replace(record, columns=tuple(replace(each, type=None) for each in record.columns))
    return record


def test_names_with_dots_quotes_and_emoji_are_one_segment_each(tmp_path: Path) -> None:
    names = {Urn.parse(each.urn).name for record in records(tmp_path) for each in translate(record)}
    assert {"main.a%2Eb", "main.q\"uo'te 🦆 %28v%29%2C%25"} <= names


def test_the_sql_of_a_view_reads_as_lineage_by_column() -> None:
    sql = "CREATE VIEW v AS SELECT c.id, `full name` AS n, sum([amount]) FROM Customers c JOIN orders o USING (id)"
    schema = {
        "main.customers": {"id": "INTEGER", "full name": "TEXT"},
        "main.orders": {"id": "INTEGER", "amount": "REAL"},
    }
    read_as = column_lineage(sql, "sqlite", schema, None, "main")
    assert read_as.unresolved == ()
    found = {column.name: {(each.table, each.column) for each in column.sources} for column in read_as.columns}
    assert found["n"] == {("main.customers", "full name")}
    assert [("main.orders", "amount")] in [list(each) for each in found.values()]


def test_a_view_binds_names_with_a_dot_to_their_table(tmp_path: Path) -> None:
    (view,) = [each for each in records(tmp_path) if isinstance(each, View) and each.name == "dotted"]
    query = said(list(translate(view)), "query")
    assert query["bindings"] == {"main.a.b": "urn:clew:dataset:(sqlite://shop,main.a%2Eb)"}
    read_as = column_lineage(query["text"], "sqlite", {}, None, "main", query["bindings"])
    assert read_as.inputs == ("urn:clew:dataset:(sqlite://shop,main.a%2Eb)",)
