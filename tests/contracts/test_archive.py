"""The embedded ledger as a whole."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from clew.ledger.sqlite import SqliteLedger
from contracts.archive_contract import *  # noqa: F403
from contracts.archive_contract import Clock, MakePlace, Open

_homes = count()


@pytest.fixture
def make_place(tmp_path: Path) -> MakePlace:
    def make(clock: Clock) -> Open:
        path = tmp_path / f"{next(_homes)}" / "ledger.db"
        return lambda: SqliteLedger.open(path, clock=clock)

    return make
