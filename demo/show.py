"""The demo as its visitor sees it: start a house, run the two connectors, ask, and compare the faces.

    python demo/show.py --home DIR [--once] [--transcript README.md]

Every line that begins with `$` is a command that was really run. With `--once` the house is stopped at the end; the
exit code is 0 when everything came out as it should, else 1. Without, it goes on serving until it is interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from itertools import takewhile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CLEW = str(Path(sys.executable).with_name("clew"))
COLUMN = "flights.dep_delay"
ENDPOINT = "delay-api"
RECIPES = ("duckdb", "dbt", "mlflow", "project")
BEGIN, END = "<!-- transcript:begin -->", "<!-- transcript:end -->"


class Shown:
    """Runs commands, prints them and what they say, and keeps both for the transcript."""

    def __init__(self, home: Path, **environment: str) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
        self.environment = {**plain, "CLEW_HOME": str(home), "COLUMNS": "120", "NO_COLOR": "1", **environment}
        self.lines: list[str] = []
        self.failed: list[str] = []

    def say(self, text: str) -> None:
        print(text, flush=True)
        self.lines += text.splitlines()

    def run(self, command: str, most: int = 30) -> str:
        """Run `clew …`; show the command and at most so many lines of what it says; note a failure."""
        self.say(f"$ {command}")
        words = shlex.split(command)
        set_before = dict(word.split("=", 1) for word in takewhile(lambda word: word != "clew", words))
        program = [CLEW, *words[len(set_before) + 1 :]]
        environment = {**self.environment, **{name: os.path.expandvars(value) for name, value in set_before.items()}}
        done = subprocess.run(program, env=environment, cwd=ROOT, capture_output=True, text=True)
        said = (done.stdout + done.stderr).rstrip().splitlines()
        self.say("\n".join([*said[:most], *(["…"] if len(said) > most else [])]))
        if done.returncode:
            self.failed.append(f"{command}: exit code {done.returncode}")
        return done.stdout

    def json(self, *words: str) -> Any:
        """Return what `clew … --json` answers, unseen."""
        answer: Any = json.loads(subprocess.check_output([CLEW, *words, "--json"], env=self.environment))
        return answer

    def check(self, what: str, holds: bool) -> None:
        """Note a claim, and whether it held."""
        self.say(f"{'ok  ' if holds else 'FAIL'} {what}")
        if not holds:
            self.failed.append(what)


def started(shown: Shown, words: list[str], run_file: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a house, or a role of one, on a free port; return the process and its address."""
    log_file = run_file.with_suffix(".log")
    run_file.unlink(missing_ok=True)
    with log_file.open("wb") as log:
        process = subprocess.Popen([CLEW, *words, "--port", "0"], env=shown.environment, stdout=log, stderr=log)
    deadline = time.monotonic() + 120
    while not run_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"clew {' '.join(words)} did not start:\n{log_file.read_text()[-2000:]}")
        time.sleep(0.05)
    address = f"http://127.0.0.1:{json.loads(run_file.read_text())['port']}"
    shown.say(f"$ clew {' '.join(words)} --port 0 &\nclew is up: {address}")
    return process, address


def over_rest(address: str) -> dict[str, Any]:
    """Ask REST what dropping the column breaks."""
    with urllib.request.urlopen(f"{address}/v1/impact?of={COLUMN}&change=drop") as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def over_graphql(address: str) -> dict[str, Any]:
    """Ask GraphQL the same."""
    asked = """query ($of: String!) { impact(of: $of, change: drop) {
        complete total byVerdict assets { urn verdict use owners { urn role } path } } }"""
    request = urllib.request.Request(
        f"{address}/graphql",
        json.dumps({"query": asked, "variables": {"of": COLUMN}}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        answer: dict[str, Any] = json.load(response)["data"]["impact"]
    for asset in answer["assets"]:
        asset["owners"] = [{"owner": owner["urn"]} for owner in asset["owners"]]
    return answer


def essence(answer: dict[str, Any]) -> Any:
    """Return what must be the same at every face."""
    return (
        answer["complete"],
        answer["total"],
        [
            (each["urn"], each["verdict"], each["use"], [owner["owner"] for owner in each["owners"]])
            for each in answer["assets"]
        ],
    )


def tour(shown: Shown, address: str) -> None:
    """Catalogue the demo, yesterday's database first; ask about a column and a model, and compare the faces."""
    shown.run("NYC_DUCKDB=$NYC_YESTERDAY clew ingest demo/recipes/duckdb.yml")
    yesterday = shown.json("show", "raw.planes")["asOf"]["seq"]
    for name in RECIPES:
        shown.run(f"clew ingest demo/recipes/{name}.yml")
    ask(shown, address)
    shown.run(f"clew compare raw.planes --a-at {yesterday}")
    ask_about_the_model(shown)
    again = [shown.json("ingest", f"demo/recipes/{name}.yml") for name in RECIPES]
    shown.check("a second crawl of everything changes nothing", all(each["changed"] == 0 for (each,) in again))


def ask_about_the_model(shown: Shown) -> None:
    """Ask what trained the model that an endpoint serves, and what differs between its versions."""
    shown.run(f"clew paths {COLUMN} {ENDPOINT} --most 1")
    shown.run("clew what-trained flight_delay.2", most=40)
    shown.run("clew compare flight_delay.1 flight_delay.2")
    shown.run("clew search --kind model_version --where 'rmse < 39' --downstream-of raw.flights.origin")
    found = shown.json("paths", COLUMN, ENDPOINT)
    kinds = [step["to"].split(":")[2] for step in found["paths"][0]] if found["paths"] else []
    way = ["feature", "model_version", "deployment", "endpoint"]
    shown.check("the column reaches the endpoint, by evidence alone", found["complete"] and kinds[-4:] == way)
    trained = shown.json("what-trained", "flight_delay.2")
    shown.check("what trained the model is known completely", trained["complete"])
    asked = ("--kind", "model_version", "--where", "rmse < 39", "--downstream-of", "raw.flights.origin")
    good = shown.json("search", *asked)
    shown.check("one version has an RMSE below 39 and knows the origin", good["total"] == 1)


def ask(shown: Shown, address: str, *, doctor: bool = True) -> None:
    """Ask about one column, and compare the faces."""
    shown.run("clew search departure delay --kind column --limit 5")
    shown.run("clew lineage fct_flights.delay_band --direction up --indirect")
    shown.run(f"clew impact {COLUMN} --change drop --most 12")
    if doctor:
        shown.run("clew doctor")
    cli = shown.json("impact", COLUMN, "--change", "drop")
    exposures = [each for each in cli["assets"] if each["kind"] in ("dashboard", "notebook", "model", "application")]
    shown.check(f"the answer about {COLUMN} is complete", cli["complete"])
    shown.check(
        "it names exposures, each with verdict, owner and path",
        bool(exposures) and all(each["verdict"] and each["owners"] and each["path"] for each in exposures),
    )
    shown.check("REST says the same", essence(over_rest(address)) == essence(cli))
    shown.check("GraphQL says the same", essence(over_graphql(address)) == essence(cli))


def put_into(readme: Path, lines: list[str]) -> None:
    """Write the transcript between its two marks."""
    text = readme.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n".join(line.rstrip() for line in lines)
    readme.write_text(f"{before}{BEGIN}\n```console\n{body}\n```\n{END}{after}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--once", action="store_true")
    arguments.add_argument("--transcript", type=Path)
    given = arguments.parse_args()
    if given.once:
        shutil.rmtree(given.home, ignore_errors=True)
    given.home.mkdir(parents=True, exist_ok=True)
    shown = Shown(given.home.resolve())
    process, address = started(shown, ["up"], given.home / "run.json")
    try:
        tour(shown, address)
        if given.transcript:
            put_into(given.transcript, shown.lines)
        if not given.once and not shown.failed:
            print(f"\nserving {address}/v1 and {address}/graphql; end with Ctrl-C", flush=True)
            process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    for each in shown.failed:
        print(f"failed: {each}", file=sys.stderr)
    return 1 if shown.failed else 0


if __name__ == "__main__":
    sys.exit(main())
