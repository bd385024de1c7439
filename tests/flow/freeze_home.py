"""Freeze a small home of today's format, with everything that a home can hold, as a fixture for all later code.

    python tests/flow/freeze_home.py        writes tests/fixtures/home.format1.tar.gz and .json

Run it once a format; a frozen home is never written anew.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clew.house import House
from clew.ledger import Source
from clew.ledger.port import TokenRow
from clew.ledger.sqlite_tables import FORMAT
from clew.materialise.audit import intervals_digest, views_digest
from clew.query.answer import Viewer
from clew.query.terms import ChangeKind
from clew.settings import Settings
from clew_schemas import CrawlClose, CrawlOpen, CrawlPosition, Event, Group, Scope, event

FIXTURES = Path(__file__).parents[1] / "fixtures"
NAME = f"home.format{FORMAT}"
NS = "duckdb://shop"
ORDERS, DAILY = (f"urn:clew:dataset:({NS},shop.main.{name})" for name in ("orders", "daily"))
BOARD, JOB = "urn:clew:dashboard:(bi,board)", "urn:clew:job:(dbt://shop,model.shop.daily)"
CHECK = "urn:clew:assertion:(dbt://shop,not_null)"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def columns(*names: str) -> dict[str, Any]:
    return {"columns": [{"name": name, "type": "INTEGER"} for name in names]}


def fill(house: House) -> None:
    """Say everything that can be said: state and series, late and repeated, denied, retracted, parked, crawled."""
    ledger = house.ledger
    ledger.register(Source("shop", "crawl"))
    ledger.register(Source("client", "time"))
    scope = Scope((f"urn:clew:dataset:({NS},",), ("schema", "documentation", "query"))
    number = 1_760_000_000_000_000
    events = (
        event(ORDERS, "schema", columns("id", "amount", "state")),
        event(ORDERS, "documentation", {"text": "One row an order; see postgres://u:pw@h/db"}),
        event(DAILY, "documentation", {"text": "Going away"}),
    )
    for crawl, sent in ((number, events), (number + 1, events[:2])):
        group = Group("shop", f"{crawl}/0", sent, CrawlPosition(crawl, 0))
        ledger.propose([CrawlOpen("shop", crawl, scope), group, CrawlClose("shop", crawl, len(sent))])
        house.catch_up()
    sql = "select state, sum(amount) as total, count(id) as orders from orders where id > 0 group by state"
    query = {"text": sql, "dialect": "duckdb", "namespace": NS, "defaultDatabase": "shop", "defaultSchema": "main"}
    ledger.propose([Group("client", "query", (event(JOB, "query", {**query, "output": DAILY}, observed=NOON),))])
    house.catch_up()
    edits: list[tuple[Event, ...]] = [
        (event(BOARD, "exposure", {"dependsOn": [DAILY], "label": "Board"}),),
        (event(BOARD, "ownership", {"owners": [{"owner": "urn:clew:person:(people,ada@shop.example)"}]}),),
        (event(CHECK, "assertion", {"dataset": DAILY, "column": "total", "type": "not_null"}),),
        (event(CHECK, "quality_result", {"status": "pass"}, time=NOON, name="run-1"),),
        (event(ORDERS, "tags", {"keys": ["urn:clew:tag:(clew,wrong)"]}, op="deny"),),
        (event(ORDERS, "lifecycle", {"state": "active"}),),
        (Event(ORDERS, "lifecycle", op="retract"),),
    ]
    for n, each in enumerate(edits):
        ledger.propose([Group("steward", f"edit-{n}", each, author="ada", message=f"edit {n}")])
    late = NOON.replace(hour=6)
    ledger.propose([Group("client", "late", (event(JOB, "query", {**query, "text": "select 1"}, observed=late),))])
    ledger.propose([Group("client", "bad", (event(ORDERS, "documentation", {"txt": 1}),))], waits=False)
    ledger.put_token(TokenRow("ci", "0" * 64, ("read",), "steward", 1, False))
    house.catch_up()


def expected(house: House) -> dict[str, Any]:
    """Return what a frozen home must still say, whatever code opens it."""
    house.catch_up()
    impact = house.questions.impact("orders.amount", ChangeKind.DROP, Viewer("ada")).to_dict()
    return {
        "heads": house.ledger.heads_digest(),
        "views": views_digest(house.ledger, house.views),
        "intervals": intervals_digest(house.ledger, house.views),
        "head": house.ledger.head_seq(),
        "stats": {name: count for name, count in house.ledger.stats().items() if name != "bytes"},
        "parked": [each.group for each in house.ledger.parked()],
        "impact": [[each["urn"], each["verdict"], each["use"]] for each in impact["assets"]],
    }


def main() -> int:
    archive = FIXTURES / f"{NAME}.tar.gz"
    if archive.exists():
        print(f"{archive.name} is frozen already", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with House(Settings(home=home)) as house:
            fill(house)
            said = expected(house)
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(home, arcname="home")
    (FIXTURES / f"{NAME}.json").write_text(json.dumps(said, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
