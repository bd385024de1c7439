"""Finding a place on the tape, and reading on from there, whatever stands on it."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import Unreachable
from clew.ledger import Commit, LedgerReader
from clew.log.record import LogRecord
from clew.log.tail import KafkaTail
from clew.log.tape import Mark, last_published, mark_of, seek_after
from unit.clew.log.tapes import REGISTRY, ListTape, commit, record

OURS = "e1"


class Book:
    """A ledger of plain commits, as far as a tail asks."""

    epoch = OURS
    registry = REGISTRY

    def __init__(self, head: int) -> None:
        self.head = head
        self.asked = 0

    def learn(self) -> int:
        return 0

    def head_seq(self) -> int:
        return self.head

    def wait(self, seq: int, timeout: float) -> bool:
        return seq <= self.head

    def tail(self, after: int, limit: int = 100) -> list[Commit]:
        self.asked += 1
        return [commit(seq) for seq in range(after + 1, min(self.head, after + limit) + 1)]


def tail_of(book: Book, records: list[LogRecord], patience: float = 0.0) -> KafkaTail:
    return KafkaTail(cast(LedgerReader, book), lambda: ListTape(records), patience)


@st.composite
def tapes(draw: st.DrawFn, aged: bool = True) -> list[LogRecord]:
    """What publishers may leave: runs that each begin after a seq on the tape, junk, another epoch, aged-out ends."""
    marks: list[tuple[str, int] | None] = [("e0", seq) for seq in range(1, draw(st.integers(0, 5)) + 1)]
    newest = 0
    for _ in range(draw(st.integers(0, 5))):
        begin = draw(st.integers(max(0, newest - 6), newest))
        run = range(begin + 1, begin + draw(st.integers(0, 8)) + 1)
        marks += [(OURS, seq) for seq in run]
        newest = max(newest, begin + len(run))
        marks += draw(st.sampled_from([[], [None]]))
    kept = marks[draw(st.integers(0, len(marks))) :] if aged and draw(st.booleans()) else marks
    step = draw(st.integers(1, 3))
    return [record(7 + n * step, mark) for n, mark in enumerate(kept)]


def newest_on(records: list[LogRecord]) -> int:
    marks = [mark_of(each) for each in records]
    return max((mark.seq for mark in marks if mark and mark.epoch == OURS), default=0)


@given(tapes(), st.integers(0, 30), st.integers(1, 9))
def test_a_tail_is_the_ledgers_tail_whatever_the_tape_holds(records: list[LogRecord], after: int, page: int) -> None:
    book = Book(max(newest_on(records), after))
    tail = tail_of(book, records)
    found: list[Commit] = []
    while (seq := found[-1].seq if found else after) < book.head:
        commits = tail.tail(seq, page)
        assert len(commits) <= page
        found += commits
    assert found == book.tail(after, 1000)
    assert tail.tail(max(after, book.head)) == []


@given(st.integers(1, 60), st.integers(0, 70), st.integers(1, 4))
def test_the_place_after_a_seq_is_found(count: int, after: int, step: int) -> None:
    tape = ListTape([record(n * step, (OURS, n + 1)) for n in range(count)])
    seek_after(tape, Mark(OURS, after))
    found = tape.next()
    assert (mark_of(found) if found else None) == (Mark(OURS, after + 1) if after < count else None)
    assert tape.seeks <= (count * step).bit_length() + 2


@given(tapes(aged=False))
def test_publishing_goes_on_after_what_the_tape_has_without_a_gap(records: list[LogRecord]) -> None:
    last = last_published(ListTape(records), OURS)
    marks = [mark for mark in map(mark_of, records) if mark and mark.epoch == OURS]
    after = [*(mark.seq for mark in marks), *range(last + 1, last + 40)]
    newest = 0
    for seq in after:
        assert seq <= newest + 1
        newest = max(newest, seq)


@given(tapes())
def test_nothing_is_taken_for_published_that_was_not(records: list[LogRecord]) -> None:
    assert last_published(ListTape(records), OURS) <= newest_on(records)


def test_a_gap_at_the_tapes_end_is_published_again() -> None:
    records = [record(n, (OURS, seq)) for n, seq in enumerate([1, 2, 3, 5, 6])]
    assert last_published(ListTape(records), OURS) == 3


def test_an_epoch_far_from_the_tapes_end_is_found() -> None:
    records = [record(0, (OURS, 1)), *(record(n, ("e0", n)) for n in range(1, 2500))]
    assert last_published(ListTape(records), OURS) == 1


def test_commits_on_the_tape_are_not_asked_of_the_ledger() -> None:
    book = Book(50)
    tail = tail_of(book, [record(n, (OURS, n + 1)) for n in range(50)])
    assert tail.tail(0, 50) == book.tail(0, 50)
    assert book.asked == 1
    assert tail.health().counts == {"tape": 50, "ledger": 0}
    assert (tail.health().lag, tail.health().positions) == (0, {"seq": 50})


def test_a_commit_without_its_claims_is_completed_from_the_ledger() -> None:
    book = Book(3)
    records = [record(0, (OURS, 1)), record(1, (OURS, 2), most=0), record(2, (OURS, 3))]
    assert tail_of(book, records).tail(0) == book.tail(0)


def test_a_record_that_does_not_hold_what_its_header_says_is_not_believed() -> None:
    lying = record(0, (OURS, 1))._replace(headers={"ce_id": b"e1-2"})
    junk = record(1, (OURS, 3))._replace(value=b"junk")
    book = Book(3)
    assert tail_of(book, [lying, junk]).tail(1) == book.tail(1)


def test_followers_keep_cursors_of_their_own() -> None:
    records = [record(n, (OURS, n + 1)) for n in range(200)]
    opened: list[ListTape] = []

    def open_tape() -> ListTape:
        opened.append(ListTape(records))
        return opened[-1]

    tail = KafkaTail(cast(LedgerReader, Book(200)), open_tape)
    fast = slow = 0
    seeks: list[int] = []
    for _ in range(20):
        fast = tail.tail(fast, 10)[-1].seq
        slow = tail.tail(slow, 3)[-1].seq
        seeks.append(sum(tape.seeks for tape in opened))
    assert len(opened) == 2
    assert all(before == after for before, after in pairwise(seeks[2:]))  # none is sent anywhere any more
    tail.close()
    assert all(tape.closed for tape in opened)


def test_many_readers_share_few_cursors() -> None:
    opened: list[ListTape] = []
    records = [record(n, (OURS, n + 1)) for n in range(40)]

    def open_tape() -> ListTape:
        opened.append(ListTape(records))
        return opened[-1]

    tail = KafkaTail(cast(LedgerReader, Book(40)), open_tape)
    for after in range(30):
        assert tail.tail(after, 1) == [commit(after + 1)]
        assert tail.tail(29 - after, 1) == [commit(30 - after)]
    assert len(opened) <= 8


def test_while_the_tape_can_not_be_read_the_ledger_is(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(2)
    broken = ListTape([record(0, (OURS, 1))])
    fine = ListTape([record(0, (OURS, 1)), record(1, (OURS, 2))])
    tapes = iter([broken, fine])
    tail = KafkaTail(cast(LedgerReader, book), lambda: next(tapes))
    assert tail.tail(0) == [commit(1)]

    def fail(timeout: float = 0.0) -> Any:
        raise Unreachable("away")

    broken.next = fail  # type: ignore[method-assign]
    assert tail.tail(1) == [commit(2)]  # from the ledger, for a while
    assert broken.closed
    assert tail.wait(2, 0)
    assert tail.health().counts == {"tape": 1, "ledger": 1}
    monkeypatch.setattr(tail, "_away_until", 0.0)
    assert tail.tail(1) == [commit(2)]
    assert tail.health().counts == {"tape": 2, "ledger": 1}


def test_waiting_ends_when_the_tape_has_the_commit() -> None:
    records = [record(0, (OURS, 1))]
    tail = tail_of(Book(2), records)
    assert tail.wait(1, 0)
    assert not tail.wait(2, 0)
    timer = threading.Timer(0.05, records.append, [record(1, (OURS, 2))])
    timer.start()
    assert tail.wait(2, 60)
    timer.join()
    assert tail.tail(1) == [commit(2)]


@pytest.mark.parametrize("name", [b"", b"e1", b"e1-", b"-5", b"e1-x", "e1-٣".encode(), b"\xff-1x"])
def test_what_is_no_token_is_no_commit(name: bytes) -> None:
    assert mark_of(LogRecord("t", 0, 0, b"k", b"v", {"ce_id": name})) is None
