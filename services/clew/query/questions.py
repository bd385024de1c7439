"""All questions in one place, bound to a ledger and its views: what faces ask."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clew.graph import Direction
from clew.ledger import Entity, LedgerReader
from clew.query import bottlenecks as slowness
from clew.query import compare as comparing
from clew.query import describe as describing
from clew.query import diff as differing
from clew.query import find as finding
from clew.query import impact as impacts
from clew.query import lineage as lineages
from clew.query import neighbourhood as surrounding
from clew.query import neighbours as neighbouring
from clew.query import paths as pathways
from clew.query import reproduce as reproducing
from clew.query import sql as relational
from clew.query import unused as idleness
from clew.query import what_trained as training
from clew.query.answer import Viewer
from clew.query.freshness import Freshness
from clew.query.moments import seq_of
from clew.query.names import entity_named
from clew.query.terms import (
    DEPTH,
    EVERYWHERE,
    MOST_DIFFERENCES,
    MOST_UNUSED,
    MOST_VERSIONS,
    NAMED,
    NEARBY,
    RUNS,
    UNREAD_DAYS,
    ChangeKind,
    Grain,
    Surroundings,
    Within,
)
from clew.query.versions import learned_named
from clew.query.views import Views
from clew.relations import Stop, Value
from clew.search import SearchQuery


@dataclass(frozen=True, slots=True)
class Questions:
    """Answers questions. Names are URNs or short names; each takes a viewer, and may take a token to wait for."""

    ledger: LedgerReader
    views: Views
    freshness: Freshness

    def find(
        self,
        query: SearchQuery,
        viewer: Viewer,
        at_least: str | None = None,
        within: Within = EVERYWHERE,
    ) -> finding.Found:
        """Search by words, filters, conditions and facets, among everything or within a lineage."""
        return finding.find(self.ledger, self.views, self.freshness, query, viewer, at_least, within)

    def seq(self, moment: str | None, where: str = "asOf") -> int | None:
        """Return the seq of a moment, None for none; `where` is what errors name. See `clew.query.moments`."""
        return seq_of(self.ledger, moment, time.time_ns() // 1000, where)

    def describe(
        self, name: str, viewer: Viewer, at_least: str | None = None, as_of: str | None = None
    ) -> describing.Description:
        """Return all that is known about one thing, now or as of a moment."""
        if at_least is not None:
            self.freshness.committed(at_least)
        seq = self.seq(as_of)
        return describing.describe(self.ledger, entity_named(self.ledger, name, as_of=seq), viewer, seq)

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
        as_of: str | None = None,
    ) -> lineages.LineageGraph:
        """Return everything upstream or downstream of a thing, now or as of a moment."""
        seq = self.seq(as_of)
        return lineages.lineage(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, name, as_of=seq),
            viewer,
            direction=direction,
            grain=grain,
            indirect=indirect,
            depth=depth,
            at_least=at_least,
            as_of=seq,
        )

    def neighbourhood(
        self,
        name: str,
        viewer: Viewer,
        asked: Surroundings = NEARBY,
        *,
        trace: str | None = None,
        show: Sequence[str] = (),
        expand: Sequence[tuple[str, Direction]] = (),
        since: str | None = None,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> surrounding.Neighbourhood:
        """Return what lies around a thing, as cards that a screen can hold; with `since`, also the edges of then.

        `show` are cards to take besides; `expand` brings further neighbours of a card, again each time it is named.
        """
        seq, earlier = self.seq(as_of), self.seq(since, "since")

        def meant(text: str) -> Entity:
            return entity_named(self.ledger, text, as_of=seq)

        return surrounding.neighbourhood(
            self.ledger,
            self.views,
            self.freshness,
            surrounding.Named(
                meant(name),
                None if trace is None else meant(trace),
                [meant(each) for each in show],
                [(meant(each), direction) for each, direction in expand],
            ),
            viewer,
            asked,
            since=earlier,
            at_least=at_least,
            as_of=seq,
        )

    def neighbours(
        self,
        name: str,
        viewer: Viewer,
        *,
        direction: Direction = Direction.DOWN,
        words: str = "",
        indirect: bool = False,
        tests: bool = False,
        limit: int = 100,
        offset: int = 0,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> neighbouring.Neighbours:
        """Return a page of all that a thing touches on one side, whose names hold every word."""
        seq = self.seq(as_of)
        return neighbouring.neighbours(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, name, as_of=seq),
            viewer,
            direction=direction,
            words=words,
            indirect=indirect,
            tests=tests,
            limit=limit,
            offset=offset,
            at_least=at_least,
            as_of=seq,
        )

    def impact(
        self,
        name: str,
        change: ChangeKind,
        viewer: Viewer,
        *,
        at_least: str | None = None,
        as_of: str | None = None,
        named: int = NAMED,
    ) -> impacts.Impact:
        """Return what a change breaks, or would have broken as of a moment."""
        seq = self.seq(as_of)
        return impacts.impact(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, name, as_of=seq),
            viewer,
            change,
            at_least=at_least,
            as_of=seq,
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
        as_of: str | None = None,
    ) -> pathways.Paths:
        """Return how one thing reaches another, now or as of a moment."""
        seq = self.seq(as_of)
        return pathways.paths(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, start, as_of=seq),
            entity_named(self.ledger, end, as_of=seq),
            viewer,
            grain=grain,
            indirect=indirect,
            most=most,
            at_least=at_least,
            as_of=seq,
        )

    def sql(
        self,
        query: str,
        viewer: Viewer,
        *,
        parameters: Mapping[str, Value] | None = None,
        limit: int = relational.ROWS,
        seconds: float = relational.SECONDS,
        at_least: str | None = None,
        stop: Stop | None = None,
    ) -> relational.SqlAnswer:
        """Answer one SELECT over the relations; `stop` ends it from another thread."""
        return relational.sql(
            self.ledger,
            self.views,
            self.freshness,
            query,
            viewer,
            parameters=parameters,
            limit=limit,
            seconds=seconds,
            at_least=at_least,
            stop=stop,
        )

    def what_trained(
        self,
        name: str,
        viewer: Viewer,
        *,
        most: int = MOST_VERSIONS,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> training.WhatTrained:
        """Return how the model versions behind a thing came about, back to raw columns, now or as of a moment."""
        seq = self.seq(as_of)
        entity = learned_named(self.ledger, name, seq)
        return training.what_trained(
            self.ledger, self.views, self.freshness, entity, viewer, at_least=at_least, as_of=seq, most=most
        )

    def reproduce(
        self,
        name: str,
        viewer: Viewer,
        *,
        most: int = MOST_VERSIONS,
        at_least: str | None = None,
        as_of: str | None = None,
    ) -> reproducing.Reproduction:
        """Return what is known (or was, as of a moment) to rebuild the model versions behind a thing, and what is
        missing."""
        seq = self.seq(as_of)
        entity = learned_named(self.ledger, name, seq)
        return reproducing.reproduce(
            self.ledger, self.views, self.freshness, entity, viewer, at_least=at_least, as_of=seq, most=most
        )

    def compare(
        self,
        a: str,
        b: str | None,
        viewer: Viewer,
        *,
        a_at: str | None = None,
        b_at: str | None = None,
        most: int = MOST_DIFFERENCES,
        at_least: str | None = None,
    ) -> comparing.Comparison:
        """Return what differs between two things, or (without `b`) between two moments of one."""
        left, right = self.seq(a_at, "aAt"), self.seq(b_at, "bAt")
        return comparing.compare(
            self.ledger,
            self.freshness,
            entity_named(self.ledger, a, as_of=left),
            entity_named(self.ledger, a if b is None else b, as_of=left if b is None else right),
            viewer,
            a_at=left,
            b_at=right,
            at_least=at_least,
            most=most,
        )

    def diff(
        self,
        name: str,
        viewer: Viewer,
        *,
        start: str,
        end: str | None = None,
        grain: Grain = Grain.COLUMN,
        indirect: bool = False,
        depth: int = DEPTH,
        most: int = MOST_DIFFERENCES,
        at_least: str | None = None,
    ) -> differing.Diff:
        """Return what changed about a thing, and in the lineage around it, between two moments."""
        since, until = self.seq(start, "from"), self.seq(end, "to")
        return differing.diff(
            self.ledger,
            self.views,
            self.freshness,
            entity_named(self.ledger, name, as_of=until),
            viewer,
            start=since or 0,
            end=until,
            grain=grain,
            indirect=indirect,
            depth=depth,
            most=most,
            at_least=at_least,
        )

    def bottlenecks(
        self, name: str, viewer: Viewer, *, runs: int = RUNS, at_least: str | None = None
    ) -> slowness.Bottlenecks:
        """Return the steps of a pipeline, the slowest first, and its critical path."""
        entity = slowness.pipeline_named(self.ledger, name)
        return slowness.bottlenecks(
            self.ledger, self.views, self.freshness, entity, viewer, at_least=at_least, runs=runs
        )

    def unused(
        self,
        viewer: Viewer,
        *,
        days: int = UNREAD_DAYS,
        kinds: Sequence[str] = (),
        namespaces: Sequence[str] = (),
        most: int = MOST_UNUSED,
        at_least: str | None = None,
    ) -> idleness.Unused:
        """Return what nobody read in the last `days`, and of what that can't be told."""
        return idleness.unused(
            self.ledger,
            self.views,
            self.freshness,
            viewer,
            now=time.time_ns() // 1000,
            days=days,
            kinds=kinds or ("dataset",),
            namespaces=namespaces,
            most=most,
            at_least=at_least,
        )
