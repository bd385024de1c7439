"""The whole way on servers as a stranger sees it: bare records in at Kafka, bare Cypher and bare HTTP out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import neo4j
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from opensearchpy import OpenSearch
from tools.servers import NAMES, Server, start

from clew.house import House
from clew.ledger import Source
from clew.log import LogUrl
from clew.settings import Settings
from clew_schemas import Group
from clew_schemas.event import event
from real.bare_producer import GROUP, BareProducer

NS = "postgres://db:5432"
COUNT = 1000


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Servers of their own: the house keeps to the default names of topics, tables, generations."""
    found = start(NAMES, tmp_path_factory.mktemp("through"), own=True, brief=True)
    yield found
    for server in found.values():
        server.discard()


@pytest.fixture(scope="module")
def settings(servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    given = {name: url for server in servers.values() for name, url in server.env.items() if "TEST" not in name}
    return Settings.from_environment({**given, "CLEW_HOME": str(tmp_path_factory.mktemp("home"))})


def table(number: int) -> str:
    return f"urn:clew:dataset:({NS},shop.public.t{number})"


def said(number: int) -> dict[str, Any]:
    """Return a group about a table with two columns, one of which comes from the table before."""
    events: list[dict[str, Any]] = [
        {"urn": table(number), "aspect": "schema", "payload": b'{"columns":[{"name":"id"},{"name":"amount"}]}'},
        {"urn": table(number), "aspect": "documentation", "payload": b'{"text":"pebble number %d"}' % number},
    ]
    if number:
        flow = b'{"inputs":["%b"],"outputs":["%b"],"columns":[[0,"amount",0,"amount","IDENTITY",1.0]]}'
        job = f"urn:clew:job:({NS},load.t{number})"
        ends = (table(number - 1).encode(), table(number).encode())
        events.append({"urn": job, "aspect": "lineage", "payload": flow % ends})
    return {"source": "stranger", "id": f"g{number}", "events": events}


def until(done: Any, patience: float = 240.0) -> None:
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def caught_up(house: House, head: int) -> bool:
    return house.ledger.head_seq() >= head and all(at >= head for at in house.freshness.positions().values())


class BareNeo4j:
    """The graph by Cypher alone, as docs/deploy.md describes it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._driver = neo4j.GraphDatabase.driver(
            f"bolt://{parts.hostname}:{parts.port}", auth=(parts.username or "neo4j", parts.password or "")
        )
        self.generation = self.ask("MATCH (c:ClewGraph) RETURN c.current AS current")[0]["current"]

    def ask(self, cypher: str, **parameters: Any) -> list[dict[str, Any]]:
        records, _, _ = self._driver.execute_query(cypher, **parameters)
        return [dict(each) for each in records]

    def close(self) -> None:
        self._driver.close()


@pytest.fixture(scope="module")
def house(settings: Settings) -> Iterator[House]:
    """A house of all roles, with everything that the stranger sent in its views."""
    private = Ed25519PrivateKey.generate()
    assert settings.log is not None
    with House(settings) as opened:
        opened.ledger.register(Source("stranger", "time"))
        opened.ledger.set_public_key("stranger", private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        url = LogUrl.parse(settings.log)
        stranger = BareProducer(url.brokers, url.registry, url.proposals, "stranger", private)
        opened.start()
        for number in range(COUNT):
            stranger.send(GROUP, said(number))
        stranger.flush()
        until(lambda: caught_up(opened, COUNT))
        yield opened


@pytest.fixture(scope="module")
def graph(house: House, settings: Settings) -> Iterator[BareNeo4j]:
    assert settings.graph is not None
    bare = BareNeo4j(settings.graph)
    yield bare
    bare.close()


@pytest.fixture(scope="module")
def index(house: House, settings: Settings) -> OpenSearch:
    assert settings.search is not None
    parts = urlsplit(settings.search)
    return OpenSearch([{"host": parts.hostname, "port": parts.port}])


def test_views_of_another_ledger_are_drawn_anew_and_answer_from_the_one_at_hand(
    settings: Settings, tmp_path: Path
) -> None:
    with psycopg.connect(str(settings.ledger), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA elsewhere")
    url = f"{settings.ledger}?options=-csearch_path%3Delsewhere"
    with House(Settings(home=tmp_path, ledger=url, graph=settings.graph, search=settings.search)) as other:
        other.ledger.propose([Group("steward", "one", (event(table(1), "documentation", {"text": "another"}),))])
        other.catch_up()
        before = other.ledger.epoch
        assert {each.urn for each in other.views.search.dump()} == {table(1)}
    with House(settings) as own:
        assert own.ledger.epoch != before
        assert own.views.search.position().epoch in ("", own.ledger.epoch)
        assert list(own.views.search.dump()) == []
        # Views that have seen more than an empty ledger holds are worth a word, and nothing else is found.
        assert {each["view"] for each in own.doctor(mend=False)["findings"]} <= {"ledger"}


def test_a_thousand_bare_groups_are_read_back_by_cypher(house: House, graph: BareNeo4j) -> None:
    node = f"N{graph.generation}"
    (chain,) = graph.ask(
        f"MATCH (:{node})-[r:EDGE {{type: 1, subtype: 1}}]->(b:{node}) "
        "RETURN count(r) AS edges, count(DISTINCT b) AS ends"
    )
    assert chain == {"edges": COUNT - 1, "ends": COUNT - 1}
    (found,) = graph.ask(
        f"MATCH (a:{node} {{urn: $urn}})-[:EDGE {{type: 1, subtype: 1}}]->(b:{node}) RETURN b.urn AS urn",
        urn=f"urn:clew:column:({NS},shop.public.t41,amount)",
    )
    assert found["urn"] == f"urn:clew:column:({NS},shop.public.t42,amount)"


def test_a_thousand_bare_groups_are_read_back_from_the_index(house: House, index: OpenSearch) -> None:
    alias = "clew-main"
    index.indices.refresh(index=alias)
    found = index.search(
        index=alias,
        body={"query": {"term": {"kind": "dataset"}}, "size": 0, "track_total_hits": True},
    )
    assert found["hits"]["total"]["value"] == COUNT
    (hit,) = index.search(index=alias, body={"query": {"term": {"urn": table(42)}}})["hits"]["hits"]
    assert hit["_source"]["document"]["texts"]["prose"] == ["pebble number 42"]


def test_what_was_changed_by_hand_in_the_views_is_named_and_mended(
    house: House, graph: BareNeo4j, index: OpenSearch
) -> None:
    node = f"N{graph.generation}"
    column = f"urn:clew:column:({NS},shop.public.t7,amount)"
    wanted = house.doctor(mend=False)
    assert wanted["findings"] == []
    graph.ask(f"MATCH (:{node} {{urn: $urn}})-[r:EDGE {{type: 1, subtype: 1}}]->() DELETE r", urn=column)
    alias = "clew-main"
    (hit,) = index.search(index=alias, body={"query": {"term": {"urn": table(9)}}})["hits"]["hits"]
    source = hit["_source"]
    source["document"]["texts"]["prose"] = ["a boulder"]
    index.index(index=hit["_index"], id=hit["_id"], body=source, refresh=True)
    found = {(each["view"], each["item"]) for each in house.doctor()["findings"]}
    assert found == {("graph", f"lineage of urn:clew:job:({NS},load.t8)"), ("search", table(9))}
    after = house.doctor(mend=False)
    assert after["findings"] == []
    assert after["digests"] == wanted["digests"]
