"""Moments: as of when a question is asked. What people type becomes a seq of the ledger.

A moment is a seq (`42`), a token (`5f3a9c1e-42`), a time (`2026-11-01T12:00:00Z`, in UTC unless it says otherwise), a
date (the end of that day in UTC; of today, now), a duration back (`2h`, `1d12h`; of s, m, h, d, w), `yesterday`,
`today` or `now`. A moment before the first commit is seq 0: nothing was known yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from clew.errors import BadInput
from clew.ledger import LedgerReader

HINT = "A moment is a seq, a token, a time (2026-01-31T12:00:00Z), a date (its end, in UTC), or 2h, 3d, yesterday"

_SEQ = re.compile(r"[0-9]{1,18}")
_TOKEN = re.compile(r"([0-9a-f]+)-([0-9]{1,18})")
_BACK = re.compile(r"(?:[0-9]{1,9}[smhdw])+")
_PART = re.compile(r"([0-9]+)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class At:
    """What a text says: a seq, of one epoch if it is a token, or else a time in microseconds UTC."""

    seq: int | None = None
    epoch: str | None = None
    time: int | None = None


def parsed(text: str, now: int, where: str) -> At:
    """Return what `text` says at the time `now` (microseconds UTC); `where` is what errors name.

    Raises BadInput for what is no moment, and for a time that is still to come.
    """
    said = text.strip()
    if _SEQ.fullmatch(said):
        return At(seq=int(said))
    time = _time(said, now)
    if time is None:
        token = _TOKEN.fullmatch(said)
        if token is None:
            raise BadInput(f"not a moment: {said[:60]!r}", where=where, hint=HINT)
        return At(seq=int(token[2]), epoch=token[1])
    if time > now:
        raise BadInput(
            f"{said[:60]} is in the future", where=where, hint="What is still to come nobody knows; now is the default"
        )
    return At(time=time)


def seq_of(ledger: LedgerReader, text: str | None, now: int, where: str = "asOf") -> int | None:
    """Return the newest seq that was committed at a moment, None for no moment (which is now).

    Raises BadInput for what is no moment, a moment still to come, and a token of another epoch.
    """
    if text is None:
        return None
    at = parsed(text, now, where)
    if at.epoch not in (None, ledger.epoch):
        raise BadInput(
            f"the token is of epoch {at.epoch}, this ledger is of {ledger.epoch}",
            where=where,
            hint="The ledger was restored or replaced since: say the time instead",
        )
    if at.seq is None:
        return ledger.seq_at(at.time or 0)
    head = ledger.head_seq()
    if at.seq > head:
        raise BadInput(f"seq {at.seq} is still to come, the ledger has reached {head}", where=where, hint=HINT)
    return at.seq


def no_search_of_the_past() -> BadInput:
    """Return the error for a search as of a moment."""
    return BadInput(
        "a search is of now: the index knows what is, not what was",
        where="asOf",
        hint="Search now, and ask for what was found as of then: its entity, lineage, impact or paths",
    )


def _time(said: str, now: int) -> int | None:
    """Return the time that a text says, in microseconds UTC; None when it says none."""
    today = datetime.fromtimestamp(now / 1e6, UTC).date()
    named = {"now": today, "today": today, "yesterday": today - _ONE_DAY}
    day = named.get(said.casefold()) or _date(said)
    if day == today:
        return now
    if _BACK.fullmatch(said):
        return max(0, now - 1_000_000 * sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(said)))
    try:
        if day is not None:
            return _micros(datetime(day.year, day.month, day.day, tzinfo=UTC) + _ONE_DAY, less=1)
        moment = datetime.fromisoformat(said)
        return _micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _date(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _micros(moment: datetime, less: int = 0) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return max(0, since // timedelta(microseconds=1) - less)
