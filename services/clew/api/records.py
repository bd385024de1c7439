"""The records of the wire as OpenAPI describes them. A test keeps them equal to `clew_schemas.event`."""

from __future__ import annotations

from typing import Any

from clew_schemas.event import MAX_EVENTS

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_MOMENT = {"type": "string", "format": "date-time"}
_NUMBER = {"type": "integer", "description": "Microseconds since 1970 at the open, above the source's last"}


def _object(about: str, required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": about,
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


RECORDS: dict[str, dict[str, Any]] = {
    "Event": _object(
        "A proposal about one aspect of one entity",
        ["urn", "aspect"],
        urn={**_TEXT, "example": "urn:clew:dataset:(postgres://db.example:5432,shop.public.orders)"},
        aspect={**_TEXT, "example": "documentation"},
        op={"enum": ["upsert", "retract", "deny"], "default": "upsert"},
        payload={"description": 'The document; for a deny `{"all": true}` or `{"keys": [...]}`; none for a retract'},
        version={**_COUNT, "description": "Version of the aspect that the payload is written in; 0 for today's"},
        id=_TEXT,
        observed={**_MOMENT, "description": "When the source saw it"},
        ifMatch={**_TEXT, "description": "The aspect's etag as the writer read it; empty for: there is none yet"},
        name={**_TEXT, "description": "Of a point of a series"},
        time={**_MOMENT, "description": "Of a point of a series"},
        step={"type": "integer", "description": "Of a point of a series"},
    ),
    "CrawlPosition": _object(
        "Where a group stands in its crawl; `sequence` counts the crawl's events before it",
        ["number", "sequence"],
        number=_NUMBER,
        sequence=_COUNT,
    ),
    "Group": _object(
        "Events that are accepted together or not at all",
        ["source", "id", "events"],
        type={"const": "group"},
        source=_TEXT,
        id={**_TEXT, "description": "Made by the client, unique in its source; a repeat returns the first receipt"},
        events={"type": "array", "items": _ref("Event"), "minItems": 1, "maxItems": MAX_EVENTS},
        crawl=_ref("CrawlPosition"),
        branch={**_TEXT, "default": "main"},
        message=_TEXT,
        author=_TEXT,
    ),
    "Scope": _object(
        "What a crawl covers: claims whose URN starts with a prefix, for these aspects",
        ["prefixes", "aspects"],
        prefixes={"type": "array", "items": _TEXT},
        aspects={"type": "array", "items": _TEXT},
    ),
    "CrawlOpen": _object(
        "A source begins a crawl",
        ["type", "source", "number", "scope"],
        type={"const": "crawl.open"},
        source=_TEXT,
        number=_NUMBER,
        scope=_ref("Scope"),
        guard={"type": "number", "default": 0.4, "description": "Most of the claims in scope that a close may retract"},
    ),
    "CrawlClose": _object(
        "A source ends a crawl",
        ["type", "source", "number", "events"],
        type={"const": "crawl.close"},
        source=_TEXT,
        number=_NUMBER,
        events={**_COUNT, "description": "How many events the crawl sent"},
    ),
}
