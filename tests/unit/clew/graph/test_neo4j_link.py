"""URLs of a Neo4j are understood, or refused without being cited."""

from __future__ import annotations

import pytest
from neo4j.exceptions import ServiceUnavailable

from clew.errors import BadInput, Unreachable
from clew.graph.neo4j_link import Link, address_of


def test_a_url_names_server_user_database_and_graph() -> None:
    address = address_of("bolt+s://cl%40ra:p%2Fq%3A@db.example:7688/lineage?graph=blue")
    assert address[:5] == ("bolt+s://db.example:7688", "cl@ra", "p/q:", "lineage", "blue")


def test_port_database_and_graph_may_be_left_out() -> None:
    address = address_of("bolt://neo4j:secret@127.0.0.1")
    assert address[:5] == ("bolt://127.0.0.1:7687", "neo4j", "secret", None, "clew")
    assert address_of("neo4j://[::1]:7000").server == "neo4j://[::1]:7000"


def test_where_says_all_but_the_password() -> None:
    assert address_of("bolt://neo4j:secret@there:1/db?graph=x").where == "bolt://neo4j@there:1/db"
    assert address_of("bolt://there").where == "bolt://there:7687"


@pytest.mark.parametrize(
    "url",
    [
        "http://neo4j:secret@there:7687",
        "neo4j:secret@there",
        "bolt://neo4j:sec@ret@there:7687",
        "bolt://neo4j:secret@there:port",
        "bolt://neo4j:secret@:7687",
        "bolt://neo4j:sec#ret@there",
        "bolt://neo4j:secret@there/db/more",
        "bolt://neo4j:secret@there?graph=a%60b",
        "bolt://neo4j:secret@there?graph=",
        "bolt://neo4j:secret@there?colour=secret",
        "bolt://neo4j:secret@[there:7687",
    ],
)
def test_what_is_no_url_is_refused_without_being_cited(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        address_of(url)
    assert "sec" not in str(refused.value)
    assert "CLEW_GRAPH" in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_password_that_the_driver_cites_is_blanked() -> None:
    link = Link("bolt://neo4j:pass%2Fword@127.0.0.1:1")
    link.hold()
    with pytest.raises(Unreachable) as away, link.translating():
        raise ServiceUnavailable("no way to neo4j with pass/word\nand more")
    link.release()
    assert "no way to neo4j with ***" in str(away.value)
    assert "pass" not in str(away.value).replace("password", "")
    assert away.value.__suppress_context__
