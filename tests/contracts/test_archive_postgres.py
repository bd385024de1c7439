"""The ledger on PostgreSQL as a whole: archives go from the embedded engine to it, and back."""

from __future__ import annotations

from contextlib import closing
from io import BytesIO
from itertools import count
from pathlib import Path

import psycopg
import pytest
from tools.servers import Server

from clew.ledger import Ledger
from clew.ledger.archive import Archive
from clew.ledger.postgres import PostgresLedger
from clew.ledger.sqlite import SqliteLedger
from contracts.archive_contract import *  # noqa: F403
from contracts.archive_contract import Clock, MakePlace, Open, archived, everything, fill, lines

_schemas = count()


@pytest.fixture
def make_place(postgres: Server) -> MakePlace:
    def make(clock: Clock) -> Open:
        name = f"archive_{next(_schemas)}"
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.execute(f"CREATE SCHEMA {name}")
        return lambda: PostgresLedger.open(f"{postgres.url}?options=-csearch_path%3D{name}", clock=clock)

    return make


def test_a_ledger_moves_from_the_server_into_a_home(make_place: MakePlace, clock: Clock, tmp_path: Path) -> None:
    def home() -> Ledger:
        return SqliteLedger.open(tmp_path / "ledger.db", clock=clock)

    with closing(make_place(clock)()) as served:
        fill(served)
        packed = archived(served)
        with closing(home()) as empty:
            empty.adopt(Archive(BytesIO(packed)))
        with closing(home()) as ledger:
            assert everything(ledger) == everything(served)
            assert lines(archived(ledger))[1:-1] == lines(packed)[1:-1]
