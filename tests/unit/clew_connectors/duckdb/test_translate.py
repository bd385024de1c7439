"""What the DuckDB connector says of its records, against a golden file and by hand."""

from datetime import UTC, datetime
from pathlib import Path

from clew_connectors.duckdb.config import DuckDBConfig
from clew_connectors.duckdb.read import read
from clew_connectors.duckdb.records import Column, Item, Schema, Table, View
from clew_connectors.duckdb.translate import scope, translate
from clew_connectors.grouping import split
from clew_connectors.port import ReadWarning
from clew_connectors.testing import covers
from clew_schemas.event import Event
from clew_schemas.urn import Urn
from unit.clew_connectors.golden import assert_golden
from unit.clew_connectors.made import shop

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def events(records: list[Item]) -> list[Event]:
    return [each for record in records for each in translate(record)]


def test_the_shop_reads_as_the_golden_file_says(tmp_path: Path) -> None:
    records = list(read(DuckDBConfig(database=str(shop(tmp_path)), namespace="duckdb://shop")))
    assert_golden("duckdb/events.jsonl", events([each for each in records if not isinstance(each, ReadWarning)]))


def test_names_with_dots_spaces_quotes_commas_and_accents_are_one_segment_each() -> None:
    # "naïve" comes decomposed, as some systems store it
    table = Table(
        "duckdb://x", "a.b", ("c d", "e,f"), 'g"(h)', None, (Column("nai\u0308ve %", "INTEGER", True),), (), (), 0, AT
    )
    found = {str(Urn.parse(each.urn)) for each in translate(table)}
    assert found == {'urn:clew:dataset:(duckdb://x,a%2Eb.c d.e%2Cf.g"%28h%29)'}
    assert b'"name":"na\xc3\xafve %25"' in bytes(translate(table)[0].payload)


def test_ten_thousand_columns_with_prose_go_in_groups_of_five_hundred_and_the_schema_in_one_event() -> None:
    columns = tuple(Column(f"column_number_{at}", "DECIMAL(18,3)", True, f"Prose of {at}.") for at in range(10_000))
    groups = list(split(translate(Table("duckdb://x", "d", ("main",), "wide", None, columns, (), (), 0, AT))))
    assert [len(group) for group in groups] == [*[500] * 20, 4]
    assert sum(each.aspect == "schema" for group in groups for each in group) == 1


def test_a_view_without_known_columns_says_no_schema_and_still_its_sql() -> None:
    view = View("duckdb://x", "d", ("main",), "v", None, (), "CREATE VIEW v AS SELECT 1;", ())
    assert [each.aspect for each in translate(view)] == ["properties", "containment", "query"]


def test_a_schema_in_a_schema_stands_in_it() -> None:
    (_, containment) = translate(Schema("duckdb://x", "d", ("eu", "marts")))
    assert containment.urn == "urn:clew:container:(duckdb://x,d.eu.marts)"
    assert bytes(containment.payload) == b'{"parent":"urn:clew:container:(duckdb://x,d.eu)"}'


def test_the_scope_of_some_schemas_leaves_their_neighbours_alone() -> None:
    some = scope("duckdb://x", "d", [("raw",)])
    assert covers(some, "urn:clew:dataset:(duckdb://x,d.raw.t)", "schema")
    assert covers(some, "urn:clew:column:(duckdb://x,d.raw.t,c)", "documentation")
    assert covers(some, "urn:clew:container:(duckdb://x,d.raw)", "properties")
    assert not covers(some, "urn:clew:dataset:(duckdb://x,d.raw_old.t)", "schema")
    assert not covers(some, "urn:clew:container:(duckdb://x,d.raw_old)", "properties")


def test_the_scope_of_a_whole_file_is_its_namespace_and_no_longer_one() -> None:
    whole = scope("duckdb://x", "d", None)
    assert covers(whole, "urn:clew:dataset:(duckdb://x,other.main.t)", "schema")
    assert not covers(whole, "urn:clew:dataset:(duckdb://xy,d.main.t)", "schema")
