"""Windows of measuring, and how much of the cores a host gave to others meanwhile.

A machine that others work on, too, is not the two cores that a budget speaks of. What can be measured in windows is
therefore measured again while the host took more than `QUIET` of one, up to a number of times, and after a rest: a host
that rations gives a machine that rested more than one that has worked for long. The windows of which it took least
count, whatever they gave; each figure says how many there were and what was taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

QUIET = 0.02
"""The share of the cores' time that others may have had of a window that counts as quiet."""

REST = 20.0
"""Seconds of rest before a window that follows one which was not quiet."""

T = TypeVar("T")


def ticks() -> tuple[int, int] | None:
    """Return how much of the cores' time a host gave to others, and all of it, since the start; None but on Linux."""
    try:
        counted = [int(each) for each in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    except OSError:
        return None
    return counted[7], sum(counted)


def taken(before: tuple[int, int] | None) -> float | None:
    """Return the share of the cores' time that others had since then; None where nothing says so."""
    now = ticks()
    if now is None or before is None:
        return None
    return (now[0] - before[0]) / max(1, now[1] - before[1])


@dataclass(frozen=True, slots=True)
class Windows(Generic[T]):
    """What the windows that count gave, in the order of measuring, and a word on them for the figure."""

    kept: Sequence[T]
    said: str


def quietest(
    measure: Callable[[], T], wanted: int, most: int, rest: Callable[[float], object] = time.sleep
) -> Windows[T]:
    """Measure until `wanted` windows were quiet, at most `most` times; return those of which others had least.

    Where nothing says what others had, each counts as quiet.
    """
    windows: list[tuple[float, int, T]] = []
    known = True
    while len(windows) < most and sum(share <= QUIET for share, _, _ in windows) < wanted:
        if windows and windows[-1][0] > QUIET:
            rest(REST)
        before = ticks()
        found = measure()
        share = taken(before)
        known = share is not None
        windows.append((share or 0.0, len(windows), found))
    kept = sorted(sorted(windows, key=lambda window: window[:2])[:wanted], key=lambda window: window[1])
    said = f"{len(kept)} of {len(windows)} windows"
    if known:
        said += f", others had {max(share for share, _, _ in kept):.0%}"
    return Windows([each for _, _, each in kept], said)
