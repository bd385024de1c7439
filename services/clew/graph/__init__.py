"""What a lineage graph can do: a port, and engines behind it."""

from __future__ import annotations

from pathlib import Path

from clew.graph.port import (
    Direction,
    EdgeItem,
    Edges,
    Graph,
    GraphChange,
    Ids,
    Interval,
    KeyEdges,
    Node,
    Nodes,
    Position,
    among,
    changes,
    distinct,
    edge_item,
    joined,
)
from clew_schemas.errors import BadInput
from clew_schemas.scrub import scrub

__all__ = [
    "Direction",
    "EdgeItem",
    "Edges",
    "Graph",
    "GraphChange",
    "Ids",
    "Interval",
    "KeyEdges",
    "Node",
    "Nodes",
    "Position",
    "among",
    "changes",
    "distinct",
    "edge_item",
    "joined",
    "open_graph",
]


def open_graph(url: str | None, folder: Path) -> Graph:
    """Open the graph that `url` names; None is the embedded lineage index in `folder`."""
    if url is None:
        from clew.graph.lineage_index import LineageIndex

        return LineageIndex.open(folder)
    if url.startswith(("bolt", "neo4j")):
        from clew.graph.neo4j_graph import Neo4jGraph

        return Neo4jGraph.open(url)
    raise BadInput(
        f"no graph engine for {scrub(url)!r}",
        where="CLEW_GRAPH",
        hint="bolt://… or neo4j://…, or unset for the embedded one",
    )
