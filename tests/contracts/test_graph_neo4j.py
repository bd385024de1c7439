"""Neo4j keeps the contract of the graph port, on one server that others use too.

Tests take turns with one graph, emptied before each: its name stands in the text of every statement, and a server that
plans each anew for every test does little else.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from tools.servers import Server

from clew.graph import Graph, neo4j_schema
from clew.graph.neo4j_graph import Neo4jGraph
from clew.graph.neo4j_link import Link
from contracts.graph_contract import GraphContract, OpenGraph


@pytest.fixture(scope="module")
def server(neo4j: Server) -> Server:
    return neo4j


@pytest.fixture(scope="module")
def link(server: Server) -> Iterator[Link]:
    """The way to the one graph."""
    link = Link(f"{server.url}?graph={uuid4()}")
    link.hold()
    Neo4jGraph.open(_url(server, link)).close()
    yield link
    link.release()


class TestNeo4jGraph(GraphContract):
    @pytest.fixture
    def open_graph(self, server: Server, link: Link) -> OpenGraph:
        empty(link)
        url = _url(server, link)

        def opened() -> Graph:
            return Neo4jGraph.open(url)

        return opened


def _url(server: Server, link: Link) -> str:
    return f"{server.url}?graph={link.graph}"


def empty(link: Link) -> None:
    """Make the graph's generation in force as it was when it began."""
    for leftover in neo4j_schema.doom_leftovers(link):
        neo4j_schema.drop(link, leftover)
    number = neo4j_schema.current(link)
    link.alone(f"MATCH (n:N{number}|K{number}) DETACH DELETE n")
    link.alone(
        "MATCH (g:ClewGeneration {number: $number}) SET g.epoch = '', g.seq = 0, g.seen = 0, g.turn = 0, g.unswept = 0",
        number=number,
    )
