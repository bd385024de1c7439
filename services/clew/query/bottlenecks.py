"""Bottlenecks: which steps of a pipeline are slow, which fail, and which way through it takes longest.

What comes before what is said by the steps themselves (`after`); where none of them says so, a step comes after those
that write what it reads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import numpy as np

from clew.graph import Direction, Graph
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Cut, Envelope, Gap, Viewer
from clew.query.describe import parked_gaps
from clew.query.freshness import Freshness
from clew.query.known import Known
from clew.query.names import entity_of, said
from clew.query.steps import Before, in_order, longest
from clew.query.terms import RUNS
from clew.query.views import Views
from clew_schemas.edges import EdgeType

MAX_STEPS = 10_000

_STEPS = ("job", "task")
_PARTS = ("pipeline", *_STEPS)
_FAILED = ("failed", "aborted")
_DONE = ("success", *_FAILED)
_INLINED = ("ephemeral",)
"""What platforms call a step that is never run by itself, but as a part of those after it."""
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Bottlenecks:
    """The answer: steps, the slowest first, and the critical path, None where the order goes in a circle."""

    envelope: Envelope
    pipeline: Entity
    steps: Sequence[Mapping[str, Any]]
    ordered_by: str
    circles: Sequence[Sequence[str]]
    critical_path: Mapping[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "pipeline": self.pipeline.urn,
            "name": said(self.pipeline.urn),
            "total": len(self.steps),
            "steps": list(self.steps),
            "orderedBy": self.ordered_by,
            "circles": [list(circle) for circle in self.circles],
            "criticalPath": None if self.critical_path is None else dict(self.critical_path),
        }


def pipeline_named(ledger: LedgerReader, text: str) -> Entity:
    """Return the pipeline, job or task that `text` names; raise BadInput for the name of something else."""
    return entity_of(ledger, text, _PARTS, "What there is: clew search --kind pipeline")


def bottlenecks(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    viewer: Viewer,
    *,
    at_least: str | None = None,
    runs: int = RUNS,
) -> Bottlenecks:
    """Return how long the steps of a pipeline take, how often they fail, and its critical path.

    `runs` is how many of each step's runs count, those that the ledger heard of last.
    """
    reached = freshness.reach("graph", at_least)
    began = time.perf_counter()
    graph, seq = views.graph, reached.seq
    known = Known(ledger, seq)
    numbers, cuts = _contained(graph, entity, seq)
    known.learn([*numbers, entity.id])
    executed = _runs_of(graph, numbers, runs, seq)
    known.learn(run for latest, _ in executed.values() for run in latest)
    steps = {known.urn(number): _step(known, number, *executed.get(number, ((), 0))) for number in numbers}
    before, ordered_by = _before(known, list(steps))
    order = in_order(before)
    lengths = {urn: step["medianMs"] for urn, step in steps.items() if step["medianMs"] is not None}
    path, length = longest(order.steps, before, lengths)
    gaps = [*_gaps(entity, steps, order.circles), *parked_gaps(ledger, {entity.urn, *steps})]
    critical = {
        "steps": list(path),
        "lengthMs": round(length, 3),
        "latestMs": round(sum(steps[urn]["latestMs"] or 0 for urn in path), 3),
    }
    envelope = Envelope(
        as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
        behind=reached.behind,
        frontier=cuts,
        gaps=sorted(gaps, key=lambda gap: (gap.code, gap.urn, gap.detail)),
        engine=graph.name,
        ms=(time.perf_counter() - began) * 1000,
    )
    slowest = sorted(steps.values(), key=lambda step: (-(step["medianMs"] or -1), step["urn"]))
    return Bottlenecks(
        envelope, entity, slowest, ordered_by, order.circles, critical if path and not order.circles else None
    )


def _contained(graph: Graph, entity: Entity, seq: int) -> tuple[list[int], list[Cut]]:
    """Return the steps that a pipeline contains, or the tasks of a job, at any depth."""
    seen, steps, frontier = {entity.id}, list[int](), [entity.id]
    while frontier:
        edges = graph.expand(np.array(frontier, np.int64), Direction.DOWN, frozenset({EdgeType.CONTAINS}), seq)
        parts = [each for each in sorted(set(edges.dst.tolist())) if each not in seen]
        kinds = graph.nodes(np.array(parts, np.int64)).kind.tolist() if parts else []
        frontier = [each for each, kind in zip(parts, kinds, strict=True) if kind in _PARTS]
        steps += [each for each, kind in zip(parts, kinds, strict=True) if kind in _STEPS]
        seen.update(frontier)
    if not steps and entity.kind in _STEPS:
        steps = [entity.id]
    more = len(steps) - MAX_STEPS
    return steps[:MAX_STEPS], [Cut(f"more than {MAX_STEPS} steps", more)] if more > 0 else []


def _runs_of(graph: Graph, steps: Sequence[int], most: int, seq: int) -> dict[int, tuple[list[int], int]]:
    """Return, by step, its newest runs (as the ledger heard of them) and how many there are."""
    edges = graph.expand(np.array(steps, np.int64), Direction.DOWN, frozenset({EdgeType.RUNS}), seq)
    found: dict[int, list[tuple[int, int]]] = {}
    for step, run, since in zip(edges.src.tolist(), edges.dst.tolist(), edges.since.tolist(), strict=True):
        found.setdefault(step, []).append((since, run))
    return {step: ([run for _, run in sorted(set(each))[-most:]], len(set(each))) for step, each in found.items()}


def _step(known: Known, number: int, runs: Sequence[int], total: int) -> dict[str, Any]:
    urn = known.urn(number)
    told = [{"urn": known.urn(run), **known.aspect(known.urn(run), "run")} for run in runs]
    told.sort(key=lambda run: (run.get("started") or run.get("ended") or "", run["urn"]))
    timed = [(run, took) for run in told if run.get("status") != "skipped" and (took := _took(run)) is not None]
    done = [run for run in told if run.get("status") in _DONE]
    failed = [run for run in done if run["status"] in _FAILED]
    latest = told[-1] if told else None
    subtype = known.aspect(urn, "properties").get("subtype")
    return {
        "urn": urn,
        "kind": known.entity(number).kind,
        "name": said(urn),
        "subtype": subtype,
        "inlined": not told and subtype in _INLINED,
        "runs": total,
        "counted": len(told),
        "medianMs": round(median(took for _, took in timed), 3) if timed else None,
        "latestMs": round(timed[-1][1], 3) if timed else None,
        "latestRun": latest["urn"] if latest else None,
        "latestStatus": latest.get("status") if latest else None,
        "latestStarted": latest.get("started") if latest else None,
        "failureShare": round(len(failed) / len(done), 4) if done else None,
        "failed": [run["urn"] for run in failed],
        "withoutEnd": [run["urn"] for run in told if _has_no_end(run)],
        "owners": known.owners(urn),
    }


def _took(run: Mapping[str, Any]) -> float | None:
    """Return how long a run took in milliseconds, None while nobody says when it ended."""
    if run.get("durationMs") is not None:
        return float(run["durationMs"])
    if run.get("started") and run.get("ended"):
        started, ended = (datetime.fromisoformat(run[name]) for name in ("started", "ended"))
        return (ended - started).total_seconds() * 1000 if bool(started.tzinfo) == bool(ended.tzinfo) else None
    return None


def _has_no_end(run: Mapping[str, Any]) -> bool:
    return run.get("status") != "skipped" and run.get("ended") is None and run.get("durationMs") is None


def _before(known: Known, steps: Sequence[str]) -> tuple[Before, str]:
    """Return, by step, those before it, and by what that is known: `after`, `data`, or `nothing`."""
    own = set(steps)
    after = {urn: [each for each in known.aspect(urn, "step").get("after") or () if each in own] for urn in steps}
    if any(after.values()):
        return after, "after"
    writers: dict[str, list[str]] = {}
    for urn in steps:
        for output in known.aspect(urn, "lineage").get("outputs", ()):
            writers.setdefault(output, []).append(urn)
    data = {urn: list(_writers_before(known.aspect(urn, "lineage"), writers, urn)) for urn in steps}
    return data, "data" if any(data.values()) else "nothing"


def _writers_before(lineage: Mapping[str, Any], writers: Mapping[str, Iterable[str]], own: str) -> Iterator[str]:
    """Yield the steps that write what a step reads; one that reads what it writes waits for nobody."""
    for source in dict.fromkeys(lineage.get("inputs", ())):
        yield from (each for each in writers.get(source, ()) if each != own)


def _gaps(entity: Entity, steps: Mapping[str, Mapping[str, Any]], circles: Sequence[Sequence[str]]) -> Iterator[Gap]:
    if not steps:
        yield Gap("no_steps", entity.urn, "nobody says which jobs or tasks it contains")
    silent = [urn for urn, step in steps.items() if not step["counted"] and not step["inlined"]]
    if silent:
        yield Gap("no_runs", entity.urn, f"no run is known of {_some(silent)}")
    endless = [run for step in steps.values() for run in step["withoutEnd"]]
    if endless:
        yield Gap("run_without_end", entity.urn, f"nobody says when these ended: {_some(endless)}")
    for circle in circles:
        detail = f"each of these must be done before the others, so there is no critical path: {_some(circle)}"
        yield Gap("cyclic_steps", entity.urn, detail)


def _some(urns: Sequence[str]) -> str:
    names = [said(urn) for urn in sorted(urns)]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{len(names)}: {', '.join(names[:_LISTED])}{more}"
