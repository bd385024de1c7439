"""The connectors keep the contract, on files made here and on the artifacts of a real dbt project."""

import json
from pathlib import Path
from typing import Any

import pytest

from clew_connectors.dbt import CONNECTOR as DBT
from clew_connectors.duckdb import CONNECTOR as DUCKDB
from clew_connectors.metadata_json import CONNECTOR as METADATA_JSON
from clew_connectors.mlflow import CONNECTOR as MLFLOW
from clew_connectors.query_log import CONNECTOR as QUERY_LOG
from clew_connectors.sql_in_code import CONNECTOR as SQL_IN_CODE
from clew_connectors.sqlite import CONNECTOR as SQLITE
from contracts.connector_contract import SECRET, ConnectorContract
from unit.clew_connectors.made import artifacts, database, house_price, sqlite_database
from unit.clew_connectors.mlflow import stores

LEAK = f"postgres://ada:{SECRET}@db.example/shop"


class TestDuckDB(ConnectorContract):
    connector = DUCKDB

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        path = database(
            tmp_path / "shop.duckdb",
            "create schema marts",
            "create table customers (id integer primary key, name varchar)",
            "create table marts.orders (id integer, customer integer)",
            f"comment on column marts.orders.customer is 'copied from {LEAK}'",
            f"create view marts.origins as select id, '{LEAK}' as origin from marts.orders",
        )
        return {"database": str(path), "namespace": "duckdb://shop"}

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        path = tmp_path / "notes.duckdb"
        path.write_text("not a database" * 500)
        return {"database": str(path)}


class TestDuckDBInSomeSchemas(TestDuckDB):
    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        path = database(
            tmp_path / "shop.duckdb",
            "create schema marts",
            "create schema marts_old",
            "create table marts.orders (id integer, customer integer)",
            "create table marts_old.orders (id integer)",
            f"comment on table marts.orders is 'copied from {LEAK}'",
        )
        return {"database": str(path), "schemas": ["marts"]}


class TestDbt(ConnectorContract):
    connector = DBT
    left_alone = frozenset({"run"})

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        def leak(manifest: Any) -> None:
            model = manifest["nodes"]["model.nyc_flights.dim_planes"]
            model["description"] = f"Copied from {LEAK}."
            model["compiled_code"] = f"select * from postgres_scan('{LEAK}', 'planes')"
            model["meta"]["origin"] = LEAK

        return artifacts(tmp_path, manifest=leak)

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        def older(manifest: Any) -> None:
            manifest["metadata"]["dbt_schema_version"] = "https://schemas.getdbt.com/dbt/manifest/v11.json"

        return artifacts(tmp_path, manifest=older)


class TestSQLite(ConnectorContract):
    connector = SQLITE

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        path = sqlite_database(
            tmp_path / "shop.db",
            "create table customers (id integer primary key, name text)",
            "create table orders (id integer, customer integer references customers)",
            f"create view origins as select id, '{LEAK}' as origin from orders",
        )
        return {"database": str(path), "namespace": "sqlite://shop"}

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        path = tmp_path / "notes.db"
        path.write_text("not a database" * 500)
        return {"database": str(path)}


class TestMetadataJson(ConnectorContract):
    connector = METADATA_JSON

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        def leak(document: Any) -> None:
            document["dataset"]["location"] = LEAK
            document["hyperparameters"]["storage"] = LEAK
            document["stages"][0]["source"] = {"url": LEAK, "password": SECRET}
            document["anything"] = LEAK

        return house_price(tmp_path, leak)

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        def mistyped(document: Any) -> None:
            document["hyperparameters"] = "many"

        return house_price(tmp_path, mistyped)


class TestMetadataJsonOfManyProjects(TestMetadataJson):
    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        def other(document: Any) -> None:
            document["project"], document["model"]["version"] = "house-price-again", 4
            document["anything"] = LEAK

        first = house_price(tmp_path / "a", lambda _: None)
        house_price(tmp_path / "b", other)
        return {**first, "path": str(tmp_path / "**" / "metadata.json")}


class TestMlflow(ConnectorContract):
    connector = MLFLOW

    @pytest.fixture
    def good(self) -> dict[str, Any]:
        return stores.configuration("good.db")

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        path = tmp_path / "notes.db"
        path.write_text("not a database" * 500)
        return {"tracking": f"sqlite:///{path}", "namespace": "mlflow://nyc"}


class TestMlflowInFiles(TestMlflow):
    @pytest.fixture
    def good(self) -> dict[str, Any]:
        return stores.configuration("mlruns")

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        return {"tracking": tmp_path.as_uri(), "namespace": "mlflow://nyc"}


class TestQueryLog(ConnectorContract):
    connector = QUERY_LOG

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        path = tmp_path / "log.jsonl"
        statement = f"SELECT id FROM postgres_scan('{LEAK}', 'public', 'orders')"
        path.write_text(
            "".join(
                json.dumps({"query": statement, "time": f"2026-11-20T1{hour}:00:00Z", "user": "ada"}) + "\n"
                for hour in range(3)
            )
        )
        return {"path": str(path), "dialect": "duckdb", "namespace": "duckdb://shop"}

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        path = tmp_path / "log.jsonl"
        path.write_text("time,query\n")
        return {"path": str(path), "dialect": "duckdb", "namespace": "duckdb://shop"}


class TestSqlInCode(ConnectorContract):
    connector = SQL_IN_CODE

    @pytest.fixture
    def good(self, tmp_path: Path) -> dict[str, Any]:
        folder = tmp_path / "etl"
        folder.mkdir()
        for name in ("load", "save"):
            (folder / f"{name}.py").write_text(f"db.execute(\"SELECT a FROM postgres_scan('{LEAK}', 'x', 't')\")\n")
        return {"folder": str(folder), "code": "code://etl", "dialect": "duckdb", "namespace": "duckdb://shop"}

    @pytest.fixture
    def broken(self, tmp_path: Path) -> dict[str, Any]:
        folder = str(tmp_path / "none")
        return {"folder": folder, "code": "code://etl", "dialect": "duckdb", "namespace": "duckdb://shop"}
