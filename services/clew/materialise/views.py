"""The views in force. A rebuild draws beside them and then takes their place; readers ask here each time."""

from __future__ import annotations

from dataclasses import dataclass

from clew.graph import Graph
from clew.relations import Relations
from clew.search import Search


@dataclass(slots=True)
class Views:
    """The graph, the search index and the relations that answer now."""

    graph: Graph
    search: Search
    relations: Relations
