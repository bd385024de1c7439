"""What tests put on the wire: a small thread of lineage, from a column to a dashboard."""

from __future__ import annotations

from typing import Any

from clew_schemas import urn

START = "clew_start-token-of-this-test"
BASE = "http://127.0.0.1:7400"

FLIGHTS = urn.make("dataset", "duckdb://nyc", "nyc.main.flights")
DELAYS = urn.make("dataset", "duckdb://nyc", "nyc.main.delays")
DEP_DELAY = urn.column(FLIGHTS, "dep_delay")
JOB = urn.make("job", "dbt://nyc", "build_delays")
BOARD = urn.make("dashboard", "dbt://nyc", "delay_board")
ANNA = urn.make("person", "people", "anna@example.org")


def says(urn_: str, aspect: str, payload: Any, **members: Any) -> dict[str, Any]:
    """Return an event on the wire."""
    return {"urn": urn_, "aspect": aspect, "payload": payload, **members}


def group(*events: dict[str, Any], id: str = "g1", source: str = "etl", **members: Any) -> dict[str, Any]:
    """Return a group on the wire."""
    return {"source": source, "id": id, "events": list(events), **members}


def columns(*names: str) -> dict[str, Any]:
    """Return a schema document with these columns."""
    return {"columns": [{"name": name} for name in names]}


THREAD = group(
    says(FLIGHTS, "schema", columns("dep_delay", "carrier")),
    says(FLIGHTS, "ownership", {"owners": [{"owner": ANNA, "role": "owner"}]}),
    says(FLIGHTS, "documentation", {"text": "All flights from New York."}),
    says(DELAYS, "schema", columns("avg_delay")),
    says(
        JOB,
        "lineage",
        {
            "inputs": [FLIGHTS],
            "outputs": [DELAYS],
            "columns": [[0, "avg_delay", 0, "dep_delay", "AGGREGATION", 1.0]],
        },
    ),
    says(BOARD, "exposure", {"dependsOn": [DELAYS], "type": "dashboard", "label": "Delays"}),
    says(BOARD, "ownership", {"owners": [{"owner": ANNA, "role": "owner"}]}),
    says(ANNA, "properties", {"name": "Anna"}),
    id="thread",
)
"""A column, the job that reads it, the dashboard at the end, and its owner."""
