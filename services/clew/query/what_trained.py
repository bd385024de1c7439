"""What trained this: of each version behind a thing its run, parameters, metrics, features, data, and where these
came from, by evidence."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.graph import Graph
from clew.ledger import Entity, LedgerReader
from clew.query.answer import AsOf, Cut, Envelope, Gap, Viewer
from clew.query.describe import past_gaps
from clew.query.freshness import Freshness, Reached
from clew.query.known import Known
from clew.query.names import said
from clew.query.terms import MOST_VERSIONS
from clew.query.training import Training, Version
from clew.query.unknown import gaps_of
from clew.query.versions import Behind, in_order, versions_behind
from clew.query.views import Views
from clew_schemas.urn import Urn


@dataclass(frozen=True, slots=True)
class WhatTrained:
    """The answer, the newest version first. Ways are lists of positions in `proof`, which holds edges as parallel
    arrays over its nodes: from the raw column down to the feature."""

    envelope: Envelope
    start: Entity
    about: Mapping[str, Any]
    total: int
    versions: Sequence[Mapping[str, Any]]
    proof: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.envelope.to_dict(),
            "start": self.start.urn,
            "kind": self.start.kind,
            "name": said(self.start.urn),
            "about": dict(self.about),
            "total": self.total,
            "versions": list(self.versions),
            "proof": dict(self.proof),
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """The versions that a question is about: those chosen, and how many there are."""

    reached: Reached
    began: float
    graph: Graph
    training: Training
    total: int
    as_of: int | None = None

    def envelope(self, ledger: LedgerReader, start: Entity, gaps: Sequence[Gap]) -> Envelope:
        """Return what the answer says about itself."""
        upstream, seq = self.training.upstream, self.reached.seq
        cuts = upstream.cuts()
        if self.total > len(self.training.versions):
            cuts.append(Cut("only the newest versions are told", self.total - len(self.training.versions)))
        own = {gap.urn for gap in gaps}
        generic = gaps_of(ledger, self.graph, upstream.found, upstream.nodes, seq)
        # What is said here in words of its own is not said again as lineage that is not resolved.
        found = [*past_gaps(ledger, [start], self.as_of), *gaps]
        found += [gap for gap in generic if gap.code != "unresolved" or gap.urn not in own]
        if not self.total:
            found.append(Gap("no_versions", start.urn, f"no version of a model is known behind this {start.kind}"))
        return Envelope(
            as_of=AsOf(seq, ledger.time_of(seq), ledger.epoch),
            behind=self.reached.behind,
            frontier=cuts,
            gaps=sorted(set(found), key=lambda gap: (gap.code, gap.urn, gap.detail)),
            engine=self.graph.name,
            hops=upstream.found.hops,
            ms=(time.perf_counter() - self.began) * 1000,
        )


def ask(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    at_least: str | None,
    most: int,
    as_of: int | None = None,
) -> Asked:
    """Gather the newest versions behind `entity`, at most `most`, with all that lies above them, now or as of a seq."""
    reached = freshness.reach("graph", at_least, as_of)
    began = time.perf_counter()
    graph = views.graph
    behind = versions_behind(ledger, graph, entity, reached.seq)
    chosen = sorted(behind, key=_age, reverse=True)[:most]
    return Asked(reached, began, graph, Training(ledger, graph, chosen, reached.seq), len(behind), as_of)


def what_trained(
    ledger: LedgerReader,
    views: Views,
    freshness: Freshness,
    entity: Entity,
    viewer: Viewer,
    *,
    at_least: str | None = None,
    as_of: int | None = None,
    most: int = MOST_VERSIONS,
) -> WhatTrained:
    """Return what is known of how the versions behind `entity` were trained; what is not known stands in `gaps`."""
    asked = ask(ledger, views, freshness, entity, at_least, most, as_of)
    told = [_told(asked.training, version) for version in asked.training.versions]
    proof = _prove(asked.training, [document for document, _ in told])
    return WhatTrained(
        asked.envelope(ledger, entity, [gap for _, gaps in told for gap in gaps]),
        entity,
        _about(asked.training.known, entity),
        asked.total,
        [document for document, _ in told],
        proof,
    )


def _about(known: Known, entity: Entity) -> dict[str, Any]:
    """Return what a thing says of itself; of predictions also which state of each input they were made from."""
    known.learn([entity.id])
    about = dict(known.aspect(entity.urn, entity.kind))
    inputs = about.get("inputs") if entity.kind == "prediction_set" else None
    if inputs:
        known.learn_urns(inputs)
        states = [(urn, known.aspect(urn, "version")) for urn in inputs]
        about["data"] = [
            {"urn": urn, "digest": state.get("digest"), "version": state.get("version")} for urn, state in states
        ]
    return about


def _age(behind: Behind) -> tuple[Any, ...]:
    return (*in_order(Urn.parse(behind.version.urn).label), behind.version.urn)


def _told(training: Training, version: Version) -> tuple[dict[str, Any], list[Gap]]:
    importances = training.values(version, "importances")
    features = [_feature(training, each, importances) for each in version.features]
    gaps = training.gaps(version, {each["name"]: each["sources"] for each in features})
    about = training.known.aspect(version.urn, "model_version")
    document = {
        "urn": version.urn,
        "name": said(version.urn),
        "via": list(version.via[1:]),
        **{name: value for name, value in about.items() if name not in ("run", "features", "target")},
        "run": training.run(version),
        "parameters": training.values(version, "parameters"),
        "metrics": training.values(version, "metrics"),
        "features": features,
        "target": _target(training, version),
        "datasets": [training.dataset(version, urn) for urn in sorted(version.datasets)],
        "sources": training.sources(version),
    }
    return document, list(gaps)


def _feature(
    training: Training, feature: tuple[str, str | None, Any], importances: Mapping[str, Any]
) -> dict[str, Any]:
    name, urn, importance = feature
    about = training.known.aspect(urn, "feature") if urn else {}
    return {
        **about,
        "name": name,
        "urn": urn,
        "importance": importances.get(name) if importance is None else importance,
        "sources": training.origins(urn) if urn else [],
    }


def _target(training: Training, version: Version) -> dict[str, Any] | None:
    if version.target is None:
        return None
    columns = training.target_columns(version)
    return {
        "name": version.target,
        "columns": columns,
        "sources": [each for column in columns for each in training.origins(column)],
    }


def _prove(training: Training, documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the edges that the documents' ways use, and turn the ways into positions among them."""
    ways = [way for each in documents for way in _ways(each)]
    table, place = training.upstream.table(edge for way in ways for edge in way["path"])
    for way in ways:
        way["path"] = [place[edge] for edge in way["path"]]
    return table


def _ways(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    target = document["target"] or {"sources": []}
    features = [way for feature in document["features"] for way in feature["sources"]]
    return [*features, *target["sources"], *document["sources"]]
