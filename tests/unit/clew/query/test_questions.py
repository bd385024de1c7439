"""Questions on small graphs: verdicts, proofs, gaps, cuts, names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from clew.errors import Ambiguous, BadInput, NotFound, Stale
from clew.graph import Direction
from clew.house import House
from clew.ledger import Source
from clew.query.answer import Viewer
from clew.query.terms import ChangeKind, Grain
from clew.settings import Settings
from clew_schemas import Event, Group, Receipt, event
from clew_schemas.urn import column

NS = "duckdb://shop"
ADA = Viewer("ada")
_names = count()


def table(name: str) -> str:
    return f"urn:clew:dataset:({NS},{name})"


def job(name: str) -> str:
    return f"urn:clew:job:(dbt://shop,{name})"


def schema(dataset: str, *columns: str) -> Event:
    return event(dataset, "schema", {"columns": [{"name": each} for each in columns]})


def flow(carrier: str, into: str, out: str, *columns: list[Any], rows: list[Any] | None = None, **more: Any) -> Event:
    """Return lineage of one input and one output; `columns` are [output column, input column, subtype, confidence]."""
    said: dict[str, Any] = {"inputs": [into], "outputs": [out], **more}
    said["columns"] = [[0, o, 0, i, subtype, confidence] for o, i, subtype, confidence in columns]
    if rows:
        said["rows"] = [[0, 0, each, subtype] for each, subtype in rows]
    return event(carrier, "lineage", said)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        opened.ledger.register(Source("client", "time"))
        yield opened


def say(house: House, *events: Event, source: str = "client") -> Receipt:
    (receipt,) = house.ledger.propose([Group(source, f"g{next(_names)}", events)])
    assert receipt.status in ("accepted", "unchanged"), receipt.errors
    return receipt


def verdicts(house: House, name: str, change: ChangeKind = ChangeKind.DROP) -> dict[str, tuple[str, str]]:
    """Return (verdict, use) by dotted name."""
    answer = house.questions.impact(name, change, ADA).to_dict()
    return {_said(asset["urn"]): (asset["verdict"], asset["use"]) for asset in answer["assets"]}


def _said(urn: str) -> str:
    return urn.split(",", 1)[1].rstrip(")").replace(",", ".")


def shop(house: House) -> None:
    """orders → staged → daily, with a filter, a count, a test on a column, a test on a table, and a dashboard."""
    say(
        house,
        schema(table("orders"), "id", "amount", "state"),
        schema(table("staged"), "id", "amount"),
        schema(table("daily"), "total", "orders"),
        flow(
            job("stage"),
            table("orders"),
            table("staged"),
            ["id", "id", "IDENTITY", 1.0],
            ["amount", "amount", "TRANSFORMATION", 1.0],
            rows=[("state", "FILTER")],
        ),
        flow(
            job("daily"),
            table("staged"),
            table("daily"),
            ["total", "amount", "AGGREGATION", 1.0],
            ["orders", "id", "AGGREGATION:PRESENCE", 1.0],
        ),
        event(
            "urn:clew:assertion:(dbt://shop,not_null_id)",
            "assertion",
            {"dataset": table("staged"), "column": "id", "type": "not_null"},
        ),
        event("urn:clew:assertion:(dbt://shop,fresh)", "assertion", {"dataset": table("staged"), "type": "recency"}),
        event("urn:clew:dashboard:(bi,board)", "exposure", {"dependsOn": [table("daily")], "label": "Board"}),
        event(
            "urn:clew:dashboard:(bi,board)", "ownership", {"owners": [{"owner": "urn:clew:person:(people,ada@shop)"}]}
        ),
        event(table("daily"), "ownership", {"owners": [{"owner": "urn:clew:person:(people,bob@shop)"}]}),
    )


def test_dropping_a_column_breaks_what_flows_from_it_and_may_break_uses_of_any(house: House) -> None:
    shop(house)
    found = verdicts(house, "orders.amount")
    assert found == {
        "staged.amount": ("breaks", "direct"),
        "daily.total": ("breaks", "direct"),
        "stage": ("breaks", "direct"),
        "daily": ("breaks", "direct"),
        "board": ("may_break", "direct"),
        "fresh": ("may_break", "direct"),
    }


def test_a_filter_breaks_the_statement_that_names_it_and_all_it_builds_indirectly(house: House) -> None:
    shop(house)
    found = verdicts(house, "orders.state")
    assert found["stage"] == ("breaks", "indirect")
    assert found["staged.id"] == ("breaks", "indirect")
    assert found["daily.orders"] == ("breaks", "indirect")
    assert found["not_null_id"] == ("breaks", "indirect")
    assert found["board"] == ("may_break", "indirect")


def test_a_test_on_the_column_breaks(house: House) -> None:
    shop(house)
    assert verdicts(house, "orders.id")["not_null_id"] == ("breaks", "direct")


def test_renaming_is_as_dropping(house: House) -> None:
    shop(house)
    assert verdicts(house, "orders.amount", ChangeKind.RENAME) == verdicts(house, "orders.amount")


def test_retyping_may_break_every_use_but_informs_who_only_counts(house: House) -> None:
    shop(house)
    found = verdicts(house, "staged.id", ChangeKind.RETYPE)
    assert found["daily.orders"] == ("informed", "direct")
    assert found["daily"] == ("informed", "direct")
    assert found["not_null_id"] == ("may_break", "direct")
    amounts = verdicts(house, "orders.amount", ChangeKind.RETYPE)
    assert {verdict for verdict, _ in amounts.values()} == {"may_break"}
    assert amounts["daily.total"] == ("may_break", "direct")


def test_dropping_a_dataset_breaks_who_uses_any_of_it(house: House) -> None:
    shop(house)
    found = verdicts(house, "staged")
    assert found["fresh"] == ("breaks", "direct")
    assert found["daily.total"] == ("breaks", "direct")
    assert found["board"] == ("may_break", "direct")
    assert "staged.id" not in found


def test_an_uncertain_edge_never_gives_more_than_may_break(house: House) -> None:
    say(
        house,
        schema(table("a"), "x"),
        schema(table("b"), "x"),
        schema(table("c"), "x"),
        flow(job("guess"), table("a"), table("b"), ["x", "x", "IDENTITY", 0.4]),
        flow(job("sure"), table("b"), table("c"), ["x", "x", "IDENTITY", 1.0]),
    )
    assert set(verdicts(house, "a.x").values()) == {("may_break", "direct")}


def test_the_strongest_way_counts_and_its_path_is_the_proof(house: House) -> None:
    say(
        house,
        *(schema(table(name), "x") for name in "abcd"),
        flow(job("weak"), table("a"), table("d"), ["x", "x", "IDENTITY", 0.5]),
        flow(job("one"), table("a"), table("b"), ["x", "x", "IDENTITY", 1.0]),
        flow(job("two"), table("b"), table("c"), ["x", "x", "IDENTITY", 1.0]),
        flow(job("three"), table("c"), table("d"), ["x", "x", "IDENTITY", 1.0]),
    )
    answer = house.questions.impact("a.x", ChangeKind.DROP, ADA).to_dict()
    (asset,) = [each for each in answer["assets"] if each["urn"] == column(table("d"), "x")]
    assert asset["verdict"] == "breaks"
    assert [step["carrier"] for step in asset["path"]] == [job("one"), job("two"), job("three")]
    assert asset["path"][0]["from"] == column(table("a"), "x")
    assert asset["path"][-1]["to"] == column(table("d"), "x")


def test_owners_come_with_each_asset_a_columns_from_its_dataset(house: House) -> None:
    shop(house)
    answer = house.questions.impact("orders.amount", ChangeKind.DROP, ADA).to_dict()
    owners = {_said(asset["urn"]): [each["owner"] for each in asset["owners"]] for asset in answer["assets"]}
    assert owners["board"] == ["urn:clew:person:(people,ada@shop)"]
    assert owners["daily.total"] == ["urn:clew:person:(people,bob@shop)"]


def test_more_assets_than_are_named_are_counted(house: House) -> None:
    shop(house)
    answer = house.questions.impact("orders.amount", ChangeKind.DROP, ADA, named=2).to_dict()
    assert len(answer["assets"]) == 2
    assert (answer["total"], sum(answer["byVerdict"].values()), sum(answer["byKind"].values())) == (6, 6, 6)


def test_cycles_and_a_dataset_that_is_its_own_upstream_end(house: House) -> None:
    say(
        house,
        schema(table("a"), "x"),
        schema(table("b"), "x"),
        flow(job("there"), table("a"), table("b"), ["x", "x", "IDENTITY", 1.0]),
        flow(job("back"), table("b"), table("a"), ["x", "x", "IDENTITY", 1.0]),
        flow(job("self"), table("a"), table("a"), ["x", "x", "TRANSFORMATION", 1.0], rows=[("x", "FILTER")]),
    )
    assert verdicts(house, "a.x")["b.x"] == ("breaks", "direct")
    both = house.questions.lineage("a.x", ADA, direction=Direction.UP, indirect=True).to_dict()
    assert both["complete"]
    assert column(table("b"), "x") in both["nodes"]["urn"]


def test_ten_thousand_columns_in_one_dataset(house: House) -> None:
    names = [f"column_{n}" for n in range(10_000)]
    say(house, schema(table("wide"), *names))
    say(house, schema(table("copy"), *names))
    columns = [[each, each, "IDENTITY", 1.0] for each in names[:9000]]
    say(house, flow(job("copy"), table("wide"), table("copy"), *columns))
    assert verdicts(house, "wide.column_77")["copy.column_77"] == ("breaks", "direct")
    answer = house.questions.impact("wide", ChangeKind.DROP, ADA).to_dict()
    assert (answer["total"], answer["complete"]) == (10_001, True)
    described = house.questions.describe("wide", ADA).to_dict()
    assert len(described["columns"]) == 10_000


def test_empty_is_proven_empty_and_says_as_of_when(house: House) -> None:
    shop(house)
    answer = house.questions.lineage("daily.total", ADA).to_dict()
    leaf = house.questions.impact("urn:clew:dashboard:(bi,board)", ChangeKind.DROP, ADA).to_dict()
    assert (leaf["assets"], leaf["complete"]) == ([], True)
    assert answer["complete"]
    assert answer["asOf"]["seq"] == house.ledger.head_seq()
    assert answer["asOf"]["token"] == f"{house.ledger.epoch}-{house.ledger.head_seq()}"


def test_a_column_that_no_schema_lists_and_a_dataset_without_schema_are_gaps(house: House) -> None:
    say(
        house,
        schema(table("a"), "x"),
        flow(job("one"), table("a"), table("b"), ["y", "x", "IDENTITY", 1.0]),
        flow(job("two"), table("a"), table("a"), ["ghost", "x", "IDENTITY", 1.0]),
    )
    answer = house.questions.impact("a.x", ChangeKind.DROP, ADA).to_dict()
    assert not answer["complete"]
    assert {(gap["code"], _said(gap["urn"])) for gap in answer["gaps"]} == {
        ("undescribed_dataset", "b"),
        ("undescribed_column", "a.ghost"),
    }


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"columns": [], "unresolved": [{"code": "parse_error", "detail": "line 1"}]}, "unresolved"),
        ({}, "no_column_lineage"),
    ],
)
def test_work_that_is_not_understood_is_a_gap_both_ways_and_its_carrier_may_break(
    house: House, said: dict[str, Any], code: str
) -> None:
    say(
        house,
        schema(table("a"), "x"),
        schema(table("b"), "y"),
        event(job("dark"), "lineage", {"inputs": [table("a")], "outputs": [table("b")], **said}),
    )
    down = house.questions.impact("a.x", ChangeKind.DROP, ADA).to_dict()
    assert [(gap["code"], gap["urn"]) for gap in down["gaps"]] == [(code, job("dark"))]
    assert {_said(asset["urn"]): asset["verdict"] for asset in down["assets"]} == {"dark": "may_break"}
    up = house.questions.lineage("b.y", ADA, direction=Direction.UP).to_dict()
    assert [(gap["code"], gap["urn"]) for gap in up["gaps"]] == [(code, job("dark"))]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({"columns": [], "unresolved": [{"code": "parse_error", "detail": "line 1"}]}, ["unresolved"]),
        ({"columns": [], "unresolved": [{"code": "unknown_column", "detail": "z"}]}, []),
        ({}, []),
    ],
)
def test_at_dataset_grain_only_what_may_hide_a_dataset_is_a_gap(
    house: House, said: dict[str, Any], codes: list[str]
) -> None:
    say(
        house,
        schema(table("a"), "x"),
        schema(table("b"), "y"),
        schema(table("c"), "z"),
        event(job("dark"), "lineage", {"inputs": [table("a")], "outputs": [table("b")], **said}),
        flow(job("light"), table("b"), table("c"), ["z", "y", "IDENTITY", 1.0]),
    )
    starts = [(table("a"), Direction.DOWN), (table("c"), Direction.UP), (job("dark"), Direction.DOWN)]
    for start, direction in starts:
        answer = house.questions.lineage(start, ADA, direction=direction, grain=Grain.DATASET).to_dict()
        assert [(gap["code"], gap["urn"]) for gap in answer["gaps"]] == [(code, job("dark")) for code in codes]
        assert answer["complete"] is (not codes)
    paths = house.questions.paths(table("a"), table("c"), ADA).to_dict()
    assert [gap["code"] for gap in paths["gaps"]] == codes


def test_a_parked_group_about_what_was_reached_is_a_gap(house: House) -> None:
    shop(house)
    bad = event(table("staged"), "documentation", {"txt": "bad"})
    house.ledger.propose([Group("client", "bad", (bad,))], waits=False)
    answer = house.questions.impact("orders.amount", ChangeKind.DROP, ADA).to_dict()
    assert [(gap["code"], gap["urn"]) for gap in answer["gaps"]] == [("parked", table("staged"))]


def test_a_depth_limit_is_a_cut_that_says_what_was_not_followed(house: House) -> None:
    shop(house)
    answer = house.questions.lineage("orders.amount", ADA, depth=1).to_dict()
    assert not answer["complete"]
    assert answer["frontier"][0]["reason"] == "depth 1"
    assert column(table("staged"), "amount") in answer["frontier"][0]["urns"]
    whole = house.questions.lineage("orders.amount", ADA, depth=50).to_dict()
    assert whole["complete"]


def test_lineage_without_indirect_shows_where_values_flow_only(house: House) -> None:
    shop(house)
    direct = house.questions.lineage("staged.id", ADA, direction=Direction.UP).to_dict()
    assert direct["nodes"]["urn"] == [column(table("staged"), "id"), column(table("orders"), "id")]
    every = house.questions.lineage("staged.id", ADA, direction=Direction.UP, indirect=True).to_dict()
    assert column(table("orders"), "state") in every["nodes"]["urn"]


def test_datasets_are_asked_at_dataset_grain(house: House) -> None:
    shop(house)
    answer = house.questions.lineage("orders", ADA).to_dict()
    assert answer["grain"] == "dataset"
    assert [_said(urn) for urn in answer["nodes"]["urn"]] == ["orders", "staged", "daily", "board"]
    columns = house.questions.lineage("orders", ADA, grain=Grain.COLUMN).to_dict()
    assert column(table("daily"), "total") in columns["nodes"]["urn"]
    of_job = house.questions.lineage(job("daily"), ADA, direction=Direction.UP).to_dict()
    assert table("orders") in of_job["nodes"]["urn"]


def test_paths_are_shortest_first_and_say_whether_they_are_all(house: House) -> None:
    shop(house)
    say(
        house,
        schema(table("orders"), "id", "amount", "state"),
        flow(job("short"), table("orders"), table("daily"), ["total", "amount", "AGGREGATION", 1.0]),
    )
    answer = house.questions.paths("orders.amount", "daily.total", ADA).to_dict()
    assert [len(path) for path in answer["paths"]] == [1, 2]
    assert answer["exhaustive"]
    assert not house.questions.paths("orders.amount", "daily.total", ADA, most=1).to_dict()["exhaustive"]
    assert house.questions.paths("daily.total", "orders.amount", ADA).to_dict()["paths"] == []


def test_short_names_are_found_and_ambiguous_ones_list_their_candidates(house: House) -> None:
    say(house, schema(table("one.orders"), "id"), schema(table("other.orders"), "id"))
    with pytest.raises(Ambiguous) as caught:
        house.questions.describe("orders.id", ADA)
    assert caught.value.details["candidates"] == [
        column(table("one.orders"), "id"),
        column(table("other.orders"), "id"),
    ]
    assert house.questions.describe("other.orders.id", ADA).entity.urn == column(table("other.orders"), "id")
    say(house, schema(table("orders"), "id"))
    assert house.questions.describe("orders.id", ADA).entity.urn == column(table("orders"), "id")
    with pytest.raises(NotFound):
        house.questions.describe("nothing", ADA)
    with pytest.raises(BadInput):
        house.questions.describe("urn:clew:dataset:broken", ADA)


def test_a_stewards_denial_takes_one_edge_away_and_retracting_it_brings_it_back(house: House) -> None:
    shop(house)
    key = f"{column(table('orders'), 'amount')}->{column(table('staged'), 'amount')}"
    say(house, event(job("stage"), "lineage", {"keys": [key]}, op="deny"), source="steward")
    assert "staged.amount" not in verdicts(house, "orders.amount")
    assert "staged.id" in verdicts(house, "orders.id")
    say(house, Event(job("stage"), "lineage", op="retract"), source="steward")
    assert "staged.amount" in verdicts(house, "orders.amount")


def test_at_least_reads_ones_own_write_or_fails_as_stale(house: House) -> None:
    receipt = say(house, schema(table("a"), "x"))
    assert house.questions.lineage("a.x", ADA, at_least=receipt.token).to_dict()["asOf"]["seq"] >= 1
    house.freshness.catch_up = None
    ahead = say(house, schema(table("b"), "x"))
    from clew.query import freshness

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freshness, "PATIENCE_AT_LEAST", 0.05)
        with pytest.raises(Stale) as caught:
            house.questions.lineage("b.x", ADA, at_least=ahead.token)
    assert caught.value.details["wanted"] == 2
    behind = house.questions.lineage("b.x", ADA).to_dict()
    assert (behind["behind"], behind["complete"]) == (1, False)
    with pytest.raises(BadInput):
        house.questions.lineage("a.x", ADA, at_least="00000000-1")


def test_an_answer_as_of_then_shows_the_graph_as_it_was(house: House) -> None:
    from clew.query.lineage import lineage
    from clew.query.names import entity_named

    shop(house)
    house.catch_up()
    then = house.ledger.head_seq()
    say(house, Event(job("daily"), "lineage", op="retract"))
    entity = entity_named(house.ledger, "staged.amount")
    asked = (house.ledger, house.views, house.freshness, entity, ADA)
    now = lineage(*asked, direction=Direction.DOWN).to_dict()
    was = lineage(*asked, direction=Direction.DOWN, as_of=then).to_dict()
    assert column(table("daily"), "total") not in now["nodes"]["urn"]
    assert column(table("daily"), "total") in was["nodes"]["urn"]
