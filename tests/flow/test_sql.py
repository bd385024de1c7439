"""`clew sql` as its user meets it: words, files, standard input, tables, CSV, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clew.house import House
from clew.settings import Settings
from contracts.relations_contract import ADA, ORDERS, REVENUE, furnish
from flow.test_cli import Terminal


@pytest.fixture(scope="module")
def clew(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    home = tmp_path_factory.mktemp("shop") / "home"
    with House(Settings(home=home)) as house:
        furnish(house)
    return Terminal(home)


OWNED = "SELECT urn, owner FROM owners WHERE owner = :who ORDER BY urn"


def test_a_query_comes_as_words_a_file_or_standard_input(clew: Terminal, tmp_path: Path) -> None:
    (tmp_path / "owned.sql").write_text(OWNED)
    given = ("-p", f"who={ADA}", "--json")
    answers = [clew("sql", OWNED, *given), clew("sql", "-f", str(tmp_path / "owned.sql"), *given)]
    answers.append(clew("sql", *given, stdin=OWNED.encode()))
    for code, out, err in answers:
        assert code == 0, err
        assert json.loads(out)["rows"] == [[REVENUE, ADA], [ORDERS, ADA]]


def test_rows_print_as_a_table_and_as_csv(clew: Terminal) -> None:
    code, out, _ = clew("sql", OWNED, "-p", f"who={ADA}")
    assert code == 0 and ORDERS in out and "2 rows" in out and "complete" in out
    code, out, _ = clew("sql", OWNED, "-p", f"who={ADA}", "--csv")
    assert (code, out.splitlines()) == (0, ["urn,owner", f'"{REVENUE}","{ADA}"', f'"{ORDERS}","{ADA}"'])


def test_exit_codes_tell_cut_answers_and_bad_queries(clew: Terminal) -> None:
    assert clew("sql", "SELECT urn FROM entities", "--limit", "2")[0] == 3
    for words in (
        ("DROP TABLE x",),
        ("SELECT 1", "-f", "x"),
        ("-f", "nowhere.sql"),
        ("SELECT :a",),
        ("SELECT 1", "-p", "="),
    ):
        code, _, err = clew("sql", *words)
        assert (code, err.startswith("error:")) == (2, True), words


def test_the_relations_are_listed(clew: Terminal) -> None:
    assert clew.json("sql", "--tables")["owners"] == {"urn": "text", "owner": "text", "role": "text"}
