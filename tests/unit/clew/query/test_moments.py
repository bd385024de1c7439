"""Moments: what people type for a point in time, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import BadInput
from clew.ledger import Ledger, Source, open_ledger
from clew.query.moments import At, parsed, seq_of
from clew_schemas import Group, event
from clew_schemas.registry import Registry


def micros(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)


NOW = micros("2026-11-21T15:30:00+00:00")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("0", At(seq=0)),
        ("42", At(seq=42)),
        (" 42 ", At(seq=42)),
        ("20261101", At(seq=20261101)),
        ("5f3a9c1e-42", At(seq=42, epoch="5f3a9c1e")),
        ("00000000-7", At(seq=7, epoch="00000000")),
        ("2026-11-01T12:00:00Z", At(time=micros("2026-11-01T12:00:00+00:00"))),
        ("2026-11-01T12:00:00", At(time=micros("2026-11-01T12:00:00+00:00"))),
        ("2026-11-01 12:00", At(time=micros("2026-11-01T12:00:00+00:00"))),
        ("2026-11-01T12:00:00+02:00", At(time=micros("2026-11-01T10:00:00+00:00"))),
        ("2026-11-01", At(time=micros("2026-11-02T00:00:00+00:00") - 1)),
        ("2026-11-21", At(time=NOW)),
        ("today", At(time=NOW)),
        ("now", At(time=NOW)),
        ("Yesterday", At(time=micros("2026-11-21T00:00:00+00:00") - 1)),
        ("2h", At(time=NOW - 7_200_000_000)),
        ("90s", At(time=NOW - 90_000_000)),
        ("1d12h", At(time=NOW - 129_600_000_000)),
        ("2w", At(time=NOW - 14 * 86_400_000_000)),
        ("0001-01-01", At(time=0)),
        ("999999999w", At(time=0)),
    ],
)
def test_a_moment_is_a_seq_a_token_a_time_a_date_or_a_duration_back(text: str, at: At) -> None:
    assert parsed(text, NOW, "asOf") == at


@pytest.mark.parametrize("text", ["2026-11-22", "2026-11-21T15:30:01Z", "9999-12-30", "2026-11-21T15:30:00-00:01"])
def test_what_is_still_to_come_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="in the future") as caught:
        parsed(text, NOW, "asOf")
    assert caught.value.where == "asOf"


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "4.2", "2 h", "2y", "tomorrow", "2026-13-01", "2026-11-31", "x-1", "1e3", "٤٢", "9" * 19]
)
def test_what_is_no_moment_is_refused_with_what_one_looks_like(text: str) -> None:
    with pytest.raises(BadInput, match="not a moment") as caught:
        parsed(text, NOW, "from")
    assert caught.value.where == "from"
    assert "yesterday" in (caught.value.hint or "")


@given(st.text(max_size=30))
def test_any_text_is_a_moment_that_has_been_or_is_refused(text: str) -> None:
    try:
        at = parsed(text, NOW, "asOf")
    except BadInput:
        return
    assert (at.seq is None) != (at.time is None)
    assert at.time is None or 0 <= at.time <= NOW


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(None, tmp_path, Registry.built_in())
    ledger.register(Source("client", "time"))
    for number in range(3):
        said = event("urn:clew:dataset:(a,b)", "documentation", {"text": str(number)})
        assert ledger.propose([Group("client", str(number), (said,))])[0].seq == number + 1
    yield ledger
    ledger.close()


def now_of(ledger: Ledger) -> int:
    return max(ledger.time_of(ledger.head_seq()), int(datetime.now(UTC).timestamp() * 1_000_000))


def test_a_time_is_the_newest_seq_committed_by_then(ledger: Ledger) -> None:
    second = datetime.fromtimestamp(ledger.time_of(2) / 1e6, UTC)
    assert seq_of(ledger, second.isoformat(), now_of(ledger)) == 2
    assert seq_of(ledger, "now", now_of(ledger)) == 3
    assert seq_of(ledger, f"{ledger.epoch}-1", now_of(ledger)) == 1
    assert seq_of(ledger, None, now_of(ledger)) is None


def test_before_the_first_commit_nothing_was_known(ledger: Ledger) -> None:
    assert seq_of(ledger, "2013-01-01", now_of(ledger)) == 0


@pytest.mark.parametrize(("text", "said"), [("4", "still to come"), ("deadbeef-1", "epoch"), ("2026-11", "epoch")])
def test_a_seq_to_come_and_another_epoch_are_refused(ledger: Ledger, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        seq_of(ledger, text, now_of(ledger))
