"""The embedded ledger keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from clew.ledger import Ledger
from clew.ledger.sqlite import SqliteLedger
from clew_schemas import Group, event
from clew_schemas.urn import any_of, column, rows_of
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


def test_names_keep_their_numbers_where_memory_has_no_room_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "urn:clew:dataset:(x,t)"
    with closing(SqliteLedger.open(tmp_path / "ledger.db")) as ledger:
        ledger.propose([Group("steward", "g", (event(table, "schema", {"columns": [{"name": "a"}, {"name": "b"}]}),))])
        names = [table, any_of(table), rows_of(table), column(table, "a"), column(table, "b")]
        wanted = ledger.ids(names)
        assert 0 not in wanted
        monkeypatch.setattr("clew.ledger.sqlite_reader._CACHE", 1)
        for some in (names[:3], names[2:], names, names[::-1], [*names, "urn:clew:dataset:(x,never)"], names[1:]):
            assert ledger.ids(some) == [dict(zip(names, wanted, strict=True)).get(each, 0) for each in some]
