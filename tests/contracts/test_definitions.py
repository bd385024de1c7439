"""The embedded ledger takes definitions as the contract says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.ledger import Ledger
from clew.ledger.sqlite import SqliteLedger
from contracts.definition_contract import *  # noqa: F403
from contracts.definition_contract import Reopen
from contracts.ledger_contract import Clock


@pytest.fixture
def opened() -> Iterator[list[Ledger]]:
    ledgers: list[Ledger] = []
    yield ledgers
    for each in ledgers:
        each.close()


@pytest.fixture
def reopen(tmp_path: Path, opened: list[Ledger]) -> Reopen:
    """Another ledger on the same file; only the first one writes."""

    def reopen() -> Ledger:
        opened.append(SqliteLedger.open(tmp_path / "ledger.db", clock=Clock()))
        return opened[-1]

    return reopen


@pytest.fixture
def ledger(reopen: Reopen) -> Ledger:
    return reopen()
