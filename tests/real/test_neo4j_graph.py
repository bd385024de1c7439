"""The graph in a real Neo4j: its server away or of a newer format, a killed writer, other writers, tampering, sweeping,
and a rebuild while questions are asked. What every graph must do is in its contract."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import re
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from neo4j import Driver, GraphDatabase, ManagedTransaction, Record
from tools.servers import Server

from clew.errors import BadInput, Conflict, Forbidden, NotFound, Stale, Unreachable
from clew.graph import neo4j_graph, neo4j_link, neo4j_reading, neo4j_schema, neo4j_writing
from clew.graph.lineage_index_state import IndexState
from clew.graph.neo4j_graph import Neo4jGraph
from clew.graph.neo4j_link import Link, run
from clew.graph.port import FOREVER, Graph, GraphChange, Ids, Interval, Node, Position
from contracts.graph_contract import ALL, DOWN, FLOW, KEY, MEMBER, OTHER_KEY, UP, commit, edge, ids, pairs, rows, says
from contracts.test_graph_neo4j import emptied


@pytest.fixture
def url(neo4j: Server) -> str:
    """An empty graph on the server that all tests share."""
    return emptied(neo4j)


@pytest.fixture
def new_url(neo4j: Server) -> str:
    """A graph that was never opened."""
    return f"{neo4j.url}?graph={uuid.uuid4()}"


@pytest.fixture
def graph(url: str) -> Iterator[Neo4jGraph]:
    graph = Neo4jGraph.open(url)
    yield graph
    graph.close()


@pytest.fixture
def bare(neo4j: Server) -> Iterator[Callable[..., list[Record]]]:
    """Cypher without any Clew."""
    with driver_of(neo4j.url) as driver:

        def ask(text: str, **parameters: Any) -> list[Record]:
            return driver.execute_query(text, parameters).records

        yield ask


# Getting there


def test_a_wrong_password_is_told_at_once_and_no_password_shows(
    neo4j: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "neo4j")
    with pytest.raises(Forbidden, match="password") as refused:
        Neo4jGraph.open(f"bolt://neo4j:a-wrong-one@{neo4j.address}")
    assert "a-wrong-one" not in f"{refused.value!r} {refused.value} {caplog.text}"
    assert refused.value.where == f"bolt://neo4j@{neo4j.address}"
    assert refused.value.__suppress_context__


def test_the_right_password_does_not_show_either(url: str, neo4j: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    graph = Neo4jGraph.open(url)
    graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
    graph.close()
    password = urlsplit(neo4j.url).password
    assert caplog.text
    assert password and password not in caplog.text + repr(vars(graph))


def test_a_server_that_stays_away_is_unreachable(neo4j: Server) -> None:
    with Relay(neo4j.address) as relay:
        address = relay.address
    with pytest.raises(Unreachable, match=re.escape(f"bolt://neo4j@{address}")):
        Neo4jGraph.open(f"bolt://neo4j:secret@{address}", patience=0.3)


def test_a_server_that_comes_late_is_waited_for(url: str, neo4j: Server) -> None:
    relay = Relay(neo4j.address)
    threading.Timer(0.7, relay.listen).start()
    with relay:
        graph = Neo4jGraph.open(url.replace(neo4j.address, relay.address))
        assert graph.position() == Position("", 0)
        graph.close()


def test_a_server_that_goes_is_unreachable_and_found_again_when_it_is_back(
    url: str, neo4j: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_link, "_RETRY_SECONDS", 0.5)
    with Relay(neo4j.address).listen() as relay:
        graph = Neo4jGraph.open(url.replace(neo4j.address, relay.address))
        graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
        relay.cut()
        with pytest.raises(Unreachable):
            graph.apply("e", [commit(2, says(KEY, edge(1, 3)))])
        with pytest.raises(Unreachable):
            graph.expand(ids(1), DOWN, ALL)
        relay.listen()
        graph.apply("e", [commit(2, says(KEY, edge(1, 3)))])
        assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 3)]
        graph.close()


def test_a_database_that_is_not_there_is_named(neo4j: Server) -> None:
    with pytest.raises(NotFound, match="elsewhere"):
        Neo4jGraph.open(f"{neo4j.url}/elsewhere")


def test_a_closed_graph_answers_no_more(url: str) -> None:
    graph = Neo4jGraph.open(url)
    graph.close()
    graph.close()
    for call in (graph.position, graph.fresh, graph.promote, graph.dump):
        with pytest.raises(ValueError, match="closed"):
            call()


# Layout


def test_a_newer_format_is_refused_in_words(url: str, graph: Graph, bare: Callable[..., list[Record]]) -> None:
    newer = neo4j_schema.FORMAT + 1
    bare("MATCH (m:ClewMeta) SET m.format = $newer", newer=newer)
    try:
        with pytest.raises(BadInput, match=f"format {newer}, this Clew knows {neo4j_schema.FORMAT}.*newer Clew"):
            Neo4jGraph.open(url)
    finally:
        bare("MATCH (m:ClewMeta) SET m.format = $format", format=neo4j_schema.FORMAT)


def test_migrating_again_changes_nothing(url: str, graph: Graph, bare: Callable[..., list[Record]]) -> None:
    graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
    before = [bare("SHOW INDEXES YIELD name, type ORDER BY name"), bare("MATCH (m:ClewMeta) RETURN properties(m)")]
    bare("MATCH (m:ClewMeta) REMOVE m.format")
    again = Neo4jGraph.open(url)
    assert again.position() == Position("e", 1)
    again.close()
    after = [bare("SHOW INDEXES YIELD name, type ORDER BY name"), bare("MATCH (m:ClewMeta) RETURN properties(m)")]
    assert after == before


def test_houses_that_open_a_graph_at_once_share_it(new_url: str) -> None:
    opened: list[Neo4jGraph] = []
    together([lambda: opened.append(Neo4jGraph.open(new_url)) for _ in range(4)])
    opened[0].apply("e", [commit(1, says(KEY, edge(1, 2)))])
    assert [each.position() for each in opened] == [Position("e", 1)] * 4
    for each in opened:
        each.close()


def test_graphs_of_other_names_are_apart(new_url: str, graph: Graph) -> None:
    other = Neo4jGraph.open(new_url)
    graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
    other.apply("f", [commit(7, says(KEY, edge(1, 3)))])
    other.replace(*KEY, [Interval(edge(1, 4), 7, FOREVER)], b"")
    assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2)]
    assert graph.edges_of(*KEY) == {edge(1, 2)}
    graph.apply("e", [commit(2, says(KEY))])
    assert pairs(other.dump()) == [(1, 4)]
    other.close()


def test_bare_cypher_finds_nodes_edges_and_the_past(graph: Graph, url: str, bare: Callable[..., list[Record]]) -> None:
    column = Node(2, "urn:2", "column", parent=9, policy_class=3)
    graph.apply("e", [commit(1, says(KEY, edge(1, 2)), nodes=[column]), commit(2, says(KEY, edge(1, 3)))])
    number = generation(url)
    assert properties(bare(f"MATCH (n:N{number} {{id: 2}}) RETURN n AS it")) == [
        {"id": 2, "urn": "urn:2", "kind": "column", "parent": 9, "class": 3}
    ]
    said = {"type": FLOW, "subtype": 0, "confidence": 100, "carrier": KEY[0], "aspect": KEY[1], "source": 1}
    assert properties(bare(f"MATCH (:N{number})-[r:EDGE]->({{id: 3}}) RETURN r AS it")) == [
        {**said, "since": 2, "until": FOREVER}
    ]
    assert properties(bare(f"MATCH (:N{number})-[r:WAS]->({{id: 2}}) RETURN r AS it")) == [
        {**said, "since": 1, "until": 2}
    ]


# Questions


def test_the_pushed_down_closure_is_a_breadth_first_search_that_prunes(graph: Neo4jGraph, url: str) -> None:
    graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
    for direction in (DOWN, UP):
        for depth in (None, 7):
            body = neo4j_reading.closure_body(generation(url), direction, depth)
            operators = plan_of(url, neo4j_reading.framed(body))
            assert any(each.startswith("VarLengthExpand(Pruning,BFS") for each in operators), operators
            assert not any("Scan" in each for each in operators), operators


def test_no_statement_of_daily_work_scans(new_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planner that finds a generation empty would rather scan it than seek; and keep to that when it has grown."""
    graph, plans = Neo4jGraph.open(new_url), dict[str, list[str]]()

    def explained(tx: ManagedTransaction, text: str, **parameters: Any) -> Record | None:
        plan = tx.run(f"EXPLAIN {text}", parameters).consume().plan
        plans[re.sub(r"\s+", " ", text)] = operators(plan or {})
        return run(tx, text, **parameters)

    for module in (neo4j_reading, neo4j_writing, neo4j_schema):
        monkeypatch.setattr(module, "run", explained)
    columns = [Node(each, f"urn:{each}", "column") for each in range(1000)]
    graph.apply("e", [commit(1, says(KEY, *(edge(each.id, each.id + 1) for each in columns)), nodes=columns)])
    graph.apply("e", [commit(2, says(KEY), says(OTHER_KEY, edge(1, 3)))])
    for as_of in (None, 1):
        graph.expand(ids(1), DOWN, ALL, as_of)
    graph.nodes(ids(1))
    graph.edges_of(*KEY)
    graph.replace(*OTHER_KEY, [Interval(edge(1, 5), 1, 2), Interval(edge(1, 5), 2, FOREVER)], b"")
    graph.close()
    assert len(plans) > 15
    slow = {text: plan for text, plan in plans.items() if any("Scan" in each or "Join" in each for each in plan)}
    assert slow == {}


def test_the_closure_is_what_repeated_expanding_reaches(graph: Neo4jGraph) -> None:
    dice = random.Random(5)
    edges = [edge(dice.randrange(60), dice.randrange(60), dice.choice([FLOW, MEMBER])) for _ in range(110)]
    graph.apply(
        "e", [commit(1, says(KEY, *edges[:80])), commit(2, says(KEY, *edges[20:80]), says(OTHER_KEY, *edges[80:]))]
    )
    lengths = set()
    for start in ([0], [7], [3, 9, 3], [500], []):
        for direction in (DOWN, UP):
            for types in (ALL, frozenset({FLOW}), frozenset[int]()):
                for depth in (None, 0, 1, 3):
                    found = graph.closure(ids(*start), direction, types, depth)
                    assert found.dtype == np.int64
                    assert found.tolist() == reached(graph, ids(*start), direction, types, depth)
                    lengths.add(len(found))
    assert len(lengths) > 8


def test_the_closure_of_a_circle_is_the_rest_of_it(graph: Neo4jGraph) -> None:
    graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(2, 3), edge(3, 1), edge(3, 3)))])
    assert graph.closure(ids(1), DOWN, ALL).tolist() == [2, 3]
    assert graph.closure(ids(3, 1), UP, ALL).tolist() == [2]


def test_many_ids_are_asked_in_chunks_and_answered_as_of_one_seq(
    graph: Neo4jGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_reading, "EXPAND_CHUNK", 7)
    monkeypatch.setattr(neo4j_reading, "NODES_CHUNK", 7)
    spokes = [edge(source, 1000 + source) for source in range(50)]
    known = [Node(source, f"urn:{source}", f"kind {source}") for source in range(50)]
    graph.apply("e", [commit(1, says(KEY, *spokes), nodes=known), commit(2, says(KEY, *spokes[10:]))])
    every = np.arange(60, dtype=np.int64)
    assert pairs(graph.expand(every, DOWN, ALL)) == [(each.src, each.dst) for each in spokes[10:]]
    assert pairs(graph.expand(every, DOWN, ALL, 1)) == [(each.src, each.dst) for each in spokes]
    assert graph.nodes(every).kind.tolist() == [each.kind for each in known] + [""] * 10
    assert len(graph.dump()) == 50


def test_any_history_in_any_portions_is_the_embedded_engines(
    graph: Neo4jGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Swept as often as can be, mended on the way, and asked as of every seq."""
    monkeypatch.setattr(neo4j_graph, "SWEEP_AT", 3)
    dice, embedded = random.Random(11), IndexState()
    changes = history(dice, 40)
    while changes:
        count = dice.choice([1, 1, 2, 7])
        graph.apply("e", changes[:count])
        for change in changes[:count]:
            embedded.commit(embedded.plan("e", [change]))
        del changes[:count]
        if dice.random() < 0.2:
            intervals = [Interval(edge(1, 2), 0, 1), Interval(edge(dice.randrange(5), 1), 1, FOREVER)]
            graph.replace(*KEY, intervals, b"mended")
            embedded.replace(*KEY, intervals, b"mended")
    assert rows(graph.dump()) == rows(embedded.dump())
    assert graph.keys() == embedded.digests()
    every = np.arange(6, dtype=np.int64)
    for as_of in (None, *range(41)):
        for direction in (DOWN, UP):
            found = graph.expand(every, direction, ALL, as_of)
            assert rows(found) == rows(embedded.expand(every, direction, ALL, as_of)), (as_of, direction)


def test_swept_edges_leave_the_live_ones_and_stay_in_the_past(
    graph: Neo4jGraph, url: str, bare: Callable[..., list[Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = f"MATCH (:N{generation(url)})-[r]->() RETURN type(r) AS kind, count(r) AS many ORDER BY kind"
    graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(1, 3))), commit(2, says(KEY, edge(1, 9)))])
    graph.apply("e", [commit(3, says(KEY, edge(1, 3)))])
    assert [list(each.values()) for each in bare(counted)] == [["EDGE", 2], ["WAS", 3]]
    before = rows(graph.dump())
    monkeypatch.setattr(neo4j_graph, "SWEEP_AT", 1)
    graph.apply("e", [commit(4)])
    assert [list(each.values()) for each in bare(counted)] == [["EDGE", 1], ["WAS", 3]]
    assert rows(graph.dump()) == before
    graph.apply("e", [commit(5, says(KEY))])
    assert not bare(f"MATCH (k:K{generation(url)}) RETURN k")


# Readers beside a writer


@pytest.mark.slow
def test_readers_beside_a_writer_who_sweeps_and_mends_see_whole_commits(
    url: str, graph: Neo4jGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each commit moves many edges of two keys at once, past the size at which Neo4j keeps a node's edges otherwise."""
    monkeypatch.setattr(neo4j_graph, "SWEEP_AT", 20)
    reader = Neo4jGraph.open(url)
    fan = {seq: [edge(1, 100 * (seq % 3) + to) for to in range(3 + 7 * (seq % 12))] for seq in range(1, 80)}
    apart: list[object] = []

    def read() -> None:
        found = reader.expand(ids(1), DOWN, ALL)
        seqs = set(found.since.tolist()) | {1}
        whole = {(each.dst, key) for seq in seqs for each in fan[seq] for key in (KEY[0], OTHER_KEY[0])}
        if len(found) and (set(found.until.tolist()) != {FOREVER} or len(found) != len(fan[max(seqs)]) * 2):
            apart.append((max(seqs), len(found)))
        if not {*zip(found.dst.tolist(), found.carrier.tolist(), strict=True)} <= whole:
            apart.append("an edge that nobody said")

    with repeated(read, threads=2) as times:
        for seq, edges in fan.items():
            # Nothing is kept from the commit before, so that every live edge is of one seq.
            edges = [each._replace(confidence=seq % 100) for each in edges]
            graph.apply("e", [commit(seq, says(KEY, *edges), says(OTHER_KEY, *edges))])
            if seq % 10 == 0:
                graph.replace(*KEY, [Interval(each, seq, FOREVER) for each in edges], b"mended")
    reader.close()
    assert times() > 20
    assert not apart


@pytest.mark.parametrize("meanwhile", ["swept", "mended"])
def test_what_goes_between_two_chunks_of_an_answer_is_not_missed(
    url: str, graph: Neo4jGraph, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Neither a sweep nor a mending can be told by seq: the reader has to notice it, and to ask again."""
    monkeypatch.setattr(neo4j_reading, "EXPAND_CHUNK", 1)
    monkeypatch.setattr(neo4j_graph, "SWEEP_AT", 1)
    graph.apply("e", [commit(1, says(KEY, edge(1, 5), edge(2, 5)))])
    writer = Neo4jGraph.open(url)
    asked: list[str] = []

    def interrupted(tx: ManagedTransaction, text: str, **parameters: Any) -> Record | None:
        found = run(tx, text, **parameters)
        asked.append(text)
        if len(asked) == 1 and meanwhile == "swept":
            writer.apply("e", [commit(2, says(KEY, edge(1, 6), edge(2, 6)))])
        elif len(asked) == 1:
            writer.replace(*KEY, [Interval(edge(source, 6), 1, FOREVER) for source in (1, 2)], b"")
        return found

    monkeypatch.setattr(neo4j_reading, "run", interrupted)
    assert pairs(graph.expand(ids(1, 2), DOWN, ALL)) == [(1, 6), (2, 6)]
    assert len(asked) == 4
    writer.close()


def test_a_commit_between_two_chunks_of_an_answer_is_not_in_it(
    url: str, graph: Neo4jGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_reading, "EXPAND_CHUNK", 1)
    graph.apply("e", [commit(1, says(KEY, edge(1, 5), edge(2, 5)))])
    writer = Neo4jGraph.open(url)
    asked: list[str] = []

    def interrupted(tx: ManagedTransaction, text: str, **parameters: Any) -> Record | None:
        found = run(tx, text, **parameters)
        asked.append(text)
        if len(asked) == 1:
            writer.apply("e", [commit(2, says(KEY, edge(1, 6), edge(2, 6)))])
        return found

    monkeypatch.setattr(neo4j_reading, "run", interrupted)
    assert pairs(graph.expand(ids(1, 2), DOWN, ALL)) == [(1, 5), (2, 5)]
    assert len(asked) == 2
    writer.close()


def test_what_was_written_but_not_shown_is_not_seen_until_the_next_apply_shows_it(
    graph: Neo4jGraph, url: str, bare: Callable[..., list[Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers are shown the commits when they are all there; here a materialiser dies before it comes to that."""
    changes = [commit(1, says(KEY, edge(1, 2), edge(1, 3))), commit(2, says(KEY, edge(1, 3), edge(1, 4)))]
    graph.apply("e", changes[:1])
    with monkeypatch.context() as died:
        died.setattr(neo4j_writing, "publish", dies)
        with pytest.raises(SystemExit):
            graph.apply("e", changes[1:])
    (found,) = bare("MATCH (g:ClewGeneration {number: $number}) RETURN g.seq AS seq", number=generation(url))
    assert found["seq"] == 2
    assert graph.position() == Position("e", 1)
    assert pairs(graph.expand(ids(1), DOWN, ALL)) == pairs(graph.expand(ids(1), DOWN, ALL, 2)) == [(1, 2), (1, 3)]
    assert graph.closure(ids(1), DOWN, ALL).tolist() == [2, 3]
    assert graph.edges_of(*KEY) == {edge(1, 2), edge(1, 3)}
    assert {until for *_, until in rows(graph.dump())} == {FOREVER}
    graph.apply("e", changes)
    assert graph.position() == Position("e", 2)
    assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 3), (1, 4)]


def test_a_mending_that_died_half_way_keeps_nobody_from_reading_and_writing(
    graph: Neo4jGraph, url: str, bare: Callable[..., list[Record]]
) -> None:
    graph.apply("e", [commit(1, says(KEY, edge(1, 2)))])
    bare("MATCH (g:ClewGeneration {number: $number}) SET g.turn = 5", number=generation(url))
    assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2)]
    graph.replace(*KEY, [Interval(edge(1, 4), 1, FOREVER)], b"")
    bare("MATCH (g:ClewGeneration {number: $number}) SET g.turn = 7", number=generation(url))
    graph.apply("e", [commit(2, says(OTHER_KEY, edge(1, 3)))])
    (found,) = bare("MATCH (g:ClewGeneration {number: $number}) RETURN g.turn AS turn", number=generation(url))
    assert found["turn"] == 8
    assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 3), (1, 4)]


# Tampering


def test_an_edge_deleted_by_hand_is_missed_and_comes_back_by_replace(
    graph: Neo4jGraph, url: str, bare: Callable[..., list[Record]]
) -> None:
    graph.apply("e", [commit(1, says(KEY, edge(1, 2), edge(1, 3)))])
    number = generation(url)
    bare(f"MATCH (:N{number} {{id: 1}})-[r:EDGE]->({{id: 2}}) DELETE r")
    assert graph.edges_of(*KEY) == {edge(1, 3)}
    assert graph.keys() == {KEY: b"digest"}
    graph.replace(*KEY, [Interval(edge(1, to), 1, FOREVER) for to in (2, 3)], b"mended")
    assert graph.edges_of(*KEY) == {edge(1, 2), edge(1, 3)}
    assert graph.keys() == {KEY: b"mended"}
    assert bare(f"MATCH (:N{number})-[r]->() RETURN count(r) AS many")[0]["many"] == 2


def test_an_edge_made_or_altered_by_hand_is_seen_for_what_it_says(
    graph: Neo4jGraph, url: str, bare: Callable[..., list[Record]]
) -> None:
    graph.apply("e", [commit(1, says(KEY, edge(1, 2)), says(OTHER_KEY, edge(1, 3)))])
    node = f"N{generation(url)}"
    bare(
        f"MATCH (a:{node} {{id: 1}})-[r:EDGE]->(:{node} {{id: 2}}), (b:{node} {{id: 3}}) "
        "CREATE (a)-[x:EDGE]->(b) SET x = properties(r)"
    )
    assert graph.edges_of(*KEY) == {edge(1, 2), edge(1, 3)}
    bare(f"MATCH (:{node} {{id: 1}})-[r:EDGE]->(:{node} {{id: 2}}) SET r.confidence = 1")
    assert graph.edges_of(*KEY) == {edge(1, 2, confidence=1), edge(1, 3)}
    graph.replace(*KEY, [Interval(edge(1, 2), 1, FOREVER)], b"")
    assert graph.edges_of(*KEY) == {edge(1, 2)}
    assert graph.edges_of(*OTHER_KEY) == {edge(1, 3)}


# Several writers, and one that is killed


def test_two_writers_of_the_same_commits_double_nothing(url: str, graph: Neo4jGraph) -> None:
    changes = history(random.Random(3), 60)
    straight = IndexState()
    for change in changes:
        straight.commit(straight.plan("e", [change]))
    writers = [Neo4jGraph.open(url) for _ in range(2)]

    def draw(writer: Neo4jGraph, portion: int) -> None:
        while (seq := writer.position().seq) < 60:
            writer.apply("e", [change for change in changes if change.seq > seq][:portion])

    together([lambda: draw(writers[0], 2), lambda: draw(writers[1], 3)])
    assert rows(graph.dump()) == rows(straight.dump())
    assert graph.keys() == straight.digests()
    for writer in writers:
        writer.close()


@pytest.mark.slow
def test_a_writer_killed_again_and_again_leaves_what_a_straight_run_does(url: str, graph: Neo4jGraph) -> None:
    changes = history(random.Random(KILLED_SEED), KILLED_COMMITS)
    straight = IndexState()
    for change in changes:
        straight.commit(straight.plan("e", [change]))
    dice, came_to = random.Random(1), [0]
    for _ in range(6):
        with writing(url) as process:
            assert process.stdout
            for _ in range(dice.randrange(1, 6)):
                assert process.stdout.readline()
            time.sleep(dice.random() * 0.02)  # into the middle of a step
            process.kill()
            assert process.wait() == -signal.SIGKILL
        came_to.append(graph.position().seq)
    assert came_to == sorted(set(came_to))
    assert came_to[-1] < KILLED_COMMITS
    graph.apply("e", changes[graph.position().seq :])
    assert graph.position() == Position("e", KILLED_COMMITS)
    assert rows(graph.dump()) == rows(straight.dump())
    assert graph.keys() == straight.digests()


# Rebuilding


def test_a_rebuild_goes_beside_while_questions_are_answered(
    url: str, graph: Neo4jGraph, monkeypatch: pytest.MonkeyPatch, bare: Callable[..., list[Record]]
) -> None:
    monkeypatch.setattr(neo4j_schema, "_BATCH", 20)
    spokes = 300
    graph.apply("e", [commit(1, says(KEY, *(edge(1, to) for to in range(2, 2 + spokes))))])
    old = generation(url)
    api = Neo4jGraph.open(url)
    answers: set[tuple[int, int]] = set()

    def read() -> None:
        found = api.expand(ids(1), DOWN, ALL)
        answers.add((len(found), int(found.dst.min())))

    with repeated(read, threads=2) as times:
        fresh = graph.fresh()
        for seq in range(1, 6):
            fresh.apply("f", [commit(seq, says(KEY, *(edge(1, 5000 + to) for to in range(seq * 50))))])
        fresh.promote()
        before = times()
        while 0 <= times() < before + 10:
            time.sleep(0.01)
    assert answers == {(spokes, 2), (250, 5000)}
    assert api.position() == graph.position() == fresh.position() == Position("f", 5)
    assert not bare(f"MATCH (n:N{old}) RETURN n LIMIT 1")
    assert not bare(
        "SHOW CONSTRAINTS YIELD name WHERE name IN $names RETURN name", names=[f"clew_n{old}", f"clew_k{old}"]
    )
    for each in (api, fresh):
        each.close()


def test_what_a_crashed_rebuild_left_goes_with_the_next(
    url: str, graph: Neo4jGraph, bare: Callable[..., list[Record]]
) -> None:
    left = graph.fresh()
    left.apply("f", [commit(1, says(KEY, edge(1, 2)))])
    left.close()
    (found,) = bare(
        "MATCH (g:ClewGeneration {graph: $name, state: 'building'}) RETURN g.number AS number", name=name(url)
    )
    assert bare(f"MATCH (n:N{found['number']}) RETURN n")
    graph.fresh().close()
    assert not bare(f"MATCH (n:N{found['number']}) RETURN n")
    assert not bare("MATCH (g:ClewGeneration {number: $number}) RETURN g", number=found["number"])


def test_a_rebuild_that_another_overtook_is_told_so(graph: Neo4jGraph) -> None:
    slow, quick = graph.fresh(), graph.fresh()
    for act in (lambda: slow.apply("f", [commit(1)]), slow.position, slow.promote, slow.dump):
        with pytest.raises(Conflict, match="another rebuild"):
            act()
    quick.apply("f", [commit(2)])
    quick.promote()
    assert graph.position() == Position("f", 2)
    slow.close()
    quick.close()


def test_a_follower_goes_on_where_the_redrawn_graph_stands(url: str, graph: Neo4jGraph) -> None:
    """A rebuild stopped at seq 2 while this follower was at 3 already: going on with 4 would leave a gap."""
    changes = [commit(seq, says((seq, 1), edge(seq, seq + 1))) for seq in range(1, 5)]
    graph.apply("e", changes[:3])
    rebuilt = Neo4jGraph.open(url).fresh()
    rebuilt.apply("e", changes[:2])
    rebuilt.promote()
    with pytest.raises(Stale, match="stands at 2"):
        graph.apply("e", changes[3:])
    assert graph.position() == Position("e", 2)
    graph.apply("e", changes[2:])
    assert pairs(graph.dump()) == [(seq, seq + 1) for seq in range(1, 5)]
    rebuilt.close()


def test_promoting_twice_is_promoting_once(graph: Neo4jGraph) -> None:
    fresh = graph.fresh()
    fresh.apply("f", [commit(1, says(KEY, edge(1, 2)))])
    fresh.promote()
    fresh.promote()
    assert pairs(graph.expand(ids(1), DOWN, ALL)) == [(1, 2)]
    fresh.close()


KILLED_SEED, KILLED_COMMITS = 8, 400


def history(dice: random.Random, count: int) -> list[GraphChange]:
    """Commits that touch few keys and edges again and again."""
    ends = range(1, 6)
    return [
        commit(
            seq,
            *(
                says(
                    key,
                    *(edge(dice.choice(ends), dice.choice(ends)) for _ in range(dice.randrange(5))),
                    digest=b"%d" % seq,
                )
                for key in dice.sample([KEY, OTHER_KEY, (100, 8)], dice.randrange(3))
            ),
            nodes=[Node(end, f"urn:{end}", "column") for end in ends if seq == 1],
        )
        for seq in range(1, count + 1)
    ]


def dies(*_: object) -> None:
    raise SystemExit


def reached(graph: Graph, start: Ids, direction: Any, types: frozenset[int], depth: int | None) -> list[int]:
    seen, frontier, hops = np.unique(start), np.unique(start), 0
    while len(frontier) and (depth is None or hops < depth):
        found = graph.expand(frontier, direction, types)
        frontier = np.setdiff1d(found.dst if direction == DOWN else found.src, seen)
        seen = np.union1d(seen, frontier)
        hops += 1
    return [int(each) for each in np.setdiff1d(seen, start)]


def name(url: str) -> str:
    return url.rpartition("graph=")[2]


def generation(url: str) -> int:
    """The number of the generation in force."""
    link = Link(url)
    link.hold()
    number = neo4j_schema.current(link)
    link.release()
    assert number is not None
    return number


def driver_of(url: str) -> Driver:
    parts = urlsplit(url)
    return GraphDatabase.driver(f"bolt://{parts.hostname}:{parts.port}", auth=("neo4j", parts.password or ""))


def plan_of(url: str, text: str) -> list[str]:
    parameters = {"generation": 0, "wanted": 0, "ids": [1], "types": [1]}
    with driver_of(url) as driver:
        return operators(driver.execute_query(f"EXPLAIN {text}", parameters).summary.plan or {})


def operators(plan: dict[str, Any]) -> list[str]:
    found = [str(plan["operatorType"]).partition("@")[0]] if plan else []
    return found + [each for child in plan.get("children", ()) for each in operators(child)]


def properties(records: list[Record]) -> list[dict[str, Any]]:
    return [dict(record["it"]) for record in records]


def together(works: list[Callable[[], None]]) -> None:
    """Do each in a thread; what goes wrong in one goes wrong here."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


@contextlib.contextmanager
def repeated(work: Callable[[], None], threads: int) -> Iterator[Callable[[], int]]:
    """Do it again and again beside, until the block is left; gives how often it was done."""
    done, count, failures = threading.Event(), [0], list[BaseException]()

    def repeat() -> None:
        while not done.is_set() and not failures:
            try:
                work()
                count[0] += 1
            except BaseException as error:
                failures.append(error)

    running = [threading.Thread(target=repeat) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield lambda: -1 if failures else count[0]
    finally:
        done.set()
        for thread in running:
            thread.join()
    assert not failures, failures


@contextlib.contextmanager
def writing(url: str) -> Iterator[subprocess.Popen[str]]:
    """This file as a process that applies the history to be killed in, and says each seq that it reached."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CLEW_GRAPH": url}
    process = subprocess.Popen([sys.executable, __file__], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


class Relay:
    """A way to a server that can be cut: a port that passes on what comes."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._to = (host, int(port))
        self._open: list[socket.socket] = []
        self._port = 0
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def listen(self) -> Relay:
        server = socket.create_server(("127.0.0.1", self._port))
        self._open.append(server)
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()
        return self

    def cut(self) -> None:
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = server.accept()[0]
                far = socket.create_connection(self._to)
                self._open += [near, far]
                threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as ready:
            for one, other in ((near, far), (far, near)):
                ready.register(one, selectors.EVENT_READ, other)
            while True:
                for key, _ in ready.select():
                    said = key.fileobj.recv(65536)  # type: ignore[union-attr]
                    if not said:
                        return
                    key.data.sendall(said)


def apply_history(url: str) -> None:
    graph, changes = Neo4jGraph.open(url), history(random.Random(KILLED_SEED), KILLED_COMMITS)
    while (seq := graph.position().seq) < KILLED_COMMITS:
        graph.apply("e", changes[seq : seq + 3])
        print(graph.position().seq, flush=True)


if __name__ == "__main__":
    apply_history(os.environ["CLEW_GRAPH"])
