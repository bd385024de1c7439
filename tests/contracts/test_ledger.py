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


@pytest.mark.parametrize("room", [0, 1, 3, 100])
def test_numbers_keep_their_names_however_much_room_memory_has_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr("clew.ledger.sqlite_reader._KEPT_ENTITIES", room)
    table = "urn:clew:dataset:(x,t)"
    with closing(SqliteLedger.open(tmp_path / "ledger.db")) as ledger:
        ledger.propose([Group("steward", "g", (event(table, "schema", {"columns": [{"name": "a"}, {"name": "b"}]}),))])
        names = [table, any_of(table), rows_of(table), column(table, "a"), column(table, "b")]
        numbers = ledger.ids(names)
        unborn = max(numbers) + 1
        for some in ([0, 1], [2, 3], [1, 1, 4, 0], [4, 3, 2, 1, 0]):
            asked = [*(numbers[each] for each in some), unborn]
            found = ledger.entities(asked)
            assert [each and each.urn for each in found] == [*(names[each] for each in some), None]
            assert [each and each.parent for each in found] == [*(numbers[0] if each else 0 for each in some), None]
            assert len(ledger._entities) <= room
        ledger.propose([Group("steward", "h", (event("urn:clew:dataset:(x,u)", "documentation", {"text": "new"}),))])
        (born,) = ledger.entities([unborn])
        assert born is not None
        assert ledger.ids([born.urn]) == [unborn]
