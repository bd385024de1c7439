"""Claimed lineage held against data: `demo/perturb.py` disturbs one input column at a time and says which output
columns moved. It reads no SQL; what it confirms and what Clew claims are found independently of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.ledger import LedgerReader
from clew_schemas.edges import INDIRECT, Edge, EdgeType, project
from clew_schemas.urn import Urn, column, dataset_of, kind_of, make

Pair = tuple[str, str, str]
"""(model, input column, output column), the columns as URNs."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Direct claims that the data confirms or not, and pairs that the data confirms and nobody claims."""

    confirmed: Sequence[Pair]
    unconfirmed: Sequence[Pair]
    unclaimed: Sequence[Pair]
    checked: int

    @property
    def share(self) -> float:
        """Share of direct claims that the data confirms."""
        return len(self.confirmed) / (len(self.confirmed) + len(self.unconfirmed))


class Claims:
    """The flow edges of one model, with those of the ephemeral models that it reads."""

    def __init__(self, edges: Iterable[Edge], through: set[str]) -> None:
        self._leaving: dict[str, list[Edge]] = defaultdict(list)
        self._through = through
        for edge in edges:
            self._leaving[edge.src].append(edge)

    def reaches(self, start: str, goal: str, *, direct: bool) -> bool:
        """Say whether a claimed way leads from an input column to an output column of the model itself."""
        waiting, seen = [start], {start}
        while waiting:
            for edge in self._leaving[waiting.pop()]:
                if direct and edge.subtype & INDIRECT:
                    continue
                if edge.dst == goal:
                    return True
                inside = dataset_of(edge.dst) in self._through or edge.dst == goal_rows(goal)
                if inside and edge.dst not in seen:
                    seen.add(edge.dst)
                    waiting.append(edge.dst)
        return False


def goal_rows(goal: str) -> str:
    """Return the `rows` node of the dataset of an output column."""
    return "urn:clew:rows:" + str(dataset_of(goal))[len("urn:clew:dataset:") :]


def compare(ledger: LedgerReader, oracle: Sequence[Mapping[str, Any]], namespace: str, project_name: str) -> Comparison:
    """Hold every (input column, output column) pair of every model of the oracle against what is claimed."""
    edges = claimed_edges(ledger)
    ephemeral = {make("dataset", f"dbt://{project_name}", each["model"]) for each in oracle if each["relation"] is None}
    inner = [edge for each in oracle if each["relation"] is None for edge in edges[each["model"]]]
    inner += [edge for dataset in ephemeral for edge in members(ledger, dataset)]
    confirmed, unconfirmed, unclaimed, checked = [], [], [], 0
    for model in oracle:
        relation = model["relation"]
        output = (
            make("dataset", namespace, relation)
            if relation
            else make("dataset", f"dbt://{project_name}", model["model"])
        )
        own = [*edges[model["model"]], *members(ledger, output)]
        claims = Claims([*own, *(inner if relation else [])], ephemeral if relation else set())
        for pair in model["pairs"]:
            if pair["column"] in model.get("unstable", ()):
                continue
            checked += 1
            source = column(make("dataset", namespace, pair["input"]), pair["inputColumn"])
            goal = column(output, pair["column"])
            named = (model["model"], source, goal)
            if claims.reaches(source, goal, direct=True):
                (confirmed if pair["confirmed"] else unconfirmed).append(named)
            elif pair["confirmed"] and not claims.reaches(source, goal, direct=False):
                unclaimed.append(named)
    return Comparison(confirmed, unconfirmed, unclaimed, checked)


def members(ledger: LedgerReader, dataset: str) -> list[Edge]:
    """Return the edges by which rows decide the columns that a dataset's schema lists."""
    (number,) = ledger.ids([dataset])
    claims = ledger.claims([number])[number].get("schema", ())
    edges = project(ledger.registry.get("schema"), dataset, claims)
    return [edge for edge in edges if edge.type == EdgeType.MEMBER and kind_of(edge.dst) != "any"]


def claimed_edges(ledger: LedgerReader) -> dict[str, list[Edge]]:
    """Return the flow edges at column grain by the unique id of the dbt model that carries them."""
    found: dict[str, list[Edge]] = defaultdict(list)
    for number, aspect in ledger.live_keys():
        (entity,) = ledger.entities([number])
        if aspect != "lineage" or entity is None or entity.kind != "job":
            continue
        claims = ledger.claims([number])[number][aspect]
        edges = project(ledger.registry.get("lineage"), entity.urn, claims)
        kept = [edge for edge in edges if edge.type in (EdgeType.FLOW, EdgeType.NAMED) and kind_of(edge.dst) != "any"]
        found[Urn.parse(entity.urn).name] += kept
    return found
