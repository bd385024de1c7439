"""What is particular to the relations in SQLite: a disk that is full is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.errors import Unreachable
from clew.relations.port import NodeRow, RelationsChange
from clew.relations.sqlite_relations import SqliteRelations


def change(seq: int, count: int) -> RelationsChange:
    nodes = [NodeRow(seq * 100_000 + n, f"urn:clew:dataset:(x,t{seq}.{n})", 0) for n in range(count)]
    return RelationsChange(seq, nodes, [], {})


def test_a_full_disk_is_told_as_that_and_the_next_change_goes_well(tmp_path: Path) -> None:
    relations = SqliteRelations.open(tmp_path)
    relations.apply("e", change(1, 1))
    (pages,) = relations._connection.execute("PRAGMA page_count").fetchone()
    relations._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Unreachable, match="full") as told:
        relations.apply("e", change(2, 5000))
    assert "disk" in str(told.value.hint)
    assert relations.position().seq == 1
    relations._connection.execute("PRAGMA max_page_count = 1000000")
    relations.apply("e", change(2, 5000))
    assert relations.position().seq == 2
    relations.close()
