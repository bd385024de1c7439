"""The questions about models, pipelines and use: REST, GraphQL and the command line say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from clew.cli import main, models
from clew.cli.local import Local
from clew.cli.reach import Reach
from clew.cli.remote import Remote
from clew.house import House
from clew.ledger import Source
from clew_schemas import event, urn
from unit.clew.api.wire import BASE
from unit.clew.query import learned
from unit.clew.query.learned import BUILD, MODEL, TABLE, run, version

PIPELINE = urn.make("pipeline", "dbt://nyc", "nyc")
LONELY = urn.make("dataset", "duckdb://nyc", "nyc.old")

QUESTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "what-trained": ({"of": "late"}, "start kind name about total versions proof"),
    "reproduce": ({"of": "late.2"}, "start kind name total versions"),
    "compare": (
        {"a": version(1), "b": version(2)},
        "a { urn kind name seq } b { urn kind name seq } equal differing differences",
    ),
    "bottlenecks": ({"of": "nyc"}, "pipeline name total steps orderedBy circles criticalPath"),
    "unused": ({"days": 30, "kind": ["dataset"], "most": 5}, "days examined byVerdict bytes assets"),
}
SHARED = "complete behind asOf { seq time epoch token } frontier { reason count urns } gaps { code urn detail }"
TYPES = {"of": "String!", "a": "String!", "b": "String", "days": "Int!", "kind": "[String!]", "most": "Int!"}


@pytest.fixture(autouse=True)
def delays(house: House) -> None:
    for source in ("warehouse", "log", "dbt"):
        house.ledger.register(Source(source, "time"))
    learned.delays(house)
    took = {"job": BUILD, "status": "success", "started": "2026-01-01T00:00:00Z", "durationMs": 1500.0}
    learned.say(
        house,
        event(BUILD, "containment", {"parent": PIPELINE}),
        event(urn.make("run", "dbt://nyc", "r1"), "run", took),
        learned.schema(LONELY, "x"),
        source="dbt",
    )


def without_times(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "explain"}


def rest(client: TestClient, question: str, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/{question}", params=asked)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def graphql(client: TestClient, question: str, fields: str, **asked: Any) -> dict[str, Any]:
    head, *tail = question.split("-")
    name = head + "".join(each.title() for each in tail)
    given = ", ".join(f"${each}: {TYPES[each]}" for each in asked)
    passed = ", ".join(f"{each}: ${each}" for each in asked)
    query = f"query({given}) {{ {name}({passed}) {{ {SHARED} {fields} }} }}"
    answer = client.post("/graphql", json={"query": query, "variables": asked}).json()
    assert "errors" not in answer, answer["errors"]
    said: dict[str, Any] = answer["data"][name]
    return said


def by_reach(house: Reach, question: str) -> dict[str, Any]:
    return {
        "what-trained": lambda: house.what_trained("late", 20),
        "reproduce": lambda: house.reproduce("late.2", 20),
        "compare": lambda: house.compare(version(1), version(2), None, None, 1000),
        "bottlenecks": lambda: house.bottlenecks("nyc", 20),
        "unused": lambda: house.unused(30, ["dataset"], [], 5),
    }[question]()


@pytest.mark.parametrize("question", list(QUESTIONS))
class TestParity:
    def test_graphql_says_what_rest_says(self, local: TestClient, question: str) -> None:
        asked, fields = QUESTIONS[question]
        assert graphql(local, question, fields, **asked) == without_times(rest(local, question, **asked))

    def test_the_command_line_says_what_rest_says_near_and_far(
        self, local: TestClient, house: House, question: str
    ) -> None:
        said = without_times(rest(local, question, **QUESTIONS[question][0]))
        for reach in (Remote(local, BASE), Local(house)):
            answer = json.loads(json.dumps(by_reach(reach, question)))
            assert without_times(answer) == said

    def test_it_waits_for_a_write(self, local: TestClient, house: House, question: str) -> None:
        token = f"{house.ledger.epoch}-{house.ledger.head_seq()}"
        assert rest(local, question, atLeast=token, **QUESTIONS[question][0])["asOf"]["token"] == token
        stale = local.get(f"/v1/{question}", params={**QUESTIONS[question][0], "atLeast": "0abc-1"})
        assert (stale.status_code, stale.json()["error"]["where"]) == (400, "atLeast")


@pytest.mark.parametrize(
    ("path", "status", "code", "where"),
    [
        ("/v1/what-trained", 400, "bad_input", "of"),
        ("/v1/what-trained?of=nothing", 404, "not_found", None),
        (f"/v1/what-trained?of={TABLE}", 400, "bad_input", "of"),
        ("/v1/what-trained?of=late&most=0", 400, "bad_input", "most"),
        ("/v1/what-trained?of=late&depth=2", 400, "bad_input", "depth"),
        (f"/v1/reproduce?of={run(1)}", 400, "bad_input", "of"),
        (f"/v1/compare?a={version(1)}&b={run(1)}", 400, "bad_input", "b"),
        (f"/v1/compare?a={version(1)}", 400, "bad_input", "b"),
        (f"/v1/compare?a={version(1)}&aAt=tomorrow", 400, "bad_input", "aAt"),
        (f"/v1/bottlenecks?of={MODEL}", 400, "bad_input", "of"),
        ("/v1/bottlenecks?of=nyc&runs=1001", 400, "bad_input", "runs"),
        ("/v1/unused?days=0", 400, "bad_input", "days"),
        ("/v1/unused?kind=person", 400, "bad_input", "kind"),
    ],
)
def test_bad_input_is_refused_by_name(local: TestClient, path: str, status: int, code: str, where: str | None) -> None:
    answer = local.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"].get("where") == where


def test_graphql_refuses_the_same_numbers(local: TestClient) -> None:
    for query in ('whatTrained(of: "late", most: 0)', "unused(days: 0)", 'bottlenecks(of: "nyc", runs: 0)'):
        answer = local.post("/graphql", json={"query": f"{{ {query} {{ complete }} }}"}).json()
        assert answer["errors"][0]["extensions"]["code"] == "bad_input", query


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def near(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        @contextmanager
        def reached(_: object) -> Iterator[Local]:
            yield Local(house)

        monkeypatch.setattr(models, "reached", reached)
        monkeypatch.setattr("clew.cli.render.console.width", 200)

    def run(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main.app, list(words))
        return done.exit_code, done.output

    def test_what_trained_reads_well(self) -> None:
        code, said = self.run("what-trained", "late-api")
        assert code == 0, said
        for part in ("late.2", "commit def456", "rmse=29.0", "median 3", "onehot EWR, JFK, LGA", "by table"):
            assert part in said, said
        assert "nyc.raw.flights.dep_delay → nyc.features.delays.delay" in said

    def test_compare_reads_well(self) -> None:
        code, said = self.run("compare", "late.1", "late.2")
        assert (code, "-2.5" in said, "abc123" in said, "equal:" in said) == (0, True, True, True), said

    def test_bottlenecks_read_well(self) -> None:
        code, said = self.run("bottlenecks", "nyc")
        assert (code, "1.50 s" in said, "critical path" in said) == (0, True, True), said

    def test_what_is_incomplete_ends_with_3_and_says_why(self) -> None:
        code, said = self.run("unused")
        assert (code, "nobody counts its reads" in said) == (3, True), said
        code, said = self.run("reproduce", "late.2")
        assert (code, "missing: unknown_step, unversioned_source" in said) == (3, True), said

    @pytest.mark.parametrize("question", list(QUESTIONS))
    def test_json_is_that_of_rest(self, local: TestClient, question: str) -> None:
        asked = QUESTIONS[question][0]
        words = [asked[name] for name in ("of", "a", "b") if name in asked]
        options = ["--days", "30", "--kind", "dataset", "--most", "5"] if question == "unused" else []
        _, said = self.run(question, *words, *options, "--json")
        assert without_times(json.loads(said)) == without_times(rest(local, question, **asked))
