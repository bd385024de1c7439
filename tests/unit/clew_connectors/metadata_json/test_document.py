"""From bytes to a checked document: generous in spelling, exact in everything else."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from clew_connectors.metadata_json.document import MAX_BYTES, SCHEMA, parse
from clew_schemas.errors import BadInput, TooLarge
from unit.clew_connectors.made import EXAMPLES


def value(text: str) -> Any:
    return dict(parse(text.encode(), "m.json").value)


def test_the_schema_is_published_with_the_documentation_and_takes_its_example() -> None:
    published = json.loads((EXAMPLES / "metadata.schema.json").read_text())
    assert published == SCHEMA
    Draft202012Validator.check_schema(published)
    example = json.loads((EXAMPLES / "house-price" / "metadata.json").read_text())
    assert list(Draft202012Validator(published).iter_errors(example)) == []


def test_every_member_of_the_schema_is_described() -> None:
    def walk(schema: Any, place: str) -> None:
        if isinstance(schema, dict):
            for name, each in schema.get("properties", {}).items():
                if isinstance(each, dict) and "$ref" not in each:
                    assert each.get("description"), f"{place}.{name}"
            for name, each in schema.items():
                walk(each, f"{place}.{name}")

    walk(SCHEMA, "$")


def test_no_two_members_of_an_object_share_a_spelling() -> None:
    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            members = schema.get("properties", {})
            spelt = [
                re.sub(r"[\W_]", "", spelling.casefold())
                for name, each in members.items()
                if isinstance(each, dict)
                for spelling in {name, *each.get("x-spellings", ())}
            ]
            for spelling in spelt:
                # folding may make two spellings of one member the same, never of two
                owners = {
                    name
                    for name, each in members.items()
                    for known in {name, *each.get("x-spellings", ())}
                    if re.sub(r"[\W_]", "", known.casefold()) == spelling
                }
                assert len(owners) == 1, owners
            for each in schema.values():
                walk(each)

    walk(SCHEMA)


@pytest.mark.parametrize(
    "spelt", ["hyperparameters", "Hyper Parameters", "hyper-parameters", "hyperParameters", "HYPER_PARAMS", "params"]
)
def test_case_dashes_spaces_and_usual_names_do_not_count(spelt: str) -> None:
    assert value(json.dumps({spelt: {"Max Depth": 4}})) == {"hyperparameters": {"Max Depth": 4}}


def test_a_described_member_that_is_null_counts_as_absent_and_an_unknown_one_is_kept() -> None:
    assert value('{"endpoint": null, "dataset": {"name": "a", "version": null}, "other": null}') == {
        "dataset": {"name": "a"},
        "other": None,
    }


def test_a_stage_may_say_what_the_file_does_not() -> None:
    stages = {"Model Training": {"params": {"a": 1}, "metrics": {"rmse": 3}}, "data validation": {"metrics": {"x": 1}}}
    found = value(json.dumps({"stages": stages}))
    assert (found["hyperparameters"], found["metrics"]) == ({"a": 1}, {"rmse": 3})


def test_what_does_not_fit_the_file_stays_with_its_stage() -> None:
    found = value('{"stages": {"training": {"features": 12}}}')
    assert "features" not in found and found["stages"] == {"training": {"features": 12}}


def test_the_file_wins_over_a_stage() -> None:
    found = value('{"metrics": {"rmse": 1}, "stages": {"training": {"metrics": {"rmse": 2}}}}')
    assert found["metrics"] == {"rmse": 1}


def test_a_byte_order_mark_is_no_content() -> None:
    assert dict(parse(b'\xef\xbb\xbf{"project": "x"}', "m.json").value) == {"project": "x"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "$.b.c", "twice"),
        ('{"Data": "a", "dataset": "b"}', "$.dataset", "twice"),
        ("[1]", "$", "expected an object, found a list"),
        ("null", "$", "found null"),
        ('{"dataset": 5}', "$.dataset", "expected string or object or array, found an integer"),
        ('{"Data Sets": [{"Name": " "}]}', "$['Data Sets'][0].Name", "empty name"),
        ('{"features": ["a", {"type": "x"}]}', "$.features[1]", "'name' is missing"),
        ('{"imputation": {"A": {"value": 3}}}', "$.imputation.A", "'strategy' is missing"),
        ('{"params": ["a"]}', "$.params", "expected object, found a list"),
        ('{"metrics": {"rmse": "25,000"}}', "$.metrics.rmse", "does not say what it should"),
        ('{"metrics": {"rmse": NaN}}', "$.metrics.rmse", "a number that JSON"),
        ('{"metrics": {"rmse": true}}', "$.metrics.rmse", "found a boolean"),
        ('{"x": 1e999}', "$.x", "a number that JSON"),
        ('{"x": 99999999999999999999}', "$.x", "64 bits"),
        ('{"deployed at": "2024-13-45"}', "$['deployed at']", "does not say what it should"),
        ('{"evaluation": {"verdict": "good"}}', "$.evaluation.verdict", "pass, fail, mixed"),
        ('{"x": "\\ud800"}', "$.x", "half a character"),
        ('{"x": "a\\u0000"}', "$.x", "NUL"),
        ('{"x":' + "[" * 40 + "]" * 40 + "}", "$.x" + "[0]" * 31, "deeper than 32"),
        ("[" * 100_000, "$", "deeper than 32"),
    ],
)
def test_what_is_malformed_is_refused_with_its_json_path(text: str, place: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as raised:
        value(text)
    assert raised.value.where == f"m.json: {place}"
    assert raised.value.hint


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"", "m.json, line 1, column 1"), (b'{"a": ', "m.json, line 1, column 7"), (b'{"a": "\xff"}', "m.json, byte 7")],
)
def test_what_is_no_json_is_refused_with_its_place_in_the_text(data: bytes, place: str) -> None:
    with pytest.raises(BadInput) as raised:
        parse(data, "m.json")
    assert raised.value.where == place and raised.value.hint


def test_no_error_repeats_a_value() -> None:
    with pytest.raises(BadInput) as raised:
        value('{"hyperparameters": "hunter2"}')
    assert "hunter2" not in str(raised.value.to_dict())


def test_a_file_over_the_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(TooLarge, match=str(MAX_BYTES)):
        parse(b" " * (MAX_BYTES + 1), "m.json")
