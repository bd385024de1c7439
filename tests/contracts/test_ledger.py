"""The embedded ledger keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from clew.ledger import Ledger
from clew.ledger.sqlite import SqliteLedger
from contracts.ledger_contract import *  # noqa: F403
from contracts.ledger_contract import Clock, MakeLedger

_homes = count()


@pytest.fixture
def make_ledger(tmp_path: Path) -> Iterator[MakeLedger]:
    opened: list[Ledger] = []

    def make(clock: Clock) -> Ledger:
        ledger = SqliteLedger.open(tmp_path / f"{next(_homes)}" / "ledger.db", clock=clock)
        opened.append(ledger)
        return ledger

    yield make
    for ledger in opened:
        ledger.close()
