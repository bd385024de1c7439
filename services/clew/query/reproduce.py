"""Reproduce: what is known to rebuild a model version, step by step, and what is missing for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.ledger import Entity, LedgerReader
from clew.query.answer import Envelope, Gap, Viewer
from clew.query.freshness import Freshness
from clew.query.names import said
from clew.query.steps import in_order
from clew.query.terms import MOST_VERSIONS
from clew.query.training import Training, Version
from clew.query.views import Views
from clew.query.what_trained import ask
from clew_schemas.urn import kind_of

_LISTED = 10


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The answer, the newest version first: of each what there is to start from, and the steps in order."""

    envelope: Envelope
    start: Entity
    total: int
    versions: Sequence[Mapping[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "start": self.start.urn,
            "kind": self.start.kind,
            "name": said(self.start.urn),
            "total": self.total,
            "versions": list(self.versions),
        }


def reproduce(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    viewer: Viewer,
    *,
    at_least: str | None = None,
    as_of: int | None = None,
    most: int = MOST_VERSIONS,
) -> Reproduction:
    """Return what is known to rebuild the versions behind `entity`; each thing that is missing is a gap.

    It is a plan from what was said, nothing is run: a plan without gaps may still give another model where a step is
    not deterministic.
    """
    asked = ask(ledger, views, freshness, entity, at_least, most, as_of)
    plans = [_plan(asked.training, version) for version in asked.training.versions]
    gaps = [gap for _, missing in plans for gap in missing]
    return Reproduction(asked.envelope(ledger, entity, gaps), entity, asked.total, [plan for plan, _ in plans])


def _plan(training: Training, version: Version) -> tuple[dict[str, Any], list[Gap]]:
    run = training.run(version) or {"urn": None, "code": None, "environment": None, "seeds": {}}
    about = training.known.aspect(version.urn, "model_version")
    data = [_data(training, version, urn) for urn in sorted(version.datasets)]
    plan = {
        "urn": version.urn,
        "name": said(version.urn),
        "run": run["urn"],
        "code": run["code"],
        "environment": run["environment"],
        "seeds": run["seeds"],
        "parameters": training.values(version, "parameters"),
        "features": _preparation(training, version),
        "target": version.target,
        "data": data,
        "raw": _raw(training, version),
        "steps": _steps(training, version),
        "artifact": {name: about.get(name) for name in ("artifact", "digest", "size")},
        "metrics": training.values(version, "metrics"),
    }
    origins = {name: training.origins(urn) if urn else [] for name, urn, _ in version.features}
    gaps = {*training.gaps(version, origins), *_missing(version, plan)}
    plan["missing"] = sorted({gap.code for gap in gaps})
    return plan, sorted(gaps, key=lambda gap: (gap.code, gap.urn))


def _preparation(training: Training, version: Version) -> list[dict[str, Any]]:
    """Return the features in order, each with how it is made."""
    made = ("transformation", "imputation", "scaling", "encoding")
    return [
        {"name": name, **{each: about[each] for each in made if each in about}}
        for name, urn, _ in version.features
        for about in [training.known.aspect(urn or "", "feature")]
    ]


def _data(training: Training, version: Version, urn: str) -> dict[str, Any]:
    told = training.dataset(version, urn)
    query = training.known.aspect(urn, "query")
    return {
        **{name: told[name] for name in ("urn", "name", "digest", "role", "rows", "sources", "evidence")},
        "query": {name: query[name] for name in ("text", "dialect") if name in query} or None,
    }


def _raw(training: Training, version: Version) -> list[dict[str, Any]]:
    """Return the datasets at the beginning, with the version of each as far as anybody says."""
    return [
        {"urn": each["urn"], "digest": about.get("digest"), "version": about.get("version")}
        for each in training.sources(version)
        if each["raw"]
        for about in [training.known.aspect(each["urn"], "version")]
    ]


def _steps(training: Training, version: Version) -> list[dict[str, Any]]:
    """Return what has to be done, in order: each carrier of data above the version, the training last."""
    reads: dict[str, set[str]] = {}
    writes: dict[str, set[str]] = {}
    for edge in training.upstream.datasets_between(training.starts_of(version)):
        carrier = training.upstream.carrier_of(edge)
        source, target = training.upstream.ends_of(edge)
        reads.setdefault(carrier, set()).add(source)
        writes.setdefault(carrier, set()).add(target)
    writers: dict[str, list[str]] = {}
    for carrier, targets in writes.items():
        for target in targets:
            writers.setdefault(target, []).append(carrier)
    before = {
        carrier: [each for source in sources for each in writers.get(source, ()) if each != carrier]
        for carrier, sources in reads.items()
    }
    order = in_order(before)
    # What goes in a circle is told all the same, after the rest: which of it comes first is not known.
    left = sorted(before.keys() - set(order.steps))
    return [_step(training, carrier, reads, writes) for carrier in [*order.steps, *left]]


def _step(
    training: Training, carrier: str, reads: Mapping[str, set[str]], writes: Mapping[str, set[str]]
) -> dict[str, Any]:
    about = training.known.of(carrier)
    query = about.get("query") or {}
    written = sorted(writes[carrier])
    return {
        "carrier": carrier,
        "kind": kind_of(carrier),
        "reads": sorted(each for each in reads[carrier] if kind_of(each) == "dataset"),
        "writes": [each for each in written if kind_of(each) != "feature"],
        "features": sum(kind_of(each) == "feature" for each in written),
        "sql": {name: query[name] for name in ("text", "dialect") if name in query} or None,
        "code": about.get("source_code"),
        "recipe": (about.get("feature_set") or {}).get("steps"),
    }


def _missing(version: Version, plan: Mapping[str, Any]) -> Iterator[Gap]:
    """Yield what a rebuild would need and nobody says."""
    about = plan["run"] or version.urn
    code, environment = plan["code"] or {}, plan["environment"] or {}
    if not code.get("commit"):
        yield Gap("no_commit", about, "nobody says at which commit the code was")
    elif code.get("dirty"):
        yield Gap("dirty_code", about, "the code had changes beside its commit, which nobody kept")
    if not (environment.get("packages") or environment.get("image")):
        yield Gap("no_environment", about, "neither the packages nor an image of the environment are known")
    unpinned = [name for name, pinned in (environment.get("packages") or {}).items() if not pinned]
    if unpinned and not environment.get("image"):
        yield Gap("unpinned_packages", about, f"no version is known of {', '.join(unpinned[:_LISTED])}")
    if not plan["seeds"]:
        yield Gap("no_seeds", about, "no seed of its randomness is known")
    if not plan["parameters"]:
        yield Gap("no_parameters", about, "no parameter is known")
    if not (plan["artifact"]["digest"]):
        yield Gap("no_artifact_digest", version.urn, "a rebuilt model can't be held against it: no digest is known")
    for each in plan["data"]:
        if each["digest"] is None:
            yield Gap("no_digest", each["urn"], "no digest or version says which state of it was used")
    unversioned = [each["urn"] for each in plan["raw"] if each["digest"] is None and each["version"] is None]
    if unversioned:
        names = ", ".join(said(urn) for urn in unversioned[:_LISTED])
        yield Gap("unversioned_source", version.urn, f"no version is known of {len(unversioned)} raw: {names}")
    for step in plan["steps"]:
        if step["kind"] in ("job", "task", "query") and step["sql"] is None and step["code"] is None:
            yield Gap("unknown_step", step["carrier"], "nobody says how it computes: no SQL and no code is known")
