"""Ugly inputs: a saved corpus as plain text, strategies that draw from it, and good events that are made bad."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CORPUS = Path(__file__).with_name("corpus")
GOLDEN = Path(__file__).parents[1] / "golden" / "connectors"
FACTOR = float(os.environ.get("CLEW_FUZZ_FACTOR", "0.3"))
"""The share of the inputs that is tried: 1 in `make test-all`, more by hand, and then others at each run."""
SECRET = "hunter2-of-the-fuzzer"
"""A password that no answer and no log may repeat."""
TRIED: Counter[str] = Counter()
"""Inputs tried in this run, by door."""


def tries(count: int) -> settings:
    """Return the settings of a property: so many inputs by `make test-all`, the same at each run."""
    return settings(
        max_examples=max(10, round(count * FACTOR)),
        deadline=None,
        derandomize=FACTOR <= 1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@cache
def lines(name: str) -> tuple[str, ...]:
    """Return the entries of a file of the corpus: a JSON string a line, so that each character can be written."""
    return tuple(json.loads(line) for line in (CORPUS / name).read_text().splitlines() if line)


@cache
def bodies(name: str) -> tuple[bytes, ...]:
    """Return the lines of a file of the corpus as they stand."""
    return tuple(line for line in (CORPUS / name).read_bytes().split(b"\n") if line)


@cache
def good_events() -> tuple[dict[str, Any], ...]:
    """Return golden events of all connectors, the shorter half: seeds for what is made bad."""
    texts = [line for path in sorted(GOLDEN.glob("*/events.jsonl")) for line in path.read_text().splitlines()]
    return tuple(json.loads(text) for text in sorted(set(texts), key=len)[: len(texts) // 2])


def texts() -> st.SearchStrategy[str]:
    """Draw a text: one of the corpus, any Unicode with lone surrogates, or a long one."""
    return st.one_of(
        st.sampled_from(lines("texts.txt")),
        st.text(st.characters(exclude_categories=()), max_size=40),
        st.builds(lambda piece, times: piece * times, st.sampled_from(lines("texts.txt")), st.integers(2, 3000)),
    )


def numbers() -> st.SearchStrategy[int | float]:
    """Draw a number: at the limits, beyond them, or none at all."""
    limits = [0, -1, 1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 10**400, -0.0, 5e-324, 1.8e308]
    return st.one_of(st.sampled_from(limits), st.integers(), st.floats())


def values() -> st.SearchStrategy[Any]:
    """Draw a JSON value, with what JSON does not have: NaN, lone surrogates, integers of any length."""
    leaf = st.one_of(st.none(), st.booleans(), numbers(), texts())
    return st.recursive(
        leaf,
        lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(texts(), below, max_size=4)),
        max_leaves=8,
    )


@st.composite
def spoiled(draw: st.DrawFn, good: Any) -> Any:
    """Return a document made bad at one to three places: a value replaced, dropped, wrapped, or put under a name."""
    said = json.loads(json.dumps(good))
    for _ in range(draw(st.integers(1, 3))):
        holders = [each for each in _holders(said) if each]
        if not holders:
            return draw(values())
        holder = draw(st.sampled_from(holders))
        place = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        deed = draw(st.sampled_from(["replace", "replace", "drop", "wrap", "deepen", "rename"]))
        if deed == "drop":
            del holder[place]
        elif deed == "wrap":
            holder[place] = [holder[place]]
        elif deed == "deepen":
            for _ in range(draw(st.sampled_from([3, 70, 300]))):
                holder[place] = {"a": holder[place]}
        elif deed == "rename" and isinstance(holder, dict):
            holder[draw(texts())] = holder.pop(place)
        else:
            holder[place] = draw(values())
    return said


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Return bytes that were cut, doubled, flipped, or had something put between them."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(len(data), at + 30)))
        between = draw(st.one_of(st.binary(max_size=8), st.sampled_from(bodies("tokens.txt")), st.just(data[at:end])))
        data = data[:at] + between + data[draw(st.sampled_from([at, end])) :]
    return data


def as_json(value: Any) -> bytes:
    """Return a value as its sender would write it who knows no limits: NaN as such, surrogates as escapes."""
    return json.dumps(value).encode()


def _holders(value: Any) -> list[Any]:
    below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return ([value] if isinstance(value, dict | list) else []) + [each for one in below for each in _holders(one)]
