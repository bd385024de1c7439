"""Migration scripts: what each statement does to the datasets that it names."""

from __future__ import annotations

from clew.check.migrations import migration
from unit.clew.check.states import Known, kinds, of_found, setting, verdicts

KNOWN = Known(
    {"orders": {"id": "INTEGER", "amount": "INTEGER"}, "people": {"name": "VARCHAR"}},
    {"board": ["orders.amount"], "list": ["people"]},
)


def done(text: str) -> set[tuple[str, str, str | None]]:
    return kinds(of_found(migration("0001.sql", text, setting(KNOWN)), KNOWN))


def test_columns_and_tables_are_dropped_renamed_retyped_added_and_filled() -> None:
    assert done("alter table orders drop column amount") == {("dropped", "orders", "amount")}
    assert done("alter table orders rename column amount to total") == {("renamed", "orders", "amount")}
    assert done("alter table orders alter column amount type bigint") == {("retyped", "orders", "amount")}
    assert done("alter table orders add column note text") == {("added", "orders", "note")}
    assert done("drop table orders") == {("dropped", "orders", None)}
    assert done("alter table orders rename to purchases") == {("renamed", "orders", "purchases")}
    assert done("update orders set amount = 0") == {("remeant", "orders", None)}
    assert done("begin; create index i on orders (id); grant select on orders to ada; commit") == set()


def test_statements_are_taken_in_order() -> None:
    assert done("alter table orders rename to purchases; alter table purchases drop column amount") == {
        ("renamed", "orders", "purchases"),
        ("dropped", "orders", "amount"),
    }
    assert done("alter table orders drop column amount; alter table orders add column amount text") == {
        ("remeant", "orders", "amount")
    }
    assert done("create table scratch (a int); insert into scratch values (1); drop table scratch") == {
        ("added", "scratch", None)
    }


def test_verdicts_follow_the_use() -> None:
    dropped = of_found(migration("m.sql", "alter table orders drop column amount", setting(KNOWN)), KNOWN)
    assert verdicts(dropped) == {"board": "breaks"}
    unused = of_found(migration("m.sql", "alter table orders drop column id", setting(KNOWN)), KNOWN)
    assert (verdicts(unused), unused.summary.value) == ({}, "safe")
    any_column = of_found(migration("m.sql", "alter table people drop column name", setting(KNOWN)), KNOWN)
    assert verdicts(any_column) == {"list": "may_break"}


def test_what_is_not_understood_is_a_gap_with_its_place_and_the_rest_goes_on() -> None:
    found = migration(
        "m.sql", "alter table orders\n  frobnicate;\ncall tidy();\nalter table orders drop column id", setting()
    )
    assert [(gap.place.line if gap.place else 0) for gap in found.gaps] == [1, 3]
    assert [change.column for change in found.changes] == ["id"]
