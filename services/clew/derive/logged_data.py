"""Where the data that runs logged come from, by their columns or name alone, derived under `derived.evidence`.

A set of data that a run logged is a dataset of its own. Where nobody says what it was made from, neither SQL nor a
table, it is held against the catalog: the one dataset that has all its columns, else the one that bears its name, may
be its origin. Such a link says by what it was found, and its confidence is below 1. Where several fit, none is chosen,
and the answer says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clew.derive.reactor import Reactor, claims_of, resolved
from clew.ledger import Commit, Entity, Ledger
from clew.ledger.port import DERIVED_EVIDENCE, Change
from clew_schemas import Event, event
from clew_schemas.aspects import Evidence, Lineage
from clew_schemas.aspects.flow import Unresolved
from clew_schemas.aspects.learning import Link
from clew_schemas.urn import Urn, unescape

MIN_COLUMNS = 3
"""Fewer columns fit too much to prove anything."""
BY_COLUMNS, BY_BOTH, BY_NAME = 0.6, 0.7, 0.3
"""Confidence of a link when all columns fit, when the name agrees too, and when only the name does."""
_COMMON = 200
"""A column of so many datasets tells nothing about any of them."""
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Match:
    """What fits a logged set: the origin with its evidence, or why there is none."""

    origin: str | None
    by: str = ""
    confidence: float = 0.0
    detail: str = ""


class LoggedData(Reactor):
    """The reactor; its subjects are the datasets that runs logged as their inputs."""

    name = DERIVED_EVIDENCE

    def __init__(self, ledger: Ledger) -> None:
        self._logged: set[str] = set()
        self._by_column: dict[str, set[str]] = defaultdict(set)
        """Logged sets by the path of each of their columns."""
        self._by_name: dict[str, set[str]] = defaultdict(set)
        super().__init__(ledger)

    def _learn(self) -> None:
        for entity, aspect in self._ledger.live_keys():
            if aspect == "data_inputs":
                (known,) = self._ledger.entities([entity])
                if known is not None:
                    for each in self._inputs(known.urn):
                        self._remember(each)

    def _remember(self, logged: str) -> None:
        self._logged.add(logged)
        self._by_name[_logged_name(logged)].add(logged)
        for path in self._columns(logged):
            self._by_column[path].add(logged)

    def _touched(self, commit: Commit) -> Iterable[str]:
        for change in commit.changes:
            if change.aspect == "data_inputs":
                yield from self._inputs(change.urn)
            elif change.aspect in ("query", "lineage", "schema") and change.urn in self._logged:
                if change.sources != (self.name,):
                    yield change.urn
            elif change.aspect == "schema":
                yield from self._may_come_from(change)

    def _may_come_from(self, schema: Change) -> Iterable[str]:
        """Yield the logged sets that a dataset, whose schema changed, may be or may have been the origin of."""
        if not self._logged:
            return
        yield from self._by_name.get(_table_name(schema.urn), ())
        for name in self._columns(schema.urn):
            yield from self._by_column.get(name, ())

    def _inputs(self, run: str) -> list[str]:
        """Return the sets that a run logged: datasets in its own namespace. Any other is catalogued by its platform."""
        said = resolved(self._ledger, run, "data_inputs") or {}
        home = Urn.parse(run).namespace
        return [each["dataset"] for each in said.get("datasets", ()) if Urn.parse(each["dataset"]).namespace == home]

    def _columns(self, dataset: str) -> list[str]:
        schema = resolved(self._ledger, dataset, "schema") or {}
        return [each["name"] for each in schema.get("columns", ())]

    def _derived(self, logged: str) -> Sequence[Event]:
        self._remember(logged)
        if self._is_explained(logged):
            return self._withdrawn(logged)
        paths = self._columns(logged)
        match = self._match(logged, paths)
        if match.origin is None:
            gap = Unresolved(code="no_origin", detail=match.detail)
            lineage = Lineage(inputs=[], outputs=[logged], unresolved=[gap])
            return [event(logged, "lineage", lineage), *self._withdrawn(logged, "evidence")]
        rows: list[Any] = [(0, path, 0, path, "IDENTITY", match.confidence) for path in paths]
        link = {
            "from": match.origin,
            "to": logged,
            "by": match.by,
            "detail": match.detail,
            "confidence": match.confidence,
        }
        return [
            event(logged, "lineage", Lineage(inputs=[match.origin], outputs=[logged], columns=rows or None)),
            event(logged, "evidence", Evidence(links=[Link.model_validate(link)])),
        ]

    def _is_explained(self, logged: str) -> bool:
        """Say whether somebody else says what a logged set was made from."""
        if resolved(self._ledger, logged, "query") is not None:
            return True
        return any(
            claim.source != self.name and claim.says is not None and claim.says["inputs"]
            for claim in claims_of(self._ledger, logged, "lineage")
        )

    def _withdrawn(self, logged: str, *aspects: str) -> list[Event]:
        return [
            Event(logged, aspect, op="retract")
            for aspect in aspects or ("lineage", "evidence")
            if any(claim.source == self.name for claim in claims_of(self._ledger, logged, aspect))
        ]

    def _match(self, logged: str, paths: Sequence[str]) -> Match:
        name = _logged_name(logged)
        if len(paths) >= MIN_COLUMNS:
            fitting = self._with_columns(logged, paths)
            named = [each for each in fitting if _table_name(each) == name]
            if len(fitting) > 1 and len(named) == 1:
                fitting = named
            if len(fitting) == 1:
                confidence = BY_BOTH if named else BY_COLUMNS
                also = ", which bears its name" if named else ""
                return Match(fitting[0], "columns", confidence, f"all {len(paths)} columns lie in this dataset{also}")
            if fitting:
                return Match(None, detail=f"its columns lie in {len(fitting)} datasets: {_listed(fitting)}")
        called = [each for each in self._called(name) if each != logged]
        if not paths and len(called) == 1:
            return Match(called[0], "name", BY_NAME, "only the names agree; its columns were not logged")
        if called:
            return Match(None, detail=f"its columns lie in no dataset; {_listed(called)} only bears its name")
        return Match(None, detail="the log names no source, and no dataset has its columns")

    def _with_columns(self, logged: str, paths: Sequence[str]) -> list[str]:
        """Return the catalogued datasets that have all these columns, by URN."""
        found: set[str] | None = None
        for path in paths:
            holders = self._ledger.find(path, _COMMON)
            if len(holders) >= _COMMON:
                continue
            datasets = {each.parent for each in holders if each.kind == "column"}
            urns = {each.urn for each in self._ledger.entities(sorted(datasets)) if each is not None}
            found = urns if found is None else found & urns
        candidates = sorted((found or set()) - self._logged)
        return [each for each in candidates if set(paths) <= set(self._columns(each))]

    def _called(self, name: str) -> list[str]:
        found: list[Entity] = self._ledger.find(name)
        return sorted(each.urn for each in found if each.kind == "dataset" and each.urn not in self._logged)


def _table_name(dataset: str) -> str:
    """Return the last segment of a dataset's name, folded."""
    return unescape(Urn.parse(dataset).name.split(".")[-1]).casefold()


def _logged_name(logged: str) -> str:
    """Return what a logged set, `<name>.<digest>`, was called, without what may stand before a table's name; folded."""
    return unescape(Urn.parse(logged).name.split(".")[0]).split(".")[-1].casefold()


def _listed(urns: Sequence[str]) -> str:
    names = ", ".join(Urn.parse(each).dotted_name for each in urns[:_LISTED])
    return names + (f" and {len(urns) - _LISTED} more" if len(urns) > _LISTED else "")
