"""`clew check` on the demo's dbt project: four branches, every format, offline, against a home and a running house.

The outcomes stand in tests/golden/check; CLEW_GOLDEN=write writes them anew.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from flow import terminal
from flow.dbt_branches import BRANCHES, RULES, compiled, edited, repository
from flow.demo_data import ROOT, WORK

CLEW = str(Path(sys.executable).with_name("clew"))
GOLDEN = ROOT / "tests" / "golden" / "check"
ENDS = {
    "text": "txt",
    "json": "json",
    "markdown": "md",
    "junit": "junit.xml",
    "sarif": "sarif.json",
    "github": "github.txt",
    "gitlab": "gitlab.json",
}
EXPECTED = {"drop": ("breaks", 1), "rename": ("safe", 0), "formula": ("changes meaning", 0), "reformat": ("nothing", 0)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("branches")
    repository(made)
    compiled(made)
    return made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that knows the demo's database and dbt project."""
    made = tmp_path_factory.mktemp("home") / "home"
    recipes = [str(ROOT / "demo" / "recipes" / f"{name}.yml") for name in ("duckdb", "dbt")]
    code, _, err = clew(ROOT, made, "ingest", *recipes)
    assert code == 0, err
    return made


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[str]:
    process = subprocess.Popen([CLEW, "up", "--port", "0"], env=environment(home), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (home / "run.json").exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    yield f"http://127.0.0.1:{json.loads((home / 'run.json').read_text())['port']}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
    demo = {"NYC_DUCKDB": str(WORK / "nyc.duckdb"), "DBT_ARTIFACTS": str(WORK / "target")}
    return {**kept, **demo, "CLEW_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}


def clew(folder: Path, home: Path, *words: str) -> tuple[int, str, str]:
    done = terminal.clew(*words, environment=environment(home), folder=folder)
    return done.returncode, done.stdout, done.stderr


def manifests(branch: str) -> tuple[str, ...]:
    return ("check", "--old", "target-main", "--new", f"target-{branch}", "--config", "main/clew.yml")


@pytest.mark.parametrize("branch", BRANCHES)
def test_each_branch_gets_its_word_and_its_outcome_in_every_format(branch: str, folder: Path, tmp_path: Path) -> None:
    outputs = [word for name, end in ENDS.items() for word in ("--output", f"{name}={tmp_path / branch}.{end}")]
    code, out, err = clew(folder, tmp_path / "none", *manifests(branch), "--offline", *outputs)
    word, expected = EXPECTED[branch]
    assert (code, out.split(":")[0]) == (expected, word), err
    for end in ENDS.values():
        written, golden = (tmp_path / f"{branch}.{end}").read_text(), GOLDEN / f"{branch}.{end}"
        if os.environ.get("CLEW_GOLDEN") == "write":
            golden.write_text(written)
        assert written == golden.read_text(), f"{golden} says otherwise"


def test_outcomes_are_documents_of_their_formats() -> None:
    for branch in BRANCHES:
        said = json.loads((GOLDEN / f"{branch}.json").read_text())
        assert said["summary"] == EXPECTED[branch][0]
        affected = len(said["assets"])
        suite = ElementTree.parse(GOLDEN / f"{branch}.junit.xml").getroot()[0]
        assert int(suite.attrib["tests"]) == max(1, affected)
        (run,) = json.loads((GOLDEN / f"{branch}.sarif.json").read_text())["runs"]
        assert len(run["results"]) == len(json.loads((GOLDEN / f"{branch}.gitlab.json").read_text())) == affected
        assert {each["ruleId"] for each in run["results"]} <= {each["id"] for each in run["tool"]["driver"]["rules"]}
        commands = (GOLDEN / f"{branch}.github.txt").read_text().splitlines()
        assert len(commands) == affected + 1
        assert all(command.startswith(("::error ", "::warning ", "::notice ")) for command in commands)


def test_every_proof_leads_from_what_is_written_to_the_asset() -> None:
    said = json.loads((GOLDEN / "drop.json").read_text())
    assert said["assets"]
    for asset in said["assets"]:
        path = asset["path"]
        assert path[0]["from"].endswith("stg_flights,dep_delay)")
        assert asset["urn"] in (path[-1]["to"], path[-1]["carrier"])
        assert all(step["to"].split(",")[1].strip(")") for step in path)
    (gates,) = [asset for asset in said["assets"] if asset["name"] == "Gate display"]
    assert (gates["verdict"], gates["owners"]) == ("breaks", ["passenger-services@nyc-flights.example"])
    (board,) = [asset for asset in said["assets"] if asset["name"] == "Operations board"]
    assert board["tier"] == "1"


@pytest.mark.parametrize("branch", BRANCHES)
def test_against_a_home_and_a_running_house_the_words_are_the_same(
    branch: str, folder: Path, home: Path, running: str
) -> None:
    code, out, err = clew(folder, home, *manifests(branch), "--json")
    assert out, err
    answer: dict[str, Any] = json.loads(out)
    assert (answer["summary"], code) == EXPECTED[branch], err
    alone = json.loads((GOLDEN / f"{branch}.json").read_text())
    assert {each["urn"] for each in alone["assets"]} <= {each["urn"] for each in answer["assets"]}
    assert "as of" in answer["against"] or not alone["assets"]


@pytest.mark.slow
def test_templates_in_git_are_compared_against_the_catalog(folder: Path, home: Path, running: str) -> None:
    code, out, err = clew(folder / "drop", home, "check", "--base", "main", "--json")
    answer = json.loads(out)
    assert (code, answer["summary"]) == (1, "breaks"), err
    assert {(each["kind"], each["column"]) for each in answer["changes"] if each["certainty"] == "written"} == {
        ("dropped", "dep_delay"),
        ("remeant", None),
    }
    assert "Gate display" in {each["name"] for each in answer["assets"] if each["verdict"] == "breaks"}
    assert {each["code"] for each in answer["gaps"]} == {"template"}
    code, out, _ = clew(folder / "reformat", home, "check", "--base", "main", "--json")
    assert (code, json.loads(out)["summary"]) == (0, "nothing")
    code, out, _ = clew(folder / "formula", home, "check", "--base", "main", "--json")
    assert (code, json.loads(out)["summary"]) == (3, "changes meaning")
    assert clew(folder / "formula", home, "check", "--base", "main", "--on-gap", "warn")[0] == 0
    assert clew(folder / "formula", home, "check", "--base", "main", "--on-gap", "fail")[0] == 1


def test_a_migration_reaches_from_a_raw_column_to_the_boards(tmp_path: Path, home: Path, running: str) -> None:
    script = tmp_path / "0007_drop.sql"
    script.write_text("begin;\nalter table raw.flights drop column dep_delay;\ncommit;\n")
    words = ("check", "--migration", str(script), "--namespace", "duckdb://nyc", "--json")
    code, out, err = clew(tmp_path, home, *words)
    assert code == 1, err
    answer = json.loads(out)
    assert answer["summary"] == "breaks"
    assert [(each["kind"], each["column"], each["place"].rsplit(":", 1)[-1]) for each in answer["changes"]] == [
        ("dropped", "dep_delay", "2")
    ]
    verdicts = {each["name"]: each["verdict"] for each in answer["assets"]}
    assert verdicts["nyc.main_staging.stg_flights"] == "breaks"
    assert verdicts["Operations board"] == "may_break"


def test_rules_waive_for_a_reason_until_a_day_and_say_when_it_is_past(folder: Path, tmp_path: Path) -> None:
    rules = tmp_path / "clew.yml"
    rules.write_text(
        RULES
        + "  rules:\n    - {verdict: changes, tier: 1, then: fail}\n"
        + "  waivers:\n"
        + "    - {asset: '*fct_flights', reason: agreed with planning, expires: 2999-01-01}\n"
        + "    - {asset: Operations board, reason: too long ago, expires: 2020-01-01}\n"
    )
    words = ("check", "--old", "target-main", "--new", "target-formula", "--offline", "--json", "--config", str(rules))
    code, out, _ = clew(folder, tmp_path / "none", *words)
    answer = json.loads(out)
    decisions = {each["name"]: each["decision"] for each in answer["assets"]}
    assert code == 1
    assert decisions["Operations board"] == "fail"
    assert decisions["nyc.main_marts.fct_flights"] == "waived"
    assert [each["asset"] for each in answer["waivers"]["expired"]] == ["Operations board"]
    edited(rules, ("2020-01-01", "2999-01-01"))
    assert clew(folder, tmp_path / "none", *words)[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--base", "no-such-branch"), 4, "there is no revision 'no-such-branch'"),
        (("--base=--upload-pack=x"), 2, "no revision"),
        ((), 2, "nothing to compare"),
        (("--old", "a"), 2, "belong together"),
        (("--base", "main", "--output", "pdf=x"), 2, "FORMAT=FILE"),
        (("--base", "main", "--config", "nowhere.yml"), 2, "there is no such file"),
        (("--base", "main", "--dialect", "klingon"), 2, "dialect"),
    ],
)
def test_bad_usage_is_said_with_place_and_hint(
    words: tuple[str, ...] | str, code: int, said: str, folder: Path, tmp_path: Path
) -> None:
    given = (words,) if isinstance(words, str) else words
    found, _, err = clew(folder / "main", tmp_path / "none", "check", "--offline", *given)
    assert (found, said in " ".join(err.split())) == (code, True), err
    assert "Traceback" not in err


def test_a_manifest_of_an_unknown_version_is_refused_with_its_place(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(
        json.dumps({"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v99.json"}})
    )
    words = ("check", "--old", "target-main", "--new", str(tmp_path), "--namespace", "duckdb://nyc", "--offline")
    code, _, err = clew(folder, tmp_path / "none", *words)
    assert code == 2
    assert "manifest v99" in err
    assert "dbt_schema_version" in err


CI = ROOT / "docs" / "ci"


def script(folder: Path, home: Path, file: str, *words: str, **variables: str) -> tuple[int, str, str]:
    """Run a script of docs/ci as a CI server would, with clew and the demo's dbt on the path."""
    paths = os.pathsep.join(
        [str(terminal.for_shells()), str(Path(CLEW).parent), str(WORK / "venv" / "bin"), os.environ["PATH"]]
    )
    given = {**environment(home), "PATH": paths, **variables}
    done = subprocess.run(["sh", str(CI / file), *words], cwd=folder, env=given, capture_output=True, timeout=280)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_script_for_ci_compares_files_and_leaves_the_outcome_in_every_format(
    folder: Path, home: Path, running: str, tmp_path: Path
) -> None:
    variables = {"CLEW_BASE": "main", "CLEW_OUT": str(tmp_path / "out"), "CLEW_FORMAT": "github"}
    code, out, err = script(folder / "drop", home, "clew-check.sh", **variables)
    assert (code, out.startswith("::error file=models/staging/stg_flights.sql,line=8")) == (1, True), err
    assert {each.name for each in (tmp_path / "out").iterdir()} == {
        "check.md",
        "check.junit.xml",
        "check.sarif",
        "check.gitlab.json",
        "check.json",
    }


@pytest.mark.slow
def test_the_script_for_ci_compiles_both_states_with_dbt(folder: Path, tmp_path: Path) -> None:
    variables = {
        "CLEW_BASE": "main",
        "CLEW_DBT": ".",
        "CLEW_OUT": str(tmp_path / "out"),
        "CLEW_CATALOG": str(WORK / "target" / "catalog.json"),
        "NYC_DUCKDB": str(folder / "nyc.duckdb"),
        "DBT_PROFILES_DIR": ".",
    }
    code, out, err = script(folder / "rename", tmp_path / "none", "clew-check.sh", "--offline", **variables)
    assert (code, out.split(":")[0]) == (0, "safe"), err
    listed = subprocess.run(["git", "worktree", "list"], cwd=folder / "main", capture_output=True, check=True)
    assert len(listed.stdout.splitlines()) == 1 + len(BRANCHES)


def test_the_script_for_ci_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    code, _, err = script(folder / "main", tmp_path / "none", "clew-check.sh", CLEW_BASE="")
    assert code
    assert "name the base branch" in err
    assert script(folder / "main", tmp_path / "none", "clew-check.sh", "--offline", CLEW_BASE="nowhere")[0] == 4


@pytest.mark.slow
def test_the_hook_looks_at_what_is_not_committed_yet(folder: Path, home: Path, running: str) -> None:
    hook = "pre-commit/clew-check-hook.sh"
    project = folder / "reformat"
    assert script(project, home, hook)[0] == 0
    model = project / "models" / "staging" / "stg_airlines.sql"
    before = model.read_text()
    edited(model, (" as carrier_name", " as airline_name"))
    try:
        code, out, err = script(project, home, hook)
    finally:
        model.write_text(before)
    assert (code, out.split(":")[0]) == (1, "breaks"), err


def test_what_the_templates_say_to_the_script_it_understands() -> None:
    known = set(re.findall(r"CLEW_[A-Z]+", (CI / "clew-check.sh").read_text())) | {"CLEW_ARGUMENTS"}
    for file in ("github/action.yml", "gitlab/clew-check.yml"):
        text = (CI / file).read_text()
        assert yaml.safe_load(text)
        assert text.startswith("# Untried")
        assert set(re.findall(r"CLEW_[A-Z]+", text)) <= known
