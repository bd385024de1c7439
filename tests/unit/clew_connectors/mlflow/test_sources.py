"""What the sources of logged datasets name: table, SQL, platform; and what is left open."""

import json
from typing import Any

import pytest

from clew_connectors.mlflow.config import without_user
from clew_connectors.mlflow.sources import columns, rows, source

FILE = "duckdb:///data/nyc.duckdb"


def said(type_: str, namespaces: dict[str, str] | None = None, **members: Any) -> Any:
    return source(type_, json.dumps(members), namespaces or {})


def test_a_source_with_sql_and_table_says_both_and_an_unlisted_uri_stands_for_itself() -> None:
    found = said("duckdb", uri=FILE, table="nyc.main.flights", sql="select 1")
    assert (found.namespace, found.table, found.sql) == (FILE, ("nyc", "main", "flights"), "select 1")
    assert (found.dialect, found.database, found.schema) == ("duckdb", "nyc", "main")


def test_the_recipe_says_the_namespace_by_the_longest_beginning_then_by_type() -> None:
    known = {"duckdb:///data": "duckdb://all", FILE: "duckdb://nyc", "duckdb": "duckdb://any"}
    assert said("duckdb", known, uri=FILE).namespace == "duckdb://nyc"
    assert said("duckdb", known, uri="duckdb:///data/x.duckdb").namespace == "duckdb://all"
    assert said("duckdb", known, table="t").namespace == "duckdb://any"


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ("flights", ("nyc", "main", "flights")),
        ("marts.flights", ("nyc", "marts", "flights")),
        ("other.marts.flights", ("other", "marts", "flights")),
        ('"a.b"."c ""d"""', ("nyc", "a.b", 'c "d"')),
        ("`x`.`y`", ("nyc", "x", "y")),
    ],
)
def test_a_short_table_name_is_completed_as_the_platform_would(table: str, parts: tuple[str, ...]) -> None:
    assert said("duckdb", uri=FILE, table=table).table == parts


def test_a_file_of_duckdb_without_a_scheme_is_the_same_file() -> None:
    assert said("duckdb", uri="/data/nyc.duckdb", table="t").namespace == FILE


def test_a_spark_table_has_no_platform_until_the_recipe_names_one() -> None:
    assert said("spark", table_name="db.t").namespace is None
    assert said("spark", {"spark": "hive://lake"}, table_name="db.t").namespace == "hive://lake"
    assert said("spark", {"spark": "hive://lake"}, table_name="db.t").table == ("db", "t")


def test_a_bare_table_name_that_mlflow_took_for_a_path_is_one_only_if_the_recipe_says_so() -> None:
    assert said("local", uri="nyc.main.flights").table is None
    assert said("local", {"local": "duckdb://nyc"}, uri="nyc.main.flights").table == ("nyc", "main", "flights")
    assert said("local", {"local": "duckdb://nyc"}, uri="/data/flights.csv").table is None


def test_a_password_in_a_uri_goes_nowhere() -> None:
    found = said("postgres", uri="postgresql://ada:hunter2@db:5432/shop?password=hunter2", table="public.t")
    assert "hunter2" not in repr(found)
    assert (found.uri, found.namespace) == ("postgresql://db:5432/shop", "postgresql://db:5432/shop")
    assert found.table == ("shop", "public", "t")
    assert without_user("https://token@host/a?b=c#d") == "https://host/a"
    assert without_user("duckdb:///a/b") == "duckdb:///a/b"


@pytest.mark.parametrize("text", [None, "", "{", "[]", '"x"', "null"])
def test_what_is_no_json_object_says_nothing(text: str | None) -> None:
    found = source("code", text, {})
    assert (found.uri, found.table, found.sql, found.namespace) == (None, None, None, None)
    assert columns(text) is None
    assert rows(text) is None


def test_columns_and_rows_are_read_and_tensors_have_none() -> None:
    colspec = [{"name": "a", "type": "double"}, {"name": "b", "type": "array", "items": {"type": "long"}}]
    assert columns(json.dumps({"mlflow_colspec": colspec})) == (("a", "double"), ("b", "array<long>"))
    assert columns(json.dumps({"mlflow_tensorspec": {"features": "[]"}})) is None
    assert rows('{"num_rows": 3}') == 3
    assert rows('{"num_rows": -3}') is None
