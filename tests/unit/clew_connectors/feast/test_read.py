"""Reading Feast registries as another interpreter prints them, and everything that may be wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.feast.config import FeastConfig
from clew_connectors.feast.read import check, discover, read
from clew_connectors.feast.records import Dataset, FeatureView, Gap, QuerySource
from clew_connectors.feast.translate import translate
from clew_connectors.port import ReadWarning
from clew_schemas.errors import BadInput, ClewError, NotFound, Unreachable
from unit.clew_connectors.golden import assert_golden
from unit.clew_connectors.made_feast import NAMESPACES, printing, recorded


def configured(said: dict[str, Any], **more: Any) -> FeastConfig:
    return FeastConfig.model_validate(said | more)


def views(config: FeastConfig) -> dict[str, FeatureView]:
    return {each.name: each for each in read(config) if isinstance(each, FeatureView)}


def test_the_recorded_registry_reads_as_the_golden_file_says(tmp_path: Path) -> None:
    records = list(read(configured(recorded(tmp_path))))
    said = [each for record in records if not isinstance(record, ReadWarning) for each in translate(record)]
    assert_golden("feast/events.jsonl", said)
    assert not [each for each in records if isinstance(each, ReadWarning)]


def test_a_table_is_completed_by_its_source_then_by_the_recipe(tmp_path: Path) -> None:
    def edit(document: Any) -> None:
        (source,) = [view["source"] for view in document["views"] if view["name"] == "tariff"]
        source["schema"] = None

    found = views(configured(recorded(tmp_path, edit)))["tariff"]
    assert [flow.dataset for flow in found.flows] == [Dataset("snowflake://acme", ("SHOP", "RAW", "TARIFFS"))]


def test_a_column_is_called_as_in_its_table_where_the_source_maps_it(tmp_path: Path) -> None:
    flows = views(configured(recorded(tmp_path)))["driver_hourly"].flows
    assert [(flow.column, flow.output) for flow in flows] == [("conv", "conv_rate"), ("trips", "trips")]


@pytest.mark.parametrize(
    ("path", "namespaces", "dataset"),
    [
        ("s3://lake/raw/trips.parquet", {}, Dataset("s3://lake", ("raw/trips.parquet",))),
        ("/lake/trips.parquet", {}, Dataset("file", ("/lake/trips.parquet",))),
        ("file:///lake/trips.parquet", {}, Dataset("file", ("/lake/trips.parquet",))),
        ("trips.parquet", {"file": "lake://shop"}, Dataset("lake://shop", ("trips.parquet",))),
        (
            "trips.parquet",
            {"trips": {"namespace": "duckdb://l", "name": "l.raw.t"}},
            Dataset("duckdb://l", ("l", "raw", "t")),
        ),
    ],
)
def test_a_file_is_named_as_openlineage_does_unless_the_recipe_says_otherwise(
    tmp_path: Path, path: str, namespaces: dict[str, Any], dataset: Dataset
) -> None:
    def edit(document: Any) -> None:
        for view in document["views"]:
            if (view["source"] or {}).get("name") == "trips":
                view["source"]["path"] = path

    found = views(configured(recorded(tmp_path, edit), namespaces=namespaces))["driver_fresh"]
    assert {flow.dataset for flow in found.flows} == {dataset}


def test_a_source_that_is_nowhere_is_a_gap_and_a_warning_and_no_edge(tmp_path: Path) -> None:
    only_files = {"trips": NAMESPACES["trips"]}
    found = list(read(configured(recorded(tmp_path), namespaces=only_files)))
    (warning,) = [each for each in found if isinstance(each, ReadWarning)]
    assert "'tariffs' (snowflake)" in warning.what
    assert warning.hint and "namespaces" in warning.hint
    (tariff,) = [each for each in found if isinstance(each, FeatureView) and each.name == "tariff"]
    assert tariff.flows == ()
    assert tariff.gaps == (Gap("unknown_source", "nothing says where tariffs (snowflake) is"),)
    (query,) = [each for each in found if isinstance(each, QuerySource)]
    (lineage,) = [each for each in translate(query) if each.aspect in ("lineage", "query")]
    assert b'"code":"unknown_source"' in bytes(lineage.payload)


def test_code_that_nobody_reads_is_kept_with_a_gap_and_its_edges_are_in_doubt(tmp_path: Path) -> None:
    view = views(configured(recorded(tmp_path)))["expected_value"]
    assert view.code and "inputs" in view.code
    assert not view.is_read
    (lineage,) = [bytes(each.payload) for each in translate(view) if each.aspect == "lineage"]
    assert b'[0,null,1,"price","TRANSFORMATION",0.5]' in lineage
    assert b'"unresolved"' in lineage


def test_what_would_be_read_is_counted(tmp_path: Path) -> None:
    found = discover(configured(recorded(tmp_path)))
    assert found.summary["feature services"] == 1
    assert found.summary["feature views"] == 6
    assert "urn:clew:feature_set:(feast://rides," in found.scope.prefixes


def error(code: str) -> str:
    return f'{{"error": {{"code": "{code}", "what": "see postgres://ada:hunter2@db.example/shop"}}}}'


@pytest.mark.parametrize(
    ("printed", "kind", "words"),
    [
        (error("no_feast"), NotFound, "has no Feast"),
        (error("no_settings"), NotFound, "see"),
        (error("bad_settings"), BadInput, "settings can't be read"),
        (error("no_registry"), NotFound, "see"),
        (error("bad_registry"), BadInput, "see"),
        (error("failed"), Unreachable, "could not read the registry"),
        ("", BadInput, "can't be understood"),
        ("[]", BadInput, "can't be understood"),
        ('{"views": 1}', BadInput, "can't be understood"),
    ],
)
def test_what_the_other_interpreter_meets_is_said_in_words_and_without_secrets(
    tmp_path: Path, printed: str, kind: type[ClewError], words: str
) -> None:
    (problem,) = check(configured(printing(tmp_path, printed)))
    assert isinstance(problem, kind)
    assert words in problem.what
    assert problem.where and problem.hint
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"python": "/nowhere/python"}, NotFound, "no such interpreter"),
        ({"python": __file__}, BadInput, "can't be started"),
        ({"python": "/bin/false"}, BadInput, "gave up with code 1"),
        ({"repository": "/nowhere"}, NotFound, "no such Feast repository"),
        ({"python": sys.executable}, NotFound, "has no Feast"),
    ],
)
def test_an_interpreter_that_does_not_do_is_named(
    tmp_path: Path, wrong: dict[str, str], kind: type[ClewError], words: str
) -> None:
    (problem,) = check(configured(recorded(tmp_path), **wrong))
    assert isinstance(problem, kind)
    assert words in problem.what
    assert problem.where and problem.hint


def test_an_interpreter_that_never_ends_is_given_up(tmp_path: Path) -> None:
    said = recorded(tmp_path)
    Path(said["python"]).write_text("#!/bin/sh\nexec sleep 60\n")
    (problem,) = check(configured(said, timeout=0.3))
    assert isinstance(problem, Unreachable)
    assert "longer than 0.3 s" in problem.what
    assert problem.hint and "timeout" in problem.hint
