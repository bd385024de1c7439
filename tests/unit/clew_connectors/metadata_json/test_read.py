"""Reading metadata.json files: one, many, bad ones among good ones; and what is made of datasets."""

import json
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.metadata_json import CONNECTOR
from clew_connectors.metadata_json.config import MetadataConfig
from clew_connectors.metadata_json.read import check, discover, read
from clew_connectors.metadata_json.records import Dataset, Project
from clew_connectors.port import ReadWarning
from clew_connectors.run import Summary, run
from clew_connectors.testing import MemorySink
from clew_schemas.errors import BadInput, ClewError, NotFound, TooLarge
from unit.clew_connectors.made import house_price, recipe

VERSION = "urn:clew:model_version:(metadata://x,m.1)"
SET = "urn:clew:dataset:(metadata://x,d)"
MODEL = {"project": "p", "model": {"name": "m", "version": 1}}


def written(folder: Path, document: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "metadata.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return path


def crawled(path: Path | str, sink: MemorySink | None = None, **more: Any) -> tuple[MemorySink, Summary]:
    sink = sink or MemorySink()
    found = run(recipe(CONNECTOR, {"path": str(path), "namespace": "metadata://x", **more}), sink)
    assert found.held == ()
    return sink, found


def of(folder: Path, document: Any, **more: Any) -> MemorySink:
    return crawled(written(folder, document), **more)[0]


def test_a_file_that_names_no_dataset_leaves_a_gap_and_no_edge(tmp_path: Path) -> None:
    sink = of(tmp_path, {**MODEL, "features": ["a"], "metrics": {"rmse": 1}})
    lineage = sink.said("urn:clew:run:(metadata://x,m.1)", "lineage")
    assert [each["code"] for each in lineage["unresolved"]] == ["no_training_data"]
    assert lineage["inputs"] == ["urn:clew:feature:(metadata://x,m.1.a)"]
    features = sink.said("urn:clew:feature_set:(metadata://x,m.1.features)", "lineage")
    assert (features["inputs"], features["columns"]) == ([], [])
    assert not [urn for _, urn, _ in sink.claims if ":dataset:" in urn]


def test_a_dataset_that_only_a_name_tells_of_is_a_gap(tmp_path: Path) -> None:
    sink = of(tmp_path, {**MODEL, "dataset": "d"}, data_namespace="duckdb://wh")
    lineage = sink.said(SET, "lineage")
    assert (lineage["inputs"], lineage["unresolved"][0]["code"]) == ([], "unmapped_dataset")
    assert sink.said(SET, "evidence") is None


def test_by_name_it_is_the_table_of_that_name_with_less_confidence_when_the_recipe_wants_that(tmp_path: Path) -> None:
    document = {**MODEL, "dataset": {"name": "d", "columns": ["a"]}, "features": ["a"]}
    sink = of(tmp_path, document, data_namespace="duckdb://wh", unmapped="name")
    (link,) = sink.said(SET, "evidence")["links"]
    assert (link["from"], link["by"], link["confidence"]) == ("urn:clew:dataset:(duckdb://wh,d)", "name", 0.5)
    assert sink.said(SET, "lineage")["columns"] == [[0, "a", 0, "a", "IDENTITY", 0.5]]


@pytest.mark.parametrize(
    ("dataset", "more"),
    [
        ({"name": "d", "namespace": "duckdb://wh", "table": "main.d"}, {}),
        ({"name": "d", "table": "main.d"}, {"data_namespace": "duckdb://wh"}),
        ("d", {"datasets": {"d": "urn:clew:dataset:(duckdb://wh,main.d)"}}),
        ("d", {"datasets": {"d": "main.d"}, "data_namespace": "duckdb://wh"}),
    ],
    ids=["by the file", "table in the file", "by URN", "by name in the recipe"],
)
def test_a_table_that_file_or_recipe_name_is_stated(tmp_path: Path, dataset: Any, more: Any) -> None:
    sink = of(tmp_path, {**MODEL, "dataset": dataset, "features": ["a"]}, **more)
    (link,) = sink.said(SET, "evidence")["links"]
    assert (link["from"], link["by"]) == ("urn:clew:dataset:(duckdb://wh,main.d)", "stated")
    assert link["confidence"] == 1.0


def test_a_recipe_whose_names_have_no_namespace_is_refused() -> None:
    for more in ({"datasets": {"d": "main.d"}}, {"unmapped": "name"}, {"datasets": {"d": "urn:clew:run:(a,b)"}}):
        with pytest.raises(ValueError, match=r"data_namespace|no dataset"):
            MetadataConfig.model_validate({"path": "x", **more})


def test_a_feature_without_a_listed_column_hangs_on_any_column_with_a_gap(tmp_path: Path) -> None:
    sink = of(tmp_path, {**MODEL, "dataset": {"name": "d", "columns": ["a"]}, "features": ["a", "age"]})
    lineage = sink.said("urn:clew:feature_set:(metadata://x,m.1.features)", "lineage")
    assert lineage["columns"] == [[0, None, 0, "a", "IDENTITY", 1.0], [1, None, 0, None, "TRANSFORMATION", 1.0]]
    assert ["'age'" in each["detail"] for each in lineage["unresolved"]] == [True]


def test_a_feature_of_a_dataset_without_columns_is_matched_by_name_and_marked(tmp_path: Path) -> None:
    sink = of(tmp_path, {**MODEL, "dataset": "d", "features": ["a", {"name": "b", "column": "B"}]})
    about = "urn:clew:feature_set:(metadata://x,m.1.features)"
    assert [row[5] for row in sink.said(about, "lineage")["columns"]] == [0.8, 1.0]
    (link,) = sink.said(about, "evidence")["links"]
    assert (link["by"], link["confidence"]) == ("name", 0.8)


def test_of_several_datasets_the_one_that_lists_the_column_holds_it(tmp_path: Path) -> None:
    sets = [{"name": "d", "columns": ["a"]}, {"name": "e", "columns": {"b": "int"}}, {"name": "t", "role": "test"}]
    sink = of(tmp_path, {**MODEL, "datasets": sets, "features": ["a", "b"], "metrics": {"rmse": 1}})
    lineage = sink.said("urn:clew:feature_set:(metadata://x,m.1.features)", "lineage")
    assert [row[2:4] for row in lineage["columns"]] == [[0, "a"], [1, "b"]]
    judged = sink.said("urn:clew:evaluation:(metadata://x,m.1.evaluation)", "evaluation")
    assert judged["datasets"] == ["urn:clew:dataset:(metadata://x,t)"]


def test_learned_values_and_their_unknown_members_are_kept(tmp_path: Path) -> None:
    sink = of(
        tmp_path,
        {
            **MODEL,
            "imputers": [{"columns": ["a", "b"], "method": "knn", "n_neighbors": 5}],
            "scaler": {"a": {"type": "robust", "center": 2, "note": "by hand"}},
            "encoders": {"c": "ordinal"},
        },
    )
    a = "urn:clew:feature:(metadata://x,m.1.a)"
    assert sink.said(a, "feature") == {
        "imputation": {"strategy": "knn"},
        "scaling": {"method": "robust", "parameters": {"center": 2.0}},
    }
    assert sink.said(a, "notes")["values"] == {"imputation": {"n_neighbors": 5}, "scaling": {"note": "by hand"}}
    assert sink.said("urn:clew:feature:(metadata://x,m.1.c)", "feature") == {"encoding": {"method": "ordinal"}}


def test_metrics_may_be_no_numbers_and_may_be_grouped(tmp_path: Path) -> None:
    sink = of(tmp_path, {**MODEL, "evaluation": {"r2": 1, "on": "holdout"}, "scores": {"a": "nan", "t": {"b": "-inf"}}})
    assert sink.said(VERSION, "metrics")["values"] == {"r2": 1, "a": "NaN", "t.b": "-Infinity"}
    assert sink.said("urn:clew:evaluation:(metadata://x,m.1.evaluation)", "notes")["values"] == {"on": "holdout"}


def test_hyperparameters_that_are_no_scalars_are_kept_as_text(tmp_path: Path) -> None:
    sink = of(tmp_path, {**MODEL, "params": {"layers": [64, 32], "tree": {"depth": 4}, "seed": None}})
    assert sink.said(VERSION, "parameters")["values"] == {"layers": "[64, 32]", "tree.depth": 4, "seed": None}


def test_flat_and_short_spellings_say_the_same_as_objects(tmp_path: Path) -> None:
    flat = {
        "model_name": "m",
        "model_version": 1,
        "deployed_on": "production",
        "deployed_at": "2024-03-20",
        "endpoint": "https://x.example/m",
        "health": "healthy",
        "code": "https://git.example/x",
        "commit": "abc",
        "seed": 7,
        "owner": "Ada <ada@example.com>",
    }
    sink = of(tmp_path, flat)
    alias = "urn:clew:deployment:(metadata://x,m.production)"
    assert sink.said(alias, "deployment")["since"] == "2024-03-20T00:00:00Z"
    endpoint = sink.said("urn:clew:endpoint:(metadata://x,m)", "endpoint")
    assert (endpoint["deployments"], endpoint["health"]) == ([alias], "healthy")
    assert sink.said(VERSION, "source_code") == {"repository": "https://git.example/x", "commit": "abc"}
    assert sink.said("urn:clew:run:(metadata://x,m.1)", "environment") == {"seeds": {"seed": 7}}
    assert sink.said(VERSION, "ownership")["owners"][0]["owner"] == "urn:clew:person:(people,ada@example%2Ecom)"


def test_a_file_without_a_name_is_called_after_its_folder(tmp_path: Path) -> None:
    sink = of(tmp_path / "taxi", {"metrics": {"rmse": 1}})
    assert sink.said("urn:clew:model_version:(metadata://x,taxi.unversioned)", "metrics") is not None


def test_a_file_that_tells_of_no_model_invents_none(tmp_path: Path) -> None:
    sink = of(tmp_path, {"project": "p", "stages": ["load", "clean"], "colour": "red"})
    assert {urn.split(":")[2] for _, urn, _ in sink.claims} == {"experiment", "pipeline", "task"}
    assert sink.said("urn:clew:pipeline:(metadata://x,p)", "notes")["values"] == {"colour": "red"}


def test_unknown_members_are_kept_where_they_are_said(tmp_path: Path) -> None:
    dataset = {"name": "d", "licence": "cc0"}
    sink = of(tmp_path, {**MODEL, "dataset": dataset, "Deployment": {"env": "prod", "pods": 3}, "Colour": "red"})
    assert sink.said(VERSION, "notes")["values"] == {"Colour": "red"}
    assert sink.said(SET, "notes")["values"] == {"licence": "cc0"}
    assert sink.said("urn:clew:deployment:(metadata://x,m.prod)", "notes")["values"] == {"pods": 3}


def test_one_bad_file_keeps_no_other_from_being_read_and_leaves_a_gap(tmp_path: Path) -> None:
    written(tmp_path / "a", {**MODEL, "metrics": {"rmse": 1}})
    bad = {"project": "q", "model": {"name": "n", "version": 2}, "metrics": {"rmse": "good"}}
    path = written(tmp_path / "b", bad)
    written(tmp_path / "c", b"\xff")
    pattern = tmp_path / "*" / "metadata.json"
    assert check(MetadataConfig(path=str(pattern))) == []
    sink, found = crawled(pattern)
    assert (found.warnings, found.warned[0].where) == (2, f"{path}: $.metrics.rmse")
    assert sink.said(VERSION, "metrics") is not None
    gap = sink.said("urn:clew:object:(metadata://x,b.metadata%2Ejson)", "lineage")
    assert gap["outputs"] == ["urn:clew:model_version:(metadata://x,n.2)"]
    assert gap["unresolved"][0]["code"] == "unreadable_metadata"
    assert sink.said("urn:clew:object:(metadata://x,c.metadata%2Ejson)", "lineage")["outputs"] == []


def test_what_a_file_told_stays_while_it_is_bad_and_its_gap_goes_when_it_is_mended(tmp_path: Path) -> None:
    written(tmp_path / "a", MODEL)
    other = {"project": "q", "model": {"name": "n", "version": 2}}
    written(tmp_path / "b", other)
    pattern = tmp_path / "*" / "metadata.json"
    sink, _ = crawled(pattern)
    before = dict(sink.claims)
    written(tmp_path / "b", b"{")
    _, broken = crawled(pattern, sink)
    assert broken.retracted == 0 and before.items() <= sink.claims.items()
    written(tmp_path / "b", other)
    crawled(pattern, sink)
    assert sink.claims == before


def test_where_no_file_can_be_read_nothing_is(tmp_path: Path) -> None:
    written(tmp_path / "a", b"{")
    asked = MetadataConfig(path=str(tmp_path / "*" / "metadata.json"))
    (problem,) = check(asked)
    with pytest.raises(BadInput) as raised:
        list(read(asked))
    assert str(problem) == str(raised.value)


def test_two_files_that_tell_of_one_version_are_not_mixed(tmp_path: Path) -> None:
    written(tmp_path / "a", {**MODEL, "metrics": {"rmse": 1}})
    written(tmp_path / "b", {**MODEL, "project": "other", "metrics": {"rmse": 2}})
    sink, found = crawled(tmp_path / "*" / "metadata.json")
    assert "told of by another file" in found.warned[0].what
    assert sink.said(VERSION, "metrics")["values"] == {"rmse": 1}


def test_two_versions_of_one_project_lie_in_one_experiment(tmp_path: Path) -> None:
    for version in (1, 2):
        written(tmp_path / str(version), {"project": "p", "model": {"name": "m", "version": version}})
    sink, found = crawled(tmp_path / "*" / "metadata.json")
    assert found.warnings == 0
    for version in (1, 2):
        run_of = sink.said(f"urn:clew:run:(metadata://x,m.{version})", "containment")
        assert run_of == {"parent": "urn:clew:experiment:(metadata://x,p)"}


def test_versions_of_one_model_share_model_dataset_deployment_and_endpoint(tmp_path: Path) -> None:
    shared = {"dataset": "d", "deployed_on": "production", "endpoint": "https://x.example/m"}
    for version in (1, 2):
        written(
            tmp_path / str(version), {"project": f"p{version}", "model": {"name": "m", "version": version}, **shared}
        )
    sink, _ = crawled(tmp_path / "*" / "metadata.json")
    versions = sink.said("urn:clew:deployment:(metadata://x,m.production)", "deployment")["versions"]
    assert versions == [VERSION, VERSION.replace("m.1", "m.2")]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({**MODEL, "datasets": ["d", "d"]}, "$.dataset[1]"),
        ({**MODEL, "features": ["a", "a"]}, "$.features"),
        ({**MODEL, "features": ["a\u0001"]}, "$.features"),
        ({**MODEL, "stages": ["a", "a"]}, "$.stages"),
        ({**MODEL, "scaling": [{"column": "a", "method": "x"}, {"column": "a", "method": "y"}]}, "$.scaling[1]"),
    ],
)
def test_what_is_said_twice_or_has_no_name_is_refused(tmp_path: Path, document: Any, place: str) -> None:
    path = written(tmp_path, document)
    with pytest.raises(BadInput) as raised:
        list(read(MetadataConfig(path=str(path))))
    where = raised.value.where or ""
    assert where.startswith(str(path)) and where.replace("datasets", "dataset").endswith(place)


def test_a_file_of_fifty_megabytes_is_refused_with_the_limit_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "metadata.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(TooLarge, match=r"50000000 bytes is over the limit of 5000000"):
        list(read(MetadataConfig(path=str(path))))


@pytest.mark.parametrize(
    ("path", "kind"),
    [("no.json", NotFound), (".", BadInput), ("**/no.json", NotFound)],
    ids=["file", "folder", "pattern"],
)
def test_what_is_not_there_is_said(tmp_path: Path, path: str, kind: type[ClewError]) -> None:
    asked = MetadataConfig(path=str(tmp_path / path) if path != "." else str(tmp_path))
    with pytest.raises(kind) as raised:
        list(read(asked))
    assert raised.value.where and raised.value.hint
    assert [str(each) for each in check(asked)] == [str(raised.value)]


def test_what_would_be_read_is_counted(tmp_path: Path) -> None:
    found = discover(MetadataConfig.model_validate(house_price(tmp_path)))
    assert found.summary == {"projects": 1, "models": 1, "datasets": 1}


def test_records_are_plain_and_warnings_none_for_the_example(tmp_path: Path) -> None:
    found = list(read(MetadataConfig.model_validate(house_price(tmp_path))))
    assert [type(each) for each in found if isinstance(each, Dataset | Project)] == [Dataset, Project]
    assert not [each for each in found if isinstance(each, ReadWarning)]


def test_five_thousand_features_land_and_more_are_refused(tmp_path: Path) -> None:
    names = [f"feature_number_{at}" for at in range(5_000)]
    sink = of(tmp_path, {**MODEL, "dataset": {"name": "d", "columns": names}, "features": names})
    assert len(sink.said(VERSION, "model_version")["features"]) == 5_000
    with pytest.raises(BadInput, match="5000"):
        list(read(MetadataConfig(path=str(written(tmp_path, {**MODEL, "features": [*names, "one_more"]})))))
