"""Reading DuckDB files: real ones, odd ones, broken ones, and one that another process holds."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from clew_connectors.duckdb import CONNECTOR
from clew_connectors.duckdb.config import DuckDBConfig
from clew_connectors.duckdb.read import check, connect, discover, read
from clew_connectors.duckdb.records import Schema, Table, View
from clew_connectors.port import ReadWarning
from clew_connectors.run import run
from clew_connectors.testing import MemorySink
from clew_schemas.errors import BadInput, ClewError, Locked, NotFound
from unit.clew_connectors.made import WRITTEN, database, recipe, shop


def config(path: Path, **more: Any) -> DuckDBConfig:
    return DuckDBConfig.model_validate({"database": str(path), "lock_timeout": 0, **more})


def tables(path: Path, **more: Any) -> dict[str, Table]:
    return {each.name: each for each in read(config(path, **more)) if isinstance(each, Table)}


def views(path: Path) -> dict[str, View]:
    return {each.name: each for each in read(config(path)) if isinstance(each, View)}


WRITER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("create table if not exists held (a integer)")
print("holding", flush=True)
sys.stdin.readline()
"""


@contextmanager
def writer(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Hold the file open for writing in another process, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline() == "holding\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_file_that_its_writer_holds_is_locked_in_words(tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    with writer(path) as process, pytest.raises(Locked) as raised:
        list(read(config(path, lock_timeout=0.3)))
    assert f"process {process.pid} has it open for writing" in raised.value.what
    assert raised.value.where == str(path)
    assert raised.value.hint and "lock_timeout" in raised.value.hint
    assert raised.value.exit_code == 5


def test_check_tells_of_the_lock_too(tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    with writer(path):
        (problem,) = check(config(path))
    assert isinstance(problem, Locked)


def test_reading_waits_until_the_writer_is_done(tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    with writer(path) as process:
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                process.kill()
                process.wait()
            time.sleep(0.01)

        connect(path, 60, sleep=sleep).close()
    assert waits[:3] == [0.05, 0.1, 0.2]


def test_waiting_ends_at_the_timeout(tmp_path: Path) -> None:
    path, now = tmp_path / "held.duckdb", [0.0]
    with writer(path), pytest.raises(Locked):
        connect(path, 7.0, sleep=lambda seconds: now.__setitem__(0, now[0] + seconds), clock=lambda: now[0])
    assert now[0] == pytest.approx(7.0)


def test_a_writer_in_this_very_process_is_a_lock_too(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")), pytest.raises(Locked, match="this very process"):
        list(read(config(tmp_path / "x.duckdb")))


def test_the_file_is_free_again_before_the_first_record_comes(tmp_path: Path) -> None:
    path = shop(tmp_path)
    records = read(config(path))
    next(records)
    with writer(path):
        assert len(list(records)) > 3


def test_reading_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = shop(tmp_path)
    before = path.read_bytes()
    list(read(config(path)))
    assert (path.read_bytes(), path.stat().st_mtime) == (before, WRITTEN)
    assert list(tmp_path.iterdir()) == [path]


def text(path: Path) -> None:
    path.write_text("hello" * 2000)


def damaged(path: Path) -> None:
    database(path, "create table t (a integer)")
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda _: None, NotFound),
        (text, BadInput),
        (Path.touch, BadInput),
        (Path.mkdir, BadInput),
        (damaged, BadInput),
    ],
    ids=["missing", "text", "empty", "folder", "damaged"],
)
def test_what_is_no_database_is_refused_with_place_and_hint(tmp_path: Path, make: Any, kind: type[ClewError]) -> None:
    path = tmp_path / "odd.duckdb"
    make(path)
    with pytest.raises(kind) as raised:
        list(read(config(path)))
    assert raised.value.where == str(path)
    assert raised.value.hint


def test_a_file_of_a_newer_duckdb_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        # no DuckDB that we could run writes such a file; the words are those of its storage manager
        raise duckdb.IOException(
            "IO Error: Trying to read a database file with version number 999, but we can only read versions between "
            "64 and 68.\nThe database file was created with a newer version of DuckDB."
        )

    path = shop(tmp_path)
    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(BadInput, match="version number 999") as raised:
        list(read(config(path)))
    assert raised.value.hint and "newer" in raised.value.hint


def test_rows_are_those_that_there_are_as_of_the_last_write(tmp_path: Path) -> None:
    found = tables(shop(tmp_path))
    assert (found["customers"].rows, found["orders"].rows) == (2, 1)
    assert found["orders"].measured == datetime.fromtimestamp(WRITTEN, UTC)


def test_the_log_beside_the_file_counts_as_a_write(tmp_path: Path) -> None:
    path = database(tmp_path / "x.duckdb", "create table t (a integer)")
    code = f"import duckdb, os; c = duckdb.connect({str(path)!r}); c.execute('insert into t values (1)'); os._exit(0)"
    subprocess.run([sys.executable, "-c", code], check=True)
    os.utime(path, (WRITTEN, WRITTEN))
    os.utime(f"{path}.wal", (WRITTEN + 60, WRITTEN + 60))
    (table,) = tables(path).values()
    assert (table.rows, table.measured.timestamp()) == (1, WRITTEN + 60)


def test_keys_are_read_with_the_table_they_refer_to(tmp_path: Path) -> None:
    found = tables(shop(tmp_path))
    assert found["customers"].primary_key == ("id",)
    (key,) = found["orders"].foreign_keys
    assert (key.columns, key.table, key.referenced) == (("customer_id",), "customers", ("id",))


def test_a_name_without_schema_in_a_view_means_main_only_where_the_own_schema_has_none(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.duckdb",
        "create schema s",
        "create table orders (a integer)",
        "create table items (a integer)",
        "create table s.items (b integer)",
        "create view s.v as select orders.a, items.b from orders, s.items as items",
        "create view here as select a from orders",
    )
    assert views(path)["v"].from_main == ("orders",)
    assert views(path)["here"].from_main == ()


def test_a_view_whose_table_is_gone_keeps_its_sql(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.duckdb", "create table t (a integer)", "create view v as select a from t", "drop table t"
    )
    assert "FROM t" in views(path)["v"].sql


def test_all_schemas_are_read_but_an_empty_main(tmp_path: Path) -> None:
    path = database(tmp_path / "x.duckdb", "create schema empty", "create schema s", "create table s.t (a integer)")
    assert [each.path for each in read(config(path)) if isinstance(each, Schema)] == [("empty",), ("s",)]
    assert discover(config(path)).summary == {"schemas": 2, "tables": 1, "views": 0}


@pytest.mark.skipif(int(duckdb.__version__.split(".")[0]) < 2, reason="DuckDB 1 has no schemas in schemas")
def test_schemas_in_schemas_are_read(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.duckdb", "create schema a", "create schema a.b", "create table a.b.t as select 1 as x"
    )
    assert tables(path)["t"].schema == ("a", "b")
    assert tables(path, schemas=["a.b"])["t"].rows == 1
    assert tables(path, schemas=["a"]) == {}


def test_a_schema_that_is_not_there_is_a_problem_to_check_and_a_warning_to_read(tmp_path: Path) -> None:
    asked = config(shop(tmp_path), schemas=["main", "mian"])
    (problem,) = check(asked)
    assert isinstance(problem, NotFound) and "'mian'" in problem.what
    (warning,) = [each for each in read(asked) if isinstance(each, ReadWarning)]
    assert warning.what == problem.what


def test_what_a_schema_held_is_retracted_when_it_is_dropped(tmp_path: Path) -> None:
    path = database(tmp_path / "x.duckdb", *(f"create schema {s}; create table {s}.t (a integer)" for s in "ab"))
    sink = MemorySink()
    asked = recipe(CONNECTOR, {"database": str(path), "namespace": "duckdb://x", "schemas": ["a", "b"]})
    run(asked, sink)
    database(path, "drop schema b cascade")
    found = run(asked, sink)
    assert found.closed and found.warnings == 1
    assert {urn for _, urn, _ in sink.claims} == {
        "urn:clew:container:(duckdb://x,x)",
        "urn:clew:container:(duckdb://x,x.a)",
        "urn:clew:dataset:(duckdb://x,x.a.t)",
    }


def test_a_name_that_no_urn_can_hold_is_left_out_with_a_warning(tmp_path: Path) -> None:
    path = database(
        tmp_path / "x.duckdb",
        'create table "new\nline" (a integer)',
        'create table t ("tab\there" integer)',
        'create table "line\nkey" (a integer primary key)',
        'create table refers (a integer references "line\nkey" (a))',
        "create table fine (a integer)",
        "create schema s",
        'create view s.v as select a from main."new\nline"',
    )
    assert set(tables(path)) == {"fine"}
    found = run(recipe(CONNECTOR, {"database": str(path)}), MemorySink())
    assert (found.warnings, found.held) == (4, ())


def test_a_table_of_ten_thousand_columns_lands_whole(tmp_path: Path) -> None:
    columns = ", ".join(f"column_number_{at} decimal(18, 3) not null" for at in range(10_000))
    # few comments: DuckDB copies the table's entry for each; that many of them is a matter of translating
    comment = "comment on column wide.column_number_9996 is 'Prose.'"
    path = database(tmp_path / "x.duckdb", f"create table wide ({columns})", comment)
    sink = MemorySink()
    found = run(recipe(CONNECTOR, {"database": str(path), "namespace": "duckdb://x"}), sink)
    assert found.held == ()
    wide = "urn:clew:dataset:(duckdb://x,x.main.wide)"
    names = [each["name"] for each in sink.said(wide, "schema")["columns"]]
    assert names == [f"column_number_{at}" for at in range(10_000)]
    prose = sink.said("urn:clew:column:(duckdb://x,x.main.wide,column_number_9996)", "documentation")
    assert prose["text"] == "Prose."


def test_without_a_namespace_the_file_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert DuckDBConfig(database="x.duckdb").home == f"duckdb://{tmp_path}/x.duckdb"
