"""What a measurement says: a figure with its budget and its baseline from the same run."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `budget` is what it should be at most, or at least where `more` is better; None: no budget."""

    name: str
    value: float
    unit: str
    budget: float | None = None
    more: bool = False
    spread: float | None = None
    """Half the distance between the quartiles."""
    baseline: str | None = None
    """What the same run gave for the baseline, in words."""

    @property
    def holds(self) -> bool | None:
        """Whether the figure is within its budget; None without one."""
        if self.budget is None:
            return None
        return self.value >= self.budget if self.more else self.value <= self.budget


def emit(figure: Figure) -> None:
    """Print a figure as a line of JSON, for the runner."""
    print("FIGURE " + json.dumps(asdict(figure)), flush=True)


def of_samples(
    name: str,
    samples: Sequence[float],
    unit: str,
    *,
    budget: float | None = None,
    more: bool = False,
    baseline: str | None = None,
) -> Figure:
    """Return the median of samples, with their spread."""
    spread = None
    if len(samples) >= 4:
        first, _, third = quantiles(samples, n=4)
        spread = (third - first) / 2
    return Figure(name, median(samples), unit, budget, more, spread, baseline)


def p95(samples: Sequence[float]) -> float:
    """Return the 95th percentile."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def peak_memory(*, children: bool = False) -> float:
    """Return the most memory that this process held, or the largest of those that it started and that ended; in MB."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 * 1024 if sys.platform == "darwin" else 1024)
