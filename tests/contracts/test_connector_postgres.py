"""The PostgreSQL connector keeps the contract, on a real server."""

from collections.abc import Iterator
from typing import Any

import pytest
from tools.servers import Server

from clew_connectors.postgres import CONNECTOR
from contracts.connector_contract import SECRET, ConnectorContract
from unit.clew_connectors.made_postgres import SHOP, config, database

pytestmark = pytest.mark.servers

LEAK = f"postgres://ada:{SECRET}@db.example/shop"


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[str]:
    leaks = (
        f"COMMENT ON COLUMN shop.orders.customer IS 'copied from {LEAK}'",
        f"CREATE VIEW mart.origins AS SELECT id, '{LEAK}'::text AS origin FROM shop.orders",
        f"ALTER TABLE shop.customers ADD COLUMN origin text DEFAULT '{LEAK}'",
        f"CREATE FUNCTION mart.origin() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN '{LEAK}'; END $$",
    )
    with database(postgres.url, SHOP.read_text(), *leaks) as url:
        yield url


class TestPostgres(ConnectorContract):
    connector = CONNECTOR

    @pytest.fixture
    def good(self, shop: str) -> dict[str, Any]:
        return config(shop)

    @pytest.fixture
    def broken(self, shop: str) -> dict[str, Any]:
        return config(shop, password=SECRET)


class TestPostgresWithEverything(TestPostgres):
    @pytest.fixture
    def good(self, shop: str) -> dict[str, Any]:
        return config(shop, partitions=True, owners=True, values=True, usage=True)


class TestPostgresInSomeSchemas(TestPostgres):
    @pytest.fixture
    def good(self, shop: str) -> dict[str, Any]:
        return config(shop, schemas=["s*", "mart"], exclude=["*_one"])

    @pytest.fixture
    def broken(self, shop: str) -> dict[str, Any]:
        return config(shop, port=1)
