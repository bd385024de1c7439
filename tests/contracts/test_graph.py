"""The embedded engine keeps the contract of the graph port."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.graph import Graph, open_graph
from contracts.graph_contract import GraphContract, OpenGraph


class TestLineageIndex(GraphContract):
    @pytest.fixture
    def open_graph(self, tmp_path: Path) -> OpenGraph:
        def opened() -> Graph:
            return open_graph(None, tmp_path / "graph")

        return opened
