"""The ledger on PostgreSQL keeps the contract; each ledger has a schema of its own on one server."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from tools.servers import Server, start

from clew.ledger import Ledger
from clew.ledger.postgres import PostgresLedger
from contracts.ledger_contract import *  # noqa: F403
from contracts.ledger_contract import Clock, MakeLedger

_schemas = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    servers = start(["postgres"], tmp_path_factory.mktemp("ledger"))
    yield servers["postgres"]
    servers["postgres"].discard()


@pytest.fixture
def make_ledger(server: Server) -> Iterator[MakeLedger]:
    opened: list[PostgresLedger] = []

    def make(clock: Clock) -> Ledger:
        ledger = PostgresLedger.open(new_schema(server.url), clock=clock)
        opened.append(ledger)
        return ledger

    yield make
    for ledger in opened:
        ledger.close()


def new_schema(url: str) -> str:
    """Return the URL of a new, empty schema on a server."""
    name = f"ledger_{next(_schemas)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{url}?options=-csearch_path%3D{name}"
