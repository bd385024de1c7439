"""Opening stores that are not there, not whole, not MLflow's, or of another version; and servers that are away."""

import shutil
import socket
import sqlite3
from pathlib import Path

import pytest

from clew_connectors.mlflow.config import MlflowConfig
from clew_connectors.mlflow.read import check
from clew_schemas.errors import BadInput, ClewError, Locked, NotFound, Unreachable
from unit.clew_connectors.mlflow import stores


def problem(tracking: str | Path) -> ClewError:
    uri = f"sqlite:///{tracking}" if isinstance(tracking, Path) else tracking
    (found,) = check(MlflowConfig(tracking=uri, namespace="mlflow://x"))
    assert found.where
    assert found.hint
    return found


def copied(folder: Path) -> Path:
    return Path(shutil.copy(stores.trained() / "good.db", folder / "store.db"))


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "gone.db"
    assert isinstance(problem(path), NotFound)
    assert isinstance(problem((tmp_path / "mlruns").as_uri()), NotFound)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_truncated_store_is_said_to_be_damaged_with_its_path(tmp_path: Path, kept: float) -> None:
    path = copied(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    found = problem(path)
    assert isinstance(found, BadInput)
    assert "damaged" in found.what
    assert found.where == str(path)


def test_a_store_with_a_hole_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = copied(tmp_path)
    data = bytearray(path.read_bytes())
    data[200_000:300_000] = b"\xff" * 100_000
    path.write_bytes(data)
    assert "damaged" in problem(path).what


def test_what_is_no_database_or_another_one_is_no_store_and_gets_no_tables(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("not a database" * 500)
    assert problem(path).what == "this is not a SQLite database"
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("create table notes (a)")
    assert problem(other).what == "this SQLite database is no MLflow store"
    assert [row[0] for row in sqlite3.connect(other).execute("select name from sqlite_master")] == ["notes"]


@pytest.mark.parametrize(("revision", "hint"), [("451aebb31d03", "mlflow db upgrade"), ("unheard", "--upgrade mlflow")])
def test_a_store_of_another_version_is_not_migrated_and_the_way_out_is_named(
    tmp_path: Path, revision: str, hint: str
) -> None:
    path = copied(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("update alembic_version set version_num = ?", [revision])
    before = path.read_bytes()
    found = problem(path)
    assert f"the store has schema {revision}" in found.what
    assert found.hint is not None and hint in found.hint
    assert path.read_bytes() == before


def test_a_store_that_is_being_written_to_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew_connectors.mlflow.store.LOCK_SECONDS", 0.1)
    path = copied(tmp_path)
    writer = sqlite3.connect(path)
    writer.execute("begin exclusive")
    assert isinstance(problem(path), Locked)
    writer.close()


def test_a_folder_that_is_no_store_gets_no_folders(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    assert problem(str(tmp_path)).what == "this folder is no MLflow store"
    assert [each.name for each in tmp_path.iterdir()] == ["notes"]


def test_a_server_that_is_away_is_unreachable_and_no_password_is_said() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    found = problem(f"http://ada:{stores.SECRET}@127.0.0.1:{port}/mlflow?token={stores.SECRET}")
    assert isinstance(found, Unreachable)
    assert found.where == f"http://127.0.0.1:{port}/mlflow"
    assert stores.SECRET not in str(found)


def test_a_database_server_is_refused_with_what_to_give_instead() -> None:
    found = problem(f"postgresql://ada:{stores.SECRET}@db/mlflow")
    assert isinstance(found, BadInput)
    assert found.hint is not None and "tracking server" in found.hint
    assert stores.SECRET not in str(found)
