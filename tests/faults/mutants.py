"""Faults to put into the house on purpose, so that a test can be seen to notice them.

A process in which CLEW_MUTANT names one has it from its start, and so have the processes that it starts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from clew.ledger import crawls, decide, sqlite, sqlite_book, sqlite_group, sqlite_reader, sqlite_store


class Mutant(NamedTuple):
    """A fault, and the test that must turn red by it."""

    apply: Callable[[], None]
    test: str


REFERENCE = (
    "tests/faults/test_against_reference.py"
    "::test_whatever_is_said_in_whatever_order_the_ledger_is_as_its_rules_say[30-30]"
)
POINT = "tests/faults/test_kill_points.py::test_killed_at_a_point_it_has_lost_and_doubled_nothing[{}-10]"


def skip_the_fsync() -> None:
    original = sqlite_store._open_database
    sqlite_store._open_database = lambda path, synchronous: original(path, "OFF")


def late_news_moves_the_head() -> None:
    decide.time_order = lambda observed, event_id: b"\xff" * 8 + event_id.encode()  # type: ignore[assignment]


def order_of_crawls_is_reversed() -> None:
    original = decide.crawl_order
    decide.crawl_order = lambda number, sequence: original(2**40 - number, sequence)  # type: ignore[assignment]


def ignore_the_guard() -> None:
    crawls._GUARDED_FROM = 10**9


def ignore_the_count() -> None:
    original = crawls._why_not_close

    def counted(record: Any, crawl: Any, gone: int, scoped: int) -> Any:
        return original(record, crawl._replace(events=record.events), gone, scoped)

    crawls._why_not_close = counted


def forget_what_was_named() -> None:
    crawls.Crawls.name = lambda *_: None  # type: ignore[method-assign, assignment]


def forget_receipts() -> None:
    sqlite_book.SqliteBook.receipt_of = lambda *_: None  # type: ignore[method-assign, assignment]


def a_batch_reads_moved_heads_back() -> None:
    class Forgetful(dict[Any, Any]):
        def setdefault(self, key: Any, default: Any = None) -> Any:
            if default == decide.Head():
                return super().setdefault(key, default)
            self[key] = default
            return default

    original = sqlite_store.SqliteStore.__init__

    def made(self: sqlite_store.SqliteStore, *words: Any) -> None:
        original(self, *words)
        self.heads = Forgetful()

    sqlite_store.SqliteStore.__init__ = made  # type: ignore[method-assign]


def all_heads_are_taken_as_read() -> None:
    sqlite_group.read_heads = lambda *_: []  # type: ignore[assignment]


def ignore_preconditions() -> None:
    decide._check_preconditions = lambda *_: None


def ignore_denials() -> None:
    # The package has a function of this name, which hides the module.
    import_module("clew_schemas.resolve").denied = lambda *_: False  # type: ignore[attr-defined]


def move_the_position_in_a_transaction_of_its_own() -> None:
    original = sqlite.SqliteLedger._commit_batch

    def commit(self: sqlite.SqliteLedger, batch: Any, positions: Any = None, bad: Any = ()) -> None:
        original(self, batch, None, bad)
        if positions:
            original(self, [], positions)

    sqlite.SqliteLedger._commit_batch = commit  # type: ignore[method-assign]


def read_without_a_snapshot() -> None:
    @contextmanager
    def reading(self: sqlite_reader.SqliteReader) -> Any:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        yield connection

    sqlite_reader.SqliteReader._reading = reading  # type: ignore[method-assign, assignment]


def trust_what_is_stored() -> None:
    sqlite.damages = lambda *_: []


MUTANTS = {
    each.apply.__name__: each
    for each in (
        Mutant(skip_the_fsync, "tests/flow/test_kill.py::test_the_acknowledgement_follows_the_fsync"),
        Mutant(late_news_moves_the_head, REFERENCE),
        Mutant(order_of_crawls_is_reversed, REFERENCE),
        Mutant(ignore_the_guard, REFERENCE),
        Mutant(ignore_the_count, REFERENCE),
        Mutant(forget_what_was_named, REFERENCE),
        Mutant(forget_receipts, REFERENCE),
        Mutant(
            all_heads_are_taken_as_read,
            "tests/contracts/test_ledger.py::test_what_one_group_of_a_batch_says_stands_for_the_next_ones",
        ),
        Mutant(
            a_batch_reads_moved_heads_back,
            "tests/contracts/test_ledger.py::test_so_does_what_is_said_of_a_thing_that_the_batch_itself_brings",
        ),
        Mutant(ignore_preconditions, REFERENCE),
        Mutant(ignore_denials, REFERENCE),
        Mutant(
            move_the_position_in_a_transaction_of_its_own, POINT.format("position of the log moved, claims not yet")
        ),
        Mutant(
            read_without_a_snapshot, "tests/faults/test_clock_and_crowd.py::test_no_reader_ever_sees_half_a_group[60]"
        ),
        Mutant(
            trust_what_is_stored,
            "tests/faults/test_bad_homes.py::test_one_altered_word_in_what_was_said_is_told_with_whose_it_is",
        ),
    )
}

START = """
import os, sys
sys.path[:0] = [os.path.dirname(__file__), *os.environ["CLEW_MUTANT_PATH"].split(os.pathsep)]
if "strace" not in sys.argv[0]:
    from faults.mutants import MUTANTS
    MUTANTS[os.environ["CLEW_MUTANT"]].apply()
"""


def write_start(folder: Path) -> None:
    """Put into `folder` what every interpreter runs first when it is on the path; there it stays in front, since some
    distributions have a file of that name themselves."""
    (folder / "sitecustomize.py").write_text(START)
