"""Contracts: the published documents are what the house runs on, and a change without a version is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clew_schemas import published
from clew_schemas.aspects import BUILT_IN
from clew_schemas.contracts import narrowed, path_of, problems
from clew_schemas.documents import from_document
from clew_schemas.errors import BadInput
from clew_schemas.registry import export, from_model, read_document


def test_models_published_documents_and_examples_agree() -> None:
    assert list(problems()) == []


@pytest.mark.parametrize("model", BUILT_IN, ids=lambda model: model.__name__)
def test_an_aspect_read_from_its_document_is_as_the_one_with_a_class(model: Any) -> None:
    declared = read_document(export(model), print)
    read = from_document(json.loads(path_of(declared.name, declared.version).read_text()))
    assert (read.name, read.mode, read.kinds) == (declared.name, declared.mode, declared.kinds)
    assert (read.edges, read.search, read.resolution) == (declared.edges, declared.search, declared.resolution)


def test_a_model_that_changed_without_a_version_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in published.FOLDER.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tags = tmp_path / "tags.v1.json"
    tags.write_text(tags.read_text().replace('"The tags of a thing.', '"Once, the tags of a thing.'))
    (tmp_path / "run.v1.bad.json").unlink()
    monkeypatch.setattr(published, "FOLDER", tmp_path)
    from_model.cache_clear()
    found = list(problems())
    from_model.cache_clear()
    assert any("tags.v1.json is published and differs" in each for each in found)
    assert any("run.v1.bad.json is missing" in each for each in found)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"required": ["a", "b"]}, "b is required now"),
        ({"properties": {"a": {"type": "string"}}}, "b is gone"),
        ({"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}, "type changed"),
        ({"properties": {"a": {"type": "string", "minLength": 1}, "b": {"type": "string"}}}, "minLength changed"),
        ({"properties": {"a": {"enum": ["x"]}, "b": {"type": "string"}}}, "values are gone"),
    ],
)
def test_what_a_new_version_refuses_is_found(change: dict[str, Any], said: str) -> None:
    old = {
        "type": "object",
        "required": ["a"],
        "additionalProperties": False,
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    }
    assert any(said in each for each in narrowed(old, {**old, **change}))
    assert list(narrowed(old, old)) == []
    wider = {**old, "properties": {**old["properties"], "c": {"type": "string"}}}
    assert list(narrowed(old, wider)) == []


def test_a_document_that_describes_no_aspect_is_refused() -> None:
    with pytest.raises(BadInput):
        from_document({"type": "object"})
