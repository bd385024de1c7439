"""What questions read: the views in force, asked for at each question, since a rebuild may replace them."""

from __future__ import annotations

from typing import Protocol

from clew.graph import Graph
from clew.search import Search


class Views(Protocol):
    """The graph and the search index that answer now."""

    @property
    def graph(self) -> Graph:
        """The lineage graph."""

    @property
    def search(self) -> Search:
        """The search index."""
