"""Joining dbt's artifacts: what the demo's project does not have, or has once, is edited into a copy."""

import copy
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.dbt import CONNECTOR, records
from clew_connectors.dbt.config import DbtConfig
from clew_connectors.dbt.read import check, discover, read
from clew_connectors.port import ReadWarning
from clew_connectors.run import run
from clew_connectors.testing import MemorySink
from clew_schemas.errors import BadInput
from unit.clew_connectors.made import Edit, artifacts, recipe

MODEL = "model.nyc_flights.dim_planes"
PLANES = records.Relation("duckdb://nyc", ("nyc", "main_marts", "dim_planes"))
EPHEMERAL = records.Relation("dbt://nyc_flights", ("model", "nyc_flights", "int_flight_delays"))


def read_all(folder: Path, without: tuple[str, ...] = (), **edits: Edit) -> list[Any]:
    config = artifacts(folder, **edits)
    return list(read(DbtConfig.model_validate({key: value for key, value in config.items() if key not in without})))


def of(kind: type[Any], items: list[Any]) -> dict[str, Any]:
    """Return the records of one kind by name: the last part of a relation or unique_id, tests by dbt's name."""
    found = [each for each in items if type(each) is kind]
    if kind is records.Dataset:
        return {each.relation.parts[-1]: each for each in found}
    if kind is records.Test:
        return {each.name: each for each in found}
    return {each.node.unique_id.split(".")[2]: each for each in found}


def warnings(items: list[Any]) -> list[str]:
    return [each.what for each in items if isinstance(each, ReadWarning)]


def test_a_project_reads_without_a_warning_and_counts_as_discovered(tmp_path: Path) -> None:
    items = read_all(tmp_path)
    found = discover(DbtConfig.model_validate(artifacts(tmp_path))).summary
    assert warnings(items) == []
    assert found == {"models": 14, "tests": 29, "sources": 5, "exposures": 4}
    assert len(of(records.Job, items)) == 14
    assert len(of(records.Test, items)) == 29
    assert len(of(records.Dataset, items)) == 14 + 5
    assert len(of(records.Exposure, items)) == 4


def test_what_a_model_reads_and_builds_are_relations_by_dbts_own_spelling(tmp_path: Path) -> None:
    job = of(records.Job, read_all(tmp_path))["fct_flights"]
    assert job.output == records.Relation("duckdb://nyc", ("nyc", "main_marts", "fct_flights"))
    assert [each.parts[-1] for each in job.inputs] == [
        "int_flight_delays",
        "stg_airlines",
        "stg_airports",
        "stg_planes",
    ]
    assert job.inputs[0] == EPHEMERAL


def test_an_ephemeral_model_is_bound_where_its_sql_was_written_in(tmp_path: Path) -> None:
    jobs = of(records.Job, read_all(tmp_path))
    assert jobs["fct_flights"].sql.bindings == (("__dbt__cte__int_flight_delays", EPHEMERAL),)
    assert "__dbt__cte__int_flight_delays as (" in jobs["fct_flights"].sql.text
    assert jobs["int_flight_delays"].output == EPHEMERAL
    assert jobs["int_flight_delays"].sql.text


def test_seeds_and_snapshots_are_jobs_too_and_a_seed_has_no_sql(tmp_path: Path) -> None:
    def add(manifest: Any) -> None:
        model = manifest["nodes"][MODEL]
        for kind in ("seed", "snapshot"):
            node = copy.deepcopy(model) | {"resource_type": kind, "alias": f"a_{kind}", "name": f"a_{kind}"}
            node["unique_id"] = f"{kind}.nyc_flights.a_{kind}"
            node["config"]["materialized"] = kind
            manifest["nodes"][node["unique_id"]] = node
        del manifest["nodes"]["seed.nyc_flights.a_seed"]["compiled_code"]
        manifest["nodes"]["seed.nyc_flights.a_seed"]["depends_on"]["nodes"] = []

    items = read_all(tmp_path, ("catalog",), manifest=add)
    jobs = of(records.Job, items)
    assert (jobs["a_seed"].materialized, jobs["a_seed"].sql, jobs["a_seed"].inputs) == ("seed", None, ())
    assert jobs["a_snapshot"].sql is not None
    assert jobs["a_snapshot"].output.parts == ("nyc", "main_marts", "a_snapshot")
    assert of(records.Dataset, items)["a_seed"].subtype == "table"
    assert warnings(items) == []


def test_a_python_model_has_no_sql_and_that_is_no_gap_of_dbts(tmp_path: Path) -> None:
    def python(manifest: Any) -> None:
        manifest["nodes"][MODEL] |= {"language": "python", "compiled_code": "def model(dbt, session): ..."}

    items = read_all(tmp_path, manifest=python)
    assert of(records.Job, items)["dim_planes"].sql is None
    assert warnings(items) == []


def test_models_that_were_not_compiled_are_warned_of_once(tmp_path: Path) -> None:
    def parsed(manifest: Any) -> None:
        for node in manifest["nodes"].values():
            node.pop("compiled_code", None)

    (warning,) = warnings(read_all(tmp_path, manifest=parsed))
    assert warning.startswith("14 models have no compiled SQL")


def test_columns_come_from_the_catalog_in_its_order(tmp_path: Path) -> None:
    def shuffled(catalog: Any) -> None:
        table = catalog["nodes"][MODEL]
        table["columns"] = dict(sorted(table["columns"].items(), reverse=True))

    plain = of(records.Dataset, read_all(tmp_path))["dim_planes"]
    assert of(records.Dataset, read_all(tmp_path, catalog=shuffled))["dim_planes"] == plain
    assert plain.columns[0] == ("tailnum", "VARCHAR")
    assert of(records.Dataset, read_all(tmp_path))["int_flight_delays"].columns is None


def test_without_a_catalog_no_columns_are_claimed_and_views_are_known_by_their_materialisation(tmp_path: Path) -> None:
    found = of(records.Dataset, read_all(tmp_path, ("catalog",)))
    assert {each.columns for each in found.values()} == {None}
    assert (found["stg_planes"].subtype, found["dim_planes"].subtype) == ("view", "table")


def test_prose_stands_on_the_column_as_the_catalog_spells_it(tmp_path: Path) -> None:
    def shout(catalog: Any) -> None:
        columns = catalog["nodes"][MODEL]["columns"]
        columns["TAILNUM"] = columns.pop("tailnum") | {"name": "TAILNUM"}

    items = read_all(tmp_path, catalog=shout)
    assert [each.name for each in of(records.Dataset, items)["dim_planes"].prose] == ["TAILNUM", "last_seen"]
    assert of(records.Test, items)["unique_dim_planes_tailnum"].column == "TAILNUM"


def test_relations_missing_from_the_catalog_are_warned_of_once(tmp_path: Path) -> None:
    (warning,) = warnings(read_all(tmp_path, catalog=lambda catalog: catalog["nodes"].clear()))
    assert warning.startswith("13 relations are not in the catalog")


def test_a_relation_that_is_named_twice_is_described_once(tmp_path: Path) -> None:
    def twice(manifest: Any) -> None:
        source = copy.deepcopy(manifest["sources"]["source.nyc_flights.raw.planes"])
        source |= {
            "unique_id": "source.nyc_flights.marts.dim_planes",
            "schema": "main_marts",
            "identifier": "dim_planes",
        }
        manifest["sources"][source["unique_id"]] = source

    items = read_all(tmp_path, manifest=twice)
    (warning,) = warnings(items)
    assert "source.nyc_flights.marts.dim_planes" in warning and MODEL in warning
    assert [each for each in items if getattr(each, "relation", None) == PLANES] == [
        of(records.Dataset, items)["dim_planes"]
    ]


def test_owners_come_from_the_group_and_from_meta(tmp_path: Path) -> None:
    def named(manifest: Any) -> None:
        manifest["nodes"][MODEL]["meta"] = {"owner": "Ada Marsh"}

    items = read_all(tmp_path, manifest=named)
    both = ("planning@nyc-flights.example", "Ada Marsh")
    assert of(records.Dataset, items)["dim_planes"].about.owners == both
    assert of(records.Job, items)["dim_planes"].about.owners == both
    assert of(records.Dataset, items)["flights"].about.owners == ("Ada Marsh",)
    assert of(records.Dataset, items)["planes"].about.owners == ("flight-ops@nyc-flights.example",)
    assert of(records.Exposure, items)["operations_board"].about.owners == ("olive.turner@nyc-flights.example",)
    (planning,) = [each for each in items if isinstance(each, records.Person) and each.key == both[0]]
    assert planning.name == "Network Planning"


def test_meta_keeps_its_scalars_apart_from_owner_and_tier(tmp_path: Path) -> None:
    def meta(manifest: Any) -> None:
        manifest["nodes"][MODEL]["meta"] = {"tier": 2, "owner": "x", "pii": True, "deep": {"a": 1}, "none": None}

    about = of(records.Dataset, read_all(tmp_path, manifest=meta))["dim_planes"].about
    assert (about.tier, about.custom) == ("2", (("pii", True),))


def test_a_test_is_of_what_dbt_attached_it_to_or_what_it_names(tmp_path: Path) -> None:
    tests = of(records.Test, read_all(tmp_path))
    related = tests["source_relationships_raw_flights_carrier__carrier__source_raw_airlines_"]
    assert (related.dataset.parts, related.column) == (("nyc", "raw", "flights"), "carrier")
    assert [each.parts[-1] for each in related.others] == ["airlines"]
    attached = tests["relationships_fct_flights_carrier__carrier__ref_stg_airlines_"]
    assert attached.dataset.parts[-1] == "fct_flights"
    singular = tests["movements_are_two_per_flight"]
    assert (singular.type, singular.dataset.parts[-1], singular.column) == ("singular", "fct_flights", None)
    assert [each.parts[-1] for each in singular.others] == ["airport_movements"]


def test_what_a_test_names_counts_and_not_the_order_of_what_it_reads(tmp_path: Path) -> None:
    def reverse(manifest: Any) -> None:
        for node in manifest["nodes"].values():
            if node["resource_type"] == "test" and node.get("test_metadata"):
                node["depends_on"]["nodes"].reverse()
                node["attached_node"] = None

    tests = of(records.Test, read_all(tmp_path, manifest=reverse))
    plain = of(records.Test, read_all(tmp_path))
    assert {name: each.dataset for name, each in tests.items()} == {name: each.dataset for name, each in plain.items()}


def test_what_a_test_was_given_is_kept_flat(tmp_path: Path) -> None:
    uid = "test.nyc_flights.unique_dim_planes_tailnum.2232506436"

    def given(manifest: Any) -> None:
        test = manifest["nodes"][uid]
        test["test_metadata"]["kwargs"] |= {"values": ["a", 1], "deep": {"b": [1]}, "none": None, "where": "x > 1"}
        test["test_metadata"]["namespace"] = "dbt_utils"
        test["config"]["severity"] = "WARN"
        test["column_name"] = '"tailnum"'

    test = of(records.Test, read_all(tmp_path, manifest=given))["unique_dim_planes_tailnum"]
    assert test.parameters == (("deep", '{"b": [1]}'), ("values", ("a", 1)), ("where", "x > 1"))
    assert (test.type, test.severity, test.column) == ("dbt_utils.unique", "warn", "tailnum")


def test_a_test_of_nothing_is_left_out_with_a_warning_and_so_is_its_result(tmp_path: Path) -> None:
    uid = "test.nyc_flights.movements_are_two_per_flight"
    items = read_all(tmp_path, manifest=lambda manifest: manifest["nodes"][uid]["depends_on"]["nodes"].clear())
    assert warnings(items) == [f"{uid} tests no dataset and is left out"]
    assert len(of(records.TestResult, items)) == 28


def test_an_exposure_of_an_ephemeral_model_depends_on_its_dataset(tmp_path: Path) -> None:
    def expose(manifest: Any) -> None:
        nodes = ["model.nyc_flights.int_flight_delays", "metric.nyc_flights.lateness"]
        manifest["exposures"]["exposure.nyc_flights.gate_display"]["depends_on"]["nodes"] = nodes

    items = read_all(tmp_path, manifest=expose)
    assert of(records.Exposure, items)["gate_display"].depends_on == (EPHEMERAL,)
    assert warnings(items) == [
        "exposure.nyc_flights.gate_display depends on metric.nyc_flights.lateness, which is no dataset"
    ]


def test_results_count_only_when_a_command_ran_the_tests(tmp_path: Path) -> None:
    assert len(of(records.TestResult, read_all(tmp_path))) == 29
    items = read_all(tmp_path, run_results=lambda results: results["args"].__setitem__("which", "generate"))
    assert of(records.TestResult, items) == {} == of(records.JobRun, items)
    assert warnings(items) == ["the run results are of dbt generate, which runs no test: not read"]


def test_what_failed_and_what_was_skipped_after_it_is_told(tmp_path: Path) -> None:
    def fail(results: Any) -> None:
        for result in results["results"]:
            if result["unique_id"] == MODEL:
                result |= {"status": "error", "message": "Binder Error"}
            if "unique_dim_planes" in result["unique_id"]:
                result |= {"status": "skipped", "failures": None, "timing": []}
            if "not_null_dim_planes" in result["unique_id"]:
                result |= {"status": "who knows"}

    items = read_all(tmp_path, run_results=fail)
    assert of(records.JobRun, items)["dim_planes"].status == "error"
    skipped = of(records.TestResult, items)["unique_dim_planes_tailnum"]
    assert (skipped.status, skipped.time.isoformat()) == ("skipped", "2026-11-21T00:02:09.139506+00:00")
    assert "not_null_dim_planes_tailnum" not in of(records.TestResult, items)
    (warning,) = warnings(items)
    assert "'who knows'" in warning


def test_no_path_of_the_machine_and_no_time_of_the_reading_is_kept(tmp_path: Path) -> None:
    def later(document: Any) -> None:
        document["metadata"] |= {"generated_at": "2027-01-01T00:00:00Z", "invocation_id": "another"}

    items = read_all(tmp_path)
    assert "/home/ada" not in repr(items)
    assert read_all(tmp_path, manifest=later, catalog=later) == items


def test_a_dropped_model_retracts_exactly_its_claims(tmp_path: Path) -> None:
    def drop(manifest: Any) -> None:
        for uid in [uid for uid in manifest["nodes"] if "carrier_delays" in uid]:
            del manifest["nodes"][uid]
        board = manifest["exposures"]["exposure.nyc_flights.operations_board"]
        board["depends_on"]["nodes"].remove("model.nyc_flights.carrier_delays")

    sink = MemorySink()
    run(recipe(CONNECTOR, artifacts(tmp_path)), sink)
    before = set(sink.claims)
    found = run(recipe(CONNECTOR, artifacts(tmp_path, manifest=drop)), sink)
    gone = before - set(sink.claims)
    assert found.closed and found.retracted == len(gone) == 14
    assert {urn for _, urn, _ in gone} == {
        urn for _, urn, _ in before if "carrier_delays" in urn and ":run:" not in urn
    }
    assert any(":run:" in urn and "carrier_delays" in urn for _, urn, _ in sink.claims)


def test_line_breaks_in_what_people_wrote_do_no_harm_and_those_in_columns_are_warned_of(tmp_path: Path) -> None:
    def broken(manifest: Any) -> None:
        model = manifest["nodes"][MODEL]
        model["meta"]["owner"] = "Ada\n  Marsh\x07"
        model["tags"] = ["a\nb", " "]
        flights = manifest["sources"]["source.nyc_flights.raw.flights"]
        flights["columns"]["odd"] = {"name": "dep\ndelay", "description": "Prose."}

    config = artifacts(tmp_path, manifest=broken)
    items = list(read(DbtConfig.model_validate(config)))
    about = of(records.Dataset, items)["dim_planes"].about
    assert (about.owners[-1], about.tags) == ("Ada Marsh", ("a b",))
    assert warnings(items) == [
        "source.nyc_flights.raw.flights is left out: its column 'dep\\ndelay' holds a control character"
    ]
    assert run(recipe(CONNECTOR, config), MemorySink()).held == ()


def test_a_relation_that_no_urn_can_name_is_refused(tmp_path: Path) -> None:
    def broken(manifest: Any) -> None:
        manifest["nodes"][MODEL]["alias"] = "dim\nplanes"

    with pytest.raises(BadInput, match="holds a control character"):
        read_all(tmp_path, manifest=broken)


def test_check_tells_of_every_artifact(tmp_path: Path) -> None:
    config = DbtConfig(
        manifest=str(tmp_path / "m"), catalog=str(tmp_path / "c"), run_results=str(tmp_path / "r"), namespace="x://"
    )
    assert [str(problem.where)[-1] for problem in check(config)] == ["m", "c", "r"]
