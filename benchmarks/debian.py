"""A real graph with cycles: what depends on what among Debian's packages, as a custom kind, loaded as events.

    python -m benchmarks.debian [--packages 500]

Reads `apt-cache dumpavail`. For 500 packages drawn at random the impact of dropping each is held against a
breadth-first search over the parsed dependencies that shares nothing with the house.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, emit, of_samples, p95

from clew.house import House
from clew.ledger import Source
from clew.ledger.port import STEWARD
from clew.query.answer import Viewer
from clew.query.terms import ChangeKind
from clew.settings import Settings
from clew_schemas import Event, Group, event
from clew_schemas.definitions import aspect_event, kind_event
from clew_schemas.urn import of_segments

ME = Viewer("bench")
NAMESPACE = "debian://bookworm"
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*")
ASPECT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Dependencies",
    "description": "The packages that a package needs.",
    "type": "object",
    "properties": {"dependsOn": {"type": "array", "items": {"type": "string"}}},
    "required": ["dependsOn"],
    "additionalProperties": False,
    "x-clew": {
        "name": "dependencies",
        "version": 1,
        "mode": "state",
        "kinds": ["package"],
        "resolution": {"rule": "precedence"},
        "edges": [{"type": "flow", "from": "dependsOn[]"}],
    },
}


def packages() -> dict[str, set[str]]:
    """Return what each package depends on, alternatives and virtual packages included, by name."""
    found: dict[str, set[str]] = {}
    name = ""
    told = subprocess.run(["apt-cache", "dumpavail"], check=True, capture_output=True, text=True)  # noqa: S607
    for line in told.stdout.split("\n"):
        key, _, value = line.partition(": ")
        if key == "Package":
            name = value.strip()
            found.setdefault(name, set())
        elif key in ("Depends", "Pre-Depends"):
            for each in re.split(r"[,|]", value):
                needed = _NAME.match(each.strip())
                if needed and needed[0] != name:
                    found[name].add(needed[0])
    return found


def urn(name: str) -> str:
    return of_segments("package", NAMESPACE, name)


def groups(needs: dict[str, set[str]]) -> Iterator[Group]:
    """Yield the dependencies in groups of 400 events."""
    events: list[Event] = []
    for name in sorted(needs):
        events.append(event(urn(name), "dependencies", {"dependsOn": sorted(map(urn, needs[name]))}))
        if len(events) == 400:
            yield Group("debian", f"g{name}", tuple(events))
            events = []
    if events:
        yield Group("debian", "last", tuple(events))


def dependents(used: dict[str, set[str]], start: str) -> set[str]:
    """Return everything that needs `start`, however far: the independent search."""
    seen, waiting = {start}, deque([start])
    while waiting:
        for each in used.get(waiting.popleft(), ()):
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return seen - {start}


def define(house: House) -> None:
    """Register kind and aspect, as `clew model` does."""
    for number, said in enumerate((kind_event("package", {"label": "Package"}), aspect_event(ASPECT))):
        (receipt,) = house.ledger.propose([Group(STEWARD, f"define-{number}", (said,))])
        assert receipt.status == "accepted", receipt.errors


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--packages", type=int, default=500)
    count = arguments.parse_args().packages
    needs = packages()
    used: dict[str, set[str]] = defaultdict(set)
    for name, of in needs.items():
        for each in of:
            used[each].add(name)
    edges = sum(map(len, needs.values()))
    drawn = random.Random(63).sample(sorted(set(used) | set(needs)), count)  # noqa: S311 - draws a sample
    with tempfile.TemporaryDirectory() as folder, House(Settings(home=Path(folder) / "home")) as house:
        define(house)
        house.ledger.register(Source("debian", "time"))
        begun = time.perf_counter()
        for each in groups(needs):
            (receipt,) = house.ledger.propose([each])
            assert receipt.status == "accepted", receipt.errors[:1]
        house.catch_up()
        emit(Figure(f"{len(needs)} packages, {edges} dependencies, in all views", time.perf_counter() - begun, "s"))
        took, beside, differing, incomplete = [], [], [], []
        for name in drawn:
            begun = time.perf_counter()
            wanted = dependents(used, name)
            beside.append((time.perf_counter() - begun) * 1000)
            begun = time.perf_counter()
            answer = house.questions.impact(urn(name), ChangeKind.DROP, ME, named=0)
            took.append((time.perf_counter() - begun) * 1000)
            whole = house.questions.impact(urn(name), ChangeKind.DROP, ME, named=len(needs) * 2)
            names = {each["urn"] for each in whole.to_dict()["assets"]}
            if answer.to_dict()["total"] != len(wanted) or names != set(map(urn, wanted)):
                differing.append(name)
            if not (answer.envelope.complete and whole.envelope.complete):
                incomplete.append(name)
    emit(Figure(f"impact sets that differ from the search, of {count}", len(differing), "sets", 0))
    emit(Figure(f"incomplete answers, of {count}", len(incomplete), "answers", 0))
    baseline = f"the search in plain Python {p95(beside):.1f} ms at p95"
    emit(of_samples("impact, p50", took, "ms", baseline=baseline))
    emit(Figure("impact, p95", p95(took), "ms", baseline=baseline))
    for each in (*differing[:5], *incomplete[:5]):
        print(each, file=sys.stderr)
    return 1 if differing or incomplete else 0


if __name__ == "__main__":
    sys.exit(main())
