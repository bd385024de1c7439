"""What the metadata.json connector says of the documentation's example, against a golden file; and its stages."""

from pathlib import Path

import pytest

from clew_connectors.metadata_json.config import MetadataConfig
from clew_connectors.metadata_json.read import read
from clew_connectors.metadata_json.stages import role
from clew_connectors.metadata_json.translate import scope, translate
from clew_connectors.port import ReadWarning
from clew_connectors.testing import covers
from unit.clew_connectors.golden import assert_golden
from unit.clew_connectors.made import house_price


def test_the_house_price_project_reads_as_the_golden_file_says(tmp_path: Path) -> None:
    records = list(read(MetadataConfig.model_validate(house_price(tmp_path))))
    events = [each for record in records if not isinstance(record, ReadWarning) for each in translate(record)]
    assert_golden("metadata_json/events.jsonl", events)


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("Data Ingestion", "ingestion"),
        ("data_validation", "validation"),
        ("model validation", "evaluation"),
        ("pre-processing", "preprocessing"),
        ("featureEngineering", "features"),
        ("Model Training", "training"),
        ("model registry", "registry"),
        ("deployment", "serving"),
        ("coffee break", ""),
    ],
)
def test_a_stage_is_known_by_a_word_of_its_name(name: str, does: str) -> None:
    assert role(name) == does


def test_the_scope_is_the_namespace_and_no_longer_one_and_closed_nothing() -> None:
    assert covers(scope("m://a", closed=False), "urn:clew:run:(m://a,x)", "lineage")
    assert not covers(scope("m://a", closed=False), "urn:clew:run:(m://ab,x)", "lineage")
    assert not covers(scope("m://a", closed=True), "urn:clew:run:(m://a,x)", "lineage")
