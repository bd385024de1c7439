"""A house as the catalog of a check: what its lineage and impact answers say, running or opened for the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clew.check.catalog import Around, CatalogEdge
from clew.check.changes import Gap
from clew.check.project import About
from clew.check.reports.words import name_of as short_name
from clew.cli.reach import Reach
from clew.cli.render import name_of
from clew.errors import NotFound
from clew.query.names import said
from clew_schemas.edges import EdgeType, subtype_code
from clew_schemas.urn import rows_of, unescape

MOST = 10_000
"""Assets that an impact names at most, with owners; lineage is cut at as many nodes, and says so."""


class HouseCatalog:
    """Answers a check's questions by those of a house."""

    def __init__(self, house: Reach, where: str) -> None:
        self._house = house
        self._where = where
        self._token = ""
        self._described: dict[str, dict[str, Any] | None] = {}

    @property
    def name(self) -> str:
        return f"{self._where} as of {self._token}" if self._token else self._where

    def dataset(self, name: str) -> str | None:
        found = self._describe(name)
        return str(found["urn"]) if found is not None and found["kind"] == "dataset" else None

    def columns(self, dataset: str) -> Mapping[str, str] | None:
        found = self._describe(dataset)
        columns = {unescape(each["name"]): each.get("type") or "" for each in (found or {}).get("columns") or ()}
        return columns or None

    def around(self, datasets: Sequence[str]) -> Around:
        edges: dict[CatalogEdge, None] = {}
        about: dict[str, About] = {}
        gaps: dict[Gap, None] = {}
        seen: set[str] = set()
        for dataset in datasets:
            if rows_of(dataset) in seen:
                continue  # its rows decide all its columns, so that everything behind it was walked to
            try:
                lineage = self._house.lineage(dataset, "down", "column", True, None)
                impact = self._house.impact(dataset, "drop", MOST)
            except NotFound:
                continue
            self._token = lineage["asOf"]["token"]
            seen.update(lineage["nodes"]["urn"] if not lineage["frontier"] else ())
            edges.update(dict.fromkeys(_edges(lineage)))
            edges.update(dict.fromkeys(_gap_edges(impact["assets"])))
            about.update((asset["urn"], _about(asset)) for asset in impact["assets"])
            gaps.update(dict.fromkeys(_gaps(lineage)))
        return Around(tuple(edges), about, tuple(gaps))

    def _describe(self, name: str) -> dict[str, Any] | None:
        if name not in self._described:
            try:
                self._described[name] = self._house.describe(name)
            except NotFound:
                self._described[name] = None
        return self._described[name]


def _edges(lineage: Mapping[str, Any]) -> list[CatalogEdge]:
    urns, edges = lineage["nodes"]["urn"], lineage["edges"]
    return [
        CatalogEdge(
            urns[edges["src"][at]],
            urns[edges["dst"][at]],
            int(EdgeType[edges["type"][at]]),
            subtype_code(edges["subtype"][at]),
            round(edges["confidence"][at] * 100),
            edges["carrier"][at],
        )
        for at in range(len(edges["src"]))
        if edges["carrier"][at] is not None
    ]


def _gap_edges(assets: Sequence[Mapping[str, Any]]) -> list[CatalogEdge]:
    """Uses that are not understood: lineage passes over them, an impact names them."""
    return [
        CatalogEdge(step["from"], step["to"], int(EdgeType.GAP), subtype_code(step["subtype"]), 100, step["carrier"])
        for asset in assets
        for step in asset["path"]
        if step["type"] == EdgeType.GAP.name
    ]


def _about(asset: Mapping[str, Any]) -> About:
    owners = tuple(name_of(each["owner"]) for each in asset["owners"])
    title = asset["name"] if asset["name"] != said(asset["urn"]) else short_name(asset["urn"])
    return About(title, owners, asset["tier"])


def _gaps(answer: Mapping[str, Any]) -> list[Gap]:
    found = [Gap(gap["code"], gap["detail"], None, gap["urn"]) for gap in answer["gaps"]]
    found += [Gap("cut", f"{cut['reason']}, {cut['count']} more") for cut in answer["frontier"]]
    if answer["behind"]:
        found.append(Gap("behind", f"its views are {answer['behind']} commits behind"))
    return found
