"""Reads over time, from the points of the series `usage`: whether a thing was read, and since when that is known. Pure.

A point counts the reads of the time that ends at it. Points of one source that say the same beginning go on counting:
what was read between two of them is their difference. All times are microseconds UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from clew.ledger.port import Point

SLACK = 24 * 3600 * 1_000_000
"""Time between two counts that is no hole in what is known."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Reads between two times. `start` is None where nobody says when counting began; `last_read` is the newest read
    that was seen by the end, None for unknown."""

    start: int | None
    end: int
    reads: int | None
    last_read: int | None


@dataclass(frozen=True, slots=True)
class Reads:
    """What is known of a thing's reads since some time: `read`, `unread`, or `unknown` with the reason.

    `last_read` is the newest read as somebody saw it, else the end of the time in which it was counted; `known_from`
    and `known_until` bound the time of which it is known how often the thing was read.
    """

    state: Literal["read", "unread", "unknown"]
    reason: str = ""
    last_read: int | None = None
    known_from: int | None = None
    known_until: int | None = None


def reads_since(points: Sequence[Point], cutoff: int) -> Reads:
    """Return whether a thing was read at or after `cutoff`."""
    intervals = [each for source in sorted({point.source for point in points}) for each in _of(points, source)]
    if not intervals:
        return Reads("unknown", "nobody counts its reads")
    seen = [each.last_read or each.end for each in intervals if each.last_read is not None or each.reads]
    last_read = max(seen, default=None)
    until = max(each.end for each in intervals)
    start = _known_from(intervals)
    if any(_is_after(each, cutoff) for each in intervals):
        return Reads("read", "", last_read, start, until)
    vague = [each for each in intervals if each.reads and each.last_read is None and each.end >= cutoff]
    if vague:
        return Reads("unknown", "it was read, and nobody says when", last_read, start, until)
    if until < cutoff:
        return Reads("unknown", "its reads were counted last before that time", last_read, start, until)
    if start is None or start > cutoff:
        return Reads("unknown", "its reads are not known from so far back", last_read, start, until)
    return Reads("unread", "", last_read, start, until)


def _is_after(interval: Interval, cutoff: int) -> bool:
    """Say whether an interval proves a read at or after `cutoff`."""
    if interval.last_read is not None:
        return interval.last_read >= cutoff
    return bool(interval.reads) and interval.start is not None and interval.start >= cutoff


def _of(points: Sequence[Point], source: str) -> Iterator[Interval]:
    """Yield what one source counted, oldest first."""
    before: dict[int | None, Point] = {}
    for point in sorted((each for each in points if each.source == source), key=lambda each: (each.time, each.step)):
        since, last_read = _micros(point.payload.get("since")), _micros(point.payload.get("lastRead"))
        reads = point.payload.get("reads")
        if reads is None and last_read is None:
            continue
        former = before.get(since)
        known = former.payload.get("reads") if former is not None else None
        if since is None or reads is None or known is None or former is None:
            yield Interval(since, point.time, reads, last_read)
        elif reads >= known:
            yield Interval(former.time, point.time, reads - known, last_read)
        else:
            # The counter was set back at some time: what came before that was not counted.
            yield Interval(None, point.time, reads, last_read)
        before[since] = point


def _known_from(intervals: Sequence[Interval]) -> int | None:
    """Return from when on reads are known without a hole up to the newest count."""
    start: int | None = None
    for each in sorted(intervals, key=lambda each: -each.end):
        if start is not None and each.end + SLACK < start:
            break
        begin = min((time for time in (each.start, each.last_read) if time is not None), default=each.end)
        start = begin if start is None else min(start, begin)
    return start


def _micros(text: Any) -> int | None:
    if not isinstance(text, str):
        return None
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def users_of(payload: Mapping[str, Any]) -> list[str]:
    """Return who read, as one point tells it."""
    return [each["user"] for each in payload.get("users") or () if each.get("reads")]
