"""The past as its user meets it: `--as-of` and `clew diff`, with no house running and against a running one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flow.test_cli import ORDERS, Terminal, clew, running

__all__ = ["clew", "running"]

COPY = "urn:clew:dataset:(duckdb://shop,shop.main.copy)"
JOB = "urn:clew:job:(dbt://shop,copy)"


def say(clew: Terminal, urn: str, aspect: str, payload: dict[str, Any]) -> str:
    receipt = clew.json("emit", "--urn", urn, "--aspect", aspect, "--payload", json.dumps(payload))[0]
    assert receipt["status"] == "accepted"
    return str(receipt["token"])


def history(clew: Terminal) -> str:
    """Return the token after which orders gained a column and a copy."""
    then = say(clew, ORDERS, "schema", {"columns": [{"name": "id", "type": "INT"}]})
    say(clew, ORDERS, "schema", {"columns": [{"name": "id", "type": "BIGINT"}, {"name": "amount", "type": "INT"}]})
    say(clew, COPY, "schema", {"columns": [{"name": "id"}]})
    flow = {"inputs": [ORDERS], "outputs": [COPY], "columns": [[0, "id", 0, "id", "IDENTITY", 1.0]]}
    say(clew, JOB, "lineage", flow)
    return then


def test_the_past_is_asked_and_told_apart_on_the_command_line(clew: Terminal) -> None:
    asked_and_told(clew, history(clew))


def test_a_running_house_tells_the_same(clew: Terminal, running: dict[str, Any]) -> None:
    asked_and_told(clew, history(clew))


def asked_and_told(clew: Terminal, then: str) -> None:
    shown = clew.json("show", "orders", "--as-of", then)
    assert [each["name"] for each in shown["columns"]] == ["id"]
    assert shown["asOf"]["token"] == then
    assert clew.json("impact", "orders.id")["total"] > 0
    assert clew.json("impact", "orders.id", "--as-of", then)["total"] == 0
    assert "copy" not in str(clew.json("lineage", "orders.id", "--as-of", then)["nodes"])

    answer = clew.json("diff", "orders", "--from", then)
    (schema,) = answer["aspects"]
    assert {each["path"] for each in schema["differences"]} == {"columns[id].type", "columns[amount]"}
    assert {each["said"]["source"] for each in schema["differences"]} == {"steward"}
    assert answer["lineage"]["downstream"]["total"] == {"appeared": 1, "disappeared": 0}

    code, out, err = clew("diff", "orders", "--from", then)
    assert code == 0, err
    assert "columns[id].type: INT → BIGINT" in out
    assert "downstream shop.main.orders.id → shop.main.copy.id" in out

    assert clew.json("diff", "orders", "main.copy") | {"explain": 0} == clew.json("compare", "orders", "main.copy") | {
        "explain": 0
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A home with a history, for those who only ask."""
    clew = Terminal(tmp_path_factory.mktemp("told") / "home")
    history(clew)
    return clew


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "orders", "--as-of", "tomorrow"), "not a moment"),
        (("show", "orders", "--as-of", "9998-01-01"), "in the future"),
        (("impact", "orders", "--as-of", "deadbeef-1"), "epoch"),
        (("search", "orders", "--as-of", "2h"), "a search is of now"),
        (("diff", "orders"), "since when?"),
        (("diff", "orders", "--from", "2", "--to", "1"), "comes before"),
    ],
)
def test_what_is_no_moment_is_refused_in_words(told: Terminal, words: tuple[str, ...], said: str) -> None:
    code, _, err = told(*words)
    assert (code, said in err) == (2, True), err
