"""Moments of events, as the ledger keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from clew.ledger.prepare import micros

ZONES = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1900, 1, 1), datetime(9998, 12, 31), timezones=ZONES))
def test_a_moment_is_kept_to_the_microsecond(moment: datetime) -> None:
    kept = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros(moment))
    assert kept == (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
