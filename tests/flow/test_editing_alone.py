"""Edits by the command line where no house runs: the home is opened for one command, and exit codes mean the same."""

from __future__ import annotations

import json
from pathlib import Path

from flow.test_cli import ORDERS, Terminal


def test_edits_conflicts_and_undo_in_a_home_that_nobody_runs(tmp_path: Path) -> None:
    clew = Terminal(tmp_path / "home")
    clew("emit", "--urn", ORDERS, "--aspect", "schema", "--payload", json.dumps({"columns": [{"name": "id"}]}))
    done = clew.json("edit", "describe", "One row an order", "orders")
    assert (done["changed"], done["undo"]) == (1, done["edit"])
    code, _, err = clew("edit", "describe", "Other", "orders", "--if-match", "", "--json")
    error = json.loads(err)["error"]
    assert (code, error["code"], error["now"]["text"]) == (1, "conflict", "One row an order")
    assert clew("edit", "describe", "Other", "nowhere")[0] == 4
    assert clew("edit", "describe", "Other")[0] == 2
    assert clew("edit", "describe", "Other", "orders", "--kind", "dataset")[0] == 2
    code, out, _ = clew("edit", "add-tag", "gold", "orders", "urn:clew:dataset:(a,b)")
    assert (code, "changed 1 of 2, 1 refused" in out) == (1, True)
    assert clew.json("edit", "undo", done["edit"])["changed"] == 1
    shown = clew.json("show", "orders")
    assert "documentation" not in shown["aspects"]
    assert clew.json("glossary", "add", "Größe", "--definition", "How big")["changed"] == 1
    assert [each["name"] for each in clew.json("glossary", "tree")["tree"]] == ["Größe"]
