"""A house with a small shop in it, and stewards who edit it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import msgspec

from clew.api.editing import Editing
from clew.api.orders import EditOrder, FellOrder, FlowOrder, GrowOrder, UndoOrder
from clew.edits.write import Outcome
from clew.house import House
from clew.ledger import Source
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Receipt, Scope, event
from clew_schemas.resolve import Claim, resolve
from clew_schemas.urn import column

NS = "duckdb://shop"
ORDERS = f"urn:clew:dataset:({NS},shop.main.orders)"
DAILY = f"urn:clew:dataset:({NS},shop.main.daily)"
ITEMS = f"urn:clew:dataset:({NS},shop.main.items)"
JOB = "urn:clew:job:(dbt://shop,build_daily)"
PII = "urn:clew:tag:(clew,PII)"
ADA = "urn:clew:person:(people,ada@example%2Ecom)"
AMOUNT, TOTAL = column(ORDERS, "amount"), column(DAILY, "total")

_numbers = count(1)


def schema(urn: str, *columns: str) -> Event:
    return event(urn, "schema", {"columns": [{"name": each} for each in columns]})


def tags(urn: str, *named: str) -> Event:
    return event(urn, "tags", {"tags": [{"tag": each} for each in named]})


LINEAGE = event(
    JOB,
    "lineage",
    {
        "inputs": [ORDERS],
        "outputs": [DAILY],
        "columns": [[0, "total", 0, "amount", "AGGREGATION", 1.0], [0, "n", 0, "id", "AGGREGATION", 1.0]],
    },
)
SHOP = (
    schema(ORDERS, "id", "amount"),
    schema(DAILY, "total", "n"),
    schema(ITEMS, "id"),
    tags(ORDERS, PII),
    event(JOB, "properties", {"name": "build daily"}),
    LINEAGE,
)


def crawl(house: House, *events: Event, source: str = "pg") -> None:
    """Let a source say exactly this, and no more of what it said before."""
    house.ledger.register(Source(source, "crawl"))
    number = next(_numbers) * 1_000_000
    scope = Scope(("urn:clew:",), tuple(aspect.name for aspect in house.ledger.registry if aspect.mode == "state"))
    groups = [
        Group(source, f"{source}-{number}-{at}", (each,), crawl=CrawlPosition(number, at))
        for at, each in enumerate(events)
    ]
    receipts = house.ledger.propose(
        [CrawlOpen(source, number, scope, 1.0), *groups, CrawlClose(source, number, len(events))]
    )
    assert all(not each.errors for each in receipts), receipts


class Person:
    """Somebody who edits as steward."""

    def __init__(self, house: House, name: str = "ada", before: Callable[[], None] | None = None) -> None:
        self.house = house
        self._name = name
        self._before = before
        self.editing = Editing(house.questions, self._propose)

    def _propose(self, groups: Sequence[Group]) -> list[Receipt]:
        if self._before is not None:
            before, self._before = self._before, None
            before()
        return self.house.ledger.propose([msgspec.structs.replace(each, author=self._name) for each in groups])

    def edit(self, of: str | None, op: str, **members: Any) -> Outcome:
        """Do one intention to one thing; `order_` members go to the order."""
        order = {name.removeprefix("order_"): value for name, value in members.items() if name.startswith("order_")}
        said = {name: value for name, value in members.items() if not name.startswith("order_")}
        return self.editing.edit(EditOrder.model_validate({"edit": {"op": op, **said}, "of": of, **order}))

    def flow(self, start: str, end: str, **members: Any) -> Outcome:
        return self.editing.flow(FlowOrder.model_validate({"from": start, "to": end, **members}))

    def undo(self, edit: str) -> Outcome:
        return self.editing.undo(UndoOrder(undo=edit))

    def grow(self, kind: str, name: str, **members: Any) -> Outcome:
        return self.editing.grow(kind, GrowOrder.model_validate({"name": name, **members}))

    def fell(self, kind: str, name: str) -> Outcome:
        return self.editing.fell(kind, FellOrder(name=name))


def claims(house: House, urn: str, aspect: str) -> tuple[Claim, ...]:
    (entity,) = house.ledger.ids([urn])
    return house.ledger.claims([entity])[entity].get(aspect, ()) if entity else ()


def stands(house: House, urn: str, aspect: str) -> Any:
    """Return an aspect as it is resolved."""
    return resolve(claims(house, urn, aspect), house.ledger.registry.get(aspect).resolution)


def steward(house: House, urn: str, aspect: str) -> Claim | None:
    """Return the steward's live claim."""
    return next((each for each in claims(house, urn, aspect) if each.source == "steward"), None)
