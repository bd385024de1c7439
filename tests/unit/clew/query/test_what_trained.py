"""What trained this: versions, learned values, columns with their proof, evidence, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.errors import Ambiguous, BadInput, NotFound
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.settings import Settings
from clew_schemas import Event, event, urn
from clew_schemas.urn import column
from unit.clew.query import learned
from unit.clew.query.learned import (
    ALIAS,
    ANNA,
    ENDPOINT,
    FLIGHTS,
    MODEL,
    PREDICTIONS,
    TABLE,
    feature,
    logged,
    run,
    say,
    version,
)

ADA = Viewer("ada")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        for source in ("warehouse", "log", "person"):
            opened.ledger.register(Source(source, "time"))
        yield opened


def ask(house: House, name: str, **more: Any) -> dict[str, Any]:
    return house.questions.what_trained(name, ADA, **more).to_dict()


def gaps(answer: dict[str, Any]) -> set[tuple[str, str]]:
    return {(gap["code"], gap["urn"]) for gap in answer["gaps"]}


def way(answer: dict[str, Any], path: list[int]) -> list[str]:
    """Return the URNs along a path, from its beginning to its end."""
    nodes, edges = answer["proof"]["nodes"]["urn"], answer["proof"]["edges"]
    return [nodes[edges["src"][path[0]]], *(nodes[edges["dst"][at]] for at in path)]


class TestComplete:
    def test_an_endpoint_is_traced_to_raw_columns_with_learned_values_and_evidence(self, house: House) -> None:
        learned.delays(house)
        answer = ask(house, ENDPOINT)
        assert answer["complete"], answer["gaps"]
        (told,) = answer["versions"]
        assert (told["urn"], told["via"]) == (version(2), [ALIAS, ENDPOINT])
        assert told["run"]["status"] == "success"
        assert (told["run"]["user"], told["run"]["code"]["commit"]) == (ANNA, "def456")
        assert (told["run"]["environment"]["python"], told["run"]["seeds"]) == ("3.11.7", {"numpy": 7})
        assert told["parameters"] == {"depth": 10, "trees": 30}
        assert told["metrics"]["rmse"] == 29.0
        assert [each["name"] for each in told["features"]] == ["delay", "from", "far"]
        delay, origin, far = told["features"]
        assert delay["imputation"] == {"strategy": "median", "value": 3.0}
        assert delay["scaling"]["parameters"] == {"mean": 13.0, "scale": 40.0}
        assert origin["encoding"]["categories"] == ["EWR", "JFK", "LGA"]
        assert (delay["importance"], far["importance"]) == (0.5, 0.167)
        assert [each["urn"] for each in delay["sources"]] == [column(FLIGHTS, "dep_delay")]
        assert way(answer, delay["sources"][0]["path"]) == [
            column(FLIGHTS, "dep_delay"),
            column(TABLE, "delay"),
            column(logged("d2"), "delay"),
            feature(2, "delay"),
        ]

    def test_the_logged_set_tells_its_digest_rows_role_and_by_what_its_source_was_found(self, house: House) -> None:
        learned.delays(house)
        (told,) = ask(house, "late.2")["versions"]
        (data,) = told["datasets"]
        assert (data["name"], data["digest"], data["rows"], data["role"]) == ("delays", "d2", 40_000, "training")
        assert (data["catalogued"], data["sources"]) == (False, [TABLE])
        assert [(link["by"], link["from"], link["confidence"]) for link in data["evidence"]] == [("table", TABLE, 1.0)]
        near, raw = told["sources"]
        assert (near["urn"], near["raw"], raw["urn"], raw["raw"]) == (TABLE, False, FLIGHTS, True)
        assert raw["columns"] == ["dep_delay", "distance", "origin"]

    def test_the_target_is_traced_too(self, house: House) -> None:
        learned.delays(house)
        target = ask(house, "late.1")["versions"][0]["target"]
        assert target["name"] == "late"
        assert [each["urn"] for each in target["sources"]] == [column(FLIGHTS, "dep_delay")]

    @pytest.mark.parametrize(("name", "count"), [(MODEL, 2), (ALIAS, 1), (PREDICTIONS, 1), (version(1), 1)])
    def test_each_version_behind_is_told_the_newest_first(self, house: House, name: str, count: int) -> None:
        learned.delays(house)
        answer = ask(house, name)
        assert answer["total"] == len(answer["versions"]) == count
        assert answer["versions"][0]["urn"] == (version(1) if name == version(1) else version(2))

    def test_more_versions_than_are_told_are_a_cut(self, house: House) -> None:
        learned.delays(house)
        answer = ask(house, MODEL, most=1)
        assert ([each["urn"] for each in answer["versions"]], answer["total"]) == ([version(2)], 2)
        assert (answer["complete"], answer["frontier"][0]["count"]) == (False, 1)

    def test_weak_evidence_lowers_the_confidence_and_is_named(self, house: House) -> None:
        say(house, *learned.warehouse(), source="warehouse")
        data = learned.log_of_data("d1", ["delay", "late"], by="columns", confidence=0.6)
        known = learned.training(1, {"delay": {}}, data=logged("d1"), parameters={}, metrics={})
        say(house, *data, *known, source="log")
        (told,) = ask(house, "late.1")["versions"]
        assert told["datasets"][0]["evidence"][0]["by"] == "columns"
        assert {each["confidence"] for each in told["sources"]} == {0.6}
        assert told["features"][0]["sources"][0]["confidence"] == 0.6

    def test_the_run_and_features_are_found_by_lineage_when_the_version_names_neither(self, house: House) -> None:
        learned.delays(house)
        say(house, event(version(1), "model_version", {"model": MODEL, "version": "1"}), source="log")
        (told,) = ask(house, version(1))["versions"]
        assert told["run"]["urn"] == run(1)
        assert [each["urn"] for each in told["features"]] == [feature(1, "delay"), feature(1, "from")]

    def test_predictions_tell_which_state_of_their_inputs_they_were_made_from(self, house: House) -> None:
        learned.delays(house)
        say(house, event(TABLE, "version", {"version": "7", "digest": "sha256:t"}), source="warehouse")
        about = ask(house, PREDICTIONS)["about"]
        assert about["data"] == [{"urn": TABLE, "digest": "sha256:t", "version": "7"}]


class TestUnknown:
    def test_a_run_whose_logged_data_are_withdrawn(self, house: House) -> None:
        learned.delays(house)
        say(house, Event(run(1), "data_inputs", op="retract"), source="log")
        answer = ask(house, "late.1")
        assert gaps(answer) == {("no_logged_dataset", run(1))}
        assert [each["role"] for each in answer["versions"][0]["datasets"]] == [None]

    def test_a_run_that_logged_no_dataset(self, house: House) -> None:
        say(house, *learned.training(1, {"delay": {}}, data=None, parameters={}, metrics={}), source="log")
        answer = ask(house, "late.1")
        assert not answer["complete"]
        (gap,) = answer["gaps"]
        assert (gap["code"], gap["urn"]) == ("no_logged_dataset", run(1))
        assert gap["detail"] == "the run logged no dataset"

    def test_a_version_without_run_without_features(self, house: House) -> None:
        say(house, event(version(1), "model_version", {"model": MODEL}), source="log")
        assert gaps(ask(house, version(1))) == {("no_run", version(1)), ("no_features", version(1))}

    def test_a_model_without_versions(self, house: House) -> None:
        say(house, event(MODEL, "model", {"task": "regression"}), source="log")
        answer = ask(house, "late")
        assert (answer["versions"], answer["complete"], gaps(answer)) == ([], False, {("no_versions", MODEL)})

    def test_a_logged_set_whose_source_nobody_found(self, house: House) -> None:
        learned.delays(house)
        stranger = learned.schema(logged("d1"), "delay", "from", "late", "of nobody")
        say(house, Event(logged("d1"), "lineage", op="retract"), stranger, source="log")
        answer = ask(house, "late.1")
        assert not answer["complete"]
        assert gaps(answer) == {("unknown_source", logged("d1")), ("unknown_feature_source", version(1))}
        details = {gap["code"]: gap["detail"] for gap in answer["gaps"]}
        assert "2 features: delay, from" in details["unknown_feature_source"]
        assert "columns lie in no dataset" in details["unknown_source"]
        assert ask(house, "late.2")["complete"]

    def test_a_logged_set_of_which_all_was_taken_back(self, house: House) -> None:
        learned.delays(house)
        gone = [Event(logged("d1"), name, op="retract") for name in ("lineage", "schema", "evidence")]
        say(house, *gone, source="log")
        answer = ask(house, "late.1")
        assert {code for code, _ in gaps(answer)} >= {"no_column_lineage", "undescribed_dataset"}
        (data,) = answer["versions"][0]["datasets"]
        assert [link["by"] for link in data["evidence"]] == ["name"]

    def test_lineage_that_somebody_claims_without_evidence(self, house: House) -> None:
        learned.delays(house)
        say(house, Event(logged("d1"), "evidence", op="retract"), source="log")
        assert gaps(ask(house, "late.1")) == {("no_evidence", logged("d1"))}

    def test_a_stewards_word_is_evidence_by_itself(self, house: House) -> None:
        learned.delays(house)
        say(house, *(Event(logged("d1"), name, op="retract") for name in ("evidence", "lineage")), source="log")
        columns = (("delay", "delay"), ("from", "from"), ("late", "late"))
        say(house, learned.flows(logged("d1"), TABLE, logged("d1"), *columns), source="steward")
        answer = ask(house, "late.1")
        assert answer["complete"], answer["gaps"]
        assert [link["by"] for link in answer["versions"][0]["datasets"][0]["evidence"]] == ["stated"]

    def test_lineage_that_is_known_for_whole_tables_only(self, house: House) -> None:
        learned.delays(house)
        data = logged("d1")
        say(house, event(data, "lineage", {"inputs": [TABLE], "outputs": [data]}), source="log")
        answer = ask(house, "late.1")
        assert gaps(answer) == {("no_column_lineage", data), ("unknown_feature_source", version(1))}
        assert [each["urn"] for each in answer["versions"][0]["sources"]] == [TABLE, FLIGHTS]

    def test_a_feature_that_comes_from_any_column(self, house: House) -> None:
        learned.delays(house)
        rows = [[0, None, 0, None, "TRANSFORMATION", 1.0]]
        vague = {"inputs": [logged("d1")], "outputs": [feature(1, "delay")], "columns": rows}
        say(house, event(learned.feature_set(1), "lineage", vague), source="log")
        found = gaps(ask(house, "late.1"))
        assert ("unknown_feature_column", version(1)) in found

    def test_a_feature_that_is_a_mere_name(self, house: House) -> None:
        learned.delays(house)
        uses = [{"name": "delay", "feature": feature(1, "delay")}, {"name": "ghost"}]
        say(house, event(version(1), "model_version", {"run": run(1), "features": uses}), source="log")
        answer = ask(house, version(1))
        assert gaps(answer) == {("unknown_feature_source", version(1))}
        assert answer["versions"][0]["features"][1]["sources"] == []

    def test_a_run_without_end_is_told_as_it_is(self, house: House) -> None:
        learned.delays(house)
        say(house, event(run(1), "run", {"status": "running", "started": "2026-01-01T10:00:00Z"}), source="log")
        told = ask(house, "late.1")["versions"][0]["run"]
        assert (told["status"], told["ended"], told["durationMs"]) == ("running", None, None)

    def test_infinite_metrics_are_told_as_they_were_said(self, house: House) -> None:
        learned.delays(house)
        say(house, event(run(1), "metrics", {"values": {"loss": "NaN"}}), source="log")
        assert ask(house, "late.1")["versions"][0]["metrics"] == {"loss": "NaN"}


class TestTablesThatStandAlone:
    """Sets of data that are catalogued on their own account, and not only in a log."""

    def test_a_table_that_the_run_named_needs_no_evidence(self, house: House) -> None:
        learned.delays(house)
        say(house, event(run(1), "data_inputs", {"datasets": [{"dataset": TABLE, "role": "training"}]}), source="log")
        say(house, learned.flows(feature(1, "delay"), TABLE, TABLE), source="log")
        direct = {
            "inputs": [TABLE],
            "outputs": [feature(1, "delay"), feature(1, "from")],
            "columns": [[0, None, 0, "delay", "IDENTITY", 1.0], [1, None, 0, "from", "IDENTITY", 1.0]],
        }
        say(house, event(learned.feature_set(1), "lineage", direct), source="log")
        say(house, Event(run(1), "lineage", op="retract"), source="log")
        answer = ask(house, "late.1")
        assert answer["complete"], answer["gaps"]
        assert answer["versions"][0]["datasets"][0]["catalogued"]

    def test_a_table_that_flows_in_though_no_run_logged_it_needs_evidence(self, house: House) -> None:
        say(house, *learned.warehouse(), source="warehouse")
        uses = [{"name": "delay", "feature": feature(1, "delay")}]
        rows = [[0, None, 0, "delay", "IDENTITY", 1.0]]
        flow = {"inputs": [TABLE], "outputs": [feature(1, "delay")], "columns": rows}
        say(
            house,
            event(version(1), "model_version", {"run": run(1), "features": uses}),
            event(run(1), "run", {"status": "success"}),
            event(learned.feature_set(1), "lineage", flow),
            source="log",
        )
        assert gaps(ask(house, version(1))) == {("no_logged_dataset", run(1)), ("no_evidence", TABLE)}
        link = {"from": TABLE, "to": feature(1, "delay"), "by": "stated", "detail": "metadata.json"}
        say(house, event(learned.feature_set(1), "evidence", {"links": [link]}), source="log")
        assert gaps(ask(house, version(1))) == {("no_logged_dataset", run(1))}


class TestNames:
    def test_what_is_no_model_is_refused_with_its_kind(self, house: House) -> None:
        learned.delays(house)
        for name in ("delays.delay", TABLE, run(1)):
            with pytest.raises(BadInput) as caught:
                ask(house, name)
            assert "is of the kind" in caught.value.what
            assert caught.value.hint
        with pytest.raises(NotFound):
            ask(house, "nothing")

    def test_two_models_of_one_name_are_ambiguous(self, house: House) -> None:
        learned.delays(house)
        for model in (MODEL, urn.make("model", "mlflow://other", "late")):
            say(house, event(model, "model", {"task": "regression"}), source="log")
        with pytest.raises(Ambiguous):
            ask(house, "late")


def test_two_thousand_features_are_told_with_few_reads(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"f{number}" for number in range(2000)]
    say(house, learned.schema(TABLE, *names, "late"), source="warehouse")
    known = learned.training(1, dict.fromkeys(names, learned.FILLED), data=logged("d"), parameters={}, metrics={})
    facts = [*learned.log_of_data("d", [*names, "late"]), *known]
    for start in range(0, len(facts), 400):
        say(house, *facts[start : start + 400], source="log")
    house.catch_up()
    reads = 0
    for method in ("claims", "entities", "points"):
        real = getattr(house.ledger, method)

        def counted(*given: Any, real: Any = real, **named: Any) -> Any:
            nonlocal reads
            reads += 1
            return real(*given, **named)

        monkeypatch.setattr(house.ledger, method, counted)
    answer = ask(house, "late.1")
    assert answer["complete"], answer["gaps"]
    features = answer["versions"][0]["features"]
    assert (len(features), features[7]["sources"][0]["urn"]) == (2000, column(TABLE, "f7"))
    assert reads < 40
