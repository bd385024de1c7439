"""Neo4j keeps the contract of the graph port."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tools.servers import Server

from clew.graph import Graph, neo4j_schema
from clew.graph.neo4j_graph import Neo4jGraph
from clew.graph.neo4j_link import Link
from contracts.graph_contract import GraphContract, OpenGraph

_NAME = uuid4()


@pytest.fixture(scope="module")
def server(neo4j: Server) -> Server:
    return neo4j


class TestNeo4jGraph(GraphContract):
    @pytest.fixture
    def open_graph(self, server: Server) -> OpenGraph:
        url = emptied(server)

        def opened() -> Graph:
            return Neo4jGraph.open(url)

        return opened


def emptied(server: Server) -> str:
    """Return the URL of the one graph with which tests take turns, empty: as it was before it was first opened, or as
    its generation began.

    A generation's number stands in every statement: were it another for each test, the server would plan all of them
    anew, and do little else.
    """
    url = f"{server.url}?graph={_NAME}"
    link = Link(url)
    link.hold()
    number = neo4j_schema.current(link)
    if number is not None:
        for leftover in neo4j_schema.doom_leftovers(link):
            neo4j_schema.drop(link, leftover)
        link.alone(f"MATCH (n:N{number}|K{number}) DETACH DELETE n")
        began = "g.epoch = '', g.seq = 0, g.seen = 0, g.turn = 0, g.unswept = 0"
        link.alone(f"MATCH (g:ClewGeneration {{number: $number}}) SET {began}", number=number)
    link.release()
    return url
