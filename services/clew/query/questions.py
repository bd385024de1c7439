"""All questions in one place, bound to a ledger and its views: what faces ask."""

from __future__ import annotations

from dataclasses import dataclass

from clew.graph import Direction
from clew.ledger import LedgerReader
from clew.query import describe as describing
from clew.query import find as finding
from clew.query import impact as impacts
from clew.query import lineage as lineages
from clew.query import paths as pathways
from clew.query.answer import Viewer
from clew.query.freshness import Freshness
from clew.query.names import entity_named
from clew.query.terms import NAMED, ChangeKind, Grain
from clew.query.views import Views
from clew.search import SearchQuery


@dataclass(frozen=True, slots=True)
class Questions:
    """Answers questions. Names are URNs or short names; each takes a viewer, and may take a token to wait for."""

    ledger: LedgerReader
    views: Views
    freshness: Freshness

    def find(self, query: SearchQuery, viewer: Viewer, at_least: str | None = None) -> finding.Found:
        """Search by words, filters and facets."""
        return finding.find(self.ledger, self.views, self.freshness, query, viewer, at_least)

    def describe(self, name: str, viewer: Viewer, at_least: str | None = None) -> describing.Description:
        """Return all that is known about one thing."""
        if at_least is not None:
            self.freshness.committed(at_least)
        return describing.describe(self.ledger, entity_named(self.ledger, name), viewer)

    def lineage(
        self,
        name: str,
        viewer: Viewer,
        *,
        direction: Direction = Direction.DOWN,
        grain: Grain | None = None,
        indirect: bool = False,
        depth: int | None = None,
        at_least: str | None = None,
    ) -> lineages.LineageGraph:
        """Return everything upstream or downstream of a thing."""
        return lineages.lineage(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, name),
            viewer,
            direction=direction,
            grain=grain,
            indirect=indirect,
            depth=depth,
            at_least=at_least,
        )

    def impact(
        self, name: str, change: ChangeKind, viewer: Viewer, *, at_least: str | None = None, named: int = NAMED
    ) -> impacts.Impact:
        """Return what a change breaks."""
        return impacts.impact(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, name),
            viewer,
            change,
            at_least=at_least,
            named=named,
        )

    def paths(
        self,
        start: str,
        end: str,
        viewer: Viewer,
        *,
        grain: Grain | None = None,
        indirect: bool = False,
        most: int = 10,
        at_least: str | None = None,
    ) -> pathways.Paths:
        """Return how one thing reaches another."""
        return pathways.paths(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, start),
            entity_named(self.ledger, end),
            viewer,
            grain=grain,
            indirect=indirect,
            most=most,
            at_least=at_least,
        )
