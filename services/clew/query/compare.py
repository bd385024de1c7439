"""Compare: what differs between two runs, versions, datasets, or between what one thing was and is, field by field."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.errors import BadInput
from clew.ledger import Entity, LedgerReader
from clew.ledger.port import Point
from clew.query.answer import AsOf, Cut, Envelope, Gap, Viewer
from clew.query.describe import parked_gaps
from clew.query.differences import Compared, Difference, compare_documents, is_number
from clew.query.freshness import Freshness
from clew.query.known import Known
from clew.query.names import said
from clew.query.terms import MOST_DIFFERENCES
from clew.query.training import logged_name
from clew_schemas.urn import Urn

MAX_POINTS = 100_000
"""Points of a metric's history that are read of one thing."""

_OF_RUNS = ("parameters", "metrics", "environment", "source_code", "data_inputs", "importances", "run")
"""Aspects that stand in parts of their own."""
_UNCOMPARED = {"run": ("lineage", "evidence", "query"), "model_version": ("lineage", "evidence", "query")}
"""What names the other things of the same run: it differs by its nature, and says nothing that the parts don't."""
_FALLS = ("loss", "error", "rmse", "mse", "mae", "mape", "rmsle", "deviance", "perplexity", "brier")
_RISES = ("acc", "auc", "f1", "precision", "recall", "r2", "score", "ndcg", "map", "bleu", "rouge")


@dataclass(frozen=True, slots=True)
class Moment:
    """One side of a comparison: a thing as of a seq."""

    entity: Entity
    seq: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "urn": self.entity.urn,
            "kind": self.entity.kind,
            "name": said(self.entity.urn),
            "seq": self.seq,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer. `equal` and `differing` count fields by part; `differences` are the first of them in that order."""

    envelope: Envelope
    a: Moment
    b: Moment
    equal: Mapping[str, int]
    differing: Mapping[str, int]
    differences: Sequence[tuple[str, Difference]]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "a": self.a.to_dict(),
            "b": self.b.to_dict(),
            "equal": dict(self.equal),
            "differing": dict(self.differing),
            "differences": [{"part": part, **each.to_dict()} for part, each in self.differences],
        }


def compare(
    ledger: LedgerReader,
    freshness: Freshness,
    a: Entity,
    b: Entity,
    viewer: Viewer,
    *,
    a_at: int | None = None,
    b_at: int | None = None,
    at_least: str | None = None,
    most: int = MOST_DIFFERENCES,
) -> Comparison:
    """Return what differs between `a` and `b`, each as it is now or as of a seq.

    Raises BadInput for two kinds, and for one thing at one time.
    """
    if at_least is not None:
        freshness.committed(at_least)
    began = time.perf_counter()
    head = ledger.head_seq()
    left, right = Moment(a, head if a_at is None else a_at), Moment(b, head if b_at is None else b_at)
    _check(left, right)
    sides = [Side(ledger, each) for each in (left, right)]
    parts = _compared(sides[0].parts(), sides[1].parts())
    every = [(part, each) for part, compared in parts.items() for each in compared.differences]
    cuts = [Cut(f"more than {most} differences", len(every) - most)] if len(every) > most else []
    parked = [parked_gaps(ledger, {each.entity.urn}, each.seq) for each in (left, right)]
    gaps = {gap for side in sides for gap in side.gaps()}.union(*parked)
    envelope = Envelope(
        as_of=AsOf(head, ledger.time_of(head), ledger.epoch),
        frontier=[*cuts, *(cut for side in sides for cut in side.cuts)],
        gaps=sorted(gaps, key=lambda gap: (gap.code, gap.urn, gap.detail)),
        engine="ledger",
        ms=(time.perf_counter() - began) * 1000,
    )
    return Comparison(
        envelope,
        left,
        right,
        {part: compared.equal for part, compared in parts.items() if compared.equal},
        {part: len(compared.differences) for part, compared in parts.items() if compared.differences},
        every[:most],
    )


def _check(a: Moment, b: Moment) -> None:
    if a.entity.kind != b.entity.kind:
        raise BadInput(
            f"{said(a.entity.urn)} is a {a.entity.kind}, {said(b.entity.urn)} is a {b.entity.kind}",
            where="b",
            hint="Compare two things of one kind: two runs, two model versions, two datasets",
        )
    if a == b:
        raise BadInput(
            f"{said(a.entity.urn)} is the same on both sides",
            where="b",
            hint="Name a second thing, or say as of when: aAt and bAt take a moment",
        )


def _compared(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Compared]:
    """Return by part what differs; an empty part is like one that is not there."""
    names = dict.fromkeys([*a, *b])
    return {name: compare_documents(a.get(name, {}), b.get(name, {})) for name in names}


class Side:
    """One side: the document of each part, as of its seq."""

    def __init__(self, ledger: LedgerReader, moment: Moment) -> None:
        self._ledger, self._seq = ledger, moment.seq
        self._urn, self._kind, self._id = moment.entity.urn, moment.entity.kind, moment.entity.id
        self._known = Known(ledger, moment.seq)
        self._known.learn([self._id])
        self._run = self._urn if self._kind == "run" else self._known.aspect(self._urn, "model_version").get("run")
        self.cuts: list[Cut] = []

    def parts(self) -> dict[str, Any]:
        """Return the documents to compare, by part, in the order in which they are told."""
        if self._kind in ("run", "model_version"):
            return {**self._of_run(), **self._rest()}
        if self._kind == "dataset":
            return {**self._of_dataset(), **self._rest()}
        return {**self._history(self._id), **self._rest()}

    def gaps(self) -> Iterator[Gap]:
        """Yield what is not known of this side."""
        if not self._known.of(self._urn):
            yield Gap("not_said", self._urn, f"nothing is said of it as of seq {self._seq}")
        elif self._kind == "model_version" and not self._run:
            yield Gap("no_run", self._urn, "nobody says which run trained it")
        elif self._run and not self._known.aspect(self._run, "data_inputs"):
            yield Gap("no_logged_dataset", self._run, "the run logged no set of data")
        elif self._kind == "dataset" and not self._known.aspect(self._urn, "schema"):
            yield Gap("undescribed_dataset", self._urn, "no source describes its columns")

    def _rest(self) -> dict[str, Any]:
        """Return every aspect that has no part of its own."""
        taken = {"schema", *_UNCOMPARED.get(self._kind, ())}
        taken.update(_OF_RUNS if self._kind in ("run", "model_version") else ())
        found = {name: document for name, document in self._known.of(self._urn).items() if name not in taken}
        if "model_version" in found:
            found["model_version"] = {name: each for name, each in found["model_version"].items() if name != "features"}
        return found

    def _of_run(self) -> dict[str, Any]:
        run = self._run
        known, urn, behind = self._known, self._urn, run if run != self._urn else None
        known.learn_urns([run] if run else [])
        environment = known.whole(urn, behind, "environment")
        parts = {
            "parameters": known.values(urn, behind, "parameters"),
            "metrics": known.values(urn, behind, "metrics"),
            **self._history(*(number for each in dict.fromkeys([urn, run or urn]) if (number := known.number(each)))),
            "features": self._features(known.values(urn, behind, "importances")),
            "datasets": self._datasets(run or ""),
            "packages": environment.pop("packages", {}),
            "seeds": environment.pop("seeds", {}),
            "environment": environment,
            "code": known.whole(urn, behind, "source_code"),
            "run": known.aspect(run or "", "run"),
        }
        return {name: document for name, document in parts.items() if document}

    def _features(self, importances: Mapping[str, Any]) -> list[dict[str, Any]]:
        uses = self._known.aspect(self._urn, "model_version").get("features") or ()
        self._known.learn_urns(each["feature"] for each in uses if each.get("feature"))
        found = []
        for each in uses:
            importance = each.get("importance", importances.get(each["name"]))
            about = {**self._known.aspect(each.get("feature") or "", "feature"), "name": each["name"]}
            found.append(about if importance is None else {**about, "importance": importance})
        return found

    def _datasets(self, run: str) -> dict[str, Any]:
        """Return the sets of data that a run logged, by name and role, each with its digest and columns."""
        logged = self._known.aspect(run, "data_inputs").get("datasets") or ()
        self._known.learn_urns(each["dataset"] for each in logged)
        found: dict[str, Any] = {}
        for each in logged:
            name, digest = self._name_of(run, each["dataset"])
            key = f"{name} ({each['role']})" if each.get("role") else name
            more = {part: each[part] for part in ("rows", "source") if part in each}
            columns = self._known.aspect(each["dataset"], "schema").get("columns", [])
            found[key if key not in found else each["dataset"]] = {"digest": digest, **more, "columns": columns}
        return found

    def _name_of(self, run: str, dataset: str) -> tuple[str, str | None]:
        about = self._known.aspect(dataset, "version")
        digest = about.get("digest") or about.get("version")
        if Urn.parse(dataset).namespace != Urn.parse(run).namespace:
            return said(dataset), digest
        name, end = logged_name(dataset)
        return name, digest or end

    def _history(self, *numbers: int) -> dict[str, Any]:
        points = [point for number in numbers for point in self._points(number, "metric", MAX_POINTS)]
        by_name: dict[str, list[Point]] = {}
        for point in points:
            by_name.setdefault(point.name, []).append(point)
        return {"history": {name: summary(name, each) for name, each in by_name.items()}} if by_name else {}

    def _of_dataset(self) -> dict[str, Any]:
        profile = next(iter(self._points(self._id, "profile", MAX_POINTS)), None)
        parts: dict[str, Any] = {"schema": self._known.aspect(self._urn, "schema")}
        return parts if profile is None else {**parts, "profile": profile.payload}

    def _points(self, number: int, aspect: str, limit: int) -> list[Point]:
        """Return the points of a series that had been said by then, newest first."""
        points = self._ledger.points(number, aspect, limit, self._seq)
        if len(points) == limit:
            self.cuts.append(Cut(f"more than {limit} points of {aspect}", 1, (self._urn,)))
        return points


def summary(name: str, points: Iterable[Point]) -> dict[str, Any]:
    """Return the history of one metric in short: steps, the last value, the lowest and highest with their steps.

    `best` is one of these two, where the metric's name tells which; NaN and the infinities are counted as `unusable`.
    """
    ordered = sorted(points, key=lambda point: (point.time, point.step, point.seq))
    usable = [point for point in ordered if is_number(point.payload.get("value"))]
    told: dict[str, Any] = {"steps": len(ordered), "last": _at(ordered[-1])}
    if len(usable) < len(ordered):
        told["unusable"] = len(ordered) - len(usable)
    if usable:
        told["lowest"] = _at(min(usable, key=lambda point: point.payload["value"]))
        told["highest"] = _at(max(usable, key=lambda point: point.payload["value"]))
        told["best"] = told.get(better(name) or "")
    return told


def better(metric: str) -> str | None:
    """Return whether the `lowest` or the `highest` value of a metric is the best, None where its name doesn't say."""
    folded = metric.casefold()
    words = folded.replace("-", "_").replace("/", "_").replace(".", "_").replace(" ", "_").split("_")
    if any(word in words or folded.endswith(word) for word in _FALLS):
        return "lowest"
    return "highest" if any(word.startswith(sign) for word in words for sign in _RISES) else None


def _at(point: Point) -> dict[str, Any]:
    return {"value": point.payload.get("value"), "step": point.step}
