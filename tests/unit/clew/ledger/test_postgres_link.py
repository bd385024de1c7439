"""URLs of a database, and what goes wrong with them, without a server."""

from __future__ import annotations

import traceback

import psycopg
import pytest

from clew.errors import BadInput, ClewError, Damaged, Forbidden, Locked, NotFound, TooLarge, Unreachable
from clew.ledger.postgres_link import Link, is_transient


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("postgresql://clew:hunter2@db.example:5433/shop", "postgresql://clew@db.example:5433/shop"),
        ("postgres://clew:hunter2@db.example/shop?sslmode=require", "postgresql://clew@db.example/shop"),
        ("postgresql+psycopg://clew@h/x?password=hunter2", "postgresql://clew@h/x"),
        ("postgresql://clew:hunter2%40%2F@a:1,b:2/x", "postgresql://clew@a,b:1,2/x"),
        ("postgresql:///x", "postgresql:///x"),
    ],
)
def test_where_names_the_database_and_no_password(url: str, where: str) -> None:
    assert Link(url).where == where


@pytest.mark.parametrize(
    "url",
    [
        "mysql://clew:hunter2@h/x",
        "hunter2",
        "postgresql://clew:hunter2@x@h/x",
        "postgresql://clew:hunter2/y@h/x",
        "postgresql://clew:12/hunter2@h/x",
        "postgresql://clew:hunter2@h/x?nonsense=hunter2",
        "postgresql://clew:%hunter2@h/x",
    ],
)
def test_what_is_no_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        Link(url)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value)).replace(repr(url), "")
    assert "hunter2" not in str(caught.value.to_dict())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.OperationalError("connection refused"), Unreachable),
        (psycopg.OperationalError('FATAL:  password authentication failed for user "clew"'), Forbidden),
        (psycopg.OperationalError('FATAL:  database "x" does not exist'), NotFound),
        (psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"), Locked),
        (psycopg.errors.ProgramLimitExceeded("index row size 4000 exceeds maximum"), TooLarge),
        (psycopg.errors.InsufficientPrivilege("permission denied for table fact"), Forbidden),
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction"), Unreachable),
        (psycopg.errors.DiskFull("could not extend file"), Unreachable),
        (psycopg.errors.CheckViolation("no"), Damaged),
        (BadInput("ours"), BadInput),
    ],
)
def test_errors_say_who_must_act(error: Exception, kind: type[ClewError]) -> None:
    assert type(Link("postgresql://clew@h/x").translated(error)) is kind


def test_a_password_that_the_driver_repeats_is_blanked() -> None:
    error = psycopg.OperationalError('no host "hunter2" at postgres://clew:other@h/x')
    assert (
        Link("postgresql://clew:hunter2@h/x")
        .translated(error)
        .what.endswith('no host "***" at postgres://clew:***@h/x')
    )


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.CheckViolation(), False),
        (psycopg.errors.DiskFull(), False),
        (ValueError(), False),
    ],
)
def test_only_what_may_go_well_on_a_new_connection_is_tried_again(error: Exception, again: bool) -> None:
    assert is_transient(error) is again
