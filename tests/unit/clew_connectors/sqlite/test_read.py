"""Reading SQLite files: real ones, odd ones, broken ones, and ones that somebody is writing to."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.port import ReadWarning
from clew_connectors.run import run
from clew_connectors.sqlite import CONNECTOR
from clew_connectors.sqlite.config import SQLiteConfig
from clew_connectors.sqlite.read import check, discover, read
from clew_connectors.sqlite.records import Table, View
from clew_connectors.testing import MemorySink
from clew_schemas.errors import BadInput, ClewError, Locked, NotFound
from unit.clew_connectors.made import WRITTEN, recipe, sqlite_database, sqlite_shop


def config(path: Path, **more: Any) -> SQLiteConfig:
    return SQLiteConfig.model_validate({"database": str(path), "lock_timeout": 0, **more})


def tables(path: Path, **more: Any) -> dict[str, Table]:
    return {each.name: each for each in read(config(path, **more)) if isinstance(each, Table)}


def views(path: Path) -> dict[str, View]:
    return {each.name: each for each in read(config(path)) if isinstance(each, View)}


def test_keys_are_read_with_the_spelling_of_what_they_refer_to(tmp_path: Path) -> None:
    orders = tables(sqlite_shop(tmp_path))["orders"]
    assert orders.primary_key == ("number", "line")
    assert {(key.columns, key.table, key.referenced) for key in orders.foreign_keys} == {
        (("customer",), "customers", ("id",))
    }
    assert orders.without_rowid


def test_the_one_integer_key_is_never_null_and_another_key_may_be(tmp_path: Path) -> None:
    path = sqlite_database(
        tmp_path / "x.db", "create table a (id integer primary key)", "create table b (id int primary key)"
    )
    found = tables(path)
    assert [found[name].columns[0].nullable for name in "ab"] == [False, True]


def test_generated_columns_say_how_and_keep_their_declared_type(tmp_path: Path) -> None:
    columns = {each.name: each for each in tables(sqlite_shop(tmp_path))["orders"].columns}
    assert [(columns[name].type, columns[name].generated) for name in ("gross", "cents")] == [
        ("REAL", "virtual"),
        ("INT", "stored"),
    ]


def test_a_virtual_table_names_its_module_and_its_shadows_are_left_out(tmp_path: Path) -> None:
    found = tables(sqlite_shop(tmp_path))
    assert (found["notes"].module, found["notes"].rows) == ("fts5", None)
    assert not [name for name in found if name.startswith("notes_")]


def test_a_virtual_table_without_its_module_is_named_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma writable_schema = 1")
        made = "CREATE VIRTUAL TABLE odd USING nosuch(x)"
        connection.execute("insert into sqlite_schema values ('table', 'odd', 'odd', 0, ?)", [made])
        connection.commit()
    (warning,) = [each for each in read(config(path)) if isinstance(each, ReadWarning)]
    assert "no such module: nosuch" in warning.what
    assert tables(path)["odd"].module == "nosuch"
    assert run(recipe(CONNECTOR, {"database": str(path)}), MemorySink()).held == ()


def test_a_view_whose_table_is_gone_keeps_its_sql(tmp_path: Path) -> None:
    broken = views(sqlite_shop(tmp_path))["broken"]
    assert (broken.columns, broken.sql) == ((), "CREATE VIEW broken AS SELECT z FROM gone")


def test_rows_are_those_that_there_are_as_of_the_last_write(tmp_path: Path) -> None:
    found = tables(sqlite_shop(tmp_path))
    assert (found["customers"].rows, found["orders"].rows, found["a.b"].rows) == (2, 1, 0)
    assert found["orders"].measured == datetime.fromtimestamp(WRITTEN, UTC)


def test_a_table_beyond_the_bound_is_not_counted_and_nothing_is_when_the_bound_is_zero(tmp_path: Path) -> None:
    path = sqlite_shop(tmp_path)
    assert [tables(path, count_up_to=bound)["customers"].rows for bound in (0, 1, 2)] == [None, None, 2]


def test_reading_leaves_the_file_and_its_folder_as_they_were(tmp_path: Path) -> None:
    path = sqlite_shop(tmp_path)
    before = path.read_bytes()
    list(read(config(path)))
    assert (path.read_bytes(), path.stat().st_mtime) == (before, WRITTEN)
    assert list(tmp_path.iterdir()) == [path]


def test_a_database_in_use_is_read_as_of_the_last_commit(tmp_path: Path) -> None:
    path = sqlite_database(tmp_path / "x.db", "pragma journal_mode = wal", "create table t (a)")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("insert into t values (1)")
        writer.execute("begin immediate")
        writer.execute("insert into t values (2)")
        assert tables(path)["t"].rows == 1
        writer.execute("commit")
        assert tables(path)["t"].rows == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any folder")
def test_a_wal_database_in_a_folder_that_cannot_be_written_to_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    path = sqlite_database(folder / "x.db", "pragma journal_mode = wal", "create table t (a)")
    folder.chmod(0o500)
    try:
        assert tables(path)["t"].rows == 0
    finally:
        folder.chmod(0o700)


def test_a_file_that_its_writer_has_locked_whole_is_locked_in_words(tmp_path: Path) -> None:
    path = sqlite_database(tmp_path / "x.db", "create table t (a)")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("begin exclusive")
        with pytest.raises(Locked) as raised:
            list(read(config(path)))
        (problem,) = check(config(path))
    assert (raised.value.where, str(problem)) == (str(path), str(raised.value))
    assert raised.value.hint and "lock_timeout" in raised.value.hint


def text(path: Path) -> None:
    path.write_text("hello" * 2000)


def damaged(path: Path) -> None:
    sqlite_database(path, "create table t (a integer)", "insert into t values (1)")
    content = bytearray(path.read_bytes())
    content[100:200] = b"\xff" * 100
    path.write_bytes(content)


def encrypted(path: Path) -> None:
    path.write_bytes(bytes(range(1, 256)) * 40)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda _: None, NotFound, "no such SQLite file"),
        (text, BadInput, "not a SQLite database"),
        (encrypted, BadInput, "or an encrypted one"),
        (Path.touch, BadInput, "empty"),
        (Path.mkdir, BadInput, "folder"),
        (damaged, BadInput, "damaged"),
    ],
    ids=["missing", "text", "encrypted", "empty", "folder", "damaged"],
)
def test_what_is_no_database_is_refused_with_place_and_hint(
    tmp_path: Path, make: Any, kind: type[ClewError], words: str
) -> None:
    path = tmp_path / "odd.db"
    make(path)
    with pytest.raises(kind, match=words) as raised:
        list(read(config(path)))
    assert raised.value.where == str(path)
    assert raised.value.hint
    assert [str(each) for each in check(config(path))] == [str(raised.value)]


def test_a_name_that_no_urn_can_hold_is_left_out_with_a_warning(tmp_path: Path) -> None:
    path = sqlite_database(
        tmp_path / "x.db",
        'create table "new\nline" (a)',
        'create table t ("tab\there")',
        'create table refers (a references "new\nline" (a))',
        "create table fine (a)",
    )
    assert set(tables(path)) == {"fine"}
    found = run(recipe(CONNECTOR, {"database": str(path)}), MemorySink())
    assert (found.warnings, found.held) == (3, ())


def test_a_path_with_signs_of_a_url_is_a_path(tmp_path: Path) -> None:
    path = sqlite_database(tmp_path / "a b?mode=rw#%41.db", "create table t (a)")
    assert set(tables(path)) == {"t"}
    assert list(tmp_path.iterdir()) == [path]


def test_what_would_be_read_is_counted(tmp_path: Path) -> None:
    assert discover(config(sqlite_shop(tmp_path))).summary == {"tables": 6, "views": 3}


def test_without_a_namespace_the_file_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert SQLiteConfig(database="x.db").home == f"sqlite://{tmp_path}/x.db"
