"""Logs of four forms become the same statements; a log is gone on with; bad lines are warnings."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.port import ReadWarning, State
from clew_connectors.query_log import CONNECTOR
from clew_connectors.query_log.config import QueryLogConfig
from clew_connectors.query_log.records import Portion, Statement
from clew_schemas.errors import ClewError

HOUR = 3_600_000_000
NINE = 1_763_715_600_000_000
"""2025-11-21T09:00:00Z"""


def config(path: Path, **members: Any) -> QueryLogConfig:
    return QueryLogConfig.model_validate(
        {"path": str(path), "dialect": "postgres", "namespace": "postgres://shop", **members}
    )


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(second: int, text: str = "SELECT a FROM t", **members: Any) -> dict[str, Any]:
    return {"query": text, "time": f"2025-11-21T09:{second // 60:02}:{second % 60:02}Z", "user": "ada", **members}


def statements(found: list[Any]) -> list[Statement]:
    return [each for portion in found if isinstance(portion, Portion) for each in portion.statements]


def read(given: QueryLogConfig, state: State | None = None) -> list[Any]:
    return list(CONNECTOR.read(given, state))


def test_json_lines_are_read_under_the_names_that_platforms_use(tmp_path: Path) -> None:
    path = written(
        tmp_path / "log.jsonl",
        {"QUERY_TEXT": "SELECT 1", "START_TIME": "2025-11-21 09:00:00.5 +00:00".replace(" +", "+"), "USER_NAME": "ADA"},
        {"query": "SELECT 2", "creation_time": NINE // 1000, "user_email": "a@x", "session_info": {"session_id": "s"}},
        {"sql": "SELECT 3", "ts": NINE / 1e6, "pid": 7, "dbname": "shop"},
    )
    first, second, third = statements(read(config(path)))
    assert (first.time, first.text, first.user) == (NINE + 500_000, "SELECT 1", "ADA")
    assert (second.time, second.user, second.session) == (NINE, "a@x", "s")
    assert (third.time, third.session, third.database) == (NINE, "7", "shop")


def test_fields_says_what_a_log_calls_its_parts(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", {"what": {"said": "SELECT 1"}, "when": NINE, "who": "ada"})
    given = config(path, fields={"text": "what.said", "time": "when", "user": "who"})
    assert statements(read(given)) == [Statement(NINE, "SELECT 1", user="ada")]


@pytest.mark.parametrize("before", ["", "\n", "\n\n"])
def test_empty_lines_before_the_header_of_csv_are_passed_over(tmp_path: Path, before: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{before}time,query\n2026-11-21T09:00:00Z,SELECT 1\n")
    assert [each.text for each in statements(read(config(path, format="csv")))] == ["SELECT 1"]


def test_an_object_without_members_is_warned_of_and_the_rest_is_read(tmp_path: Path) -> None:
    found = read(config(written(tmp_path / "log.jsonl", {}, row(0))))
    assert [each.text for each in statements(found)] == ["SELECT a FROM t"]
    assert [each.where for each in found if isinstance(each, ReadWarning)] == [f"{tmp_path}/log.jsonl, line 1"]


def test_csv_with_a_header_and_text_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text('time,user,query\n2025-11-21T09:00:00Z,ada,"SELECT a,\n b FROM t"\n')
    assert statements(read(config(path, format="csv"))) == [Statement(NINE, "SELECT a,\n b FROM t", user="ada")]


def test_postgresqls_own_log_is_read_and_its_other_lines_are_none(tmp_path: Path) -> None:
    begin = '2025-11-21 09:00:0{0}.000 UTC,"ada","shop",12,"[local]",6920.c,{0},"SELECT",'
    line = begin + '2025-11-21 08:59:00 UTC,3/4,0,{1},00000,"{2}",,,\n'
    path = tmp_path / "log.csv"
    path.write_text(
        line.format(0, "LOG", "statement: SELECT 1")
        + line.format(1, "LOG", "duration: 1.234 ms  execute <unnamed>: SELECT $1")
        + line.format(2, "ERROR", "relation does not exist")
        + line.format(3, "LOG", "checkpoint starting: time")
    )
    found = read(config(path, format="postgres_log"))
    assert [each.text for each in statements(found)] == ["SELECT 1", "SELECT $1"]
    assert {(each.user, each.session, each.database) for each in statements(found)} == {("ada", "6920.c", "shop")}
    assert not [each for each in found if isinstance(each, ReadWarning)]


def test_counts_of_pg_stat_statements_stand_at_the_time_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "stat.csv"
    path.write_text("rolname,datname,query,calls,stats_since\nada,shop,SELECT $1,41,2025-11-20 08:00:00+00\n")
    os.utime(path, ns=(NINE * 1000, NINE * 1000))
    found = read(config(path, format="pg_stat_statements"))
    (portion,) = found
    (statement,) = portion.statements
    assert (statement.time, statement.times, statement.user, portion.counted) == (NINE, 41, "ada", True)
    (event,) = CONNECTOR.translate(portion)
    said = json.loads(bytes(event.payload))
    assert said["since"].startswith("2025-11-20T08:00:00")


def test_what_failed_did_not_run(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", row(0, status="FAIL"), row(1, execution_status="SUCCESS"))
    assert [each.time for each in statements(read(config(path)))] == [NINE + 1_000_000]


def test_bad_lines_are_warnings_with_their_place_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    good = json.dumps(row(0))
    path.write_text(f'{good}\n{{"query": "SELECT\n[]\n{{"query": "SELECT 1"}}\n{{}}\n\n{good}\n')
    found = read(config(path))
    warned = [each for each in found if isinstance(each, ReadWarning)]
    assert [each.where for each in warned] == [f"{path}, line {n}" for n in (2, 3, 4, 5)]
    assert len(statements(found)) == 2


def test_a_portion_holds_one_hour_and_fits_into_an_event(tmp_path: Path) -> None:
    rows = [row(n) for n in range(3)] + [{**row(0), "time": NINE / 1e6 + 3600 + n} for n in range(2)]
    portions = [each for each in read(config(written(tmp_path / "a.jsonl", *rows))) if isinstance(each, Portion)]
    assert [(each.hour, each.part, len(each.statements)) for each in portions] == [(NINE, 0, 3), (NINE + HOUR, 0, 2)]
    long = [row(n, f"SELECT {'a, ' * 50_000} {n}") for n in range(8)]
    portions = [each for each in read(config(written(tmp_path / "b.jsonl", *long))) if isinstance(each, Portion)]
    assert [each.part for each in portions] == list(range(len(portions)))
    assert max(len(bytes(CONNECTOR.translate(each)[0].payload)) for each in portions) < 900_000


def test_a_grown_log_is_gone_on_with_where_it_ended(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", row(0), row(1), row(1, "SELECT b FROM t"))
    *_, state = read(config(path))
    assert isinstance(state, State)
    written(path, row(0), row(1), row(1, "SELECT b FROM t"), row(1, "SELECT c FROM t"), row(2))
    found = read(config(path), State(json.loads(json.dumps(state.data))))
    assert [each.text for each in statements(found)] == ["SELECT c FROM t", "SELECT a FROM t"]
    assert [each.part for each in found if isinstance(each, Portion)] == [1]


def test_several_files_are_read_in_order_of_their_names(tmp_path: Path) -> None:
    written(tmp_path / "b.jsonl", row(5, "SELECT 2"))
    written(tmp_path / "a.jsonl", row(1, "SELECT 1"))
    given = config(tmp_path / "*.jsonl")
    assert [each.text for each in statements(read(given))] == ["SELECT 1", "SELECT 2"]
    assert CONNECTOR.discover(given).summary == {"files": 2}


def test_each_text_is_sent_once_without_its_literals(tmp_path: Path) -> None:
    texts = [f"SELECT a FROM t WHERE id = {n} AND name = 'secret {n}'" for n in range(30)]
    (portion,) = [
        each
        for each in read(config(written(tmp_path / "log.jsonl", *(row(n, text) for n, text in enumerate(texts)))))
        if isinstance(each, Portion)
    ]
    (event,) = CONNECTOR.translate(portion)
    said = json.loads(bytes(event.payload))
    assert said["texts"] == ["SELECT a FROM t WHERE id = 0 AND name = '?'"]
    assert len(said["rows"]) == 30
    assert event.urn == "urn:clew:object:(postgres://shop,query_log.queries.2025-11-21)"


def test_no_log_and_a_log_of_another_form_are_said(tmp_path: Path) -> None:
    with pytest.raises(ClewError, match="no such log"):
        read(config(tmp_path / "none.jsonl"))
    path = tmp_path / "log.jsonl"
    path.write_text("time,query\n2025-11-21,SELECT 1\n")
    (problem,) = CONNECTOR.check(config(path))
    assert problem.where == f"{path}, line 1"
    path.write_bytes(b"\xff\xfe\x00")
    (problem,) = CONNECTOR.check(config(path))
    assert "UTF-8" in problem.what
