"""Running the SQL of logged data again: the same digest is evidence, another one a warning, and nothing does harm."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.mlflow import verify
from clew_connectors.mlflow.config import MlflowConfig
from clew_connectors.mlflow.read import read
from clew_connectors.mlflow.records import LoggedDataset
from clew_connectors.mlflow.verify import verified
from clew_connectors.port import ReadWarning
from clew_schemas.errors import BadInput
from unit.clew_connectors.mlflow import stores


def config(**more: Any) -> MlflowConfig:
    database = stores.trained() / "flights.duckdb"
    more = {"verify": True, "databases": {f"duckdb://{database}": str(database)}, **more}
    return MlflowConfig.model_validate(stores.configuration("good.db", **more))


@pytest.fixture(scope="module")
def flights() -> LoggedDataset:
    (found,) = [each for each in read(config(verify=False)) if isinstance(each, LoggedDataset)]
    return found


def with_sql(dataset: LoggedDataset, sql: str) -> LoggedDataset:
    return replace(dataset, source=replace(dataset.source, sql=sql))


def refused(dataset: LoggedDataset, **more: Any) -> str:
    found = verified(dataset, config(**more))
    assert isinstance(found, ReadWarning)
    assert found.where == "flights 9219d2ad"
    return found.what


def test_the_same_sql_on_the_same_data_gives_the_same_digest() -> None:
    (found,) = [each for each in read(config()) if isinstance(each, LoggedDataset)]
    assert found.verified == "the SQL, run again, gave 2000 rows with the same digest"


def test_other_rows_give_a_warning_and_no_evidence(flights: LoggedDataset) -> None:
    assert flights.source.sql is not None
    shorter = with_sql(flights, f"select * from ({flights.source.sql}) limit 1999")
    assert "gives the digest" in refused(shorter)


def test_a_query_is_bounded_in_rows_and_seconds(flights: LoggedDataset) -> None:
    assert refused(flights, verify_rows=1_500) == "not verified: its SQL gives more than 1500 rows"
    endless = "select sum(a.range * b.range) from range(1000000) a, range(1000000) b"
    assert "took more than 0.2 seconds" in refused(with_sql(flights, endless), verify_seconds=0.2)


@pytest.mark.parametrize(
    "sql",
    [
        "drop table flights",
        "select 1; drop table flights",
        "copy flights to 'stolen.csv'",
        "attach 'other.duckdb'",
        "select * from read_csv('/etc/passwd')",
        "set enable_external_access = true",
        "select from where",
    ],
)
def test_sql_that_is_more_than_a_look_at_the_file_is_not_run(
    flights: LoggedDataset, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (stores.trained() / "flights.duckdb").read_bytes()
    assert refused(with_sql(flights, sql)).startswith("not verified: ")
    assert list(tmp_path.iterdir()) == []
    assert (stores.trained() / "flights.duckdb").read_bytes() == before


def test_without_a_database_in_the_recipe_nothing_is_run(flights: LoggedDataset) -> None:
    assert "names no database file" in refused(flights, databases={})
    assert "there is no DuckDB file" in refused(flights, databases={"duckdb:": "/nowhere.duckdb"})
    assert verified(replace(flights, source=replace(flights.source, sql=None)), config()) is None


def test_a_missing_driver_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name=name)

    monkeypatch.setattr(verify.importlib, "import_module", missing)
    with pytest.raises(BadInput, match="duckdb") as raised:
        verify.drivers()
    assert raised.value.hint == "pip install 'clew[mlflow-verify]'"
