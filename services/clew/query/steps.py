"""Steps in order: what must be done before what, where that goes in a circle, and the longest way through. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

Before = Mapping[str, Iterable[str]]
"""By step, the steps that must be done before it. Those that are no key are passed over."""


@dataclass(frozen=True, slots=True)
class Order:
    """Steps, each after all that must be done before it; equals by name. `circles` are the groups of steps of which
    each must be done before the others: these, and what comes after them, stand in no order."""

    steps: tuple[str, ...]
    circles: tuple[tuple[str, ...], ...]


def in_order(before: Before) -> Order:
    """Return the order of steps."""
    needs = {step: {each for each in others if each in before} for step, others in before.items()}
    followers: dict[str, list[str]] = {step: [] for step in needs}
    for step, others in needs.items():
        for each in others:
            followers[each].append(step)
    waiting = {step: len(others) for step, others in needs.items()}
    ready = sorted(step for step, count in waiting.items() if not count)
    done: list[str] = []
    while ready:
        step = heappop(ready)
        done.append(step)
        for follower in followers[step]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heappush(ready, follower)
    left = needs.keys() - set(done)
    return Order(tuple(done), tuple(_circles({step: needs[step] & left for step in left})))


def _circles(needs: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """Return the strongly connected groups of more than one step, or of one that needs itself (Tarjan's, unrolled)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in sorted(needs):
        if start in index:
            continue
        work = [(start, iter(sorted(needs[start])))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            step, others = work[-1]
            other = next(others, None)
            if other is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[step])
                if low[step] == index[step]:
                    group = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        group.append(member)
                        if member == step:
                            break
                    if len(group) > 1 or step in needs[step]:
                        found.append(tuple(sorted(group)))
            elif other not in index:
                index[other] = low[other] = len(index)
                stack.append(other)
                on_stack.add(other)
                work.append((other, iter(sorted(needs[other]))))
            elif other in on_stack:
                low[step] = min(low[step], index[other])
    return sorted(found)


def longest(order: Sequence[str], before: Before, length: Mapping[str, float]) -> tuple[tuple[str, ...], float]:
    """Return the way through steps, given in order, that takes longest, and how long; one of unknown length is 0.

    Among equals the one with more steps, then the one that comes first by name.
    """
    best: dict[str, tuple[float, int]] = {}
    via: dict[str, str | None] = {}
    for step in order:
        known = [each for each in before[step] if each in best]
        last = min(known, key=lambda each: (-best[each][0], -best[each][1], each), default=None)
        reached, count = best[last] if last is not None else (0.0, 0)
        best[step] = (reached + length.get(step, 0.0), count + 1)
        via[step] = last
    end = min(best, key=lambda each: (-best[each][0], -best[each][1], each), default=None)
    way: list[str] = []
    at: str | None = end
    while at is not None:
        way.append(at)
        at = via[at]
    return tuple(reversed(way)), best[end][0] if end is not None else 0.0
