"""The demo on Kafka, PostgreSQL, Neo4j and OpenSearch: the connectors emit to Kafka, answers come from Neo4j and
OpenSearch, and every one is held against what an embedded house answers.

    python -m demo.on_servers --home DIR [--once]
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

from demo.show import COLUMN, Shown, ask, started
from tools.servers import NAMES, start, stop

ROLES = ("committer", "materialiser", "api")
SOURCES = {
    "duckdb": ("nyc-duckdb", 50),
    "dbt": ("nyc-dbt", 45),
    "mlflow": ("nyc-mlflow", 50),
    "project": ("nyc-project", 50),
}
"""By recipe: the source, and the rank that its connector has."""
VOLATILE = {"explain", "asOf", "seq", "observed", "time", "score", "etag", "etags"}
"""Members that may differ between two houses: how an answer was found, when, and under which number."""

QUERIES: tuple[dict[str, str], ...] = (
    {"q": "dep_dely"},
    {"q": "fligths"},
    {"q": "orig"},
    {"q": "plan"},
    {"q": "airports"},
    {"q": "delays"},
    {"q": "delay", "kind": "column"},
    {"q": "flights", "kind": "dataset"},
    {"q": "departure delay"},
    {"q": "late share"},
)
"""Two searches each with a typo, a prefix, a plural, a filter, two words."""


def settled(answer: Any) -> Any:
    """Return an answer without what may differ between two houses."""
    if isinstance(answer, dict):
        return {name: settled(value) for name, value in answer.items() if name not in VOLATILE}
    if isinstance(answer, list):
        return [settled(each) for each in answer]
    return answer


def questions() -> list[tuple[str, dict[str, str]]]:
    """Return the questions that both houses are asked: route and parameters."""
    board = "exposure.nyc_flights.operations_board"
    columns = (COLUMN, "fct_flights.delay_band", "raw.flights.carrier", "stg_planes.manufacturer")
    things = ("raw.flights", "main_marts.fct_flights", board, COLUMN, "flight_delay.2", "delay-api")
    asked = [("impact", {"of": each, "change": change}) for each in columns for change in ("drop", "rename", "retype")]
    for each in columns:
        asked += [("lineage", {"of": each, "direction": way}) for way in ("up", "down")]
        asked.append(("lineage", {"of": each, "direction": "up", "indirect": "true"}))
    asked += [("lineage", {"of": "raw.flights"}), ("paths", {"from": COLUMN, "to": board})]
    asked += [("paths", {"from": COLUMN, "to": "delay-api"}), ("what-trained", {"of": "flight_delay"})]
    return asked + [(f"entities/{quote(each)}", {}) for each in things]


def answer(address: str, route: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return what a house answers over REST."""
    with urlopen(f"{address}/v1/{route}?{urlencode(parameters)}") as response:
        said: dict[str, Any] = json.load(response)
    return said


def compare(shown: Shown, servers: str, embedded: str, folder: Path) -> None:
    """Hold the answers of two houses, by their addresses, against each other; what differs goes into `folder`."""
    asked, wrong = questions(), []
    for each in asked:
        both = [settled(answer(address, *each)) for address in (servers, embedded)]
        if both[0] != both[1]:
            wrong.append(each)
            (folder / f"differs-{len(wrong)}.json").write_text(json.dumps(both, indent=1))
    shown.check(f"{len(asked)} answers about impact, lineage, paths, things are equal {wrong or ''}".strip(), not wrong)
    for query in QUERIES:
        parameters = {**query, "limit": "1000", "facets": "kind"}
        one, other = (answer(address, "search", parameters) for address in (servers, embedded))
        same = [one[name] == other[name] for name in ("total", "facets")]
        same.append({hit["urn"] for hit in one["hits"]} == {hit["urn"] for hit in other["hits"]})
        same.append([hit["urn"] for hit in one["hits"][:1]] == [hit["urn"] for hit in other["hits"][:1]])
        shown.check(f"search {query}: {one['total']} hits, the same set, counts and first hit", all(same))


def embedded_house(home: Path, end: ExitStack) -> str:
    """Catalogue the demo into an embedded house of its own, and serve it; return its address."""
    home.mkdir()
    house = Shown(home)
    process, address = started(house, ["up"], home / "run.json")
    end.callback(_end, process)
    for name in SOURCES:
        house.json("ingest", f"demo/recipes/{name}.yml")
    return address


def engines(answer: dict[str, Any]) -> str:
    """Return the engine that an answer says it came from."""
    return str(answer["explain"]["engine"])


def run(home: Path, once: bool) -> list[str]:
    """Show the demo; return what failed."""
    with ExitStack() as end:
        servers = start(NAMES, home / "servers").values()
        end.callback(stop, servers)
        environment = {name: url for server in servers for name, url in server.env.items() if "TEST" not in name}
        shown = Shown(home / "clew", **environment)
        shown.say("servers: " + ", ".join(sorted(server.name for server in servers)))
        (home / "clew").mkdir(parents=True)
        for source, rank in SOURCES.values():
            shown.run(f"clew source key {source} --rank {rank}")
        addresses = {}
        for role in ROLES:
            run_file = home / f"{role}.json"
            process, addresses[role] = started(shown, ["serve", "--role", role, "--run-file", str(run_file)], run_file)
            end.callback(_end, process)
        for name in SOURCES:
            shown.run(f"clew ingest demo/recipes/{name}.yml --wait 120")
        faces = Shown(home / "clew", CLEW_URL=addresses["api"])
        faces.lines, faces.failed = shown.lines, shown.failed
        ask(faces, addresses["api"], doctor=False)
        shown.run("clew doctor")
        shown.check("lineage comes from Neo4j", engines(faces.json("impact", COLUMN)) == "Neo4j")
        shown.check("search comes from OpenSearch", engines(faces.json("search", "delay")) == "OpenSearch")
        compare(shown, addresses["api"], embedded_house(home / "embedded", end), home)
        for role, address in addresses.items():
            shown.say(f"{role}: {json.dumps(_health(address))}")
        if not once and not shown.failed:
            print(f"\nserving {addresses['api']}/v1 and /graphql; end with Ctrl-C", flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        return shown.failed


def _health(address: str) -> dict[str, Any]:
    with urlopen(f"{address}/health") as response:
        said: dict[str, Any] = json.load(response)
    return said


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("--once", action="store_true")
    given = arguments.parse_args()
    shutil.rmtree(given.home, ignore_errors=True)
    given.home.mkdir(parents=True)
    failed = run(given.home.resolve(), given.once)
    for each in failed:
        print(f"failed: {each}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
