"""What the dbt connector says of a project, against a golden file and by hand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clew_connectors.dbt import records
from clew_connectors.dbt.config import DbtConfig
from clew_connectors.dbt.read import read
from clew_connectors.dbt.translate import scope, translate
from clew_connectors.port import ReadWarning
from clew_connectors.testing import covers
from clew_schemas.urn import Urn
from unit.clew_connectors.golden import assert_golden
from unit.clew_connectors.made import artifacts

NODE = records.Node("dbt://shop", "test.shop.t.1")
SAID = records.Described("Prose.", (), (), None, ())
AT = datetime(2026, 1, 2, tzinfo=UTC)
KEPT = (
    "fct_flights",
    "int_flight_delays",
    "raw.flights",
    "person:",
    "group:",
    "exposure.",
    "pipeline:",
    "movements_are",
)


def payloads(record: records.Item) -> dict[str, Any]:
    return {each.aspect: msgspec.json.decode(each.payload) for each in translate(record)}


def test_the_demos_project_reads_as_the_golden_file_says(tmp_path: Path) -> None:
    items = read(DbtConfig.model_validate(artifacts(tmp_path)))
    events = [each for item in items if not isinstance(item, ReadWarning) for each in translate(item)]
    assert len(events) == 355
    assert_golden("dbt/events.jsonl", [each for each in events if any(part in each.urn for part in KEPT)])


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("dashboard", "dashboard"),
        ("notebook", "notebook"),
        ("analysis", "notebook"),
        ("ml", "model"),
        ("application", "application"),
        ("brand new", "application"),
    ],
)
def test_an_exposure_is_of_the_kind_that_its_type_says(type_: str, kind: str) -> None:
    record = records.Exposure(records.Node("dbt://shop", "exposure.shop.e"), type_, "e", None, None, None, SAID, ())
    assert {Urn.parse(each.urn).kind for each in translate(record)} == {kind}
    assert covers(scope("dbt://shop", "duckdb://shop"), translate(record)[0].urn, "exposure")


def test_an_exposure_about_a_registered_model_hangs_on_it_and_lends_it_its_owners() -> None:
    node, model = records.Node("dbt://shop", "exposure.shop.e"), ("mlflow://shop", "churn")
    exposure, *_ = translate(records.Exposure(node, "ml", "e", None, None, None, SAID, (), model))
    churn = "urn:clew:model:(mlflow://shop,churn)"
    assert msgspec.json.decode(exposure.payload)["dependsOn"] == [churn]
    (owned,) = translate(records.ModelOwners(*model, ("ada@shop.example",)))
    assert (owned.urn, owned.aspect) == (churn, "ownership")
    assert covers(scope("dbt://shop", "duckdb://shop", "mlflow://shop"), churn, "ownership")
    assert not covers(scope("dbt://shop", "duckdb://shop"), churn, "ownership")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("pass", "pass"),
        ("fail", "fail"),
        ("warn", "warn"),
        ("error", "error"),
        ("runtime error", "error"),
        ("skipped", "skipped"),
    ],
)
def test_results_keep_status_failures_and_duration(said: str, meant: str) -> None:
    (event,) = translate(records.TestResult(NODE, said, 3, "Got 3 results" * 1000, 12.5, AT))
    payload = msgspec.json.decode(event.payload)
    assert (payload["status"], payload["failures"], payload["durationMs"], event.time) == (meant, 3, 12.5, AT)
    assert len(payload["message"]) == 2_000


@pytest.mark.parametrize(
    ("said", "meant"), [("success", "success"), ("error", "failed"), ("skipped", "skipped"), ("no-op", "unknown")]
)
def test_a_run_is_named_after_its_invocation_and_outlives_the_crawl(said: str, meant: str) -> None:
    job = records.Node("dbt://shop", "model.shop.m")
    (event,) = translate(records.JobRun(job, "inv-1", said, AT, AT, 1.0, "message"))
    payload = msgspec.json.decode(event.payload)
    assert event.urn == "urn:clew:run:(dbt://shop,inv-1.model.shop.m)"
    assert (payload["status"], payload["job"]) == (meant, "urn:clew:job:(dbt://shop,model.shop.m)")
    assert ("message" in payload) == (said != "success")
    assert not covers(scope("dbt://shop", "duckdb://shop"), event.urn, "run")


def test_names_with_dots_spaces_quotes_and_accents_are_one_segment_each() -> None:
    relation = records.Relation("duckdb://x", ("a.b", "c d", 'e"f', "größe, (1)"))
    prose = records.ColumnProse("x.y", "Prose.", ("p.q",))
    found = translate(records.Dataset(relation, "duckdb", "table", None, SAID, (prose,), (("x.y", "INTEGER"),)))
    dataset = '(duckdb://x,a%2Eb.c d.e"f.größe%2C %281%29'
    assert {str(Urn.parse(each.urn)) for each in found} == {
        f"urn:clew:dataset:{dataset})",
        f"urn:clew:column:{dataset},x%2Ey)",
    }
    assert msgspec.json.decode(found[-1].payload) == {"tags": [{"tag": "urn:clew:tag:(clew,p%2Eq)"}]}


def test_a_person_is_known_by_an_address_that_is_one_segment() -> None:
    (event,) = translate(records.Person("ada@x.example", "Ada", "ada@x.example"))
    assert Urn.parse(event.urn).label == "ada@x.example"


def test_a_job_without_sql_says_its_lineage_and_no_query() -> None:
    job = records.Job(NODE, "shop", "seed", SAID, (), records.Relation("duckdb://x", ("d", "s", "t")), None)
    said = payloads(job)
    assert said["lineage"] == {"inputs": [], "outputs": ["urn:clew:dataset:(duckdb://x,d.s.t)"]}
    assert "query" not in said
