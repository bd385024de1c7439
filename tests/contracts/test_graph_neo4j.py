"""Neo4j keeps the contract of the graph port; each test has a graph of its own name on one server."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tools.servers import Server

from clew.graph import Graph
from clew.graph.neo4j_graph import Neo4jGraph
from contracts.graph_contract import GraphContract, OpenGraph


@pytest.fixture(scope="module")
def server(neo4j: Server) -> Server:
    return neo4j


class TestNeo4jGraph(GraphContract):
    @pytest.fixture
    def open_graph(self, server: Server) -> OpenGraph:
        url = f"{server.url}?graph={uuid4()}"

        def opened() -> Graph:
            return Neo4jGraph.open(url)

        return opened
