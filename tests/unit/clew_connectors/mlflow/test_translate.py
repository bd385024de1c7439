"""What the MLflow connector says of its records, against a golden file and by hand."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from clew_connectors.grouping import split
from clew_connectors.mlflow.records import (
    About,
    Alias,
    Code,
    Experiment,
    Files,
    History,
    Item,
    LoggedDataset,
    LoggedModel,
    Model,
    Person,
    Run,
    SignatureColumn,
    Source,
    Use,
    Version,
)
from clew_connectors.mlflow.translate import scope, translate
from clew_connectors.sklearn.pipeline import Feature, Importance, PipelineDescription, Scaled
from clew_connectors.testing import covers
from clew_schemas.event import Event
from unit.clew_connectors.golden import assert_golden

NS = "mlflow://nyc"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TABLE = Source("duckdb", "duckdb:///nyc.duckdb", "duckdb://nyc", ("nyc", "main", "flights"))
FLIGHTS = LoggedDataset(NS, "flights", "abc", TABLE, (("a.b", "double"), ("late", "boolean")), 3, AT)
SQL = replace(TABLE, sql="select 1", dialect="duckdb", database="nyc", schema="main")
SIGNED = Files("sklearn", (SignatureColumn("a.b", "double", True),), (SignatureColumn(None, "tensor", None),))
PIPELINE = PipelineDescription(
    (Feature("a.b", ("StandardScaler",), scaled=Scaled("StandardScaler", (("mean", 1.5),)), importance=1.0),),
    estimator="Ridge",
    parameters=(("alpha", 0.5), ("depth", 1)),
    importance=Importance("coefficient", (("a.b", 1.0),)),
)
ABOUT = About("Prose.", (("team", "delays"),), ("ada@example.org",))
LEARNED = replace(SIGNED, python="3.11", packages=(("numpy", "2.4"),), size=9, digest="sha256:0", pipeline=PIPELINE)
VERSION = Version(
    namespace=NS,
    model="delay",
    version="2",
    run_id="r1",
    about=ABOUT,
    aliases=("champion",),
    stage=None,
    artifact="file:///m",
    created=AT,
    files=LEARNED,
    parameters=(("depth", 6),),
    metrics=(("rmse", 1.5),),
    training=(FLIGHTS,),
    run_is_read=True,
)
RUN = Run(
    namespace=NS,
    run_id="r1",
    name="first",
    experiment="delays",
    parent=None,
    status="success",
    started=AT,
    ended=AT + timedelta(seconds=2),
    user="ada",
    about=ABOUT,
    code=Code("https://git.example/x", "0abc", "main", "train.py", None),
    parameters=(("depth", 6), ("seed", 7)),
    metrics=(("rmse", 1.5), ("worst", math.inf)),
    uses=(Use(FLIGHTS, "training"),),
    logged=(LoggedModel("m-1", "model", "delay 2"), LoggedModel("m-2", "other", None)),
    trained=(VERSION,),
)
RECORDS: list[Item] = [
    Experiment(NS, "delays", About()),
    RUN,
    History(NS, "r1", "rmse", ((0, AT, 2.0), (1, AT, math.nan))),
    FLIGHTS,
    replace(FLIGHTS, digest="def", source=SQL, verified="the SQL, run again, gave 3 rows with the same digest"),
    Model(NS, "delay", ABOUT, "regression", "sklearn"),
    VERSION,
    Alias(NS, "delay", "champion", "2"),
    Person("ada@example.org", "Ada", "ada@example.org"),
]


def said(record: Item, aspect: str) -> Any:
    (found,) = [json.loads(bytes(each.payload)) for each in translate(record) if each.aspect == aspect]
    return found


def lineage(record: Item) -> list[Any]:
    return [json.loads(bytes(each.payload)) for each in translate(record) if each.aspect == "lineage"]


def test_the_records_say_what_the_golden_file_says() -> None:
    events: list[Event] = [each for record in RECORDS for each in translate(record)]
    assert_golden("mlflow/events.jsonl", events)


def test_the_scope_covers_every_claim_that_is_made() -> None:
    covered = scope(NS)
    claims = [(each.urn, each.aspect) for record in RECORDS for each in translate(record) if each.time is None]
    assert [claim for claim in claims if not covers(covered, *claim)] == []
    assert not covers(covered, "urn:clew:dataset:(duckdb://nyc,nyc.main.flights)", "schema")


def test_ten_thousand_points_go_in_groups_of_five_hundred_and_cost_their_bytes() -> None:
    points = tuple((step, AT + timedelta(milliseconds=step), 1 / (step + 1)) for step in range(10_000))
    events = translate(History(NS, "r1", "loss", points))
    groups = list(split(events))
    assert [len(group) for group in groups] == [500] * 20
    assert max(len(bytes(each.payload)) for each in events) < 50


def test_a_run_without_an_end_is_running_and_has_no_duration() -> None:
    running = replace(RUN, status="running", ended=None, trained=())
    assert said(running, "run") == {"status": "running", "started": "2026-01-02T03:04:05Z"}


def test_numbers_that_are_none_are_words() -> None:
    metrics = (("down", -math.inf), ("none", math.nan))
    assert said(replace(RUN, metrics=metrics), "metrics") == {"values": {"down": "-Infinity", "none": "NaN"}}


def test_the_one_column_that_is_no_input_is_the_target_and_flows_into_the_version() -> None:
    (found,) = lineage(RUN)
    assert found["inputs"] == [
        "urn:clew:feature:(mlflow://nyc,delay.2.a%2Eb)",
        "urn:clew:dataset:(mlflow://nyc,flights.abc)",
    ]
    assert found["columns"] == [[0, None, 0, None, "TRANSFORMATION", 1.0], [0, None, 1, "late", "TRANSFORMATION", 1.0]]
    assert said(VERSION, "model_version")["target"] == "late"


def test_of_several_columns_that_are_no_inputs_none_is_made_the_target() -> None:
    wide = replace(FLIGHTS, columns=(*FLIGHTS.columns, ("id", "long")) if FLIGHTS.columns else None)
    version = replace(VERSION, training=(wide,))
    assert "target" not in said(version, "model_version")
    (found,) = lineage(replace(RUN, trained=(version,)))
    assert found["columns"] == [[0, None, 0, None, "TRANSFORMATION", 1.0]]


def test_without_training_data_the_run_says_what_is_missing() -> None:
    version = replace(VERSION, training=(), untrained="the run logged no dataset")
    (found,) = lineage(replace(RUN, uses=(), trained=(version,)))
    assert found["unresolved"] == [{"code": "no_training_data", "detail": "delay 2: the run logged no dataset"}]
    assert [each["outputs"] for each in lineage(version)] == []


def test_a_version_whose_run_is_not_read_says_so_itself() -> None:
    version = replace(VERSION, training=(), untrained="the run r1 is not in the store", run_is_read=False)
    (found,) = lineage(version)
    assert found["outputs"] == ["urn:clew:model_version:(mlflow://nyc,delay.2)"]
    assert found["unresolved"][0]["code"] == "no_training_data"


def test_data_logged_without_columns_are_said_to_be_so_and_no_column_is_invented() -> None:
    bare = replace(FLIGHTS, columns=None)
    assert [each.aspect for each in translate(bare) if each.aspect == "schema"] == []
    (found,) = lineage(replace(VERSION, training=(bare,)))
    assert "columns" not in found
    assert found["unresolved"] == [{"code": "no_column", "detail": "a.b: flights was logged without columns"}]


def test_a_model_without_signature_hangs_on_any_column_and_says_why() -> None:
    version = replace(VERSION, files=Files())
    (found,) = lineage(replace(RUN, trained=(version,)))
    assert found["columns"] == [[0, None, 0, None, "TRANSFORMATION", 1.0]]
    assert [each["code"] for each in found["unresolved"]] == ["no_signature"]


def test_a_named_table_gives_identity_rows_and_evidence() -> None:
    table = "urn:clew:dataset:(duckdb://nyc,nyc.main.flights)"
    (found,) = lineage(FLIGHTS)
    assert found["inputs"] == [table]
    assert found["columns"] == [
        [0, "a%2Eb", 0, "a%2Eb", "IDENTITY", 1.0],
        [0, "late", 0, "late", "IDENTITY", 1.0],
    ]
    (link,) = said(FLIGHTS, "evidence")["links"]
    assert (link["from"], link["by"], link["confidence"]) == (table, "table", 1.0)


def test_sql_is_handed_on_and_a_digest_that_came_out_again_is_further_evidence() -> None:
    record = replace(FLIGHTS, source=SQL, verified="same")
    assert lineage(record) == []
    assert said(record, "query")["output"] == "urn:clew:dataset:(mlflow://nyc,flights.abc)"
    assert [each["by"] for each in said(record, "evidence")["links"]] == ["sql", "digest"]


def test_a_source_on_no_known_platform_says_nothing_of_where_it_came_from() -> None:
    record = replace(FLIGHTS, source=replace(SQL, namespace=None))
    assert {each.aspect for each in translate(record)} == {"properties", "schema", "profile"}


def test_two_versions_of_one_run_share_its_lineage() -> None:
    (found,) = lineage(replace(RUN, trained=(VERSION, replace(VERSION, version="3"))))
    assert [each.rsplit(".", 1)[1] for each in found["outputs"]] == ["2)", "3)"]
    assert {row[0] for row in found["columns"]} == {0, 1}


def test_a_run_within_a_run_stands_in_it() -> None:
    assert said(replace(RUN, parent="r0"), "containment") == {"parent": "urn:clew:run:(mlflow://nyc,r0)"}
    assert said(RUN, "containment") == {"parent": "urn:clew:experiment:(mlflow://nyc,delays)"}
