"""dbt's artifacts are checked as they are loaded, and refused with file and JSON path."""

import json
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.dbt import artifacts
from clew_schemas.errors import BadInput, NotFound, Unreachable
from unit.clew_connectors.made import Edit
from unit.clew_connectors.made import artifacts as made

MODEL = "model.nyc_flights.dim_planes"


def refused(folder: Path, name: str = "manifest", edit: Edit | None = None, content: bytes | None = None) -> BadInput:
    path = Path(made(folder, **{name: edit} if edit else {})[name])
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as raised:
        getattr(artifacts, name)(path)
    assert raised.value.where and raised.value.where.startswith(str(path))
    return raised.value


def put(value: Any, *steps: Any) -> Edit:
    def edit(document: Any) -> None:
        for step in steps[:-1]:
            document = document[step]
        document[steps[-1]] = value

    return edit


@pytest.mark.parametrize("version", ["v11", "v13"])
def test_a_manifest_of_another_version_is_refused_in_words(tmp_path: Path, version: str) -> None:
    url = f"https://schemas.getdbt.com/dbt/manifest/{version}.json"
    error = refused(tmp_path, edit=put(url, "metadata", "dbt_schema_version"))
    assert error.what == f"this is manifest {version}, and only manifest v12 is read"
    assert error.where and error.where.endswith("manifest.json: $.metadata.dbt_schema_version")
    assert error.hint == "dbt-core 1.8 to 1.11 write that version"


def test_another_version_is_told_even_where_its_shape_is_another_too(tmp_path: Path) -> None:
    content = b'{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v4.json"}, "nodes": []}'
    assert "manifest v4" in refused(tmp_path, content=content).what


def test_one_artifact_in_place_of_another_is_told(tmp_path: Path) -> None:
    catalog = Path(made(tmp_path)["catalog"]).read_bytes()
    error = refused(tmp_path, content=catalog)
    assert error.what == "this is catalog v1, and only manifest v12 is read"
    assert error.hint == "Check the path"


@pytest.mark.parametrize(
    ("name", "edit", "place", "what"),
    [
        ("manifest", put(7, "nodes", MODEL, "name"), f"$.nodes['{MODEL}'].name", "Expected `str`, got `int`"),
        ("manifest", put("x", "nodes", MODEL, "depends_on", "nodes"), f"$.nodes['{MODEL}'].depends_on.nodes", "array"),
        ("manifest", put([], "nodes"), "$.nodes", "Expected `object`, got `array`"),
        ("manifest", lambda document: document.pop("sources"), "$", "missing required field `sources`"),
        ("manifest", put(None, "exposures", "e"), "$.exposures['e']", "Expected `object`, got `null`"),
        ("manifest", put({}, "metadata"), "$.metadata", "missing required field `dbt_schema_version`"),
        ("catalog", put("1", "nodes", MODEL, "columns", "tailnum", "index"), "$.nodes[...].columns[...].index", "int"),
        ("run_results", put("soon", "results", 0, "execution_time"), "$.results[0].execution_time", "float"),
    ],
)
def test_a_malformed_artifact_is_refused_with_its_json_path(
    tmp_path: Path, name: str, edit: Edit, place: str, what: str
) -> None:
    error = refused(tmp_path, name, edit)
    assert error.where and error.where.endswith(f"{name}.json: {place}")
    assert what in error.what


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not valid JSON"),
        (b'{"metadata": {', "not valid JSON"),
        (b"[]", "Expected `object`"),
        (b'{"a": "\xff"}', ""),
    ],
    ids=["empty", "cut short", "a list", "not UTF-8"],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in refused(tmp_path, content=content).what


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, content=b'{"metadata": ' + b"[" * 100_000)


def test_a_missing_file_and_one_that_cannot_be_read_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as raised:
        artifacts.manifest(tmp_path / "manifest.json")
    assert raised.value.hint
    with pytest.raises(Unreachable):
        artifacts.manifest(tmp_path)


def test_members_that_are_not_known_are_passed_over(tmp_path: Path) -> None:
    path = Path(made(tmp_path)["manifest"])
    path.write_text(json.dumps({**json.loads(path.read_text()), "brand_new": [1, 2]}))
    assert artifacts.manifest(path).nodes
