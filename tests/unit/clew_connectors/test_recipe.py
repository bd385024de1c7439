"""Recipes: what is filled in, what is refused and in which words, and that no secret is said back."""

from pathlib import Path

import pytest

from clew_connectors import recipe
from clew_connectors.recipe import expanded
from clew_schemas.errors import BadInput, NotFound, Unreachable

GOOD = """
name: nyc-duckdb
connector: duckdb
config:
  database: ${NYC}
  namespace: ${NS:-duckdb://nyc}
"""


def parsed(text: str, **environ: str) -> recipe.Recipe:
    return recipe.parse(text.encode(), "r.yml", environ)


def refused(text: str, **environ: str) -> BadInput:
    with pytest.raises(BadInput) as raised:
        parsed(text, **environ)
    return raised.value


def test_a_recipe_names_source_connector_and_a_checked_configuration() -> None:
    found = parsed(GOOD, NYC="/data/nyc.duckdb")
    assert (found.name, found.connector.name, found.file) == ("nyc-duckdb", "duckdb", "r.yml")
    assert (found.config.database, found.config.namespace) == ("/data/nyc.duckdb", "duckdb://nyc")


@pytest.mark.parametrize("name", ["dbt", "duckdb"])
def test_the_demos_recipes_load(name: str) -> None:
    environ = {"NYC_DUCKDB": "nyc.duckdb", "DBT_ARTIFACTS": "target"}
    found = recipe.load(Path(__file__).parents[3] / "demo" / "recipes" / f"{name}.yml", environ)
    assert found.connector.name == name
    assert found.config.namespace == "duckdb://nyc"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("${A}", "one"),
        ("x${A}y${B}", "xoneytwo"),
        ("${C:-three}", "three"),
        ("${C:-}", ""),
        ("${EMPTY:-full}", "full"),
        ("${EMPTY}", ""),
        ("$${A} costs $5", "${A} costs $5"),
        (7, 7),
        ([{"k": "${A}"}], [{"k": "one"}]),
    ],
)
def test_variables_are_filled_in_wherever_a_string_stands(said: object, meant: object) -> None:
    assert expanded(said, {"A": "one", "B": "two", "EMPTY": ""}, "r.yml") == meant


def test_what_a_variable_holds_is_not_read_as_yaml_and_not_expanded_again() -> None:
    assert parsed(GOOD, NYC="a: [b] # ${NS}").config.database == "a: [b] # ${NS}"


def test_a_missing_variable_is_named_with_file_and_place() -> None:
    error = refused(GOOD)
    assert "NYC" in error.what
    assert error.where == "r.yml: config.database"
    assert error.hint and "${NYC:-default}" in error.hint


@pytest.mark.parametrize("text", ["${", "${}", "${9}", "${a-b}"])
def test_a_dollar_that_names_no_variable_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="names no variable"):
        expanded(text, {}, "r.yml")


def test_an_unknown_key_is_refused_with_the_one_that_was_meant() -> None:
    error = refused(GOOD.replace("namespace", "name_space"), NYC="x")
    assert (error.what, error.where) == ("unknown key 'name_space'", "r.yml: config.name_space")
    assert error.hint and "Did you mean 'namespace'?" in error.hint


def test_a_missing_key_is_refused_with_what_it_is_for() -> None:
    error = refused("name: a\nconnector: duckdb\nconfig: {}")
    assert (error.what, error.where) == ("the key 'database' is missing", "r.yml: config.database")
    assert error.hint == "Path of the database file"


def test_an_unknown_connector_is_refused_with_those_that_there_are() -> None:
    error = refused("name: a\nconnector: oracle\nconfig: {}")
    assert (error.what, error.where) == ("unknown connector 'oracle'", "r.yml: connector")
    assert error.hint and error.hint.startswith("Known connectors: dbt, duckdb, ")


@pytest.mark.parametrize("text", ["", "- a", "just words", "name: a\nconnector: duckdb"])
def test_what_is_no_recipe_is_refused(text: str) -> None:
    assert refused(text).where and refused(text).hint


def test_a_name_that_no_source_can_have_is_refused() -> None:
    assert refused(GOOD.replace("nyc-duckdb", "'a\\nb'"), NYC="x").where == "r.yml: name"


@pytest.mark.parametrize(
    "text",
    [
        "name: a\nconnector: duckdb\nconfig: {password: *hunter2}",
        "name: a\nconnector: duckdb\nconfig: {password: hunter2, database: [hunter2]}",
        "name: a\nconnector: duckdb\nconfig: {database: x, lock_timeout: hunter2}",
        "name: a\nconnector: duckdb\nconfig: hunter2",
        "name: a\nconnector: duckdb\nconfig: {database: !hunter2 x}",
        'name: a\nconnector: duckdb\nconfig: {database: "hunter2',
    ],
)
def test_no_value_of_a_recipe_is_said_back(text: str) -> None:
    error = refused(text)
    assert "hunter2" not in str(error)
    assert "hunter2" not in repr(error.to_dict())
    assert error.__cause__ is None or "hunter2" not in str(error.__cause__)


def test_yaml_that_does_not_parse_is_refused_with_line_and_column() -> None:
    assert refused("name: a\n  b: c").where == "r.yml, line 2, column 4"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadInput, match="not UTF-8"):
        recipe.parse(b"name: \xff", "r.yml", {})


def test_a_file_that_is_not_there_or_is_none_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        recipe.load(tmp_path / "none.yml", {})
    with pytest.raises(Unreachable):
        recipe.load(tmp_path, {})
