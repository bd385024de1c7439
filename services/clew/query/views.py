"""What questions read: the views in force, asked for at each question, since a rebuild may replace them."""

from __future__ import annotations

from typing import Protocol

from clew.graph import Graph
from clew.relations import Relations
from clew.search import Search


class Views(Protocol):
    """The graph, the search index and the relations that answer now."""

    @property
    def graph(self) -> Graph:
        """The lineage graph."""

    @property
    def search(self) -> Search:
        """The search index."""

    @property
    def relations(self) -> Relations:
        """The relations."""
