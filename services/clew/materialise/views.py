"""The views in force. A rebuild draws beside them and then takes their place; readers ask here each time."""

from __future__ import annotations

from dataclasses import dataclass

from clew.graph import Graph
from clew.search import Search


@dataclass(slots=True)
class Views:
    """The graph and the search index that answer now."""

    graph: Graph
    search: Search
