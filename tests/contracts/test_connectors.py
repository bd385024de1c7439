"""Both connectors keep the contract, on a DuckDB file made here and on the artifacts of a real dbt project."""

from pathlib import Path
from typing import Any

import pytest

from clew_connectors.dbt import CONNECTOR as DBT
from clew_connectors.duckdb import CONNECTOR as DUCKDB
from contracts.connector_contract import SECRET, ConnectorContract
from unit.clew_connectors.made import artifacts, database

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
