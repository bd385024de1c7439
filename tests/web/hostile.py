"""Names and texts that try to break a page, a table of 20,000 columns, and a kind of somebody's own."""

from __future__ import annotations

from typing import Any

from clew_schemas import urn

SPACE = "hostile://house"
SCRIPT = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
EMOJI = "🧨 naïve ﷽ 表"
RIGHT_TO_LEFT = "\u202eطاولة الرحلات"
LONG = "long_" * 99 + "end"
MARKDOWN = f"""# {SCRIPT}

{SCRIPT}

[click](javascript:window.hacked=1) ![x](https://example.org/tracker.png) <a href="javascript:window.hacked=1">a</a>

| a | b |
|---|---|
| {SCRIPT.replace("|", "")} | 2 |
"""
WIDE_COLUMNS = 20_000

NASTY = {name: urn.of_segments("dataset", SPACE, "main", name) for name in (SCRIPT, EMOJI, RIGHT_TO_LEFT, LONG)}
WIDE = urn.of_segments("dataset", SPACE, "main", "wide")
KIND = {"name": "sensor", "label": "Sensor", "plural": "Sensors", "description": "Measures something."}
SENSOR = urn.make("sensor", SPACE, "roof.north")


def _group(id: str, *events: dict[str, Any]) -> dict[str, Any]:
    return {"source": "hostile", "id": id, "message": SCRIPT, "events": list(events)}


def _says(name: str, aspect: str, payload: Any) -> dict[str, Any]:
    return {"urn": name, "aspect": aspect, "payload": payload}


def _nasty(number: int, name: str, of: str) -> dict[str, Any]:
    return _group(
        f"nasty-{number}",
        _says(of, "documentation", {"format": "markdown", "text": MARKDOWN}),
        _says(of, "properties", {"name": name, "platform": SCRIPT}),
        _says(of, "tags", {"tags": [{"tag": urn.make("tag", "clew", SCRIPT)}]}),
        _says(of, "schema", {"columns": [{"name": urn.segment(name), "type": SCRIPT}]}),
    )


ALL: list[dict[str, Any]] = [
    *(_nasty(at, name, of) for at, (name, of) in enumerate(NASTY.items())),
    _group(
        "wide", _says(WIDE, "schema", {"columns": [{"name": f"c{at:05}", "type": "INT"} for at in range(WIDE_COLUMNS)]})
    ),
    _group("sensor", _says(SENSOR, "documentation", {"text": "On the roof.", "format": "plain"})),
]
