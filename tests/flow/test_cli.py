"""The command line as its user meets it: real processes, exit codes, errors in words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.house import House
from clew.settings import Settings
from flow import terminal

CLEW = str(Path(sys.executable).with_name("clew"))
ORDERS = "urn:clew:dataset:(duckdb://shop,shop.main.orders)"
VIEW = "urn:clew:dataset:(duckdb://shop,shop.main.recent)"
VIEW_COLUMN = "urn:clew:column:(duckdb://shop,shop.main.recent,order_id)"


class Terminal:
    """Runs `clew` in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEW_")}
        self.environment = {**kept, "CLEW_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}

    def __call__(self, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
        done = terminal.clew(*words, environment=self.environment, stdin=stdin)
        return done.returncode, done.stdout, done.stderr

    def json(self, *words: str) -> Any:
        code, out, err = self(*words, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def clew(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home")


@pytest.fixture
def running(clew: Terminal) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen([CLEW, "up", "--port", "0"], env=clew.environment, stdout=subprocess.DEVNULL)
    run_file = clew.home / "run.json"
    deadline = time.monotonic() + 60
    while not run_file.exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    yield {**json.loads(run_file.read_text()), "process": process}
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert not run_file.exists()


def edit(text: str) -> tuple[str, ...]:
    return ("emit", "--urn", ORDERS, "--aspect", "documentation", "--payload", json.dumps({"text": text}))


def test_an_edit_is_read_back_by_the_next_command(clew: Terminal) -> None:
    columns = json.dumps({"columns": [{"name": "id"}]})
    clew("emit", "--urn", ORDERS, "--aspect", "schema", "--payload", columns)
    receipt = clew.json(*edit("One row an order"))[0]
    assert receipt["status"] == "accepted"
    shown = clew.json("show", "shop.main.orders")
    assert shown["aspects"]["documentation"]["text"] == "One row an order"
    assert shown["claims"]["documentation"][0]["source"] == "steward"
    assert clew.json("search", "orders")["hits"][0]["urn"] == ORDERS


def test_the_same_verbs_speak_to_a_running_house(clew: Terminal, running: dict[str, Any]) -> None:
    assert clew.json(*edit("by the API"))[0]["status"] == "accepted"
    assert clew.json("search", "orders")["total"] == 1
    assert clew.json("doctor")["findings"] == []
    assert {each["view"] for each in clew.json("rebuild")} == {"graph", "search", "relations"}
    assert [source["name"] for source in clew.json("source", "list")] == [
        "derived.evidence",
        "derived.query_log",
        "derived.sql",
        "steward",
    ]
    made = clew.json("token", "create", "ci", "--scope", "read")
    answer = httpx.get(
        f"http://127.0.0.1:{running['port']}/v1/search", headers={"Authorization": f"Bearer {made['secret']}"}
    )
    assert answer.status_code == 200
    assert clew("token", "revoke", "ci")[0] == 0
    assert made["secret"] not in str(clew.json("token", "list"))


def test_the_token_of_a_running_house_is_for_its_owner_only(clew: Terminal, running: dict[str, Any]) -> None:
    assert (clew.home / "run.json").stat().st_mode & 0o777 == 0o600
    answer = httpx.post(
        f"http://127.0.0.1:{running['port']}/v1/groups",
        json={"source": "steward", "id": "x", "events": [{"urn": ORDERS, "aspect": "tags", "payload": {"tags": []}}]},
    )
    assert answer.status_code in (401, 403)


def test_a_second_process_on_a_home_is_refused_in_words(clew: Terminal) -> None:
    with House(Settings(home=clew.home)):
        code, _, err = clew("search", "x")
    assert code == 5
    assert "another process" in err
    assert str(os.getpid()) in err


def test_not_found_and_bad_usage_have_codes_of_their_own(clew: Terminal) -> None:
    code, _, err = clew("impact", "nothing.here")
    assert (code, "nothing is called" in err) == (4, True)
    assert clew("impact")[0] == 2
    assert clew("impact", "x", "--change", "explode")[0] == 2
    code, _, err = clew("show", "nothing", "--json")
    assert json.loads(err)["error"]["code"] == "not_found"


def test_an_incomplete_answer_exits_with_three(clew: Terminal) -> None:
    said = {"inputs": [ORDERS], "outputs": ["urn:clew:dataset:(duckdb://shop,shop.main.daily)"]}
    clew("emit", "--urn", "urn:clew:job:(x,j)", "--aspect", "lineage", "--payload", json.dumps(said))
    code, out, _ = clew("lineage", "shop.main.orders", "--json")
    answer = json.loads(out)
    assert code == 3
    assert not answer["complete"]
    assert {gap["code"] for gap in answer["gaps"]} == {"undescribed_dataset"}


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (b'{"source":"steward","id":"a","events":[{"urn":"x","aspect":"tags","payload":{}}]}', "not a URN"),
        (b'{"source":"steward","id":"a","events":[{"urn":1}]}', "events[0].urn"),
        (b'{"source":"steward"', "not valid JSON"),
        (b'{"source":"steward","id":"\xff"}', "not UTF-8"),
        (b"", "no record"),
        (
            json.dumps(
                {
                    "source": "steward",
                    "id": "a",
                    "events": [
                        {
                            "urn": ORDERS,
                            "aspect": "documentation",
                            "payload": {"text": "x"},
                            "observed": "2099-01-01T00:00:00Z",
                        }
                    ],
                }
            ).encode(),
            "more than 5 minutes",
        ),
        (
            json.dumps(
                {
                    "source": "steward",
                    "id": "a",
                    "events": [{"urn": ORDERS, "aspect": "documentation", "payload": {"text": "x" * 901_000}}],
                }
            ).encode(),
            "over the limit",
        ),
    ],
)
def test_bad_records_are_refused_with_what_and_where(clew: Terminal, stdin: bytes, said: str) -> None:
    code, _, err = clew("emit", "--file", "-", stdin=stdin)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_the_good_groups_of_a_file_land(clew: Terminal, tmp_path: Path) -> None:
    def line(number: int, payload: dict[str, str]) -> str:
        event = {"urn": f"urn:clew:dataset:(x,t{number})", "aspect": "documentation", "payload": payload}
        return json.dumps({"source": "client", "id": f"g{number}", "events": [event]})

    groups = tmp_path / "groups.jsonl"
    groups.write_text("\n".join([line(1, {"text": "a"}), line(2, {"txt": "b"}), line(3, {"text": "c"})]))
    code, out, err = clew("emit", "--file", str(groups))
    assert code == 2
    assert out.count("accepted") == 2
    assert "payload.text" in err
    assert clew.json("search", "--kind", "dataset")["total"] == 2


def test_a_recipe_with_a_missing_variable_is_refused_with_file_and_name(clew: Terminal, tmp_path: Path) -> None:
    recipe = tmp_path / "r.yml"
    recipe.write_text("name: x\nconnector: duckdb\nconfig: {database: '${NOWHERE_TO_BE_FOUND}'}\n")
    code, _, err = clew("ingest", str(recipe))
    assert code == 2
    assert "NOWHERE_TO_BE_FOUND" in err
    assert "r.yml" in err


def test_a_dry_run_prints_groups_and_writes_nothing(clew: Terminal, tmp_path: Path) -> None:
    import duckdb

    database = tmp_path / "shop.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table orders (id integer primary key, amount double)")
        connection.execute("create view big as select id from orders where amount > 100")
    recipe = tmp_path / "r.yml"
    recipe.write_text(f"name: shop\nconnector: duckdb\nconfig: {{database: {database}, namespace: duckdb://shop}}\n")
    code, out, _ = clew("ingest", str(recipe), "--dry-run")
    records = [json.loads(line) for line in out.splitlines()]
    assert (code, records[0]["type"], records[-1]["type"]) == (0, "crawl.open", "crawl.close")
    assert clew("ingest", str(recipe), "--check")[0] == 0
    assert clew.json("search")["total"] == 0
    assert clew("ingest", str(recipe))[0] == 0
    found = clew.json("impact", "orders.amount", "--change", "drop")
    assert [(asset["name"], asset["verdict"], asset["use"]) for asset in found["assets"]][:1] == [
        ("shop.main.big", "breaks", "indirect")
    ]


def test_binding_beyond_loopback_needs_a_token(clew: Terminal) -> None:
    code, _, err = clew("up", "--host", "0.0.0.0", "--port", "0")
    assert code == 1
    assert "clew token create" in err


def test_a_port_that_is_taken_is_said(clew: Terminal, running: dict[str, Any], tmp_path: Path) -> None:
    code, _, err = Terminal(tmp_path / "other")("up", "--port", str(running["port"]))
    assert code == 5
    assert "can't listen" in err


def test_ingest_reports_what_changed_and_a_second_run_changes_nothing(clew: Terminal) -> None:
    from flow.demo_data import ROOT, WORK, recipe

    recipe("dbt")
    clew.environment |= {"NYC_DUCKDB": str(WORK / "nyc.duckdb"), "DBT_ARTIFACTS": str(WORK / "target")}
    recipes = [str(ROOT / "demo" / "recipes" / f"{name}.yml") for name in ("duckdb", "dbt")]
    first = clew.json("ingest", *recipes)
    again = clew.json("ingest", *recipes)
    assert all(each["changed"] and each["closed"] for each in first)
    assert [each["changed"] for each in again] == [0, 0]
    assert [each["unchanged"] for each in again] == [each["changed"] for each in first]


def test_what_only_follows_from_what_was_written_has_a_name_for_the_next_command(clew: Terminal) -> None:
    text = "SELECT id AS order_id FROM shop.main.orders"
    said = {"text": text, "dialect": "duckdb", "namespace": "duckdb://shop", "output": VIEW}
    clew("emit", "--urn", ORDERS, "--aspect", "schema", "--payload", json.dumps({"columns": [{"name": "id"}]}))
    clew("emit", "--urn", VIEW, "--aspect", "query", "--payload", json.dumps(said))
    code, out, err = clew("lineage", VIEW_COLUMN, "--direction", "up")
    assert (code, "shop.main.orders.id" in out) == (0, True), err
