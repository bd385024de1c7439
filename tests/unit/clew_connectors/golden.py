"""Golden files of events: one event a line, JSON with sorted keys.

`CLEW_GOLDEN=write pytest ...` writes them anew; read the difference before you keep it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from clew_schemas.event import Event

FOLDER = Path(__file__).parents[2] / "golden" / "connectors"


def assert_golden(file: str, events: Iterable[Event]) -> None:
    """Assert that the events are the file's, line by line."""
    path = FOLDER / file
    lines = [msgspec.json.encode(msgspec.to_builtins(_parsed(each)), order="sorted").decode() for each in events]
    if os.environ.get("CLEW_GOLDEN") == "write":
        path.write_text("\n".join(lines) + "\n")
    assert lines == path.read_text().splitlines()


def _parsed(event: Event) -> dict[str, object]:
    members = {"aspect": event.aspect, "urn": event.urn, "payload": msgspec.json.decode(event.payload)}
    return members | ({"time": event.time} if event.time else {})
