"""The committer's batches, and how it stands by records that the ledger fails at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import Conflict, Damaged, Unreachable
from clew.ledger import Ledger
from clew.ledger.positions import BadRecord
from clew.log import LogUrl
from clew.log.kafka_committer import MAX_EVENTS, Committer, Taken, batches
from clew.log.kafka_link import KafkaLink
from clew.log.record import LogRecord
from clew.log.schema_ids import SchemaIds
from clew_schemas import Event, Group, Receipt

URL = LogUrl.parse("kafka://nowhere:1?registry=http://nowhere:1")


def taken(offset: int, events: int = 1, partition: int = 0) -> Taken:
    record = LogRecord("t", partition, offset, b"s", f"value {offset}".encode(), {})
    return Taken(record, Group("s", f"g{offset}", (Event("u", "a"),) * events))


@given(st.lists(st.integers(1, 500), max_size=40))
def test_batches_keep_the_order_and_the_limit(sizes: list[int]) -> None:
    records = [taken(n, size) for n, size in enumerate(sizes)]
    found = list(batches(records))
    assert [each for batch in found for each in batch] == records
    assert all(sum(each.events for each in batch) <= MAX_EVENTS for batch in found)
    assert all(sum(each.events for each in [*one, other[0]]) > MAX_EVENTS for one, other in pairwise(found))


class Book:
    """A ledger that fails at what it is told to."""

    def __init__(self, **failures: Exception) -> None:
        self.failures = failures
        self.groups: list[str] = []
        self.bad: list[BadRecord] = []
        self.positions: dict[str, int] = {}

    def propose(self, records: Sequence[Any], *, positions: Any, bad: Sequence[BadRecord], **_: Any) -> list[Receipt]:
        for each in records:
            if each.id in self.failures:
                raise self.failures[each.id]
        for name, (expected, new) in positions.items():
            assert self.positions.get(name, 0) == expected
            self.positions[name] = new
        self.groups += [each.id for each in records]
        self.bad += bad
        refused = [each.id.startswith("refuse") for each in records]
        error = ({"code": "bad_input", "what": "no"},)
        return [
            Receipt(each.id, "refused" if no else "accepted", "", errors=error if no else ())
            for each, no in zip(records, refused, strict=True)
        ]


def committer(book: Book, *partitions: int) -> Committer:
    made = Committer(cast(Ledger, book), KafkaLink(URL), SchemaIds("http://nowhere:1"))
    made._positions = {f"t/{n}": 0 for n in partitions or (0,)}
    return made


def test_one_record_that_the_ledger_fails_at_holds_up_no_other() -> None:
    book = Book(g1=Damaged("broken"), g3=RuntimeError("secret"))
    made = committer(book, 0, 1)
    made._commit([taken(0), taken(1), taken(2, partition=1), taken(3), taken(4)])
    assert book.groups == ["g0", "g2", "g4"]
    assert [(each.place, each.reason["what"]) for each in book.bad] == [
        ("t/0@1", "broken"),
        ("t/0@3", "the ledger failed at it: RuntimeError"),
    ]
    assert book.positions == {"t/0": 5, "t/1": 3} == made.health().positions


@pytest.mark.parametrize("error", [Unreachable("away"), Conflict("another")])
def test_a_ledger_that_is_away_or_ahead_parks_nothing(error: Exception) -> None:
    book = Book(g1=error)
    with pytest.raises(type(error)):
        committer(book)._commit([taken(0), taken(1)])
    assert (book.groups, book.bad, book.positions) == ([], [], {})


def test_a_ledger_that_takes_not_even_a_note_stops_the_committer() -> None:
    class Dead(Book):
        def propose(self, records: Sequence[Any], **_: Any) -> list[Receipt]:
            raise Damaged("the disk")

    with pytest.raises(Damaged, match="the disk"):
        committer(Dead())._commit([taken(0)])


def test_what_the_ledger_refuses_is_noted_at_its_place() -> None:
    book = Book()
    refused = taken(3)._replace(said=Group("s", "refuse-me", ()))
    committer(book)._commit([taken(2), refused, taken(4)])
    assert [(each.place, each.reason["what"]) for each in book.bad] == [("t/0@3", "no")]
    assert book.positions == {"t/0": 5}
