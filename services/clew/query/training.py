"""Training: what is known of how model versions came about, gathered in a few batches however many features there are.

A set of data that stands in the namespace of its run, and that nobody but the run's source describes, exists in the
log only: where it came from has to be found, by evidence. Any other is catalogued on its own account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clew.graph import Direction, Graph, distinct
from clew.ledger import LedgerReader
from clew.ledger.port import DERIVED_SQL, STEWARD
from clew.query.answer import Gap
from clew.query.known import Known
from clew.query.names import said
from clew.query.upstream import Upstream
from clew.query.versions import Behind
from clew_schemas.edges import EdgeType
from clew_schemas.urn import Urn, column, dataset_of, kind_of, segment, unescape

_INTO = frozenset({int(EdgeType.FLOW), int(EdgeType.DATASET_FLOW), int(EdgeType.GAP)})
_LISTED = 10
"""Names that one gap lists."""
_OWN_WORD = {STEWARD: "stated", DERIVED_SQL: "sql"}
"""Sources that are evidence by themselves: a person says so, or the house read it in the SQL."""


@dataclass(slots=True)
class Version:
    """One version: the things it hangs together with, by URN. `datasets` are the sets it was trained on, with what
    the run logged about each."""

    urn: str
    via: tuple[str, ...]
    run: str | None = None
    features: list[tuple[str, str | None, Any]] = field(default_factory=list)
    """(name, feature, importance), in the order of the signature."""
    target: str | None = None
    datasets: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    logged: frozenset[str] = frozenset()
    """Those of them that the run logged."""


class Training:
    """The versions behind a thing with all that lies above them."""

    def __init__(self, ledger: LedgerReader, graph: Graph, behind: Sequence[Behind], seq: int) -> None:
        self.known = Known(ledger, seq)
        self.known.learn(each.version.id for each in behind)
        self.versions = [Version(each.version.urn, each.via) for each in behind]
        self._graph, self._seq = graph, seq
        self._catalogued: dict[tuple[str, str], bool] = {}
        self._hang_together()
        self.upstream = Upstream(ledger, graph, self._starts(), seq, self.known)
        self._add_unlogged_datasets()
        self.known.learn_urns(self._dataset_urns())
        self.links = _Links(self.known)

    def _hang_together(self) -> None:
        into = self._into()
        for version in self.versions:
            about = self._about(version)
            carriers, features = into[version.urn]
            version.run = about.get("run") or next(iter(carriers), None)
            version.target = about.get("target")
            version.features = [
                (each["name"], each.get("feature"), each.get("importance")) for each in about.get("features") or ()
            ] or [(Urn.parse(each).label, each, None) for each in features]
        self.known.learn_urns(version.run for version in self.versions if version.run)
        self.known.learn_urns(urn for version in self.versions for _, urn, _ in version.features if urn)
        for version in self.versions:
            logged = self.known.aspect(version.run or "", "data_inputs").get("datasets") or ()
            version.datasets = {each["dataset"]: each for each in logged}
            version.logged = frozenset(version.datasets)
        self.known.learn_urns(urn for version in self.versions for urn in version.datasets)

    def _about(self, version: Version) -> Mapping[str, Any]:
        return self.known.aspect(version.urn, "model_version")

    def _into(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return, by version, the runs that carry what flows into it, and the features that do; of a version that
        names its run and its features itself, nothing."""
        silent = [each.urn for each in self.versions if not {"run", "features"} <= self._about(each).keys()]
        own = np.array([self.known.number(each) for each in silent], np.int64)
        edges = self._graph.expand(own, Direction.UP, _INTO, self._seq)
        self.known.name(distinct(np.concatenate([edges.carrier, edges.src])).tolist())
        found: dict[str, tuple[set[str], set[str]]] = {each.urn: (set(), set()) for each in self.versions}
        for src, dst, carrier in zip(edges.src.tolist(), edges.dst.tolist(), edges.carrier.tolist(), strict=True):
            runs, features = found[self.known.urn(dst)]
            for number, kind, kept in ((carrier, "run", runs), (src, "feature", features)):
                if self.known.entity(number).kind == kind:
                    kept.add(self.known.urn(number))
        return {urn: (sorted(runs), sorted(features)) for urn, (runs, features) in found.items()}

    def _starts(self) -> Iterator[int]:
        targets = [column(urn, segment(each.target)) for each in self.versions if each.target for urn in each.datasets]
        self.known.learn_urns(targets)
        for version in self.versions:
            yield from self.starts_of(version)

    def starts_of(self, version: Version) -> list[int]:
        """Return the nodes of a version, of its features, its target and its sets of data."""
        urns = [version.urn, *(urn for _, urn, _ in version.features if urn), *version.datasets]
        urns += self.target_columns(version)
        return [number for urn in urns if (number := self.known.number(urn))]

    def target_columns(self, version: Version) -> list[str]:
        """Return the columns that hold a version's target in its sets of data, as far as anybody named them."""
        urns = [column(urn, segment(version.target)) for urn in version.datasets] if version.target else []
        return [urn for urn in urns if self.known.number(urn)]

    def _add_unlogged_datasets(self) -> None:
        """Add the sets that flow straight into a version or its features, though no run logged them."""
        for version in self.versions:
            for number in self.starts_of(version):
                into = () if self.known.entity(number).kind == "dataset" else self.upstream.into_dataset(number)
                for edge in into:
                    urn = self.known.urn(self.upstream.source_of(edge))
                    if kind_of(urn) == "dataset":
                        version.datasets.setdefault(urn, {"dataset": urn})

    def _dataset_urns(self) -> Iterator[str]:
        yield from (urn for version in self.versions for urn in version.datasets)
        numbers = [number for number, kind in self.upstream.kinds.items() if kind == "dataset"]
        yield from (self.known.urn(each) for each in numbers)

    def is_catalogued(self, urn: str, version: Version) -> bool:
        """Say whether a dataset is known by itself, and not only from the log of a version's run."""
        logger = version.run or version.urn
        if (urn, logger) not in self._catalogued:
            self._catalogued[urn, logger] = self._stands_alone(urn, logger)
        return self._catalogued[urn, logger]

    def _stands_alone(self, urn: str, logger: str) -> bool:
        if Urn.parse(urn).namespace != Urn.parse(logger).namespace:
            return True
        own = self.known.sources(logger, "data_inputs") | self.known.sources(logger, "run")
        return bool(self.known.sources(urn, "schema") - own - {STEWARD}) and bool(own)

    def digest_of(self, urn: str, version: Version) -> str | None:
        """Return the digest of a set of data: as said, else as the name of a logged set ends in it."""
        about = self.known.aspect(urn, "version")
        digest: str | None = about.get("digest") or about.get("version")
        if digest is None and not self.is_catalogued(urn, version):
            digest = logged_name(urn)[1]
        return digest

    def values(self, version: Version, aspect: str) -> dict[str, Any]:
        """Return the named values of a run and its version: parameters, metrics, importances."""
        return self.known.values(version.urn, version.run, aspect)

    def run(self, version: Version) -> dict[str, Any] | None:
        """Return what is known of a version's run."""
        if version.run is None:
            return None
        about = self.known.aspect(version.run, "run")
        environment = self.known.whole(version.urn, version.run, "environment")
        return {
            "urn": version.run,
            "name": said(version.run),
            "experiment": self.known.aspect(version.run, "containment").get("parent"),
            "status": about.get("status"),
            "started": about.get("started"),
            "ended": about.get("ended"),
            "durationMs": about.get("durationMs"),
            "user": self._user(version.run),
            "code": self.known.whole(version.urn, version.run, "source_code") or None,
            "environment": {name: value for name, value in environment.items() if name != "seeds"} or None,
            "seeds": environment.get("seeds") or {},
        }

    def _user(self, run: str) -> str | None:
        owners = self.known.owners(run)
        if owners:
            return owners[0]
        kept = {
            **(self.known.aspect(run, "properties").get("custom") or {}),
            **(self.known.aspect(run, "notes").get("values") or {}),
        }
        user = kept.get("mlflow.user") or kept.get("user")
        return None if user is None else str(user)

    def dataset(self, version: Version, urn: str) -> dict[str, Any]:
        """Return one set of data: as the run logged it, whence it came, and by what that was found."""
        logged = version.datasets[urn]
        into = self.upstream.into_dataset(self.known.number(urn))
        sources = list(dict.fromkeys(self.known.urn(self.upstream.source_of(edge)) for edge in into))
        name = said(urn) if self.is_catalogued(urn, version) else logged_name(urn)[0]
        return {
            "urn": urn,
            "name": name,
            "digest": self.digest_of(urn, version),
            "role": logged.get("role"),
            "rows": logged.get("rows"),
            "catalogued": self.is_catalogued(urn, version),
            "source": logged.get("source"),
            "sources": sources,
            "evidence": _once(link for edge in into for link in self.evidence(edge)),
        }

    def evidence(self, edge: int) -> list[dict[str, Any]]:
        """Return the links that stand behind an edge of dataset grain, the surest first; none when nobody gives any."""
        source, target = self.upstream.ends_of(edge)
        links = self.links.between(source, target)
        claimed_by = self.upstream.claimed_by(edge)
        if not links and claimed_by in _OWN_WORD:
            detail = f"claimed by {claimed_by} on {said(self.upstream.carrier_of(edge))}"
            links = [{"from": source, "to": target, "by": _OWN_WORD[claimed_by], "detail": detail, "confidence": 1.0}]
        return links

    def sources(self, version: Version) -> list[dict[str, Any]]:
        """Return the catalogued datasets above a version, the nearest first, each with the way to it (edges of the
        walk) and the evidence along it."""
        starts = self.starts_of(version)
        columns = self._columns_by_dataset(self.upstream.columns_above(starts))
        via = self.upstream.datasets_above(starts)
        found = []
        for number in via:
            urn = self.known.urn(number)
            if kind_of(urn) == "dataset" and self.is_catalogued(urn, version):
                path = self.upstream.path(number, via)
                evidence = [link for edge in path for link in self.evidence(edge)]
                found.append(
                    {
                        "urn": urn,
                        "hops": len(path),
                        "raw": not self.upstream.into_dataset(number),
                        "columns": columns.get(number, []),
                        "confidence": min([self._certainty(edge) for edge in path], default=1.0),
                        "evidence": evidence,
                        "path": list(path),
                    }
                )
        return sorted(found, key=lambda each: (each["hops"], each["urn"]))

    def _certainty(self, edge: int) -> float:
        links = self.evidence(edge)
        own = self.upstream.confidence([edge])
        return min(own, max((float(link["confidence"]) for link in links), default=1.0))

    def _columns_by_dataset(self, reached: Iterable[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for number in reached:
            if self.upstream.kinds.get(number) == "column":
                path = Urn.parse(self.known.urn(number)).path
                found.setdefault(self.upstream.parents[number], []).append(path or "")
        return {dataset: sorted(paths) for dataset, paths in found.items()}

    def origins(self, start: str) -> list[dict[str, Any]]:
        """Return the columns that a feature or target comes from, each with the way (edges of the walk) as proof."""
        number = self.known.number(start)
        return [
            {
                "urn": self.known.urn(end.node),
                "confidence": self.upstream.confidence(end.path),
                "path": list(end.path),
            }
            for end in (self.upstream.ends(number) if number else ())
            if end.path
        ]

    def gaps(self, version: Version, origins: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Gap]:
        """Yield what is not known of how a version came about; `origins` are those of its features, by name."""
        if version.run is None:
            yield Gap("no_run", version.urn, "nobody says which run trained it")
        elif not version.logged:
            why = self.known.unresolved(version.run) or "the run logged no set of data"
            yield Gap("no_logged_dataset", version.run, why)
        if not version.features:
            yield Gap("no_features", version.urn, "no signature and no feature of it is known")
        for urn in sorted(version.datasets):
            yield from self._gaps_of_dataset(version, urn)
        if version.datasets:
            yield from self._gaps_of_features(version, origins)

    def _gaps_of_dataset(self, version: Version, urn: str) -> Iterator[Gap]:
        into = self.upstream.into_dataset(self.known.number(urn))
        if not self.is_catalogued(urn, version):
            if not into:
                why = self.known.unresolved(urn) or "nobody says which data it was taken from"
                yield Gap("unknown_source", urn, why + self._stated(urn))
            bare = [edge for edge in into if not self.evidence(edge)]
        else:
            bare = [] if urn in version.logged else self._bare_uses(version, urn)
        for edge in bare:
            source = said(self.known.urn(self.upstream.source_of(edge)))
            detail = f"{self.upstream.claimed_by(edge)} says it comes from {source}, and gives no evidence"
            yield Gap("no_evidence", urn, detail)

    def _stated(self, urn: str) -> str:
        custom = self.known.aspect(urn, "properties").get("custom") or {}
        source = custom.get("source") or custom.get("source_type") or custom.get("sourceType")
        return f"; its log names only {source}" if source else ""

    def _bare_uses(self, version: Version, urn: str) -> list[int]:
        """Return the edges by which an unlogged dataset flows straight into the version, without evidence."""
        own = self.known.number(urn)
        into = [edge for start in self.starts_of(version) for edge in self.upstream.into_dataset(start)]
        uses = [edge for edge in into if self.upstream.source_of(edge) == own]
        return [] if any(self.evidence(edge) for edge in uses) else uses[:1]

    def _gaps_of_features(self, version: Version, origins: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Gap]:
        unknown = [name for name, _, _ in version.features if not self._is_found(version, origins.get(name, ()))]
        if unknown:
            yield Gap("unknown_feature_source", version.urn, f"no catalogued column is known behind {_some(unknown)}")
        vague = [name for name, found in origins.items() if any(kind_of(each["urn"]) == "any" for each in found)]
        if vague:
            detail = f"only the dataset is known, not which column of it, behind {_some(vague)}"
            yield Gap("unknown_feature_column", version.urn, detail)

    def _is_found(self, version: Version, origins: Iterable[Mapping[str, Any]]) -> bool:
        return any(self.is_catalogued(dataset_of(each["urn"]) or each["urn"], version) for each in origins)


class _Links:
    """Every link of evidence that was read, by the datasets at its ends."""

    def __init__(self, known: Known) -> None:
        self._between: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for link in known.links():
            ends = (dataset_of(link["from"]) or link["from"], dataset_of(link["to"]) or link["to"])
            self._between.setdefault(ends, []).append(dict(link))
        for links in self._between.values():
            links.sort(key=lambda link: (-float(link.get("confidence", 1.0)), link["by"], link["from"], link["to"]))

    def between(self, source: str, target: str) -> list[dict[str, Any]]:
        return self._between.get((source, target), [])


def _once(links: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each link once: two carriers may say the same."""
    return list({(link["from"], link["to"], link["by"]): link for link in links}.values())


def logged_name(urn: str) -> tuple[str, str | None]:
    """Return name and digest of a set of data as a run logged it."""
    name, _, digest = Urn.parse(urn).name.rpartition(".")
    return (unescape(name), unescape(digest)) if name else (unescape(digest), None)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{len(names)} feature{'s' if len(names) > 1 else ''}: {', '.join(names[:_LISTED])}{more}"
