"""Unused: nobody reads it and that is known; unknown where nobody counts; read where anybody does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadInput
from clew.house import House
from clew.ledger import Source
from clew.ledger.port import Point
from clew.query.answer import Viewer
from clew.query.unused import unused
from clew.query.usage import reads_since
from clew.settings import Settings
from clew_schemas import Event, event, urn
from clew_schemas.urn import any_of
from unit.clew.query import learned
from unit.clew.query.learned import ANNA, flows, say, schema

ADA = Viewer("ada")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = 24 * 3600 * 1_000_000


def table(name: str) -> str:
    return urn.make("dataset", "pg", name)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def micros(days: float) -> int:
    return int(ago(days).timestamp() * 1_000_000)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(Settings(home=tmp_path)) as opened:
        for source in ("client", "log", "warehouse"):
            opened.ledger.register(Source(source, "time"))
        yield opened


def counted(dataset: str, since: float, until: float, reads: int, **more: Any) -> Event:
    said = {"since": ago(since).isoformat(), "reads": reads, **more}
    return event(dataset, "usage", said, time=ago(until))


def sized(dataset: str, size: int) -> Event:
    return event(dataset, "profile", {"rows": 10, "bytes": size}, time=ago(1))


def ask(house: House, **more: Any) -> dict[str, Any]:
    now = int(NOW.timestamp() * 1_000_000)
    return unused(house.ledger, house.views, house.freshness, ADA, now=now, **more).to_dict()


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in answer["assets"]}


def test_unread_and_without_downstream_is_safe_to_deprecate_with_its_evidence(house: House) -> None:
    old = table("old")
    say(house, schema(old, "x"), event(old, "ownership", {"owners": [{"owner": ANNA}]}))
    say(house, sized(old, 5000), counted(old, 400, 0.5, 9, lastRead=ago(200).isoformat()))
    answer = ask(house)
    assert answer["complete"], answer["gaps"]
    (asset,) = answer["assets"]
    assert (asset["verdict"], asset["safeToDeprecate"], asset["bytes"], asset["owners"]) == (
        "unused",
        True,
        5000,
        [ANNA],
    )
    assert asset["lastRead"] == asset["unreadSince"] == ago(200).isoformat()
    assert asset["evidence"]["countedBy"] == "client"
    assert asset["evidence"]["readsKnownFrom"] == ago(400).isoformat()
    assert (answer["bytes"], answer["byVerdict"]) == (5000, {"unused": 1, "unknown": 0, "used": 0})


def test_where_nobody_counts_reads_it_is_unknown_and_incomplete(house: House) -> None:
    say(house, schema(table("lonely"), "x"))
    answer = ask(house)
    assert (verdicts(answer), answer["complete"]) == ({"lonely": "unknown"}, False)
    assert [gap["code"] for gap in answer["gaps"]] == ["unknown_usage"]
    assert not answer["assets"][0]["safeToDeprecate"]


@pytest.mark.parametrize(
    "use",
    [
        flows("urn:clew:job:(x,j)", table("a"), table("b"), ("x", "x")),
        event("urn:clew:job:(x,j)", "lineage", {"inputs": [table("a")], "outputs": [table("b")]}),
        event("urn:clew:dashboard:(x,d)", "exposure", {"dependsOn": [table("a")]}),
        event("urn:clew:job:(x,j)", "lineage", {"inputs": [table("a")], "outputs": [], "unresolved": [{"code": "x"}]}),
    ],
)
def test_any_use_downstream_counts(house: House, use: Event) -> None:
    say(house, schema(table("a"), "x"), counted(table("a"), 400, 1, 0), use)
    assert "a" not in verdicts(ask(house))


def test_a_test_and_building_on_itself_are_no_use(house: House) -> None:
    say(
        house,
        schema(table("a"), "x"),
        counted(table("a"), 400, 1, 0),
        event("urn:clew:assertion:(x,t)", "assertion", {"dataset": table("a"), "column": "x", "type": "not_null"}),
        flows("urn:clew:job:(x,self)", table("a"), table("a"), ("x", "x")),
    )
    assert verdicts(ask(house)) == {"a": "unused"}


def test_the_largest_comes_first_what_can_not_be_told_last_and_the_rest_is_counted(house: House) -> None:
    for name, size in (("small", 10), ("large", 1000)):
        say(house, schema(table(name), "x"), sized(table(name), size), counted(table(name), 400, 1, 0))
    say(house, schema(table("huge"), "x"), sized(table("huge"), 10**9))
    answer = ask(house)
    assert list(verdicts(answer)) == ["large", "small", "huge"]
    assert answer["bytes"] == 1010
    cut = ask(house, most=1)
    assert (list(verdicts(cut)), cut["frontier"][0]["count"]) == (["large"], 2)


def test_namespaces_and_kinds_narrow_it(house: House) -> None:
    learned.delays(house)
    say(house, schema(table("a"), "x"))
    assert list(verdicts(ask(house, namespaces=["pg"]))) == ["a"]
    versions = ask(house, kinds=["model_version"])
    assert list(verdicts(versions)) == ["late.1"], "the second version is deployed"
    with pytest.raises(BadInput) as caught:
        ask(house, kinds=["person"])
    assert caught.value.where == "kind"


def test_a_name_without_schema_is_no_error(house: House) -> None:
    say(house, event(table("bare"), "documentation", {"text": "x"}))
    assert verdicts(ask(house)) == {"bare": "unknown"}
    assert not house.ledger.ids([any_of(table("bare"))])[0]


def point(until: float, reads: int | None, since: float | None = None, last: float | None = None) -> Point:
    payload: dict[str, Any] = {} if reads is None else {"reads": reads}
    if since is not None:
        payload["since"] = ago(since).isoformat()
    if last is not None:
        payload["lastRead"] = ago(last).isoformat()
    return Point(1, "u", "usage", "s", "", micros(until), 0, payload, 1)


@pytest.mark.parametrize(
    ("points", "state", "reason"),
    [
        ([], "unknown", "nobody counts"),
        ([point(1, 0, since=100)], "unread", ""),
        ([point(1, 0, since=50)], "unknown", "not known from so far back"),
        ([point(1, 5, since=50)], "read", ""),
        ([point(1, 5, since=400)], "unknown", "nobody says when"),
        ([point(1, 5, since=400, last=10)], "read", ""),
        ([point(1, 5, since=400, last=120)], "unread", ""),
        ([point(100, 0, since=400)], "unknown", "counted last before"),
        ([point(95, 500, since=400), point(1, 500, since=400)], "unread", ""),
        ([point(95, 500, since=400), point(1, 501, since=400)], "unknown", "nobody says when"),
        ([point(80, 500, since=400), point(1, 501, since=400)], "read", ""),
        ([point(60, 0, since=120), point(1, 0, since=30)], "unknown", "not known from so far back"),
        ([point(60, 0, since=120), point(1, 0, since=60)], "unread", ""),
        ([point(1, None)], "unknown", "nobody counts"),
        ([point(95, 5), point(1, 5)], "unknown", "nobody says when"),
    ],
)
def test_reads_are_judged_by_what_was_counted_when(points: list[Point], state: str, reason: str) -> None:
    found = reads_since(points, micros(90))
    assert (found.state, reason in found.reason) == (state, True), found


def test_a_counter_that_was_set_back_proves_nothing_about_the_time_before() -> None:
    found = reads_since([point(95, 500, since=400), point(1, 0, since=400)], micros(90))
    assert (found.state, found.known_from) == ("unknown", micros(1))
