"""What relations promise, whichever engine keeps them; and a small shop whose metadata every documented query meets."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadInput, ClewError, TooLarge
from clew.house import House
from clew.ledger import Source
from clew.materialise import audit_relations
from clew.query.answer import Viewer
from clew.relations import Stop
from clew.relations.tables import RELATIONS, TABLES
from clew_schemas import Event, Group
from clew_schemas.event import raw

PAGE = Path(__file__).parents[2] / "docs" / "sql.md"
QUERIES = re.findall(r"^([^\n]+):\n\n```sql\n(.*?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
VIEWER = Viewer("somebody")
NS = "postgres://shop"
BOUNDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


def urn(kind: str, name: str, namespace: str = NS) -> str:
    return f"urn:clew:{kind}:({namespace},{name})"


def dataset(name: str) -> str:
    return urn("dataset", f"shop.{name}")


def column(table: str, name: str) -> str:
    return urn("column", f"shop.{table},{name}")


ORDERS, CLEAN, REVENUE = dataset("public.orders"), dataset("staging.orders"), dataset("marts.revenue")
OLD, GONE, LOGGED = dataset("public.old_orders"), dataset("public.gone"), dataset("logged.orders")
ADA, BOB, IDLE = (
    urn("person", "ada@shop", "people"),
    urn("person", "bob@shop", "people"),
    urn("group", "idle", "people"),
)
NIGHTLY, CLEAN_JOB, OLD_JOB = urn("job", "nightly"), urn("job", "clean"), urn("job", "old")
VERSION, WORSE, MODEL = (
    urn("model_version", "delay.1", "ml"),
    urn("model_version", "delay.2", "ml"),
    urn("model", "delay", "ml"),
)
TEST = urn("assertion", "orders_total_not_null")


def _flow(inputs: list[str], output: str, *pairs: tuple[str | None, str | None]) -> dict[str, Any]:
    columns = [[0, out, 0, into, "IDENTITY", 1.0] for into, out in pairs]
    return {"inputs": inputs, "outputs": [output], "columns": columns}


def told() -> list[tuple[str, str, dict[str, Any]]]:
    """Return what is said about the shop: (urn, aspect, document)."""
    orders = {
        "columns": [
            {"name": "id", "type": "bigint", "nullable": False},
            {"name": "total", "type": "numeric", "nullable": True},
            {"name": "naïve%2Ename", "type": "text"},
        ]
    }
    clean = {"columns": [{"name": "id", "type": "text"}, {"name": "total", "type": "numeric"}]}
    said: list[tuple[str, str, dict[str, Any]]] = [
        (ORDERS, "schema", orders),
        (CLEAN, "schema", clean),
        (REVENUE, "schema", {"columns": [{"name": "total", "type": "numeric"}]}),
        (ORDERS, "documentation", {"text": "Every order.\nAs it came in; 100% of them, say O'Neil and \\ and :colon."}),
        (column("public.orders", "total"), "documentation", {"text": "What the customer pays"}),
        (ORDERS, "properties", {"name": "Orders", "subtype": "table", "platform": "postgres"}),
        (ORDERS, "ownership", {"owners": [{"owner": ADA, "role": "owner"}, {"owner": BOB, "role": "steward"}]}),
        (REVENUE, "ownership", {"owners": [{"owner": ADA, "role": "owner"}]}),
        (ADA, "properties", {"name": "Ada"}),
        (BOB, "properties", {"name": "Bob"}),
        (IDLE, "properties", {"name": "Idle hands"}),
        (ORDERS, "tags", {"tags": [{"tag": urn("tag", "pii", "clew")}]}),
        (ORDERS, "terms", {"terms": [{"term": urn("glossary_term", "order", "clew")}]}),
        (REVENUE, "domain", {"domain": urn("domain", "sales", "clew")}),
        (ORDERS, "tier", {"tier": "1"}),
        (ORDERS, "certification", {"status": "certified", "until": "2026-01-31T10:00:00+02:00"}),
        (OLD, "lifecycle", {"state": "active", "since": "2020-01-01T00:00:00Z"}),
        (OLD, "deprecation", {"note": "superseded", "since": "2025-06-01T00:00:00Z"}),
        (GONE, "lifecycle", {"state": "archived", "since": "2024-01-01T00:00:00Z"}),
        (CLEAN_JOB, "lineage", _flow([ORDERS], CLEAN, ("id", "id"), ("total", "total"))),
        (NIGHTLY, "lineage", _flow([CLEAN], REVENUE, ("total", "total"))),
        (OLD_JOB, "lineage", _flow([OLD], CLEAN, ("id", "id"))),
        (urn("run", "t1", "ml"), "lineage", _flow([CLEAN], VERSION, ("total", None))),
        (urn("run", "t2", "ml"), "lineage", _flow([CLEAN], WORSE, ("total", None))),
        (VERSION, "model_version", {"model": MODEL, "version": "1"}),
        (WORSE, "model_version", {"model": MODEL, "version": "2"}),
        (VERSION, "metrics", {"values": {"rmse": 21000.5, "r2": "NaN"}}),
        (WORSE, "metrics", {"values": {"rmse": 45000.0}}),
        (VERSION, "parameters", {"values": {"max_depth": 8, "loss": "huber", "shuffle": True, "seed": None}}),
        (WORSE, "parameters", {"values": {"max_depth": 4}}),
        (urn("dashboard", "sales"), "exposure", {"dependsOn": [REVENUE], "label": "Sales"}),
        (TEST, "assertion", {"dataset": ORDERS, "column": "total", "type": "not_null"}),
    ]
    for number, (seconds, status) in enumerate([(10, "success"), (12, "success"), (11, "failed"), (60, "success")]):
        said.append(
            (
                urn("run", f"n{number}"),
                "run",
                {
                    "job": NIGHTLY,
                    "status": status,
                    "started": f"2026-02-0{number + 1}T00:00:00Z",
                    "durationMs": seconds * 1000.0,
                },
            )
        )
    for number, (checksum, size) in enumerate([("sha256:aa", 10), ("sha256:aa", 10), ("sha256:bb", 7), (None, 1)]):
        held = {"uri": f"s3://lake/{number}.parquet", "size": size, "checksum": checksum}
        said.append(
            (urn("object", str(number), "s3://lake"), "stored_object", {k: v for k, v in held.items() if v is not None})
        )
    said.append((ORDERS, "profile", {"rows": 100, "bytes": 4096}))
    said.append((OLD, "profile", {"rows": 5, "bytes": 2**40}))
    said.append(
        (
            ORDERS,
            "usage",
            {"reads": 7, "writes": 1, "lastRead": "2026-02-01T00:00:00Z", "lastWritten": "2026-02-01T00:00:00Z"},
        )
    )
    said.append((CLEAN, "usage", {"reads": 3, "lastWritten": "2026-05-01T00:00:00Z"}))
    said.append((TEST, "quality_result", {"status": "fail", "failures": 3}))
    return said


def told_again() -> list[tuple[str, str, dict[str, Any]]]:
    """Return what is said later: some of it anew."""
    return [
        (CLEAN, "schema", {"columns": [{"name": "id", "type": "text"}, {"name": "total", "type": "double"}]}),
        (ORDERS, "ownership", {"owners": [{"owner": ADA, "role": "owner"}]}),
        (OLD_JOB, "lineage", _flow([OLD, GONE], CLEAN, ("id", "id"))),
        (ORDERS, "profile", {"rows": 180, "bytes": 9000}),
        *[(VERSION, "metric", {"value": float(value)}) for value in (90000, 40000, 21000.5)],
    ]


def propose(house: House, said: list[tuple[str, str, dict[str, Any]]], day: int = 1) -> None:
    """Say these things, one group each, as one source; then another source contradicts."""
    for number, (name, aspect, document) in enumerate(said):
        at = datetime(2026, 3, day, 0, number // 60, number % 60, tzinfo=UTC)
        series = aspect in ("metric", "profile", "usage", "quality_result")
        point: dict[str, Any] = {"name": "rmse" if aspect == "metric" else "", "time": at} if series else {}
        if aspect == "metric":
            point["step"] = number
        one = Event(name, aspect, "upsert", raw(document), observed=at, **point)
        (receipt,) = house.ledger.propose([Group("shop", f"{day}-{number}", (one,))])
        assert receipt.status == "accepted", (name, aspect, receipt)


def furnish(house: House) -> None:
    """Tell a house everything about the shop."""
    house.ledger.register(Source("shop", "time"))
    house.ledger.register(Source("other", "time", rank=10))
    propose(house, told())
    propose(house, told_again(), day=2)
    other = Event(ORDERS, "documentation", "upsert", raw({"text": "Something else"}))
    doomed = Event(GONE, "documentation", "upsert", raw({"text": "Soon withdrawn"}))
    house.ledger.propose([Group("other", "1", (other, doomed))])
    house.ledger.propose([Group("other", "2", (Event(GONE, "documentation", "retract"),), message="not ours")])
    house.catch_up()


def ask(house: House, text: str, **given: Any) -> dict[str, Any]:
    return house.questions.sql(text, VIEWER, **given).to_dict()


class RelationsContract:
    """A subclass gives `house`, furnished."""

    @pytest.fixture
    def house(self) -> Iterator[House]:
        raise NotImplementedError

    def test_what_was_said_stands_in_typed_rows(self, house: House) -> None:
        (row,) = ask(
            house,
            "SELECT title, subtype, description, tier, certification, certified_until, owner_count, claim_count > 5,"
            " created_seq FROM entities WHERE urn = :urn",
            parameters={"urn": ORDERS},
        )["rows"]
        assert row == [
            "Orders",
            "table",
            "Every order.\nAs it came in; 100% of them, say O'Neil and \\ and :colon.",
            "1",
            "certified",
            "2026-01-31T08:00:00.000000Z",
            1,
            1,
            1,
        ]

    def test_columns_are_in_order_with_their_prose(self, house: House) -> None:
        rows = ask(
            house,
            "SELECT position, name, type, nullable, description FROM columns WHERE dataset = :it ORDER BY position",
            parameters={"it": ORDERS},
        )["rows"]
        assert rows == [
            [1, "id", "bigint", 0, None],
            [2, "total", "numeric", 1, "What the customer pays"],
            [3, "naïve%2Ename", "text", None, None],
        ]

    def test_what_was_withdrawn_is_gone(self, house: House) -> None:
        assert ask(house, "SELECT description FROM entities WHERE urn = :urn", parameters={"urn": GONE})["rows"] == [
            [None]
        ]
        assert ask(house, "SELECT count(*) FROM claims WHERE source = 'other'")["rows"] == [[1]]

    def test_an_answer_says_as_of_when_it_is_and_that_it_is_complete(self, house: House) -> None:
        answer = ask(house, "SELECT max(seq) AS newest FROM commits")
        head = house.ledger.head_seq()
        assert (answer["asOf"]["seq"], answer["rows"], answer["complete"]) == (head, [[head]], True)
        assert (answer["columns"], answer["count"], answer["truncated"]) == (["newest"], 1, False)

    def test_more_rows_than_the_limit_are_cut_and_said_to_be(self, house: House) -> None:
        answer = ask(house, "SELECT urn FROM entities ORDER BY urn", limit=3)
        assert (answer["count"], answer["truncated"], answer["complete"]) == (3, True, False)
        assert answer["frontier"][0]["reason"] == "rows of the answer are limited"

    def test_an_endless_query_ends_at_its_rows_or_its_time(self, house: House) -> None:
        assert ask(house, BOUNDLESS, limit=10)["truncated"]
        with pytest.raises(TooLarge, match="longer than"):
            ask(house, f"SELECT count(*) FROM ({BOUNDLESS}) x", seconds=0.5)
        with pytest.raises(TooLarge, match="longer than"):
            ask(house, "SELECT count(*) FROM claims a, claims b, claims c, claims d, claims e, claims f", seconds=0.5)

    @pytest.mark.timeout(240)
    def test_a_query_that_was_stopped_before_it_began_ends(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("clew.query.sql.MOST_SECONDS", 3600.0)
        stop = Stop()
        stop.stop()
        with pytest.raises(BadInput, match="was stopped"):
            ask(house, f"SELECT count(*) FROM ({BOUNDLESS}) x", seconds=3600, stop=stop)

    @pytest.mark.timeout(240)
    def test_a_query_is_stopped_from_another_thread(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        """Left alone, it runs for an hour."""
        monkeypatch.setattr("clew.query.sql.MOST_SECONDS", 3600.0)
        stop = Stop()
        threading.Timer(0.3, stop.stop).start()
        with pytest.raises(BadInput, match="was stopped"):
            ask(house, f"SELECT count(*) FROM ({BOUNDLESS}) x", seconds=3600, stop=stop)

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("SELECT urn, nothing_such FROM entities", "line 1, column 13"),
            ("SELECT urn\nFROM entities\nWHERE nothing_such = 1", "line 3, column 7"),
            ("SELECT x.urn FROM entities e", None),
            ("SELECT count(urn, kind, name) FROM entities", None),
        ],
    )
    def test_what_the_engine_refuses_is_said_with_its_place(self, house: House, text: str, place: str | None) -> None:
        with pytest.raises(BadInput) as caught:
            ask(house, text)
        assert caught.value.hint
        if place is not None:
            assert caught.value.where == place

    def test_parameters_are_values_and_never_words(self, house: House) -> None:
        evil = "x'; DROP TABLE stored_claim; --"
        answer = ask(house, "SELECT :it AS it, :it AS again, :n + 1 AS n", parameters={"it": evil, "n": 1})
        assert answer["rows"] == [[evil, evil, 2]]

    @pytest.mark.parametrize("name", RELATIONS)
    def test_every_relation_has_its_columns(self, house: House, name: str) -> None:
        assert ask(house, f"SELECT * FROM {name}")["columns"] == list(RELATIONS[name].columns)

    def test_nothing_can_be_written_even_past_the_check(self, house: House) -> None:
        relations = house.views.relations
        before = ask(house, "SELECT count(*) FROM claims")["rows"]
        from clew.relations import Bounds

        for text in (
            "DELETE FROM stored_claim",
            "DROP TABLE stored_claim",
            "CREATE TABLE mine (a integer)",
            "UPDATE stored_position SET seq = 0",
            "INSERT INTO stored_tag VALUES (1, 'a')",
        ):
            with pytest.raises(ClewError):
                relations.select(text, {}, Bounds(10, 1000, 1.0))
        assert ask(house, "SELECT count(*) FROM claims")["rows"] == before

    def test_a_rebuild_draws_the_same_rows(self, house: House) -> None:
        entities = sorted({entity for entity, _ in house.ledger.live_keys()} | set(house.views.relations.entities()))
        before = audit_relations.digest(house.views, entities)
        house.rebuild(["relations"])
        assert audit_relations.digest(house.views, entities) == before
        assert house.doctor()["findings"] == []

    def test_applying_again_changes_nothing(self, house: House) -> None:
        from clew.materialise import draw_relations

        entities = sorted(house.views.relations.entities())
        before = audit_relations.digest(house.views, entities)
        commits = house.ledger.tail(0, 1000)
        house.views.relations.apply(house.ledger.epoch, draw_relations.draw(commits, house.ledger))
        assert audit_relations.digest(house.views, entities) == before
        with pytest.raises(ValueError, match="epoch"):
            house.views.relations.apply("other", draw_relations.draw(commits, house.ledger))

    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
    def test_the_doctor_names_and_mends_rows_changed_by_hand(self, house: House, table: Any) -> None:
        entities = sorted(house.views.relations.entities())
        before = audit_relations.digest(house.views, entities)
        texts = [name for name, kind in table.columns.items() if kind in ("text", "number") and name not in table.key]
        change = f"DELETE FROM {table.name}"
        if texts:
            value = "'by hand'" if table.columns[texts[-1]] == "text" else "42.5"
            change = f"UPDATE {table.name} SET {texts[-1]} = {value}"
        if table.name == "stored_node":
            change = "UPDATE stored_node SET description = 'by hand', name = 'x' WHERE description IS NOT NULL"
        self.by_hand(house, change)
        assert audit_relations.digest(house.views, entities) != before, "the test changed nothing"
        report = house.doctor()
        assert {finding["view"] for finding in report["findings"]} == {"relations"}
        assert report["mended"] == len(report["findings"]) > 0
        assert audit_relations.digest(house.views, entities) == before
        assert house.doctor()["findings"] == []

    def test_the_doctor_takes_away_what_nobody_claims(self, house: House) -> None:
        entities = sorted(house.views.relations.entities())
        before = audit_relations.digest(house.views, entities)
        self.by_hand(house, "INSERT INTO stored_tag (entity, tag) SELECT id, 'urn:clew:tag:(a,b)' FROM stored_node")
        assert house.doctor()["findings"]
        assert audit_relations.digest(house.views, entities) == before

    def by_hand(self, house: House, statement: str) -> None:
        """Run a statement on the store behind the house's back."""
        raise NotImplementedError
