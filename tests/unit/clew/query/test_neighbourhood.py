"""The neighbourhood of a thing: which cards, which edges, what is counted of what does not show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from clew.errors import NotFound
from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.query.cards import Cards
from clew.query.terms import Grain, Surroundings
from clew.settings import Settings
from clew_schemas import Group, event
from clew_schemas.urn import any_of, column
from unit.clew.query.past import ASKED, SOURCES, histories
from unit.clew.query.test_questions import ADA, flow, job, say, schema, shop, table

DOWN, UP = Direction.DOWN, Direction.UP


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        opened.ledger.register(Source("client", "time"))
        yield opened


def around(
    house: House, name: str, *, since: str | None = None, as_of: str | None = None, **asked: Any
) -> dict[str, Any]:
    named = {key: asked.pop(key) for key in ("trace", "show", "expand") if key in asked}
    answer = house.questions.neighbourhood(name, ADA, Surroundings(**asked), since=since, as_of=as_of, **named)
    return answer.to_dict()


def cards(answer: dict[str, Any]) -> list[str]:
    return [short(urn) for urn in answer["cards"]["urn"]]


def short(urn: str) -> str:
    return urn.split(",", 1)[1].rstrip(")").rsplit(".", 1)[-1]


def named(answer: dict[str, Any], edges: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Return edges with the URNs of their ends, carrier and source."""
    nodes, urns = answer["nodes"], answer["cards"]["urn"]
    ends = []
    for card, kind, path in zip(nodes["card"], nodes["kind"], nodes["path"], strict=True):
        own = urns[card]
        derived = own.replace("urn:clew:dataset:", f"urn:clew:{kind}:") if kind in ("any", "rows") else own
        ends.append(derived if path is None else column(own, path))
    members = (edges[name] for name in ("src", "dst", "type", "subtype", "confidence", "carrier", "source"))
    return {
        (ends[src], ends[dst], kind, how, sure, answer["carriers"][carrier], answer["sources"][source])
        for src, dst, kind, how, sure, carrier, source in zip(*members, strict=True)
    }


def chain(house: House, *names: str) -> None:
    for before, after in pairwise(names):
        say(house, flow(job(f"make_{after}"), table(before), table(after), ["a", "a", "IDENTITY", 1.0]))


def fan(house: House, hub: str, count: int) -> None:
    for number in range(count):
        say(house, flow(job(f"make_leaf{number}"), table(hub), table(f"leaf{number}"), ["a", "a", "IDENTITY", 1.0]))


class TestCards:
    def test_hops_are_counted_each_way(self, house: House) -> None:
        chain(house, "a", "b", "c", "d", "e")
        assert sorted(cards(around(house, "c", up=1, down=2))) == ["b", "c", "d", "e"]

    def test_a_node_that_the_graph_never_met_is_on_the_card_of_its_dataset(self, house: House) -> None:
        chain(house, "a", "b")
        nodes = np.array(house.ledger.ids([table("a"), any_of(table("a")), column(table("a"), "a")]), np.int64)
        unmet = house.views.graph.fresh()
        told = Cards(house.ledger, unmet, house.ledger.head_seq(), indirect=False, tests=False).of(nodes)
        assert told.tolist() == [nodes[0]] * 3

    def test_a_column_is_shown_on_the_card_of_its_dataset(self, house: House) -> None:
        chain(house, "a", "b")
        assert cards(around(house, "a.a"))[0] == "a"

    def test_a_job_stands_for_what_it_reads_and_writes(self, house: House) -> None:
        chain(house, "a", "b", "c")
        assert sorted(cards(around(house, job("make_b"), up=0, down=0))) == ["a", "b"]

    def test_of_many_neighbours_those_that_most_hangs_on_come_and_the_rest_are_counted(self, house: House) -> None:
        fan(house, "hub", 12)
        chain(house, "leaf7", "x")
        answer = around(house, "hub", top=3)
        assert cards(answer) == ["hub", "leaf7", "leaf0", "leaf1"]
        assert answer["cards"]["downstream"][0] == 12
        assert (answer["complete"], answer["frontier"][0]["count"]) == (False, 9)

    def test_a_card_that_is_expanded_again_brings_more(self, house: House) -> None:
        fan(house, "hub", 12)
        answer = around(house, "hub", top=3, expand=[("hub", DOWN), ("hub", DOWN)])
        assert len(cards(answer)) == 1 + 3 * 3

    def test_an_expansion_waits_for_the_one_that_brings_its_card(self, house: House) -> None:
        chain(house, "a", "b", "c", "d")
        answer = around(house, "a", down=0, expand=[("c", DOWN), ("a", DOWN), ("b", DOWN)])
        assert cards(answer) == ["a", "b", "c", "d"]

    def test_cards_are_shown_by_name_and_no_more_than_the_most(self, house: House) -> None:
        fan(house, "hub", 12)
        assert cards(around(house, "hub", down=0, show=["leaf11"])) == ["hub", "leaf11"]
        answer = around(house, "hub", top=12, most=5)
        assert len(cards(answer)) == 5
        assert {each["reason"]: each["count"] for each in answer["frontier"]}["more than 5 cards"] == 8

    def test_tests_are_counted_and_are_cards_when_asked_for(self, house: House) -> None:
        shop(house)
        plain, asked = around(house, "staged"), around(house, "staged", tests=True)
        assert "assertion" not in plain["cards"]["kind"]
        assert set(asked["cards"]["kind"]) > {"assertion"}
        assert sum(plain["cards"]["tests"]) == asked["cards"]["kind"].count("assertion") > 0

    def test_columns_are_listed_as_the_schema_has_them_and_all_counted(self, house: House) -> None:
        say(house, schema(table("wide"), *(f"c{number}" for number in range(100))))
        chain(house, "wide", "b")
        answer = around(house, "wide")
        assert [name for name, _ in answer["cards"]["listed"][0]] == [f"c{number}" for number in range(60)]
        assert answer["cards"]["columns"][0] == 101  # and the one that only lineage names

    def test_a_thing_without_lineage_is_one_card_and_no_edge(self, house: House) -> None:
        say(house, event(table("alone"), "documentation", {"text": "nothing uses it"}))
        answer = around(house, "alone")
        assert (cards(answer), answer["edges"]["src"]) == (["alone"], [])


class TestTrace:
    def test_a_column_is_traced_beyond_the_hops_both_ways(self, house: House) -> None:
        chain(house, "a", "b", "c", "d", "e")
        answer = around(house, "c", up=0, down=0, trace="c.a")
        assert cards(answer) == ["c", "b", "d", "a", "e"]
        assert (answer["trace"]["cards"], answer["trace"]["left"]) == (5, 0)

    def test_what_of_a_trace_does_not_fit_is_counted(self, house: House) -> None:
        chain(house, "a", "b", "c", "d", "e")
        answer = around(house, "c", up=0, down=0, trace="c.a", most=3)
        assert (cards(answer), answer["trace"]["left"]) == (["c", "b", "d"], 2)
        assert answer["complete"] is False

    def test_what_only_decides_about_rows_is_followed_when_asked(self, house: House) -> None:
        said = {"inputs": [table("a")], "outputs": [table("b")], "columns": [[0, "x", 0, "x", "IDENTITY", 1.0]]}
        say(house, event(job("make_b"), "lineage", {**said, "rows": [[0, 0, "y", "FILTER"]]}))
        assert cards(around(house, "a", down=0, trace="a.y")) == ["a"]
        assert cards(around(house, "a", down=0, trace="a.y", indirect=True)) == ["a", "b"]


class TestEdges:
    def test_edges_of_an_earlier_moment_stand_beside_those_of_now(self, house: House) -> None:
        say(house, flow(job("make_b"), table("a"), table("b"), ["x", "x", "IDENTITY", 1.0]))
        then = str(house.ledger.head_seq())
        say(house, flow(job("make_b"), table("z"), table("b"), ["x", "x", "IDENTITY", 1.0]))
        answer = around(house, "b", since=then)
        assert sorted(cards(answer)) == ["a", "b", "z"]
        now, before = named(answer, answer["edges"]), named(answer, answer["before"])
        assert {short(each[0]) for each in now if each[2] == "DATASET_FLOW"} == {"z"}
        assert {short(each[0]) for each in before if each[2] == "DATASET_FLOW"} == {"a"}
        assert answer["cards"]["upstream"][cards(answer).index("b")] == 1

    def test_gaps_of_the_cards_are_told(self, house: House) -> None:
        say(house, event(job("make_b"), "lineage", {"inputs": [table("a")], "outputs": [table("b")]}))
        answer = around(house, "a")
        assert ("no_column_lineage", job("make_b")) in {(gap["code"], gap["urn"]) for gap in answer["gaps"]}
        assert answer["complete"] is False

    def test_neighbours_are_paged_and_searched_in_the_order_in_which_they_are_shown(self, house: House) -> None:
        fan(house, "hub", 12)
        chain(house, "leaf7", "x")
        every = house.questions.neighbours("hub", ADA, direction=DOWN).to_dict()
        assert (every["total"], every["matching"], every["neighbours"][0]["uses"]) == (12, 12, 1)
        page = house.questions.neighbours("hub", ADA, direction=DOWN, words="LEAF 1", limit=2, offset=1).to_dict()
        assert page["matching"] == 3
        assert [short(each["urn"]) for each in page["neighbours"]] == ["leaf10", "leaf11"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_a_neighbourhood_without_limits_is_the_lineage_of_its_cards(history: Any, tmp_path_factory: Any) -> None:
    """Whatever was said: every edge of the lineage of a card that joins two cards is told, and none besides."""
    with House(Settings(home=tmp_path_factory.mktemp("law"))) as house:
        for source in SOURCES:
            house.ledger.register(Source(source, "time"))
        for number, (source, said) in enumerate(history):
            house.ledger.propose([Group(source, f"law-{number}", (said,))])
        house.catch_up()
        for name in ASKED[:4]:
            try:
                answer = around(house, name, up=10, down=10, top=500, most=500, indirect=True, tests=True)
            except NotFound:
                continue
            shown = {holder(urn) for urn in answer["cards"]["urn"]}
            told = (
                each
                for urn in answer["cards"]["urn"]
                for grain in Grain
                for way in (DOWN, UP)
                for each in lineage_edges(house, urn, grain, way)
            )
            wanted = {each for each in told if {holder(each[0]), holder(each[1])} <= shown}
            assert named(answer, answer["edges"]) == wanted


def lineage_edges(house: House, urn: str, grain: Grain, way: Direction) -> set[tuple[Any, ...]]:
    graph = house.questions.lineage(urn, ADA, direction=way, grain=grain, indirect=True, depth=1)
    return {
        (graph.urns[edge["src"]], graph.urns[edge["dst"]], *list(edge.values())[2:])
        for edge in graph.edges
        if edge["type"] not in ("MEMBER", "NAMED")
        and holder(graph.urns[edge["src"]]) != holder(graph.urns[edge["dst"]])
    }


def holder(urn: str) -> str:
    kind, inside = urn.split(":(", 1)
    return inside.rstrip(")").rsplit(",", 1)[0] if kind.endswith("column") else inside.rstrip(")")
