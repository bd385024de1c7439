"""From a thing that answers with a model to the model versions behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clew.graph import Direction, Graph
from clew.ledger import Entity, LedgerReader
from clew.query.names import entity_of
from clew_schemas.edges import EdgeType

LEARNED = ("model", "model_version", "deployment", "endpoint", "prediction_set")
"""Kinds behind which model versions stand."""

_TYPES = frozenset({int(EdgeType.FLOW), int(EdgeType.DATASET_FLOW)})
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Behind:
    """One version and the things between it and what was asked for, that thing last."""

    version: Entity
    via: tuple[str, ...]


def learned_named(ledger: LedgerReader, text: str, as_of: int | None = None) -> Entity:
    """Return the model, version, deployment, endpoint or prediction set that `text` names.

    Raises BadInput for the name of something else, NotFound and Ambiguous as `entity_of`.
    """
    return entity_of(ledger, text, LEARNED, "What depends on anything else: clew impact", as_of)


def versions_behind(ledger: LedgerReader, graph: Graph, entity: Entity, seq: int) -> list[Behind]:
    """Return the model versions from which data flows into `entity`, through models, deployments and endpoints only."""
    start = ledger.node_of(entity.id)
    if entity.kind == "model_version":
        return [Behind(entity, (entity.urn,))]
    towards: dict[int, int] = {start: start}
    versions: list[int] = []
    frontier = [start]
    while frontier:
        edges = graph.expand(np.array(frontier, np.int64), Direction.UP, _TYPES, seq)
        kinds = graph.nodes(edges.src).kind
        frontier = []
        for source, target, kind in sorted(zip(edges.src.tolist(), edges.dst.tolist(), kinds.tolist(), strict=True)):
            if source not in towards and kind in LEARNED:
                towards[source] = target
                (versions if kind == "model_version" else frontier).append(source)
    names = {each.id: each for each in ledger.entities(list(towards)) if each is not None}
    return [Behind(names[each], _way(each, towards, names)) for each in versions]


def _way(number: int, towards: Mapping[int, int], names: Mapping[int, Entity]) -> tuple[str, ...]:
    way = [number]
    while towards[way[-1]] != way[-1]:
        way.append(towards[way[-1]])
    return tuple(names[each].urn for each in way)


def in_order(version: str) -> tuple[Any, ...]:
    """Return a key by which `v10` comes after `v9`."""
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in _DIGITS.split(version))
