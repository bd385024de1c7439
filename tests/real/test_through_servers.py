"""The whole way on servers as a stranger sees it: bare records in at Kafka, bare Cypher and bare HTTP out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from neo4j import GraphDatabase
from opensearchpy import OpenSearch
from tools.servers import Server

from clew.house import House
from clew.ledger import Source
from clew.log import LogUrl
from clew.materialise import audit
from clew.settings import Settings
from clew_schemas import Group
from clew_schemas.event import event
from real.bare_producer import GROUP, BareProducer

NS = "postgres://db:5432"
COUNT = 1000


@pytest.fixture(scope="module")
def name() -> str:
    """What topics, tables, generations of this house are told apart by from others on the same servers."""
    return f"through_{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def settings(
    name: str,
    kafka: Server,
    registry: Server,
    postgres: Server,
    neo4j: Server,
    opensearch: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    return Settings(
        home=tmp_path_factory.mktemp("home"),
        log=f"{kafka.url.partition('?')[0]}?registry={registry.url}&prefix={name}.",
        ledger=in_schema(postgres.url, name),
        graph=f"{neo4j.url}?graph={name}",
        search=f"{opensearch.url}?index={name}",
    )


def in_schema(url: str, name: str) -> str:
    """Make a schema; return the URL of what is in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{url}?options=-csearch_path%3D{name}"


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

    def __init__(self, url: str, name: str) -> None:
        parts = urlsplit(url)
        self._driver = GraphDatabase.driver(
            f"bolt://{parts.hostname}:{parts.port}", auth=(parts.username or "neo4j", parts.password or "")
        )
        (found,) = self.ask("MATCH (c:ClewGraph {name: $name}) RETURN c.current AS current", name=name)
        self.generation = found["current"]

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
def graph(house: House, settings: Settings, name: str) -> Iterator[BareNeo4j]:
    assert settings.graph is not None
    bare = BareNeo4j(settings.graph, name)
    yield bare
    bare.close()


@pytest.fixture(scope="module")
def index(house: House, settings: Settings) -> OpenSearch:
    assert settings.search is not None
    parts = urlsplit(settings.search)
    return OpenSearch([{"host": parts.hostname, "port": parts.port}])


def test_views_of_another_ledger_are_drawn_anew_and_answer_from_the_one_at_hand(
    settings: Settings, postgres: Server, name: str, tmp_path: Path
) -> None:
    url = in_schema(postgres.url, f"{name}_elsewhere")
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


def test_a_thousand_bare_groups_are_read_back_from_the_index(house: House, index: OpenSearch, name: str) -> None:
    alias = f"clew-{name}"
    index.indices.refresh(index=alias)
    found = index.search(
        index=alias,
        body={"query": {"term": {"kind": "dataset"}}, "size": 0, "track_total_hits": True},
    )
    assert found["hits"]["total"]["value"] == COUNT
    (hit,) = index.search(index=alias, body={"query": {"term": {"urn": table(42)}}})["hits"]["hits"]
    assert hit["_source"]["document"]["texts"]["prose"] == ["pebble number 42"]


def test_what_was_changed_by_hand_in_the_views_is_named_and_mended(
    house: House, graph: BareNeo4j, index: OpenSearch, name: str
) -> None:
    node = f"N{graph.generation}"
    column = f"urn:clew:column:({NS},shop.public.t7,amount)"
    wanted = {"heads": house.ledger.heads_digest(), **audit.views_digest(house.ledger, house.views)}
    graph.ask(f"MATCH (:{node} {{urn: $urn}})-[r:EDGE {{type: 1, subtype: 1}}]->() DELETE r", urn=column)
    alias = f"clew-{name}"
    (hit,) = index.search(index=alias, body={"query": {"term": {"urn": table(9)}}})["hits"]["hits"]
    source = hit["_source"]
    source["document"]["texts"]["prose"] = ["a boulder"]
    index.index(index=hit["_index"], id=hit["_id"], body=source, refresh=True)
    found = {(each["view"], each["item"]) for each in house.doctor()["findings"]}
    assert found == {("graph", f"lineage of urn:clew:job:({NS},load.t8)"), ("search", table(9))}
    after = house.doctor(mend=False)
    assert after["findings"] == []
    assert after["digests"] == wanted
