"""What the PostgreSQL connector says of its records, by hand; the golden file is made on a real server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clew_connectors.postgres.records import Column, ColumnStatistics, Relation, Role, Routine, Size, Table, Usage
from clew_connectors.postgres.translate import scope, translate
from clew_connectors.testing import covers
from clew_schemas.event import Event
from clew_schemas.urn import Urn

NS = "postgres://shop:5432"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VISITS = Relation(NS, "shop", "public", "visits")


def table(name: str = "visits_2026", **more: object) -> Table:
    said: dict[str, object] = {
        "relation": Relation(NS, "shop", "public", name),
        "subtype": "table",
        "comment": None,
        "columns": (Column("day", "date", False, None), Column("a.b", "integer", True, None)),
        "primary_key": (),
        "foreign_keys": (),
        "facts": (),
        "owner": None,
        "sql": None,
        "partition_of": None,
        "size": None,
        "statistics": (),
        "usage": None,
    }
    return Table(**(said | more))  # type: ignore[arg-type]


def said(events: object) -> dict[str, Event]:
    assert isinstance(events, list)
    return {each.aspect: each for each in events}


def test_a_partition_flows_into_its_table_column_by_column() -> None:
    lineage = said(translate(table(partition_of=VISITS)))["lineage"]
    assert b'"outputs":["urn:clew:dataset:(postgres://shop:5432,shop.public.visits)"]' in bytes(lineage.payload)
    assert b'[0,"a%2Eb",0,"a%2Eb","IDENTITY",1.0]' in bytes(lineage.payload)


def test_what_was_measured_stands_at_the_time_that_the_server_gives() -> None:
    statistics = (ColumnStatistics("a.b", 0.25, 3, 4, ("1", "2"), AT),)
    found = said(translate(table(size=Size(None, 8192, AT), statistics=statistics, usage=Usage(AT, 2, 1, None, AT))))
    assert {found[each].time for each in ("profile", "statistics", "usage")} == {AT}
    assert bytes(found["profile"].payload) == b'{"bytes":8192}'
    assert found["statistics"].urn == "urn:clew:column:(postgres://shop:5432,shop.public.visits_2026,a%2Eb)"


@pytest.mark.parametrize(("logs_in", "kind"), [(True, "person"), (False, "group")])
def test_an_owner_is_a_role_of_its_own_server(logs_in: bool, kind: str) -> None:
    ownership = said(translate(table(owner=Role("ada", logs_in))))["ownership"]
    assert f"urn:clew:{kind}:(postgres://shop:5432,ada)".encode() in bytes(ownership.payload)


def test_overloads_are_told_apart_by_the_types_of_their_arguments() -> None:
    urns = {
        translate(Routine(VISITS, signature, "function", "plpgsql", None, None, None, "", None))[0].urn
        for signature in ("f(integer)", "f(integer, numeric)", "f()")
    }
    assert len({str(Urn.parse(each)) for each in urns}) == 3


def test_the_scope_of_a_database_leaves_its_neighbours_alone() -> None:
    whole = scope(NS, "shop")
    assert covers(whole, "urn:clew:dataset:(postgres://shop:5432,shop.public.t)", "schema")
    assert covers(whole, "urn:clew:job:(postgres://shop:5432,shop.public.f%28%29)", "query")
    assert covers(whole, "urn:clew:container:(postgres://shop:5432,shop)", "properties")
    assert not covers(whole, "urn:clew:dataset:(postgres://shop:5432,shop_old.public.t)", "schema")
    assert not covers(whole, "urn:clew:container:(postgres://shop:5432,shop_old)", "properties")
